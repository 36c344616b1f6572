//! A log that went two ways: this database is a copy of one that wrote on.
//!
//! Invariant: no change is dropped: what this copy wrote after the common point is kept as a branch and re-issued in a
//! new epoch, record ids unchanged. Leaves out: noticing the fork (the server's answer) and pulling the other branch.

use std::collections::{HashMap, HashSet};

use merge::LogId;
use protocol::chain::Hash;
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::{Ledger, LogNo};
use crate::cells::Place;
use crate::error::{LedgerError, Result};
use crate::seal::be;
use crate::tail;

/// An own change of the abandoned branch.
struct Own {
    seq: u64,
    at_ms: i64,
    record: Uuid,
    kind: String,
    field: String,
    value: Vec<u8>,
    supersedes: Vec<(LogId, u64)>,
    /// It was sealed, so it may turn up again from a bundle or a colleague's copy.
    sealed: bool,
}

impl Ledger {
    /// Leaves the branch this copy wrote after `common_seq` of its own log `log` and re-issues it in `new_epoch`.
    /// Afterwards the log ends at `common_seq`, ready to pull the server's continuation. Returns how many changes
    /// were re-issued.
    pub fn reissue(
        &mut self,
        conn: &Connection,
        log: LogId,
        common_seq: u64,
        common_chain: &Hash,
        new_epoch: u64,
    ) -> Result<u64> {
        let cached = self
            .find_cached_log(conn, log)?
            .ok_or_else(|| LedgerError::Refused("the forked log is not held".into()))?;
        let scope = self.scope_of(conn, cached.scope)?;
        let held = self.chain_before(conn, cached.no, common_seq + 1)?;
        if held != *common_chain {
            return Err(LedgerError::Refused(
                "the common chain is not in this log".into(),
            ));
        }
        let own = self.own_after(conn, &cached, common_seq)?;
        let branch = self.branch_off(conn, &cached, common_seq, common_chain, scope)?;
        let fresh = LogId::new(log.device, log.scope, new_epoch);
        let new = self.log(conn, fresh, scope.campaign())?;
        let mut seqs: HashMap<u64, u64> = HashMap::new();
        let mut seq = new.last;
        for c in &own {
            seq += 1;
            seqs.insert(c.seq, seq);
            let mut dots = Vec::new();
            for (l, s) in &c.supersedes {
                let dot = match seqs.get(s) {
                    Some(new_seq) if *l == log && *s > common_seq => (new.no, *new_seq),
                    _ => (self.log(conn, *l, scope.campaign())?.no, *s),
                };
                dots.extend_from_slice(&dot.0.to_be_bytes());
                dots.extend_from_slice(&dot.1.to_be_bytes());
            }
            if let Some(branch) = branch.filter(|_| c.sealed) {
                dots.extend_from_slice(&branch.to_be_bytes());
                dots.extend_from_slice(&c.seq.to_be_bytes());
            }
            let kind = self.name(conn, &c.kind)?;
            let field = self.name(conn, &c.field)?;
            let (record, _) = self.record(conn, c.record, kind, cached.scope)?;
            conn.prepare_cached(
                "INSERT INTO tail (log, seq, at_ms, record, field, value, supersedes, minted)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, x'')",
            )?
            .execute((
                new.no, seq as i64, c.at_ms, record.no, field, &c.value, &dots,
            ))?;
        }
        if let Some(l) = self.logs.get_mut(&fresh) {
            l.last = seq;
        }
        let now = seqs.iter().map(|(old, seq)| (*old, (new.no, *seq)));
        tail::follow(conn, cached.no, new.no, &now.collect())?;
        let touched: HashSet<Uuid> = own.iter().map(|c| c.record).collect();
        for id in touched {
            if let Some(r) = self.find_record(conn, id)? {
                self.rebuild(conn, r.no, None)?;
            }
        }
        self.retally(conn, cached.scope)?;
        Ok(own.len() as u64)
    }

