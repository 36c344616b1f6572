//! Scoring and ranking: from sheets to site scores, components, T, T', ranks and awards.
//!
//! Invariant: integers in 1/10,000 point; each published step is rounded once, half away from zero, from exact
//! fractions; the order of the input carries no meaning; the same input gives the same bytes on every machine.
//! This is the one implementation: `guanmo score`, the server and the phone all call it.
//! Leaves out: the score of one sheet (`sheet`), months, quarters and years.

mod awards;
mod correction;
mod error;
pub mod explain;
mod fraction;
mod input;
mod outcome;
mod rank;
mod rules;
mod sites;

use std::collections::{BTreeMap, BTreeSet};

pub use awards::{Award, Decision, Reason, in_a_row};
pub use correction::{DELTA_LIMIT_E4, Delta, GroupMean, MIN_SHARED, SharedSite};
pub use error::ScoreError;
pub use explain::{Details, Explanation, explain};
pub use input::{Input, Rectification, Sheet, Site, Township};
pub use outcome::{AwardLists, GroupDelta, Outcome, TownshipResult};
pub use rules::{AwardRules, AwardScope, Component, Correction, Rules, Weights};
pub use sites::{Components, MIN_SHEETS, SheetUse, SiteScore, TRIM_FROM, trimmed_mean};

use awards::Candidate;
use correction::Row;
use rank::Key;

/// A result with what led to it, for the annex and the explain view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workings {
    /// The published result.
    pub outcome: Outcome,
    /// Every site's score, by site and group.
    pub sites: Vec<SiteScore>,
    /// Town sites that every group has a score for.
    pub shared: Vec<SharedSite>,
    /// δ of each group; empty unless the benchmark was used.
    pub deltas: Vec<Delta>,
    /// A and S of each group that has a T.
    pub means: Vec<GroupMean>,
    /// R, the mean of the A.
    pub grand_mean_e4: Option<i64>,
    /// Awards given, and those not given though the place would give them.
    pub decisions: Vec<Decision>,
}

/// Computes the result.
///
/// # Errors
/// What `Input::check` refuses, and `Overflow`.
pub fn compute(input: &Input) -> Result<Outcome, ScoreError> {
    work(input).map(|workings| workings.outcome)
}

/// Reads a score file, computes, and prints the result as indented JSON.
///
/// # Errors
/// `Malformed` with line and column, and those of `compute`.
pub fn score_json(input: &str) -> Result<(Outcome, String), ScoreError> {
    // A byte order mark, as Windows editors leave it, is not JSON but harmless.
    let input: Input = serde_json::from_str(input.strip_prefix('\u{feff}').unwrap_or(input))?;
    let outcome = compute(&input)?;
    let text = serde_json::to_string_pretty(&outcome)?;
    Ok((outcome, text))
}

/// Computes the result and keeps what led to it.
///
/// # Errors
/// Those of `compute`.
pub fn work(input: &Input) -> Result<Workings, ScoreError> {
    input.check()?;
    let mut townships: Vec<&Township> = input.townships.iter().collect();
    townships.sort_by(|a, b| a.code.cmp(&b.code));

    let scores = sites::site_scores(input)?;
    let components = sites::components(input, &scores)?;
    let parts: Vec<&Components> = townships
        .iter()
        .filter_map(|t| components.get(&t.code))
        .collect();
    let raw: Vec<Option<i64>> = parts
        .iter()
        .map(|parts| sites::raw_score(parts, &input.rules.weights))
        .collect::<Result<_, _>>()?;
    let raw_keys = keys(&townships, &parts, &raw);
    let in_group = ranks_in_groups(&townships, &raw_keys);

    let Benchmark {
        method,
        shared,
        deltas,
    } = benchmark(input, &scores)?;
    let rows: Vec<Row> = townships
        .iter()
        .zip(raw.iter().zip(&in_group))
        .map(|(t, (raw_e4, rank))| Row {
            group: t.group,
            raw_e4: *raw_e4,
            rank_in_group: *rank,
        })
        .collect();
    let delta_of: BTreeMap<i64, i64> = deltas.iter().map(|d| (d.group, d.delta_e4)).collect();
    let corrected = correction::corrected(method, &rows, &delta_of)?;
    let corrected_keys = keys(&townships, &parts, &corrected);
    let overall = rank::ranks(&corrected_keys);

    let decisions = decide(input, &townships, &raw_keys, &corrected_keys);
    let results = townships.iter().enumerate().map(|(i, t)| TownshipResult {
        code: t.code.clone(),
        components_e4: parts[i].clone(),
        raw_e4: raw[i],
        corrected_e4: corrected[i],
        rank_in_group: in_group[i],
        rank_corrected: overall[i],
    });
    let delta = |group| GroupDelta {
        group,
        delta_e4: delta_of.get(&group).copied().unwrap_or(0),
    };
    let outcome = Outcome {
        method,
        groups: input.groups().into_iter().map(delta).collect(),
        townships: results.collect(),
        awards: awards::lists(&decisions),
        too_few_sheets: too_few_sheets(input, &scores),
        delta_limited: deltas.iter().any(|d| d.delta_e4 != d.unlimited_e4),
    };
    let (means, grand_mean_e4) = correction::group_means(&rows)?;
    let sites = scores.into_values().collect();
    Ok(Workings {
        outcome,
        sites,
        shared,
        deltas,
        means,
        grand_mean_e4,
        decisions,
    })
}

