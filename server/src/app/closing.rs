//! Locking a group and what comes of it: the ranking and how each number came about.

use protocol::problem::Code;
use uuid::Uuid;

use super::App;
use super::system::UNSYNCED_MS;
use crate::auth::{On, Viewer};
use crate::blobs::BlobHash;
use crate::error::{Error, Result};
use crate::model::*;
use crate::services::campaign::Campaign;
use crate::services::prepare::list;
use crate::services::sync::Context;
use crate::services::{board, conflicts, held, lock, people, ranking, records, shown, standing};
use crate::store::Tx;

fn check(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, group: Uuid) -> Result<LockCheck> {
    let found = c.group(group).ok_or(Code::NotFound)?;
    let here = |hash: &[u8; 32]| {
        let hash = BlobHash::from_bytes(*hash);
        matches!(ctx.blobs.finished_size(hash), Ok(Some(_)))
    };
    let lacks = lock::missing(tx, c, group, &here)?;
    let missing = board::missing_of(tx, ctx, c, group)?;
    let phones = phones(tx, ctx, c, group)?;
    let unanswered = records::unanswered(tx, c, group)?;
    Ok(LockCheck {
        group: shown::group_head(found),
        todo: todo(group, &lacks, missing.len(), unanswered, phones.len()),
        phones,
        missing,
        unsettled: conflicts::all(tx, ctx, c, Some(group))?,
        drafts: records::in_state(tx, ctx, c, group, "draft")?,
        returned: records::in_state(tx, ctx, c, group, "returned")?,
        held: held::open_of(tx, c, group)?,
        few: lacks
            .few
            .iter()
            .filter_map(|(id, n)| Some((c.sites.get(id)?.name.clone(), *n)))
            .collect(),
        unconfirmed: people::unconfirmed(c, Some(group)),
        needs_reason: !lacks.is_empty(),
        shown: lacks.shown(),
        done: done(tx, c, group)?,
    })
}

/// Phones of a group that still hold something, were not heard of for a day, or never.
fn phones(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, group: Uuid) -> Result<Vec<PhoneLine>> {
    let silent = |last: i64| ctx.now_ms.saturating_sub(last) > UNSYNCED_MS;
    let mut all = lock::phones(tx, c, group)?;
    all.retain(|d| {
        let holds = d.left.is_some_and(|l| l.changes + l.photos > 0);
        holds || d.last_sync_ms.is_none_or(silent)
    });
    let mut lines: Vec<PhoneLine> = all
        .into_iter()
        .map(|d| PhoneLine {
            id: d.id,
            who: c.account_name(d.account),
            device: d.name,
            last_sync_ms: d.last_sync_ms,
            left: d.left,
        })
        .collect();
    lines.sort_by(|a, b| (&a.who, a.id).cmp(&(&b.who, b.id)));
    Ok(lines)
}

/// What there is to do before a lock, one row each: another check is another row here.
fn todo(
    group: Uuid,
    lacks: &lock::Missing,
    sites: usize,
    unanswered: u64,
    phones: usize,
) -> Vec<LockTodo> {
    let records = |more: &str| format!("/console/records?kind=sheet&group={group}&{more}");
    let count = |n: usize| n as u64;
    let rows = [
        ("sites", count(sites), "#sites".to_owned(), false),
        ("few", count(lacks.few.len()), "#few".to_owned(), true),
        (
            "conflicts",
            count(lacks.unsettled.len()),
            "/console/conflicts".to_owned(),
            true,
        ),
        (
            "drafts",
            count(lacks.drafts.len()),
            records("state=draft"),
            true,
        ),
        (
            "returned",
            count(lacks.returned.len()),
            records("state=returned"),
            true,
        ),
        (
            "unanswered",
            unanswered,
            records("state=submitted&sort=answered"),
            false,
        ),
        (
            "held",
            count(lacks.held.len()),
            "/console/held".to_owned(),
            true,
        ),
        (
            "photos",
            count(lacks.photos.len()),
            // Those of sites stand in their table; the others are of issues and notes.
            if sites > 0 {
                "#sites"
            } else {
                "/console/photos"
            }
            .to_owned(),
            true,
        ),
        (
            "phones",
            count(phones),
            "#phones".to_owned(),
            !lacks.phones.is_empty(),
        ),
    ];
    let open = rows.into_iter().filter(|r| r.1 > 0);
    open.map(|(what, count, href, needs_reason)| LockTodo {
        what,
        count,
        href,
        needs_reason,
    })
    .collect()
}

