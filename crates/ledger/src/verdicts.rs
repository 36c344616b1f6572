//! Verdicts: changes of kind `verdict` in the server's own logs, and what they keep out of the registers.
//!
//! Invariant: registers are those of `merge::resolve` under the verdicts in force, whatever came first.
//! Leaves out: who passes a verdict and why (`server`).

use std::collections::{HashMap, HashSet};

use merge::{LogId, Value};
use protocol::Batch;
use rusqlite::Connection;
use uuid::Uuid;

use crate::admit::Admitted;
use crate::caches::{CachedLog, Ledger, LogNo, RecordNo};
use crate::error::Result;

/// A run of changes a verdict names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub verdict: RecordNo,
    pub first: u64,
    pub last: u64,
    pub target: Option<Uuid>,
    pub code: String,
    pub in_force: bool,
}

impl Range {
    pub fn covers(&self, seq: u64, record: Uuid) -> bool {
        self.in_force
            && (self.first..=self.last).contains(&seq)
            && self.target.is_none_or(|t| t == record)
    }
}

/// A verdict as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The verdict's record.
    pub id: Uuid,
    /// The log it judges.
    pub log: LogId,
    /// First seq.
    pub first: u64,
    /// Last seq.
    pub last: u64,
    /// The record it is limited to.
    pub record: Option<Uuid>,
    /// Its code.
    pub code: String,
    /// False once reversed.
    pub in_force: bool,
}

impl Verdict {
    /// The value of field `target`; the branch stands in it only if it is one.
    pub fn target_value(&self) -> Value {
        let bytes = |n: u64| Value::Bytes(n.to_be_bytes().to_vec());
        let mut target = vec![
            self.log.device.into(),
            bytes(self.log.epoch),
            Value::Int(self.first as i64),
            Value::Int(self.last as i64),
            self.record.into(),
        ];
        if self.log.branch != 0 {
            target.push(bytes(self.log.branch));
        }
        Value::List(target)
    }

    /// The value of field `ruling`; `decided_ms` is when a person decided, none while nobody has.
    pub fn ruling_value(&self, reason: Option<&str>, decided_ms: Option<i64>) -> Value {
        Value::List(vec![
            self.code.as_str().into(),
            self.in_force.into(),
            reason.into(),
            decided_ms.into(),
        ])
    }
}

impl Ledger {
    pub(crate) fn ranges(&mut self, conn: &Connection, log: LogNo) -> Result<Vec<Range>> {
        if self.verdicts.is_none() {
            let mut map: HashMap<LogNo, Vec<Range>> = HashMap::new();
            let mut stmt = conn.prepare_cached(
                "SELECT log, record, first, last, target, code, in_force FROM verdicts",
            )?;
            let mut rows = stmt.query([])?;
            while let Some(r) = rows.next()? {
                map.entry(r.get(0)?).or_default().push(Range {
                    verdict: r.get(1)?,
                    first: r.get::<_, i64>(2)? as u64,
                    last: r.get::<_, i64>(3)? as u64,
                    target: r.get::<_, Option<[u8; 16]>>(4)?.map(Uuid::from_bytes),
                    code: r.get(5)?,
                    in_force: r.get(6)?,
                });
            }
            self.verdicts = Some(map);
        }
        Ok(self
            .verdicts
            .as_ref()
            .and_then(|m| m.get(&log))
            .cloned()
            .unwrap_or_default())
    }

    pub(crate) fn is_refused(
        &mut self,
        conn: &Connection,
        log: LogNo,
        seq: u64,
        record: Uuid,
    ) -> Result<bool> {
        Ok(self
            .ranges(conn, log)?
            .iter()
            .any(|r| r.covers(seq, record)))
    }