    /// Sets aside what somebody else's log holds after `common_seq`, because the server holds another continuation: it is
    /// kept as a branch, outside the registers, and the log ends at the common point, ready for what the server holds.
    pub fn set_aside(
        &mut self,
        conn: &Connection,
        log: LogId,
        common_seq: u64,
        common_chain: &Hash,
    ) -> Result<()> {
        let cached = self
            .find_cached_log(conn, log)?
            .ok_or_else(|| LedgerError::Refused("the forked log is not held".into()))?;
        if self.chain_before(conn, cached.no, common_seq + 1)? != *common_chain {
            return Err(LedgerError::Refused(
                "the common chain is not in this log".into(),
            ));
        }
        let scope = self.scope_of(conn, cached.scope)?;
        let changes = self.own_after(conn, &cached, common_seq)?;
        self.branch_off(conn, &cached, common_seq, common_chain, scope)?;
        let touched: HashSet<Uuid> = changes.iter().map(|c| c.record).collect();
        for id in touched {
            if let Some(r) = self.find_record(conn, id)? {
                self.rebuild(conn, r.no, None)?;
            }
        }
        self.retally(conn, cached.scope)
    }

    /// Own changes after `common`, from segments and tail.
    fn own_after(
        &mut self,
        conn: &Connection,
        log: &crate::caches::CachedLog,
        common: u64,
    ) -> Result<Vec<Own>> {
        let mut out = Vec::new();
        for row in self
            .segments(conn, log.no)?
            .into_iter()
            .filter(|r| r.first > common)
        {
            let batch = self.decoded(conn, row.no)?;
            for (i, r) in batch.rows.iter().enumerate() {
                out.push(Own {
                    seq: row.first + i as u64,
                    at_ms: r.at_ms,
                    record: batch.records[r.record as usize].1,
                    kind: batch.kind(r.record).to_owned(),
                    field: batch.fields[r.field as usize].clone(),
                    value: batch.value(r).to_vec(),
                    supersedes: batch
                        .superseded(r)
                        .iter()
                        .map(|(l, s)| (batch.log(log.id, *l), *s))
                        .collect(),
                    sealed: true,
                });
            }
        }
        for row in tail::of_log(conn, log.no, i64::MAX)? {
            let (record, kind) = self.record_of(conn, row.record)?;
            out.push(Own {
                seq: row.seq as u64,
                at_ms: row.at_ms,
                record,
                kind,
                field: self.name_of(conn, row.field)?.to_string(),
                supersedes: self.dots(conn, &row.supersedes)?,
                value: row.value,
                sealed: false,
            });
        }
        Ok(out)
    }

    /// Moves the segments after `common` to a branch log, outside the registers, and sets the log back. The branch, if
    /// there were any.
    fn branch_off(
        &mut self,
        conn: &Connection,
        log: &crate::caches::CachedLog,
        common: u64,
        common_chain: &Hash,
        scope: protocol::Scope,
    ) -> Result<Option<LogNo>> {
        self.drop_cells_of(conn, log, common)?;
        conn.prepare_cached("DELETE FROM tail WHERE log = ?1")?
            .execute([log.no])?;
        let first = self
            .segments(conn, log.no)?
            .into_iter()
            .find(|r| r.first > common);
        let mut branched = None;
        if let Some(first) = first {
            let branch = LogId {
                branch: be(&first.chain[..8]).max(1),
                ..log.id
            };
            let to = self.log(conn, branch, scope.campaign())?;
            branched = Some(to.no);
            conn.prepare_cached(
                "UPDATE segments SET log = ?2, applied = 0 WHERE log = ?1 AND first > ?3",
            )?
            .execute((log.no, to.no, common as i64))?;
        }
        conn.prepare_cached(
            "UPDATE logs SET head = ?2, chain = ?3, acked = min(acked, ?2) WHERE no = ?1",
        )?
        .execute((log.no, common as i64, common_chain))?;
        if let Some(l) = self.logs.get_mut(&log.id) {
            (l.head, l.last, l.chain) = (common, common, *common_chain);
        }
        self.decoded.clear();
        Ok(branched)
    }

    /// Takes the live values of an abandoned branch out of cells and digest.
    pub(crate) fn drop_cells_of(
        &mut self,
        conn: &Connection,
        log: &crate::caches::CachedLog,
        after: u64,
    ) -> Result<()> {
        let mut stmt = conn
            .prepare_cached("SELECT record, field, seq FROM cells WHERE log = ?1 AND seq > ?2")?;
        let rows: Vec<(i64, i64, i64)> = stmt
            .query_map((log.no, after as i64), |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?))
            })?
            .collect::<std::result::Result<_, _>>()?;
        for (record, field, seq) in rows {
            let (record_id, _) = self.record_of(conn, record)?;
            let field_number = self.named(conn, field)?.1;
            let p = Place {
                scope: log.scope,
                record,
                record_id,
                field,
                field_number,
            };
            self.kill_cell(conn, &p, log, seq as u64)?;
        }
        Ok(())
    }
}
