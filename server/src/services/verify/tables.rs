//! The tables beside the ledger: held entries, acts, rehearsals, and rows that lists show without a record.
//!
//! Invariant: a row either follows from the signed logs or from the audit, or it is a finding. Leaves out: what bears on
//! no result and is nobody's word (sessions, counters, clocks, times of arrival), see `SECURITY.md`.

use std::collections::{HashMap, HashSet};

use ledger::{LogRow, Verdict};
use merge::{LogId, Value};
use uuid::Uuid;

use super::VerifyReport;
use crate::error::Result;
use crate::services::campaign::Campaign;
use crate::services::sync::QUARANTINED_WHY;
use crate::store::{Act, Held, Tx};

/// Rows that were found to follow from a record: table and id.
pub(super) type Founded = HashSet<(&'static str, Uuid)>;

/// Longest reason a ruling carries, characters.
const RULING_CHARS: usize = 400;

fn differs(report: &mut VerifyReport, place: String) {
    report.find(
        "table_differs",
        place,
        "数据库中的一行与签名日志或审计不符",
        "a row of the database is not what the signed logs and the audit say",
    );
}

/// The ledger's own tables.
pub(super) fn ledger(tx: &mut dyn Tx, report: &mut VerifyReport) -> Result<()> {
    for (table, row) in tx.unsound()? {
        differs(report, format!("{table} {row}"));
    }
    Ok(())
}

/// Tables, indexes and triggers: a trigger that is gone protects nothing, one that was added may do anything.
pub(super) fn shape(tx: &mut dyn Tx, report: &mut VerifyReport) -> Result<()> {
    for name in tx.misshapen()? {
        report.find(
            "schema_differs",
            name,
            "数据库的表、索引或触发器与本版本不同，可能被改动",
            "a table, index or trigger is not as this version makes it: was it changed?",
        );
    }
    Ok(())
}

/// The devices of a campaign: the table against the enrolments in the log, both ways.
pub(super) fn devices(
    tx: &mut dyn Tx,
    c: &Campaign,
    founded: &mut Founded,
    report: &mut VerifyReport,
) -> Result<()> {
    let rows = tx.devices(c.id)?;
    let rows: HashMap<Uuid, _> = rows.into_iter().map(|d| (d.id, d)).collect();
    for id in rows.keys().chain(c.devices.keys()).collect::<HashSet<_>>() {
        let same = match (rows.get(id), c.devices.get(id)) {
            (Some(row), Some(d)) => {
                (row.key, row.account, &row.name) == (d.key, d.account, &d.name)
                    && row.enrolled_at_ms == d.enrolled_at_ms
                    && row.revoked == d.revoked
            }
            _ => false,
        };
        founded.insert(("devices", *id));
        if !same {
            report.find(
                "device_differs",
                id,
                "设备表与签名日志中的登记不符",
                "the device table is not what the signed log says",
            );
        }
    }
    Ok(())
}

/// Rows that lists show and no record stands behind.
pub(super) fn unfounded(
    tx: &mut dyn Tx,
    founded: &Founded,
    report: &mut VerifyReport,
) -> Result<()> {
    for (table, id) in tx.listed_ids()? {
        if !founded.contains(&(table, id)) {
            differs(report, format!("{table} {id}"));
        }
    }
    for (table, id) in tx.odd_rows()? {
        differs(report, format!("{table} {id}"));
    }
    Ok(())
}

/// Which campaigns are rehearsals: the table lets them be erased, the record says so to everybody.
pub(super) fn rehearsals(
    tx: &mut dyn Tx,
    campaigns: &[std::sync::Arc<Campaign>],
    report: &mut VerifyReport,
) -> Result<()> {
    let mut rows: HashMap<Uuid, bool> = tx.rehearsals()?.into_iter().collect();
    for c in campaigns {
        let row = rows.remove(&c.id);
        if row.is_some() != c.rehearsal || row == Some(true) {
            differs(report, format!("rehearsals {}", c.id));
        }
    }
    // The one that pages open with.
    let current = tx.meta("campaign")?;
    let known = campaigns
        .iter()
        .any(|c| Some(c.id.as_bytes().as_slice()) == current.as_deref());
    if !known && !campaigns.is_empty() {
        differs(report, "meta campaign".to_owned());
    }
    for (id, _) in rows.into_iter().filter(|(_, wiped)| !wiped) {
        differs(report, format!("rehearsals {id}"));
    }
    Ok(())
}

/// Held entries against their verdicts, the segments they are about, and the audit of who decided.
pub(super) fn held(
    tx: &mut dyn Tx,
    c: &Campaign,
    founded: &mut Founded,
    report: &mut VerifyReport,
) -> Result<()> {
    let verdicts: HashMap<Uuid, Verdict> =
        tx.verdicts(None)?.into_iter().map(|v| (v.id, v)).collect();
    let rows = tx.all_held(c.id)?;
    for h in &rows {
        founded.insert(("held", h.id));
        let fits = of_log(tx, c, h)?
            && decided(tx, h)?
            && match verdicts.get(&h.id) {
                Some(v) => ruled(tx, h, v)?,
                None => h.code == "quarantined" && h.why == QUARANTINED_WHY,
            };
        if !fits {
            differs(report, format!("held {}", h.id));
        }
    }
    quarantined(tx, c, &rows, report)?;
    // A verdict that no list shows. What a restored server was handed back has no entry.
    if !tx.was_restored()? {
        let scopes: HashSet<Uuid> = tx.scopes()?.iter().map(protocol::Scope::id).collect();
        let own =
            |v: &&Verdict| scopes.contains(&v.log.scope) && c.devices.contains_key(&v.log.device);
        for v in verdicts.values().filter(own) {
            if v.code != "withdrawn" && !rows.iter().any(|h| h.id == v.id) {
                differs(report, format!("held {}", v.id));
            }
        }
    }
    Ok(())
}

/// What a revoked phone sent and nobody took in must stand in the list.
fn quarantined(
    tx: &mut dyn Tx,
    c: &Campaign,
    rows: &[Held],
    report: &mut VerifyReport,
) -> Result<()> {
    let own = |l: &LogRow| l.id.branch == 0 && c.devices.contains_key(&l.id.device);
    for log in tx.all_logs()?.into_iter().filter(own) {
        for s in tx.segments(log.id, 0)?.into_iter().filter(|s| !s.applied) {
            let listed = rows
                .iter()
                .any(|h| h.log == log.id && h.seqs.0 <= s.seqs.0 && s.seqs.1 <= h.seqs.1);
            // One of a newer layout is kept unread and waits for no decision.
            let read = s
                .signed
                .header()
                .and_then(|h| protocol::segment::decode(&s.signed.payload, &h.log(), h.count));
            if !listed && read.is_ok() {
                differs(report, format!("held {} {}", log.id.device, s.seqs.0));
            }
        }
    }
    Ok(())
}

/// What a held entry says of the changes it is about.
fn of_log(tx: &mut dyn Tx, c: &Campaign, h: &Held) -> Result<bool> {
    let device = c.devices.get(&h.log.device);
    let (mut changes, mut written, mut kinds, mut last) = (0, None::<i64>, HashSet::new(), 0);
    for s in tx.segments(h.log, h.seqs.0.saturating_sub(1))? {
        let Ok(header) = s.signed.header() else {
            return Ok(false);
        };
        last = header.last_seq();
        let Ok(batch) = protocol::segment::decode(&s.signed.payload, &h.log, header.count) else {
            continue;
        };
        for (i, row) in batch.rows.iter().enumerate() {
            let seq = header.first_seq + i as u64;
            let id = batch.records[row.record as usize].1;
            if (h.seqs.0..=h.seqs.1).contains(&seq) && h.record.is_none_or(|r| r == id) {
                changes += 1;
                written = Some(written.map_or(row.at_ms, |w| w.min(row.at_ms)));
                kinds.insert(batch.kind(row.record).to_owned());
            }
        }
    }
    let about = match h.record {
        Some(_) => kinds.contains(&h.kind),
        None => h.kind.is_empty(),
    };
    Ok(device.is_some_and(|d| d.account == h.account)
        && about
        && site(tx, c, h)?
        && h.seqs.0 > 0
        && h.seqs.1 <= last
        && h.changes == changes
        && h.written_ms == written)
}

/// The site of a held entry: a sheet's id follows from campaign, site and author; else the record says it.
fn site(tx: &mut dyn Tx, c: &Campaign, h: &Held) -> Result<bool> {
    let own = |record: Uuid| {
        let mut sites = c.sites.keys();
        sites.any(|s| protocol::ids::sheet(c.id, *s, h.account) == record)
    };
    let (Some(site), Some(record)) = (h.site, h.record) else {
        let unknown = h.kind != "sheet" || !h.record.is_some_and(own);
        return Ok(h.site.is_none() && unknown);
    };
    let facts = |group: Uuid| protocol::ids::site_facts(c.id, site, group) == record;
    let told = protocol::ids::sheet(c.id, site, h.account) == record
        || c.groups.iter().any(|g| facts(g.id));
    Ok(told || says(tx, h.log, record, site)?)
}

/// True if a record says that it is about a site: what is shown of it, or a branch that waits.
fn says(tx: &mut dyn Tx, log: LogId, record: Uuid, site: Uuid) -> Result<bool> {
    let is = |value: &Value| value.as_id() == Some(site) || value.at(0).as_id() == Some(site);
    let view = tx.view(record)?;
    let shown = view.is_some_and(|v| ["opened", "site", "entry"].iter().any(|f| is(v.get(f))));
    let branch = tx.branch_changes(log)?.into_iter();
    let mut branch = branch.filter(|b| b.record == record);
    Ok(shown || branch.any(|b| is(&b.change.value)))
}

/// A held entry against its verdict: the ruling in force, and the first one, which says why.
fn ruled(tx: &mut dyn Tx, h: &Held, v: &Verdict) -> Result<bool> {
    let cut = |text: &str| text.chars().take(RULING_CHARS).collect::<String>();
    let told: Vec<_> = tx
        .history(h.id)?
        .into_iter()
        .filter(|e| e.field == "ruling")
        .collect();
    let first = told.iter().min_by_key(|e| (e.at_ms, e.dot.seq));
    let branch = h.code == "forked";
    let why = match branch {
        true => h.why.is_empty() || quotes(tx, h)?,
        false => first.is_some_and(|e| e.value.at(2).as_text() == Some(cut(&h.why).as_str())),
    };
    // A verdict about a branch goes on to its end, whatever comes.
    let range = match branch {
        true => v.first <= h.seqs.0 && v.last >= h.seqs.1,
        false => (v.first, v.last) == h.seqs,
    };
    let live = tx.live(h.id, "ruling")?;
    let ruling = live.first().map(|l| &l.value);
    let same = match (&h.decided, ruling) {
        (None, Some(r)) => r.at(3).as_int().is_none(),
        (Some(d), Some(r)) => {
            r.at(1).as_bool() == Some(!d.accepted)
                && r.at(2).as_text() == Some(cut(&d.reason).as_str())
                && r.at(3).as_int() == Some(d.at_ms)
        }
        _ => false,
    };
    Ok(why
        && same
        && range
        && v.log == h.log
        && v.code == h.code
        && v.record.is_none_or(|r| h.record == Some(r)))
}

/// True if what the list shows of a branch is the beginning of a text in it.
fn quotes(tx: &mut dyn Tx, h: &Held) -> Result<bool> {
    let texts = tx.branch_changes(h.log)?.into_iter();
    let mut texts = texts.filter(|b| Some(b.record) == h.record).flat_map(|b| {
        let value = b.change.value;
        let parts = [1, 2, 16].map(|i| value.at(i).as_text().map(str::to_owned));
        parts
            .into_iter()
            .chain([value.as_text().map(str::to_owned)])
    });
    Ok(texts.any(|t| t.is_some_and(|t| t.starts_with(&h.why))))
}

/// Who decided stands in the audit.
fn decided(tx: &mut dyn Tx, h: &Held) -> Result<bool> {
    let Some(d) = &h.decided else {
        return Ok(true);
    };
    let action = if d.accepted {
        "accept_held"
    } else {
        "leave_out_held"
    };
    // A branch that its author sends again closes by itself.
    Ok(tx.audit_tells(&d.by, action, &d.reason)?
        || (h.code == "forked" && tx.audit_tells(&d.by, "sent_again", &d.reason)?))
}

/// Who of the office wrote what: each act is whole segments of the server's log, and its audit entry names the same
/// person and reason. A log's acts follow each other in the audit as they do in the log.
pub(super) fn acts(tx: &mut dyn Tx, report: &mut VerifyReport) -> Result<()> {
    let mut before: Option<(LogId, u64, i64)> = None;
    for act in tx.acts()? {
        let mut fits = is_whole(tx, &act)?;
        if let Some(number) = act.audit {
            fits &= tx.audit_entry(number)?.is_some_and(|e| {
                e.ok && e.user_name == cut(&act.by) && e.detail == cut(&act.reason)
            });
            if let Some((log, last, earlier)) = before
                && log == act.log
            {
                fits &= last < act.seqs.0 && earlier < number;
            }
            before = Some((act.log, act.seqs.1, number));
        }
        if !fits {
            differs(
                report,
                format!("acts {} {} {}", act.log.scope, act.log.epoch, act.seqs.0),
            );
        }
    }
    Ok(())
}

/// Segments of the server's logs that are nobody's act: only verdicts and numbers given at arrival are, and what a
/// restored server was handed back.
pub(super) fn unattributed(
    tx: &mut dyn Tx,
    server: Uuid,
    logs: &[LogRow],
    report: &mut VerifyReport,
) -> Result<()> {
    if tx.was_restored()? {
        return Ok(());
    }
    let acts = tx.acts()?;
    for log in logs.iter().filter(|l| l.id.device == server) {
        for s in tx.segments(log.id, 0)? {
            let own = acts.iter().filter(|a| a.log == log.id);
            let covered = own
                .clone()
                .any(|a| a.seqs.0 <= s.seqs.0 && s.seqs.1 <= a.seqs.1);
            if !covered && !at_arrival(&s.signed) {
                differs(report, format!("acts {} {}", log.id.scope, s.seqs.0));
            }
        }
    }
    Ok(())
}

/// True if a segment holds verdicts that nobody decided on or numbers of issues, and nothing else.
fn at_arrival(signed: &protocol::chain::SignedSegment) -> bool {
    let batch = signed
        .header()
        .and_then(|h| protocol::segment::decode(&signed.payload, &h.log(), h.count));
    batch.is_ok_and(|b| {
        b.rows.iter().all(|row| {
            let value = protocol::value::decode(b.value(row)).unwrap_or(Value::Null);
            match (b.kind(row.record), b.fields[row.field as usize].as_str()) {
                ("verdict", "ruling") => value.at(3).as_int().is_none(),
                ("verdict", _) | ("issue", "number") => true,
                _ => false,
            }
        })
    })
}

/// What the audit keeps of a text.
fn cut(text: &str) -> String {
    text.chars().take(RULING_CHARS).collect()
}

fn is_whole(tx: &mut dyn Tx, act: &Act) -> Result<bool> {
    let of_act = tx.segments(act.log, act.seqs.0.saturating_sub(1))?;
    Ok(of_act.first().is_some_and(|s| s.seqs.0 == act.seqs.0)
        && of_act.iter().any(|s| s.seqs.1 == act.seqs.1))
}
