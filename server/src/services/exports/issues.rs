//! The ledger's rows.
//!
//! Invariant: every issue that is not deleted has a row, whatever of it is still open. Leaves out: moving issues.

use documents::export::{IssueRow, Light};
use merge::Value;

use super::{Wanted, language, lists};
use crate::auth::Reach;
use crate::error::Result;
use crate::services::campaign::Campaign;
use crate::services::shown;
use crate::services::sync::Context;
use crate::store::{Entry, Tx};

pub(super) fn issues(
    tx: &mut dyn Tx,
    _ctx: &Context,
    c: &Campaign,
    reach: &Reach,
    wanted: &Wanted,
) -> Result<Vec<IssueRow>> {
    let mut wanted = wanted.clone();
    wanted.filter.record_kind = Some("issue".to_owned());
    let by_record = lists::photos_by_record(tx, c)?;
    let mut rows = Vec::new();
    lists::each_entry(tx, c, reach, &wanted.clone(), |tx, e| {
        let Some(view) = tx.view(e.id)? else {
            return Ok(());
        };
        let photos = by_record.get(&e.id).map_or(0, Vec::len);
        let row = issue(c, &wanted, e, &view, photos);
        rows.push(row.shown(wanted.internal, language(wanted.lang)));
        Ok(())
    })?;
    // Oldest first, as they are numbered.
    rows.reverse();
    Ok(rows)
}

/// One issue, by what its record says.
fn issue(
    c: &Campaign,
    wanted: &Wanted,
    e: &Entry,
    view: &ledger::RecordView,
    photos: usize,
) -> IssueRow {
    let t = wanted.lang;
    let field = |name: &str| t.value(&shown::value(c, None, "issue", name, view.get(name)));
    let text = |v: &Value| v.as_text().unwrap_or_default().to_owned();
    let (found, place) = (view.get("found"), view.get("place"));
    let site = e.site.and_then(|s| c.sites.get(&s));
    let fixed = view.get("fixed_on_spot");
    let on_spot = fixed.at(0).as_bool().unwrap_or(false);
    let remark = [
        on_spot.then(|| t.pick("立行立改", "fixed on the spot").to_owned()),
        fixed.at(1).as_text().map(str::to_owned),
    ];
    let category = view.get("category").as_text();
    let known = category.and_then(domain::builtin::issue_category);
    IssueRow {
        id: e.id.to_string(),
        number: text(view.get("number")),
        township: e
            .township
            .as_deref()
            .map(|code| c.township_name(code))
            .unwrap_or_default(),
        place: match (text(place.at(1)), site) {
            (words, _) if !words.is_empty() => words,
            (_, Some(site)) => site.name.clone(),
            _ => String::new(),
        },
        household: site.is_some_and(|s| s.kind == domain::SiteKind::Household),
        category: known.map_or_else(
            || text(view.get("category")),
            |k| t.pick(&k.zh, &k.en).to_owned(),
        ),
        description: field("description"),
        found_ms: found.at(0).as_int(),
        found_by: shown::author_name(c, e.author),
        photos: if photos == 0 {
            String::new()
        } else {
            photos.to_string()
        },
        light: on_spot.then_some(Light::Green),
        state: String::new(),
        remark: remark
            .into_iter()
            .flatten()
            .filter(|r| !r.is_empty())
            .collect::<Vec<_>>()
            .join("；"),
        place_e7: found.at(1).as_int().zip(found.at(2).as_int()),
        ..IssueRow::default()
    }
}
