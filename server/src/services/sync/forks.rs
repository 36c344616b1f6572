//! Branches of forked logs that colleagues' phones bring: kept, listed, and closed by themselves if the author sends
//! them again after all.
//!
//! Invariant: a branch is stored whole and counts nowhere until the office decided; a verdict of its own tells the author's
//! phone. Leaves out: the author's own forks, which its phone writes again, and the decision (`services::forks`).

use std::collections::BTreeSet;

use domain::schema::ScopeClass;
use ledger::{Next, Verdict};
use merge::{Dot, LogId, Value};
use protocol::problem::Code;
use protocol::{Batch, ids, value};
use uuid::Uuid;

use super::Context;
use crate::error::{Error, Result};
use crate::services::campaign::Campaign;
use crate::services::office::{Actor, Office};
use crate::services::sheets;
use crate::store::{DeviceRow, Held, HeldDecision, Tx};

/// The verdict's code.
pub const CODE: &str = "forked";
/// Last seq of the verdict's target: what else the branch brings of the record belongs to it.
const END: u64 = 1_000_000_000;
/// What is listed of a text.
const WORDS: usize = 40;

/// Stores a segment of a branch outside the registers, with one entry for the office for each record in it.
pub fn keep(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    device: &DeviceRow,
    next: &Next,
) -> Result<()> {
    let bytes = next.segment.wire_bytes() as u64;
    let used = tx.device(device.id)?.map_or(0, |d| d.quarantine_bytes);
    if used + bytes > ctx.settings.quarantine_bytes() {
        let why = "隔离区已满 / the quarantine is full";
        return Err(Error::because(Code::DiskFull, why));
    }
    tracing::warn!(log = ?next.log, "kept a branch of a forked log");
    tx.admit(next, ctx.now_ms, false)?;
    tx.add_quarantine(device.id, bytes)?;
    let Some(batch) = &next.batch else {
        return Ok(());
    };
    for (index, (_, record)) in batch.records.iter().enumerate() {
        let rows: Vec<(u64, i64)> = batch
            .rows
            .iter()
            .enumerate()
            .filter(|(_, r)| r.record as usize == index)
            .map(|(i, r)| (next.header.first_seq + i as u64, r.at_ms))
            .collect();
        if rows.is_empty()
            || is_sent_again(tx, next.log, &rows)?
            || is_here(tx, next, batch, index)?
        {
            continue;
        }
        let id = entry(tx, ctx, c, next, *record)?;
        let kind = batch.kind(index as u32).to_owned();
        tx.put_held(&Held {
            id,
            campaign: c.id,
            code: CODE.to_owned(),
            log: next.log,
            seqs: (rows[0].0, rows[rows.len() - 1].0),
            record: Some(*record),
            site: site(c, device, next, batch, index, &kind),
            why: words(next, batch, index),
            kind,
            account: device.account,
            changes: rows.len() as u32,
            written_ms: rows.iter().map(|r| r.1).min(),
            arrived_ms: ctx.now_ms,
            decided: None,
        })?;
    }
    Ok(())
}

