//! Changing an issue: what the office adds, what it corrects, and the steps of the rectification.
//!
//! Invariant: checked against what the author saw (`expected`) inside the transaction that writes; one act, one audit
//! entry. Leaves out: entering (`enter`) and merging (`decide`).

use chrono::{Days, NaiveDate};
use domain::issue::{Move, Party, State, StepError, step};
use domain::schema::SEVERITIES;
use merge::Value;
use protocol::check::{Fit, fit};
use protocol::problem::Code;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{case_id, found, view};
use crate::auth::Reach;
use crate::error::{Error, Result};
use crate::i18n::day;
use crate::model::{IssuePatch, IssueView, StepRequest};
use crate::services::campaign::Campaign;
use crate::services::office::{Actor, Office, reasoned};
use crate::services::project;
use crate::services::sync::Context;
use crate::services::units;
use crate::store::{IssueRow, Tx};

/// Refuses a field by name.
pub(super) fn bad(field: &str, why: &str) -> Error {
    Error::because(Code::Invalid, format!("{field}: {why}"))
}

/// The tag of an issue as it stands, as `ETag` and `If-Match` carry it, without quotes.
///
/// # Errors
/// None that a caller could meet: the view is plain data.
pub fn etag(view: &IssueView) -> Result<String> {
    let bytes = serde_json::to_vec(view).map_err(Error::storage)?;
    Ok(hex::encode(&Sha256::digest(bytes)[..16]))
}

/// A calendar day, checked.
pub(super) fn date(field: &str, text: &str) -> Result<String> {
    let parsed = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let day = parsed.map(|d| d.format("%Y-%m-%d").to_string());
    day.filter(|d| d == text && ("2000-01-01".."2100-01-01").contains(&d.as_str()))
        .ok_or_else(|| bad(field, "YYYY-MM-DD"))
}

/// A time limit, checked: not before the day the issue was found.
fn due(i: &IssueRow, text: &str) -> Result<String> {
    let on = date("due_on", text)?;
    if on < day(i.found_ms) {
        return Err(bad(
            "due_on",
            "整改时限早于发现日期 / the time limit is before the day it was found",
        ));
    }
    Ok(on)
}

/// One line of text: trimmed, without characters that break a line or a table.
pub(super) fn line(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(bad(field, "含有控制字符 / has control characters"));
    }
    Ok(text.to_owned())
}

/// Checks a value against the table of kinds.
pub(super) fn fits(kind: &str, field: &str, value: &Value) -> Result<()> {
    match fit(kind, field, &protocol::value::encode(value)) {
        Fit::Good => Ok(()),
        Fit::Bad(why) => Err(Error::because(Code::Invalid, why)),
        Fit::Unknown => Err(bad(field, "unknown")),
    }
}

/// A text, or null if it is empty.
fn or_null(text: String) -> Value {
    Some(text).filter(|t| !t.is_empty()).into()
}

/// One value to write: kind, field, value.
type Write = (&'static str, &'static str, Value);

/// What a patch writes to the issue itself.
fn corrections(c: &Campaign, i: &IssueRow, p: &IssuePatch) -> Result<Vec<Write>> {
    let mut list: Vec<Write> = Vec::new();
    if let Some(code) = &p.category {
        if domain::builtin::issue_category(code).is_none() {
            return Err(bad("category", code));
        }
        list.push(("issue", "category", code.as_str().into()));
    }
    if let Some(word) = &p.severity {
        if !SEVERITIES.contains(&word.as_str()) {
            return Err(bad("severity", word));
        }
        list.push(("issue", "severity", word.as_str().into()));
    }
    if let Some(text) = &p.description {
        if text.trim().is_empty() {
            return Err(bad("description", "为空 / empty"));
        }
        list.push(("issue", "description", text.trim().into()));
    }
    if p.township.is_some() || p.place.is_some() {
        let of_site = i.site.and_then(|s| c.sites.get(&s)?.township.as_ref());
        if of_site.is_some() && p.township.as_ref().is_some_and(|t| Some(t) != of_site) {
            return Err(bad("township", "由点位决定 / follows from the site"));
        }
        let township = p.township.clone().or(i.township.clone());
        let township = township.filter(|t| !t.is_empty());
        if let Some(code) = &township
            && !c.townships.contains_key(code)
        {
            return Err(bad("township", code));
        }
        let place = line("place", p.place.as_ref().unwrap_or(&i.place))?;
        let value = Value::List(vec![township.into(), place.into()]);
        list.push(("issue", "place", value));
    }
    if let Some(fixed) = p.fixed_on_spot {
        let note = Some(i.fixed_note.clone()).filter(|n| !n.is_empty());
        let value = Value::List(vec![fixed.into(), note.into()]);
        list.push(("issue", "fixed_on_spot", value));
    }
    Ok(list)
}

