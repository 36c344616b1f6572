//! The row of an issue, from the registers of the issue and its case.
//!
//! Invariant: a function of the registers and the configuration alone, so that it can be rebuilt and compared.
//! Leaves out: photos, and how the issue stands today.

use domain::issue::State;
use ledger::RecordView;
use merge::Value;
use uuid::Uuid;

use super::case_id;
use crate::error::Result;
use crate::services::campaign::Campaign;
use crate::services::project::author_of;
use crate::store::{IssueRow, Tx};

fn text(v: &Value) -> String {
    v.as_text().unwrap_or_default().to_owned()
}

fn some(v: &Value) -> Option<String> {
    v.as_text().filter(|t| !t.is_empty()).map(str::to_owned)
}

fn words(v: &Value) -> Vec<String> {
    v.items().iter().filter_map(some).collect()
}

/// Writes the row of an issue anew; none if nothing of the issue counts.
///
/// # Errors
/// The database's.
pub fn project(tx: &mut dyn Tx, c: &Campaign, issue: Uuid) -> Result<()> {
    let view = tx.view(issue)?.filter(|v| v.kind == "issue");
    let case = tx.view(case_id(c, issue))?;
    match view.and_then(|view| row(c, &view, case.as_ref())) {
        Some(row) => tx.put_issue(&row),
        None => tx.remove_issue(issue),
    }
}

/// The row of an issue; none if neither a category nor a description of it counts.
pub fn row(c: &Campaign, issue: &RecordView, case: Option<&RecordView>) -> Option<IssueRow> {
    let (category, description) = (text(issue.get("category")), text(issue.get("description")));
    if category.is_empty() && description.is_empty() {
        return None;
    }
    let site = issue.get("site").as_id();
    let place = issue.get("place");
    let at = site.and_then(|s| c.sites.get(&s));
    let found = issue.get("found");
    let fixed = issue.get("fixed_on_spot");
    let nothing = Value::Null;
    let of = |field: &str| case.map_or(&nothing, |v| v.get(field));
    let progress = of("progress");
    let distinct = case.into_iter().flat_map(|v| v.keyed("distinct"));
    let mut first = ["found", "description", "category"].into_iter();
    Some(IssueRow {
        id: issue.id,
        campaign: c.id,
        number: text(issue.get("number")),
        site,
        township: at
            .and_then(|s| s.township.clone())
            .or_else(|| some(place.at(0))),
        village: at.and_then(|s| s.village.clone()),
        group: match issue.scope {
            protocol::Scope::Group { group, .. } => Some(group),
            _ => None,
        },
        place: text(place.at(1)),
        category,
        severity: text(issue.get("severity")),
        description,
        found_ms: found.at(0).as_int().unwrap_or(0),
        at_e7: found.at(1).as_int().zip(found.at(2).as_int()),
        accuracy_m: found.at(3).as_int(),
        author: first
            .find_map(|f| author_of(c, issue, f))
            .unwrap_or_default(),
        fixed: fixed.at(0).as_bool() == Some(true),
        fixed_note: text(fixed.at(1)),
        lead_unit: some(of("lead_unit")),
        assisting_units: words(of("assisting_units")),
        person: some(of("person")),
        sponsor: some(of("sponsor")),
        due_on: some(of("due_on")),
        measure: text(of("measure")),
        remark: text(of("remark")),
        root_causes: words(of("root_causes")),
        state: progress
            .at(0)
            .as_text()
            .and_then(State::parse)
            .unwrap_or(State::ToAssign),
        reported_on: some(progress.at(1)),
        closed_on: some(progress.at(2)),
        verifier: some(progress.at(3)),
        duplicate_of: of("duplicate_of").as_id(),
        distinct: distinct
            .filter(|(_, v)| **v == Value::Bool(true))
            .filter_map(|(key, _)| Uuid::try_parse(key).ok())
            .collect(),
        deleted: *issue.get("deleted") == Value::Bool(true),
    })
}
