//! Laws of the register: order-free, idempotent, causal, sibling-preserving.

use std::collections::HashSet;

use merge::{Change, Dot, LogId, Value, displayed, is_conflict, resolve};
use proptest::prelude::*;
use uuid::Uuid;

fn log(n: u8) -> LogId {
    LogId::new(Uuid::from_bytes([n; 16]), Uuid::nil(), 1)
}

fn dot(n: u8, seq: u64) -> Dot {
    Dot { log: log(n), seq }
}

/// A history in which each change supersedes some subset of the changes made before it.
fn history() -> impl Strategy<Value = (Vec<Change>, Vec<bool>)> {
    proptest::collection::vec(
        (0u8..4, 0i64..50, 0i64..5, any::<u32>(), any::<bool>()),
        1..14,
    )
    .prop_map(|steps| {
        let mut seqs = [0u64; 4];
        let mut changes: Vec<Change> = Vec::new();
        let mut rejected = Vec::new();
        for (device, at_ms, value, seen, bad) in steps {
            seqs[device as usize] += 1;
            let supersedes = changes
                .iter()
                .enumerate()
                .filter(|(i, _)| seen >> i & 1 == 1)
                .map(|(_, c)| c.dot)
                .collect();
            changes.push(Change {
                dot: dot(device, seqs[device as usize]),
                at_ms,
                value: Value::Int(value),
                supersedes,
            });
            rejected.push(bad && seen % 3 == 0);
        }
        (changes, rejected)
    })
}

fn rejected(changes: &[Change], flags: &[bool]) -> HashSet<Dot> {
    changes
        .iter()
        .zip(flags)
        .filter(|(_, f)| **f)
        .map(|(c, _)| c.dot)
        .collect()
}

proptest! {
    #[test]
    fn order_and_repetition_do_not_matter((changes, flags) in history(), cut in 0usize..14) {
        let no = rejected(&changes, &flags);
        let expected = resolve(&changes, &no);
        let mut turned = changes.clone();
        turned.reverse();
        turned.rotate_left(cut % changes.len());
        turned.extend(changes.iter().take(cut).cloned());
        prop_assert_eq!(resolve(&turned, &no), expected);
    }

    #[test]
    fn a_value_vanishes_only_if_somebody_valid_replaced_it((changes, flags) in history()) {
        let no = rejected(&changes, &flags);
        let live: HashSet<Dot> = resolve(&changes, &no).iter().map(|l| l.dot).collect();
        for c in changes.iter().filter(|c| !no.contains(&c.dot) && !live.contains(&c.dot)) {
            let mut reach = vec![c.dot];
            let mut killed = false;
            while let Some(d) = reach.pop() {
                for by in changes.iter().filter(|b| b.supersedes.contains(&d)) {
                    if no.contains(&by.dot) { reach.push(by.dot) } else { killed = true }
                }
            }
            prop_assert!(killed, "{:?} vanished", c.dot);
        }
    }

    #[test]
    fn a_resolution_that_saw_everything_leaves_one_value((changes, flags) in history()) {
        let no = rejected(&changes, &flags);
        let shown: Vec<Dot> = resolve(&changes, &no).iter().map(|l| l.dot).collect();
        let mut all = changes.clone();
        all.push(Change { dot: dot(9, 1), at_ms: 0, value: Value::text("settled"), supersedes: shown });
        let live = resolve(&all, &no);
        prop_assert_eq!(live.len(), 1);
        prop_assert_eq!(&live[0].value, &Value::text("settled"));
    }
}

fn change(dot: Dot, at_ms: i64, value: i64, supersedes: &[Dot]) -> Change {
    Change {
        dot,
        at_ms,
        value: Value::Int(value),
        supersedes: supersedes.to_vec(),
    }
}

#[test]
fn an_edit_in_flight_reopens_a_settled_conflict() {
    let a = change(dot(1, 1), 10, 1, &[]);
    let b = change(dot(2, 1), 11, 2, &[]);
    let settled = change(dot(9, 1), 20, 2, &[a.dot, b.dot]);
    let in_flight = change(dot(1, 2), 12, 3, &[a.dot]);
    let live = resolve(&[a, b, settled, in_flight], &HashSet::new());
    assert!(is_conflict(&live));
    assert_eq!(displayed(&live).map(|l| l.dot), Some(dot(9, 1)));
}

#[test]
fn equal_values_written_twice_are_no_conflict() {
    let live = resolve(
        &[change(dot(1, 1), 1, 5, &[]), change(dot(2, 1), 2, 5, &[])],
        &HashSet::new(),
    );
    assert_eq!(live.len(), 2);
    assert!(!is_conflict(&live));
}

#[test]
fn what_a_rejected_change_replaced_comes_back_until_a_valid_one_replaces_it() {
    let a = change(dot(1, 1), 1, 1, &[]);
    let bad = change(dot(2, 1), 2, 2, &[a.dot]);
    let no = HashSet::from([bad.dot]);
    let live = resolve(&[a.clone(), bad.clone()], &no);
    assert_eq!(live.iter().map(|l| l.dot).collect::<Vec<_>>(), vec![a.dot]);
    let later = change(dot(3, 1), 3, 3, &[bad.dot]);
    let live = resolve(&[a, bad, later.clone()], &no);
    assert_eq!(
        live.iter().map(|l| l.dot).collect::<Vec<_>>(),
        vec![later.dot]
    );
}
