//! Verifying a data folder: chains, signatures, registers, projections, closing sets, results, audit, photos.
//!
//! Locks are looked at in `locks`, tables beside the ledger in `tables`. Invariant: changes nothing; trusts nothing but the
//! stored bytes and the keys they name; every finding says what, where and what it means. Leaves out: what only phones hold
//! (they compare their own lines of the closing set).

mod locks;
mod tables;

use std::collections::{BTreeMap, HashMap, HashSet};

use ed25519_dalek::VerifyingKey;
use ledger::{LedgerError, LogRow};
use merge::LogId;
use protocol::Scope;
use protocol::segment::SegmentError;
use serde::Serialize;
use uuid::Uuid;

use super::campaign::{Cache, Campaign};
use super::issues;
use super::project::{self, Projected};
use super::sync::Context;
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

    /// What could not be looked at is a finding: in a sound folder everything can be read.
    fn tell(&mut self, done: Result<()>) {
        if let Err(cause) = done {
            self.find(
                "not_readable",
                cause,
                "有内容无法读取，未能核对",
                "something cannot be read, so it could not be verified",
            );
        }
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
    let done = verify_logs(tx, cache, server, options, &mut report);
    report.tell(done);
    let done = tables::shape(tx, &mut report);
    report.tell(done);
    match tx.damage() {
        Ok(damage) => damage.into_iter().for_each(|what| {
            report.find(
                "database_damaged",
                what,
                "数据库文件有损坏，请停用并保留原文件，从备份恢复",
                "the database file is damaged: stop, keep the file, restore a backup",
            );
        }),
        Err(cause) => report.tell(Err(cause)),
    }
    match tx.audit_broken_at() {
        Ok(None) => {}
        Ok(Some(id)) => report.find(
            "audit_broken",
            id,
            "审计链从此条起断裂",
            "the audit chain breaks at this entry",
        ),
        Err(cause) => report.tell(Err(cause)),
    }
    Ok(report)
}

/// What the logs say, and everything that must follow from them. A part that cannot be read is a finding, and the rest
/// is looked at all the same.
fn verify_logs(
    tx: &mut dyn Tx,
    cache: &Cache,
    server: (Uuid, VerifyingKey),
    options: VerifyOptions,
    report: &mut VerifyReport,
) -> Result<()> {
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
    let done = check_seen(tx, server.0, &logs, report);
    report.tell(done);
    for log in &logs {
        let done = check_log(tx, log, &keys, report);
        report.tell(done);
    }
    let mut founded = tables::Founded::new();
    for c in &campaigns {
        let done = locks::check(tx, c, &logs, report);
        report.tell(done);
        let done = check_draws(tx, c, report);
        report.tell(done);
        if options.rebuild {
            let done = check_projections(tx, c, &mut founded, report)
                .and_then(|()| tables::devices(tx, c, &mut founded, report))
                .and_then(|()| tables::held(tx, c, &mut founded, report));
            report.tell(done);
        }
    }
    if options.rebuild {
        let done = tables::unfounded(tx, &founded, report)
            .and_then(|()| tables::rehearsals(tx, &campaigns, report))
            .and_then(|()| tables::acts(tx, report))
            .and_then(|()| tables::unattributed(tx, server.0, &logs, report));
        report.tell(done);
        let done = check_registers(tx, report)
            .and_then(|()| tables::ledger(tx, report))
            .and_then(|()| check_digests(tx, report));
        report.tell(done);
    }
    Ok(())
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
                    "手机签名时所见的规则与名册已不在日志中：可能被改写，也可能放回过较旧的数据目录",
                    "the configuration a phone had seen when it signed is not in the log: was it written anew, or an older folder put back?",
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

fn check_projections(
    tx: &mut dyn Tx,
    c: &Campaign,
    founded: &mut tables::Founded,
    report: &mut VerifyReport,
) -> Result<()> {
    let stored: HashMap<Uuid, _> = tx
        .entries(c.id, None)?
        .into_iter()
        .map(|e| (e.id, e))
        .collect();
    let photos: HashMap<Uuid, _> = tx
        .photos(c.id, None)?
        .into_iter()
        .chain(tx.deleted_photos(c.id)?)
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
                Projected::Entry(e) => {
                    founded.insert(("entries", id));
                    stored.get(&id).is_some_and(|s| {
                        crate::store::Entry {
                            arrived_ms: 0,
                            ..s.clone()
                        } == *e
                    })
                }
                Projected::Photo(p) => {
                    founded.insert(("photos", id));
                    photos.get(&id).is_some_and(|s| {
                        let timeless = crate::store::Photo {
                            arrived_ms: 0,
                            ..s.clone()
                        };
                        timeless == *p
                    })
                }
                Projected::Device(_) => true,
                Projected::Nothing => !stored.contains_key(&id) && !photos.contains_key(&id),
            };
            let same = same && (kind != "issue" || same_issue(tx, c, &view, founded)?);
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
fn same_issue(
    tx: &mut dyn Tx,
    c: &Campaign,
    view: &ledger::RecordView,
    founded: &mut tables::Founded,
) -> Result<bool> {
    let case = tx.view(issues::case_id(c, view.id))?;
    let row = issues::row(c, view, case.as_ref());
    if row.is_some() {
        founded.insert(("issues", view.id));
    }
    Ok(tx.issue(view.id)? == row)
}

/// Tells that the write-ahead log broke off when the folder was opened.
pub fn check_cut(frames: u64, report: &mut VerifyReport) {
    if frames > 0 {
        report.find(
            "log_cut",
            frames,
            "打开时预写日志中途断裂：若刚断过电，已确认的内容没有丢；否则磁盘改动了它，最后写入的内容可能丢失，请让各手机再同步一次并核对最近的操作",
            "the write-ahead log broke off when it was opened: after a power cut nothing acknowledged is missing; \
             otherwise the disk changed it and what was written last may be lost: let every phone sync and look over \
             the office's last acts",
        );
    }
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
