//! A look at a data folder's database from outside, for `guanmo doctor`.
//!
//! Invariant: reads only, and takes no lock, so a server may be running on it. Leaves out: what is told (the command).

use std::path::Path;

use rusqlite::OptionalExtension;

use super::{audit, copy, migrations};
use crate::backup::BackupError;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// The database's step, and the last one this version knows.
    pub schema: (i64, i64),
    /// Damaged pages, indexes, references; empty: none.
    pub damage: Vec<String>,
    /// First audit entry that does not fit its chain.
    pub audit_broken_at: Option<i64>,
    /// When the last thing was written down, ms UTC.
    pub last_ms: i64,
    /// Phones of the campaign enrolled in last that are not revoked.
    pub phones: u64,
    /// Those that have not synced since `unsynced_before_ms`.
    pub unsynced: u64,
}

/// Looks.
///
/// # Errors
/// `Database`: it cannot be opened or is not one of ours.
pub fn look(path: &Path, unsynced_before_ms: i64) -> Result<Looked, BackupError> {
    let conn = copy::open(path)?;
    let schema: i64 = conn.pragma_query_value(None, "user_version", |r| r.get(0))?;
    let mut looked = Looked {
        schema: (schema, migrations::known()),
        damage: copy::damage(path)?,
        ..Looked::default()
    };
    // A newer one may have other tables; a damaged one need not answer.
    if schema != looked.schema.1 || !looked.damage.is_empty() {
        return Ok(looked);
    }
    looked.audit_broken_at = audit::broken_at(&conn)?;
    looked.last_ms = conn.query_row(
        "SELECT max(ifnull((SELECT max(at_ms) FROM audit_entries), 0),
                    ifnull((SELECT max(last_sync_ms) FROM devices), 0))",
        [],
        |r| r.get(0),
    )?;
    let phones = conn
        .query_row(
            "SELECT count(*), ifnull(sum(ifnull(last_sync_ms, 0) < ?1), 0) FROM devices
             WHERE revoked_at_ms IS NULL AND campaign =
                 (SELECT campaign FROM devices ORDER BY enrolled_at_ms DESC LIMIT 1)",
            [unsynced_before_ms],
            |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)),
        )
        .optional()?;
    let (phones, unsynced) = phones.unwrap_or_default();
    looked.phones = phones.unsigned_abs();
    looked.unsynced = unsynced.unsigned_abs();
    Ok(looked)
}
