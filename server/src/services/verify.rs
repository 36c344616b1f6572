//! Verifying a data folder: chains, signatures, registers, projections, closing sets, results, audit, photos.
//!
//! Invariant: changes nothing; trusts nothing but the stored bytes and the keys they name; every finding says what, where
//! and what it means. Leaves out: what only phones hold (they compare their own lines of the closing set).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ed25519_dalek::VerifyingKey;
use ledger::{LedgerError, LogRow};
use merge::LogId;
use protocol::Scope;
use protocol::closing::ClosingSet;
use protocol::segment::SegmentError;
use serde::Serialize;
use uuid::Uuid;

use super::campaign::{Cache, Campaign};
use super::project::{self, Projected};
use super::sync::Context;
use super::{anchor, issues, lock, results};
use crate::blobs::BlobHash;
use crate::error::{Error, Result};
use crate::store::Tx;

/// What to verify beside chains, signatures, closing sets and results.
#[derive(Clone, Copy, Debug, Default)]
pub struct VerifyOptions {
    /// Rebuild registers and projections from the segments and compare.
    pub rebuild: bool,
    /// Hash every stored photo again.
    pub blobs: bool,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable code.
    pub code: &'static str,
    /// Where.
    pub place: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Logs.
    pub logs: u64,
    /// Segments whose chain and signature were checked.
    pub segments: u64,
    /// Changes in them.
    pub changes: u64,
    /// Closing sets compared.
    pub closing_sets: u64,
    /// Results recomputed.
    pub results: u64,
    /// Result hash of every group locked, by group number.
    pub result_hashes: BTreeMap<i64, String>,
    /// Records compared with a rebuild.
    pub records: u64,
    /// Photos hashed again.
    pub blobs: u64,
    /// Heads of the audit compared, as anchors and closing sets keep them.
    pub audit_anchors: u64,
    /// Findings; none: everything fits.
    pub findings: Vec<Finding>,
}

impl VerifyReport {
    pub(super) fn find(&mut self, code: &'static str, place: impl ToString, zh: &str, en: &str) {
        self.findings.push(Finding {
            code,
            place: place.to_string(),
            zh: zh.to_owned(),
            en: en.to_owned(),
        });
    }
}

/// Verifies everything the database holds. `server` is who signs the server's logs. Photos are the caller's.
///
/// # Errors
/// The database's; findings are no errors.
pub fn verify(
    tx: &mut dyn Tx,
    cache: &Cache,
    server: (Uuid, VerifyingKey),
    options: VerifyOptions,
) -> Result<VerifyReport> {
    let mut report = VerifyReport::default();
    let campaigns = campaigns(tx, cache)?;
    let mut keys = HashMap::from([(server.0, server.1)]);
    for c in &campaigns {
        for d in c.devices.values() {
            match VerifyingKey::from_bytes(&d.key) {
                Ok(key) => drop(keys.insert(d.id, key)),
                Err(_) => report.find(
                    "bad_key",
                    d.id,
                    "设备公钥无效",
                    "the device's key is no key",
                ),
            }
        }
    }
    let logs = tx.all_logs()?;
    check_seen(tx, server.0, &logs, &mut report)?;
    for log in &logs {
        check_log(tx, log, &keys, &mut report)?;
    }
    for c in &campaigns {
        check_locks(tx, c, &logs, &mut report)?;
        check_draws(tx, c, &mut report)?;
        if options.rebuild {
            check_projections(tx, c, &mut report)?;
        }
    }
    if options.rebuild {
        check_registers(tx, &mut report)?;
        check_digests(tx, &mut report)?;
    }
    for what in tx.damage()? {
        report.find(
            "database_damaged",
            what,
            "数据库文件有损坏，请停用并保留原文件，从备份恢复",
            "the database file is damaged: stop, keep the file, restore a backup",
        );
    }
    if let Some(id) = tx.audit_broken_at()? {
        report.find(
            "audit_broken",
            id,
            "审计链从此条起断裂",
            "the audit chain breaks at this entry",
        );
    }
    Ok(report)
}

