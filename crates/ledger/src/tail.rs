//! Own changes that are not sealed yet, as rows.
//!
//! Invariant: gapless after the log's head, in order. Leaves out: what becomes of them (`seal`, `fork`, `heal`).

use merge::{Change, Dot, LogId};
use protocol::{Batch, Row, value};
use rusqlite::{Connection, Row as SqlRow};

use crate::caches::{FieldNo, Ledger, LogNo, RecordNo};
use crate::error::Result;

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
