//! An issue that the office enters itself: a complaint, a newspaper's report, something seen between tours.
//!
//! Invariant: it lives in the office's scope, so no phone gets it; it is numbered in the same transaction.
//! Leaves out: photos (phones take them).

use chrono::NaiveDate;
use domain::schema::SEVERITIES;
use merge::Value;
use uuid::Uuid;

use super::change::{bad, date, fits, line};
use super::number;
use crate::error::Result;
use crate::i18n::day;
use crate::model::NewIssue;
use crate::services::campaign::Campaign;
use crate::services::office::{Actor, Office};
use crate::services::project;
use crate::services::sync::Context;
use crate::store::Tx;

/// Midday in Shanghai is 04:00 UTC: of an issue entered later only the day is known.
const MIDDAY_MS: i64 = 4 * 3_600_000;

fn found_ms(given: Option<&str>, now_ms: i64) -> Result<i64> {
    let Some(text) = given.filter(|t| !t.is_empty()) else {
        return Ok(now_ms);
    };
    let text = date("found_on", text)?;
    if text > day(now_ms) {
        return Err(bad("found_on", "日期在今天之后 / the day is in the future"));
    }
    if text == day(now_ms) {
        return Ok(now_ms);
    }
    let parsed = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
    let midnight = parsed.and_then(|d| d.and_hms_opt(0, 0, 0));
    let at = midnight.map(|t| t.and_utc().timestamp_millis() + MIDDAY_MS);
    at.ok_or_else(|| bad("found_on", "YYYY-MM-DD"))
}

/// Enters an issue; returns its id.
///
/// # Errors
/// `Invalid`, naming the field.
pub fn enter(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    actor: &Actor,
    new: &NewIssue,
) -> Result<Uuid> {
    if domain::builtin::issue_category(&new.category).is_none() {
        return Err(bad("category", &new.category));
    }
    let severity = new.severity.as_deref().filter(|s| !s.is_empty());
    let severity = severity.unwrap_or("minor");
    if !SEVERITIES.contains(&severity) {
        return Err(bad("severity", severity));
    }
    if new.description.trim().is_empty() {
        return Err(bad("description", "为空 / empty"));
    }
    let site = new
        .site
        .map(|id| c.sites.get(&id).ok_or_else(|| bad("site", "unknown")));
    let site = site.transpose()?;
    let given = new.township.clone().filter(|t| !t.is_empty());
    let township = site.and_then(|s| s.township.clone()).or(given);
    if let Some(code) = &township
        && !c.townships.contains_key(code)
    {
        return Err(bad("township", code));
    }
    let place = line("place", &new.place)?;
    let at_ms = found_ms(new.found_on.as_deref(), ctx.now_ms)?;
    let at = new.position.as_ref();
    let found = Value::List(vec![
        at_ms.into(),
        at.map(|p| p.lat_e7).into(),
        at.map(|p| p.lon_e7).into(),
        at.and_then(|p| p.accuracy_m).into(),
    ]);
    let fields: [(&str, Value); 6] = [
        ("category", new.category.as_str().into()),
        ("description", new.description.trim().into()),
        ("severity", severity.into()),
        ("found", found),
        ("place", Value::List(vec![township.into(), place.into()])),
        ("site", site.map(|s| s.id).into()),
    ];
    for (field, value) in &fields {
        fits("issue", field, value)?;
    }
    let number = number::next(tx, c, at_ms, ctx.now_ms)?;
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    let mut record = office.fresh()?;
    let id = record.id;
    for (field, value) in fields {
        office.put(c.office_scope(), "issue", &mut record, field, value)?;
    }
    office.put(
        c.office_scope(),
        "issue",
        &mut record,
        "number",
        number.as_str(),
    )?;
    office.done("enter_issue", &number, "")?;
    project::records(tx, c, &[(id, "issue".to_owned())], ctx.now_ms)?;
    Ok(id)
}
