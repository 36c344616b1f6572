//! The live board: which township lacks what.
//!
//! Invariant: counts only; nothing of a sealed sheet but its author and state. A sheet is expected from every observer
//! of the group who is not recused. Leaves out: how it is drawn (`console::board`).

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::SiteKind;
use uuid::Uuid;

use super::campaign::{Campaign, Site};
use super::issues;
use super::photos::arrived;
use super::shown::group_head;
use super::sync::Context;
use super::{people, ranking};
use crate::error::Result;
use crate::model::{Board, BoardRow, KindCount, Missing};
use crate::store::{Entry, Held, Photo, Tx};

/// Everything the rows are counted from, by record and site.
struct Gathered {
    entries: HashMap<Uuid, Entry>,
    submitted: HashSet<(Uuid, Uuid)>,
    photos: Vec<(Photo, bool)>,
    held: Vec<Held>,
}

fn gather(tx: &mut dyn Tx, ctx: &Context, c: &Campaign) -> Result<Gathered> {
    let entries = tx.entries(c.id, None)?;
    let done = |e: &&Entry| e.kind == "sheet" && e.state == "submitted";
    let submitted = entries.iter().filter(done);
    let submitted = submitted
        .filter_map(|e| Some((e.site?, e.author)))
        .collect();
    let photos = tx.photos(c.id, None)?.into_iter();
    let photos = photos.filter(|p| p.stored.is_some());
    let photos = photos
        .map(|p| (arrived(ctx, &p), p))
        .map(|(here, p)| (p, here));
    let held = tx.all_held(c.id)?.into_iter();
    Ok(Gathered {
        submitted,
        photos: photos.collect(),
        held: held.filter(|h| h.decided.is_none()).collect(),
        entries: entries.into_iter().map(|e| (e.id, e)).collect(),
    })
}

/// A phone that did not sync for so long is silent, ms.
const SILENT_MS: i64 = 24 * 3_600_000;

/// Groups whose phones are looked at; all if none is named.
type OfGroups<'a> = &'a dyn Fn(Option<Uuid>) -> bool;

/// Phones that take part and did not sync for a day, or never.
fn silent(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, wanted: OfGroups) -> Result<u32> {
    let takes_part = |account: Uuid| {
        let account = c.accounts.get(&account).filter(|a| a.active);
        account.is_some_and(|a| wanted(a.group))
    };
    let devices = tx.devices(c.id)?.into_iter();
    let open = devices.filter(|d| d.revoked.is_none() && takes_part(d.account));
    let last = open.map(|d| d.last_sync_ms.unwrap_or(d.enrolled_at_ms));
    Ok(last.filter(|at| ctx.now_ms - at > SILENT_MS).count() as u32)
}

/// The scores T of the townships whose groups are locked, by code.
fn scores(tx: &mut dyn Tx, c: &Campaign) -> Result<HashMap<String, i64>> {
    let locked = |code: &str| {
        let group = c.townships.get(code).and_then(|t| t.group);
        group.and_then(|g| c.group(g)).is_some_and(|g| g.locked)
    };
    if !c.groups.iter().any(|g| g.locked) {
        return Ok(HashMap::new());
    }
    let (_, outcome) = ranking::last(tx, c)?;
    let of = outcome.townships.into_iter();
    let of = of.filter(|t| locked(&t.code));
    Ok(of.filter_map(|t| Some((t.code, t.raw_e4?))).collect())
}

/// The whole board; phones of the `wanted` groups, scores if `with_scores`.
///
/// # Errors
/// The database's.
pub fn board(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    wanted: OfGroups,
    with_scores: bool,
) -> Result<Board> {
    let g = gather(tx, ctx, c)?;
    let scores = match with_scores {
        true => scores(tx, c)?,
        false => HashMap::new(),
    };
    let open = issues::open(tx, ctx, c)?;
    let mut rows = Vec::new();
    for t in c.townships.values() {
        let sites: Vec<&Site> = c
            .route
            .iter()
            .filter_map(|id| c.sites.get(id))
            .filter(|s| s.township.as_deref() == Some(&t.code))
            .collect();
        let mut row = row(c, &g, &sites, t.group, |e| {
            e.township.as_deref() == Some(&t.code)
        });
        row.code = Some(t.code.clone());
        row.name = c.township_name(&t.code);
        row.score_e4 = scores.get(&t.code).copied();
        (row.issues_open, row.issues_overdue) = open.get(&t.code).copied().unwrap_or_default();
        rows.push(row);
    }
    rows.sort_by_key(|r| {
        (
            r.group.as_ref().map_or(i64::MAX, |g| g.number),
            r.code.clone(),
        )
    });
    let town: Vec<&Site> = c
        .route
        .iter()
        .filter_map(|id| c.sites.get(id))
        .filter(|s| s.township.is_none())
        .collect();
    if !town.is_empty() {
        for group in &c.groups {
            let ids: HashSet<Uuid> = town.iter().map(|s| s.id).collect();
            let own =
                |e: &Entry| e.group == Some(group.id) && e.site.is_some_and(|s| ids.contains(&s));
            rows.push(row(c, &g, &town, Some(group.id), own));
        }
    }
    let mut unconfirmed = people::unconfirmed(c, None);
    unconfirmed.retain(|d| wanted(c.accounts.get(&d.account).and_then(|a| a.group)));
    Ok(Board {
        at_ms: ctx.now_ms,
        rows,
        unconfirmed: unconfirmed.len() as u32,
        silent: silent(tx, ctx, c, wanted)?,
    })
}

