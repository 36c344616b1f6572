//! What can be answered to an item, and what cannot.
//!
//! Invariant: the check is the same on the phone, before an answer is kept, and at the office, before it counts.
//! Leaves out: whether all lines are answered (`points`).

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Form;
use crate::checklist::{Item, ItemType, SiteChecklist};
use crate::points::show;

/// What was found at one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Does not apply here.
    NotApplicable,
    /// Points in e4, for `score` items and quick lines.
    Points(i64),
    /// How many were found, for `deduct` items.
    Count(i64),
    /// For `yes_no` items.
    YesNo(bool),
    /// For `ratio` items.
    Ratio {
        /// In order.
        ok: i64,
        /// Looked at.
        sampled: i64,
    },
}

/// A mark as it is stored: its meaning depends on the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawMark {
    /// Not applicable.
    Null,
    /// Points or a count.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// In order, looked at.
    Pair(i64, i64),
}

/// Largest count: that of the stored type.
const MAX_COUNT: i64 = 100_000;

impl Mark {
    /// The mark a stored value means for an item; not yet checked.
    ///
    /// # Errors
    /// `WrongType`.
    pub fn typed(item: &Item, raw: RawMark) -> Result<Self, AnswerError> {
        match (item.kind, raw) {
            (_, RawMark::Null) => Ok(Self::NotApplicable),
            (ItemType::Score { .. }, RawMark::Int(e4)) => Ok(Self::Points(e4)),
            (ItemType::Deduct { .. }, RawMark::Int(count)) => Ok(Self::Count(count)),
            (ItemType::YesNo, RawMark::Bool(yes)) => Ok(Self::YesNo(yes)),
            (ItemType::Ratio { .. }, RawMark::Pair(ok, sampled)) => Ok(Self::Ratio { ok, sampled }),
            _ => Err(AnswerError {
                item: item.id.clone(),
                problem: AnswerProblem::WrongType,
            }),
        }
    }

    /// The stored value of the mark.
    pub fn raw(self) -> RawMark {
        match self {
            Self::NotApplicable => RawMark::Null,
            Self::Points(n) | Self::Count(n) => RawMark::Int(n),
            Self::YesNo(yes) => RawMark::Bool(yes),
            Self::Ratio { ok, sampled } => RawMark::Pair(ok, sampled),
        }
    }
}

/// An answer that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{item}: {problem}")]
pub struct AnswerError {
    /// Item id, or section word in the quick form.
    pub item: String,
    /// Why.
    pub problem: AnswerProblem,
}

/// Why an answer is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AnswerProblem {
    /// The form has no such line.
    #[error("the checklist has no such item")]
    UnknownItem,
    /// E.g. a count where points are asked for.
    #[error("this kind of answer does not fit the item")]
    WrongType,
    /// The item applies everywhere.
    #[error("\"not applicable\" is not allowed here")]
    NaNotAllowed,
    /// Points above the maximum.
    #[error("at most {} points", show(*max_e4))]
    AboveMaximum {
        /// The maximum.
        max_e4: i64,
    },
    /// Negative points or count, or an impossible count.
    #[error("the number is not possible")]
    BadNumber,
    /// Points between two steps.
    #[error("points go in steps of {}", show(*step_e4))]
    OffStep {
        /// The step.
        step_e4: i64,
    },
    /// Nothing looked at, or more in order than looked at.
    #[error("of at least one looked at, at most all can be in order")]
    BadRatio,
}

impl AnswerError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self.problem {
            AnswerProblem::UnknownItem => "unknown_item",
            AnswerProblem::WrongType => "wrong_type",
            AnswerProblem::NaNotAllowed => "na_not_allowed",
            AnswerProblem::AboveMaximum { .. } => "above_maximum",
            AnswerProblem::BadNumber => "bad_number",
            AnswerProblem::OffStep { .. } => "off_step",
            AnswerProblem::BadRatio => "bad_ratio",
        }
    }

    /// The message in Chinese.
    pub fn message_zh(&self) -> String {
        let text = match &self.problem {
            AnswerProblem::UnknownItem => "评分表中没有这一项".into(),
            AnswerProblem::WrongType => "填写方式与该项不符".into(),
            AnswerProblem::NaNotAllowed => "该项不能选“不适用”".into(),
            AnswerProblem::AboveMaximum { max_e4 } => format!("最高 {} 分", show(*max_e4)),
            AnswerProblem::BadNumber => "数值不合理".into(),
            AnswerProblem::OffStep { step_e4 } => format!("分数应为 {} 的整数倍", show(*step_e4)),
            AnswerProblem::BadRatio => "抽查数至少为 1,合格数不能超过抽查数".into(),
        };
        format!("{}:{text}", self.item)
    }
}

/// Checks an answer to a line of a form.
///
/// # Errors
/// Why it is refused.
pub fn check_answer(
    checklist: &SiteChecklist,
    form: Form,
    id: &str,
    mark: &Mark,
) -> Result<(), AnswerError> {
    match checklist.line(form, id) {
        Some(item) => check_mark(item, mark),
        None => Err(AnswerError {
            item: id.to_owned(),
            problem: AnswerProblem::UnknownItem,
        }),
    }
}

/// Checks a mark for an item.
///
/// # Errors
/// Why it is refused.
pub fn check_mark(item: &Item, mark: &Mark) -> Result<(), AnswerError> {
    let problem = match (item.kind, *mark) {
        (_, Mark::NotApplicable) if item.na_allowed => return Ok(()),
        (_, Mark::NotApplicable) => AnswerProblem::NaNotAllowed,
        (ItemType::Score { .. }, Mark::Points(e4)) if e4 < 0 => AnswerProblem::BadNumber,
        (ItemType::Score { .. }, Mark::Points(e4)) if e4 > item.max_e4 => {
            AnswerProblem::AboveMaximum {
                max_e4: item.max_e4,
            }
        }
        (ItemType::Score { step_e4 }, Mark::Points(e4)) if e4 % step_e4 != 0 => {
            AnswerProblem::OffStep { step_e4 }
        }
        (ItemType::Deduct { .. }, Mark::Count(n)) if !(0..=MAX_COUNT).contains(&n) => {
            AnswerProblem::BadNumber
        }
        (ItemType::Ratio { .. }, Mark::Ratio { ok, sampled }) => {
            let possible = (1..=MAX_COUNT).contains(&sampled) && (0..=sampled).contains(&ok);
            if possible {
                return Ok(());
            }
            AnswerProblem::BadRatio
        }
        (ItemType::Score { .. }, Mark::Points(_))
        | (ItemType::Deduct { .. }, Mark::Count(_))
        | (ItemType::YesNo, Mark::YesNo(_)) => return Ok(()),
        _ => AnswerProblem::WrongType,
    };
    Err(AnswerError {
        item: item.id.clone(),
        problem,
    })
}
