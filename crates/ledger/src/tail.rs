//! Own changes that are not sealed yet, as rows.
//!
//! Invariant: gapless after the log's head, in order. Leaves out: what becomes of them (`seal`, `fork`, `heal`).

use std::collections::HashMap;

use merge::{Change, Dot, LogId};
use protocol::{Batch, Row, digest, value};
use rusqlite::{Connection, Row as SqlRow};
use uuid::Uuid;

use crate::caches::{FieldNo, Ledger, LogNo, RecordNo, ScopeNo};
use crate::error::Result;
use crate::seal::be;

/// A change of a tail.
pub(crate) struct TailRow {
    pub log: LogNo,
    pub seq: i64,
    pub at_ms: i64,
    pub record: RecordNo,
    pub field: FieldNo,
    pub value: Vec<u8>,
    /// Pairs of log number and seq, 8 bytes big endian each.
    pub supersedes: Vec<u8>,
    /// Seed and place in the run, or empty.
    pub minted: Vec<u8>,
}

const COLUMNS: &str = "SELECT log, seq, at_ms, record, field, value, supersedes, minted FROM tail";

fn row(r: &SqlRow) -> rusqlite::Result<TailRow> {
    Ok(TailRow {
        log: r.get(0)?,
        seq: r.get(1)?,
        at_ms: r.get(2)?,
        record: r.get(3)?,
        field: r.get(4)?,
        value: r.get(5)?,
        supersedes: r.get(6)?,
        minted: r.get(7)?,
    })
}

/// The first `limit` changes of a log's tail.
pub(crate) fn of_log(conn: &Connection, log: LogNo, limit: i64) -> Result<Vec<TailRow>> {
    let mut stmt =
        conn.prepare_cached(&format!("{COLUMNS} WHERE log = ?1 ORDER BY seq LIMIT ?2"))?;
    let rows = stmt.query_map((log, limit), row)?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

/// The changes of a record in all tails.
pub(crate) fn of_record(conn: &Connection, record: RecordNo) -> Result<Vec<TailRow>> {
    let mut stmt = conn.prepare_cached(&format!("{COLUMNS} WHERE record = ?1"))?;
    let rows = stmt.query_map([record], row)?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

/// A stored list of superseded dots in which those of log `from` are what `now` says they became.
pub(crate) fn moved(dots: &[u8], from: LogNo, now: &HashMap<u64, (LogNo, u64)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(dots.len());
    for dot in dots.chunks_exact(16) {
        let (log, seq) = (be(&dot[..8]) as i64, be(&dot[8..]));
        let found = now.get(&seq).filter(|_| log == from);
        let (log, seq) = found.copied().unwrap_or((log, seq));
        out.extend_from_slice(&log.to_be_bytes());
        out.extend_from_slice(&seq.to_be_bytes());
    }
    out
}

/// Changes of other tails that replaced changes of log `from` replace what became of them. The tail of `but` is left as
/// it is.
pub(crate) fn follow(
    conn: &Connection,
    from: LogNo,
    but: LogNo,
    now: &HashMap<u64, (LogNo, u64)>,
) -> Result<()> {
    let mut stmt = conn.prepare_cached(&format!(
        "{COLUMNS} WHERE log <> ?1 AND length(supersedes) > 0"
    ))?;
    let rows: Vec<TailRow> = stmt
        .query_map([but], row)?
        .collect::<std::result::Result<_, _>>()?;
    for r in rows {
        let dots = moved(&r.supersedes, from, now);
        if dots != r.supersedes {
            conn.prepare_cached("UPDATE tail SET supersedes = ?3 WHERE log = ?1 AND seq = ?2")?
                .execute((r.log, r.seq, dots))?;
        }
    }
    Ok(())
}

/// What the tails of a scope add to its digest.
pub(crate) fn digest_of(conn: &Connection, scope: ScopeNo) -> Result<digest::Buckets> {
    let mut stmt = conn.prepare_cached(
        "SELECT r.id, t.delta FROM tail t JOIN records r ON r.no = t.record WHERE r.scope = ?1",
    )?;
    let mut rows = stmt.query([scope])?;
    let mut sum = [0u64; digest::BUCKETS];
    while let Some(r) = rows.next()? {
        let bucket = &mut sum[digest::bucket(&Uuid::from_bytes(r.get(0)?))];
        *bucket = bucket.wrapping_add(r.get::<_, i64>(1)? as u64);
    }
    Ok(sum)
}

impl Ledger {
    /// A tail row as the specification knows changes.
    pub(crate) fn tail_change(&mut self, conn: &Connection, r: &TailRow) -> Result<Change> {
        let supersedes = self.dots(conn, &r.supersedes)?;
        Ok(Change {
            dot: Dot {
                log: self.log_of(conn, r.log)?,
                seq: r.seq as u64,
            },
            at_ms: r.at_ms,
            value: value::decode(&r.value)?,
            supersedes: supersedes
                .into_iter()
                .map(|(log, seq)| Dot { log, seq })
                .collect(),
        })
    }
}

/// A row of a batch as the specification knows changes.
pub(crate) fn batch_change(batch: &Batch, log: LogId, seq: u64, row: &Row) -> Result<Change> {
    let dot = |(l, s): &(u32, u64)| Dot {
        log: batch.log(log, *l),
        seq: *s,
    };
    Ok(Change {
        dot: Dot { log, seq },
        at_ms: row.at_ms,
        value: value::decode(batch.value(row))?,
        supersedes: batch.superseded(row).iter().map(dot).collect(),
    })
}
