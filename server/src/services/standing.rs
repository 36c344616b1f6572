//! The standing of a year: which results count, and in which month.
//!
//! Invariant: only results of campaigns whose every group is locked, as written down at the lock; never a rehearsal,
//! never a spot check. Leaves out: the arithmetic (`domain::period`), and issues that came back, which no ledger counts
//! yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::period::{self, Held, Result as Counted, Terms};
use protocol::problem::Code;

use super::campaign::Campaign;
use super::lock;
use crate::error::{Error, Result};
use crate::model::{StandingCampaign, StandingQuarter, StandingRow, StandingYearRow, YearStanding};
use crate::store::Tx;

/// Year and month of a campaign's first day.
fn month_of(c: &Campaign) -> Option<(i32, u32)> {
    let (from, _) = c.dates.as_ref()?;
    let mut parts = from.split('-');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn held(c: &Campaign) -> Option<Held> {
    match c.tour_kind.as_str() {
        "tour" => Some(Held::Tour),
        "monthly" => Some(Held::Month),
        _ => None,
    }
}

/// True if its result is whole and real.
fn counts(c: &Campaign) -> bool {
    !c.rehearsal && !c.groups.is_empty() && c.groups.iter().all(|g| g.locked)
}

/// The standing of `year`; of the last year with a result if none is asked for.
///
/// # Errors
/// `Invalid` if a result cannot be read or a sum does not fit.
pub fn standing(
    tx: &mut dyn Tx,
    campaigns: &[Arc<Campaign>],
    year: Option<i32>,
) -> Result<YearStanding> {
    let mut all = Vec::new();
    for c in campaigns.iter().filter(|c| counts(c)) {
        all.extend(
            held(c)
                .zip(month_of(c))
                .map(|(held, (y, m))| (y, m, held, c)),
        );
    }
    let years: BTreeSet<i32> = all.iter().map(|(y, ..)| *y).collect();
    let year = year.or(years.last().copied()).unwrap_or_default();
    all.retain(|(y, ..)| *y == year);
    all.sort_by(|a, b| (&a.3.dates, a.3.id).cmp(&(&b.3.dates, b.3.id)));
    let (mut results, mut names, mut listed) = (Vec::new(), BTreeMap::new(), Vec::new());
    for (_, month, held, c) in all {
        let Some((body, _)) = lock::all(tx, c)?.pop() else {
            continue;
        };
        let scores = body.outcome.townships.iter().filter_map(|t| {
            let score = match held {
                Held::Tour => t.corrected_e4.or(t.raw_e4),
                Held::Month => t.raw_e4,
            };
            Some((t.code.clone(), score?))
        });
        results.push(Counted {
            held,
            month,
            scores_e4: scores.collect(),
            red_flags: body.outcome.awards.red_flag.into_iter().collect(),
            yellow_cards: body.outcome.awards.yellow_card.into_iter().collect(),
        });
        names.extend(body.input.townships.into_iter().map(|t| (t.code, t.name)));
        listed.push(StandingCampaign {
            id: c.id,
            name: c.name.clone(),
            kind: c.tour_kind.clone(),
            from: c.dates.as_ref().map_or_else(String::new, |d| d.0.clone()),
            result_hash: c.group(body.group).and_then(|g| g.result_hash.clone()),
        });
    }
    let told = period::standing(&Terms::default(), &results, &BTreeMap::new());
    let told = told.ok_or_else(|| Error::because(Code::Invalid, "数值过大 / out of range"))?;
    let name = |code: &str| names.get(code).cloned().unwrap_or_else(|| code.to_owned());
    Ok(YearStanding {
        year,
        years: years.into_iter().rev().collect(),
        campaigns: listed,
        quarters: told
            .quarters
            .into_iter()
            .map(|q| quarter(q, &name))
            .collect(),
        townships: told
            .year
            .into_iter()
            .map(|row| year_row(row, &name))
            .collect(),
    })
}

fn quarter(q: period::Quarter, name: &dyn Fn(&str) -> String) -> StandingQuarter {
    let row = |r: period::QuarterRow| StandingRow {
        name: name(&r.code),
        code: r.code,
        months_e4: r.months_e4,
        tours_e4: r.tours_e4,
        score_e4: r.score_e4,
        rank: r.rank,
        moved: r.moved,
    };
    StandingQuarter {
        quarter: q.quarter,
        rows: q.rows.into_iter().map(row).collect(),
    }
}

fn year_row(r: period::YearRow, name: &dyn Fn(&str) -> String) -> StandingYearRow {
    StandingYearRow {
        name: name(&r.code),
        code: r.code,
        mean_e4: r.mean_e4,
        flags: r.flags,
        cards: r.cards,
        bonus_e4: r.bonus_e4,
        malus_e4: r.malus_e4,
        score_e4: r.score_e4,
        rank: r.rank,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Office, supervisor};

    #[tokio::test]
    async fn a_tour_counts_once_all_its_groups_are_locked() {
        let office = Office::start().await;
        let c = office.campaign().await;
        // Group 1 scores its village three times: T exists.
        for who in 0..3 {
            let mut phone = office.phone(who).await;
            let sheet = phone.filled(&c, office.sites[0], who as i64);
            let segment = phone.write(phone.sealed(), &sheet);
            phone.sync(&office.app, vec![segment]).await.unwrap();
        }
        let (by, id) = (supervisor(), office.campaign);
        let told = || async { office.app.standing(None).await.unwrap() };
        let lock = |group| office.app.lock_group(&by, id, group, Some("时间到"));
        lock(office.groups[0]).await.unwrap();
        assert!(told().await.years.is_empty(), "one group is still open");
        lock(office.groups[1]).await.unwrap();
        let seen = told().await;
        assert_eq!((seen.year, &seen.years[..]), (2026, &[2026][..]));
        assert_eq!(seen.campaigns.len(), 1);
        let [quarter] = &seen.quarters[..] else {
            panic!("{seen:?}")
        };
        let (_, outcome) = office.app.results(id).await.unwrap();
        let township = outcome.townships.iter().find(|t| t.raw_e4.is_some());
        let score = township.and_then(|t| t.corrected_e4.or(t.raw_e4));
        assert_eq!(quarter.quarter, 2);
        assert_eq!(quarter.rows.len(), 1);
        assert_eq!(Some(quarter.rows[0].score_e4), score);
        assert_eq!(seen.townships[0].rank, 1);
        assert!(
            office
                .app
                .standing(Some(2025))
                .await
                .unwrap()
                .townships
                .is_empty()
        );
    }
}