    /// Every verdict held, of one scope or of all.
    pub fn verdicts(
        &mut self,
        conn: &Connection,
        scope: Option<crate::ScopeNo>,
    ) -> Result<Vec<Verdict>> {
        let mut stmt = conn.prepare_cached(
            "SELECT v.log, v.record, v.first, v.last, v.target, v.code, v.in_force, r.id FROM verdicts v
             JOIN records r ON r.no = v.record
             WHERE ?1 IS NULL OR v.scope = ?1 ORDER BY v.record",
        )?;
        type Raw = (i64, i64, i64, Option<[u8; 16]>, String, bool, [u8; 16]);
        let rows: Vec<Raw> = stmt
            .query_map([scope], |r| {
                Ok((
                    r.get(0)?,
                    r.get(2)?,
                    r.get(3)?,
                    r.get(4)?,
                    r.get(5)?,
                    r.get(6)?,
                    r.get(7)?,
                ))
            })?
            .collect::<std::result::Result<_, _>>()?;
        rows.into_iter()
            .map(|(log, first, last, record, code, in_force, id)| {
                Ok(Verdict {
                    id: Uuid::from_bytes(id),
                    log: self.log_of(conn, log)?,
                    first: first as u64,
                    last: last as u64,
                    record: record.map(Uuid::from_bytes),
                    code,
                    in_force,
                })
            })
            .collect()
    }

    /// After a segment was applied: if it holds verdicts, take them into force. The records they rebuilt are touched
    /// by the segment too.
    pub(crate) fn take_verdicts(
        &mut self,
        conn: &Connection,
        log: &CachedLog,
        batch: &Batch,
        admitted: &mut Admitted,
    ) -> Result<()> {
        if !batch.kinds.iter().any(|k| k == "verdict") {
            return Ok(());
        }
        let mut verdicts: Vec<Uuid> = Vec::new();
        for (id, kind) in &admitted.records {
            if kind == "verdict" && !verdicts.contains(id) {
                verdicts.push(*id);
            }
        }
        let mut seen: HashSet<Uuid> = admitted.records.iter().map(|(id, _)| *id).collect();
        for id in verdicts {
            let rebuilt = self.take_verdict(conn, log.scope, id)?;
            admitted
                .records
                .extend(rebuilt.into_iter().filter(|(id, _)| seen.insert(*id)));
        }
        Ok(())
    }

    /// Brings `verdicts` and the registers in line with one verdict record. The writer of verdicts calls this after
    /// appending them to its own log. Which records were rebuilt for it, with their kinds.
    pub fn take_verdict(
        &mut self,
        conn: &Connection,
        scope: crate::ScopeNo,
        id: Uuid,
    ) -> Result<Vec<(Uuid, String)>> {
        let (Some(target), Some(ruling)) = (
            self.value(conn, id, "target")?,
            self.value(conn, id, "ruling")?,
        ) else {
            return Ok(Vec::new());
        };
        let (Some(device), Some(epoch), Some(first), Some(last), Some(code), Some(in_force)) = (
            target.at(0).as_id(),
            target
                .at(1)
                .as_bytes()
                .filter(|b| b.len() == 8)
                .map(crate::seal::be),
            target.at(2).as_int(),
            target.at(3).as_int(),
            ruling.at(0).as_text(),
            ruling.at(1).as_bool(),
        ) else {
            return Ok(Vec::new());
        };
        let what = self.scope_of(conn, scope)?;
        let branch = target.at(5).as_bytes().filter(|b| b.len() == 8);
        let judged = LogId {
            branch: branch.map_or(0, crate::seal::be),
            ..LogId::new(device, what.id(), epoch)
        };
        let log = self.log(conn, judged, what.campaign())?;
        let record = target.at(4).as_id();
        self.put_verdict(
            conn,
            scope,
            &log,
            id,
            record,
            (first, last),
            (code, in_force),
        )
    }

    #[allow(clippy::too_many_arguments)]
    fn put_verdict(
        &mut self,
        conn: &Connection,
        scope: crate::ScopeNo,
        log: &CachedLog,
        id: Uuid,
        target: Option<Uuid>,
        seqs: (i64, i64),
        ruling: (&str, bool),
    ) -> Result<Vec<(Uuid, String)>> {
        let Some(verdict) = self.find_record(conn, id)? else {
            return Ok(Vec::new());
        };
        conn.prepare_cached(
            "INSERT INTO verdicts (record, scope, log, first, last, target, code, in_force)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (record) DO UPDATE SET in_force = excluded.in_force, code = excluded.code",
        )?
        .execute((
            verdict.no,
            scope,
            log.no,
            seqs.0,
            seqs.1,
            target.map(|t| t.into_bytes()),
            ruling.0,
            ruling.1,
        ))?;
        self.verdicts = None;
        if log.head < seqs.0 as u64 {
            return Ok(Vec::new());
        }
        self.rebuild_range(conn, log, seqs.0 as u64, seqs.1 as u64, target)
    }
}