/// Every draw must follow from its own seed and list.
fn check_draws(tx: &mut dyn Tx, c: &Campaign, report: &mut VerifyReport) -> Result<()> {
    for (id, body) in super::prepare::draws::all(tx, c)? {
        if !super::prepare::draws::holds(&body) {
            report.find(
                "draw_differs",
                id,
                "抽签结果与其种子和名单不符",
                "a draw does not follow from its seed and list",
            );
        }
    }
    Ok(())
}

/// The digests that phones compare at the end of a sync must be those of the live values.
fn check_digests(tx: &mut dyn Tx, report: &mut VerifyReport) -> Result<()> {
    for scope in tx.scopes()? {
        if tx.digest(scope)? != tx.recount_digest(scope)? {
            report.find(
                "digest_differs",
                scope.id(),
                "范围校验和与当前值不符",
                "the digest of a scope is not that of its values",
            );
        }
    }
    Ok(())
}

/// Rebuilds the registers from the segments and compares. Bytes that cannot be read end it: they are a finding, too.
fn check_registers(tx: &mut dyn Tx, report: &mut VerifyReport) -> Result<()> {
    match tx.compare() {
        Ok(differing) => {
            for id in differing {
                report.find(
                    "register_differs",
                    id,
                    "记录的当前值与签名日志重算结果不符",
                    "the record's values are not what the signed logs say",
                );
            }
            Ok(())
        }
        Err(Error::Ledger(
            cause @ (LedgerError::Segment(_) | LedgerError::Value(_) | LedgerError::Damaged(_)),
        )) => {
            report.find(
                "not_rebuilt",
                cause,
                "有内容无法读取，不能重建比对",
                "something cannot be read, so nothing could be rebuilt and compared",
            );
            Ok(())
        }
        Err(other) => Err(other),
    }
}

fn campaigns(tx: &mut dyn Tx, cache: &Cache) -> Result<Vec<std::sync::Arc<Campaign>>> {
    let mut seen = HashSet::new();
    let mut list = Vec::new();
    for scope in tx.scopes()? {
        if let Scope::Campaign { campaign } = scope
            && seen.insert(campaign)
            && let Ok(c) = cache.campaign(tx, campaign)
        {
            list.push(c);
        }
    }
    Ok(list)
}

/// Each phone's segment names the head of the server's configuration its phone had applied. A head that is not in the
/// log any more means that rules, roster or enrolments were written anew behind the phones' backs.
fn check_seen(
    tx: &mut dyn Tx,
    server: Uuid,
    logs: &[LogRow],
    report: &mut VerifyReport,
) -> Result<()> {
    let mut heads = HashSet::new();
    let configuration: HashSet<Uuid> = tx
        .scopes()?
        .iter()
        .filter(|s| matches!(s, Scope::Campaign { .. }))
        .map(Scope::id)
        .collect();
    let of_server = |l: &&LogRow| l.id.device == server && configuration.contains(&l.id.scope);
    for log in logs.iter().filter(of_server) {
        heads.extend(
            tx.segments(log.id, 0)?
                .into_iter()
                .map(|s| (s.seqs.1, s.chain)),
        );
    }
    for log in logs.iter().filter(|l| l.id.device != server) {
        for s in tx.segments(log.id, 0)? {
            let Ok(header) = s.signed.header() else {
                continue;
            };
            let seen = <[u8; 32]>::try_from(header.seen_chain.as_slice());
            if let Ok(chain) = seen
                && !heads.contains(&(header.seen_seq, chain))
            {
                report.find(
                    "seen_differs",
                    format!("{} {}", log.id.device, header.first_seq),
                    "手机签名时所见的规则与名册已不在日志中，可能被改写",
                    "the configuration a phone had seen when it signed is not in the log: was it written anew?",
                );
            }
        }
    }
    Ok(())
}

