//! Settings, devices, and who of the office wrote what.

use merge::{Dot, LogId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::error::Result;
use crate::store::{Act, DeviceRow, Left};

pub(super) fn meta(conn: &Connection, key: &str) -> Result<Option<Vec<u8>>> {
    let mut query = conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(query.query_row([key], |r| r.get(0)).optional()?)
}

pub(super) fn set_meta(conn: &Connection, key: &str, value: &[u8]) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![key, value])?;
    Ok(())
}

const DEVICE: &str =
    "SELECT id, account, campaign, key, name, enrolled_at_ms, counter, last_sync_ms, skew_ms,
    revoked_at_ms, revoked_reason, quarantine_bytes, left_changes, left_photos, left_photo_bytes FROM devices";

fn read_left(r: &Row<'_>) -> rusqlite::Result<Option<Left>> {
    let said: Option<i64> = r.get(12)?;
    let Some(changes) = said else {
        return Ok(None);
    };
    Ok(Some(Left {
        changes: changes as u64,
        photos: r.get::<_, i64>(13)? as u64,
        photo_bytes: r.get::<_, i64>(14)? as u64,
    }))
}

fn read_device(r: &Row<'_>) -> rusqlite::Result<DeviceRow> {
    let revoked_at: Option<i64> = r.get(9)?;
    let reason: String = r.get(10)?;
    Ok(DeviceRow {
        id: r.get(0)?,
        account: r.get(1)?,
        campaign: r.get(2)?,
        key: r.get(3)?,
        name: r.get(4)?,
        enrolled_at_ms: r.get(5)?,
        counter: r.get::<_, i64>(6)? as u64,
        last_sync_ms: r.get(7)?,
        skew_ms: r.get(8)?,
        revoked: revoked_at.map(|at| (at, reason)),
        quarantine_bytes: r.get::<_, i64>(11)? as u64,
        left: read_left(r)?,
    })
}

pub(super) fn device(conn: &Connection, id: Uuid) -> Result<Option<DeviceRow>> {
    let mut query = conn.prepare_cached(&format!("{DEVICE} WHERE id = ?1"))?;
    Ok(query.query_row([id], read_device).optional()?)
}

pub(super) fn devices(conn: &Connection, campaign: Uuid) -> Result<Vec<DeviceRow>> {
    let sql = format!("{DEVICE} WHERE campaign = ?1 ORDER BY enrolled_at_ms DESC, id DESC");
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([campaign], read_device)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn put_device(conn: &Connection, d: &DeviceRow) -> Result<()> {
    let (revoked_at, reason) = match &d.revoked {
        Some((at, reason)) => (Some(at), reason.as_str()),
        None => (None, ""),
    };
    conn.prepare_cached(
        "INSERT INTO devices (id, account, campaign, key, name, enrolled_at_ms, revoked_at_ms, revoked_reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, revoked_at_ms = excluded.revoked_at_ms,
             revoked_reason = excluded.revoked_reason",
    )?
    .execute(params![
        d.id,
        d.account,
        d.campaign,
        d.key,
        d.name,
        d.enrolled_at_ms,
        revoked_at,
        reason
    ])?;
    Ok(())
}

pub(super) fn device_seen(
    conn: &Connection,
    id: Uuid,
    counter: u64,
    now_ms: i64,
    skew_ms: i64,
) -> Result<()> {
    conn.prepare_cached(
        "UPDATE devices SET counter = ?2, last_sync_ms = ?3, skew_ms = ?4 WHERE id = ?1",
    )?
    .execute(params![id, counter as i64, now_ms, skew_ms])?;
    Ok(())
}

pub(super) fn device_said(conn: &Connection, id: Uuid, left: &Left) -> Result<()> {
    // A phone may say anything; what does not fit a column is cut to what does.
    let fits = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    conn.prepare_cached(
        "UPDATE devices SET left_changes = ?2, left_photos = ?3, left_photo_bytes = ?4 WHERE id = ?1",
    )?
    .execute(params![
        id,
        fits(left.changes),
        fits(left.photos),
        fits(left.photo_bytes)
    ])?;
    Ok(())
}

pub(super) fn add_quarantine(conn: &Connection, id: Uuid, bytes: u64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE devices SET quarantine_bytes = quarantine_bytes + ?2 WHERE id = ?1",
    )?
    .execute(params![id, bytes as i64])?;
    Ok(())
}

