//! Projections: what lists and boards show, from the registers of the records that changed.
//!
//! Invariant: a function of the registers, the roster and the time of arrival; run in the transaction of the change;
//! `verify --rebuild` runs it again and compares. Leaves out: sealing (the readers of projections withhold values).

use ledger::RecordView;
use merge::Value;
use protocol::{Scope, ids};
use uuid::Uuid;

use super::campaign::{Campaign, load_device};
use super::{issues, sheets};
use crate::error::Result;
use crate::store::{DeviceRow, Entry, Photo, Tx};

/// What a record is projected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projected {
    /// A row of lists.
    Entry(Box<Entry>),
    /// A photo.
    Photo(Box<Photo>),
    /// A device.
    Device(Box<DeviceRow>),
    /// Nothing: its values are all refused, or its kind is not listed.
    Nothing,
}

/// Brings the projections of these records up to date.
///
/// # Errors
/// The database's.
pub fn records(
    tx: &mut dyn Tx,
    c: &Campaign,
    touched: &[(Uuid, String)],
    arrived_ms: i64,
) -> Result<()> {
    for (id, kind) in touched {
        let Some(view) = tx.view(*id)? else {
            continue;
        };
        match attributed(tx, c, project(c, &view, arrived_ms))? {
            Projected::Entry(entry) => tx.put_entry(&entry)?,
            Projected::Photo(photo) => tx.put_photo(&photo)?,
            Projected::Device(device) => tx.put_device(&device)?,
            Projected::Nothing if kind == "photo" => tx.remove_photo(*id)?,
            Projected::Nothing => tx.remove_entry(*id)?,
        }
        match kind.as_str() {
            "issue" => issues::project(tx, c, *id)?,
            "issue_case" => {
                if let Some(issue) = view.get("issue").as_id() {
                    issues::project(tx, c, issue)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Says whose it is of a record that the office took over from a lost branch: the office's changes have no phone.
pub fn attributed(tx: &mut dyn Tx, c: &Campaign, projected: Projected) -> Result<Projected> {
    let Projected::Entry(mut entry) = projected else {
        return Ok(projected);
    };
    if entry.author.is_nil() {
        let held = tx.all_held(c.id)?.into_iter();
        let mut taken = held.filter(|h| {
            let accepted = h.decided.as_ref().is_some_and(|d| d.accepted);
            accepted && h.code == "forked" && h.record == Some(entry.id)
        });
        if let Some(h) = taken.next() {
            entry.author = h.account;
        }
    }
    Ok(Projected::Entry(entry))
}

/// What one record is projected to.
pub fn project(c: &Campaign, view: &RecordView, arrived_ms: i64) -> Projected {
    let entry = match view.kind.as_str() {
        "photo" => {
            let photo = photo(c, view, arrived_ms);
            return photo.map_or(Projected::Nothing, |p| Projected::Photo(p.into()));
        }
        "device" => {
            return device(c, view).map_or(Projected::Nothing, |d| Projected::Device(d.into()));
        }
        "sheet" => sheet(c, view),
        "issue" => issue(c, view),
        "opinion" | "commendation" => note(c, view),
        "site_facts" => facts(c, view),
        _ => None,
    };
    let Some(mut entry) = entry else {
        return Projected::Nothing;
    };
    let times = view.fields.values().flatten().map(|l| l.at_ms);
    entry.begun_ms = times.clone().min().unwrap_or(0);
    entry.written_ms = times.max().unwrap_or(0);
    entry.arrived_ms = arrived_ms;
    entry.deleted = *view.get("deleted") == Value::Bool(true);
    entry.conflicts = view.conflicts().count() as u32;
    Projected::Entry(Box::new(entry))
}

/// Account of the device that wrote the displayed value of a field.
pub fn author_of(c: &Campaign, view: &RecordView, field: &str) -> Option<Uuid> {
    let dot = view.fields.get(field)?.first()?.dot;
    Some(c.devices.get(&dot.log.device)?.account)
}

fn base(c: &Campaign, view: &RecordView, author: Uuid, site: Option<Uuid>) -> Entry {
    let group = match view.scope {
        Scope::Group { group, .. } => Some(group),
        _ => c.accounts.get(&author).and_then(|a| a.group),
    };
    let place = site.and_then(|s| c.sites.get(&s));
    Entry {
        id: view.id,
        campaign: c.id,
        kind: view.kind.clone(),
        site,
        township: place.and_then(|s| s.township.clone()),
        group,
        author,
        ..Entry::default()
    }
}

fn sheet(c: &Campaign, view: &RecordView) -> Option<Entry> {
    let opened = sheets::opened(view.get("opened"))?;
    let author = match view.scope {
        Scope::Sealed { author, .. } => author,
        _ => match author_of(c, view, "opened") {
            Some(author) => author,
            // Taken over by the office: the id tells whose it is.
            None => {
                let own = |a: &&Uuid| ids::sheet(c.id, opened.site, **a) == view.id;
                *c.accounts.keys().find(own)?
            }
        },
    };
    let mut e = base(c, view, author, Some(opened.site));
    let word = |v: &Value| v.as_text().unwrap_or_default().to_owned();
    e.state = word(view.get("state").at(0));
    if e.state.is_empty() {
        e.state = "draft".to_owned();
    }
    e.visit = word(view.get("visit"));
    e.form = opened.form.word().to_owned();
    let given = view.keyed("answer").filter(|(_, v)| **v != Value::Null);
    e.answered = given.count() as u32;
    let site = c.sites.get(&opened.site)?;
    if let Some(checklist) = c.checklist(&opened.code, opened.version, site) {
        e.items = checklist.lines(opened.form).len() as u32;
        let complete = e.answered >= e.items;
        let score = complete.then(|| sheets::score(view, checklist, opened.form).ok());
        let score = score
            .flatten()
            .filter(domain::sheet::SheetScore::is_complete);
        e.score_e4 = score.and_then(|s| s.score_e4);
    }
    Some(e)
}

fn first_words(text: &str) -> String {
    text.chars().take(40).collect()
}

fn issue(c: &Campaign, view: &RecordView) -> Option<Entry> {
    let told = ["description", "category"]
        .iter()
        .any(|f| *view.get(f) != Value::Null);
    if !told {
        return None;
    }
    // What the office entered or corrected has no phone behind it.
    let mut first = ["found", "description", "category"].into_iter();
    let author = first
        .find_map(|f| author_of(c, view, f))
        .unwrap_or_default();
    let site = view.get("site").as_id();
    let mut e = base(c, view, author, site);
    let place = view.get("place").at(0).as_text();
    e.township = e.township.or(place.map(str::to_owned));
    let number = view.get("number").as_text().unwrap_or_default();
    let words = first_words(view.get("description").as_text().unwrap_or_default());
    e.title = format!("{number} {words}").trim().to_owned();
    let fixed = view.get("fixed_on_spot").at(0).as_bool();
    e.state = if fixed == Some(true) { "fixed" } else { "open" }.to_owned();
    Some(e)
}

fn note(c: &Campaign, view: &RecordView) -> Option<Entry> {
    let entry = view.get("entry");
    if *entry == Value::Null {
        return None;
    }
    let author = author_of(c, view, "entry").unwrap_or_default();
    let mut e = base(c, view, author, entry.at(0).as_id());
    let text = if view.kind == "opinion" {
        entry.at(2)
    } else {
        entry.at(1)
    };
    e.title = first_words(text.as_text().unwrap_or_default());
    Some(e)
}

fn facts(c: &Campaign, view: &RecordView) -> Option<Entry> {
    let Scope::Group { group, .. } = view.scope else {
        return None;
    };
    // The record's id derives from the site's; the group has few enough sites to try.
    let site = c
        .route
        .iter()
        .find(|site| ids::site_facts(c.id, **site, group) == view.id);
    let last = view
        .fields
        .iter()
        .max_by_key(|(_, v)| v.first().map(|l| l.at_ms));
    let (field, _) = last?;
    let author = author_of(c, view, field).unwrap_or_default();
    let mut e = base(c, view, author, site.copied());
    e.title = view.get("name").as_text().unwrap_or_default().to_owned();
    Some(e)
}

fn photo(c: &Campaign, view: &RecordView, arrived_ms: i64) -> Option<Photo> {
    let image = view.get("image");
    let hash = |i: usize| image.at(i).as_bytes().and_then(|b| b.try_into().ok());
    let size = |i: usize| image.at(i).as_int().and_then(|n| u64::try_from(n).ok());
    let word = |v: &Value| v.as_text().map(str::to_owned);
    let first = view.fields.get("image")?.first()?;
    let author = match view.scope {
        Scope::Sealed { author, .. } => author,
        _ => author_of(c, view, "image").unwrap_or_default(),
    };
    Some(Photo {
        id: view.id,
        scope: view.scope.id(),
        campaign: c.id,
        target: image.at(1).as_id()?,
        kind: word(image.at(0))?,
        item: word(image.at(2)),
        original: hash(3),
        stored: hash(5),
        stored_bytes: size(6),
        thumb: hash(9),
        thumb_bytes: size(10),
        author,
        device: first.dot.log.device,
        taken_ms: image.at(11).as_int(),
        exif_ms: image.at(17).as_int(),
        place_e7: image.at(12).as_int().zip(image.at(13).as_int()),
        album: image.at(15).as_text() == Some("album"),
        stage: word(view.get("stage")),
        written_ms: first.at_ms,
        arrived_ms,
        deleted: *view.get("deleted") == Value::Bool(true),
    })
}

fn device(c: &Campaign, view: &RecordView) -> Option<DeviceRow> {
    let d = load_device(view)?;
    Some(DeviceRow {
        id: d.id,
        account: d.account,
        campaign: c.id,
        key: d.key,
        name: d.name,
        enrolled_at_ms: d.enrolled_at_ms,
        counter: 0,
        last_sync_ms: None,
        skew_ms: 0,
        revoked: d.revoked,
        quarantine_bytes: 0,
        left: None,
    })
}
