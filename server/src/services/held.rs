//! What came in and is not counted: late, rejected, forked, quarantined; and the office's decisions on it.
//!
//! Invariant: a verdict is never removed, only reversed by a later ruling with a reason; what belongs to one late or
//! recused sheet is decided together; an acceptance in a locked group makes a new version of its lock.
//! Leaves out: passing verdicts (`sync::judge`).

use std::collections::BTreeSet;

use ledger::{Next, Verdict};
use merge::LogId;
use protocol::problem::Code;
use protocol::{Scope, segment};
use uuid::Uuid;

use super::campaign::Campaign;
use super::office::{Actor, Office, reasoned};
use super::sync::{Context, judge, store_rulings};
use super::{effects, forks, issues, lock, project};
use crate::error::{Error, Result};
use crate::model::{HeldDecided, HeldEntry, HeldKind};
use crate::store::{Held, HeldDecision, Tx};

fn entry(tx: &mut dyn Tx, c: &Campaign, h: &Held) -> Result<HeldEntry> {
    let device = tx.device(h.log.device)?;
    let site = h.site.and_then(|s| c.sites.get(&s)).map(|s| s.name.clone());
    let name = match (site, h.record) {
        (Some(site), _) => site,
        (None, Some(record)) => match tx.entry(record)? {
            Some(e) => super::shown::title(c, &e),
            None => String::new(),
        },
        (None, None) => String::new(),
    };
    // Of these codes the list says why by itself.
    let plain = ["late", "recused", "quarantined"].contains(&h.code.as_str());
    let why = if plain { "" } else { h.why.as_str() };
    let what = format!("{name} {why}").trim().to_owned();
    // What only a lost branch holds has no page of its own.
    let known = match h.record {
        Some(record) => tx.place(record)?.is_some(),
        None => false,
    };
    Ok(HeldEntry {
        id: h.id.to_string(),
        kind: match h.code.as_str() {
            "late" => HeldKind::Late,
            "quarantined" => HeldKind::Quarantined,
            "forked" => HeldKind::Forked,
            _ => HeldKind::Rejected,
        },
        code: Some(h.code.clone()).filter(|c| !["quarantined", "forked"].contains(&c.as_str())),
        who: c.account_name(h.account),
        device: device.map_or_else(String::new, |d| d.name),
        what,
        record_kind: h.kind.clone(),
        record: h.record.filter(|_| known),
        changes: h.changes,
        written_ms: h.written_ms,
        arrived_ms: h.arrived_ms,
        effect: None,
        decided: h.decided.as_ref().map(|d| HeldDecided {
            accepted: d.accepted,
            reason: d.reason.clone(),
            at_ms: d.at_ms,
        }),
    })
}

/// Every held entry: undecided first, then newest.
///
/// # Errors
/// The database's.
pub fn all(tx: &mut dyn Tx, c: &Campaign) -> Result<Vec<HeldEntry>> {
    let held = tx.all_held(c.id)?;
    held.iter().map(|h| entry(tx, c, h)).collect()
}

/// The same, the first of the undecided with what the result would be with them.
///
/// # Errors
/// The database's.
pub fn all_with_effects(tx: &mut dyn Tx, c: &Campaign) -> Result<Vec<HeldEntry>> {
    let held = tx.all_held(c.id)?;
    let mut effects = effects::of(tx, c, &held)?;
    let mut rows = Vec::with_capacity(held.len());
    for h in &held {
        let mut row = entry(tx, c, h)?;
        row.effect = effects.remove(&h.id);
        rows.push(row);
    }
    Ok(rows)
}

/// Held entries about one record.
///
/// # Errors
/// The database's.
pub fn about(tx: &mut dyn Tx, c: &Campaign, record: Uuid) -> Result<Vec<HeldEntry>> {
    let held = tx.all_held(c.id)?.into_iter();
    let own: Vec<Held> = held.filter(|h| h.record == Some(record)).collect();
    own.iter().map(|h| entry(tx, c, h)).collect()
}

