//! Locks: closing sets against the logs and the roster, results against the arithmetic and the registers.
//!
//! Invariant: what a published result was computed from is found wherever it was changed after it. Leaves out: chains and
//! signatures of the logs themselves.

use std::collections::{BTreeMap, HashMap, HashSet};

use ledger::{LogRow, Verdict};
use merge::{Dot, LogId};
use protocol::Scope;
use protocol::closing::ClosingSet;
use uuid::Uuid;

use super::VerifyReport;
use crate::error::Result;
use crate::services::campaign::Campaign;
use crate::services::{anchor, lock, results};
use crate::store::Tx;

/// Every closing set against the logs, and every result against the arithmetic and the registers.
pub(super) fn check(
    tx: &mut dyn Tx,
    c: &Campaign,
    logs: &[LogRow],
    report: &mut VerifyReport,
) -> Result<()> {
    let mut closings: BTreeMap<(Uuid, u64), (ClosingSet, String)> = BTreeMap::new();
    let mut twice: HashSet<(Uuid, u64)> = HashSet::new();
    for id in tx.ids("closing_set", Some(c.scope()))? {
        let live = tx.live(id, "body")?;
        let json = live
            .first()
            .and_then(|l| l.value.as_text())
            .unwrap_or_default()
            .to_owned();
        match serde_json::from_str::<ClosingSet>(&json) {
            Ok(set) => {
                let key = (set.group, set.version);
                if closings.insert(key, (set, json)).is_some() {
                    twice.insert(key);
                }
            }
            Err(_) => report.find(
                "bad_closing_set",
                id,
                "封存清单无法读取",
                "the closing set cannot be read",
            ),
        }
    }
    let bodies = match lock::all(tx, c) {
        Ok(bodies) => bodies,
        Err(_) => {
            report.find(
                "bad_result",
                c.id,
                "结果记录无法读取",
                "a result cannot be read",
            );
            Vec::new()
        }
    };
    let heads: Vec<_> = closings
        .values()
        .filter_map(|(set, _)| {
            Some((
                format!("{} v{}", set.group, set.version),
                set.audit.clone()?,
            ))
        })
        .collect();
    anchor::check(tx, c, &heads, report)?;
    for group in c.groups.iter().filter(|g| g.version > 0) {
        let place = format!("group {}", group.number);
        for version in 1..=u64::try_from(group.version).unwrap_or(0) {
            let last = version == u64::try_from(group.version).unwrap_or(0);
            let closing = closings.get(&(group.id, version));
            let body = bodies
                .iter()
                .find(|(b, _)| b.group == group.id && b.version == version);
            let (Some((set, closing_json)), Some((body, result_json))) = (closing, body) else {
                report.find(
                    "lock_missing",
                    format!("{place} v{version}"),
                    "缺少封存清单或结果",
                    "closing set or result is missing",
                );
                continue;
            };
            if twice.contains(&(group.id, version)) {
                report.find(
                    "locked_twice",
                    format!("{place} v{version}"),
                    "同一版本封存了两次：封存后数据目录曾被换回旧版。请填写原因解除封存，再重新封存",
                    "this version was locked twice: an older folder was put back after the first. Unlock with a reason, \
                     then lock again",
                );
                continue;
            }
            report.closing_sets += 1;
            check_closing(tx, c, set, &place, report)?;
            if last {
                // After an unlock, going on is what it is for.
                if group.locked {
                    check_extra(tx, c, set, logs, &place, report)?;
                    check_rules(c, set, &place, report);
                    check_people(c, set, &place, report);
                    check_verdicts(tx, set, &place, report)?;
                }
                let hash = lock::result_hash(closing_json, result_json);
                if group.result_hash.as_deref() != Some(hash.as_str()) {
                    report.find(
                        "result_hash",
                        &place,
                        "结果哈希与封存内容不符",
                        "the result hash does not cover what is stored",
                    );
                }
                report.result_hashes.insert(group.number, hash);
            }
            report.results += 1;
            match results::outcome(&body.input) {
                Ok(outcome) if outcome == body.outcome => {}
                _ => report.find(
                    "result_differs",
                    format!("{place} v{version}"),
                    "重算结果与公布结果不符",
                    "recomputing gives another result",
                ),
            }
        }
    }
    check_input(tx, c, &bodies, report)
}

