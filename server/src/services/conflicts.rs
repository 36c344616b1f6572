//! Fields with competing values: listing and settling them.
//!
//! Invariant: a settlement supersedes exactly the dots that were shown; if other values are live by now it is refused.
//! A sealed sheet's fields are settled by nobody but their author. Leaves out: what the page looks like.

use domain::schema::FieldType;
use domain::sheet::Mark;
use ledger::{LiveValue, RecordView as View, Verdict};
use merge::{Dot, Value};
use protocol::check::{Fit, fit};
use protocol::problem::Code;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::campaign::Campaign;
use super::office::{Actor, Office, reasoned};
use super::shown::{self, SheetForm};
use super::sync::Context;
use super::{held, project, records, sheets};
use crate::error::{Error, Result};
use crate::model::{Both, Choice, ConflictRow, FieldConflict, PhotoView, Shown, Sibling};
use crate::store::{Entry, Photo, Tx};

/// Longest note of an answer, in characters.
const MAX_NOTE: usize = 2_000;

/// The fields of one record with competing values.
///
/// # Errors
/// The database's.
pub fn of_record(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    view: &View,
    form: Option<&SheetForm>,
    sealed: bool,
) -> Result<Vec<FieldConflict>> {
    let fields: Vec<(String, Vec<LiveValue>)> = view
        .conflicts()
        .map(|(f, l)| (f.to_owned(), l.to_vec()))
        .collect();
    if fields.is_empty() {
        return Ok(Vec::new());
    }
    let arrived: std::collections::HashMap<Dot, i64> = tx
        .history(view.id)?
        .into_iter()
        .filter_map(|e| Some((e.dot, e.arrived_ms?)))
        .collect();
    let all_photos = match sealed {
        true => Vec::new(),
        false => tx.photos(c.id, Some(view.id))?,
    };
    let mut list = Vec::new();
    for (field, live) in fields {
        let mut siblings = Vec::new();
        for l in &live {
            let at = arrived.get(&l.dot).copied().unwrap_or(l.at_ms);
            siblings.push(Sibling {
                dot: shown::dot_text(&l.dot),
                value: if sealed {
                    Shown::Sealed
                } else {
                    shown::value(c, form, &view.kind, &field, &l.value)
                },
                by: shown::origin(tx, c, &l.dot, l.at_ms, at)?,
                photos: photos_of(tx, ctx, c, &all_photos, &field, &l.dot, &live)?,
            });
        }
        list.push(FieldConflict {
            label: shown::label(form, &field).filter(|_| !sealed),
            input: shown::input(form, &view.kind, &field),
            both: both(&view.kind, &field, &siblings).filter(|_| !sealed),
            field: if sealed { "answer".to_owned() } else { field },
            siblings,
            sealed,
        });
    }
    Ok(list)
}

/// What the writer of a value photographed of it: of the line an answer is about, else of the record. Two phones of one
/// person are told apart by the phone.
fn photos_of(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    all: &[Photo],
    field: &str,
    dot: &Dot,
    live: &[LiveValue],
) -> Result<Vec<PhotoView>> {
    let account = |device: &Uuid| c.devices.get(device).map(|d| d.account);
    let Some(author) = account(&dot.log.device) else {
        return Ok(Vec::new());
    };
    let same = live
        .iter()
        .filter(|l| account(&l.dot.log.device) == Some(author));
    let by_device = same.count() > 1;
    let item = field.strip_prefix("answer/");
    let own = all.iter().filter(|p| {
        let of_line = item.is_none() || p.item.as_deref() == item;
        let by_writer = match by_device {
            true => p.device == dot.log.device,
            false => p.author == author,
        };
        of_line && by_writer
    });
    let mut views = Vec::new();
    for photo in own {
        views.extend(records::photo_view(tx, ctx, photo)?);
    }
    Ok(views)
}

/// Texts joined, each once: in one line if they are short.
fn joined(texts: &[&str], most: usize) -> Option<String> {
    let mut each: Vec<&str> = Vec::new();
    for text in texts.iter().map(|t| t.trim()).filter(|t| !t.is_empty()) {
        if !each.contains(&text) {
            each.push(text);
        }
    }
    let short = each
        .iter()
        .all(|t| t.chars().count() <= 40 && !t.contains('\n'));
    let text = each.join(if short { "；" } else { "\n" });
    (each.len() > 1 && text.chars().count() <= most).then_some(text)
}

