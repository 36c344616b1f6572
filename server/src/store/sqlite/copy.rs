//! The database file beside its server: copied, checked, and asked what it is.
//!
//! Invariant: reads through SQLite, never through the file, so a running server is neither blocked nor its locks lost;
//! changes nothing. Leaves out: encryption (`backup`).

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use super::server_rows;
use crate::backup::BackupError;

/// What a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The server.
    pub server: Uuid,
    /// Its generation.
    pub generation: u64,
    /// Its step.
    pub schema: i64,
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

/// Opens a database to read, also while a server has it.
pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    // Not read-only: a reader of a write-ahead log must be able to write its index.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(path, flags)?;
    super::pragma::reader(&conn)?;
    Ok(conn)
}

/// Copies a database as it is at one moment.
///
/// # Errors
/// The database's; the copy is worthless then.
pub fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let source = open(from)?;
    let mut target = Connection::open(to)?;
    {
        let backup = Backup::new(&source, &mut target)?;
        // In one step: one snapshot, however busy the server is, and writers go on beside it.
        loop {
            match backup.step(-1)? {
                StepResult::Done => break,
                _ => std::thread::sleep(std::time::Duration::from_millis(20)),
            }
        }
    }
    // One file: without this the copy would want a log of its own.
    target.pragma_update(None, "journal_mode", "delete")?;
    target.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// What is damaged in a database: pages, indexes, references. Empty: nothing.
///
/// # Errors
/// The database's.
pub fn damage(path: &Path) -> Result<Vec<String>, BackupError> {
    let conn = open(path)?;
    let mut query = conn.prepare("PRAGMA integrity_check(10)")?;
    let rows = query.query_map([], |r| r.get::<_, String>(0))?;
    let said = match rows.collect::<rusqlite::Result<Vec<_>>>() {
        Ok(said) => said,
        Err(error) => vec![error.to_string()],
    };
    Ok(said.into_iter().filter(|line| line != "ok").collect())
}

/// What a database says it is.
///
/// # Errors
/// `Database` if it is not one of ours.
pub fn facts(path: &Path) -> Result<Facts, BackupError> {
    let conn = open(path)?;
    let strange = || BackupError::Database("it is no database of guanmo".to_owned());
    let meta = |key: &str| {
        let value = server_rows::meta(&conn, key);
        value.ok().flatten().ok_or_else(strange)
    };
    let generation = meta("generation")?.try_into().map_err(|_| strange())?;
    Ok(Facts {
        server: Uuid::from_slice(&meta("server")?).map_err(|_| strange())?,
        generation: u64::from_be_bytes(generation),
        schema: conn.pragma_query_value(None, "user_version", |r| r.get(0))?,
    })
}

/// Ends every session and every code and secret that is not used: after a restore they may have been used since.
/// The first set-up secret stays while nobody has a login.
pub fn end_sign_ins(conn: &Connection, now_ms: i64) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM console_sessions", [])?;
    conn.execute("DELETE FROM pending_sign_ins", [])?;
    conn.execute(
        "UPDATE enrolment_codes SET expires_at_ms = min(expires_at_ms, ?1) WHERE used_at_ms IS NULL",
        [now_ms],
    )?;
    conn.execute(
        "UPDATE setup_secrets SET expires_at_ms = min(ifnull(expires_at_ms, ?1), ?1)
         WHERE used_at_ms IS NULL AND EXISTS (SELECT 1 FROM logins)",
        [now_ms],
    )?;
    Ok(())
}
