//! Making the scores of different groups comparable: T → T'.
//!
//! Invariant: group means are exact fractions; only δ, S and T' are rounded, once each.
//! Leaves out: order and awards.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::fraction::Fraction;
use super::{Correction, ScoreError, SiteScore};
use crate::points::{HUNDRED, POINT, div_round};

/// Fewer shared sites than this: second average instead of the benchmark.
pub const MIN_SHARED: usize = 3;
/// Largest δ, in e4.
pub const DELTA_LIMIT_E4: i64 = 5 * POINT;

/// A town site every group has a score for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedSite {
    /// Site.
    pub site: String,
    /// Score by group.
    pub by_group: BTreeMap<i64, i64>,
}

/// How lenient a group is, from the shared sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// Group.
    pub group: i64,
    /// δ after the limit; positive: the group gave more than the others.
    pub delta_e4: i64,
    /// δ before the limit.
    pub unlimited_e4: i64,
}

/// What a correction needs of a township.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub group: i64,
    pub raw_e4: Option<i64>,
    pub rank_in_group: Option<usize>,
}

/// Mean and spread of a group's T, for the annex; A and R are rounded here only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMean {
    /// Group.
    pub group: i64,
    /// Townships with a T.
    pub townships: i64,
    /// A: mean of T.
    pub mean_e4: i64,
    /// S: population standard deviation of T.
    pub deviation_e4: i64,
}

/// The town sites that have a score of every group.
pub(crate) fn shared_sites<'a>(
    town_scores: impl Iterator<Item = &'a SiteScore>,
    groups: &BTreeSet<i64>,
) -> Vec<SharedSite> {
    let mut sites: BTreeMap<&str, BTreeMap<i64, i64>> = BTreeMap::new();
    for score in town_scores {
        let site = sites.entry(&score.site).or_default();
        site.extend(score.score_e4.map(|e4| (score.group, e4)));
    }
    let all = |by_group: &BTreeMap<i64, i64>| groups.iter().all(|g| by_group.contains_key(g));
    let shared = sites.into_iter().filter(|(_, by_group)| all(by_group));
    shared
        .map(|(site, by_group)| SharedSite {
            site: site.into(),
            by_group,
        })
        .collect()
}

/// δ of one group over the shared sites, before the limit.
pub(crate) fn delta(shared: &[SharedSite], group: i64) -> Result<i64, ScoreError> {
    // mean over k of (B_gk − Σ_h B_hk / G) = Σ_k (G·B_gk − Σ_h B_hk) / (K·G)
    let mut sum = 0i128;
    let mut parts = 0i128;
    for site in shared {
        let own = site.by_group.get(&group).ok_or(ScoreError::Overflow)?;
        let groups = i128::try_from(site.by_group.len()).map_err(|_| ScoreError::Overflow)?;
        let total: i128 = site.by_group.values().copied().map(i128::from).sum();
        sum += i128::from(*own) * groups - total;
        parts += groups;
    }
    div_round(sum, parts).ok_or(ScoreError::Overflow)
}

/// δ of every group.
pub(crate) fn deltas(
    shared: &[SharedSite],
    groups: &BTreeSet<i64>,
) -> Result<Vec<Delta>, ScoreError> {
    let one = |group: &i64| {
        let unlimited_e4 = delta(shared, *group)?;
        let delta_e4 = unlimited_e4.clamp(-DELTA_LIMIT_E4, DELTA_LIMIT_E4);
        Ok(Delta {
            group: *group,
            delta_e4,
            unlimited_e4,
        })
    };
    groups.iter().map(one).collect()
}

struct Group {
    count: i64,
    mean: Fraction,
    deviation_e4: i64,
}

/// The groups that have a T.
fn groups_of(rows: &[Row]) -> Result<BTreeMap<i64, Group>, ScoreError> {
    let mut raw: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for row in rows {
        if let Some(t) = row.raw_e4 {
            raw.entry(row.group).or_default().push(t);
        }
    }
    let group = |values: Vec<i64>| -> Result<Group, ScoreError> {
        let count = i64::try_from(values.len()).map_err(|_| ScoreError::Overflow)?;
        let sum: i128 = values.iter().copied().map(i128::from).sum();
        let mean = Fraction::new(sum, i128::from(count))?;
        Ok(Group {
            count,
            mean,
            deviation_e4: deviation(&values)?,
        })
    };
    raw.into_iter()
        .map(|(g, values)| Ok((g, group(values)?)))
        .collect()
}

/// Population standard deviation, rounded once, half away from zero.
fn deviation(values: &[i64]) -> Result<i64, ScoreError> {
    let over = ScoreError::Overflow;
    let n = i128::try_from(values.len()).map_err(|_| over.clone())?;
    let sum: i128 = values.iter().copied().map(i128::from).sum();
    let squares: i128 = values.iter().map(|v| i128::from(*v) * i128::from(*v)).sum();
    // S = √N / n with N = n·Σt² − (Σt)²; both factors stay below 2^60 for values the check lets pass.
    let square = |v: i128| v.checked_mul(v).ok_or(ScoreError::Overflow);
    let big = n
        .checked_mul(squares)
        .ok_or(over.clone())?
        .checked_sub(square(sum)?);
    let big = big.filter(|b| *b >= 0).ok_or(over.clone())?;
    let nn = square(n)?;
    let floor = big.checked_div(nn).ok_or(over.clone())?.isqrt();
    // Up if √N / n >= floor + 1/2, that is 4N >= (2·floor + 1)²·n².
    let half = square(2 * floor + 1)?.checked_mul(nn).ok_or(over.clone())?;
    let up = big.checked_mul(4).ok_or(over.clone())? >= half;
    i64::try_from(floor + i128::from(up)).map_err(|_| over)
}

