//! What the office's desk keeps beside the records: filters of logins, clocks that were wrong.
//!
//! Leaves out: what is wrong (`services::sync::clocks`) and what a filter means (`console::records`).

use merge::{Dot, LogId};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::error::Result;
use crate::store::{ClockFlag, SavedFilter};

pub(super) fn log_clock(conn: &Connection, log: LogId) -> Result<Option<i64>> {
    let mut query = conn.prepare_cached(
        "SELECT last_ms FROM log_clocks WHERE device = ?1 AND scope = ?2 AND epoch = ?3 AND branch = ?4",
    )?;
    let key = params![log.device, log.scope, log.epoch as i64, log.branch as i64];
    Ok(query.query_row(key, |r| r.get(0)).optional()?)
}

pub(super) fn set_log_clock(conn: &Connection, log: LogId, last_ms: i64) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO log_clocks (device, scope, epoch, branch, last_ms) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET last_ms = excluded.last_ms",
    )?
    .execute(params![
        log.device,
        log.scope,
        log.epoch as i64,
        log.branch as i64,
        last_ms
    ])?;
    Ok(())
}

pub(super) fn put_clock_flag(conn: &Connection, f: &ClockFlag) -> Result<()> {
    let log = f.dot.log;
    conn.prepare_cached(
        "INSERT OR REPLACE INTO clock_flags (record, device, scope, epoch, branch, seq, kind, by_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        f.record,
        log.device,
        log.scope,
        log.epoch as i64,
        log.branch as i64,
        f.dot.seq as i64,
        f.kind,
        f.by_ms
    ])?;
    Ok(())
}

pub(super) fn clock_flags(conn: &Connection, record: Uuid) -> Result<Vec<ClockFlag>> {
    let mut query = conn.prepare_cached(
        "SELECT device, scope, epoch, branch, seq, kind, by_ms FROM clock_flags WHERE record = ?1",
    )?;
    let rows = query.query_map([record], |r| {
        let kind: String = r.get(5)?;
        Ok(ClockFlag {
            record,
            dot: Dot {
                log: LogId {
                    device: r.get(0)?,
                    scope: r.get(1)?,
                    epoch: r.get::<_, i64>(2)? as u64,
                    branch: r.get::<_, i64>(3)? as u64,
                },
                seq: r.get::<_, i64>(4)? as u64,
            },
            kind: if kind == "back" { "back" } else { "off" },
            by_ms: r.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn saved_filters(
    conn: &Connection,
    login: Uuid,
    campaign: Uuid,
) -> Result<Vec<SavedFilter>> {
    let mut query = conn.prepare_cached(
        "SELECT id, name, query, made_ms FROM saved_filters WHERE login = ?1 AND campaign = ?2 ORDER BY name",
    )?;
    let rows = query.query_map([login, campaign], |r| {
        Ok(SavedFilter {
            id: r.get(0)?,
            login,
            campaign,
            name: r.get(1)?,
            query: r.get(2)?,
            made_ms: r.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn put_filter(conn: &Connection, f: &SavedFilter) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO saved_filters (id, login, campaign, name, query, made_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, query = excluded.query",
    )?
    .execute(params![f.id, f.login, f.campaign, f.name, f.query, f.made_ms])?;
    Ok(())
}

pub(super) fn remove_filter(conn: &Connection, login: Uuid, id: Uuid) -> Result<bool> {
    let gone = conn
        .prepare_cached("DELETE FROM saved_filters WHERE id = ?1 AND login = ?2")?
        .execute([id, login])?;
    Ok(gone > 0)
}
