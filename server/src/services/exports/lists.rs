//! Records, answers and sites as rows of tables.
//!
//! Invariant: a record's row says what its row on the page says; answers only of sheets that are not sealed.
//! Leaves out: files.

use std::collections::HashMap;

use documents::export::{AnswerRow, RecordRow, SiteRow};
use uuid::Uuid;

use super::Wanted;
use crate::auth::{On, Reach};
use crate::error::Result;
use crate::i18n::Lang;
use crate::model::Shown;
use crate::services::campaign::{Campaign, Site};
use crate::services::shown::{self, SheetForm};
use crate::services::sync::Context;
use crate::services::{households, photos, record_order, records, sheets};
use crate::store::{Entry, Photo, Tx};

/// Entries read at once.
const PAGE: u32 = 2_000;

/// Goes through the entries that fit, in the order asked for.
pub(super) fn each_entry(
    tx: &mut dyn Tx,
    c: &Campaign,
    reach: &Reach,
    wanted: &Wanted,
    mut take: impl FnMut(&mut dyn Tx, &Entry) -> Result<()>,
) -> Result<()> {
    let filter = records::entry_filter(c, &wanted.filter);
    let order = record_order::order(c, &wanted.filter)?;
    let mut after = None;
    loop {
        let (found, _) = tx.entry_page(&filter, &order, after.as_ref(), PAGE)?;
        let last = found.last().map(|(key, _)| key.clone());
        for (_, entry) in &found {
            if covered(c, reach, entry.township.as_deref(), entry.group) {
                take(tx, entry)?;
            }
        }
        if found.len() < PAGE as usize {
            return Ok(());
        }
        after = last;
    }
}

/// Whether somebody's reach covers something of a township and group.
pub(super) fn covered(
    c: &Campaign,
    reach: &Reach,
    township: Option<&str>,
    group: Option<Uuid>,
) -> bool {
    reach.covers(On {
        group: group.and_then(|g| c.group(g)).map(|g| g.number),
        units: township.as_slice(),
    })
}

/// Photos of a campaign by the record they belong to.
pub(super) fn photos_by_record(tx: &mut dyn Tx, c: &Campaign) -> Result<HashMap<Uuid, Vec<Photo>>> {
    let mut by_record: HashMap<Uuid, Vec<Photo>> = HashMap::new();
    for photo in tx.photos(c.id, None)? {
        by_record.entry(photo.target).or_default().push(photo);
    }
    Ok(by_record)
}

/// Gives a row for each record that fits; returns how many.
pub(super) fn records(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    reach: &Reach,
    wanted: &Wanted,
    mut give: impl FnMut(&RecordRow) -> Result<()>,
) -> Result<usize> {
    let t = wanted.lang;
    let by_record = photos_by_record(tx, c)?;
    let mut count = 0;
    each_entry(tx, c, reach, wanted, |_, e| {
        let own = by_record.get(&e.id).map_or(&[][..], Vec::as_slice);
        let (arrived, promised) = photos::counts(ctx, own);
        count += 1;
        give(&record(c, t, e, (arrived.into(), promised.into())))
    })?;
    Ok(count)
}

fn record(c: &Campaign, t: Lang, e: &Entry, photos: (i64, i64)) -> RecordRow {
    let sealed = shown::is_sealed(c, e);
    let site = e.site.and_then(|s| c.sites.get(&s));
    let is_sheet = e.kind == "sheet";
    let state = if ["refused", "absent"].contains(&e.visit.as_str()) {
        &e.visit
    } else {
        &e.state
    };
    let word = |word: &str| (is_sheet && !word.is_empty()).then(|| t.word_of(word));
    RecordRow {
        id: e.id.to_string(),
        group: e.group.and_then(|g| c.group(g)).map(|g| g.number),
        township: e.township.as_deref().map(|code| c.township_name(code)),
        village: site.and_then(|s| village(c, s)).map(|(_, name)| name),
        title: shown::title(c, e),
        kind: t.word_of(&e.kind),
        site_kind: site.map(|s| t.site_kind(&s.kind).to_owned()),
        observer: shown::author_name(c, e.author),
        form: word(&e.form),
        state: word(state),
        score_e4: e.score_e4.filter(|_| !sealed),
        answered: is_sheet.then(|| e.answered.into()),
        items: is_sheet.then(|| e.items.into()),
        written_ms: Some(e.written_ms).filter(|ms| *ms > 0),
        arrived_ms: Some(e.arrived_ms),
        photos_arrived: photos.0,
        photos: photos.1,
        conflicts: e.conflicts.into(),
        sealed,
    }
}

