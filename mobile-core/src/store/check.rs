//! Looking for damage in everything that is stored, on demand: costs a read of the whole database.
//!
//! Invariant: changes nothing. Leaves out: signatures and chains of what was stored (`actions::check`), photos.

use rusqlite::Connection;

use super::error::StoreError;
use super::tx::Tx;

/// How many complaints are enough.
const COMPLAINTS: u32 = 20;

impl Tx<'_> {
    /// What SQLite finds wrong with pages, rows and indexes.
    pub fn complaints(&self) -> Result<Vec<String>, StoreError> {
        let mut all = lines(
            self.conn,
            &format!("PRAGMA integrity_check({COMPLAINTS})"),
            0,
        )?;
        all.retain(|line| line != "ok");
        all.extend(lines(self.conn, "PRAGMA foreign_key_check", 0)?);
        Ok(all)
    }

    /// Records whose registers are not what their stored changes say.
    pub fn differing(&mut self) -> Result<Vec<uuid::Uuid>, StoreError> {
        Ok(self.ledger.compare(self.conn)?)
    }
}

fn lines(conn: &Connection, sql: &str, column: usize) -> Result<Vec<String>, StoreError> {
    let mut stmt = conn.prepare(sql)?;
    let rows = stmt.query_map([], |r| r.get::<_, String>(column))?;
    Ok(rows.take(COMPLAINTS as usize).collect::<Result<_, _>>()?)
}
