//! The life of a sheet: draft, submitted, returned, locked, amended; and whether the household was entered.
//!
//! Invariant: a refused or absent household never counts, and costs nothing; nor does a sheet the office returned until
//! it is submitted again.
//! Leaves out: who may take a step, and the lock of a group.

use thiserror::Error;

use crate::words::words;

words! {
    /// State of a sheet.
    SheetState {
        Draft = "draft", "草稿", "Draft";
        Submitted = "submitted", "已提交", "Submitted";
        Returned = "returned", "已退回", "Returned";
        Locked = "locked", "已锁定", "Locked";
        Amended = "amended", "已更正", "Amended";
    }
}

words! {
    /// What became of a visit to a household.
    Visit {
        Entered = "entered", "已入户", "Entered";
        Refused = "refused", "谢绝入户", "Refused";
        Absent = "absent", "家中无人", "Nobody at home";
    }
}

/// A step a sheet cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a sheet cannot go from {} to {}", from.word(), to.word())]
pub struct TransitionError {
    /// Where it is.
    pub from: SheetState,
    /// Where it cannot go.
    pub to: SheetState,
}

impl TransitionError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        "bad_transition"
    }

    /// The message in Chinese.
    pub fn message_zh(&self) -> String {
        format!("评分单不能由“{}”变为“{}”", self.from.zh(), self.to.zh())
    }
}

impl SheetState {
    /// True if the step is allowed: draft ⇄ submitted → locked ⇄ amended, and submitted → returned → draft. A lock
    /// after an amendment is the next one.
    pub fn may_become(self, to: Self) -> bool {
        use SheetState::*;
        matches!(
            (self, to),
            (Draft, Submitted)
                | (Submitted, Draft | Returned | Locked)
                | (Returned, Draft)
                | (Locked, Amended)
                | (Amended, Locked)
        )
    }

    /// Takes the step.
    ///
    /// # Errors
    /// `TransitionError` if it is not allowed.
    pub fn step(self, to: Self) -> Result<Self, TransitionError> {
        if self.may_become(to) {
            Ok(to)
        } else {
            Err(TransitionError { from: self, to })
        }
    }

    /// True if the author may still change answers.
    pub fn is_open(self) -> bool {
        self == Self::Draft
    }

    /// True if only the office's own log may write this state.
    pub fn is_offices(self) -> bool {
        self == Self::Returned
    }
}

/// True if a sheet enters the result: submitted or later, not returned, and not refused or absent.
pub fn counts(state: SheetState, visit: Option<Visit>) -> bool {
    let entered = matches!(visit, None | Some(Visit::Entered));
    entered && !matches!(state, SheetState::Draft | SheetState::Returned)
}
