//! Photo records and the blobs they refer to.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::error::Result;
use crate::store::Photo;

const PHOTO: &str = "SELECT r.id, s.id, s.campaign, p.target, p.item, p.stored, p.thumb, p.deleted
    FROM photos p JOIN records r ON r.no = p.no JOIN scopes s ON s.no = p.scope";

fn read(r: &Row<'_>) -> rusqlite::Result<Photo> {
    Ok(Photo {
        id: r.get(0)?,
        scope: r.get(1)?,
        campaign: r.get(2)?,
        target: r.get(3)?,
        item: r.get(4)?,
        stored: r.get(5)?,
        thumb: r.get(6)?,
        deleted: r.get(7)?,
    })
}

pub(super) fn put(conn: &Connection, p: &Photo) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO photos (no, scope, target, item, stored, thumb, deleted)
         SELECT no, scope, ?2, ?3, ?4, ?5, ?6 FROM records WHERE id = ?1",
    )?
    .execute(params![
        p.id, p.target, p.item, p.stored, p.thumb, p.deleted
    ])?;
    Ok(())
}

pub(super) fn remove(conn: &Connection, id: Uuid) -> Result<()> {
    conn.prepare_cached("DELETE FROM photos WHERE no = (SELECT no FROM records WHERE id = ?1)")?
        .execute([id])?;
    Ok(())
}

pub(super) fn of(conn: &Connection, campaign: Uuid, target: Option<Uuid>) -> Result<Vec<Photo>> {
    let (sql, key) = match target {
        Some(target) => (
            format!("{PHOTO} WHERE p.target = ?1 AND p.deleted = 0"),
            target,
        ),
        None => (
            format!("{PHOTO} WHERE s.campaign = ?1 AND p.deleted = 0"),
            campaign,
        ),
    };
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([key], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn of_blob(conn: &Connection, hash: [u8; 32]) -> Result<Vec<Photo>> {
    let sql = format!("{PHOTO} WHERE p.stored = ?1 OR p.thumb = ?1");
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([hash], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
