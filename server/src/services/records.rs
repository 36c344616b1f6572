//! Lists of records by filter, and one record in full.
//!
//! Invariant: of a sealed sheet only progress is given: no answer, no note, no photo, no score, whoever asks.
//! Leaves out: changing anything.

use ledger::{HistoryEntry, RecordView as View};
use merge::{Dot, Value};
use protocol::problem::Code;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

use super::campaign::Campaign;
use super::project::{self, Projected};
use super::record_order::{cursor, order, parse_cursor};
use super::shown::{self, SheetForm};
use super::sync::Context;
use super::{conflicts, held, sheets};
use crate::blobs::BlobHash;
use crate::error::Result;
use crate::model::{
    Bilingual, ChecklistHead, ClockLine, FieldLine, FilterOptions, HistoryLine, ItemLine,
    Neighbours, PhotoView, RecordFilter, RecordPage, RecordRow, RecordTile, RecordView, Section,
    Shown,
};
use crate::store::{Entry, EntryFilter, Photo, Search, Tx};

/// The choices of the filter row.
pub fn options(c: &Campaign) -> FilterOptions {
    let townships = c.townships.keys();
    let mut authors: Vec<(Uuid, String)> = c
        .accounts
        .values()
        .map(|a| (a.id, a.name.clone()))
        .collect();
    authors.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
    let mut villages: Vec<(String, String)> = c
        .sites
        .values()
        .filter_map(|s| {
            let (code, town) = (s.village.as_deref()?, s.township.as_deref()?);
            let name = format!("{} {}", c.township_name(town), c.township_name(code));
            Some((code.to_owned(), name))
        })
        .collect();
    villages.sort();
    villages.dedup();
    FilterOptions {
        villages,
        townships: townships
            .map(|code| (code.clone(), c.township_name(code)))
            .collect(),
        groups: c.groups.iter().map(shown::group_head).collect(),
        authors,
    }
}

fn search(c: &Campaign, q: &str) -> Search {
    let sites = c.sites.values().filter(|s| s.name.contains(q));
    let authors = c.accounts.values().filter(|a| a.name.contains(q));
    Search {
        text: q.to_owned(),
        sites: sites.map(|s| s.id).collect(),
        authors: authors.map(|a| a.id).collect(),
        id: Uuid::try_parse(q).ok(),
    }
}

/// What a filter means for the store.
pub(super) fn entry_filter(c: &Campaign, f: &RecordFilter) -> EntryFilter {
    let of_kind = |kind| {
        let sites = c.sites.values().filter(move |s| s.kind == kind);
        sites.map(|s| s.id).collect()
    };
    let q = f.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    EntryFilter {
        campaign: c.id,
        kind: f.record_kind.clone(),
        township: f.township.clone(),
        group: f.group,
        sites: f.site_kind.map(of_kind),
        author: f.author,
        state: f.state.clone(),
        conflict_only: f.conflict_only,
        clock_only: f.clock_only,
        photos_only: f.photos_only,
        search: q.map(|q| search(c, q)),
    }
}

/// One page of records in the order asked for, newest arrival first if none is.
///
/// # Errors
/// `BadRequest` for a bad cursor or column.
pub fn page(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, f: &RecordFilter) -> Result<RecordPage> {
    let filter = entry_filter(c, f);
    let order = order(c, f)?;
    let place = |text| parse_cursor(&order, text);
    let after = f.cursor.as_deref().map(place).transpose()?;
    let limit = f.limit.clamp(1, 200);
    let (mut found, total) = tx.entry_page(&filter, &order, after.as_ref(), limit + 1)?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().map(|(key, _)| cursor(key));
    let mut rows = Vec::with_capacity(found.len());
    for (_, entry) in &found {
        rows.push(shown::row(tx, ctx, c, entry)?);
    }
    Ok(RecordPage {
        rows,
        total,
        next_cursor: last.filter(|_| more),
    })
}

/// What stands beside a record in a list.
///
/// # Errors
/// `BadRequest` for a column there is not.
pub fn neighbours(
    tx: &mut dyn Tx,
    c: &Campaign,
    f: &RecordFilter,
    id: Uuid,
) -> Result<Option<Neighbours>> {
    let order = order(c, f)?;
    let around = tx.entry_around(&entry_filter(c, f), &order, id)?;
    Ok(around.map(|a| Neighbours {
        previous: a.previous,
        next: a.next,
        place: a.before + 1,
        total: a.total,
    }))
}

