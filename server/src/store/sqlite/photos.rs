//! Photo records and the blobs they refer to.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};
use uuid::Uuid;

use crate::error::Result;
use crate::store::{EntryKey, Photo, PhotoFilter, PhotoRow};

const COLUMNS: &str = "r.id, s.id, s.campaign, p.target, p.item, p.stored, p.thumb, p.deleted, p.kind, p.original,
    p.stored_bytes, p.thumb_bytes, p.author, p.device, p.taken_ms, p.exif_ms, p.lat_e7, p.lon_e7, p.album, p.stage,
    p.written_ms, p.arrived_ms";
const TABLES: &str = "photos p JOIN records r ON r.no = p.no JOIN scopes s ON s.no = p.scope";

fn read(r: &Row<'_>) -> rusqlite::Result<Photo> {
    let (lat, lon): (Option<i64>, Option<i64>) = (r.get(16)?, r.get(17)?);
    Ok(Photo {
        id: r.get(0)?,
        scope: r.get(1)?,
        campaign: r.get(2)?,
        target: r.get(3)?,
        item: r.get(4)?,
        stored: r.get(5)?,
        thumb: r.get(6)?,
        deleted: r.get(7)?,
        kind: r.get(8)?,
        original: r.get(9)?,
        stored_bytes: r.get::<_, Option<i64>>(10)?.map(i64::unsigned_abs),
        thumb_bytes: r.get::<_, Option<i64>>(11)?.map(i64::unsigned_abs),
        author: r.get(12)?,
        device: r.get(13)?,
        taken_ms: r.get(14)?,
        exif_ms: r.get(15)?,
        place_e7: lat.zip(lon),
        album: r.get(18)?,
        stage: r.get(19)?,
        written_ms: r.get(20)?,
        arrived_ms: r.get(21)?,
    })
}

/// Adds or replaces a photo; the time of its first arrival stays.
pub(super) fn put(conn: &Connection, p: &Photo) -> Result<()> {
    let bytes = |n: Option<u64>| n.and_then(|n| i64::try_from(n).ok());
    conn.prepare_cached(
        "INSERT INTO photos (no, scope, target, item, stored, thumb, deleted, kind, original, stored_bytes,
             thumb_bytes, author, device, taken_ms, exif_ms, lat_e7, lon_e7, album, stage, written_ms, arrived_ms)
         SELECT no, scope, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20
         FROM records WHERE id = ?1
         ON CONFLICT (no) DO UPDATE SET target = excluded.target, item = excluded.item, stored = excluded.stored,
             thumb = excluded.thumb, deleted = excluded.deleted, kind = excluded.kind, original = excluded.original,
             stored_bytes = excluded.stored_bytes, thumb_bytes = excluded.thumb_bytes, author = excluded.author,
             device = excluded.device, taken_ms = excluded.taken_ms, exif_ms = excluded.exif_ms,
             lat_e7 = excluded.lat_e7, lon_e7 = excluded.lon_e7, album = excluded.album, stage = excluded.stage,
             written_ms = excluded.written_ms",
    )?
    .execute(params![
        p.id,
        p.target,
        p.item,
        p.stored,
        p.thumb,
        p.deleted,
        p.kind,
        p.original,
        bytes(p.stored_bytes),
        bytes(p.thumb_bytes),
        p.author,
        p.device,
        p.taken_ms,
        p.exif_ms,
        p.place_e7.map(|(lat, _)| lat),
        p.place_e7.map(|(_, lon)| lon),
        p.album,
        p.stage,
        p.written_ms,
        p.arrived_ms
    ])?;
    Ok(())
}

pub(super) fn remove(conn: &Connection, id: Uuid) -> Result<()> {
    conn.prepare_cached("DELETE FROM photos WHERE no = (SELECT no FROM records WHERE id = ?1)")?
        .execute([id])?;
    Ok(())
}