/// The last result of all must follow from the registers as they are, unless a group it covers was unlocked since. Where the
/// result of a later lock is missing, which is found by itself, the one before says nothing about the registers of today.
fn check_input(
    tx: &mut dyn Tx,
    c: &Campaign,
    bodies: &[(lock::ResultBody, String)],
    report: &mut VerifyReport,
) -> Result<()> {
    let Some((last, _)) = bodies.last() else {
        return Ok(());
    };
    let stands = |id: &Uuid| {
        c.group(*id).is_some_and(|g| {
            let is_last =
                |b: &lock::ResultBody| b.group == g.id && i64::try_from(b.version) == Ok(g.version);
            g.locked && bodies.iter().any(|(body, _)| is_last(body))
        })
    };
    if !last.groups.iter().all(stands) {
        return Ok(());
    }
    let gathered = results::gather(tx, c, &last.groups.iter().copied().collect())?;
    if gathered.input != last.input {
        report.find(
            "input_differs",
            c.id,
            "由签名记录重新汇总的评分与公布结果所用的不同。如果数据目录曾被换回旧版，请填写原因解除封存，再重新封存",
            "what the records say now is not what the last result was computed from. If an older folder was put back, \
             unlock with a reason, then lock again",
        );
    }
    Ok(())
}

fn rules_changed(place: &str, report: &mut VerifyReport) {
    report.find(
        "rules_changed",
        place,
        "评分规则在锁定后被改动",
        "the rules were changed after the lock",
    );
}

/// While a group is locked its rules are those in force: an earlier version is not as good.
fn check_rules(c: &Campaign, set: &ClosingSet, place: &str, report: &mut VerifyReport) {
    if c.rules_hashes.contains(&set.rules_hash) && c.rules_hash != set.rules_hash {
        rules_changed(place, report);
    }
}

/// While a group is locked nobody joins, leaves or changes his role, group or home unit.
fn check_people(c: &Campaign, set: &ClosingSet, place: &str, report: &mut VerifyReport) {
    let own = |group: Option<Uuid>| group == Some(set.group);
    let now = c.accounts.values().filter(|a| own(a.group));
    let now: BTreeMap<Uuid, _> = now.map(|a| (a.id, (&a.role, &a.home_unit))).collect();
    let then = set.roster.iter().filter(|a| own(a.group));
    let then: BTreeMap<Uuid, _> = then.map(|a| (a.account, (&a.role, &a.home_unit))).collect();
    for id in now.keys().chain(then.keys()).collect::<HashSet<_>>() {
        if now.get(id) != then.get(id) {
            roster_changed(format!("{place} {id}"), report);
        }
    }
}

fn roster_changed(place: String, report: &mut VerifyReport) {
    report.find(
        "roster_changed",
        place,
        "登记册在锁定后被改动",
        "the roster was changed after the lock",
    );
}

/// While a group is locked the verdicts its closing set counts stay what they were, and those on sheets stay in force: a
/// decision on a sheet makes a new version, one on anything else bears on no result.
fn check_verdicts(
    tx: &mut dyn Tx,
    set: &ClosingSet,
    place: &str,
    report: &mut VerifyReport,
) -> Result<()> {
    let now: HashMap<Uuid, _> = tx.verdicts(None)?.into_iter().map(|v| (v.id, v)).collect();
    for then in &set.verdicts {
        let found = now.get(&then.verdict);
        let counts = match found {
            Some(v) => is_on_sheet(tx, v)?,
            None => true,
        };
        let stays = found.is_some_and(|v| {
            (v.in_force || !counts)
                && (v.first, v.last) == then.seqs
                && (v.record, &v.code, v.log.device) == (then.record, &then.code, then.device)
        });
        if !stays {
            report.find(
                "verdict_changed",
                format!("{place} {}", then.verdict),
                "裁定在锁定后被改动",
                "a verdict was changed after the lock",
            );
        }
    }
    Ok(())
}

