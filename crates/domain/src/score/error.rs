//! What can be wrong with a score file.
//!
//! Invariant: `code` is stable; every message names the entry it is about.
//! Leaves out: exit codes and HTTP.

use thiserror::Error;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(
    missing_docs,
    reason = "the fields name the entry; the message says what is wrong with it"
)]
pub enum ScoreError {
    /// Not JSON, or not of the form of the score file.
    #[error("line {line}, column {column}: {detail}")]
    Malformed {
        line: usize,
        column: usize,
        detail: String,
    },
    /// A key is the empty text.
    #[error("{entry} is empty")]
    EmptyKey { entry: String },
    /// A number is negative or too big.
    #[error("{entry} is {value}, must be 0 to {max}")]
    OutOfRange { entry: String, value: i64, max: i64 },
    /// Two townships with one code.
    #[error("township {code} is listed twice")]
    DuplicateTownship { code: String },
    /// Two sites with one id.
    #[error("site {id} is listed twice")]
    DuplicateSite { id: String },
    /// Two rectification entries of one township.
    #[error("rectification of township {code} is listed twice")]
    DuplicateRectification { code: String },
    /// A township code that is not listed.
    #[error("{entry}: unknown township {code}")]
    UnknownTownship { entry: String, code: String },
    /// A sheet for a site that is not listed.
    #[error("sheet of {observer}: unknown site {site}")]
    UnknownSite { site: String, observer: String },
    /// A sheet of a group no township is in.
    #[error("sheet of {observer} for site {site}: unknown group {group}")]
    UnknownGroup {
        site: String,
        observer: String,
        group: i64,
    },
    /// A village, household, street or route segment without township.
    #[error("site {site} needs a township")]
    TownshipMissing { site: String },
    /// A town site with a township.
    #[error("site {site} is a town site and must not have a township")]
    TownSiteInTownship { site: String },
    /// One observer, one site, two sheets.
    #[error("observer {observer} has two sheets for site {site}")]
    ObserverTwice { site: String, observer: String },
    /// A township's site scored by another group than the township's.
    #[error(
        "sheet of {observer} for site {site}: group {group}, but the site is of group {expected}"
    )]
    ForeignGroup {
        site: String,
        observer: String,
        group: i64,
        expected: i64,
    },
    /// The numbers are too big for exact arithmetic.
    #[error("the numbers are too big to compute exactly")]
    Overflow,
    /// An explain tree that does not give the published number.
    #[error("the explanation of {node} does not add up")]
    DoesNotAddUp { node: String },
}

impl ScoreError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::EmptyKey { .. } => "empty_key",
            Self::OutOfRange { .. } => "out_of_range",
            Self::DuplicateTownship { .. } => "duplicate_township",
            Self::DuplicateSite { .. } => "duplicate_site",
            Self::DuplicateRectification { .. } => "duplicate_rectification",
            Self::UnknownTownship { .. } => "unknown_township",
            Self::UnknownSite { .. } => "unknown_site",
            Self::UnknownGroup { .. } => "unknown_group",
            Self::TownshipMissing { .. } => "township_missing",
            Self::TownSiteInTownship { .. } => "town_site_in_township",
            Self::ObserverTwice { .. } => "observer_twice",
            Self::ForeignGroup { .. } => "foreign_group",
            Self::Overflow => "overflow",
            Self::DoesNotAddUp { .. } => "does_not_add_up",
        }
    }

    /// The message in English.
    pub fn message_en(&self) -> String {
        self.to_string()
    }

    /// The message in Chinese.
    pub fn message_zh(&self) -> String {
        match self {
            Self::Malformed {
                line,
                column,
                detail,
            } => {
                format!("第 {line} 行第 {column} 列：{detail}")
            }
            Self::EmptyKey { entry } => format!("{entry} 为空"),
            Self::OutOfRange { entry, value, max } => {
                format!("{entry} 的值为 {value}，应在 0 到 {max} 之间")
            }
            Self::DuplicateTownship { code } => format!("乡镇 {code} 重复"),
            Self::DuplicateSite { id } => format!("点位 {id} 重复"),
            Self::DuplicateRectification { code } => format!("乡镇 {code} 的整改数重复"),
            Self::UnknownTownship { entry, code } => format!("{entry}：没有乡镇 {code}"),
            Self::UnknownSite { site, observer } => {
                format!("{observer} 的评分单：没有点位 {site}")
            }
            Self::UnknownGroup {
                site,
                observer,
                group,
            } => {
                format!("{observer} 对点位 {site} 的评分单：没有第 {group} 组")
            }
            Self::TownshipMissing { site } => format!("点位 {site} 缺少所属乡镇"),
            Self::TownSiteInTownship { site } => format!("点位 {site} 是县城点位，不应有所属乡镇"),
            Self::ObserverTwice { site, observer } => {
                format!("{observer} 对点位 {site} 有两份评分单")
            }
            Self::ForeignGroup {
                site,
                observer,
                group,
                expected,
            } => {
                format!(
                    "{observer} 对点位 {site} 的评分单属第 {group} 组，该点位归第 {expected} 组"
                )
            }
            Self::Overflow => "数值过大，无法精确计算".into(),
            Self::DoesNotAddUp { node } => format!("{node} 的明细与公布数不符"),
        }
    }
}

impl From<serde_json::Error> for ScoreError {
    fn from(error: serde_json::Error) -> Self {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let detail = error.to_string();
        let detail = detail.strip_suffix(&place).unwrap_or(&detail).to_owned();
        Self::Malformed {
            line: error.line(),
            column: error.column(),
            detail,
        }
    }
}
