//! From answers to the score of a sheet: earned of applicable points, scaled to 100.
//!
//! Invariant: rounded once per item (ratios) and once for the sheet, half away from zero.
//! Leaves out: what becomes of the sheet's score (`score`).

use std::collections::BTreeMap;

use serde::Serialize;

use super::mark::check_mark;
use super::{AnswerError, AnswerProblem, Answers, Form, Mark};
use crate::checklist::{Item, ItemType, PhotoRule, SectionCode, SiteChecklist};
use crate::points::{HUNDRED, div_round};

/// A sheet with less than this share of its points applicable is flagged for review.
const FLAG_BELOW_PERCENT: i64 = 70;

/// One line of a scored sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LineScore {
    /// Item id, or section word in the quick form.
    pub id: String,
    /// Section.
    pub section: SectionCode,
    /// Full points.
    pub max_e4: i64,
    /// The answer; none if there is none yet.
    pub mark: Option<Mark>,
    /// Points; none if not answered or not applicable.
    pub points_e4: Option<i64>,
}

/// One section of a scored sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SectionScore {
    /// Which.
    pub code: SectionCode,
    /// Points of its answered lines.
    pub earned_e4: i64,
    /// Full points of its answered lines that apply.
    pub max_e4: i64,
    /// Lines answered, "not applicable" included.
    pub answered: usize,
    /// Lines.
    pub lines: usize,
}

/// A scored sheet. While lines are missing, the score is that of the lines answered so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SheetScore {
    /// 0 to 100 points; none if nothing was answered that applies.
    pub score_e4: Option<i64>,
    /// Points of all answered lines.
    pub earned_e4: i64,
    /// Full points of the answered lines that apply.
    pub max_e4: i64,
    /// True if less than 70 % of the checklist's points apply.
    pub flagged: bool,
    /// By section, in the checklist's order.
    pub sections: Vec<SectionScore>,
    /// By line, in the checklist's order.
    pub lines: Vec<LineScore>,
    /// Lines without answer.
    pub missing: Vec<String>,
}

impl SheetScore {
    /// True if every line is answered.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Points of an answer; none for "not applicable".
///
/// # Errors
/// What `check_answer` refuses.
pub fn item_points(item: &Item, mark: &Mark) -> Result<Option<i64>, AnswerError> {
    check_mark(item, mark)?;
    let points = match (item.kind, *mark) {
        (ItemType::Score { .. }, Mark::Points(e4)) => Some(e4),
        (ItemType::YesNo, Mark::YesNo(yes)) => Some(if yes { item.max_e4 } else { 0 }),
        (ItemType::Deduct { per_unit_e4 }, Mark::Count(count)) => {
            Some((item.max_e4 - per_unit_e4.saturating_mul(count)).max(0))
        }
        (ItemType::Ratio { .. }, Mark::Ratio { ok, sampled }) => div_round(
            i128::from(item.max_e4) * i128::from(ok),
            i128::from(sampled),
        ),
        _ => None,
    };
    Ok(points)
}

/// True if a photo is asked for with this answer.
pub fn wants_photo(item: &Item, mark: &Mark) -> bool {
    match item.photo {
        PhotoRule::Required => !matches!(mark, Mark::NotApplicable),
        PhotoRule::OnLoss => {
            matches!(item_points(item, mark), Ok(Some(points)) if points < item.max_e4)
        }
        PhotoRule::Optional | PhotoRule::None => false,
    }
}

/// Scores a sheet.
///
/// # Errors
/// The first answer that is refused, unknown items included.
pub fn score(
    checklist: &SiteChecklist,
    form: Form,
    answers: &Answers,
) -> Result<SheetScore, AnswerError> {
    let of_form = |line: &&Item| answers.contains_key(&line.id);
    if checklist.lines(form).iter().filter(of_form).count() != answers.len()
        && let Some(item) = answers.keys().find(|id| checklist.line(form, id).is_none())
    {
        return Err(AnswerError {
            item: item.clone(),
            problem: AnswerProblem::UnknownItem,
        });
    }
    let line = |item: &Item| {
        let mark = answers.get(&item.id).map(|answer| answer.mark);
        let points_e4 = mark
            .map(|mark| item_points(item, &mark))
            .transpose()?
            .flatten();
        let (id, section, max_e4) = (item.id.clone(), item.section, item.max_e4);
        Ok(LineScore {
            id,
            section,
            max_e4,
            mark,
            points_e4,
        })
    };
    let lines: Vec<LineScore> = checklist
        .lines(form)
        .iter()
        .map(line)
        .collect::<Result<_, AnswerError>>()?;
    let sections = section_scores(checklist, &lines);
    let earned_e4 = sections.iter().map(|s| s.earned_e4).sum();
    let max_e4 = sections.iter().map(|s| s.max_e4).sum();
    let not_applicable = lines.iter().filter(|l| l.mark == Some(Mark::NotApplicable));
    let left_out: i64 = not_applicable.map(|l| l.max_e4).sum();
    let applicable = checklist.total_e4 - left_out;
    Ok(SheetScore {
        score_e4: percent(earned_e4, max_e4),
        earned_e4,
        max_e4,
        flagged: applicable * 100 < checklist.total_e4 * FLAG_BELOW_PERCENT,
        sections,
        missing: lines
            .iter()
            .filter(|l| l.mark.is_none())
            .map(|l| l.id.clone())
            .collect(),
        lines,
    })
}

/// Earned of possible points, scaled to 100; none of none.
pub(crate) fn percent(earned_e4: i64, max_e4: i64) -> Option<i64> {
    div_round(
        i128::from(earned_e4) * i128::from(HUNDRED),
        i128::from(max_e4),
    )
}

fn section_scores(checklist: &SiteChecklist, lines: &[LineScore]) -> Vec<SectionScore> {
    let empty = |code| SectionScore {
        code,
        earned_e4: 0,
        max_e4: 0,
        answered: 0,
        lines: 0,
    };
    let mut scores: BTreeMap<SectionCode, SectionScore> = checklist
        .sections
        .iter()
        .map(|s| (s.code, empty(s.code)))
        .collect();
    for line in lines {
        let section = scores
            .entry(line.section)
            .or_insert_with(|| empty(line.section));
        section.lines += 1;
        section.answered += usize::from(line.mark.is_some());
        if let Some(points) = line.points_e4 {
            section.earned_e4 += points;
            section.max_e4 += line.max_e4;
        }
    }
    checklist
        .sections
        .iter()
        .filter_map(|s| scores.get(&s.code).copied())
        .collect()
}
