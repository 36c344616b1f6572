//! The photos of a campaign as the office looks at them: where each stands, and what is strange about it.
//!
//! Invariant: a photo that is closed until the lock is in no list, raises no flag and is in no count but the one of
//! progress. A flag refuses nothing; it asks a person to look. Leaves out: rights to the bytes (`photos`).

use chrono::{DateTime, NaiveDate, TimeDelta};
use domain::sheet::Form;
use geo::{Distance, Haversine, Point};
use protocol::problem::Code;
use uuid::Uuid;

use super::campaign::Campaign;
use super::photos::counts;
use super::shown;
use super::sync::Context;
use crate::auth::{On, Reach};
use crate::blobs::BlobHash;
use crate::error::Result;
use crate::model::{
    Bilingual, ClosedPhotos, PhotoCard, PhotoDetail, PhotoLink, PhotoPage, PhotoTile, WallFilter,
};
use crate::store::{Entry, EntryKey, Photo, PhotoFilter, PhotoRow, Tx};

/// Further from the site than this is flagged, metres.
pub const FAR_M: u32 = 50;
/// Rows read at once while looking for those that fit.
const BATCH: u32 = 400;
/// Asia/Shanghai is 8 hours ahead of UTC, all year.
const CHINA: TimeDelta = TimeDelta::hours(8);

/// The day in China of a time.
fn day(at_ms: i64) -> Option<NaiveDate> {
    let at = DateTime::from_timestamp_millis(at_ms)?;
    Some(at.checked_add_signed(CHINA)?.date_naive())
}

/// When a day of China begins, ms UTC.
fn begins(day: NaiveDate) -> Option<i64> {
    let midnight = day.and_hms_opt(0, 0, 0)?.checked_sub_signed(CHINA)?;
    Some(midnight.and_utc().timestamp_millis())
}

fn parse_day(text: &str) -> Result<NaiveDate> {
    let parsed = NaiveDate::parse_from_str(text, "%Y-%m-%d");
    parsed.map_err(|_| crate::Error::because(Code::BadRequest, format!("no day: {text}")))
}

/// Scopes whose photos are closed to the office now.
fn closed_scopes(c: &Campaign) -> Vec<Uuid> {
    if c.sheets_open {
        return Vec::new();
    }
    let mut scopes: Vec<Uuid> = c
        .accounts
        .keys()
        .filter(|a| c.group_of(**a).is_some_and(|g| !g.was_opened()))
        .map(|a| c.sealed_scope(*a).id())
        .collect();
    // The same text of the statement, so that it is prepared once.
    scopes.sort_unstable();
    scopes
}

fn sites(c: &Campaign, f: &WallFilter) -> Option<Vec<Uuid>> {
    let q = f.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    if f.site.is_none() && q.is_none() {
        return None;
    }
    let fits = c
        .sites
        .values()
        .filter(|s| f.site.is_none_or(|id| id == s.id));
    let mut ids: Vec<Uuid> = fits
        .filter(|s| q.is_none_or(|q| s.name.contains(q)))
        .map(|s| s.id)
        .collect();
    ids.sort_unstable();
    Some(ids)
}

fn filter(c: &Campaign, f: &WallFilter) -> Result<PhotoFilter> {
    let from = f.from.as_deref().map(parse_day).transpose()?;
    let to = f.to.as_deref().map(parse_day).transpose()?;
    Ok(PhotoFilter {
        campaign: c.id,
        closed: closed_scopes(c),
        id: None,
        township: f.township.clone(),
        sites: sites(c, f),
        village: f.village.as_ref().map(|code| {
            let in_it = c.sites.values();
            let in_it = in_it.filter(|s| s.village.as_deref() == Some(code));
            let mut ids: Vec<Uuid> = in_it.map(|s| s.id).collect();
            ids.sort_unstable();
            (code.clone(), ids)
        }),
        category: f.category.clone(),
        kind: f.kind.clone(),
        author: f.author,
        stage: f.stage.clone(),
        from_ms: from.and_then(begins),
        to_ms: to.and_then(|d| d.succ_opt()).and_then(begins),
    })
}

