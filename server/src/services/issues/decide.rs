//! Issues that may be one: suggested, and decided by a person.
//!
//! Invariant: merging takes nothing away: the other issue keeps its record, number and photos and points to the one that
//! stays; every decision can be taken back; two people deciding at once get one decision and one `Conflict`.
//! Leaves out: what makes two issues alike (`near`).

use protocol::problem::Code;
use uuid::Uuid;

use super::change::bad;
use super::near::{Pair, pairs};
use super::{case_id, found, list};
use crate::auth::Reach;
use crate::error::{Error, Result};
use crate::i18n::day;
use crate::model::{IssuePair, PairDecision, PairRuling};
use crate::services::campaign::Campaign;
use crate::services::office::{Actor, Office, reasoned};
use crate::services::project;
use crate::services::sync::Context;
use crate::store::{IssueFilter, IssueRow, Tx};

fn all(tx: &mut dyn Tx, ctx: &Context, c: &Campaign) -> Result<Vec<IssueRow>> {
    let filter = IssueFilter {
        campaign: c.id,
        today: day(ctx.now_ms),
        ..IssueFilter::default()
    };
    tx.issue_page(&filter, None, u32::MAX)
}

/// Pairs that may be one, nearest in time first, after the first `skip` of them, at most `limit`; and how many there are.
///
/// # Errors
/// The database's.
pub fn suggestions(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    (skip, limit): (usize, usize),
) -> Result<(Vec<IssuePair>, usize)> {
    let issues = all(tx, ctx, c)?;
    let found = pairs(&issues);
    let row = |id: Uuid| issues.iter().find(|i| i.id == id);
    let mut list = Vec::new();
    for p in found.iter().skip(skip).take(limit) {
        if let Some((first, second)) = row(p.first).zip(row(p.second)) {
            list.push(pair(tx, ctx, c, p, (first, second))?);
        }
    }
    Ok((list, found.len()))
}

fn pair(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    p: &Pair,
    (first, second): (&IssueRow, &IssueRow),
) -> Result<IssuePair> {
    Ok(IssuePair {
        first: list::head(tx, ctx, c, first)?,
        second: list::head(tx, ctx, c, second)?,
        metres: p.metres.map(|m| m.round() as u32),
        minutes: (p.apart_ms / 60_000) as u32,
        first_photos: list::photos(tx, ctx, c, first.id)?,
        second_photos: list::photos(tx, ctx, c, second.id)?,
    })
}

/// Writes down what a person says about two issues.
///
/// # Errors
/// `NotFound`, `Invalid` for one issue twice, `Conflict` if either was merged meanwhile or there is nothing to take back,
/// `ReasonRequired` to take a decision back.
pub fn decide(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    actor: &Actor,
    d: &PairDecision,
) -> Result<()> {
    if d.keep == d.other {
        return Err(bad("other", "与 keep 相同 / the same as keep"));
    }
    if d.reason.chars().count() > 400 {
        return Err(bad("reason", "≤ 400"));
    }
    let keep = found(tx, c, &Reach::County, d.keep)?;
    let other = found(tx, c, &Reach::County, d.other)?;
    let merged = other.duplicate_of == Some(keep.id);
    let told_apart = keep.distinct.contains(&other.id) || other.distinct.contains(&keep.id);
    let taken = || Error::from(Code::Conflict);
    let mut writes: Vec<(&IssueRow, String, merge::Value)> = Vec::new();
    let apart = |of: &IssueRow| format!("distinct/{}", of.id.simple());
    let what = match d.ruling {
        PairRuling::Same => {
            if keep.duplicate_of.is_some() || other.duplicate_of.is_some() {
                return Err(taken());
            }
            writes.push((&other, "duplicate_of".to_owned(), keep.id.into()));
            "merge_issues"
        }
        PairRuling::Distinct => {
            if keep.duplicate_of.is_some() || other.duplicate_of.is_some() || told_apart {
                return Err(taken());
            }
            writes.push((&keep, apart(&other), true.into()));
            "keep_issues_apart"
        }
        PairRuling::Open => {
            reasoned(&d.reason)?;
            if merged {
                writes.push((&other, "duplicate_of".to_owned(), merge::Value::Null));
            }
            for (of, from) in [(&keep, &other), (&other, &keep)] {
                if of.distinct.contains(&from.id) {
                    writes.push((of, apart(from), false.into()));
                }
            }
            "reopen_issue_pair"
        }
    };
    if writes.is_empty() {
        return Err(taken());
    }
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    for (of, field, value) in writes {
        let (scope, case) = (c.office_scope(), case_id(c, of.id));
        office.set(scope, "issue_case", case, "issue", of.id)?;
        office.set(scope, "issue_case", case, &field, value)?;
    }
    let object = format!("{} ← {}", keep.number, other.number);
    office.done(what, object, d.reason.trim())?;
    let touched = [keep.id, other.id].map(|id| (id, "issue".to_owned()));
    project::records(tx, c, &touched, ctx.now_ms)
}