fn row(
    c: &Campaign,
    g: &Gathered,
    sites: &[&Site],
    group: Option<Uuid>,
    own: impl Fn(&Entry) -> bool,
) -> BoardRow {
    let planned: Vec<&&Site> = sites.iter().filter(|s| s.struck.is_none()).collect();
    let mut kinds: BTreeMap<SiteKind, KindCount> = BTreeMap::new();
    let mut missing = Vec::new();
    let mut sites_done = 0;
    for site in &planned {
        let lack = lacking(c, g, site, group);
        let expected = group.map_or(0, |g| c.expected(site, g).len() as u32);
        let count = kinds.entry(site.kind).or_insert(KindCount {
            kind: site.kind,
            submitted: 0,
            expected: 0,
        });
        count.expected += expected;
        count.submitted += expected - lack.sheets;
        sites_done += u32::from(lack.sheets == 0 && expected > 0);
        if lack.sheets > 0 || lack.photos > 0 {
            missing.push(lack);
        }
    }
    let own_entries: HashMap<Uuid, &Entry> = g
        .entries
        .values()
        .filter(|e| own(e))
        .map(|e| (e.id, e))
        .collect();
    let of_row = |p: &&(Photo, bool)| own_entries.contains_key(&p.0.target);
    let site_ids: HashSet<Uuid> = sites.iter().map(|s| s.id).collect();
    let held = g.held.iter().filter(|h| {
        let by_record = h.record.is_some_and(|r| own_entries.contains_key(&r));
        let of_group = c.accounts.get(&h.account).and_then(|a| a.group) == group;
        by_record || (of_group && h.site.is_some_and(|s| site_ids.contains(&s)))
    });
    BoardRow {
        code: None,
        name: String::new(),
        group: group.and_then(|id| c.group(id)).map(group_head),
        sites_done,
        sites_planned: planned.len() as u32,
        sheets: kinds.into_values().collect(),
        photos_arrived: g.photos.iter().filter(of_row).filter(|p| p.1).count() as u32,
        photos_promised: g.photos.iter().filter(of_row).count() as u32,
        conflicts: own_entries.values().map(|e| e.conflicts).sum(),
        held: held.count() as u32,
        last_arrival_ms: own_entries.values().map(|e| e.arrived_ms).max(),
        missing,
        score_e4: None,
        issues_open: 0,
        issues_overdue: 0,
    }
}

fn lacking(c: &Campaign, g: &Gathered, site: &Site, group: Option<Uuid>) -> Missing {
    let expected = group.map_or_else(Vec::new, |g| c.expected(site, g));
    let absent = expected
        .iter()
        .filter(|a| !g.submitted.contains(&(site.id, a.id)));
    let authors: Vec<String> = absent.map(|a| a.name.clone()).collect();
    let photos = g.photos.iter().filter(|(p, here)| {
        let of = g.entries.get(&p.target);
        !here && of.is_some_and(|e| e.site == Some(site.id) && e.group == group)
    });
    Missing {
        site: site.id,
        site_name: site.name.clone(),
        sheets: authors.len() as u32,
        authors,
        photos: photos.count() as u32,
    }
}

/// What the sites of one group lack: township name (`None`: county town) and site.
///
/// # Errors
/// The database's.
pub fn missing_of(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    group: Uuid,
) -> Result<Vec<(Option<String>, Missing)>> {
    let g = gather(tx, ctx, c)?;
    let sites = c.sites_of(group).filter(|s| s.struck.is_none());
    let lack = sites.map(|s| {
        let town = s.township.as_deref().map(|code| c.township_name(code));
        (town, lacking(c, &g, s, Some(group)))
    });
    Ok(lack.filter(|(_, m)| m.sheets > 0 || m.photos > 0).collect())
}