fn parse_cursor(text: &str) -> Result<EntryKey> {
    let parts = text.split_once('.');
    let key = parts.and_then(|(at, no)| Some((at.parse().ok()?, no.parse().ok()?)));
    key.ok_or_else(|| Code::BadRequest.into())
}

/// One page of photos, newest arrival first.
///
/// # Errors
/// `BadRequest` for a bad cursor or day, the database's.
pub fn page(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    reach: &Reach,
    f: &WallFilter,
) -> Result<PhotoPage> {
    let wanted = filter(c, f)?;
    let mut before = f.cursor.as_deref().map(parse_cursor).transpose()?;
    let limit = f.limit.clamp(1, 200) as usize;
    let mut items: Vec<(EntryKey, PhotoTile)> = Vec::new();
    loop {
        let rows = tx.photo_page(&wanted, before, BATCH)?;
        before = rows.last().map(|row| row.key);
        let is_last = rows.len() < BATCH as usize;
        for row in rows.iter().filter(|row| reaches(c, reach, row)) {
            let fits_flag =
                |t: &PhotoTile| f.flag.as_ref().is_none_or(|flag| t.flags.contains(flag));
            // Flags first: they cost nothing, the state asks the disk.
            let tile = flagged(c, row);
            if !fits_flag(&tile) {
                continue;
            }
            let tile = with_state(ctx, row, tile);
            if f.state.as_ref().is_none_or(|state| tile.state == *state) {
                items.push((row.key, tile));
            }
            if items.len() > limit {
                break;
            }
        }
        if is_last || items.len() > limit {
            break;
        }
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().map(|((at, no), _)| format!("{at}.{no}"));
    let mut tiles: Vec<PhotoTile> = items.into_iter().map(|(_, tile)| tile).collect();
    for tile in &mut tiles {
        tile.caption = caption(tx, tile.id)?;
    }
    Ok(PhotoPage {
        items: tiles,
        next_cursor: last.filter(|_| more),
        closed: closed(tx, ctx, c, &wanted.closed)?,
    })
}

fn closed(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, scopes: &[Uuid]) -> Result<ClosedPhotos> {
    if scopes.is_empty() {
        return Ok(ClosedPhotos::default());
    }
    let mut all = tx.photos(c.id, None)?;
    all.retain(|p| scopes.binary_search(&p.scope).is_ok());
    let (arrived, promised) = counts(ctx, &all);
    Ok(ClosedPhotos { arrived, promised })
}

fn reaches(c: &Campaign, reach: &Reach, row: &PhotoRow) -> bool {
    let site = row.site.and_then(|s| c.sites.get(&s));
    let village = site.and_then(|s| s.village.as_deref());
    let units: Vec<&str> = row.township.as_deref().into_iter().chain(village).collect();
    let group = c.group_of(row.photo.author).map(|g| g.number);
    reach.covers(On {
        group,
        units: &units,
    })
}

fn caption(tx: &mut dyn Tx, id: Uuid) -> Result<String> {
    let Some(view) = tx.view(id)? else {
        return Ok(String::new());
    };
    // The field is for later edits; the first caption came with the image.
    let later = view.get("caption").as_text();
    let text = later.or(view.get("image").at(16).as_text());
    Ok(text.unwrap_or_default().to_owned())
}

/// Metres between a photo and its site.
fn distance_m(c: &Campaign, row: &PhotoRow) -> Option<u32> {
    let site = c.sites.get(&row.site?)?.place_e7?;
    let point = |(lat, lon): (i64, i64)| Point::new(lon as f64 / 1e7, lat as f64 / 1e7);
    let metres = Haversine.distance(point(site), point(row.photo.place_e7?));
    // At most half the Earth's girth; rounded, so that 50.4 m is not over 50.
    Some(metres.round() as u32)
}

fn flags(c: &Campaign, row: &PhotoRow, distance_m: Option<u32>) -> Vec<String> {
    let p = &row.photo;
    let dates = c.dates.as_ref();
    let dates = dates.and_then(|(a, b)| Some((parse_day(a).ok()?, parse_day(b).ok()?)));
    let outside = |at_ms: i64| match (day(at_ms), dates) {
        (Some(day), Some((first, last))) => day < first || day > last,
        _ => false,
    };
    let off_visit = |at_ms: i64| match (day(at_ms), row.visit_ms) {
        (Some(taken), Some((from, to))) => {
            day(from).is_some_and(|from| taken < from) || day(to).is_some_and(|to| taken > to)
        }
        _ => false,
    };
    let found = [
        ("duplicate", row.duplicates > 0),
        (
            "old_photo",
            p.exif_ms.is_some_and(|at| outside(at) || off_visit(at)),
        ),
        ("far", distance_m.is_some_and(|m| m > FAR_M)),
        ("no_position", p.place_e7.is_none()),
        ("outside_dates", p.taken_ms.is_some_and(outside)),
    ];
    let set = found.into_iter().filter(|(_, is_set)| *is_set);
    set.map(|(word, _)| word.to_owned()).collect()
}

/// What an item of a site's checklist asks.
fn item_title(c: &Campaign, site: Option<Uuid>, item: &str) -> Option<Bilingual> {
    let site = c.sites.get(&site?)?;
    let list = c.checklist_for(site)?.for_site(site)?;
    let forms = [Form::Detailed, Form::Quick];
    let line = forms.into_iter().find_map(|form| list.line(form, item))?;
    Some(Bilingual {
        zh: line.title_zh.clone(),
        en: line.title_en.clone(),
    })
}

/// A row as a tile, without what the disk and the record say.
fn flagged(c: &Campaign, row: &PhotoRow) -> PhotoTile {
    let p = &row.photo;
    let distance_m = distance_m(c, row);
    let target = Entry {
        kind: p.kind.clone(),
        site: row.site,
        title: row.title.clone(),
        ..Entry::default()
    };
    PhotoTile {
        id: p.id,
        record: p.target,
        record_kind: p.kind.clone(),
        title: shown::title(c, &target),
        site: row.site,
        township: row.township.as_deref().map(|code| c.township_name(code)),
        item: p.item.clone(),
        item_title: p
            .item
            .as_deref()
            .and_then(|item| item_title(c, row.site, item)),
        author: shown::author_name(c, p.author),
        stage: p.stage.clone(),
        size_bytes: p.stored_bytes,
        taken_ms: p.taken_ms,
        exif_ms: p.exif_ms,
        arrived_ms: p.arrived_ms,
        from_album: p.album,
        lat_e7: p.place_e7.map(|(lat, _)| lat),
        lon_e7: p.place_e7.map(|(_, lon)| lon),
        distance_m,
        duplicates: row.duplicates,
        flags: flags(c, row, distance_m),
        ..PhotoTile::default()
    }
}

fn with_state(ctx: &Context, row: &PhotoRow, tile: PhotoTile) -> PhotoTile {
    let here = |hash: Option<[u8; 32]>| {
        let hash = BlobHash::from_bytes(hash?);
        let size = ctx.blobs.finished_size(hash).ok().flatten()?;
        Some((format!("sha256:{hash}"), size))
    };
    let (stored, thumb) = (here(row.photo.stored), here(row.photo.thumb));
    let sent = || {
        let hash = BlobHash::from_bytes(row.photo.stored?);
        let found = ctx.blobs.progress(row.photo.device, hash).ok().flatten();
        found.map(|(sent, _)| sent).filter(|sent| *sent > 0)
    };
    let (state, here_bytes) = match (&stored, &thumb) {
        _ if row.photo.stored.is_none() => ("reference", 0),
        (Some((_, size)), _) => ("here", *size),
        (None, thumb) => match (sent(), thumb) {
            (Some(sent), _) => ("uploading", sent),
            (None, Some(_)) => ("thumbnail", 0),
            (None, None) => ("announced", 0),
        },
    };
    let is_missing = !["here", "reference"].contains(&state);
    PhotoTile {
        state: state.to_owned(),
        here_bytes,
        missing_since_ms: is_missing.then_some(row.photo.arrived_ms),
        stored: stored.map(|(name, _)| name),
        thumbnail: thumb.map(|(name, _)| name),
        ..tile
    }
}

/// Puts each "after" beside its "before": the n-th of a target and item beside the n-th.
///
/// # Errors
/// The database's.
pub fn paired(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    items: Vec<PhotoTile>,
) -> Result<Vec<PhotoCard>> {
    let mut cards = Vec::with_capacity(items.len());
    for photo in items {
        let pair = match photo.stage {
            Some(_) => pair_of(tx, c, &photo)?,
            None => None,
        };
        match (photo.stage.as_deref(), pair) {
            // It stands beside its "before".
            (Some("after"), Some(_)) => {}
            (Some("before"), Some(after)) => {
                let after = tile(tx, ctx, c, after)?;
                cards.push(PhotoCard { photo, after });
            }
            _ => cards.push(PhotoCard { photo, after: None }),
        }
    }
    Ok(cards)
}

/// The other half of a pair.
fn pair_of(tx: &mut dyn Tx, c: &Campaign, tile: &PhotoTile) -> Result<Option<Uuid>> {
    let mut all = tx.photos(c.id, Some(tile.record))?;
    all.retain(|p| p.item == tile.item);
    all.sort_by_key(|p| (p.written_ms, p.id));
    let of = |stage: &str| -> Vec<&Photo> {
        let staged = all.iter().filter(|p| p.stage.as_deref() == Some(stage));
        staged.collect()
    };
    let (before, after) = (of("before"), of("after"));
    let mut pairs = before.iter().zip(&after);
    Ok(pairs.find_map(|(b, a)| match tile.id {
        id if id == b.id => Some(a.id),
        id if id == a.id => Some(b.id),
        _ => None,
    }))
}

fn row(tx: &mut dyn Tx, c: &Campaign, id: Uuid) -> Result<Option<PhotoRow>> {
    let filter = PhotoFilter {
        campaign: c.id,
        closed: closed_scopes(c),
        id: Some(id),
        ..PhotoFilter::default()
    };
    Ok(tx.photo_page(&filter, None, 1)?.pop())
}

fn tile(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, id: Uuid) -> Result<Option<PhotoTile>> {
    let Some(row) = row(tx, c, id)? else {
        return Ok(None);
    };
    let mut tile = with_state(ctx, &row, flagged(c, &row));
    tile.caption = caption(tx, id)?;
    Ok(Some(tile))
}

/// One photo with everything that is known of it.
///
/// # Errors
/// `NotFound`, also for one that is closed or out of reach.
pub fn one(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    reach: &Reach,
    id: Uuid,
) -> Result<PhotoDetail> {
    let row = row(tx, c, id)?.filter(|row| reaches(c, reach, row));
    let row = row.ok_or(Code::NotFound)?;
    let view = tx.view(id)?.ok_or(Code::NotFound)?;
    let mut tile = with_state(ctx, &row, flagged(c, &row));
    tile.caption = caption(tx, id)?;
    let image = view.get("image");
    let word = |at: usize| image.at(at).as_text().map(str::to_owned);
    let device = c.devices.get(&row.photo.device);
    Ok(PhotoDetail {
        tile,
        original_hash: row.photo.original.map(hex::encode).unwrap_or_default(),
        original_bytes: image.at(4).as_int(),
        stored_hash: row.photo.stored.map(hex::encode),
        width: image.at(7).as_int(),
        height: image.at(8).as_int(),
        strip_px: image.at(19).as_int(),
        no_strip: word(19),
        format: word(20),
        position_from: word(18),
        accuracy_m: image.at(14).as_int(),
        device: device.map(|d| d.name.clone()).unwrap_or_default(),
        same_original: same_original(tx, c, &row.photo)?,
    })
}

fn same_original(tx: &mut dyn Tx, c: &Campaign, photo: &Photo) -> Result<Vec<PhotoLink>> {
    let Some(original) = photo.original else {
        return Ok(Vec::new());
    };
    let closed = closed_scopes(c);
    let mut links = Vec::new();
    for other in tx.photos_of_original(c.id, original)? {
        if other.id == photo.id || closed.binary_search(&other.scope).is_ok() {
            continue;
        }
        let target = tx.entry(other.target)?;
        links.push(PhotoLink {
            id: other.id,
            title: target.map_or_else(String::new, |e| shown::title(c, &e)),
            author: shown::author_name(c, other.author),
        });
    }
    Ok(links)
}

#[cfg(test)]
#[path = "photo_wall_tests.rs"]
mod tests;
