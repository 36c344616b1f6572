//! What is still to be sent, and to whom what is held belongs.

use merge::LogId;
use protocol::chain::Hash;
use rusqlite::OptionalExtension;
use uuid::Uuid;

use super::error::StoreError;
use super::tx::Tx;

type Result<T> = std::result::Result<T, StoreError>;

/// An own log and how far the server holds it.
#[derive(Clone, Debug)]
pub(crate) struct OwnHead {
    /// The log.
    pub id: LogId,
    /// Its row.
    pub no: ledger::LogNo,
    /// Last sealed seq.
    pub head: u64,
    /// Up to where the server holds it.
    pub acked: u64,
    /// Chain there.
    pub acked_chain: Hash,
}

/// A stored segment's place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    /// Its row.
    pub no: i64,
    /// Bytes on the wire, about.
    pub bytes: usize,
    /// Changes.
    pub count: u64,
}

impl Tx<'_> {
    /// Own logs of a device, main branches, with what the server holds of them.
    pub fn own_heads(&mut self, device: Uuid) -> Result<Vec<OwnHead>> {
        let mut out = Vec::new();
        for log in self.logs(Some(device))? {
            let acked_chain = if log.acked == log.head {
                log.chain
            } else {
                self.chain_before(log.no, log.acked + 1)?
            };
            out.push(OwnHead {
                id: log.id,
                no: log.no,
                head: log.head,
                acked: log.acked,
                acked_chain,
            });
        }
        Ok(out)
    }

    /// Segments of a log that end after `seq`, in order.
    pub fn segments_after(&self, log: ledger::LogNo, seq: u64) -> Result<Vec<Stored>> {
        let mut stmt = self.conn.prepare_cached(
            "SELECT no, length(header) + length(payload) + 110, count FROM segments
             WHERE log = ?1 AND first + count - 1 > ?2 ORDER BY first",
        )?;
        let rows = stmt.query_map((log, seq as i64), |r| {
            Ok(Stored {
                no: r.get(0)?,
                bytes: r.get::<_, i64>(1)? as usize,
                count: r.get::<_, i64>(2)? as u64,
            })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Logs with changes that are not sealed yet.
    pub fn logs_with_tail(&mut self) -> Result<Vec<LogId>> {
        let mut stmt = self.conn.prepare_cached("SELECT DISTINCT log FROM tail")?;
        let nos: Vec<i64> = stmt
            .query_map([], |r| r.get(0))?
            .collect::<std::result::Result<_, _>>()?;
        nos.into_iter()
            .map(|no| Ok(self.ledger.log_of(self.conn, no)?))
            .collect()
    }

    /// Changes of one log that are not sealed yet.
    pub fn tail_of(&mut self, log: LogId) -> Result<u64> {
        let Some(row) = self.find_log(log)? else {
            return Ok(0);
        };
        let n: i64 = self
            .conn
            .prepare_cached("SELECT count(*) FROM tail WHERE log = ?1")?
            .query_row([row.no], |r| r.get(0))?;
        Ok(n as u64)
    }

    /// Latest hybrid time in the tails, ms UTC.
    pub fn latest_tail_ms(&self) -> Result<i64> {
        let found: Option<i64> = self
            .conn
            .prepare_cached("SELECT max(at_ms) FROM tail")?
            .query_row([], |r| r.get(0))
            .optional()?
            .flatten();
        Ok(found.unwrap_or(0))
    }

    /// Segments kept unread because their layout is newer, in one scope or in all.
    pub fn unread_segments(&self, scope: Option<Uuid>) -> Result<u64> {
        let n: i64 = self
            .conn
            .prepare_cached(
                "SELECT count(*) FROM segments s JOIN logs l ON l.no = s.log JOIN scopes c ON c.no = s.scope
                 WHERE s.applied = 0 AND l.branch = 0 AND (?1 IS NULL OR c.id = ?1)",
            )?
            .query_row([scope.map(|s| s.into_bytes())], |r| r.get(0))?;
        Ok(n as u64)
    }

    /// Segments of branches of others' logs, in order: rows.
    pub fn branch_segments(&self, device: Uuid) -> Result<Vec<i64>> {
        let mut stmt = self.conn.prepare_cached(
            "SELECT s.no FROM segments s JOIN logs l ON l.no = s.log
             WHERE l.branch <> 0 AND l.device <> ?1 ORDER BY s.log, s.first",
        )?;
        let rows = stmt.query_map([device.as_bytes()], |r| r.get(0))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// When the oldest of the own live values the server does not hold was written, ms UTC by the hybrid clock; none if
    /// it holds all.
    pub fn oldest_unsent_ms(&self, device: Uuid) -> Result<Option<i64>> {
        let found = self
            .conn
            .prepare_cached(
                "SELECT min(c.at_ms) FROM logs l JOIN cells c ON c.log = l.no
                 WHERE l.device = ?1 AND l.branch = 0 AND c.seq > l.acked",
            )?
            .query_row([device.as_bytes()], |r| r.get(0))?;
        Ok(found)
    }

    /// Own changes the server does not hold: unsealed, or sealed and not acknowledged.
    pub fn unsent_changes(&self, device: Uuid) -> Result<u64> {
        let n: i64 = self
            .conn
            .prepare_cached(
                "SELECT (SELECT count(*) FROM tail)
                      + (SELECT coalesce(sum(head - acked), 0) FROM logs WHERE device = ?1 AND branch = 0)",
            )?
            .query_row([device.as_bytes()], |r| r.get(0))?;
        Ok(n.max(0) as u64)
    }
}