/// True if the author's phone sent all of it again before the branch came.
fn is_sent_again(tx: &mut dyn Tx, log: LogId, rows: &[(u64, i64)]) -> Result<bool> {
    for (seq, _) in rows {
        if !tx.replaced_before(&Dot { log, seq: *seq })? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// True if all that the segment says of a record counts already: written before the phone was copied, and sent by the
/// other copy. Its author's phone leaves it out when it writes the branch again, so nobody else would close the entry.
fn is_here(tx: &mut dyn Tx, next: &Next, batch: &Batch, index: usize) -> Result<bool> {
    let mut here = tx.history(batch.records[index].1)?;
    here.retain(|e| e.applied && e.refused.is_none() && e.dot.log.device == next.log.device);
    let of_record = batch.rows.iter().filter(|r| r.record as usize == index);
    for row in of_record {
        let Ok(value) = value::decode(batch.value(row)) else {
            return Ok(false);
        };
        let (field, at_ms) = (&batch.fields[row.field as usize], row.at_ms);
        let same = |e: &ledger::HistoryEntry| {
            (&e.field, e.at_ms, &e.value) == (field, at_ms, &value) && e.dot.log != next.log
        };
        if !here.iter().any(same) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The open entry of a record on a branch; a new one with its verdict if there is none.
fn entry(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, next: &Next, record: Uuid) -> Result<Uuid> {
    let same = |h: &Held| h.code == CODE && h.log == next.log && h.record == Some(record);
    let mut open = tx
        .all_held(c.id)?
        .into_iter()
        .filter(|h| same(h) && h.decided.is_none());
    if let Some(held) = open.next() {
        return Ok(held.id);
    }
    let mut office = Office::begin(tx, &Actor::system(), ctx.now_ms);
    let mut fresh = office.fresh()?;
    let verdict = Verdict {
        id: fresh.id,
        log: next.log,
        first: next.header.first_seq,
        last: END,
        record: Some(record),
        code: CODE.to_owned(),
        in_force: true,
    };
    let (id, target) = (fresh.id, verdict.target_value());
    office.put(next.scope, "verdict", &mut fresh, "target", target)?;
    let ruling = verdict.ruling_value(None, None);
    office.put(next.scope, "verdict", &mut fresh, "ruling", ruling)?;
    office.publish()?;
    tx.take_verdict(next.scope, id)?;
    Ok(id)
}

/// The last value of a field of a record in a batch.
fn last(batch: &Batch, index: usize, field: &str) -> Option<Value> {
    let named = |f: u32| batch.fields[f as usize] == field;
    let mut rows = batch.rows.iter().rev();
    let row = rows.find(|r| r.record as usize == index && named(r.field))?;
    value::decode(batch.value(row)).ok()
}

fn site(
    c: &Campaign,
    device: &DeviceRow,
    next: &Next,
    batch: &Batch,
    index: usize,
    kind: &str,
) -> Option<Uuid> {
    let id = batch.records[index].1;
    match kind {
        "sheet" => {
            let opened = last(batch, index, "opened");
            let opened = opened.as_ref().and_then(sheets::opened).map(|o| o.site);
            let mut own = c.sites.keys().copied();
            opened.or_else(|| own.find(|s| ids::sheet(c.id, *s, device.account) == id))
        }
        "site_facts" => {
            let group = c.groups.iter().find(|g| {
                let scope = c.group_scope(g.id);
                scope == next.scope
            })?;
            let mut all = c.sites.keys().copied();
            all.find(|s| ids::site_facts(c.id, *s, group.id) == id)
        }
        "issue" => last(batch, index, "site")?.as_id(),
        "opinion" | "commendation" => last(batch, index, "entry")?.at(0).as_id(),
        _ => None,
    }
}

/// First words of what it says; nothing of what is sealed.
fn words(next: &Next, batch: &Batch, index: usize) -> String {
    if next.scope.class() != ScopeClass::Group || batch.kind(index as u32) == "sheet" {
        return String::new();
    }
    let text = match batch.kind(index as u32) {
        "issue" => last(batch, index, "description"),
        "opinion" => last(batch, index, "entry").map(|e| e.at(2).clone()),
        "commendation" => last(batch, index, "entry").map(|e| e.at(1).clone()),
        "photo" => last(batch, index, "image").map(|i| i.at(16).clone()),
        _ => None,
    };
    let text = text.as_ref().and_then(Value::as_text).unwrap_or_default();
    text.chars().take(WORDS).collect()
}

/// Closes the entries of a branch whose changes the author's phone has just sent again.
pub fn sent_again(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    device: &DeviceRow,
    next: &Next,
) -> Result<()> {
    let Some(batch) = &next.batch else {
        return Ok(());
    };
    let own = |l: &LogId| l.branch != 0 && l.device == device.id;
    if !batch.logs.iter().any(own) {
        return Ok(());
    }
    let mut again: BTreeSet<(LogId, Uuid)> = BTreeSet::new();
    for row in &batch.rows {
        let record = batch.records[row.record as usize].1;
        for (index, _) in batch.superseded(row) {
            let log = batch.log(next.log, *index);
            if own(&log) {
                again.insert((log, record));
            }
        }
    }
    let open = tx.all_held(c.id)?.into_iter().filter(|h| {
        let named = h.record.is_some_and(|r| again.contains(&(h.log, r)));
        named && h.code == CODE && h.decided.is_none()
    });
    for held in open {
        let reason = "本人手机已重新上报 / sent again by the author's phone";
        let actor = Actor::system();
        let mut office = Office::begin(tx, &actor, ctx.now_ms);
        let verdict = Verdict {
            id: held.id,
            log: held.log,
            first: held.seqs.0,
            last: END,
            record: held.record,
            code: CODE.to_owned(),
            in_force: false,
        };
        let ruling = verdict.ruling_value(Some(reason), Some(ctx.now_ms));
        office.set(next.scope, "verdict", held.id, "ruling", ruling)?;
        office.done("sent_again", held.id, reason)?;
        tx.take_verdict(next.scope, held.id)?;
        tx.decide_held(
            held.id,
            &HeldDecision {
                accepted: true,
                reason: reason.to_owned(),
                by: actor.user_name,
                at_ms: ctx.now_ms,
            },
        )?;
    }
    Ok(())
}
