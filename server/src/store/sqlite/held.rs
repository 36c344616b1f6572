//! What came in and is not counted.

use merge::LogId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::error::Result;
use crate::store::{Held, HeldDecision};

const HELD: &str = "SELECT id, campaign, code, device, scope, epoch, first, last, record, kind, site, account, why,
    changes, written_ms, arrived_ms, accepted, reason, by, decided_ms, branch FROM held";

fn read(r: &Row<'_>) -> rusqlite::Result<Held> {
    let epoch: i64 = r.get(5)?;
    let accepted: Option<bool> = r.get(16)?;
    let decided_ms: Option<i64> = r.get(19)?;
    let (reason, by) = (r.get(17)?, r.get(18)?);
    Ok(Held {
        id: r.get(0)?,
        campaign: r.get(1)?,
        code: r.get(2)?,
        log: LogId {
            branch: r.get::<_, i64>(20)? as u64,
            ..LogId::new(r.get(3)?, r.get(4)?, epoch as u64)
        },
        seqs: (r.get::<_, i64>(6)? as u64, r.get::<_, i64>(7)? as u64),
        record: r.get(8)?,
        kind: r.get(9)?,
        site: r.get(10)?,
        account: r.get(11)?,
        why: r.get(12)?,
        changes: r.get(13)?,
        written_ms: r.get(14)?,
        arrived_ms: r.get(15)?,
        decided: accepted
            .zip(decided_ms)
            .map(|(accepted, at_ms)| HeldDecision {
                accepted,
                reason,
                by,
                at_ms,
            }),
    })
}

pub(super) fn put(conn: &Connection, h: &Held) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO held (id, campaign, code, device, scope, epoch, first, last, record, kind, site, account, why,
             changes, written_ms, arrived_ms, branch)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
         ON CONFLICT (id) DO UPDATE SET last = max(last, excluded.last), changes = changes + excluded.changes,
             arrived_ms = excluded.arrived_ms",
    )?
    .execute(params![
        h.id,
        h.campaign,
        h.code,
        h.log.device,
        h.log.scope,
        h.log.epoch as i64,
        h.seqs.0 as i64,
        h.seqs.1 as i64,
        h.record,
        h.kind,
        h.site,
        h.account,
        h.why,
        h.changes,
        h.written_ms,
        h.arrived_ms,
        h.log.branch as i64
    ])?;
    Ok(())
}

pub(super) fn one(conn: &Connection, id: Uuid) -> Result<Option<Held>> {
    let mut query = conn.prepare_cached(&format!("{HELD} WHERE id = ?1"))?;
    Ok(query.query_row([id], read).optional()?)
}

pub(super) fn all(conn: &Connection, campaign: Uuid) -> Result<Vec<Held>> {
    let sql = format!(
        "{HELD} WHERE campaign = ?1 ORDER BY decided_ms IS NOT NULL, arrived_ms DESC, id DESC"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([campaign], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn decide(conn: &Connection, id: Uuid, d: &HeldDecision) -> Result<()> {
    conn.prepare_cached(
        "UPDATE held SET accepted = ?2, reason = ?3, by = ?4, decided_ms = ?5 WHERE id = ?1",
    )?
    .execute(params![id, d.accepted, d.reason, d.by, d.at_ms])?;
    Ok(())
}
