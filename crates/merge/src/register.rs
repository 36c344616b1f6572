//! The multi-value register: the specification every store is tested against.
//!
//! Invariant: [`resolve`] depends on the set of changes and verdicts only. A value is live unless a valid change
//! supersedes its dot, directly or through rejected ones. Concurrent live values stay as siblings.
//! Leaves out: how a store keeps the result up to date change by change (`ledger`).

use std::collections::{HashMap, HashSet};

use crate::{Dot, Value};

/// One change of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub dot: Dot,
    /// Hybrid time, ms UTC.
    pub at_ms: i64,
    /// The new value.
    pub value: Value,
    /// Dots of the same record and field that its author had seen and replaced.
    pub supersedes: Vec<Dot>,
}

/// A live value of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// The change that wrote it.
    pub dot: Dot,
    /// Hybrid time, ms UTC.
    pub at_ms: i64,
    /// The value.
    pub value: Value,
}

/// The live values of one field, latest by time, then by dot, first.
///
/// `changes` are all changes held of that record and field, in any order; `rejected` are the dots of those a verdict
/// in force refuses. A rejected change is never live and kills nothing by itself, but who replaces it also replaces
/// what it replaced.
pub fn resolve(changes: &[Change], rejected: &HashSet<Dot>) -> Vec<Live> {
    let dead = superseded(changes, rejected);
    let by_dot: HashMap<Dot, &Change> = changes.iter().map(|c| (c.dot, c)).collect();
    let mut live: Vec<Live> = by_dot
        .values()
        .filter(|c| !rejected.contains(&c.dot) && !dead.contains(&c.dot))
        .map(|c| Live {
            dot: c.dot,
            at_ms: c.at_ms,
            value: c.value.clone(),
        })
        .collect();
    live.sort_by_key(|l| std::cmp::Reverse((l.at_ms, l.dot)));
    live
}

/// Every dot that a valid change supersedes, directly or through rejected ones, held or not yet arrived.
pub fn superseded(changes: &[Change], rejected: &HashSet<Dot>) -> HashSet<Dot> {
    let by_dot: HashMap<Dot, &Change> = changes.iter().map(|c| (c.dot, c)).collect();
    let mut dead = HashSet::new();
    for change in changes.iter().filter(|c| !rejected.contains(&c.dot)) {
        let mut todo: Vec<Dot> = change.supersedes.clone();
        while let Some(dot) = todo.pop() {
            if dead.insert(dot)
                && rejected.contains(&dot)
                && let Some(through) = by_dot.get(&dot)
            {
                todo.extend(&through.supersedes);
            }
        }
    }
    dead
}

/// The value shown: the latest by hybrid time, then dot. `live` is the result of [`resolve`].
pub fn displayed(live: &[Live]) -> Option<&Live> {
    live.iter().max_by_key(|l| (l.at_ms, l.dot))
}

/// True if the live values differ: a person has to settle them. Equal values written twice are no conflict.
pub fn is_conflict(live: &[Live]) -> bool {
    live.iter().any(|l| l.value != live[0].value)
}
