//! From sheets to site scores, components and the township's raw score T.
//!
//! Invariant: each step is rounded once, half away from zero; the order of the sheets carries no meaning.
//! Leaves out: comparison between groups (`correction`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::input::component_of;
use super::{Component, Input, ScoreError, Weights};
use crate::points::div_round;

/// Fewer sheets than this give no site score.
pub const MIN_SHEETS: usize = 3;
/// From this many sheets on, one highest and one lowest are left out.
pub const TRIM_FROM: usize = 5;

/// One sheet as it entered a site score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetUse {
    /// Observer.
    pub observer: String,
    /// Score of the sheet.
    pub score_e4: i64,
    /// False if left out: the highest, the lowest, or too few.
    pub counted: bool,
}

/// The score one group gave a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteScore {
    /// Site.
    pub site: String,
    /// Group.
    pub group: i64,
    /// Its sheets, from the lowest to the highest.
    pub sheets: Vec<SheetUse>,
    /// The score; none with too few sheets.
    pub score_e4: Option<i64>,
}

/// The mean as a site score takes it; `None` with too few scores. `scores` must be sorted.
///
/// # Errors
/// `Overflow` if the sum does not fit.
pub fn trimmed_mean(scores: &[i64]) -> Result<Option<i64>, ScoreError> {
    match scores.len() {
        n if n < MIN_SHEETS => Ok(None),
        n if n < TRIM_FROM => mean(scores).map(Some),
        n => mean(&scores[1..n - 1]).map(Some),
    }
}

/// Mean rounded once. `Overflow` for no values.
pub(crate) fn mean(values: &[i64]) -> Result<i64, ScoreError> {
    let sum: i128 = values.iter().copied().map(i128::from).sum();
    let n = i128::try_from(values.len()).map_err(|_| ScoreError::Overflow)?;
    div_round(sum, n).ok_or(ScoreError::Overflow)
}

/// Scores by site and group. A township's site has one entry even without sheets, a town site one per group.
pub(crate) fn site_scores(input: &Input) -> Result<BTreeMap<(String, i64), SiteScore>, ScoreError> {
    let home: BTreeMap<&str, i64> = input
        .townships
        .iter()
        .map(|t| (t.code.as_str(), t.group))
        .collect();
    let mut scores = BTreeMap::new();
    let mut open = |site: &str, group: i64| {
        let empty = SiteScore {
            site: site.into(),
            group,
            sheets: vec![],
            score_e4: None,
        };
        scores.insert((site.to_owned(), group), empty);
    };
    for site in &input.sites {
        match site.township.as_deref().and_then(|code| home.get(code)) {
            Some(group) => open(&site.id, *group),
            None => input
                .groups()
                .into_iter()
                .for_each(|group| open(&site.id, group)),
        }
    }
    for sheet in &input.sheets {
        if let Some(score) = scores.get_mut(&(sheet.site.clone(), sheet.group)) {
            let (observer, score_e4) = (sheet.observer.clone(), sheet.score_e4);
            score.sheets.push(SheetUse {
                observer,
                score_e4,
                counted: true,
            });
        }
    }
    for score in scores.values_mut() {
        score
            .sheets
            .sort_by(|a, b| (a.score_e4, &a.observer).cmp(&(b.score_e4, &b.observer)));
        let sorted: Vec<i64> = score.sheets.iter().map(|s| s.score_e4).collect();
        score.score_e4 = trimmed_mean(&sorted)?;
        let n = sorted.len();
        for (i, sheet) in score.sheets.iter_mut().enumerate() {
            sheet.counted = n >= MIN_SHEETS && (n < TRIM_FROM || (i > 0 && i < n - 1));
        }
    }
    Ok(scores)
}

/// A township's components, those present.
pub type Components = BTreeMap<Component, i64>;

/// Components of every township, by code.
pub(crate) fn components(
    input: &Input,
    scores: &BTreeMap<(String, i64), SiteScore>,
) -> Result<BTreeMap<String, Components>, ScoreError> {
    let mut values: BTreeMap<(&str, Component), Vec<i64>> = BTreeMap::new();
    let group: BTreeMap<&str, i64> = input
        .townships
        .iter()
        .map(|t| (t.code.as_str(), t.group))
        .collect();
    for site in &input.sites {
        let (Some(code), Some(component)) = (&site.township, component_of(site.kind)) else {
            continue;
        };
        let Some(group) = group.get(code.as_str()) else {
            continue;
        };
        let score = scores
            .get(&(site.id.clone(), *group))
            .and_then(|s| s.score_e4);
        values.entry((code, component)).or_default().extend(score);
    }
    let mut all: BTreeMap<String, Components> = input
        .townships
        .iter()
        .map(|t| (t.code.clone(), Components::new()))
        .collect();
    for ((code, component), scores) in values {
        if let (Some(components), false) = (all.get_mut(code), scores.is_empty()) {
            components.insert(component, mean(&scores)?);
        }
    }
    for r in input.rectification.iter().filter(|r| r.due > 0) {
        if let Some(components) = all.get_mut(&r.township) {
            components.insert(
                Component::R,
                share(r.closed, r.due, crate::points::HUNDRED)?,
            );
        }
    }
    Ok(all)
}

/// `part / whole` of `of`, rounded once. `Overflow` if `whole` is 0.
pub(crate) fn share(part: i64, whole: i64, of: i64) -> Result<i64, ScoreError> {
    div_round(i128::from(part) * i128::from(of), i128::from(whole)).ok_or(ScoreError::Overflow)
}

/// T: the weighted mean of the components present; none if no weight is left.
pub(crate) fn raw_score(
    components: &Components,
    weights: &Weights,
) -> Result<Option<i64>, ScoreError> {
    let parts = components.iter().map(|(c, value)| (*value, weights.of(*c)));
    weighted_mean(parts)
}

/// Weighted mean of (value, weight), rounded once; none if the weights sum to 0.
pub(crate) fn weighted_mean(
    parts: impl Iterator<Item = (i64, i64)>,
) -> Result<Option<i64>, ScoreError> {
    let (mut sum, mut weights) = (0i128, 0i128);
    for (value, weight) in parts {
        sum += i128::from(value) * i128::from(weight);
        weights += i128::from(weight);
    }
    if weights == 0 {
        return Ok(None);
    }
    div_round(sum, weights)
        .map(Some)
        .ok_or(ScoreError::Overflow)
}
