//! How every connection to the server's database is set up.
//!
//! Invariant: WAL, one disk sync per commit (`synchronous=FULL`), foreign keys on, readers cannot write.

use std::time::Duration;

use rusqlite::Connection;

/// Sets up the connection that writes.
pub fn writer(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "journal_mode", "wal")?;
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "foreign_keys", "on")?;
    conn.pragma_update(None, "cache_size", -32_000)?;
    // Every job but the first is a savepoint: what it may have to undo is kept in memory, not in a temporary file.
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.pragma_update(None, "journal_size_limit", 16 << 20)?;
    conn.pragma_update(None, "trusted_schema", "off")?;
    common(conn)
}

/// Sets up a connection that reads.
pub fn reader(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "query_only", "on")?;
    conn.pragma_update(None, "cache_size", -4_000)?;
    conn.pragma_update(None, "trusted_schema", "off")?;
    common(conn)
}

fn common(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(200);
    conn.busy_timeout(Duration::from_secs(5))
}
