//! Quarters and the year: from the results of single campaigns to the standing (一季一排名、一年一考核).
//!
//! Invariant: integers in 1/10,000 point, rounded once, half away from zero, at each published step; equal at two
//! decimals is a shared place (1-2-2-4); the order of the input carries no meaning.
//! Leaves out: the result of one campaign (`score`), and which campaigns count (the caller knows what is locked).
//!
//! Quarter `Q = 0.4 · mean(months) + 0.6 · mean(tours)`; what did not take place is left out and the rest taken whole.
//! Year `Y = mean(Q) + min(3, flags) − min(2, 0.5 · repeated issues) − 0 · cards`. The constants are a proposal.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::points::{POINT, cents, div_round};

/// Constants of the standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Weight of the monthly checks in a quarter with a tour.
    pub months_weight: i64,
    /// Weight of the tours.
    pub tours_weight: i64,
    /// Bonus for a red flag, and its cap for the year.
    pub flag_bonus_e4: (i64, i64),
    /// Malus for an issue that came back, and its cap for the year.
    pub repeat_malus_e4: (i64, i64),
    /// Malus for a yellow card: a warning only, so 0.
    pub card_malus_e4: i64,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            months_weight: 40,
            tours_weight: 60,
            flag_bonus_e4: (POINT, 3 * POINT),
            repeat_malus_e4: (POINT / 2, 2 * POINT),
            card_malus_e4: 0,
        }
    }
}

/// What kind of campaign a result is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// A monthly check: T counts.
    Month,
    /// A tour: T' counts.
    Tour,
}

/// A locked result of the year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Result {
    /// Kind.
    pub held: Held,
    /// Month it belongs to, 1–12.
    pub month: u32,
    /// Score by township code.
    pub scores_e4: BTreeMap<String, i64>,
    /// Townships with a red flag.
    pub red_flags: BTreeSet<String>,
    /// Townships with a yellow card.
    pub yellow_cards: BTreeSet<String>,
}

/// One township in a quarter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarterRow {
    /// Township.
    pub code: String,
    /// Mean of its monthly checks.
    pub months_e4: Option<i64>,
    /// Mean of its tours.
    pub tours_e4: Option<i64>,
    /// Q.
    pub score_e4: i64,
    /// Place.
    pub rank: usize,
    /// Places gained against the quarter before; negative: lost. None without one.
    pub moved: Option<i64>,
}

/// A quarter in which something was held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarter {
    /// 1–4.
    pub quarter: u32,
    /// By place, then code.
    pub rows: Vec<QuarterRow>,
}

/// One township in the year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearRow {
    /// Township.
    pub code: String,
    /// Mean of its quarters.
    pub mean_e4: i64,
    /// Red flags.
    pub flags: i64,
    /// Yellow cards.
    pub cards: i64,
    /// Issues that came back.
    pub repeats: i64,
    /// Bonus for flags, capped.
    pub bonus_e4: i64,
    /// Malus for repeated issues (capped) and cards.
    pub malus_e4: i64,
    /// Y.
    pub score_e4: i64,
    /// Place.
    pub rank: usize,
}

/// The standing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Quarters with results, in order.
    pub quarters: Vec<Quarter>,
    /// The year so far, by place, then code.
    pub year: Vec<YearRow>,
}

