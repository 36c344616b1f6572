//! Order of townships: by score at two decimals, then the tie chain, then equal rank (1-2-2-4).
//!
//! Invariant: what people see as equal is a tie; no lot is drawn and no code decides.
//! Leaves out: which score is ranked.

use std::cmp::Reverse;

use super::input::Township;
use super::{Component, Components};
use crate::points::cents;

/// What decides a place; greater is better.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The score at two decimals.
    pub score: i64,
    households: i64,
    en_route: i64,
    overdue: Reverse<i64>,
    villages: i64,
    notices: Reverse<i64>,
}

impl Key {
    /// The key of a township with this score.
    pub fn new(score_e4: i64, township: &Township, components: &Components) -> Self {
        let part = |c| cents(components.get(&c).copied().unwrap_or(0));
        Self {
            score: cents(score_e4),
            households: part(Component::H),
            en_route: part(Component::E),
            overdue: Reverse(township.overdue_issues),
            villages: part(Component::V),
            notices: Reverse(township.veto_notices),
        }
    }
}

/// The rank of each entry: 1 + the number of better ones; none for none.
pub(crate) fn ranks(keys: &[Option<Key>]) -> Vec<Option<usize>> {
    let mut sorted: Vec<&Key> = keys.iter().flatten().collect();
    sorted.sort_by(|a, b| b.cmp(a));
    let rank = |key: &Key| sorted.partition_point(|other| *other > key) + 1;
    keys.iter().map(|key| key.as_ref().map(rank)).collect()
}