/// All values as one. Nothing for numbers, words, and what is one thing by its nature; photos need none: each is a record
/// of its own, and all of them stay.
fn both(kind: &str, field: &str, siblings: &[Sibling]) -> Option<Both> {
    let texts: Option<Vec<&str>> = siblings.iter().map(|s| s.value.text()).collect();
    if let (Some(texts), Some((_, spec))) = (texts, protocol::check::spec(kind, field))
        && let FieldType::Text(most) = spec.ty
    {
        let text = joined(&texts, most)?;
        return Some(Both { text, mark: None });
    }
    let answers: Option<Vec<_>> = siblings.iter().map(|s| s.value.answer()).collect();
    let answers = answers?;
    let (mark, _) = answers.first()?;
    if !field.starts_with("answer/") || answers.iter().any(|(m, _)| m != mark) {
        return None;
    }
    let notes: Vec<&str> = answers.iter().filter_map(|(_, note)| *note).collect();
    Some(Both {
        text: joined(&notes, MAX_NOTE)?,
        mark: Some((*mark).clone()),
    })
}

/// The entry of a record of this campaign that is not deleted.
fn listed(tx: &mut dyn Tx, c: &Campaign, record: Uuid) -> Result<Option<Entry>> {
    match records::entry(tx, c, record) {
        Ok(entry) => Ok(Some(entry).filter(|e| !e.deleted)),
        Err(e) if e.code() == Code::NotFound.as_str() => Ok(None),
        Err(e) => Err(e),
    }
}

/// Every open conflict of a campaign, oldest first; `only` narrows it to a group's sheets.
///
/// # Errors
/// The database's.
pub fn all(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    only: Option<Uuid>,
) -> Result<Vec<ConflictRow>> {
    let mut rows = Vec::new();
    for (record, field) in tx.conflicts()? {
        let Some(entry) = listed(tx, c, record)? else {
            continue;
        };
        let wanted = only.is_none_or(|g| {
            entry.kind == "sheet" && entry.group == Some(g) && sheets::decides(&field)
        });
        if wanted {
            rows.push(row(tx, ctx, c, &entry, field)?);
        }
    }
    rows.sort_by_key(|r| (r.since_ms, r.record.id));
    Ok(rows)
}

fn row(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    entry: &Entry,
    field: String,
) -> Result<ConflictRow> {
    let sealed = shown::is_sealed(c, entry);
    let record = shown::row(tx, ctx, c, entry)?;
    let mut values = Vec::new();
    let mut label = None;
    if !sealed && let Some(view) = tx.view(entry.id)? {
        let form = SheetForm::of(c, &view);
        label = shown::label(form.as_ref(), &field);
        for l in view.fields.get(field.as_str()).into_iter().flatten() {
            let by = shown::origin(tx, c, &l.dot, l.at_ms, l.at_ms)?;
            let value = shown::value(c, form.as_ref(), &view.kind, &field, &l.value);
            values.push((value, by.who, by.device));
        }
    }
    Ok(ConflictRow {
        record,
        field: if sealed { "answer".to_owned() } else { field },
        label,
        values,
        since_ms: entry.arrived_ms,
    })
}

/// A value of an open conflict, for programs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OpenValue {
    /// Its dot, opaque; sent back with the decision.
    pub dot: String,
    /// The value.
    pub value: Shown,
    /// Who wrote it.
    pub by: String,
    /// When, by the writer's clock.
    pub at_ms: i64,
}

/// An open conflict, for programs: everything a decision needs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OpenConflict {
    /// The record.
    pub record: Uuid,
    /// Its kind.
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// The field; of a sealed sheet only `answer`.
    pub field: String,
    /// True if nobody but the author may see or settle it now.
    pub sealed: bool,
    /// The live values, the displayed one first; none while sealed.
    pub values: Vec<OpenValue>,
}