pub(super) fn of(conn: &Connection, campaign: Uuid, target: Option<Uuid>) -> Result<Vec<Photo>> {
    let (condition, key) = match target {
        Some(target) => ("p.target = ?1", target),
        None => ("s.campaign = ?1", campaign),
    };
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE {condition} AND p.deleted = 0");
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([key], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those whose records are deleted.
pub(super) fn deleted(conn: &Connection, campaign: Uuid) -> Result<Vec<Photo>> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE s.campaign = ?1 AND p.deleted = 1");
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([campaign], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn of_blob(conn: &Connection, hash: [u8; 32]) -> Result<Vec<Photo>> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE p.stored = ?1 OR p.thumb = ?1");
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([hash], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Photos with the same original, in order of arrival.
pub(super) fn of_original(conn: &Connection, campaign: Uuid, hash: [u8; 32]) -> Result<Vec<Photo>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE p.original = ?1 AND s.campaign = ?2 AND p.deleted = 0
         ORDER BY p.arrived_ms, p.no"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map(params![hash, campaign], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn blob(id: Uuid) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}

fn marks(ids: &[Uuid]) -> String {
    vec!["?"; ids.len()].join(", ")
}

/// One page, newest arrival first.
pub(super) fn page(
    conn: &Connection,
    f: &PhotoFilter,
    before: Option<EntryKey>,
    limit: u32,
) -> Result<Vec<PhotoRow>> {
    let closed = marks(&f.closed);
    // First what stands in the selected columns, then the conditions, in their order.
    let mut bound: Vec<Value> = f.closed.iter().copied().map(blob).collect();
    bound.push(blob(f.campaign));
    bound.extend(f.closed.iter().copied().map(blob));
    let mut sql = format!(
        "SELECT {COLUMNS}, e.site, e.township, e.title, e.begun_ms, e.written_ms, p.no,
             (SELECT count(*) FROM photos q JOIN scopes t ON t.no = q.scope
              WHERE q.original = p.original AND q.no <> p.no AND q.deleted = 0 AND t.campaign = s.campaign
                  AND t.id NOT IN ({closed}))
         FROM {TABLES} LEFT JOIN entries e ON e.id = p.target
         WHERE s.campaign = ? AND p.deleted = 0 AND s.id NOT IN ({closed})
             AND (e.deleted IS NULL OR e.deleted = 0)"
    );
    let mut and = |condition: &str, value: Option<Value>| {
        if let Some(value) = value {
            sql.push_str(" AND ");
            sql.push_str(condition);
            bound.push(value);
        }
    };
    and("r.id = ?", f.id.map(blob));
    and("e.township = ?", f.township.clone().map(Value::Text));
    and("p.kind = ?", f.kind.clone().map(Value::Text));
    and("p.author = ?", f.author.map(blob));
    and("p.stage = ?", f.stage.clone().map(Value::Text));
    let taken = "coalesce(p.taken_ms, p.written_ms)";
    and(&format!("{taken} >= ?"), f.from_ms.map(Value::Integer));
    and(&format!("{taken} < ?"), f.to_ms.map(Value::Integer));
    let issues = "p.target IN (SELECT id FROM issues WHERE";
    and(
        &format!("{issues} category = ?)"),
        f.category.clone().map(Value::Text),
    );
    if let Some((village, sites)) = &f.village {
        let of_site = marks(sites);
        sql.push_str(&format!(
            " AND (e.site IN ({of_site}) OR {issues} village = ?))"
        ));
        bound.extend(sites.iter().copied().map(blob));
        bound.push(Value::Text(village.clone()));
    }
    if let Some(sites) = &f.sites {
        sql.push_str(&format!(" AND e.site IN ({})", marks(sites)));
        bound.extend(sites.iter().copied().map(blob));
    }
    sql.push_str(
        " AND (p.arrived_ms, p.no) < (?, ?) ORDER BY p.arrived_ms DESC, p.no DESC LIMIT ?",
    );
    let (at, no) = before.unwrap_or((i64::MAX, i64::MAX));
    bound.extend([at, no, i64::from(limit)].map(Value::Integer));
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map(params_from_iter(&bound), |r| {
        let photo = read(r)?;
        let visit: (Option<i64>, Option<i64>) = (r.get(25)?, r.get(26)?);
        Ok(PhotoRow {
            key: (photo.arrived_ms, r.get(27)?),
            photo,
            site: r.get(22)?,
            township: r.get(23)?,
            title: r.get::<_, Option<String>>(24)?.unwrap_or_default(),
            visit_ms: visit.0.zip(visit.1),
            duplicates: r.get(28)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