/// Chain and signatures of one log from its stored bytes.
fn check_log(
    tx: &mut dyn Tx,
    log: &LogRow,
    keys: &HashMap<Uuid, VerifyingKey>,
    report: &mut VerifyReport,
) -> Result<()> {
    report.logs += 1;
    let place = |seq: u64| format!("{} {} {}", log.id.device, log.id.scope, seq);
    let key = keys.get(&log.id.device);
    if key.is_none() {
        report.find(
            "unknown_device",
            place(0),
            "日志的设备不在登记册中",
            "the log's device is not enrolled",
        );
    }
    let campaign = tx
        .scopes()?
        .into_iter()
        .find(|s| s.id() == log.id.scope)
        .map(|s| s.campaign());
    let mut chain = protocol::chain::origin(
        campaign.unwrap_or_default(),
        &LogId {
            branch: 0,
            ..log.id
        },
    );
    let mut next = 1;
    for (i, s) in tx.segments(log.id, 0)?.into_iter().enumerate() {
        report.segments += 1;
        let Ok(header) = s.signed.header() else {
            report.find(
                "bad_segment",
                place(next),
                "数据段头已损坏",
                "the segment's header is damaged",
            );
            return Ok(());
        };
        // A branch begins where it left the main log.
        if i == 0 && log.id.branch != 0 {
            (next, chain) = (header.first_seq, s.signed.prev_chain);
        }
        report.changes += u64::from(header.count);
        let same_log = header.log()
            == LogId {
                branch: 0,
                ..log.id
            };
        if !same_log || header.first_seq != next || (header.first_seq, header.last_seq()) != s.seqs
        {
            report.find(
                "relabelled",
                place(next),
                "数据段被挪动、缺失或改标",
                "a segment is missing, moved or re-labelled",
            );
        }
        let after = protocol::chain::next(&chain, &s.signed.header, &s.signed.payload);
        if after != s.chain {
            report.find(
                "bad_chain",
                place(header.first_seq),
                "哈希链不符，内容被改动",
                "the chain does not fit: bytes were changed",
            );
        }
        let signed = protocol::chain::SignedSegment {
            prev_chain: chain,
            ..s.signed.clone()
        };
        if key.is_some_and(|k| signed.verify(k).is_err()) {
            report.find(
                "bad_signature",
                place(header.first_seq),
                "设备签名不符",
                "the signature does not fit",
            );
        }
        let decoded = protocol::segment::decode(&s.signed.payload, &header.log(), header.count);
        // A layout of a later version is kept unread until this one is updated.
        if decoded.is_err_and(|e| !matches!(e, SegmentError::Newer(_))) {
            report.find(
                "bad_segment",
                place(header.first_seq),
                "数据段内容无法读取",
                "the segment cannot be read",
            );
        }
        chain = after;
        next = header.last_seq() + 1;
    }
    if log.head + 1 != next || log.chain != chain {
        report.find(
            "shortened",
            place(log.head),
            "日志末尾与记载不符，可能被截短",
            "the log does not end where it is said to: shortened?",
        );
    }
    Ok(())
}

