//! Live values, the digest over them and the list of fields in conflict.
//!
//! Invariant: every cell in the table is in the digest of its scope exactly once.

use protocol::digest;
use rusqlite::Connection;
use uuid::Uuid;

use crate::caches::{CachedLog, FieldNo, Ledger, RecordNo, ScopeNo};
use crate::error::Result;

/// Where a value lives, with the numbers its digest needs.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub scope: ScopeNo,
    pub record: RecordNo,
    pub record_id: Uuid,
    pub field: FieldNo,
    pub field_number: u64,
}

/// A live value as stored.
pub(crate) struct Cell {
    pub log: i64,
    pub seq: u64,
    pub at_ms: i64,
    pub value: Vec<u8>,
}

pub(crate) const INSERT: &str = "INSERT OR IGNORE INTO cells (record, field, log, seq, at_ms, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(crate) const DELETE: &str =
    "DELETE FROM cells WHERE record = ?1 AND field = ?2 AND log = ?3 AND seq = ?4";

impl Ledger {
    /// Adds (or, with `live` false, takes away) a value's hash to its scope's digest.
    pub(crate) fn count(
        &mut self,
        conn: &Connection,
        p: &Place,
        log_number: u64,
        seq: u64,
        live: bool,
    ) -> Result<()> {
        let hash = digest::cell(
            digest::record_number(&p.record_id),
            p.field_number,
            log_number,
            seq,
        );
        let row = self.scope_row(conn, p.scope)?;
        let bucket = &mut row.digest[digest::bucket(&p.record_id)];
        *bucket = if live {
            bucket.wrapping_add(hash)
        } else {
            bucket.wrapping_sub(hash)
        };
        row.dirty = true;
        Ok(())
    }

    pub(crate) fn put_cell(
        &mut self,
        conn: &Connection,
        p: &Place,
        log: &CachedLog,
        seq: u64,
        at_ms: i64,
        value: &[u8],
    ) -> Result<()> {
        let n = conn
            .prepare_cached(INSERT)?
            .execute((p.record, p.field, log.no, seq as i64, at_ms, value))?;
        if n == 1 {
            self.count(conn, p, log.number, seq, true)?;
        }
        Ok(())
    }

    /// Takes a value away; false if it was not live.
    pub(crate) fn kill_cell(
        &mut self,
        conn: &Connection,
        p: &Place,
        log: &CachedLog,
        seq: u64,
    ) -> Result<bool> {
        let n = conn
            .prepare_cached(DELETE)?
            .execute((p.record, p.field, log.no, seq as i64))?;
        if n == 1 {
            self.count(conn, p, log.number, seq, false)?;
        }
        Ok(n == 1)
    }

    /// The live values of a field.
    pub(crate) fn cells(
        &self,
        conn: &Connection,
        record: RecordNo,
        field: FieldNo,
    ) -> Result<Vec<Cell>> {
        let mut stmt = conn.prepare_cached(
            "SELECT log, seq, at_ms, value FROM cells WHERE record = ?1 AND field = ?2",
        )?;
        let rows = stmt.query_map((record, field), |r| {
            Ok(Cell {
                log: r.get(0)?,
                seq: r.get::<_, i64>(1)? as u64,
                at_ms: r.get(2)?,
                value: r.get(3)?,
            })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Brings `conflicts` up to date for one field. `was` says whether the caller knows there may be an entry.
    pub(crate) fn note_conflict(
        &self,
        conn: &Connection,
        record: RecordNo,
        field: FieldNo,
    ) -> Result<()> {
        let cells = self.cells(conn, record, field)?;
        let differ = cells.iter().any(|c| c.value != cells[0].value);
        let sql = if differ {
            "INSERT OR IGNORE INTO conflicts (record, field) VALUES (?1, ?2)"
        } else {
            "DELETE FROM conflicts WHERE record = ?1 AND field = ?2"
        };
        conn.prepare_cached(sql)?.execute((record, field))?;
        Ok(())
    }
}
