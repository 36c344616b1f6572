//! The ranking table, as far as it is public inside the office.
//!
//! Invariant: as on the ranking page: nothing of a group that is not locked, corrected scores and overall places only
//! once every group is. Leaves out: the arithmetic (`domain::score`).

use std::io::Write;

use documents::export::{self, Format, Language, ResultsHead};
use domain::score::{AwardScope, Input, Outcome};

use crate::error::Result;
use crate::services::campaign::Campaign;
use crate::services::sync::Context;
use crate::services::{lock, ranking};
use crate::store::Tx;

pub(super) fn write(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    format: Format,
    lang: Language,
    mut out: impl Write,
) -> Result<usize> {
    let (input, outcome) = ranking::last(tx, c)?;
    let outcome = visible(c, &input, outcome);
    let before = previous(tx, ctx, c)?;
    let before = before.as_ref();
    let head = ResultsHead {
        campaign: c.name.clone(),
        dates: c.dates.clone(),
        rehearsal: c.rehearsal,
    };
    match format {
        Format::Csv => export::results_csv(&head, &input, &outcome, before, lang, &mut out)?,
        Format::Json => {
            let value = export::results_json(&head, &input, &outcome, before);
            writeln!(out, "{value:#}")?;
        }
        Format::Xlsx => {
            export::results_xlsx(&head, &input, &outcome, before, lang, &mut out)?;
        }
    }
    Ok(outcome.townships.len())
}

/// What of an outcome may be shown: rows of locked groups; overall places once all are.
pub fn visible(c: &Campaign, input: &Input, mut outcome: Outcome) -> Outcome {
    let locked = |number: i64| c.groups.iter().any(|g| g.number == number && g.locked);
    let of = |code: &str| input.townships.iter().find(|t| t.code == code);
    outcome
        .townships
        .retain(|t| of(&t.code).is_some_and(|t| locked(t.group)));
    let complete = !c.groups.is_empty() && c.groups.iter().all(|g| g.locked);
    if !complete {
        for township in &mut outcome.townships {
            township.corrected_e4 = None;
            township.rank_corrected = None;
        }
        outcome.groups.clear();
        if input.rules.award.scope != AwardScope::PerGroup {
            outcome.awards.red_flag.clear();
            outcome.awards.yellow_card.clear();
        }
    }
    let shown: Vec<String> = outcome.townships.iter().map(|t| t.code.clone()).collect();
    outcome.awards.red_flag.retain(|code| shown.contains(code));
    outcome
        .awards
        .yellow_card
        .retain(|code| shown.contains(code));
    outcome
}

/// The result of the last finished campaign of the same kind before this one, for 较上期.
///
/// # Errors
/// The database's.
pub fn previous(tx: &mut dyn Tx, ctx: &Context, c: &Campaign) -> Result<Option<Outcome>> {
    let Some((first_day, _)) = &c.dates else {
        return Ok(None);
    };
    let kind = tour_kind(tx, c.id)?;
    let mut best: Option<(String, Outcome)> = None;
    for id in tx.ids("campaign", None)? {
        if id == c.id || tour_kind(tx, id)? != kind {
            continue;
        }
        let other = ctx.cache.campaign(tx, id)?;
        // A rehearsal is no period before.
        if other.rehearsal {
            continue;
        }
        let Some((_, last_day)) = other.dates.clone().filter(|(_, last)| last < first_day) else {
            continue;
        };
        let finished = !other.groups.is_empty() && other.groups.iter().all(|g| g.locked);
        if !finished || best.as_ref().is_some_and(|(day, _)| *day >= last_day) {
            continue;
        }
        if let Some((body, _)) = lock::all(tx, &other)?.pop() {
            best = Some((last_day, body.outcome));
        }
    }
    Ok(best.map(|(_, outcome)| outcome))
}

fn tour_kind(tx: &mut dyn Tx, campaign: uuid::Uuid) -> Result<Option<String>> {
    let live = tx.live(campaign, "tour_kind")?;
    let text = live.first().and_then(|l| l.value.as_text());
    Ok(text.map(str::to_owned))
}
