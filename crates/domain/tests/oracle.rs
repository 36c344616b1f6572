//! The score against an independent implementation in Python (`tests/oracle/score.py`), number for number.
//!
//! Invariant: one process, seeded campaigns. Leaves out: gates, which the score file's description does not have.

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use common::{Rng, campaign};
use domain::score::{Correction, Input, Outcome, compute};

const CAMPAIGNS: usize = 3_000;

/// The oracle's lines, or `None` if there is no Python (a failure where CI is set).
fn oracle(inputs: &[Input]) -> Option<Vec<String>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracle/score.py");
    let child = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "python3 is needed in CI: {error}"
            );
            eprintln!("SKIPPED: python3 is not on the PATH ({error}); nothing was compared");
            return None;
        }
    };
    let mut stdin = child.stdin.take().expect("stdin was piped");
    let lines: Vec<String> = inputs
        .iter()
        .map(|i| serde_json::to_string(i).expect("an input is JSON"))
        .collect();
    let writer = std::thread::spawn(move || {
        for line in lines {
            writeln!(stdin, "{line}").expect("the oracle reads to the end");
        }
    });
    let output = child.wait_with_output().expect("the oracle ends");
    writer.join().expect("the writer ends");
    assert!(output.status.success(), "the oracle failed");
    let text = String::from_utf8(output.stdout).expect("the oracle writes UTF-8");
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn three_thousand_random_campaigns_agree_with_the_oracle() {
    let mut rng = Rng(20_211_118);
    let inputs: Vec<Input> = (0..CAMPAIGNS).map(|_| campaign(&mut rng)).collect();
    let Some(lines) = oracle(&inputs) else { return };
    assert_eq!(lines.len(), inputs.len());
    for (n, (input, line)) in inputs.iter().zip(&lines).enumerate() {
        let ours = compute(input).expect("a generated campaign is valid");
        // As JSON, so that a field too many or too few is seen as well.
        let ours = serde_json::to_value(&ours).expect("an outcome is JSON");
        let theirs: serde_json::Value = serde_json::from_str(line).expect("the oracle writes JSON");
        assert_eq!(
            ours,
            theirs,
            "campaign {n}: {}",
            serde_json::to_string(input).unwrap()
        );
    }
}

#[test]
fn the_random_campaigns_reach_every_corner() {
    let mut rng = Rng(20_211_118);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..CAMPAIGNS {
        let input = campaign(&mut rng);
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
