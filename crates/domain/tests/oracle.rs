//! The score against an independent implementation in Python (`tests/oracle/score.py`), number for number.
//!
//! Invariant: one process for all cases of a test, seeded campaigns; without Python it fails, it does not pass over. Leaves out: gates, which the score file's description does not have.

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use common::{Rng, campaign, small_campaign};
use domain::score::{Correction, Input, Outcome, compute};

/// Campaigns of full size, and small ones.
const CAMPAIGNS: usize = 3_000;
const SMALL_CAMPAIGNS: usize = 100_000;

/// The seed of case `n`: each case is its own, so that one that fails is found again.
fn seed(n: usize) -> u64 {
    20_211_118 ^ (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// What each case is, made anew by whoever needs it.
type Make = fn(&mut Rng) -> Input;

fn case(make: Make, n: usize) -> Input {
    make(&mut Rng(seed(n)))
}

/// Sends `count` cases to the oracle, one process for all, and calls `look` with each and the oracle's answer.
fn ask(make: Make, count: usize, plant: &[&str], mut look: impl FnMut(usize, Input, &str)) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracle/score.py");
    let mut child = Command::new("python3")
        .arg(script)
        .args(plant)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed: without the oracle nothing is compared");
    let mut stdin = child.stdin.take().expect("stdin was piped");
    let stdout = child.stdout.take().expect("stdout was piped");
    let writer = std::thread::spawn(move || {
        for n in 0..count {
            let line = serde_json::to_string(&case(make, n)).expect("an input is JSON");
            writeln!(stdin, "{line}").expect("the oracle reads to the end");
        }
    });
    let mut asked = 0;
    for (n, line) in BufReader::new(stdout).lines().enumerate() {
        look(n, case(make, n), &line.expect("the oracle writes UTF-8"));
        asked += 1;
    }
    writer.join().expect("the writer ends");
    assert!(child.wait().expect("the oracle ends").success());
    assert_eq!(asked, count, "cases the oracle answered");
}

/// Whether our result is the oracle's; as JSON, so that a field too many or too few is seen as well.
fn agrees(input: &Input, theirs: &str) -> bool {
    let ours = compute(input).expect("a generated campaign is valid");
    let ours = serde_json::to_value(&ours).expect("an outcome is JSON");
    let theirs: serde_json::Value = serde_json::from_str(theirs).expect("the oracle writes JSON");
    ours == theirs
}

#[test]
fn three_thousand_random_campaigns_agree_with_the_oracle() {
    ask(campaign, CAMPAIGNS, &[], |n, input, theirs| {
        let text = || serde_json::to_string(&input).expect("an input is JSON");
        assert!(agrees(&input, theirs), "campaign {n}: {}", text());
    });
}

/// The same campaign told in another order, by observers of other names (other phones, other accounts).
fn retold(input: &Input, n: usize) -> Input {
    let mut other = input.clone();
    let mut rng = Rng(!seed(n));
    rng.shuffle(&mut other.townships);
    rng.shuffle(&mut other.sites);
    rng.shuffle(&mut other.sheets);
    rng.shuffle(&mut other.rectification);
    for sheet in &mut other.sheets {
        sheet.observer = format!("{n}-{}", sheet.observer.chars().rev().collect::<String>());
    }
    other
}

/// R24: order and device carry no meaning, what is there twice is refused, and the result is the oracle's to the last
/// digit.
#[test]
fn a_hundred_thousand_campaigns_agree_however_they_are_told() {
    let mut twice = 0;
    ask(small_campaign, SMALL_CAMPAIGNS, &[], |n, input, theirs| {
        let text = || serde_json::to_string(&input).expect("an input is JSON");
        assert!(agrees(&input, theirs), "case {n}: {}", text());
        let ours = compute(&input).expect("valid");
        assert_eq!(Ok(ours), compute(&retold(&input, n)), "case {n} retold");
        if let Some(sheet) = input.sheets.get(n % input.sheets.len().max(1)) {
            let mut doubled = input.clone();
            doubled.sheets.push(sheet.clone());
            assert!(compute(&doubled).is_err(), "case {n} with a sheet twice");
            twice += 1;
        }
    });
    assert!(twice > SMALL_CAMPAIGNS / 2, "{twice} had a sheet to repeat");
}

/// The control: an oracle that rounds otherwise is found out.
#[test]
fn an_oracle_that_rounds_otherwise_disagrees() {
    for plant in ["down", "even"] {
        let mut differing = 0;
        ask(campaign, 500, &["--plant", plant], |_, input, theirs| {
            differing += usize::from(!agrees(&input, theirs));
        });
        assert!(differing > 0, "rounding {plant} was not seen in 500 cases");
    }
}

#[test]
fn the_random_campaigns_reach_every_corner() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for n in 0..CAMPAIGNS {
        let input = case(campaign, n);
        let out = compute(&input).expect("a generated campaign is valid");
        let mut see = |what, yes: bool| *seen.entry(what).or_default() += usize::from(yes);
        see("limited", out.delta_limited);
        see("three groups", out.groups.len() == 3);
        see("few sheets", !out.too_few_sheets.is_empty());
        see("no T", out.townships.iter().any(|t| t.raw_e4.is_none()));
        see("mean zero", mean_zero(&input, &out));
        for method in [
            "benchmark_additive",
            "second_average",
            "zscore",
            "rank_points",
            "none",
        ] {
            see(method, serde_json::to_value(out.method).unwrap() == method);
        }
        see("fallback", out.method != input.rules.correction);
        see("tie", tie(&out));
        see(
            "tie at the line",
            out.awards.red_flag.len() > award_places(&input, &out),
        );
        see("vetoed", input.townships.iter().any(|t| t.vetoed));
    }
    assert_eq!(seen.len(), 14, "{seen:?}");
    assert!(seen.values().all(|n| *n >= 10), "{seen:?}");
}

fn mean_zero(input: &Input, out: &Outcome) -> bool {
    let zero = |group: i64| {
        let of = |t: &&domain::score::Township| t.group == group;
        let mut raw = input
            .townships
            .iter()
            .filter(of)
            .filter_map(|t| out.township(&t.code)?.raw_e4);
        raw.next() == Some(0) && raw.all(|t| t == 0)
    };
    out.method == Correction::SecondAverage
        && out.groups.len() > 1
        && out.groups.iter().any(|g| zero(g.group))
}

fn tie(out: &Outcome) -> bool {
    let mut ranks: Vec<_> = out
        .townships
        .iter()
        .filter_map(|t| t.rank_corrected)
        .collect();
    ranks.sort_unstable();
    ranks.windows(2).any(|w| w[0] == w[1])
}

fn award_places(input: &Input, out: &Outcome) -> usize {
    let fields = match input.rules.award.scope {
        domain::score::AwardScope::PerGroup => out.groups.len(),
        domain::score::AwardScope::Overall => 1,
    };
    fields * usize::try_from(input.rules.award.red).unwrap()
}