/// Whether a verdict is on a sheet, as far as is known here.
fn is_on_sheet(tx: &mut dyn Tx, v: &Verdict) -> Result<bool> {
    let first = Dot {
        log: v.log,
        seq: v.first,
    };
    let record = match v.record {
        Some(record) => Some(record),
        None => tx.change_place(&first)?.map(|(record, _)| record),
    };
    let place = match record {
        Some(record) => tx.place(record)?,
        None => None,
    };
    Ok(place.is_none_or(|(_, kind)| kind == "sheet"))
}

fn check_closing(
    tx: &mut dyn Tx,
    c: &Campaign,
    set: &ClosingSet,
    place: &str,
    report: &mut VerifyReport,
) -> Result<()> {
    if !c.rules_hashes.contains(&set.rules_hash) {
        rules_changed(place, report);
    }
    for log in &set.logs {
        let id = closed_log(log);
        let chain: Option<[u8; 32]> = hex::decode(&log.chain).ok().and_then(|b| b.try_into().ok());
        let found = match (id, chain) {
            (Some(id), Some(chain)) => tx.seq_of_chain(id, &chain)?,
            _ => None,
        };
        if found != Some(log.seq) {
            report.find(
                "closed_log_differs",
                format!("{place} {}", log.device),
                "封存清单所列日志缺失、被截短或被改动",
                "a log counted by the closing set is missing, shortened or changed",
            );
        }
    }
    let known: BTreeMap<Uuid, String> = c
        .devices
        .values()
        .map(|d| (d.id, hex::encode(protocol::chain::sha256(&d.key))))
        .collect();
    for (device, print) in set.roster.iter().flat_map(|a| &a.devices) {
        if known.get(device) != Some(print) {
            roster_changed(format!("{place} {device}"), report);
        }
    }
    Ok(())
}

fn closed_log(log: &protocol::closing::ClosedLog) -> Option<LogId> {
    Some(LogId {
        device: log.device,
        scope: log.scope,
        epoch: log.epoch.parse().ok()?,
        branch: log.branch.parse().ok()?,
    })
}

/// Logs of the group's sealed scopes that the last closing set does not know: each must be held back as a whole.
fn check_extra(
    tx: &mut dyn Tx,
    c: &Campaign,
    set: &ClosingSet,
    logs: &[LogRow],
    place: &str,
    report: &mut VerifyReport,
) -> Result<()> {
    let closed: HashMap<LogId, u64> = set
        .logs
        .iter()
        .filter_map(|l| Some((closed_log(l)?, l.seq)))
        .collect();
    let sealed: HashSet<Uuid> = lock::group_scopes(c, set.group)
        .iter()
        .filter(|s| matches!(s, Scope::Sealed { .. }))
        .map(Scope::id)
        .collect();
    for log in logs
        .iter()
        .filter(|l| sealed.contains(&l.id.scope) && c.devices.contains_key(&l.id.device))
    {
        let from = closed.get(&log.id).copied().unwrap_or(0);
        if log.head <= from {
            continue;
        }
        let scope = c.sealed_scope(c.devices[&log.id.device].account);
        let verdicts = tx.verdicts(Some(scope))?;
        for s in tx.segments(log.id, from)?.iter().filter(|s| s.applied) {
            let Ok(batch) = s
                .signed
                .header()
                .and_then(|h| protocol::segment::decode(&s.signed.payload, &h.log(), h.count))
            else {
                continue;
            };
            let free = batch.rows.iter().enumerate().any(|(i, row)| {
                let (seq, record) = (s.seqs.0 + i as u64, batch.records[row.record as usize].1);
                let held = verdicts.iter().any(|v| {
                    v.in_force
                        && v.log == log.id
                        && (v.first..=v.last).contains(&seq)
                        && v.record.is_none_or(|r| r == record)
                });
                seq > from && batch.kind(row.record) == "sheet" && !held
            });
            if free {
                report.find(
                    "extra_changes",
                    format!("{place} {}", log.id.device),
                    "锁定后有未经裁定的评分改动",
                    "scores were changed after the lock without a decision",
                );
            }
        }
    }
    Ok(())
}
