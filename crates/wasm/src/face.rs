//! What crosses the border beside the core's own views: the phone with what a page works on, bytes, faults.
//!
//! Invariant: a fault always has words for people in both languages. Leaves out: the commands (`commands`).

use mobile_core::photos::MadeCopies;
use mobile_core::{BundlePlan, Error, Replica};
use serde::{Deserialize, Serialize};

/// The phone, and the bundle that is being written.
pub struct Face {
    /// The phone.
    pub phone: Replica,
    /// Of the last `planBundle`.
    pub plan: Option<BundlePlan>,
}

/// Bytes; a `Uint8Array` on the other side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "Uint8Array"))]
pub struct Bytes(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// The copies of a photo that the worker made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Prepared {
    /// The copy that is sent, a JPEG.
    pub stored: Bytes,
    /// The thumbnail, a JPEG.
    pub thumbnail: Bytes,
    /// Height of the strip at the foot of the stored copy, pixels; none if it has none.
    pub strip_px: Option<u32>,
}

impl Prepared {
    /// As the facade takes them.
    #[must_use]
    pub fn made(&self) -> MadeCopies<'_> {
        MadeCopies {
            stored: &self.stored.0,
            thumbnail: &self.thumbnail.0,
            strip_px: self.strip_px,
        }
    }
}

/// What a bundle will hold; its parts are written one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PlannedBundle {
    /// When, ms UTC.
    pub made_ms: i64,
    /// Changes in it.
    pub changes: u64,
    /// Photo files in it (two a photo).
    pub photo_files: u64,
    /// Photo files that wait here and are not in it.
    pub photos_left_out: u64,
    /// How many files it makes.
    pub parts: usize,
}

impl From<&BundlePlan> for PlannedBundle {
    fn from(plan: &BundlePlan) -> Self {
        Self {
            made_ms: plan.made_ms,
            changes: plan.changes,
            photo_files: plan.photo_files,
            photos_left_out: plan.photos_left_out,
            parts: plan.parts(),
        }
    }
}

/// Why a command was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Fault {
    /// The stable code.
    pub code: String,
    /// What to tell people, in Chinese.
    pub text_zh: String,
    /// What to tell people, in English.
    pub text_en: String,
    /// Lines without an answer, if that is why.
    pub missing: Vec<String>,
    /// For the report of a fault: what exactly, in English.
    pub detail: String,
}

impl Fault {
    fn new(code: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            text_zh: zh.into(),
            text_en: en.into(),
            missing: Vec::new(),
            detail: String::new(),
        }
    }

    /// A page of another version asks for what this one does not have.
    #[must_use]
    pub fn unknown_command(name: &str) -> Self {
        Self::new(
            "unknown_command",
            format!("应用有两个版本同时打开（{name}）；数据都在。请关闭所有页面后重新打开"),
            format!(
                "Two versions of the app are open ({name}); everything is there; close all pages, then open it again"
            ),
        )
    }

    /// An argument of another form, for the same reason.
    #[must_use]
    pub fn bad_argument(name: &str, detail: impl std::fmt::Display) -> Self {
        Self::new(
            "bad_argument",
            format!("应用内部传值不符（{name}：{detail}）；什么都没有改动"),
            format!("A value inside the app does not fit ({name}: {detail}); nothing was changed"),
        )
    }

    /// An answer that cannot cross; what was done is done.
    #[must_use]
    pub fn bad_answer(name: &str, detail: impl std::fmt::Display) -> Self {
        Self::new(
            "bad_answer",
            format!("结果无法显示（{name}：{detail}）；已做的都已保存"),
            format!("The answer cannot be shown ({name}: {detail}); what was done is saved"),
        )
    }

    /// The phone was wiped, or is being opened anew.
    #[must_use]
    pub fn closed() -> Self {
        Self::new(
            "closed",
            "本机数据已关闭，请重新打开应用",
            "The data on this phone is closed; open the app again",
        )
    }

    /// The place for the data cannot be opened.
    #[must_use]
    pub fn storage(detail: impl std::fmt::Display) -> Self {
        Self::new(
            "storage",
            format!("浏览器不让应用存放数据，无法使用；已有的数据没有改动。{detail}"),
            format!(
                "The browser gives the app no place for its data; what was there is unchanged. {detail}"
            ),
        )
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let missing = match &error {
            Error::Incomplete { missing } => missing.clone(),
            _ => Vec::new(),
        };
        Self {
            missing,
            detail: error.to_string(),
            ..Self::new(error.code(), error.zh(), error.en())
        }
    }
}