/// Photos on a tile.
const TILE_PHOTOS: usize = 4;

/// Records with the first of their photos; of what is sealed none.
///
/// # Errors
/// The database's.
pub fn tiles(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    rows: Vec<RecordRow>,
) -> Result<Vec<RecordTile>> {
    let mut tiles = Vec::with_capacity(rows.len());
    for row in rows {
        let all = if row.sealed {
            Vec::new()
        } else {
            tx.photos(c.id, Some(row.id))?
        };
        let mut photos = Vec::new();
        for photo in all.iter().take(TILE_PHOTOS) {
            photos.extend(photo_view(tx, ctx, photo)?);
        }
        tiles.push(RecordTile {
            row,
            photos,
            more: all.len().saturating_sub(TILE_PHOTOS) as u32,
        });
    }
    Ok(tiles)
}

/// What a photo's own record would be in the lists, if photos stood there: the place, group and form of what it belongs
/// to, and so its seal.
fn of_photo(tx: &mut dyn Tx, c: &Campaign, id: Uuid) -> Result<Option<Entry>> {
    let Some(view) = tx.view(id)? else {
        return Ok(None);
    };
    let Projected::Photo(photo) = project::project(c, &view, 0) else {
        return Ok(None);
    };
    let target = tx.entry(photo.target)?.filter(|e| e.campaign == c.id);
    let Some(target) = target else {
        return Ok(None);
    };
    let arrived = tx.history(id)?.into_iter().filter_map(|e| e.arrived_ms);
    Ok(Some(Entry {
        id,
        kind: "photo".to_owned(),
        author: photo.author,
        answered: 0,
        items: 0,
        conflicts: view.conflicts().count() as u32,
        score_e4: None,
        written_ms: photo.written_ms,
        arrived_ms: arrived.max().unwrap_or_default(),
        deleted: photo.deleted || target.deleted,
        ..target
    }))
}

/// The entry of a record; of one that is held as a whole, what is known of it.
///
/// # Errors
/// `NotFound`.
pub fn entry(tx: &mut dyn Tx, c: &Campaign, id: Uuid) -> Result<Entry> {
    if let Some(entry) = tx.entry(id)?.filter(|e| e.campaign == c.id) {
        return Ok(entry);
    }
    if let Some(entry) = of_photo(tx, c, id)? {
        return Ok(entry);
    }
    let mut about = tx
        .all_held(c.id)?
        .into_iter()
        .filter(|h| h.record == Some(id));
    let held = about.next().ok_or(Code::NotFound)?;
    let site = held.site.and_then(|s| c.sites.get(&s));
    Ok(Entry {
        id,
        campaign: c.id,
        kind: held.kind.clone(),
        site: held.site,
        township: site.and_then(|s| s.township.clone()),
        group: c.accounts.get(&held.account).and_then(|a| a.group),
        author: held.account,
        state: "draft".to_owned(),
        written_ms: held.written_ms.unwrap_or(0),
        arrived_ms: held.arrived_ms,
        ..Entry::default()
    })
}

/// One record with everything the office may see of it.
///
/// # Errors
/// `NotFound`.
pub fn one(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, id: Uuid) -> Result<RecordView> {
    let entry = entry(tx, c, id)?;
    let view = tx.view(id)?.ok_or(Code::NotFound)?;
    let sealed = shown::is_sealed(c, &entry);
    let form = SheetForm::of(c, &view);
    let form = form.as_ref();
    let all_photos = if sealed {
        Vec::new()
    } else if let Projected::Photo(own) = project::project(c, &view, 0) {
        vec![*own]
    } else {
        tx.photos(c.id, Some(id))?
    };
    let mut photos = Vec::with_capacity(all_photos.len());
    for photo in &all_photos {
        photos.extend(photo_view(tx, ctx, photo)?);
    }
    let count = |item: &str| {
        let of = all_photos
            .iter()
            .filter(|p| p.item.as_deref() == Some(item));
        of.count() as u32
    };
    let opened = sheets::opened(view.get("opened"));
    let checklist = opened.and_then(|o| c.checklists.get(&(o.code, o.version)));
    Ok(RecordView {
        head: shown::row(tx, ctx, c, &entry)?,
        checklist: checklist.map(|e| ChecklistHead {
            title: both(&e.checklist.title_zh, &e.checklist.title_en),
            version: i64::from(e.checklist.version),
            proposal: e.checklist.status == domain::builtin::checklist_status(),
        }),
        sections: match form {
            Some(form) if !sealed => sections(c, &view, form, count),
            _ => Vec::new(),
        },
        fields: if sealed {
            Vec::new()
        } else {
            fields(c, &view, form)
        },
        photos,
        conflicts: conflicts::of_record(tx, ctx, c, &view, form, sealed)?,
        history: history(tx, c, &view, form, sealed)?,
        held: held::about(tx, c, id)?,
        clocks: clocks(tx, c, id)?,
    })
}

