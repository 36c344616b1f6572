//! In what order records are listed, and where a page of them begins.
//!
//! Invariant: no order tells what is sealed: a closed sheet stands where one without a score stands. Rows that are alike
//! go by their row, so that a page never repeats or skips one. Leaves out: the statement (`store`).

use protocol::problem::Code;
use uuid::Uuid;

use super::campaign::{Campaign, Group};
use crate::error::{Error, Result};
use crate::model::RecordFilter;
use crate::store::{EntryColumn, EntryOrder, Ranks, SortKey, SortValue};

/// Ids in the order of what people read.
fn ranked<K: Ord>(named: impl Iterator<Item = (K, Uuid)>) -> Ranks {
    let mut all: Vec<(K, Uuid)> = named.collect();
    all.sort();
    all.into_iter().map(|(_, id)| id).collect()
}

/// What a word of the sort means for the store.
///
/// # Errors
/// `BadRequest` for a column there is not.
pub fn order(c: &Campaign, f: &RecordFilter) -> Result<EntryOrder> {
    let Some(sort) = f.sort.as_deref() else {
        return Ok(EntryOrder::default());
    };
    let word = sort.strip_prefix('-').unwrap_or(sort);
    let by = match word {
        "record" => EntryColumn::Site(ranked(
            c.sites.values().map(|s| ((s.name.as_str(), s.id), s.id)),
        )),
        "township" => EntryColumn::Township,
        "group" => EntryColumn::Group(ranked(c.groups.iter().map(|g| (g.number, g.id)))),
        "author" => {
            let named = c.accounts.values();
            EntryColumn::Author(ranked(named.map(|a| ((a.name.as_str(), a.id), a.id))))
        }
        "state" => EntryColumn::State,
        "answered" => EntryColumn::Answered,
        "conflicts" => EntryColumn::Conflicts,
        "written" => EntryColumn::Written,
        "arrived" => EntryColumn::Arrived,
        "score" => {
            let open = c.groups.iter().filter(|g| Group::was_opened(g));
            EntryColumn::Score {
                open: open.map(|g| g.id).collect(),
                all: c.sheets_open,
            }
        }
        _ => return Err(Error::because(Code::BadRequest, format!("sort: {sort}"))),
    };
    Ok(EntryOrder {
        by,
        descending: sort.starts_with('-'),
    })
}

/// The place in a list that a cursor names: what it is ordered by, a point, the row.
///
/// # Errors
/// `BadRequest`.
pub fn parse_cursor(order: &EntryOrder, text: &str) -> Result<SortKey> {
    let is_word = matches!(order.by, EntryColumn::Township | EntryColumn::State);
    let parse = |(value, no): (&str, &str)| {
        let value = match is_word {
            true => SortValue::Text(value.to_owned()),
            false => SortValue::Int(value.parse().ok()?),
        };
        Some((value, no.parse().ok()?))
    };
    let key = text.rsplit_once('.').and_then(parse);
    key.ok_or_else(|| Code::BadRequest.into())
}

/// The cursor of a place.
pub fn cursor((value, no): &SortKey) -> String {
    match value {
        SortValue::Int(n) => format!("{n}.{no}"),
        SortValue::Text(t) => format!("{t}.{no}"),
    }
}