fn done(tx: &mut dyn Tx, c: &Campaign, group: Uuid) -> Result<Option<LockDone>> {
    let Some(found) = c.group(group).filter(|g| g.locked) else {
        return Ok(None);
    };
    let Some(set) = lock::closing_set(tx, c, group, found.version)? else {
        return Ok(None);
    };
    let counted = lock::latest(tx, c, group)?;
    let sheets = counted.map_or(0, |body| {
        let own = body.input.sheets.iter().filter(|s| s.group == found.number);
        own.count()
    });
    let name = |site: &Uuid| {
        let site = c.sites.get(site);
        site.map_or_else(String::new, |s| s.name.clone())
    };
    Ok(Some(LockDone {
        version: found.version,
        at_ms: found.locked_at_ms,
        result_hash: found.result_hash.clone().unwrap_or_default(),
        sheets_counted: sheets as u32,
        left_out: set
            .left_out
            .iter()
            .map(|l| {
                (
                    l.sheet,
                    name(&l.site),
                    c.account_name(l.author),
                    l.reason.clone(),
                )
            })
            .collect(),
        reason: set.reason,
    }))
}

impl App {
    /// What stands in the way of a lock, and what the last lock fixed.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn lock_page(&self, viewer: &Viewer, group: Uuid) -> Result<LockCheck> {
        self.look(viewer, move |tx, ctx, c| check(tx, ctx, c, group))
            .await
    }

    /// Locks a group.
    ///
    /// # Errors
    /// `ReasonRequired` if something is missing, `Conflict` if what is missing differs from `shown`, `Locked`.
    pub async fn lock(&self, viewer: &Viewer, order: &LockOrder) -> Result<LockDone> {
        let (actor, order) = (viewer.actor(), order.clone());
        self.act(viewer, move |tx, ctx, c| {
            let found = c.group(order.group).ok_or(Code::NotFound)?;
            if found.locked {
                return Err(Code::Locked.into());
            }
            let here = |hash: &[u8; 32]| {
                let hash = BlobHash::from_bytes(*hash);
                matches!(ctx.blobs.finished_size(hash), Ok(Some(_)))
            };
            let lacks = lock::missing(tx, c, order.group, &here)?;
            if lacks.shown() != order.shown {
                return Err(Code::Conflict.into());
            }
            let reason = order.reason.as_deref().map(str::trim);
            let reason = reason.filter(|r| !r.is_empty());
            if !lacks.is_empty() && reason.is_none() {
                return Err(Code::ReasonRequired.into());
            }
            lock::lock(tx, ctx.cache, &actor, c.id, order.group, reason, ctx.now_ms)?;
            let c = ctx.cache.campaign(tx, c.id)?;
            let done = done(tx, &c, order.group)?;
            done.ok_or_else(|| Error::storage("a lock that was just made is not there"))
        })
        .await
    }

    /// The ranking as far as groups are locked, within the viewer's reach.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn ranking(&self, viewer: &Viewer) -> Result<Ranking> {
        let reach = viewer.reach.clone();
        self.look(viewer, move |tx, _, c| {
            let mut k = ranking::ranking(tx, c)?;
            let mine = |number| {
                reach.covers(On {
                    group: Some(number),
                    units: &[],
                })
            };
            k.groups.retain(|g| mine(g.group.number));
            if !reach.covers(On::default()) {
                k.overall.clear();
            }
            Ok(k)
        })
        .await
    }

    /// The standing of a year; of the last one with a result if none is asked for.
    ///
    /// # Errors
    /// `Invalid` if a result cannot be read.
    pub async fn standing(&self, year: Option<i32>) -> Result<YearStanding> {
        self.read(move |tx, ctx| {
            let campaigns = list::all(tx, ctx.cache)?;
            standing::standing(tx, &campaigns, year)
        })
        .await
    }

    /// How a township's number came about.
    ///
    /// # Errors
    /// `NotReady` before its group is locked, `NotFound` beyond the viewer's reach.
    pub async fn explain(&self, viewer: &Viewer, code: &str) -> Result<Explanation> {
        let (code, reach) = (code.to_owned(), viewer.reach.clone());
        self.look(viewer, move |tx, _, c| {
            let group = c.townships.get(&code).and_then(|t| t.group);
            let on = On {
                group: group.and_then(|g| c.group(g)).map(|g| g.number),
                units: &[code.as_str()],
            };
            if !reach.covers(on) {
                return Err(Code::NotFound.into());
            }
            ranking::explain(tx, c, &code)
        })
        .await
    }
}