/// The standing of a year. `repeats`: issues that came back, by township. None if a sum does not fit.
pub fn standing(
    terms: &Terms,
    results: &[Result],
    repeats: &BTreeMap<String, i64>,
) -> Option<Standing> {
    let mut standing = Standing::default();
    let mut before: BTreeMap<String, usize> = BTreeMap::new();
    let mut scores: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for quarter in 1..=4 {
        let own: Vec<&Result> = results
            .iter()
            .filter(|r| r.month.div_ceil(3) == quarter)
            .collect();
        let rows = quarter_rows(terms, &own, &before)?;
        for row in &rows {
            scores
                .entry(row.code.clone())
                .or_default()
                .push(row.score_e4);
        }
        before = rows.iter().map(|r| (r.code.clone(), r.rank)).collect();
        if !rows.is_empty() {
            standing.quarters.push(Quarter { quarter, rows });
        }
    }
    for (code, quarters) in scores {
        let count = |of: fn(&Result) -> &BTreeSet<String>| {
            i64::try_from(results.iter().filter(|r| of(r).contains(&code)).count()).ok()
        };
        let (flags, cards) = (count(|r| &r.red_flags)?, count(|r| &r.yellow_cards)?);
        let repeats = repeats.get(&code).copied().unwrap_or(0);
        let capped = |(each, cap): (i64, i64), n: i64| Some(each.checked_mul(n)?.min(cap));
        let mean_e4 = mean(&quarters)??;
        let bonus_e4 = capped(terms.flag_bonus_e4, flags)?;
        let cards_e4 = terms.card_malus_e4.checked_mul(cards)?;
        let malus_e4 = capped(terms.repeat_malus_e4, repeats)?.checked_add(cards_e4)?;
        standing.year.push(YearRow {
            score_e4: mean_e4.checked_add(bonus_e4)?.checked_sub(malus_e4)?,
            rank: 0,
            code,
            mean_e4,
            flags,
            cards,
            repeats,
            bonus_e4,
            malus_e4,
        });
    }
    let places = places(standing.year.iter().map(|r| r.score_e4));
    for (row, place) in standing.year.iter_mut().zip(places) {
        row.rank = place;
    }
    standing
        .year
        .sort_by(|a, b| (a.rank, &a.code).cmp(&(b.rank, &b.code)));
    Some(standing)
}

