//! Numbered steps forward.
//!
//! Invariant: a shipped step never changes; a database with more steps than known is refused.

use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::error::{Error, Result};

const STEPS: &[M<'static>] = &[
    M::up(ledger::SCHEMA),
    M::up(ledger::FEED_SCHEMA),
    M::up(include_str!("schema.sql")),
    M::up(super::auth::MIGRATION),
    M::up(super::second_factor::MIGRATION),
    M::up(include_str!("desk.sql")),
    M::up("ALTER TABLE idempotency_keys ADD COLUMN tag TEXT NOT NULL DEFAULT ''"),
    M::up(include_str!("witness.sql")),
];

/// The last step this version knows.
pub fn known() -> i64 {
    STEPS.len() as i64
}

/// Brings a database up to date.
pub fn migrate(conn: &mut Connection) -> Result<()> {
    let found: i64 = conn.pragma_query_value(None, "user_version", |r| r.get(0))?;
    if found > STEPS.len() as i64 {
        return Err(Error::DatabaseNewer);
    }
    Migrations::from_slice(STEPS)
        .to_latest(conn)
        .map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
            other => Error::storage(other),
        })
}

/// Tables, indexes and triggers that a database of this version has and others must not: kind, name and text.
fn shape(conn: &Connection) -> Result<BTreeSet<(String, String, Option<String>)>> {
    let mut stmt = conn.prepare(
        "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'",
    )?;
    let rows = stmt.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Names of tables, indexes and triggers that are missing, foreign or not as this version makes them.
pub fn misshapen(conn: &Connection) -> Result<BTreeSet<String>> {
    let mut fresh = Connection::open_in_memory()?;
    migrate(&mut fresh)?;
    let (found, wanted) = (shape(conn)?, shape(&fresh)?);
    let differing = found.symmetric_difference(&wanted);
    Ok(differing.map(|(_, name, _)| name.clone()).collect())
}

/// Brings a database up to a step, as an older version would.
#[cfg(test)]
pub fn migrate_to(conn: &mut Connection, step: usize) -> Result<()> {
    let steps = Migrations::from_slice(STEPS);
    steps.to_version(conn, step).map_err(Error::storage)
}