/// Every open conflict of a campaign with the dots to settle it by.
///
/// # Errors
/// The database's.
pub fn open(tx: &mut dyn Tx, c: &Campaign) -> Result<Vec<OpenConflict>> {
    let mut list = Vec::new();
    for (record, field) in tx.conflicts()? {
        let Some(entry) = listed(tx, c, record)? else {
            continue;
        };
        let sealed = shown::is_sealed(c, &entry);
        let mut values = Vec::new();
        if !sealed && let Some(view) = tx.view(record)? {
            let form = SheetForm::of(c, &view);
            for l in view.fields.get(field.as_str()).into_iter().flatten() {
                values.push(OpenValue {
                    dot: shown::dot_text(&l.dot),
                    value: shown::value(c, form.as_ref(), &view.kind, &field, &l.value),
                    by: shown::origin(tx, c, &l.dot, l.at_ms, l.at_ms)?.who,
                    at_ms: l.at_ms,
                });
            }
        }
        list.push(OpenConflict {
            record,
            title: shown::title(c, &entry),
            kind: entry.kind,
            field: if sealed { "answer".to_owned() } else { field },
            sealed,
            values,
        });
    }
    Ok(list)
}

/// What is written to settle a field.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The record.
    pub record: Uuid,
    /// The field.
    pub field: String,
    /// Exactly the dots that were shown.
    pub shown: Vec<Dot>,
    /// The value.
    pub value: Value,
    /// Why.
    pub reason: String,
}

/// The value a choice of the page means.
///
/// # Errors
/// `Conflict` if the value chosen is not live any more, `Invalid` if it does not fit its item.
pub fn chosen(
    tx: &mut dyn Tx,
    c: &Campaign,
    record: Uuid,
    field: &str,
    choice: &Choice,
) -> Result<Value> {
    match choice {
        Choice::Text(text) => Ok(text.as_str().into()),
        Choice::Take(dot) => {
            let dot = shown::parse_dot(dot).ok_or_else(|| Error::from(Code::BadRequest))?;
            let live = tx.live(record, field)?;
            let taken = live.into_iter().find(|l| l.dot == dot);
            taken.map(|l| l.value).ok_or_else(|| Code::Conflict.into())
        }
        Choice::Answer { mark, note } => {
            let view = tx.view(record)?.ok_or(Code::NotFound)?;
            let form = SheetForm::of(c, &view).ok_or(Code::Invalid)?;
            let mark = match mark {
                Shown::NotApplicable => Mark::NotApplicable,
                Shown::Points(e4) => Mark::Points(*e4),
                Shown::Count(n) => Mark::Count(*n),
                Shown::Bool(yes) => Mark::YesNo(*yes),
                Shown::Ratio(ok, sampled) => Mark::Ratio {
                    ok: *ok,
                    sampled: *sampled,
                },
                _ => return Err(Code::Invalid.into()),
            };
            let value = Value::List(vec![sheets::mark_value(mark), note.as_deref().into()]);
            let item = field.strip_prefix("answer/").ok_or(Code::Invalid)?;
            sheets::answer(form.checklist, form.form, item, &value)
                .map_err(|e| Error::because(Code::Invalid, e.message_zh()))?;
            Ok(value)
        }
    }
}

/// Settles a field. In a locked group this makes a new version of the lock.
///
/// # Errors
/// `ReasonRequired`, `NotFound`, `Forbidden` while sealed, `Conflict` if other values are live by now or nothing
/// competes, `Invalid` if the value does not fit.
pub fn settle(tx: &mut dyn Tx, ctx: &Context, actor: &Actor, decision: &Decision) -> Result<()> {
    reasoned(&decision.reason)?;
    let Some((scope, kind)) = tx.place(decision.record)? else {
        return Err(Code::NotFound.into());
    };
    let c = ctx.cache.campaign(tx, scope.campaign())?;
    let entry = records::entry(tx, &c, decision.record)?;
    if shown::is_sealed(&c, &entry) {
        return Err(Code::Forbidden.into());
    }
    let live = tx.live(decision.record, &decision.field)?;
    let mut seen = decision.shown.clone();
    seen.sort();
    let competing = live.iter().any(|l| l.value != live[0].value);
    if shown::dots(&live) != seen || !competing {
        return Err(overtaken(tx, &live)?);
    }
    let bytes = protocol::value::encode(&decision.value);
    match fit(&kind, &decision.field, &bytes) {
        Fit::Good => {}
        Fit::Bad(why) => return Err(Error::because(Code::Invalid, why)),
        Fit::Unknown => return Err(Code::Invalid.into()),
    }
    let (record, field) = (decision.record, decision.field.as_str());
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    let value = decision.value.clone();
    office.settle(scope, &kind, record, field, value, seen)?;
    office.done("settle", record, &decision.reason)?;
    project::records(tx, &c, &[(record, kind)], ctx.now_ms)?;
    if entry.kind == "sheet" && sheets::decides(field) {
        held::relock(tx, ctx, actor, &c, entry.group, &decision.reason)?;
    }
    Ok(())
}

