//! The ledger's rows.
//!
//! Invariant: the issues of the ledger page, by number; every one has a row, whatever of it is still open. Leaves out:
//! moving issues (`services::issues`).

use documents::export::IssueRow;
use domain::issue::Standing;

use super::{Wanted, language, lists};
use crate::auth::Reach;
use crate::error::Result;
use crate::i18n::{Lang, day};
use crate::services::campaign::Campaign;
use crate::services::issues::all;
use crate::services::shown;
use crate::services::sync::Context;
use crate::store::{IssueRow as Stored, Tx};

pub(super) fn issues(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    reach: &Reach,
    wanted: &Wanted,
) -> Result<Vec<IssueRow>> {
    let by_record = lists::photos_by_record(tx, c)?;
    let found = all(tx, ctx, c, reach, &wanted.issues)?;
    let numbers: std::collections::HashMap<_, _> = found
        .iter()
        .map(|(i, _)| (i.id, i.number.clone()))
        .collect();
    let row = |(i, standing): &(Stored, Standing)| {
        let photos = by_record.get(&i.id).map_or(&[][..], Vec::as_slice);
        let names: Vec<String> = photos.iter().map(|p| short(p.id)).collect();
        let into = i.duplicate_of.and_then(|id| numbers.get(&id));
        let row = issue(c, wanted.lang, i, *standing, into.map(String::as_str));
        IssueRow {
            photos: names.join(" "),
            ..row
        }
        .shown(wanted.internal, language(wanted.lang))
    };
    Ok(found.iter().map(row).collect())
}

/// The end of a photo's id: its beginning is a time that many share.
fn short(id: uuid::Uuid) -> String {
    let text = id.simple().to_string();
    text.get(24..).unwrap_or_default().to_owned()
}

fn issue(
    c: &Campaign,
    t: Lang,
    i: &Stored,
    standing: Standing,
    merged_into: Option<&str>,
) -> IssueRow {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let unit = |code: &String| c.township_name(code);
    let site = i.site.and_then(|s| c.sites.get(&s));
    let village = i.village.as_deref().and_then(|code| c.divisions.get(code));
    let place = [
        village.map(|d| d.label().to_owned()),
        site.map(|s| s.name.clone()),
        Some(i.place.clone()),
    ];
    let mut place: Vec<String> = place
        .into_iter()
        .flatten()
        .filter(|p| !p.is_empty())
        .collect();
    place.dedup();
    let category = domain::builtin::issue_category(&i.category);
    let remark = [
        i.fixed
            .then(|| t.pick("立行立改", "fixed on the spot").to_owned()),
        Some(i.fixed_note.clone()),
        merged_into.map(|number| format!("{} {number}", t.pick("并入", "merged into"))),
        Some(i.remark.clone()),
    ];
    let remark: Vec<String> = remark
        .into_iter()
        .flatten()
        .filter(|r| !r.is_empty())
        .collect();
    let assisting: Vec<String> = i.assisting_units.iter().map(unit).collect();
    IssueRow {
        id: i.id.to_string(),
        number: i.number.clone(),
        township: i.township.as_ref().map(unit).unwrap_or_default(),
        place: place.join(" "),
        household: site.is_some_and(|s| s.kind == domain::SiteKind::Household),
        category: category.map_or_else(|| i.category.clone(), |k| t.pick(&k.zh, &k.en).to_owned()),
        description: i.description.clone(),
        found_ms: Some(i.found_ms).filter(|ms| *ms > 0),
        found_by: shown::author_name(c, i.author),
        photos: String::new(),
        lead_unit: i.lead_unit.as_ref().map(unit).unwrap_or_default(),
        assisting_units: assisting.join("、"),
        responsible: text(&i.person),
        sponsor_leader: text(&i.sponsor),
        measures: i.measure.clone(),
        due_on: text(&i.due_on),
        standing: Some(standing),
        done_on: match &i.reported_on {
            None if i.fixed => day(i.found_ms),
            on => text(on),
        },
        checked_by: text(&i.verifier),
        closed: text(&i.closed_on),
        remark: remark.join("；"),
        place_e7: i.at_e7,
    }
}
