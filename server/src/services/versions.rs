//! Versions of a group's lock: unlocking, and what differs between two of them.
//!
//! Invariant: a version is never changed or removed; an unlock keeps its number, so that the next lock is the next
//! version and says why. Leaves out: locking (`lock`), publishing.

use std::collections::{BTreeMap, BTreeSet};

use domain::score::Outcome;
use protocol::problem::Code;
use protocol::{closing::LeftOut, ids};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::campaign::Campaign;
use super::lock::{self, ResultBody};
use super::office::{Actor, Office, reasoned};
use super::sync::Context;
use crate::error::{Error, Result};
use crate::store::Tx;
use merge::Value;

/// One version of a group's lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Version {
    /// From 1.
    pub version: u64,
    /// When it was locked, ms UTC.
    pub at_ms: i64,
    /// Who of the office locked it.
    pub by: String,
    /// Why there is a version after the first.
    pub reason: Option<String>,
    /// Result hash, hex.
    pub result_hash: String,
    /// Sheets of the group that count.
    pub counted: u32,
    /// Sheets of the group left out.
    pub left_out: u32,
}

/// A township's numbers in one version: T in e4, place in the group, corrected T in e4, place in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Numbers {
    /// T, e4.
    pub raw_e4: Option<i64>,
    /// Place in the group.
    pub rank_in_group: Option<usize>,
    /// T', e4.
    pub corrected_e4: Option<i64>,
    /// Place among all.
    pub rank_corrected: Option<usize>,
    /// `red_flag`, `yellow_card`.
    pub award: Option<&'static str>,
}

/// A township whose numbers differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TownshipDiff {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// In the version before.
    pub before: Numbers,
    /// In the version after.
    pub after: Numbers,
}

/// How a sheet stands in a version: its score in e4, or why it is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Counts with this score.
    Counted(i64),
    /// Left out, with the reason's word.
    LeftOut(String),
    /// Not there.
    Absent,
}

/// A sheet that came in, went out or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SheetDiff {
    /// The sheet.
    pub sheet: Uuid,
    /// The site's name.
    pub site: String,
    /// The author's name.
    pub author: String,
    /// In the version before.
    pub before: Standing,
    /// In the version after.
    pub after: Standing,
}

/// What differs between two versions of a group's lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    /// The version before.
    pub from: u64,
    /// The version after.
    pub to: u64,
    /// Who made the version after.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// Townships whose numbers differ.
    pub townships: Vec<TownshipDiff>,
    /// Sheets in, out, or with another score.
    pub sheets: Vec<SheetDiff>,
}

/// Unlocks a group before publication: its observers may go on, and the next lock is a new version.
///
/// # Errors
/// `ReasonRequired`, `NotFound`; `Conflict` if it is not locked; `Frozen` once the campaign is closed.
pub fn unlock(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    c: &Campaign,
    group: Uuid,
    reason: &str,
) -> Result<()> {
    reasoned(reason)?;
    let found = c.group(group).ok_or(Code::NotFound)?;
    if ["closed", "archived"].contains(&c.state.as_str()) {
        let why = "活动已结束 / the campaign is closed";
        return Err(Error::because(Code::Frozen, why));
    }
    if !found.locked {
        let why = "本组没有锁定 / the group is not locked";
        return Err(Error::because(Code::Conflict, why));
    }
    let state = Value::List(vec![
        found.version.into(),
        "open".into(),
        ctx.now_ms.into(),
        found.result_hash.as_deref().into(),
    ]);
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    office.set(c.scope(), "tour_group", group, "lock", state)?;
    office.done("unlock", group, reason)
}

/// Everything written down about one version.
struct Written {
    head: Version,
    body: ResultBody,
    left_out: Vec<LeftOut>,
}

fn written(tx: &mut dyn Tx, c: &Campaign, group: Uuid) -> Result<BTreeMap<u64, Written>> {
    let number = c.group(group).ok_or(Code::NotFound)?.number;
    let mut list = BTreeMap::new();
    for id in tx.ids("result", Some(c.office_scope()))? {
        let live = tx.live(id, "body")?;
        let Some(first) = live.first() else { continue };
        let json = first.value.as_text().unwrap_or_default();
        let body: ResultBody =
            serde_json::from_str(json).map_err(|e| Error::because(Code::Invalid, e.to_string()))?;
        if body.group != group {
            continue;
        }
        let version = i64::try_from(body.version).unwrap_or(0);
        let Some(set) = lock::closing_set(tx, c, group, version)? else {
            continue;
        };
        let own = body.input.sheets.iter().filter(|s| s.group == number);
        let head = Version {
            version: body.version,
            at_ms: set.locked_at_ms,
            by: tx.act(&first.dot)?.map_or_else(String::new, |(by, _)| by),
            reason: body.reason.clone(),
            result_hash: lock::result_hash(&set.to_json(), json),
            counted: own.count() as u32,
            left_out: set.left_out.len() as u32,
        };
        let left_out = set.left_out;
        list.insert(
            body.version,
            Written {
                head,
                body,
                left_out,
            },
        );
    }
    Ok(list)
}