pub(super) fn put_act(conn: &Connection, act: &Act) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO acts (scope, epoch, first, last, by, reason, audit)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        act.log.scope,
        act.log.epoch as i64,
        act.seqs.0 as i64,
        act.seqs.1 as i64,
        act.by,
        act.reason,
        act.audit
    ])?;
    Ok(())
}

/// Every act, in the order of each log; `server` wrote them.
pub(super) fn acts(conn: &Connection, server: Uuid) -> Result<Vec<Act>> {
    let mut query = conn.prepare_cached(
        "SELECT scope, epoch, first, last, by, reason, audit FROM acts ORDER BY scope, epoch, first",
    )?;
    let rows = query.query_map([], |r| {
        let epoch: i64 = r.get(1)?;
        Ok(Act {
            log: LogId::new(server, r.get(0)?, epoch as u64),
            seqs: (r.get::<_, i64>(2)? as u64, r.get::<_, i64>(3)? as u64),
            by: r.get(4)?,
            reason: r.get(5)?,
            audit: r.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn act(conn: &Connection, dot: &Dot) -> Result<Option<(String, String)>> {
    let found = conn
        .prepare_cached(
            "SELECT by, reason FROM acts WHERE scope = ?1 AND epoch = ?2 AND first <= ?3 AND last >= ?3
             ORDER BY first DESC LIMIT 1",
        )?
        .query_row(
            params![dot.log.scope, dot.log.epoch as i64, dot.seq as i64],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
        .optional()?;
    Ok(found)
}

/// Ids in the tables that lists show, and the tables.
pub(super) fn listed_ids(conn: &Connection) -> Result<Vec<(&'static str, Uuid)>> {
    const LISTS: &[(&str, &str)] = &[
        ("entries", "SELECT id FROM entries"),
        (
            "photos",
            "SELECT r.id FROM photos p JOIN records r ON r.no = p.no",
        ),
        ("issues", "SELECT id FROM issues"),
        ("devices", "SELECT id FROM devices"),
        ("held", "SELECT id FROM held"),
    ];
    let mut all = Vec::new();
    for (table, sql) in LISTS {
        let mut query = conn.prepare_cached(sql)?;
        let rows = query.query_map([], |r| r.get::<_, Uuid>(0))?;
        for id in rows {
            all.push((*table, id?));
        }
    }
    Ok(all)
}

/// Rows that are read as something they do not quite say.
pub(super) fn odd(conn: &Connection) -> Result<Vec<(&'static str, Uuid)>> {
    const ODD: &[(&str, &str)] = &[
        (
            "devices",
            "SELECT id FROM devices WHERE revoked_at_ms IS NULL AND revoked_reason <> ''",
        ),
        (
            "held",
            "SELECT id FROM held WHERE (accepted IS NULL) <> (decided_ms IS NULL)
             OR accepted NOT IN (0, 1) OR decided_ms IS NULL AND (reason <> '' OR by <> '')",
        ),
        (
            "photos",
            "SELECT r.id FROM photos p JOIN records r ON r.no = p.no
             WHERE (p.lat_e7 IS NULL) <> (p.lon_e7 IS NULL) OR p.stored_bytes < 0 OR p.thumb_bytes < 0",
        ),
    ];
    let mut all = Vec::new();
    for (table, sql) in ODD {
        let mut query = conn.prepare_cached(sql)?;
        let rows = query.query_map([], |r| r.get::<_, Uuid>(0))?;
        for id in rows {
            all.push((*table, id?));
        }
    }
    Ok(all)
}