/// Every closing set against the logs, and every result against the arithmetic and the registers.
fn check_locks(
    tx: &mut dyn Tx,
    c: &Campaign,
    logs: &[LogRow],
    report: &mut VerifyReport,
) -> Result<()> {
    let mut closings: BTreeMap<(Uuid, u64), (ClosingSet, String)> = BTreeMap::new();
    let mut twice: BTreeSet<(Uuid, u64)> = BTreeSet::new();
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

/// The last result of all must follow from the registers as they are, unless a group it covers was unlocked since.
fn check_input(
    tx: &mut dyn Tx,
    c: &Campaign,
    bodies: &[(lock::ResultBody, String)],
    report: &mut VerifyReport,
) -> Result<()> {
    let Some((last, _)) = bodies.last() else {
        return Ok(());
    };
    if last
        .groups
        .iter()
        .any(|g| !c.group(*g).is_some_and(|g| g.locked))
    {
        return Ok(());
    }
    let gathered = results::gather(tx, c, &last.groups.iter().copied().collect())?;
    if gathered.input != last.input {
        report.find(
            "input_differs",
            c.id,
            "由签名记录重新汇总的评分与公布结果所用的不同",
            "what the records say now is not what the last result was computed from",
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
            report.find(
                "roster_changed",
                format!("{place} {device}"),
                "登记册在锁定后被改动",
                "the roster was changed after the lock",
            );
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

fn check_projections(tx: &mut dyn Tx, c: &Campaign, report: &mut VerifyReport) -> Result<()> {
    for row in tx.devices(c.id)? {
        let record = c.devices.get(&row.id);
        if record.is_none_or(|d| (d.key, d.account) != (row.key, row.account)) {
            report.find(
                "device_differs",
                row.id,
                "设备表与签名日志中的登记不符",
                "the device table is not what the signed log says",
            );
        }
    }
    let stored: HashMap<Uuid, _> = tx
        .entries(c.id, None)?
        .into_iter()
        .map(|e| (e.id, e))
        .collect();
    let photos: HashMap<Uuid, _> = tx
        .photos(c.id, None)?
        .into_iter()
        .map(|p| (p.id, p))
        .collect();
    for kind in [
        "sheet",
        "issue",
        "opinion",
        "commendation",
        "site_facts",
        "photo",
    ] {
        for id in tx.ids(kind, None)? {
            let Some(view) = tx.view(id)?.filter(|v| v.scope.campaign() == c.id) else {
                continue;
            };
            report.records += 1;
            let projected = project::project(c, &view, 0);
            let same = match project::attributed(tx, c, projected)? {
                Projected::Entry(e) => stored.get(&id).is_some_and(|s| {
                    crate::store::Entry {
                        arrived_ms: 0,
                        ..s.clone()
                    } == *e
                }),
                // Lists leave deleted photos out.
                Projected::Photo(p) if p.deleted => !photos.contains_key(&id),
                Projected::Photo(p) => photos.get(&id).is_some_and(|s| {
                    let timeless = crate::store::Photo {
                        arrived_ms: 0,
                        ..s.clone()
                    };
                    timeless == *p
                }),
                Projected::Device(_) => true,
                Projected::Nothing => !stored.contains_key(&id) && !photos.contains_key(&id),
            };
            let same = same && (kind != "issue" || same_issue(tx, c, &view)?);
            if !same {
                report.find(
                    "projection_differs",
                    id,
                    "列表所用的汇总与记录不符",
                    "what lists show of the record is out of date",
                );
            }
        }
    }
    Ok(())
}

/// Whether the ledger's row of an issue is what the registers say.
fn same_issue(tx: &mut dyn Tx, c: &Campaign, view: &ledger::RecordView) -> Result<bool> {
    let case = tx.view(issues::case_id(c, view.id))?;
    Ok(tx.issue(view.id)? == issues::row(c, view, case.as_ref()))
}

/// Hashes every stored photo again that a record refers to. A photo whose bytes changed is put aside and asked for
/// again.
///
/// # Errors
/// The database's and the disk's.
pub fn check_blobs(tx: &mut dyn Tx, ctx: &Context, report: &mut VerifyReport) -> Result<()> {
    let mut seen = HashSet::new();
    for c in campaigns(tx, ctx.cache)? {
        for photo in tx.photos(c.id, None)? {
            for hash in [photo.stored, photo.thumb].into_iter().flatten() {
                let hash = BlobHash::from_bytes(hash);
                if !seen.insert(hash) || ctx.blobs.finished_size(hash)?.is_none() {
                    continue;
                }
                report.blobs += 1;
                if ctx.blobs.verified_path(hash)?.is_none() {
                    report.find(
                        "blob_changed",
                        hash,
                        "照片文件已损坏或被改动",
                        "the bytes of a photo changed on the disk",
                    );
                }
            }
        }
    }
    Ok(())
}