/// Clocks that were wrong: of each device the worst of each kind.
fn clocks(tx: &mut dyn Tx, c: &Campaign, id: Uuid) -> Result<Vec<ClockLine>> {
    let mut worst: BTreeMap<(Uuid, bool), i64> = BTreeMap::new();
    for flag in tx.clock_flags(id)? {
        let by = worst.entry((flag.dot.log.device, flag.kind == "back"));
        let by = by.or_insert(flag.by_ms);
        if flag.by_ms.abs() > by.abs() {
            *by = flag.by_ms;
        }
    }
    let mut lines = Vec::new();
    for ((device, went_back), by_ms) in worst {
        let Some(device) = tx.device(device)? else {
            continue;
        };
        lines.push(ClockLine {
            who: c.account_name(device.account),
            device: device.name,
            went_back,
            by_ms,
        });
    }
    Ok(lines)
}

/// A photo as pages show it; none if its record is gone.
pub(super) fn photo_view(
    tx: &mut dyn Tx,
    ctx: &Context,
    photo: &Photo,
) -> Result<Option<PhotoView>> {
    let Some(view) = tx.view(photo.id)? else {
        return Ok(None);
    };
    let here = |hash: Option<[u8; 32]>| {
        let hash = BlobHash::from_bytes(hash?);
        let found = ctx.blobs.finished_size(hash).ok().flatten();
        found.map(|_| format!("sha256:{hash}"))
    };
    let image = view.get("image");
    // The field is for later edits; the first caption came with the image.
    let caption = view.get("caption").as_text().or(image.at(16).as_text());
    Ok(Some(PhotoView {
        id: photo.id,
        thumbnail: here(photo.thumb),
        stored: here(photo.stored),
        caption: caption.unwrap_or_default().to_owned(),
        item: photo.item.clone(),
        taken_ms: image.at(11).as_int(),
        from_album: image.at(15).as_text() == Some("album"),
        place_e7: image.at(12).as_int().zip(image.at(13).as_int()),
    }))
}

