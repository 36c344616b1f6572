//! How a township did with its issues: the counts behind component R of its score.
//!
//! An issue counts once it is decided: closed, or overdue. What is still within its time, waits for the office to look,
//! was fixed on the spot or merged into another counts for neither side. Invariant: due = closed + overdue.
//! Leaves out: the score (`domain::score`); the counts may be edited afterwards (`campaign::set_ledger`).

use std::collections::BTreeMap;

use domain::issue::Standing;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::standing;
use crate::error::Result;
use crate::i18n::day;
use crate::services::campaign::{Campaign, set_ledger};
use crate::services::office::Actor;
use crate::services::sync::Context;
use crate::store::{IssueFilter, Tx};

/// A township's counts, as they stand in its record and as the ledger gives them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TownshipCounts {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// In its record: due, of those closed, overdue.
    pub recorded: (i64, i64, i64),
    /// From the ledger today.
    pub counted: (i64, i64, i64),
    /// True if its group is locked, so that its record cannot change.
    pub locked: bool,
}

/// Issues of each township that are not closed, and those of them that are overdue, by code.
///
/// # Errors
/// The database's.
pub fn open(tx: &mut dyn Tx, ctx: &Context, c: &Campaign) -> Result<BTreeMap<String, (u32, u32)>> {
    let today = day(ctx.now_ms);
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for i in tx.issue_page(&everything(c, &today), None, u32::MAX)? {
        let at = standing(&i, &today);
        let over = matches!(
            at,
            Standing::Closed | Standing::Merged | Standing::FixedOnSpot
        );
        if let Some(code) = i.township.filter(|_| !over) {
            let (open, overdue) = counts.entry(code).or_default();
            *open += 1;
            *overdue += u32::from(at == Standing::Overdue);
        }
    }
    Ok(counts)
}

fn everything(c: &Campaign, today: &str) -> IssueFilter {
    IssueFilter {
        campaign: c.id,
        today: today.to_owned(),
        ..IssueFilter::default()
    }
}

/// Counts the ledger for every township.
///
/// # Errors
/// The database's.
pub fn count(tx: &mut dyn Tx, ctx: &Context, c: &Campaign) -> Result<Vec<TownshipCounts>> {
    let today = day(ctx.now_ms);
    let mut counts: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for i in tx.issue_page(&everything(c, &today), None, u32::MAX)? {
        let at = standing(&i, &today);
        if let Some(code) = i.township {
            let (closed, overdue) = counts.entry(code).or_default();
            *closed += i64::from(at == Standing::Closed);
            *overdue += i64::from(at == Standing::Overdue);
        }
    }
    let row = |t: &crate::services::campaign::Township| {
        let (closed, overdue) = counts.get(&t.code).copied().unwrap_or_default();
        TownshipCounts {
            code: t.code.clone(),
            name: c.township_name(&t.code),
            recorded: t.ledger,
            counted: (closed + overdue, closed, overdue),
            locked: t.group.and_then(|g| c.group(g)).is_some_and(|g| g.locked),
        }
    };
    Ok(c.townships.values().map(row).collect())
}

/// Takes the counts of the ledger over into the townships' records, but for those of locked groups; returns how many
/// changed.
///
/// # Errors
/// The database's.
pub fn fill(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, actor: &Actor) -> Result<usize> {
    let rows = count(tx, ctx, c)?.into_iter();
    let rows = rows.filter(|t| !t.locked && t.recorded != t.counted);
    let mut changed = 0;
    for t in rows {
        set_ledger(tx, actor, c, &t.code, t.counted, ctx.now_ms)?;
        changed += 1;
    }
    Ok(changed)
}
