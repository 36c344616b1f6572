//! The ledger of issues (工作台账): numbers, who answers for what, states, duplicates.
//!
//! What was found stands in the record `issue` (by phones, in their group's scope; by the office, in its own). What the
//! office adds stands in the record `issue_case` of the office's scope, whose id derives from the issue's; so phones never
//! carry who answers for an issue, and the office never rewrites what was found to note how it goes on.
//! Invariant: nothing is taken away; a merged issue keeps its record, number and photos and points to the one that stands
//! for it. Leaves out: which states follow each other (`domain::issue`), and pages.

mod change;
mod decide;
mod enter;
mod list;
mod near;
mod number;
mod row;
#[cfg(test)]
mod tests;
mod township;

use protocol::ids;
use protocol::problem::Code;
use uuid::Uuid;

use super::campaign::Campaign;
use crate::auth::{On, Reach};
use crate::error::Result;
use crate::store::{IssueFilter, IssueRow, Tx};

pub use change::{Change, change, etag, set_number_prefix};
pub use decide::{decide, suggestions};
pub use enter::enter;
pub use list::{all, options, page, view};
pub use number::{give, seen};
pub use row::{project, row};
pub use township::{TownshipCounts, count, fill, open};

/// The record that holds what the office adds to an issue.
pub fn case_id(c: &Campaign, issue: Uuid) -> Uuid {
    ids::derived(c.office_scope().id(), issue)
}

/// Number of the group that found an issue.
fn group_number(c: &Campaign, i: &IssueRow) -> Option<i64> {
    Some(c.group(i.group?)?.number)
}

/// Whether an issue concerns somebody: found by the group, or in, led or assisted by the unit.
pub fn concerns(c: &Campaign, reach: &Reach, i: &IssueRow) -> bool {
    let units: Vec<&str> = [&i.township, &i.village, &i.lead_unit]
        .into_iter()
        .flatten()
        .chain(&i.assisting_units)
        .map(String::as_str)
        .collect();
    reach.covers(On {
        group: group_number(c, i),
        units: &units,
    })
}

/// Narrows a filter to what somebody may see; false if that is nothing.
fn narrow(c: &Campaign, reach: &Reach, filter: &mut IssueFilter) -> bool {
    match reach {
        Reach::County => true,
        Reach::Group(number) => {
            let group = c.groups.iter().find(|g| g.number == *number);
            filter.within_group = group.map(|g| g.id);
            group.is_some()
        }
        Reach::Unit(unit) => {
            filter.unit = Some(unit.clone());
            true
        }
        Reach::Nothing => false,
    }
}

/// An issue of the campaign that is not deleted and within reach.
///
/// # Errors
/// `NotFound`, also for what is out of reach.
fn found(tx: &mut dyn Tx, c: &Campaign, reach: &Reach, id: Uuid) -> Result<IssueRow> {
    let row = tx.issue(id)?;
    row.filter(|i| i.campaign == c.id && !i.deleted && concerns(c, reach, i))
        .ok_or_else(|| Code::NotFound.into())
}
