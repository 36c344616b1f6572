//! Photo records and the blobs they refer to.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::error::Result;
use crate::store::Photo;

const PHOTO: &str = "SELECT id, scope, campaign, target_kind, target, item, stored, thumb, caption, taken_ms, lat_e7,
    lon_e7, from_album, deleted FROM photos";

fn read(r: &Row<'_>) -> rusqlite::Result<Photo> {
    let place: (Option<i64>, Option<i64>) = (r.get(10)?, r.get(11)?);
    Ok(Photo {
        id: r.get(0)?,
        scope: r.get(1)?,
        campaign: r.get(2)?,
        target_kind: r.get(3)?,
        target: r.get(4)?,
        item: r.get(5)?,
        stored: r.get(6)?,
        thumb: r.get(7)?,
        caption: r.get(8)?,
        taken_ms: r.get(9)?,
        place_e7: place.0.zip(place.1),
        from_album: r.get(12)?,
        deleted: r.get(13)?,
    })
}

pub(super) fn put(conn: &Connection, p: &Photo) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO photos (id, scope, campaign, target_kind, target, item, stored, thumb, caption,
             taken_ms, lat_e7, lon_e7, from_album, deleted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        p.id,
        p.scope,
        p.campaign,
        p.target_kind,
        p.target,
        p.item,
        p.stored,
        p.thumb,
        p.caption,
        p.taken_ms,
        p.place_e7.map(|(lat, _)| lat),
        p.place_e7.map(|(_, lon)| lon),
        p.from_album,
        p.deleted
    ])?;
    Ok(())
}

pub(super) fn remove(conn: &Connection, id: Uuid) -> Result<()> {
    conn.prepare_cached("DELETE FROM photos WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

pub(super) fn of(conn: &Connection, campaign: Uuid, target: Option<Uuid>) -> Result<Vec<Photo>> {
    let (sql, key) = match target {
        Some(target) => (format!("{PHOTO} WHERE target = ?1 AND deleted = 0"), target),
        None => (
            format!("{PHOTO} WHERE campaign = ?1 AND deleted = 0"),
            campaign,
        ),
    };
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([key], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn of_blob(conn: &Connection, hash: [u8; 32]) -> Result<Vec<Photo>> {
    let mut query = conn.prepare_cached(&format!("{PHOTO} WHERE stored = ?1 OR thumb = ?1"))?;
    let rows = query.query_map([hash], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