/// Code and name of a site's village.
pub(super) fn village(c: &Campaign, site: &Site) -> Option<(String, String)> {
    let code = site.village.as_deref()?;
    let found = c.divisions.get(code);
    let name = found.map_or(code, |d| d.label());
    Some((code.to_owned(), name.to_owned()))
}

/// Gives a row for each answer of each sheet that fits and is not sealed; returns how many.
pub(super) fn answers(
    tx: &mut dyn Tx,
    c: &Campaign,
    reach: &Reach,
    wanted: &Wanted,
    mut give: impl FnMut(&AnswerRow) -> Result<()>,
) -> Result<usize> {
    let t = wanted.lang;
    let by_record = photos_by_record(tx, c)?;
    let mut count = 0;
    each_entry(tx, c, reach, wanted, |tx, e| {
        if e.kind != "sheet" || shown::is_sealed(c, e) {
            return Ok(());
        }
        let Some(view) = tx.view(e.id)? else {
            return Ok(());
        };
        let Some(form) = SheetForm::of(c, &view) else {
            return Ok(());
        };
        let own = by_record.get(&e.id).map_or(&[][..], Vec::as_slice);
        let photos = |item: &str| {
            let of = own.iter().filter(|p| p.item.as_deref() == Some(item));
            of.count() as u32
        };
        let head = AnswerRow {
            sheet: e.id.to_string(),
            group: e.group.and_then(|g| c.group(g)).map(|g| g.number),
            township: e.township.as_deref().map(|code| c.township_name(code)),
            site: shown::title(c, e),
            observer: shown::author_name(c, e.author),
            checklist: sheets::opened(view.get("opened"))
                .map(|o| format!("{} v{}", o.code, o.version))
                .unwrap_or_default(),
            ..AnswerRow::default()
        };
        for section in records::sections(c, &view, &form, photos) {
            for line in section.items.into_iter().filter(|l| l.answer.is_some()) {
                count += 1;
                give(&answer(t, &head, t.both(&section.title), line))?;
            }
        }
        Ok(())
    })?;
    Ok(count)
}

fn answer(t: Lang, head: &AnswerRow, section: &str, line: crate::model::ItemLine) -> AnswerRow {
    let (text, note, reasons) = match line.answer {
        Some(Shown::Answer {
            mark,
            note,
            reasons,
        }) => (t.value(&mark), note, reasons.join("；")),
        Some(other) => (t.value(&other), None, String::new()),
        None => Default::default(),
    };
    AnswerRow {
        section: section.to_owned(),
        title: t.both(&line.text).to_owned(),
        item: line.item,
        max_e4: line.max_e4,
        earned_e4: line.earned_e4,
        answer: text,
        note,
        reasons,
        photos: line.photos.into(),
        conflict: line.conflict,
        ..head.clone()
    }
}

/// Name of a site; of a household with the codes that were noted of it.
fn with_code(tx: &mut dyn Tx, c: &Campaign, site: &Site) -> Result<String> {
    if site.kind != domain::SiteKind::Household {
        return Ok(site.name.clone());
    }
    let noted = households::noted_of(tx, c, site)?;
    let mut codes: Vec<&str> = noted
        .iter()
        .map(|n| n.code())
        .filter(|v| !v.is_empty())
        .collect();
    codes.dedup();
    let parts = [site.name.as_str()].into_iter().chain(codes);
    Ok(parts.collect::<Vec<_>>().join(" "))
}

/// The sites of a campaign in the order of its route.
pub(super) fn sites(
    tx: &mut dyn Tx,
    c: &Campaign,
    reach: &Reach,
    wanted: &Wanted,
) -> Result<Vec<SiteRow>> {
    let (t, lang) = (wanted.lang, super::language(wanted.lang));
    let mut rows = Vec::new();
    for site in c.route.iter().filter_map(|id| c.sites.get(id)) {
        let group = c.group_of_site(site);
        if !covered(c, reach, site.township.as_deref(), group) {
            continue;
        }
        let spec = tx.live(site.id, "spec")?;
        let spec = spec.first().map(|live| &live.value);
        let degree = |at| spec.and_then(|v| v.at(at).as_int());
        let row = SiteRow {
            id: site.id.to_string(),
            kind: t.site_kind(&site.kind).to_owned(),
            household: site.kind == domain::SiteKind::Household,
            name: match wanted.internal {
                true => with_code(tx, c, site)?,
                false => site.name.clone(),
            },
            township: site
                .township
                .as_ref()
                .map(|code| (code.clone(), c.township_name(code))),
            village: village(c, site),
            group: group.and_then(|g| c.group(g)).map(|g| g.number),
            order: site.order,
            nominated: site.nominated,
            struck: site.struck.clone(),
            place_e7: degree(5).zip(degree(6)),
        };
        rows.push(row.shown(wanted.internal, lang));
    }
    Ok(rows)
}
