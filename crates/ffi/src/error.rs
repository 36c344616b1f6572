//! Why something was not done, as an app sees it: a kind to branch on, a code, words for people.
//!
//! Invariant: every error has words in both languages, and nothing was changed unless they say so; a panic in the core is
//! an error like any other. Leaves out: what the codes mean (`mobile_core::Error`).

use std::any::Any;
use std::fmt;

use mobile_core::Error;

/// What is told about something that was not done.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Problem {
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

impl Problem {
    fn new(code: &str, zh: impl Into<String>, en: impl Into<String>, detail: String) -> Self {
        Self {
            code: code.into(),
            text_zh: zh.into(),
            text_en: en.into(),
            missing: Vec::new(),
            detail,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.text_en)
    }
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PhoneError {
    /// Not allowed, not now, or the content does not fit; a person can do something about it.
    #[error("{problem}")]
    Refused {
        /// Why.
        problem: Problem,
    },
    /// The picture cannot be taken in.
    #[error("{problem}")]
    Picture {
        /// Why.
        problem: Problem,
    },
    /// The phone's own files: full, damaged, taken by another process, of a newer app.
    #[error("{problem}")]
    Storage {
        /// Why.
        problem: Problem,
    },
    /// The server cannot be reached; everything is on this phone.
    #[error("{problem}")]
    Network {
        /// Why.
        problem: Problem,
    },
    /// The server refused.
    #[error("{problem}")]
    Server {
        /// Its words.
        problem: Problem,
    },
    /// Somebody else answered, e.g. a Wi-Fi that wants a sign-in.
    #[error("{problem}")]
    NotOurServer {
        /// What was seen.
        problem: Problem,
    },
    /// The app passed something that means nothing here (no id, no address, no certificate).
    #[error("{problem}")]
    BadArgument {
        /// Which.
        problem: Problem,
    },
    /// A fault of this program. What was acknowledged before is there; the call itself changed nothing.
    #[error("{problem}")]
    Internal {
        /// For the report.
        problem: Problem,
    },
}

impl PhoneError {
    /// An argument that means nothing.
    pub(crate) fn bad_argument(name: &str, detail: impl fmt::Display) -> Self {
        let problem = Problem::new(
            "bad_argument",
            format!("应用内部传值不符（{name}）；什么都没有改动"),
            format!("A value inside the app does not fit ({name}); nothing was changed"),
            detail.to_string(),
        );
        Self::BadArgument { problem }
    }

    /// The phone a sync began with is closed: it was wiped, or a fault made it be opened anew.
    pub(crate) fn closed() -> Self {
        let problem = Problem::new(
            "closed",
            "本机数据在同步中重新打开了，请再次同步",
            "The data on this phone was opened anew meanwhile; sync again",
            String::new(),
        );
        Self::Storage { problem }
    }

    /// A panic that was caught.
    pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let said = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
        Self::internal(said.unwrap_or_else(|| "a panic without words".into()))
    }

    /// A fault of this program.
    pub(crate) fn internal(detail: String) -> Self {
        let problem = Problem::new(
            "internal",
            "程序内部出错，这一步没有做；已保存的都在。请重试，仍不行请报告督查室",
            "The program failed and this step was not done; what was saved is there. Try again, then tell the office",
            detail,
        );
        Self::Internal { problem }
    }

    /// What is told.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        match self {
            Self::Refused { problem }
            | Self::Picture { problem }
            | Self::Storage { problem }
            | Self::Network { problem }
            | Self::Server { problem }
            | Self::NotOurServer { problem }
            | Self::BadArgument { problem }
            | Self::Internal { problem } => problem,
        }
    }
}

impl From<Error> for PhoneError {
    fn from(error: Error) -> Self {
        let problem = Problem {
            missing: match &error {
                Error::Incomplete { missing } => missing.clone(),
                _ => Vec::new(),
            },
            ..Problem::new(error.code(), error.zh(), error.en(), error.to_string())
        };
        match error {
            Error::Answer(_) | Error::Refused { .. } | Error::Incomplete { .. } => {
                Self::Refused { problem }
            }
            Error::Photo(_) => Self::Picture { problem },
            Error::Store(_) | Error::File { .. } => Self::Storage { problem },
            Error::Network(_) => Self::Network { problem },
            Error::Server { .. } => Self::Server { problem },
            Error::NotOurServer { .. } => Self::NotOurServer { problem },
        }
    }
}

/// What an app calls when a foreign method throws something that was not announced.
impl From<uniffi::UnexpectedUniFFICallbackError> for PhoneError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::internal(error.to_string())
    }
}