/// Undecided entries of a group.
///
/// # Errors
/// The database's.
pub fn open_of(tx: &mut dyn Tx, c: &Campaign, group: Uuid) -> Result<Vec<HeldEntry>> {
    let of_group = |h: &Held| c.accounts.get(&h.account).and_then(|a| a.group) == Some(group);
    let held = tx.all_held(c.id)?.into_iter();
    let open: Vec<Held> = held
        .filter(|h| h.decided.is_none() && of_group(h))
        .collect();
    open.iter().map(|h| entry(tx, c, h)).collect()
}

/// Makes the next version of a group's lock, if it is locked.
///
/// # Errors
/// Those of `lock::lock`.
pub fn relock(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    c: &Campaign,
    group: Option<Uuid>,
    reason: &str,
) -> Result<()> {
    if let Some(group) = group.and_then(|g| c.group(g)).filter(|g| g.locked) {
        lock::lock(
            tx,
            ctx.cache,
            actor,
            c.id,
            group.id,
            Some(reason),
            ctx.now_ms,
        )?;
    }
    Ok(())
}

/// Takes a held entry in, or leaves it out for good.
///
/// # Errors
/// `NotFound`, `ReasonRequired`, `Conflict` if it was decided meanwhile.
pub fn decide(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    id: Uuid,
    accept: bool,
    reason: &str,
) -> Result<()> {
    if let Some((campaign, group)) = decide_one(tx, ctx, actor, id, accept, reason)? {
        let c = ctx.cache.campaign(tx, campaign)?;
        relock(tx, ctx, actor, &c, Some(group), reason)?;
    }
    Ok(())
}

/// Decides several entries alike; a locked group gets one new version for all of them. Entries that were decided
/// together with an earlier one of the list are passed over.
///
/// # Errors
/// Those of [`decide`]; then nothing is decided.
pub fn decide_all(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    ids: &[Uuid],
    accept: bool,
    reason: &str,
) -> Result<()> {
    let mut done: BTreeSet<Uuid> = BTreeSet::new();
    let mut relocks: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    for id in ids {
        if done.contains(id) {
            continue;
        }
        if let Some(found) = tx.held(*id)? {
            let c = ctx.cache.campaign(tx, found.campaign)?;
            done.extend(together(tx, &c, &found)?.iter().map(|h| h.id));
        }
        relocks.extend(decide_one(tx, ctx, actor, *id, accept, reason)?);
    }
    for (campaign, group) in relocks {
        let c = ctx.cache.campaign(tx, campaign)?;
        relock(tx, ctx, actor, &c, Some(group), reason)?;
    }
    Ok(())
}

/// Decides one entry, and what belongs to it; campaign and group whose result it may have changed.
fn decide_one(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    id: Uuid,
    accept: bool,
    reason: &str,
) -> Result<Option<(Uuid, Uuid)>> {
    reasoned(reason)?;
    let found = tx.held(id)?;
    let found = found.ok_or_else(|| Error::from(Code::NotFound))?;
    if let Some(d) = &found.decided {
        let word = if d.accepted {
            "计入 / taken in"
        } else {
            "不计入 / left out"
        };
        let why = format!("{} 已决定：{word}（{}）", d.by, d.reason);
        return Err(Error::because(Code::Conflict, why));
    }
    let c = ctx.cache.campaign(tx, found.campaign)?;
    let scope = tx.scopes()?.into_iter().find(|s| s.id() == found.log.scope);
    let scope = scope.ok_or_else(|| Error::storage("the scope of a held entry is gone"))?;
    let together = together(tx, &c, &found)?;
    let mut touched: Vec<(Uuid, String)> = Vec::new();
    if found.code == "quarantined" {
        if accept {
            accept_quarantine(tx, ctx, &c, scope, &found)?;
        }
        audit(tx, ctx, actor, &found, accept, reason)?;
    } else {
        rule(tx, ctx, actor, &c, scope, &together, accept, reason)?;
        for h in &together {
            touched.extend(h.record.map(|r| (r, h.kind.clone())));
        }
        touched.sort();
        touched.dedup();
    }
    let decision = HeldDecision {
        accepted: accept,
        reason: reason.to_owned(),
        by: actor.user_name.clone(),
        at_ms: ctx.now_ms,
    };
    for h in &together {
        tx.decide_held(h.id, &decision)?;
    }
    // After the decision: it says whose the records are that were taken over from a lost branch.
    project::records(tx, &c, &touched, ctx.now_ms)?;
    issues::give(tx, ctx, &c, &touched)?;
    if accept && ["sheet", ""].contains(&found.kind.as_str()) {
        let group = c.accounts.get(&found.account).and_then(|a| a.group);
        return Ok(group.map(|g| (c.id, g)));
    }
    Ok(None)
}

