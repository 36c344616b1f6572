//! Lists of issues, and one in full.
//!
//! Invariant: only what the reader's reach covers; the rest is as if it were not there. A unit sees how its issues stand
//! but not who of the office wrote what. Leaves out: changing anything.

use domain::issue::{Facts, Move, Party, Standing, moves};
use protocol::problem::Code;
use uuid::Uuid;

use super::{case_id, concerns, found, group_number, narrow};
use crate::auth::Reach;
use crate::error::{Error, Result};
use crate::i18n::{day, rfc3339};
use crate::model::{
    Bilingual, CategoryName, HistoryLine, IssueHead, IssueLink, IssueOptions, IssuePage,
    IssueQuery, IssueView, PhotoView, PlaceE7, StandingCount, UnitName,
};
use crate::services::campaign::Campaign;
use crate::services::records;
use crate::services::shown::author_name;
use crate::services::sync::Context;
use crate::store::{IssueFilter, IssueRow, Tx};

/// Rows a page unless asked otherwise, and at most.
const PAGE: (u32, u32) = (50, 200);

/// A unit with its name.
pub(super) fn unit(c: &Campaign, code: &str) -> UnitName {
    UnitName {
        code: code.to_owned(),
        name: c.township_name(code),
    }
}

fn category(code: &str) -> CategoryName {
    let known = domain::builtin::issue_category(code);
    CategoryName {
        code: code.to_owned(),
        name: Bilingual {
            zh: known.map_or_else(|| code.to_owned(), |k| k.zh.clone()),
            en: known.map_or_else(String::new, |k| k.en.clone()),
        },
        due_days: known.and_then(domain::builtin::IssueCategory::due_days),
    }
}

/// How an issue stands on a day.
pub(super) fn standing(i: &IssueRow, today: &str) -> Standing {
    let facts = Facts {
        state: i.state,
        fixed_on_spot: i.fixed,
        merged: i.duplicate_of.is_some(),
        due_on: i.due_on.as_deref(),
        reported_on: i.reported_on.as_deref(),
    };
    facts.standing(today)
}

/// An issue as lists show it.
pub(super) fn head(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    i: &IssueRow,
) -> Result<IssueHead> {
    let photos = tx.photos(c.id, Some(i.id))?.len() as u32;
    let site = i.site.and_then(|s| c.sites.get(&s));
    Ok(IssueHead {
        id: i.id,
        number: i.number.clone(),
        standing: standing(i, &day(ctx.now_ms)).word().to_owned(),
        state: i.state.word().to_owned(),
        category: category(&i.category),
        severity: i.severity.clone(),
        description: i.description.clone(),
        township: i.township.as_deref().map(|code| unit(c, code)),
        village: i.village.as_deref().map(|code| unit(c, code)),
        site: site.map(|s| s.name.clone()),
        place: i.place.clone(),
        group_number: group_number(c, i),
        found_at: rfc3339(i.found_ms),
        found_by: author_name(c, i.author),
        lead_unit: i.lead_unit.as_deref().map(|code| unit(c, code)),
        due_on: i.due_on.clone(),
        photos,
    })
}

fn filter(ctx: &Context, c: &Campaign, q: &IssueQuery) -> Result<IssueFilter> {
    let given = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim);
        text.filter(|t| !t.is_empty()).map(str::to_owned)
    };
    let bad = |what: &str| Error::because(Code::BadRequest, what.to_owned());
    let standing = given(&q.standing).map(|w| Standing::parse(&w).ok_or_else(|| bad("standing")));
    let group = q.group.map(|number| {
        let found = c.groups.iter().find(|g| g.number == number);
        found.map(|g| g.id).ok_or_else(|| bad("group"))
    });
    Ok(IssueFilter {
        campaign: c.id,
        township: given(&q.township),
        category: given(&q.category),
        lead_unit: given(&q.lead_unit),
        q: given(&q.q),
        group: group.transpose()?,
        standing: standing.transpose()?,
        today: day(ctx.now_ms),
        ..IssueFilter::default()
    })
}

fn cursor(text: &str) -> Result<(String, Uuid)> {
    let parts = text.split_once('.');
    let key = parts.and_then(|(id, number)| {
        let number = String::from_utf8(hex::decode(number).ok()?).ok()?;
        Some((number, Uuid::try_parse(id).ok()?))
    });
    key.ok_or_else(|| Error::because(Code::BadRequest, "cursor"))
}

/// A page of the ledger by number, with how many stand how.
///
/// # Errors
/// `BadRequest` for a word, group or cursor that is none.
pub fn page(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    reach: &Reach,
    query: &IssueQuery,
) -> Result<IssuePage> {
    let mut filter = filter(ctx, c, query)?;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    if !narrow(c, reach, &mut filter) {
        return Ok(IssuePage::default());
    }
    let limit = query.limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
    let mut rows = tx.issue_page(&filter, after.as_ref(), limit + 1)?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let last = rows
        .last()
        .map(|i| format!("{}.{}", i.id, hex::encode(&i.number)));
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        items.push(head(tx, ctx, c, row)?);
    }
    let counts = tx.issue_counts(&filter)?.into_iter();
    Ok(IssuePage {
        items,
        next_cursor: last.filter(|_| more),
        counts: counts
            .map(|(s, count)| StandingCount {
                standing: s.word().to_owned(),
                count,
            })
            .collect(),
    })
}

