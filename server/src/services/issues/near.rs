//! Which issues may be the same one seen twice.
//!
//! Two are suggested if they are of the same category, found within 24 hours and 50 metres (both included), and not known
//! to be in different townships or villages. Where one of them has no position, being found at the same site counts as
//! near; without position and site nothing is suggested. Invariant: only a suggestion, a person decides. Costs no more
//! than the pairs that are near in latitude: issues are sorted, not all compared with all. Leaves out: what was decided.

use std::collections::BTreeMap;

use geo::{Distance, Geodesic, Point};
use uuid::Uuid;

use crate::store::IssueRow;

/// How far apart two may be, metres.
const METRES: f64 = 50.0;
/// How long apart two may have been found, ms.
const APART_MS: i64 = 24 * 3_600_000;
/// More than 50 m of latitude anywhere on the ellipsoid (110.5 km a degree at least), 1e-7 degree.
const LATITUDE_E7: i64 = 4_600;
/// Pairs suggested at once; more would not be looked at before some are decided.
pub const LIMIT: usize = 500;

/// Two issues that may be one.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The one found first.
    pub first: Uuid,
    /// The other.
    pub second: Uuid,
    /// How far apart, metres; none: the same site, one without position.
    pub metres: Option<f64>,
    /// How long apart, ms.
    pub apart_ms: i64,
}

fn point((lat, lon): (i64, i64)) -> Point {
    Point::new(lon as f64 / 1e7, lat as f64 / 1e7)
}

/// Metres between two positions in 1e-7 degree, on the WGS-84 ellipsoid.
pub fn metres(a: (i64, i64), b: (i64, i64)) -> f64 {
    Geodesic.distance(point(a), point(b))
}

fn differ(a: Option<&String>, b: Option<&String>) -> bool {
    a.zip(b).is_some_and(|(a, b)| a != b)
}

/// The pair, if the two may be one.
fn pair(a: &IssueRow, b: &IssueRow) -> Option<Pair> {
    let apart_ms = (a.found_ms - b.found_ms).abs();
    let elsewhere = differ(a.township.as_ref(), b.township.as_ref())
        || differ(a.village.as_ref(), b.village.as_ref());
    if apart_ms > APART_MS || elsewhere || a.category != b.category {
        return None;
    }
    let metres = match a.at_e7.zip(b.at_e7) {
        Some((here, there)) => Some(metres(here, there)).filter(|m| *m <= METRES)?.into(),
        None if a.site.is_some() && a.site == b.site => None,
        None => return None,
    };
    let told_apart = a.distinct.contains(&b.id) || b.distinct.contains(&a.id);
    let first = (a.found_ms, a.id) <= (b.found_ms, b.id);
    let (first, second) = if first { (a.id, b.id) } else { (b.id, a.id) };
    (!told_apart).then_some(Pair {
        first,
        second,
        metres,
        apart_ms,
    })
}

/// Pairs that may be one, nearest in time first, at most [`LIMIT`].
pub fn pairs(issues: &[IssueRow]) -> Vec<Pair> {
    let open = |i: &&IssueRow| !i.deleted && i.duplicate_of.is_none();
    let mut by_category: BTreeMap<&str, Vec<&IssueRow>> = BTreeMap::new();
    let mut by_site: BTreeMap<(Uuid, &str), Vec<&IssueRow>> = BTreeMap::new();
    for i in issues.iter().filter(open) {
        if i.at_e7.is_some() {
            by_category.entry(&i.category).or_default().push(i);
        }
        if let Some(site) = i.site {
            by_site.entry((site, &i.category)).or_default().push(i);
        }
    }
    let mut found = Vec::new();
    for mut list in by_category.into_values() {
        list.sort_by_key(|i| i.at_e7);
        sweep(&list, &mut found, |a, b| {
            let latitude = |i: &IssueRow| i.at_e7.map_or(0, |(lat, _)| lat);
            latitude(b) - latitude(a) <= LATITUDE_E7
        });
    }
    for mut list in by_site.into_values() {
        list.sort_by_key(|i| i.found_ms);
        let mut of_site = Vec::new();
        sweep(&list, &mut of_site, |a, b| {
            b.found_ms - a.found_ms <= APART_MS
        });
        // Those with two positions were compared above.
        found.extend(of_site.into_iter().filter(|p| p.metres.is_none()));
    }
    found.sort_by_key(|p| (p.apart_ms, p.first, p.second));
    found.truncate(LIMIT);
    found
}

/// Compares each with those after it as long as they are `near` in the list's order.
fn sweep(list: &[&IssueRow], found: &mut Vec<Pair>, near: impl Fn(&IssueRow, &IssueRow) -> bool) {
    for (at, a) in list.iter().enumerate() {
        let next = list[at + 1..].iter().take_while(|b| near(a, b));
        found.extend(next.filter_map(|b| pair(a, b)));
        // What can be suggested is bounded, so what is gathered for it is too.
        if found.len() > 64 * LIMIT {
            return;
        }
    }
}

#[cfg(test)]
#[path = "near_tests.rs"]
mod tests;
