//! Rehearsals: which campaigns are some, and erasing one whole.
//!
//! Invariant: only a campaign that was made as a rehearsal can be erased (a trigger of the database holds it, too);
//! one transaction; audit entries stay. Leaves out: the files of photos (`blobs`), which go after the commit.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::store::Erased;

pub(super) fn begin(conn: &Connection, campaign: Uuid, now_ms: i64) -> Result<()> {
    conn.execute(
        "INSERT INTO rehearsals (campaign, made_at_ms) VALUES (?1, ?2)",
        params![campaign, now_ms],
    )?;
    Ok(())
}

pub(super) fn is_rehearsal(conn: &Connection, campaign: Uuid) -> Result<bool> {
    let found = conn
        .prepare_cached("SELECT 1 FROM rehearsals WHERE campaign = ?1")?
        .query_row([campaign], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

pub(super) fn rehearsals(conn: &Connection) -> Result<Vec<(Uuid, bool)>> {
    let mut query =
        conn.prepare_cached("SELECT campaign, wiped_at_ms IS NOT NULL FROM rehearsals")?;
    let rows = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn was_wiped(conn: &Connection, device: Uuid) -> Result<bool> {
    let found = conn
        .prepare_cached("SELECT 1 FROM wiped_devices WHERE id = ?1")?
        .query_row([device], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// Hashes of the campaign's photos that no photo of another campaign has.
fn blobs(conn: &Connection, campaign: Uuid) -> Result<Vec<[u8; 32]>> {
    let mut query = conn.prepare(
        "WITH own AS (SELECT photos.* FROM photos JOIN scopes ON scopes.no = photos.scope WHERE campaign = ?1),
              others AS (SELECT photos.* FROM photos JOIN scopes ON scopes.no = photos.scope WHERE campaign <> ?1)
         SELECT hash FROM (SELECT stored AS hash FROM own UNION SELECT thumb FROM own)
         WHERE hash IS NOT NULL
           AND hash NOT IN (SELECT stored FROM others WHERE stored IS NOT NULL)
           AND hash NOT IN (SELECT thumb FROM others WHERE thumb IS NOT NULL)",
    )?;
    let rows = query.query_map([campaign], |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What belongs to a campaign (?1) beside the ledger, before its scopes and records go.
const STEPS: &[&str] = &[
    "DELETE FROM acts WHERE scope IN (SELECT id FROM scopes WHERE campaign = ?1)",
    "DELETE FROM clock_flags WHERE scope IN (SELECT id FROM scopes WHERE campaign = ?1)",
    "DELETE FROM log_clocks WHERE scope IN (SELECT id FROM scopes WHERE campaign = ?1)",
    "DELETE FROM saved_filters WHERE campaign = ?1",
    "DELETE FROM held WHERE campaign = ?1",
    "DELETE FROM entries WHERE campaign = ?1",
    "DELETE FROM issues WHERE campaign = ?1",
    "DELETE FROM photos WHERE scope IN (SELECT no FROM scopes WHERE campaign = ?1)",
    "DELETE FROM enrolment_codes WHERE account IN
        (SELECT records.id FROM records JOIN scopes ON scopes.no = records.scope WHERE campaign = ?1)",
    "UPDATE setup_secrets SET account = NULL WHERE account IN
        (SELECT records.id FROM records JOIN scopes ON scopes.no = records.scope WHERE campaign = ?1)",
    "UPDATE logins SET account = NULL WHERE account IN
        (SELECT records.id FROM records JOIN scopes ON scopes.no = records.scope WHERE campaign = ?1)",
    "INSERT OR IGNORE INTO wiped_devices (id) SELECT id FROM devices WHERE campaign = ?1",
];

pub(super) fn erase(
    conn: &Connection,
    ledger: &mut ledger::Ledger,
    campaign: Uuid,
    now_ms: i64,
) -> Result<Erased> {
    if !is_rehearsal(conn, campaign)? {
        return Err(Error::storage("only a rehearsal can be erased"));
    }
    let blobs = blobs(conn, campaign)?;
    for sql in STEPS {
        conn.execute(sql, [campaign])?;
    }
    let devices = conn.execute("DELETE FROM devices WHERE campaign = ?1", [campaign])?;
    let erased = ledger.erase_campaign(conn, campaign)?;
    conn.execute(
        "DELETE FROM meta WHERE key GLOB ?1",
        [format!("issue_number/{campaign}/*")],
    )?;
    conn.execute(
        "DELETE FROM meta WHERE key = 'campaign' AND value = ?1",
        [campaign],
    )?;
    conn.execute(
        "UPDATE rehearsals SET wiped_at_ms = ?2 WHERE campaign = ?1",
        params![campaign, now_ms],
    )?;
    Ok(Erased {
        logs: erased.logs,
        segments: erased.segments,
        records: erased.records,
        devices,
        blobs,
    })
}
