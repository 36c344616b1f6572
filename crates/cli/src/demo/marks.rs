//! Answers that give a sheet the score it should have.
//!
//! Invariant: every answer passes `domain::sheet::check_answer`, and the sheet's score is within half a step of the
//! finest line that still has points to lose. Leaves out: which score a sheet should have (`plan`).

use domain::checklist::{Item, ItemType};
use domain::points::{HUNDRED, div_round};
use domain::sheet::{Mark, item_points};

use crate::bench::random::Chance;

/// Households, lamps or people looked at for a share.
const SAMPLED: i64 = 5;
/// Of 100 lines that may be "not applicable", so many are.
const NOT_APPLICABLE_PERCENT: usize = 6;

/// A mark for every line, so that the sheet's score comes out near `target_e4`.
pub fn marks(lines: &[Item], target_e4: i64, chance: &mut Chance) -> Vec<Mark> {
    let mut marks: Vec<Mark> = lines.iter().map(|line| best(line, chance)).collect();
    let applicable: i64 = lines
        .iter()
        .zip(&marks)
        .filter(|(_, mark)| **mark != Mark::NotApplicable)
        .map(|(line, _)| line.max_e4)
        .sum();
    let wanted = i128::from(HUNDRED - target_e4.clamp(0, HUNDRED)) * i128::from(applicable);
    let mut to_take_off = div_round(wanted, i128::from(HUNDRED)).unwrap_or(0);
    loop {
        let steps: Vec<(usize, Mark, i64)> = (0..lines.len())
            .filter_map(|at| worse(&lines[at], marks[at]).map(|(mark, loss)| (at, mark, loss)))
            .collect();
        let fitting: Vec<&(usize, Mark, i64)> = steps
            .iter()
            .filter(|(_, _, loss)| *loss <= to_take_off)
            .collect();
        let last = steps
            .iter()
            .filter(|(_, _, loss)| *loss < 2 * to_take_off)
            .min_by_key(|(_, _, loss)| *loss);
        let (at, mark, loss) = match (fitting.is_empty(), last) {
            (false, _) => *chance.pick(&fitting),
            (true, Some(step)) => *step,
            (true, None) => return marks,
        };
        marks[at] = mark;
        to_take_off -= loss;
    }
}

fn best(line: &Item, chance: &mut Chance) -> Mark {
    if line.na_allowed && chance.percent(NOT_APPLICABLE_PERCENT) {
        return Mark::NotApplicable;
    }
    match line.kind {
        ItemType::Score { .. } => Mark::Points(line.max_e4),
        ItemType::YesNo => Mark::YesNo(true),
        ItemType::Deduct { .. } => Mark::Count(0),
        ItemType::Ratio { sample_size } => {
            let sampled = sample_size.unwrap_or(SAMPLED);
            Mark::Ratio {
                ok: sampled,
                sampled,
            }
        }
    }
}

/// The next worse mark of a line and the points it costs; none if nothing is left to lose.
fn worse(line: &Item, mark: Mark) -> Option<(Mark, i64)> {
    let next = match (line.kind, mark) {
        (ItemType::Score { step_e4 }, Mark::Points(e4)) => Mark::Points(e4 - step_e4),
        (ItemType::YesNo, Mark::YesNo(true)) => Mark::YesNo(false),
        (ItemType::Deduct { .. }, Mark::Count(found)) => Mark::Count(found + 1),
        (ItemType::Ratio { .. }, Mark::Ratio { ok, sampled }) => Mark::Ratio {
            ok: ok - 1,
            sampled,
        },
        _ => return None,
    };
    let points = |mark: &Mark| item_points(line, mark).ok().flatten();
    let loss = points(&mark)? - points(&next)?;
    (loss > 0).then_some((next, loss))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::sheet::{Answer, Form, score};
    use domain::{SiteKind, TownKind, builtin};

    use super::*;

    #[test]
    fn sheets_of_every_kind_come_out_near_their_target() {
        let mut chance = Chance::new(3);
        for kind in SiteKind::ALL {
            let town = (*kind == SiteKind::TownSite).then_some(TownKind::Market);
            let checklist = builtin::checklist_for(*kind)
                .unwrap()
                .for_site(*kind, town)
                .unwrap();
            for form in [Form::Detailed, Form::Quick] {
                for target_e4 in [600_000, 772_000, 893_000, 960_000] {
                    let lines = checklist.lines(form);
                    let marks = marks(lines, target_e4, &mut chance);
                    let answers: BTreeMap<String, Answer> = lines
                        .iter()
                        .map(|l| l.id.clone())
                        .zip(marks.into_iter().map(Answer::from))
                        .collect();
                    let sheet = score(&checklist, form, &answers).unwrap();
                    assert!(sheet.is_complete());
                    let off = (sheet.score_e4.unwrap() - target_e4).abs();
                    assert!(off <= 15_000, "{kind:?} {form:?} {target_e4}: {off}");
                }
            }
        }
    }
}
