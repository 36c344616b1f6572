//! Issues on the ledger: the states one goes through, who may move it, and when it counts as overdue.
//!
//! Invariant: a state is left only by a [`Move`] that [`step`] allows; "overdue" is never stored, it follows from state
//! and dates. Leaves out: where the fields live (`schema`), working days (a due date is a calendar day).

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// Where an issue stands in its rectification.
    State {
        ToAssign = "to_assign", "待派发", "To assign";
        InProgress = "in_progress", "整改中", "In progress";
        ToVerify = "to_verify", "待复查", "To verify";
        Closed = "closed", "已销号", "Closed";
    }
}

words! {
    /// What moves an issue on.
    Move {
        Assign = "assign", "派发", "Assign";
        Withdraw = "withdraw", "撤回派发", "Withdraw";
        Report = "report", "报告整改完成", "Report done";
        Reject = "reject", "复查退回", "Send back";
        Close = "close", "复查销号", "Verify and close";
        Reopen = "reopen", "重新打开", "Reopen";
    }
}

words! {
    /// What a list shows of an issue: its state, or what goes before it.
    Standing {
        Overdue = "overdue", "逾期", "Overdue";
        ToAssign = "to_assign", "待派发", "To assign";
        InProgress = "in_progress", "整改中", "In progress";
        ToVerify = "to_verify", "待复查", "To verify";
        Closed = "closed", "已销号", "Closed";
        FixedOnSpot = "fixed_on_spot", "立行立改", "Fixed on the spot";
        Merged = "merged", "已并入", "Merged";
    }
}

/// Who moves an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The supervision office.
    Office,
    /// A unit that has to see to it.
    Unit,
}

/// Why a move is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The move does not begin in this state.
    #[error("this move does not begin in that state")]
    WrongState,
    /// Only the supervision office may do it.
    #[error("only the supervision office may do this")]
    OfficeOnly,
}

impl Move {
    /// The state it begins in, and the one it leads to.
    pub fn ends(self) -> (State, State) {
        match self {
            Self::Assign => (State::ToAssign, State::InProgress),
            Self::Withdraw => (State::InProgress, State::ToAssign),
            Self::Report => (State::InProgress, State::ToVerify),
            Self::Reject => (State::ToVerify, State::InProgress),
            Self::Close => (State::ToVerify, State::Closed),
            Self::Reopen => (State::Closed, State::InProgress),
        }
    }

    /// Whether it goes back and so must be explained.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Withdraw | Self::Reject | Self::Reopen)
    }

    /// Whether a party may make it at all. A unit only reports; that it is done is judged by the office.
    pub fn is_for(self, by: Party) -> bool {
        by == Party::Office || self == Self::Report
    }
}

/// The state after a move.
///
/// # Errors
/// [`StepError`].
pub fn step(from: State, made: Move, by: Party) -> Result<State, StepError> {
    let (begin, end) = made.ends();
    if !made.is_for(by) {
        return Err(StepError::OfficeOnly);
    }
    if begin != from {
        return Err(StepError::WrongState);
    }
    Ok(end)
}

/// The moves a party may make from a state, in order.
pub fn moves(from: State, by: Party) -> Vec<Move> {
    let open = |m: &Move| step(from, *m, by).is_ok();
    Move::ALL.iter().copied().filter(open).collect()
}

/// What decides how an issue stands. Dates are text `YYYY-MM-DD`, so that their order is that of the text.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// State of its rectification.
    pub state: State,
    /// Fixed at once by whoever was there.
    pub fixed_on_spot: bool,
    /// Another issue stands for it.
    pub merged: bool,
    /// Last day.
    pub due_on: Option<&'a str>,
    /// Day it was reported done.
    pub reported_on: Option<&'a str>,
}

impl Facts<'_> {
    /// How it stands today. What was reported in time is not overdue while it waits for the office to look.
    pub fn standing(&self, today: &str) -> Standing {
        if self.merged {
            return Standing::Merged;
        }
        if self.fixed_on_spot {
            return Standing::FixedOnSpot;
        }
        match self.state {
            State::Closed => Standing::Closed,
            _ if self.is_late(today) => Standing::Overdue,
            State::ToAssign => Standing::ToAssign,
            State::InProgress => Standing::InProgress,
            State::ToVerify => Standing::ToVerify,
        }
    }

    fn is_late(&self, today: &str) -> bool {
        let until = match self.state {
            State::ToVerify => self.reported_on.unwrap_or(today),
            _ => today,
        };
        self.due_on.is_some_and(|due| due < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_goes_from_assignment_to_closing_and_back_only_by_the_table() {
        let way = [Move::Assign, Move::Report, Move::Close, Move::Reopen];
        let mut at = State::ToAssign;
        for made in way {
            at = step(at, made, Party::Office).unwrap();
        }
        assert_eq!(at, State::InProgress);
        let mut allowed = 0;
        for from in State::ALL {
            for made in Move::ALL {
                allowed += usize::from(step(*from, *made, Party::Office).is_ok());
            }
        }
        assert_eq!(allowed, Move::ALL.len());
        assert_eq!(
            step(State::ToAssign, Move::Close, Party::Office),
            Err(StepError::WrongState)
        );
    }

    #[test]
    fn a_unit_may_only_report_that_it_is_done() {
        for from in State::ALL {
            let made = moves(*from, Party::Unit);
            let expected: &[Move] = match from {
                State::InProgress => &[Move::Report],
                _ => &[],
            };
            assert_eq!(made, expected);
        }
        assert_eq!(
            step(State::ToVerify, Move::Close, Party::Unit),
            Err(StepError::OfficeOnly)
        );
    }

    fn facts(state: State) -> Facts<'static> {
        Facts {
            state,
            fixed_on_spot: false,
            merged: false,
            due_on: Some("2026-05-10"),
            reported_on: None,
        }
    }

    #[test]
    fn overdue_begins_the_day_after_the_last_day_and_ends_with_closing() {
        let open = facts(State::InProgress);
        assert_eq!(open.standing("2026-05-10"), Standing::InProgress);
        assert_eq!(open.standing("2026-05-11"), Standing::Overdue);
        let closed = facts(State::Closed);
        assert_eq!(closed.standing("2027-01-01"), Standing::Closed);
        let undated = Facts {
            due_on: None,
            ..facts(State::ToAssign)
        };
        assert_eq!(undated.standing("2027-01-01"), Standing::ToAssign);
    }

    #[test]
    fn what_was_reported_in_time_does_not_become_overdue_by_waiting() {
        let in_time = Facts {
            reported_on: Some("2026-05-10"),
            ..facts(State::ToVerify)
        };
        assert_eq!(in_time.standing("2026-06-01"), Standing::ToVerify);
        let late = Facts {
            reported_on: Some("2026-05-12"),
            ..facts(State::ToVerify)
        };
        assert_eq!(late.standing("2026-06-01"), Standing::Overdue);
    }

    #[test]
    fn fixed_on_the_spot_and_merged_are_never_open() {
        let fixed = Facts {
            fixed_on_spot: true,
            ..facts(State::ToAssign)
        };
        assert_eq!(fixed.standing("2027-01-01"), Standing::FixedOnSpot);
        let merged = Facts {
            merged: true,
            ..fixed
        };
        assert_eq!(merged.standing("2027-01-01"), Standing::Merged);
    }
}