/// The units after a patch, divisions by their codes however they were typed: exactly one leads, the others assist.
fn units(c: &Campaign, i: &IssueRow, p: &IssuePatch) -> Result<(String, Vec<String>)> {
    let lead = p.lead_unit.as_ref().or(i.lead_unit.as_ref());
    let named = |field: &str, text: &str| units::code(&c.divisions, field, &line(field, text)?);
    let lead = named("lead_unit", lead.map_or("", |l| l))?;
    let given = p.assisting_units.as_ref().unwrap_or(&i.assisting_units);
    let mut assisting = Vec::new();
    for unit in given {
        let unit = named("assisting_units", unit)?;
        if unit == lead && !unit.is_empty() {
            return Err(bad(
                "assisting_units",
                "主办单位不能同时协办 / the lead unit cannot assist",
            ));
        }
        if !unit.is_empty() && !assisting.contains(&unit) {
            assisting.push(unit);
        }
    }
    if lead.is_empty() && i.state != State::ToAssign {
        return Err(bad(
            "lead_unit",
            "须有且只有一个主办单位 / exactly one lead unit is needed",
        ));
    }
    Ok((lead, assisting))
}

/// What a patch writes to the case.
fn additions(c: &Campaign, i: &IssueRow, p: &IssuePatch) -> Result<Vec<Write>> {
    let mut list: Vec<Write> = Vec::new();
    if p.lead_unit.is_some() || p.assisting_units.is_some() {
        let (lead, assisting) = units(c, i, p)?;
        let assisting = assisting.into_iter().map(Value::from).collect();
        list.push(("issue_case", "lead_unit", or_null(lead)));
        list.push(("issue_case", "assisting_units", Value::List(assisting)));
    }
    for (field, given) in [("person", &p.person), ("sponsor", &p.sponsor)] {
        if let Some(text) = given {
            list.push(("issue_case", field, or_null(line(field, text)?)));
        }
    }
    if let Some(text) = &p.due_on {
        let value = match text.as_str() {
            "" => Value::Null,
            text => due(i, text)?.into(),
        };
        list.push(("issue_case", "due_on", value));
    }
    for (field, given) in [("measure", &p.measure), ("remark", &p.remark)] {
        if let Some(text) = given {
            list.push(("issue_case", field, text.trim().into()));
        }
    }
    if let Some(codes) = &p.root_causes {
        let known = &domain::builtin::issue_categories().root_cause_tags;
        if let Some(code) = codes.iter().find(|c| known.iter().all(|k| k.code != **c)) {
            return Err(bad("root_causes", code));
        }
        let codes = codes.iter().map(|c| Value::from(c.as_str())).collect();
        list.push(("issue_case", "root_causes", Value::List(codes)));
    }
    Ok(list)
}

/// The day after `days` days.
fn after(today: &str, days: u32) -> Option<String> {
    let begin = NaiveDate::parse_from_str(today, "%Y-%m-%d").ok()?;
    let end = begin.checked_add_days(Days::new(days.into()))?;
    Some(end.format("%Y-%m-%d").to_string())
}

/// What a step writes to the case, given what the patch of the same act wrote.
fn progress(
    i: &IssueRow,
    patched: &[Write],
    made: Move,
    request: &StepRequest,
    (party, today): (Party, &str),
) -> Result<Vec<Write>> {
    let to = step(i.state, made, party).map_err(|e| match e {
        StepError::WrongState => Error::because(
            Code::Conflict,
            format!("{}（{}）", i.state.zh(), i.state.en()),
        ),
        StepError::OfficeOnly => Code::Forbidden.into(),
    })?;
    if made.needs_reason() {
        reasoned(&request.reason)?;
    }
    let of = |field: &str| patched.iter().find(|(_, f, _)| *f == field).map(|w| &w.2);
    let mut list: Vec<Write> = Vec::new();
    if made == Move::Assign {
        let lead = of("lead_unit").map_or(i.lead_unit.is_some(), |v| *v != Value::Null);
        if !lead {
            return Err(bad(
                "lead_unit",
                "派发前请填写主办单位 / name the lead unit first",
            ));
        }
        let category = of("category")
            .and_then(Value::as_text)
            .unwrap_or(&i.category);
        let days = domain::builtin::issue_category(category).and_then(|k| k.due_days());
        let due = of("due_on").map_or(i.due_on.is_some(), |v| *v != Value::Null);
        if let Some(day) = days.filter(|_| !due).and_then(|d| after(today, d)) {
            list.push(("issue_case", "due_on", day.into()));
        }
    }
    let on = request.on.as_deref().filter(|d| !d.is_empty());
    let on = on.map_or_else(|| Ok(today.to_owned()), |d| date("on", d))?;
    if on.as_str() > today {
        return Err(bad("on", "日期在今天之后 / the day is in the future"));
    }
    let verifier = line("verifier", request.verifier.as_deref().unwrap_or(""))?;
    let (reported, closed, verifier) = match made {
        Move::Report => (Some(on), None, Value::Null),
        Move::Close => (i.reported_on.clone(), Some(on), or_null(verifier)),
        _ => (None, None, Value::Null),
    };
    let value = Value::List(vec![
        to.word().into(),
        reported.into(),
        closed.into(),
        verifier,
    ]);
    list.push(("issue_case", "progress", value));
    Ok(list)
}

