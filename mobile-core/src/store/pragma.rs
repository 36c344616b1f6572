//! How the database is opened: the settings that make an autosave durable and cheap.
//!
//! WAL with `synchronous=FULL`: a commit is one disk sync. `wal_autocheckpoint=0`: SQLite would otherwise checkpoint
//! inside some autosave (three more syncs); [`super::Store::checkpoint`] does it between actions. In a browser
//! `locking_mode=EXCLUSIVE` comes first, because OPFS has no shared memory; natively other readers may look in.
//! Invariant: the journal mode that comes back is checked.

use rusqlite::Connection;

use super::error::StoreError;

/// Statements kept prepared; the ledger alone uses about fifty.
const STATEMENTS: usize = 200;
/// How long to wait for somebody who looks into the database, ms.
const BUSY_MS: u64 = 2_000;

/// In a browser nobody else has the file, and there is no memory to share with them. Before the first look into it: a
/// database that has a write-ahead log already cannot be read without one or the other. Changes nothing in the file.
pub(crate) fn alone(conn: &Connection) -> Result<(), StoreError> {
    if cfg!(target_family = "wasm") {
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    Ok(())
}

/// Applies the settings to a fresh connection.
pub(crate) fn apply(conn: &Connection) -> Result<(), StoreError> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
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

/// Bytes of a page of the photos' database: a photo is some dozens of them.
const FILE_PAGE: i64 = 16 * 1024;
/// What the photos' journal keeps between transactions, bytes.
const FILE_JOURNAL: i64 = 1 << 20;

/// Applies the photos' settings to a fresh connection: written once, with a journal that stays.
pub(crate) fn apply_to_files(conn: &Connection) -> Result<(), StoreError> {
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    // Only a database that is being made takes these two.
    conn.pragma_update(None, "page_size", FILE_PAGE)?;
    // So that the room of removed photos can be given back.
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    alone(conn)?;
    let mode: String = conn.query_row("PRAGMA journal_mode = PERSIST", [], |r| r.get(0))?;
    if !mode.eq_ignore_ascii_case("persist") {
        return Err(StoreError::Other(format!("journal mode is {mode}")));
    }
    conn.query_row(
        &format!("PRAGMA journal_size_limit = {FILE_JOURNAL}"),
        [],
        |_| Ok(()),
    )?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    if cfg!(any(target_os = "ios", target_os = "macos")) {
        conn.pragma_update(None, "fullfsync", true)?;
    }
    Ok(())
}
