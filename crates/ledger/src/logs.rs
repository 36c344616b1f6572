//! Logs and their segments as rows.
//!
//! Invariant: `head` and `chain` are those of the last segment of the log. Leaves out: what the segments say.

use merge::LogId;
use protocol::chain::{Hash, SignedSegment};
use protocol::digest;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::caches::{CachedLog, Ledger, LogNo, ScopeNo};
use crate::error::{LedgerError, Result};

/// A log and how far it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Row number.
    pub no: LogNo,
    /// The log.
    pub id: LogId,
    /// Its scope.
    pub scope: ScopeNo,
    /// Last sealed seq.
    pub head: u64,
    /// Chain after it.
    pub chain: Hash,
    /// Up to where the other side holds it (phone only).
    pub acked: u64,
}

/// A segment without its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRow {
    /// Row number.
    pub no: i64,
    /// Its log.
    pub log: LogNo,
    /// First seq.
    pub first: u64,
    /// Number of changes.
    pub count: u64,
    /// When it arrived, ms UTC.
    pub arrived_ms: i64,
    /// True if it is in the registers.
    pub applied: bool,
    /// Chain after it.
    pub chain: Hash,
}

/// A stored segment, as it travelled.
pub type Pulled = SignedSegment;

impl Ledger {
    /// The log with this id, made if new (its scope must exist).
    pub(crate) fn log(
        &mut self,
        conn: &Connection,
        id: LogId,
        campaign: Uuid,
    ) -> Result<CachedLog> {
        if let Some(l) = self.find_cached_log(conn, id)? {
            return Ok(l);
        }
        let scope = self
            .find_scope(conn, id.scope)?
            .ok_or_else(|| LedgerError::Refused(format!("scope {} is unknown", id.scope)))?;
        let chain = protocol::chain::origin(campaign, &id);
        conn.prepare_cached(
            "INSERT INTO logs (device, scope, epoch, branch, chain) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            id.device.as_bytes(),
            scope,
            id.epoch as i64,
            id.branch as i64,
            chain,
        ))?;
        let log = CachedLog {
            no: conn.last_insert_rowid(),
            id,
            scope,
            number: digest::log_number(&id),
            head: 0,
            last: 0,
            chain,
        };
        self.remember_log(log.clone());
        Ok(log)
    }

    pub(crate) fn remember_log(&mut self, log: CachedLog) {
        self.log_id.insert(log.no, log.id);
        self.logs.insert(log.id, log);
    }

    pub(crate) fn find_cached_log(
        &mut self,
        conn: &Connection,
        id: LogId,
    ) -> Result<Option<CachedLog>> {
        if let Some(l) = self.logs.get(&id) {
            return Ok(Some(l.clone()));
        }
        let Some(scope) = self.find_scope(conn, id.scope)? else {
            return Ok(None);
        };
        let row: Option<(i64, i64, Hash)> = conn
            .prepare_cached(
                "SELECT no, head, chain FROM logs WHERE device = ?1 AND scope = ?2 AND epoch = ?3 AND branch = ?4",
            )?
            .query_row((id.device.as_bytes(), scope, id.epoch as i64, id.branch as i64), |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?))
            })
            .optional()?;
        let Some((no, head, chain)) = row else {
            return Ok(None);
        };
        let last: i64 = conn
            .prepare_cached("SELECT coalesce(max(seq), ?2) FROM tail WHERE log = ?1")?
            .query_row((no, head), |r| r.get(0))?;
        let number = digest::log_number(&id);
        let log = CachedLog {
            no,
            id,
            scope,
            number,
            head: head as u64,
            last: last as u64,
            chain,
        };
        self.remember_log(log.clone());
        Ok(Some(log))
    }

    /// What a log number means.
    pub fn log_of(&mut self, conn: &Connection, no: LogNo) -> Result<LogId> {
        if let Some(id) = self.log_id.get(&no) {
            return Ok(*id);
        }
        let (device, scope, epoch, branch): ([u8; 16], i64, i64, i64) = conn
            .prepare_cached("SELECT device, scope, epoch, branch FROM logs WHERE no = ?1")?
            .query_row([no], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))
            .optional()?
            .ok_or_else(|| LedgerError::Damaged(format!("no log {no}")))?;
        let scope = self.scope_of(conn, scope)?.id();
        let id = LogId {
            device: Uuid::from_bytes(device),
            scope,
            epoch: epoch as u64,
            branch: branch as u64,
        };
        self.find_cached_log(conn, id)?;
        Ok(id)
    }

    /// The log with this id, if known.
    pub fn find_log(&mut self, conn: &Connection, id: LogId) -> Result<Option<LogRow>> {
        let Some(l) = self.find_cached_log(conn, id)? else {
            return Ok(None);
        };
        let acked: i64 = conn
            .prepare_cached("SELECT acked FROM logs WHERE no = ?1")?
            .query_row([l.no], |r| r.get(0))?;
        Ok(Some(LogRow {
            no: l.no,
            id: l.id,
            scope: l.scope,
            head: l.head,
            chain: l.chain,
            acked: acked as u64,
        }))
    }

    /// Every log of a device (main branches only), or of all devices.
    pub fn logs(&mut self, conn: &Connection, device: Option<Uuid>) -> Result<Vec<LogRow>> {
        let mut stmt = conn.prepare_cached(
            "SELECT no, acked FROM logs WHERE branch = 0 AND (?1 IS NULL OR device = ?1) ORDER BY no",
        )?;
        let rows: Vec<(i64, i64)> = stmt
            .query_map([device.map(|d| d.into_bytes())], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })?
            .collect::<std::result::Result<_, _>>()?;
        rows.into_iter()
            .map(|(no, acked)| {
                let id = self.log_of(conn, no)?;
                let l = self
                    .find_cached_log(conn, id)?
                    .ok_or_else(|| LedgerError::Damaged(format!("no log {no}")))?;
                Ok(LogRow {
                    no,
                    id,
                    scope: l.scope,
                    head: l.head,
                    chain: l.chain,
                    acked: acked as u64,
                })
            })
            .collect()
    }

    /// Notes that the other side holds a log up to `seq`; never goes back unless `seq` is lower on purpose (a restored
    /// server).
    pub fn set_acked(&mut self, conn: &Connection, log: LogNo, seq: u64) -> Result<()> {
        conn.prepare_cached("UPDATE logs SET acked = ?2 WHERE no = ?1")?
            .execute((log, seq as i64))?;
        Ok(())
    }

    /// The segments of a log, in order.
    pub fn segments(&self, conn: &Connection, log: LogNo) -> Result<Vec<SegmentRow>> {
        let mut stmt = conn.prepare_cached(
            "SELECT no, first, count, arrived_ms, applied, chain FROM segments WHERE log = ?1 ORDER BY first",
        )?;
        let rows = stmt.query_map([log], |r| {
            Ok(SegmentRow {
                no: r.get(0)?,
                log,
                first: r.get::<_, i64>(1)? as u64,
                count: r.get::<_, i64>(2)? as u64,
                arrived_ms: r.get(3)?,
                applied: r.get::<_, i64>(4)? == 1,
                chain: r.get(5)?,
            })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// True if a change is in the registers' reach: applied, or in the tail. False before it arrives, and while its segment
    /// is kept outside (quarantine, a newer layout).
    pub(crate) fn is_applied(&self, conn: &Connection, log: &CachedLog, seq: u64) -> Result<bool> {
        if seq > log.head {
            return Ok(seq <= log.last);
        }
        let applied: Option<bool> = conn
            .prepare_cached(
                "SELECT applied FROM segments WHERE log = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1",
            )?
            .query_row((log.no, seq as i64), |r| r.get(0))
            .optional()?;
        Ok(applied.unwrap_or(true))
    }

    /// A stored segment as it travelled.
    pub fn segment(&mut self, conn: &Connection, no: i64) -> Result<SignedSegment> {
        let (log, first, header, payload, signature): (i64, i64, Vec<u8>, Vec<u8>, [u8; 64]) = conn
            .prepare_cached(
                "SELECT log, first, header, payload, signature FROM segments WHERE no = ?1",
            )?
            .query_row([no], |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
            })?;
        let prev_chain = self.chain_before(conn, log, first as u64)?;
        Ok(SignedSegment {
            header,
            payload,
            prev_chain,
            signature,
        })
    }

    /// Chain before the segment that starts at `first`.
    pub fn chain_before(&mut self, conn: &Connection, log: LogNo, first: u64) -> Result<Hash> {
        let before = conn
            .prepare_cached("SELECT chain FROM segments WHERE log = ?1 AND first < ?2 ORDER BY first DESC LIMIT 1")?
            .query_row((log, first as i64), |r| r.get(0))
            .optional()?;
        if let Some(chain) = before {
            return Ok(chain);
        }
        let id = self.log_of(conn, log)?;
        if id.branch != 0 && first > 1 {
            // A branch goes on from the main log.
            let main = self.find_cached_log(conn, LogId { branch: 0, ..id })?;
            let main = main.ok_or_else(|| LedgerError::Damaged(format!("no log of {log}")))?;
            return self.chain_before(conn, main.no, first);
        }
        let scope = self
            .find_scope(conn, id.scope)?
            .ok_or_else(|| LedgerError::Damaged("scope".into()))?;
        Ok(protocol::chain::origin(
            self.scope_of(conn, scope)?.campaign(),
            &LogId { branch: 0, ..id },
        ))
    }

    /// The last seq of the segment of `log` whose chain is `chain`: the common point of two histories.
    pub fn seq_of_chain(
        &mut self,
        conn: &Connection,
        log: LogNo,
        chain: &Hash,
    ) -> Result<Option<u64>> {
        if self.chain_before(conn, log, 1)? == *chain {
            return Ok(Some(0));
        }
        let row: Option<i64> = conn
            .prepare_cached("SELECT first + count - 1 FROM segments WHERE log = ?1 AND chain = ?2")?
            .query_row((log, chain), |r| r.get(0))
            .optional()?;
        Ok(row.map(|s| s as u64))
    }
}