/// What the sites scored by every group say, and the correction that follows.
struct Benchmark {
    method: Correction,
    shared: Vec<SharedSite>,
    deltas: Vec<Delta>,
}

fn benchmark(
    input: &Input,
    scores: &BTreeMap<(String, i64), SiteScore>,
) -> Result<Benchmark, ScoreError> {
    let (town, groups) = (town_sites(input), input.groups());
    let of_towns = scores.values().filter(|s| town.contains(s.site.as_str()));
    let shared = correction::shared_sites(of_towns, &groups);
    let method = match input.rules.correction {
        Correction::BenchmarkAdditive if shared.len() < MIN_SHARED => Correction::SecondAverage,
        chosen => chosen,
    };
    let deltas = match method {
        Correction::BenchmarkAdditive => correction::deltas(&shared, &groups)?,
        _ => vec![],
    };
    Ok(Benchmark {
        method,
        shared,
        deltas,
    })
}

fn town_sites(input: &Input) -> BTreeSet<&str> {
    let town = input.sites.iter().filter(|s| s.township.is_none());
    town.map(|s| s.id.as_str()).collect()
}

/// Sites of townships without score; the map they come from is sorted.
fn too_few_sheets(input: &Input, scores: &BTreeMap<(String, i64), SiteScore>) -> Vec<String> {
    let town = town_sites(input);
    let few = scores.values().filter(|s| s.score_e4.is_none());
    few.filter(|s| !town.contains(s.site.as_str()))
        .map(|s| s.site.clone())
        .collect()
}

fn keys(
    townships: &[&Township],
    parts: &[&Components],
    scores: &[Option<i64>],
) -> Vec<Option<Key>> {
    let rows = townships.iter().zip(parts).zip(scores);
    rows.map(|((t, parts), score)| score.map(|e4| Key::new(e4, t, parts)))
        .collect()
}

fn ranks_in_groups(townships: &[&Township], keys: &[Option<Key>]) -> Vec<Option<usize>> {
    let mut members: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (i, t) in townships.iter().enumerate() {
        members.entry(t.group).or_default().push(i);
    }
    let mut ranks = vec![None; townships.len()];
    for group in members.values() {
        let of_group: Vec<Option<Key>> = group.iter().map(|i| keys[*i].clone()).collect();
        for (i, rank) in group.iter().zip(rank::ranks(&of_group)) {
            ranks[*i] = rank;
        }
    }
    ranks
}

fn decide(
    input: &Input,
    townships: &[&Township],
    raw: &[Option<Key>],
    corrected: &[Option<Key>],
) -> Vec<Decision> {
    let rules = &input.rules.award;
    let candidates = |keys: &[Option<Key>], group: Option<i64>| -> Vec<Candidate> {
        let rows = townships
            .iter()
            .zip(keys)
            .filter(|(t, _)| group.is_none_or(|g| t.group == g));
        let one = |(t, key): (&&Township, &Option<Key>)| {
            Some(Candidate {
                code: t.code.clone(),
                vetoed: t.vetoed,
                key: key.clone()?,
            })
        };
        rows.filter_map(one).collect()
    };
    match rules.scope {
        AwardScope::Overall => awards::decide(candidates(corrected, None), rules),
        AwardScope::PerGroup => {
            let groups = input.groups().into_iter();
            groups
                .flat_map(|g| awards::decide(candidates(raw, Some(g)), rules))
                .collect()
        }
    }
}
