//! What can be wrong with a checklist.
//!
//! Invariant: the error names the place (item id, section, file) and has a stable code.
//! Leaves out: wrong answers (`sheet`).

use thiserror::Error;

use crate::points::show;

/// A checklist that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: {problem}")]
pub struct ChecklistError {
    /// Item id, section, module or checklist code.
    pub place: String,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are what the message quotes")]
pub enum Problem {
    /// Not JSON of the expected form.
    #[error("not a checklist: {detail}")]
    Malformed { detail: String },
    /// Another format or version of it.
    #[error("schema is `{found}`, not `checklist/1`")]
    WrongSchema { found: String },
    /// Empty where a text is needed.
    #[error("`{field}` is missing or empty")]
    Missing { field: &'static str },
    /// A word that is not one of the known ones.
    #[error("unknown {field} `{word}`")]
    UnknownWord { field: &'static str, word: String },
    /// An id that cannot name an answer: too long, or with a slash or line break.
    #[error(
        "`id` must have at most 113 bytes (113 letters and digits, or 37 Chinese characters), no `/` and no line break"
    )]
    BadId,
    /// Not a number of points: not positive, too large, or finer than 1/10,000.
    #[error("`{field}` {text} must be above 0, at most 1000, with at most 4 decimals")]
    BadPoints { field: &'static str, text: String },
    /// The step does not lead to the maximum.
    #[error("step {} does not divide {}", show(*step_e4), show(*max_e4))]
    StepDoesNotDivide { step_e4: i64, max_e4: i64 },
    /// A sample size below 1, or a floor other than 0.
    #[error("`{field}` {value} is not possible")]
    BadNumber { field: &'static str, value: i64 },
    /// The id, section or module is listed twice.
    #[error("listed twice")]
    Duplicate,
    /// The items of a section do not sum to its points.
    #[error("items sum to {}, declared {}", show(*sum_e4), show(*declared_e4))]
    SectionSum { sum_e4: i64, declared_e4: i64 },
    /// The sections do not sum to the total.
    #[error("sections sum to {}, declared {}", show(*sum_e4), show(*declared_e4))]
    TotalSum { sum_e4: i64, declared_e4: i64 },
    /// The section is not declared.
    #[error("section {word} is not declared")]
    UndeclaredSection { word: String },
    /// No item, or too many.
    #[error("{count} items; must be 1 to 500")]
    ItemCount { count: usize },
    /// The checklist is for another kind of site.
    #[error("not for sites of kind {word}")]
    WrongSiteKind { word: String },
    /// No module for this kind of town site.
    #[error("no module for town sites of kind {word}")]
    NoModule { word: String },
}

impl ChecklistError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self.problem {
            Problem::Malformed { .. } => "malformed",
            Problem::WrongSchema { .. } => "wrong_schema",
            Problem::Missing { .. } => "missing",
            Problem::UnknownWord { .. } => "unknown_word",
            Problem::BadId => "bad_id",
            Problem::BadPoints { .. } => "bad_points",
            Problem::StepDoesNotDivide { .. } => "step_does_not_divide",
            Problem::BadNumber { .. } => "bad_number",
            Problem::Duplicate => "duplicate",
            Problem::SectionSum { .. } => "section_sum",
            Problem::TotalSum { .. } => "total_sum",
            Problem::UndeclaredSection { .. } => "undeclared_section",
            Problem::ItemCount { .. } => "item_count",
            Problem::WrongSiteKind { .. } => "wrong_site_kind",
            Problem::NoModule { .. } => "no_module",
        }
    }

    /// The message in Chinese.
    pub fn message_zh(&self) -> String {
        let text = match &self.problem {
            Problem::Malformed { detail } => format!("不是评分表：{detail}"),
            Problem::WrongSchema { found } => format!("格式为“{found}”，应为 checklist/1"),
            Problem::Missing { field } => format!("缺少 {field}"),
            Problem::UnknownWord { field, word } => format!("{field} 的值“{word}”未知"),
            Problem::BadId => "编号最多 113 个字母数字或 37 个汉字，不能含“/”或换行".into(),
            Problem::BadPoints { field, text } => {
                format!("{field} 为 {text}，应大于 0、不超过 1000，小数不超过四位")
            }
            Problem::StepDoesNotDivide { step_e4, max_e4 } => {
                format!("步长 {} 不能整除满分 {}", show(*step_e4), show(*max_e4))
            }
            Problem::BadNumber { field, value } => format!("{field} 不能为 {value}"),
            Problem::Duplicate => "重复".into(),
            Problem::SectionSum {
                sum_e4,
                declared_e4,
            } => {
                format!("各项合计 {}，应为 {}", show(*sum_e4), show(*declared_e4))
            }
            Problem::TotalSum {
                sum_e4,
                declared_e4,
            } => {
                format!("各部分合计 {}，应为 {}", show(*sum_e4), show(*declared_e4))
            }
            Problem::UndeclaredSection { word } => format!("未列出的部分“{word}”"),
            Problem::ItemCount { count } => format!("共 {count} 项，应为 1 到 500 项"),
            Problem::WrongSiteKind { word } => format!("不适用于类型为 {word} 的点位"),
            Problem::NoModule { word } => format!("没有 {word} 类县城点位的专项"),
        };
        format!("{}:{text}", self.place)
    }
}