/// The whole ledger as filtered, by number, with how each stands today: for a table.
///
/// # Errors
/// `BadRequest` for a word or group that is none.
pub fn all(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    reach: &Reach,
    query: &IssueQuery,
) -> Result<Vec<(IssueRow, Standing)>> {
    let mut filter = filter(ctx, c, query)?;
    if !narrow(c, reach, &mut filter) {
        return Ok(Vec::new());
    }
    let today = filter.today.clone();
    let rows = tx.issue_page(&filter, None, u32::MAX)?.into_iter();
    Ok(rows
        .map(|i| {
            let stands = standing(&i, &today);
            (i, stands)
        })
        .collect())
}

/// What the ledger's filters and forms offer.
///
/// # Errors
/// The database's.
pub fn options(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    reach: &Reach,
) -> Result<IssueOptions> {
    let mut filter = filter(ctx, c, &IssueQuery::default())?;
    let seen = if narrow(c, reach, &mut filter) {
        tx.issue_page(&filter, None, u32::MAX)?
    } else {
        Vec::new()
    };
    // The county may name any; others are offered what stands in the issues they see.
    let whole = *reach == Reach::County;
    let seen_in = |code: &str| seen.iter().any(|i| i.township.as_deref() == Some(code));
    let seen_by = |id: Uuid| seen.iter().any(|i| i.group == Some(id));
    let townships: Vec<_> = c.townships.keys().filter(|t| whole || seen_in(t)).collect();
    let groups = c.groups.iter().filter(|g| whole || seen_by(g.id));
    let groups = groups.map(|g| g.number).collect();
    let townships = townships.into_iter().map(|code| unit(c, code)).collect();
    let mut leads: Vec<String> = seen.into_iter().filter_map(|i| i.lead_unit).collect();
    leads.sort();
    leads.dedup();
    let known = domain::builtin::issue_categories();
    Ok(IssueOptions {
        townships,
        categories: known.categories.iter().map(|k| category(&k.code)).collect(),
        root_causes: known
            .root_cause_tags
            .iter()
            .map(|t| (t.code.clone(), t.zh.clone()))
            .collect(),
        lead_units: leads
            .iter()
            .filter(|code| !c.townships.contains_key(*code))
            .map(|code| unit(c, code))
            .collect(),
        groups,
    })
}

/// Photos of one record.
pub(super) fn photos(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    id: Uuid,
) -> Result<Vec<PhotoView>> {
    let mut list = Vec::new();
    for photo in tx.photos(c.id, Some(id))? {
        list.extend(records::photo_view(tx, ctx, &photo)?);
    }
    Ok(list)
}

/// The issues that point to one, and those that point to them, and so on.
fn merged(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, id: Uuid) -> Result<Vec<IssueRow>> {
    let mut all: Vec<IssueRow> = Vec::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let filter = IssueFilter {
            campaign: c.id,
            merged_into: Some(id),
            today: day(ctx.now_ms),
            ..IssueFilter::default()
        };
        for row in tx.issue_page(&filter, None, u32::MAX)? {
            if all.iter().all(|known| known.id != row.id) {
                open.push(row.id);
                all.push(row);
            }
        }
    }
    Ok(all)
}

fn history(tx: &mut dyn Tx, c: &Campaign, id: Uuid) -> Result<Vec<HistoryLine>> {
    let mut lines = Vec::new();
    for record in [id, case_id(c, id)] {
        if let Some(view) = tx.view(record)? {
            let of_record = records::history(tx, c, &view, None, false)?;
            // Which issue a case belongs to is no news.
            lines.extend(of_record.into_iter().filter(|l| l.field != "issue"));
        }
    }
    lines.sort_by_key(|l| std::cmp::Reverse(l.by.arrived_ms));
    Ok(lines)
}

fn link(i: &IssueRow) -> IssueLink {
    IssueLink {
        id: i.id,
        number: i.number.clone(),
    }
}

/// What may be done next with an issue; nothing with one that is fixed, merged or not within reach.
pub(super) fn open_moves(i: &IssueRow, party: Party) -> Vec<Move> {
    if i.fixed || i.duplicate_of.is_some() {
        return Vec::new();
    }
    moves(i.state, party)
}

/// One issue in full.
///
/// # Errors
/// `NotFound`, also for what is out of reach.
pub fn view(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    (reach, party): (&Reach, Party),
    id: Uuid,
) -> Result<IssueView> {
    let i = found(tx, c, reach, id)?;
    let under = merged(tx, ctx, c, id)?;
    let mut photo_list = photos(tx, ctx, c, id)?;
    for other in &under {
        photo_list.extend(photos(tx, ctx, c, other.id)?);
    }
    let over = match i.duplicate_of {
        Some(over) => tx.issue(over)?.filter(|o| concerns(c, reach, o)),
        None => None,
    };
    let whole_county = *reach == Reach::County;
    let units = i.assisting_units.iter();
    Ok(IssueView {
        head: head(tx, ctx, c, &i)?,
        position: i.at_e7.map(|(lat_e7, lon_e7)| PlaceE7 {
            lat_e7,
            lon_e7,
            accuracy_m: i.accuracy_m,
        }),
        assisting_units: units.map(|code| unit(c, code)).collect(),
        duplicate_of: over.as_ref().map(link),
        merged: under.iter().map(link).collect(),
        photo_list,
        history: if whole_county {
            history(tx, c, id)?
        } else {
            Vec::new()
        },
        moves: open_moves(&i, party)
            .iter()
            .map(|m| m.word().to_owned())
            .collect(),
        fixed_note: i.fixed_note,
        person: i.person,
        sponsor: i.sponsor,
        measure: i.measure,
        remark: i.remark,
        root_causes: i.root_causes,
        reported_on: i.reported_on,
        closed_on: i.closed_on,
        verifier: i.verifier,
    })
}