fn quarter_rows(
    terms: &Terms,
    results: &[&Result],
    before: &BTreeMap<String, usize>,
) -> Option<Vec<QuarterRow>> {
    let codes: BTreeSet<&String> = results.iter().flat_map(|r| r.scores_e4.keys()).collect();
    let mut rows = Vec::with_capacity(codes.len());
    for code in codes {
        let of = |held: Held| {
            let own = results.iter().filter(|r| r.held == held);
            mean(
                &own.filter_map(|r| r.scores_e4.get(code).copied())
                    .collect::<Vec<_>>(),
            )
        };
        let (months_e4, tours_e4) = (of(Held::Month)?, of(Held::Tour)?);
        let score_e4 = match (months_e4, tours_e4) {
            (Some(months), Some(tours)) => {
                let sum = i128::from(months) * i128::from(terms.months_weight)
                    + i128::from(tours) * i128::from(terms.tours_weight);
                div_round(sum, i128::from(terms.months_weight + terms.tours_weight))?
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => continue,
        };
        rows.push(QuarterRow {
            code: code.clone(),
            months_e4,
            tours_e4,
            score_e4,
            rank: 0,
            moved: None,
        });
    }
    let places = places(rows.iter().map(|r| r.score_e4));
    for (row, place) in rows.iter_mut().zip(places) {
        row.rank = place;
        let was = before.get(&row.code);
        row.moved = was.map(|was| *was as i64 - place as i64);
    }
    rows.sort_by(|a, b| (a.rank, &a.code).cmp(&(b.rank, &b.code)));
    Some(rows)
}

/// The mean, rounded; `Some(None)` of nothing, `None` if it does not fit.
fn mean(values: &[i64]) -> Option<Option<i64>> {
    if values.is_empty() {
        return Some(None);
    }
    let sum: i128 = values.iter().map(|v| i128::from(*v)).sum();
    div_round(sum, values.len() as i128).map(Some)
}

/// Places by score at two decimals: 1 + the number of better ones.
fn places(scores_e4: impl Iterator<Item = i64>) -> Vec<usize> {
    let shown: Vec<i64> = scores_e4.map(cents).collect();
    let better = |own: &i64| shown.iter().filter(|other| *other > own).count() + 1;
    shown.iter().map(better).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(held: Held, month: u32, scores: &[(&str, i64)]) -> Result {
        let scores_e4 = scores.iter().map(|(c, s)| ((*c).to_owned(), *s)).collect();
        Result {
            held,
            month,
            scores_e4,
            red_flags: BTreeSet::new(),
            yellow_cards: BTreeSet::new(),
        }
    }

    fn of(results: &[Result]) -> Standing {
        standing(&Terms::default(), results, &BTreeMap::new()).unwrap()
    }

    #[test]
    fn a_quarter_is_two_fifths_months_and_three_fifths_tour() {
        let seen = of(&[
            result(Held::Month, 10, &[("a", 800_000), ("b", 900_000)]),
            result(Held::Month, 12, &[("a", 810_001), ("b", 900_000)]),
            result(Held::Tour, 11, &[("a", 900_000), ("b", 800_000)]),
        ]);
        let [quarter] = &seen.quarters[..] else {
            panic!("{seen:?}")
        };
        assert_eq!(quarter.quarter, 4);
        let a = &quarter.rows[0];
        // (800,000 + 810,001) / 2 = 805,000.5, away from zero; 0.4 · 805,001 + 0.6 · 900,000 = 862,000.4.
        assert_eq!((a.months_e4, a.tours_e4), (Some(805_001), Some(900_000)));
        assert_eq!((a.code.as_str(), a.score_e4, a.rank), ("a", 862_000, 1));
        assert_eq!(
            (quarter.rows[1].score_e4, quarter.rows[1].rank),
            (840_000, 2)
        );
    }

    #[test]
    fn without_a_tour_the_months_count_whole_and_places_are_compared_with_the_quarter_before() {
        let seen = of(&[
            result(
                Held::Month,
                1,
                &[("a", 800_000), ("b", 700_000), ("c", 600_000)],
            ),
            result(
                Held::Month,
                4,
                &[("a", 700_000), ("b", 800_040), ("c", 800_000)],
            ),
        ]);
        let second = &seen.quarters[1].rows;
        let told: Vec<_> = second
            .iter()
            .map(|r| (r.code.as_str(), r.rank, r.moved))
            .collect();
        // 80.004 and 80.00 are the same to a reader: a shared place.
        assert_eq!(
            told,
            [("b", 1, Some(1)), ("c", 1, Some(2)), ("a", 3, Some(-2))]
        );
    }

    #[test]
    fn the_year_adds_flags_up_to_three_points_takes_repeats_and_leaves_cards_alone() {
        let mut tours = Vec::new();
        for month in [2, 5, 8, 11] {
            let mut tour = result(Held::Tour, month, &[("a", 900_000), ("b", 905_000)]);
            tour.red_flags.insert("a".to_owned());
            tour.yellow_cards.insert("b".to_owned());
            tours.push(tour);
        }
        let repeats = BTreeMap::from([("b".to_owned(), 9), ("a".to_owned(), 1)]);
        let seen = standing(&Terms::default(), &tours, &repeats).unwrap();
        let told: Vec<_> = seen
            .year
            .iter()
            .map(|r| (r.code.as_str(), r.bonus_e4, r.malus_e4, r.score_e4, r.cards))
            .collect();
        assert_eq!(
            told,
            [
                ("a", 30_000, 5_000, 925_000, 0),
                ("b", 0, 20_000, 885_000, 4)
            ]
        );
    }

    #[test]
    fn the_order_of_results_carries_no_meaning_and_nothing_gives_nothing() {
        let mut list = vec![
            result(Held::Month, 1, &[("a", 1), ("b", 2)]),
            result(Held::Tour, 2, &[("b", 3)]),
            result(Held::Month, 9, &[("a", 5)]),
        ];
        let seen = of(&list);
        list.reverse();
        assert_eq!(of(&list), seen);
        assert_eq!(of(&[]), Standing::default());
    }

    #[test]
    fn sums_that_do_not_fit_are_told() {
        let huge = [result(Held::Month, 1, &[("a", i64::MAX)])];
        let repeats = BTreeMap::from([("a".to_owned(), i64::MAX)]);
        assert_eq!(standing(&Terms::default(), &huge, &repeats), None);
    }
}