/// Every version of a group's lock, newest first.
///
/// # Errors
/// `NotFound`.
pub fn all(tx: &mut dyn Tx, c: &Campaign, group: Uuid) -> Result<Vec<Version>> {
    let versions = written(tx, c, group)?.into_values().rev();
    Ok(versions.map(|w| w.head).collect())
}

/// What differs between two versions.
///
/// # Errors
/// `NotFound` if there is no such version.
pub fn difference(
    tx: &mut dyn Tx,
    c: &Campaign,
    group: Uuid,
    from: u64,
    to: u64,
) -> Result<Difference> {
    let versions = written(tx, c, group)?;
    let find = |v: u64| versions.get(&v).ok_or_else(|| Error::from(Code::NotFound));
    let (before, after) = (find(from)?, find(to)?);
    Ok(Difference {
        from,
        to,
        by: after.head.by.clone(),
        reason: after.head.reason.clone(),
        townships: townships(c, &before.body.outcome, &after.body.outcome),
        sheets: sheets(c, group, before, after),
    })
}

fn numbers(outcome: &Outcome, code: &str) -> Numbers {
    let on = |list: &[String]| list.iter().any(|c| c == code);
    let red = on(&outcome.awards.red_flag).then_some("red_flag");
    let yellow = on(&outcome.awards.yellow_card).then_some("yellow_card");
    let found = outcome.township(code);
    found.map_or_else(Numbers::default, |t| Numbers {
        award: red.or(yellow),
        raw_e4: t.raw_e4,
        rank_in_group: t.rank_in_group,
        corrected_e4: t.corrected_e4,
        rank_corrected: t.rank_corrected,
    })
}

/// Townships whose numbers differ between two outcomes, by code.
pub fn townships(c: &Campaign, before: &Outcome, after: &Outcome) -> Vec<TownshipDiff> {
    let both = before.townships.iter().chain(&after.townships);
    let codes: BTreeSet<&str> = both.map(|t| t.code.as_str()).collect();
    let diff = |code: &str| TownshipDiff {
        code: code.to_owned(),
        name: c.township_name(code),
        before: numbers(before, code),
        after: numbers(after, code),
    };
    let all = codes.into_iter().map(diff);
    all.filter(|d| d.before != d.after).collect()
}

/// How the group's sheets stand in a version.
fn standings(c: &Campaign, number: i64, w: &Written) -> BTreeMap<(Uuid, Uuid), Standing> {
    let counted = w.body.input.sheets.iter().filter(|s| s.group == number);
    let mut all: BTreeMap<(Uuid, Uuid), Standing> = counted
        .filter_map(|s| {
            let key = (
                Uuid::try_parse(&s.site).ok()?,
                Uuid::try_parse(&s.observer).ok()?,
            );
            Some((key, Standing::Counted(s.score_e4)))
        })
        .collect();
    for l in w.left_out.iter().filter(|l| c.sites.contains_key(&l.site)) {
        all.insert((l.site, l.author), Standing::LeftOut(l.reason.clone()));
    }
    all
}

fn sheets(c: &Campaign, group: Uuid, before: &Written, after: &Written) -> Vec<SheetDiff> {
    let number = c.group(group).map_or(0, |g| g.number);
    let (old, new) = (standings(c, number, before), standings(c, number, after));
    let keys: BTreeSet<&(Uuid, Uuid)> = old.keys().chain(new.keys()).collect();
    let of = |map: &BTreeMap<(Uuid, Uuid), Standing>, key: &(Uuid, Uuid)| {
        map.get(key).cloned().unwrap_or(Standing::Absent)
    };
    let one = |key: &(Uuid, Uuid)| SheetDiff {
        sheet: ids::sheet(c.id, key.0, key.1),
        site: c
            .sites
            .get(&key.0)
            .map_or_else(String::new, |s| s.name.clone()),
        author: c.account_name(key.1),
        before: of(&old, key),
        after: of(&new, key),
    };
    let all = keys.into_iter().map(one);
    all.filter(|d| d.before != d.after).collect()
}