fn mean(values: impl ExactSizeIterator<Item = Fraction>) -> Result<Option<Fraction>, ScoreError> {
    let n = i128::try_from(values.len()).map_err(|_| ScoreError::Overflow)?;
    if n == 0 {
        return Ok(None);
    }
    let mut sum = Fraction::ZERO;
    for value in values {
        sum = sum.add(value)?;
    }
    sum.mul(Fraction::new(1, n)?).map(Some)
}

/// A and S of the groups that have a T, and R, the mean of the A; for the annex.
pub(crate) fn group_means(rows: &[Row]) -> Result<(Vec<GroupMean>, Option<i64>), ScoreError> {
    let groups = groups_of(rows)?;
    // For print only: a method that does without R must not fail on it.
    let grand = mean(groups.values().map(|g| g.mean))
        .ok()
        .flatten()
        .and_then(|r| r.round().ok());
    let mut means = Vec::with_capacity(groups.len());
    for (group, g) in groups {
        let mean_e4 = g.mean.round()?;
        let deviation_e4 = g.deviation_e4;
        means.push(GroupMean {
            group,
            townships: g.count,
            mean_e4,
            deviation_e4,
        });
    }
    Ok((means, grand))
}

/// T' of every row, in the order of the rows.
pub(crate) fn corrected(
    method: Correction,
    rows: &[Row],
    deltas: &BTreeMap<i64, i64>,
) -> Result<Vec<Option<i64>>, ScoreError> {
    let groups = groups_of(rows)?;
    // R is needed by two methods only; the others must not fail on it.
    let (grand, spread) = match method {
        Correction::SecondAverage | Correction::Zscore => (
            mean(groups.values().map(|g| g.mean))?,
            mean(groups.values().map(|g| Fraction::whole(g.deviation_e4)))?,
        ),
        _ => (None, None),
    };
    let grand = grand.unwrap_or(Fraction::ZERO);
    let spread = spread.unwrap_or(Fraction::ZERO);
    let one = |row: &Row| {
        let (Some(t), Some(group)) = (row.raw_e4, groups.get(&row.group)) else {
            return Ok(None);
        };
        let value = match method {
            Correction::None => t,
            Correction::BenchmarkAdditive => {
                let delta = deltas.get(&row.group).copied().unwrap_or(0);
                t.checked_sub(delta).ok_or(ScoreError::Overflow)?
            }
            Correction::SecondAverage if group.mean.is_zero() => t,
            Correction::SecondAverage => Fraction::whole(t).mul(grand)?.div(group.mean)?.round()?,
            Correction::Zscore if group.deviation_e4 == 0 => grand.round()?,
            Correction::Zscore => {
                let off = Fraction::whole(t).sub(group.mean)?;
                let scaled = off.mul(spread)?.div(Fraction::whole(group.deviation_e4))?;
                grand.add(scaled)?.round()?
            }
            Correction::RankPoints => rank_points(row.rank_in_group, group.count)?,
        };
        Ok(Some(value))
    };
    rows.iter().map(one).collect()
}

/// 100 − 40·(rank − 1)/(n − 1), 100 where n = 1.
fn rank_points(rank: Option<usize>, n: i64) -> Result<i64, ScoreError> {
    let rank = rank
        .and_then(|r| i64::try_from(r).ok())
        .ok_or(ScoreError::Overflow)?;
    if n == 1 {
        return Ok(HUNDRED);
    }
    let lost = Fraction::new(
        i128::from(40 * POINT) * i128::from(rank - 1),
        i128::from(n - 1),
    )?;
    Fraction::whole(HUNDRED).sub(lost)?.round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviation_is_rounded_half_away_from_zero() {
        assert_eq!(deviation(&[5]).unwrap(), 0);
        assert_eq!(deviation(&[0, 1]).unwrap(), 1); // exactly 1/2
        assert_eq!(deviation(&[0, 2]).unwrap(), 1);
        assert_eq!(deviation(&[0, 0, 1]).unwrap(), 0); // √2/3 = 0.471
        assert_eq!(deviation(&[0, 0, 10]).unwrap(), 5); // 4.714
        assert_eq!(deviation(&[0, 3]).unwrap(), 2); // exactly 3/2
    }

    #[test]
    fn a_group_of_mean_zero_keeps_its_scores() {
        let row = |group, t| Row {
            group,
            raw_e4: Some(t),
            rank_in_group: Some(1),
        };
        let rows = [row(1, 0), row(2, 800_000)];
        let out = corrected(Correction::SecondAverage, &rows, &BTreeMap::new()).unwrap();
        assert_eq!(out, [Some(0), Some(400_000)]);
    }

    #[test]
    fn townships_without_score_get_none_and_do_not_move_the_others() {
        let row = |group, raw_e4| Row {
            group,
            raw_e4,
            rank_in_group: Some(1),
        };
        let rows = [row(1, Some(800_000)), row(1, None), row(2, None)];
        for method in [Correction::SecondAverage, Correction::Zscore] {
            let out = corrected(method, &rows, &BTreeMap::new()).unwrap();
            assert_eq!(out, [Some(800_000), None, None]);
        }
    }
}
