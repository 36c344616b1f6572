//! Entries of the office's list of what is held back, made again from their verdicts: a folder that was put back had no
//! row for them, and the verdict came back with a phone.
//!
//! Invariant: what a verdict keeps out of the registers stands in the list as soon as verdict and changes are both here,
//! with the decision if there was one. Leaves out: passing verdicts and deciding (`sync::judge`, `held`).

use ledger::{HistoryEntry, Verdict};
use merge::{Dot, LogId};
use protocol::Scope;
use uuid::Uuid;

use super::campaign::Campaign;
use super::sync::Context;
use crate::error::Result;
use crate::store::{Held, HeldDecision, Tx};

/// The code of a verdict by which the office undoes its own settlement; it holds nobody's work back.
const WITHDRAWN: &str = "withdrawn";

/// Lists what the verdicts of a scope name, of one log or of all, and is in no entry.
///
/// # Errors
/// The database's.
pub fn missing(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    scope: Scope,
    log: Option<LogId>,
) -> Result<()> {
    for verdict in tx.verdicts(Some(scope))? {
        let other = log.is_some_and(|l| l != verdict.log) || verdict.code == WITHDRAWN;
        if other || tx.held(verdict.id)?.is_some() {
            continue;
        }
        // None while what it names is not here: the entry is made when that comes.
        let Some(entry) = entry(tx, ctx, c, &verdict)? else {
            continue;
        };
        tx.put_held(&entry)?;
        if let Some(decision) = decision(tx, &verdict)? {
            tx.decide_held(verdict.id, &decision)?;
        }
    }
    Ok(())
}

fn entry(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, verdict: &Verdict) -> Result<Option<Held>> {
    let first = Dot {
        log: verdict.log,
        seq: verdict.first,
    };
    let record = match verdict.record {
        Some(record) => Some(record),
        None => tx.change_place(&first)?.map(|(record, _)| record),
    };
    let Some(record) = record else {
        return Ok(None);
    };
    let mut changes = tx.history(record)?;
    let named = verdict.first..=verdict.last;
    changes.retain(|e| e.dot.log == verdict.log && named.contains(&e.dot.seq));
    let end = changes.iter().map(|e| e.dot.seq).max();
    let (Some((_, kind)), Some(end)) = (tx.place(record)?, end) else {
        return Ok(None);
    };
    let device = tx.device(verdict.log.device)?;
    let account = device.map_or_else(Uuid::nil, |d| d.account);
    Ok(Some(Held {
        id: verdict.id,
        campaign: c.id,
        code: verdict.code.clone(),
        log: verdict.log,
        seqs: (verdict.first, end),
        record: Some(record),
        site: site(tx, c, &kind, record, account)?,
        kind,
        account,
        why: ruling(tx, verdict)?.0,
        changes: changes.len() as u32,
        written_ms: changes.iter().map(|e| e.at_ms).min(),
        arrived_ms: arrived(&changes).unwrap_or(ctx.now_ms),
        decided: None,
    }))
}

fn arrived(changes: &[HistoryEntry]) -> Option<i64> {
    changes.iter().filter_map(|e| e.arrived_ms).max()
}

fn site(
    tx: &mut dyn Tx,
    c: &Campaign,
    kind: &str,
    record: Uuid,
    account: Uuid,
) -> Result<Option<Uuid>> {
    if kind == "sheet" {
        let mut sites = c.sites.keys().copied();
        return Ok(sites.find(|s| protocol::ids::sheet(c.id, *s, account) == record));
    }
    Ok(tx.entry(record)?.and_then(|e| e.site))
}

/// What the ruling says: why, and when a person decided.
fn ruling(tx: &mut dyn Tx, verdict: &Verdict) -> Result<(String, Option<i64>)> {
    let live = tx.live(verdict.id, "ruling")?;
    let value = live.first().map(|l| &l.value);
    let why = value.and_then(|v| v.at(2).as_text().map(str::to_owned));
    Ok((
        why.unwrap_or_default(),
        value.and_then(|v| v.at(3).as_int()),
    ))
}

fn decision(tx: &mut dyn Tx, verdict: &Verdict) -> Result<Option<HeldDecision>> {
    let (reason, decided_ms) = ruling(tx, verdict)?;
    Ok(decided_ms.map(|at_ms| HeldDecision {
        accepted: !verdict.in_force,
        reason,
        by: "恢复备份之前 / before the restore".to_owned(),
        at_ms,
    }))
}