/// The entries that are decided with one: a late or recused sheet is taken in or left as a whole.
fn together(tx: &mut dyn Tx, c: &Campaign, one: &Held) -> Result<Vec<Held>> {
    if !["late", "recused"].contains(&one.code.as_str()) {
        return Ok(vec![one.clone()]);
    }
    let all = tx.all_held(c.id)?.into_iter();
    let same = |h: &Held| h.decided.is_none() && h.code == one.code && h.record == one.record;
    Ok(all.filter(same).collect())
}

#[expect(clippy::too_many_arguments, reason = "the parts of a decision")]
fn rule(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    c: &Campaign,
    scope: Scope,
    held: &[Held],
    accept: bool,
    reason: &str,
) -> Result<()> {
    let mut taken = Vec::new();
    for h in held.iter().filter(|h| accept && h.code == "forked") {
        taken.push((h.kind.as_str(), forks::take_over(tx, c, scope, h)?));
    }
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    for (kind, written) in taken {
        forks::write(&mut office, scope, kind, written)?;
    }
    for h in held {
        let verdict = Verdict {
            id: h.id,
            log: h.log,
            first: h.seqs.0,
            last: h.seqs.1,
            record: h.record,
            code: h.code.clone(),
            in_force: !accept,
        };
        let short: String = reason.chars().take(400).collect();
        let ruling = verdict.ruling_value(Some(&short), Some(ctx.now_ms));
        office.set(scope, "verdict", h.id, "ruling", ruling)?;
    }
    let action = if accept {
        "accept_held"
    } else {
        "leave_out_held"
    };
    let object = held.first().map_or(Uuid::nil(), |h| h.id);
    office.done(action, object, reason)?;
    for h in held {
        tx.take_verdict(scope, h.id)?;
    }
    Ok(())
}

fn audit(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    held: &Held,
    accept: bool,
    reason: &str,
) -> Result<()> {
    let action = if accept {
        "accept_held"
    } else {
        "leave_out_held"
    };
    Office::begin(tx, actor, ctx.now_ms).done(action, held.id, reason)
}

/// Judges what waits in quarantine as if it arrived now, segment by segment, and takes it in.
fn accept_quarantine(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    scope: Scope,
    held: &Held,
) -> Result<()> {
    let device = tx.device(held.log.device)?.ok_or(Code::NotFound)?;
    let log: LogId = held.log;
    for stored in tx.segments(log, 0)? {
        if stored.applied {
            continue;
        }
        let header = stored.signed.header().map_err(Error::storage)?;
        let payload = &stored.signed.payload;
        let next = Next {
            log,
            scope,
            batch: segment::decode(payload, &log, header.count).ok(),
            header,
            chain: stored.chain,
            segment: stored.signed.clone(),
        };
        let rulings = judge(tx, c, device.account, &next)?;
        store_rulings(tx, ctx, c, &device, &next, rulings)?;
        let admitted = tx.accept_quarantined(log, stored.seqs.1)?;
        project::records(tx, c, &admitted.records, ctx.now_ms)?;
        issues::give(tx, ctx, c, &admitted.records)?;
    }
    Ok(())
}