/// Why a decision came too late: who settled it meanwhile, and with what reason.
fn overtaken(tx: &mut dyn Tx, live: &[LiveValue]) -> Result<Error> {
    if let [only] = live
        && let Some((by, reason)) = tx.act(&only.dot)?
    {
        let why = format!("{by} 已裁定：{reason} / settled meanwhile by {by}");
        return Ok(Error::because(Code::Conflict, why));
    }
    Ok(Code::Conflict.into())
}

/// The settlement a field shows, if that is what it shows: one value of the office's that replaced several.
fn settlement(tx: &mut dyn Tx, ctx: &Context, record: Uuid, field: &str) -> Result<Option<Dot>> {
    let live = tx.live(record, field)?;
    let [only] = live.as_slice() else {
        return Ok(None);
    };
    if only.dot.log.device != ctx.identity.server {
        return Ok(None);
    }
    let mut history = tx.history(record)?.into_iter();
    let own = history.find(|e| e.dot == only.dot);
    Ok(own.filter(|e| e.supersedes.len() > 1).map(|e| e.dot))
}

/// Undoes a settlement: the office's own change is withdrawn by a verdict, and the values it had replaced compete
/// again, the same as before. In a locked group this makes a new version of the lock.
///
/// # Errors
/// `ReasonRequired`, `NotFound`, `Forbidden` while sealed, `Frozen` once the campaign is closed, `Conflict` if the field
/// does not show a settlement (any more).
pub fn undo(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    record: Uuid,
    field: &str,
    reason: &str,
) -> Result<()> {
    reasoned(reason)?;
    let (scope, kind) = tx.place(record)?.ok_or(Code::NotFound)?;
    let c = ctx.cache.campaign(tx, scope.campaign())?;
    let entry = records::entry(tx, &c, record)?;
    if shown::is_sealed(&c, &entry) {
        return Err(Code::Forbidden.into());
    }
    if ["closed", "archived"].contains(&c.state.as_str()) {
        let why = "活动已结束 / the campaign is closed";
        return Err(Error::because(Code::Frozen, why));
    }
    let dot = settlement(tx, ctx, record, field)?;
    let dot = dot.ok_or_else(|| {
        let why = "此处没有可撤销的裁定 / there is no settlement to undo here";
        Error::because(Code::Conflict, why)
    })?;
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    let mut fresh = office.fresh()?;
    let verdict = Verdict {
        id: fresh.id,
        log: dot.log,
        first: dot.seq,
        last: dot.seq,
        record: None,
        code: "withdrawn".to_owned(),
        in_force: true,
    };
    let short: String = reason.chars().take(400).collect();
    let (id, target) = (fresh.id, verdict.target_value());
    office.put(scope, "verdict", &mut fresh, "target", target)?;
    let ruling = verdict.ruling_value(Some(&short), Some(ctx.now_ms));
    office.put(scope, "verdict", &mut fresh, "ruling", ruling)?;
    office.done("undo_settlement", record, reason)?;
    tx.take_verdict(scope, id)?;
    project::records(tx, &c, &[(record, kind)], ctx.now_ms)?;
    if entry.kind == "sheet" && sheets::decides(field) {
        held::relock(tx, ctx, actor, &c, entry.group, reason)?;
    }
    Ok(())
}