fn both(zh: &str, en: &str) -> Bilingual {
    Bilingual {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

/// Answers by section; for a sheet that is not sealed.
pub(super) fn sections(
    c: &Campaign,
    view: &View,
    form: &SheetForm,
    photos: impl Fn(&str) -> u32,
) -> Vec<Section> {
    let unsettled: Vec<&str> = view.conflicts().map(|(field, _)| field).collect();
    let score = sheets::score(view, form.checklist, form.form).ok();
    let one = |section: &domain::checklist::Section| {
        let own = form.checklist.lines(form.form).iter();
        let own = own.filter(|i| i.section == section.code);
        let items: Vec<ItemLine> = own
            .map(|item| {
                let field = format!("answer/{}", item.id);
                let conflict = unsettled.contains(&field.as_str());
                let value = Some(view.get(&field)).filter(|v| **v != Value::Null);
                let line = score
                    .as_ref()
                    .and_then(|s| s.lines.iter().find(|l| l.id == item.id));
                ItemLine {
                    item: item.id.clone(),
                    text: both(&item.title_zh, &item.title_en),
                    max_e4: item.max_e4,
                    answer: value.map(|v| shown::value(c, Some(form), "sheet", &field, v)),
                    earned_e4: line.and_then(|l| l.points_e4).filter(|_| !conflict),
                    conflict,
                    photos: photos(&item.id),
                }
            })
            .collect();
        let settled = items.iter().all(|i| !i.conflict);
        let total = score
            .as_ref()
            .and_then(|s| s.sections.iter().find(|s| s.code == section.code));
        Section {
            title: both(&section.label_zh, section.code.en()),
            earned_e4: total.filter(|_| settled).map(|t| (t.earned_e4, t.max_e4)),
            items,
        }
    };
    form.checklist.sections.iter().map(one).collect()
}

fn fields(c: &Campaign, view: &View, form: Option<&SheetForm>) -> Vec<FieldLine> {
    let plain = view
        .fields
        .iter()
        .filter(|(field, _)| !field.starts_with("answer/") && field.as_ref() != "opened");
    plain
        .filter_map(|(field, live)| {
            let first = live.first()?;
            Some(FieldLine {
                field: field.to_string(),
                value: shown::value(c, form, &view.kind, field, &first.value),
                conflict: live.iter().any(|l| l.value != first.value),
            })
        })
        .collect()
}

/// Every change of a record, latest first.
pub(super) fn history(
    tx: &mut dyn Tx,
    c: &Campaign,
    view: &View,
    form: Option<&SheetForm>,
    sealed: bool,
) -> Result<Vec<HistoryLine>> {
    let entries = tx.history(view.id)?;
    let values: HashMap<Dot, Value> = entries.iter().map(|e| (e.dot, e.value.clone())).collect();
    let flags = tx.clock_flags(view.id)?.into_iter();
    let back: HashMap<Dot, i64> = flags
        .filter(|f| f.kind == "back")
        .map(|f| (f.dot, f.by_ms))
        .collect();
    let mut lines = Vec::with_capacity(entries.len());
    for e in entries.iter().rev() {
        let mut one = line(tx, c, view, form, sealed, e, &values)?;
        one.by.back_ms = back.get(&e.dot).copied();
        lines.push(one);
    }
    Ok(lines)
}

fn line(
    tx: &mut dyn Tx,
    c: &Campaign,
    view: &View,
    form: Option<&SheetForm>,
    sealed: bool,
    e: &HistoryEntry,
    values: &HashMap<Dot, Value>,
) -> Result<HistoryLine> {
    // State is progress; everything else of a sealed sheet stays closed, even which item it is.
    let closed = sealed && e.field != "state";
    let show = |v: &Value| {
        if closed {
            return Shown::Sealed;
        }
        shown::value(c, form, &view.kind, &e.field, v)
    };
    let by = shown::origin(tx, c, &e.dot, e.at_ms, e.arrived_ms.unwrap_or(e.at_ms))?;
    let given = tx.act(&e.dot)?.map(|(_, reason)| reason);
    let own = (e.field == "state").then(|| e.value.at(1).as_text().map(str::to_owned));
    let kept = (!e.applied).then(|| "quarantined".to_owned());
    Ok(HistoryLine {
        field: if closed {
            e.field.split('/').next().unwrap_or_default().to_owned()
        } else {
            e.field.clone()
        },
        label: shown::label(form, &e.field).filter(|_| !closed),
        by,
        old: e
            .supersedes
            .iter()
            .filter_map(|d| values.get(d))
            .map(show)
            .collect(),
        new: show(&e.value),
        verdict: e.refused.clone().or(kept),
        reason: given.or(own.flatten()).filter(|r| !r.is_empty()),
    })
}

/// How many submitted sheets of a group have lines without an answer.
///
/// # Errors
/// The database's.
pub fn unanswered(tx: &mut dyn Tx, c: &Campaign, group: Uuid) -> Result<u64> {
    let all = tx.entries(c.id, Some("sheet"))?.into_iter();
    let open = all.filter(|e| {
        let entered = !["refused", "absent"].contains(&e.visit.as_str());
        e.group == Some(group) && e.state == "submitted" && entered && e.answered < e.items
    });
    Ok(open.count() as u64)
}

/// Rows of the sheets of one group in a state.
///
/// # Errors
/// The database's.
pub fn in_state(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    group: Uuid,
    state: &str,
) -> Result<Vec<RecordRow>> {
    let mut rows = Vec::new();
    for e in tx.entries(c.id, Some("sheet"))? {
        if e.group == Some(group) && e.state == state {
            rows.push(shown::row(tx, ctx, c, &e)?);
        }
    }
    Ok(rows)
}