/// Who changes an issue, and what it looked like to whoever decided.
pub struct Change<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// How far the rights go.
    pub reach: &'a Reach,
    /// The office or a unit.
    pub party: Party,
    /// The tags that what was shown may have; none: whatever it is.
    pub expected: Option<&'a [String]>,
}

/// Changes an issue and moves it on, in one act. A unit may move, not change.
///
/// # Errors
/// `NotFound`, `PreconditionFailed` if it changed since, `Conflict` if it is merged or the step does not begin here,
/// `Forbidden`, `ReasonRequired`, `Invalid`.
pub fn change(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    by: &Change,
    id: Uuid,
    patch: &IssuePatch,
    request: Option<&StepRequest>,
) -> Result<IssueView> {
    let i = found(tx, c, by.reach, id)?;
    let before = view(tx, ctx, c, (by.reach, by.party), id)?;
    let now = etag(&before)?;
    let stale = by.expected.is_some_and(|tags| !tags.contains(&now));
    if stale {
        return Err(Code::PreconditionFailed.into());
    }
    let unchanged = *patch == IssuePatch::default();
    if by.party == Party::Unit && !unchanged {
        return Err(Code::Forbidden.into());
    }
    if let Some(over) = &before.duplicate_of {
        return Err(Error::because(Code::Conflict, format!("→ {}", over.number)));
    }
    let mut writes = corrections(c, &i, patch)?;
    writes.extend(additions(c, &i, patch)?);
    let mut what = "edit_issue";
    if let Some(request) = request {
        let made = Move::parse(&request.made).ok_or_else(|| bad("move", &request.made))?;
        if i.fixed && patch.fixed_on_spot != Some(false) {
            return Err(Error::because(
                Code::Conflict,
                "立行立改 / fixed on the spot",
            ));
        }
        let today = day(ctx.now_ms);
        let steps = progress(&i, &writes, made, request, (by.party, &today))?;
        writes.extend(steps);
        what = "move_issue";
    }
    for (kind, field, value) in &writes {
        fits(kind, field, value)?;
    }
    if !writes.is_empty() {
        let reason = request.map_or("", |r| r.reason.trim());
        write(tx, ctx, c, by.actor, &i, writes, (what, reason))?;
    }
    view(tx, ctx, c, (by.reach, by.party), id)
}

fn write(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    actor: &Actor,
    i: &IssueRow,
    writes: Vec<Write>,
    (what, reason): (&str, &str),
) -> Result<()> {
    if reason.chars().count() > 400 {
        return Err(bad("reason", "≤ 400"));
    }
    let (scope, _) = tx.place(i.id)?.ok_or(Code::NotFound)?;
    let case = case_id(c, i.id);
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    if writes.iter().any(|(kind, _, _)| *kind == "issue_case") {
        office.set(c.office_scope(), "issue_case", case, "issue", i.id)?;
    }
    for (kind, field, value) in writes {
        match kind {
            "issue" => office.set(scope, kind, i.id, field, value)?,
            _ => office.set(c.office_scope(), kind, case, field, value)?,
        }
    }
    office.done(what, &i.number, reason)?;
    project::records(tx, c, &[(i.id, "issue".to_owned())], ctx.now_ms)
}

/// Says what the numbers of a campaign's issues begin with from now on.
///
/// # Errors
/// `Invalid` for none, more than 20 characters, or brackets and line ends.
pub fn set_number_prefix(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    actor: &Actor,
    prefix: &str,
) -> Result<()> {
    let prefix = line("number_prefix", prefix)?;
    if prefix.is_empty() || prefix.contains(['〔', '〕', '/']) {
        return Err(bad(
            "number_prefix",
            "1–20 字，不含〔〕/ / 1 to 20 characters, no brackets",
        ));
    }
    let value = Value::from(prefix.as_str());
    fits("campaign", "number_prefix", &value)?;
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    office.set(c.scope(), "campaign", c.id, "number_prefix", value)?;
    office.done("set_number_prefix", prefix, "")
}
