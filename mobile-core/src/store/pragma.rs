//! How the database is opened: the settings that make an autosave durable and cheap.
//!
//! WAL with `synchronous=FULL`: a commit is one disk sync. `wal_autocheckpoint=0`: SQLite would otherwise checkpoint
//! inside some autosave (three more syncs); [`super::Store::checkpoint`] does it between actions. In a browser
//! `locking_mode=EXCLUSIVE` comes before WAL, because OPFS has no shared memory; natively other readers may look in.
//! Invariant: the journal mode that comes back is checked.

use rusqlite::Connection;

use super::error::StoreError;

/// Statements kept prepared; the ledger alone uses about fifty.
const STATEMENTS: usize = 200;
/// How long to wait for somebody who looks into the database, ms.
const BUSY_MS: u64 = 2_000;

/// Applies the settings to a fresh connection.
pub(crate) fn apply(conn: &Connection) -> Result<(), StoreError> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    if cfg!(target_family = "wasm") {
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Other(format!("journal mode is {mode}")));
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    if cfg!(any(target_os = "ios", target_os = "macos")) {
        // Without it the disk may keep a sync in its own cache.
        conn.pragma_update(None, "fullfsync", true)?;
    }
    Ok(())
}
