//! The worked example, to the last digit.
//!
//! Invariant: every expected integer of the fixture is compared. Leaves out: random data (`oracle`, `score_properties`).

mod common;

use std::collections::BTreeMap;

use domain::SiteKind;
use domain::score::*;
use serde_json::Value;

fn fixture() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/scoring-fixture.json"
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn e4(value: &Value) -> i64 {
    domain::points::parse(&value.to_string()).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Three equal sheets give a site exactly this score.
fn add_site(
    input: &mut Input,
    id: &str,
    kind: SiteKind,
    township: Option<&str>,
    group: i64,
    score_e4: i64,
) {
    if !input.sites.iter().any(|s| s.id == id) {
        let township = township.map(str::to_owned);
        input.sites.push(Site {
            id: id.into(),
            kind,
            township,
        });
    }
    for o in 1..=3 {
        let observer = format!("观摩员{group}-{o}");
        input.sheets.push(Sheet {
            site: id.into(),
            observer,
            group,
            score_e4,
        });
    }
}

fn input(fixture: &Value) -> Input {
    let mut input = Input::default();
    for site in fixture["benchmark"].as_array().unwrap() {
        for group in [1, 2] {
            let score = e4(&site[format!("group{group}")]);
            add_site(
                &mut input,
                &text(&site["site"]),
                SiteKind::TownSite,
                None,
                group,
                score,
            );
        }
    }
    for t in fixture["townships"].as_array().unwrap() {
        let (code, group) = (text(&t["code"]), t["group"].as_i64().unwrap());
        for (key, kind) in [
            ("V", SiteKind::DemonstrationVillage),
            ("H", SiteKind::Household),
            ("E", SiteKind::RouteSegment),
        ] {
            let id = format!("{code}-{key}");
            add_site(&mut input, &id, kind, Some(&code), group, e4(&t[key]));
        }
        if let Some(closed) = t["R"].as_i64() {
            input.rectification.push(Rectification {
                township: code.clone(),
                due: 100,
                closed,
            });
        }
        let name = text(&t["name"]);
        let (vetoed, overdue_issues, veto_notices) = (false, 0, 0);
        input.townships.push(Township {
            code,
            name,
            group,
            vetoed,
            overdue_issues,
            veto_notices,
        });
    }
    input
}

fn with(correction: Correction, scope: AwardScope, red: i64, yellow: i64) -> Input {
    let mut input = input(&fixture());
    input.rules.correction = correction;
    input.rules.award = AwardRules {
        scope,
        red,
        yellow,
        ..AwardRules::default()
    };
    input
}

fn names(codes: &[String]) -> Vec<String> {
    let fixture = fixture();
    let all = fixture["townships"].as_array().unwrap();
    let name =
        |code: &String| text(&all.iter().find(|t| t["code"] == code.as_str()).unwrap()["name"]);
    let mut names: Vec<String> = codes.iter().map(name).collect();
    names.sort();
    names
}

fn sorted(list: &Value) -> Vec<String> {
    let mut names: Vec<String> = list.as_array().unwrap().iter().map(text).collect();
    names.sort();
    names
}

#[test]
fn the_default_rules_are_those_of_the_worked_example() {
    let weights = &fixture()["weights"];
    let ours = Weights::default();
    for component in Component::ALL {
        let expected = weights[format!("{component:?}")].as_i64().unwrap_or(0);
        assert_eq!(ours.of(component), expected, "{component:?}");
    }
}

#[test]
fn seven_observers_give_the_trimmed_mean() {
    let fixture = fixture();
    let example = &fixture["trimmed_mean_example"];
    let mut scores: Vec<i64> = example["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(e4)
        .collect();
    scores.sort_unstable();
    assert_eq!(
        trimmed_mean(&scores).unwrap(),
        example["expected_e4"].as_i64()
    );
}

#[test]
fn benchmark_result_is_the_expected_one() {
    let fixture = fixture();
    let out = compute(&input(&fixture)).unwrap();
    assert_eq!(out.method, Correction::BenchmarkAdditive);
    for g in &out.groups {
        assert_eq!(
            Some(g.delta_e4),
            fixture["delta_e4"][g.group.to_string()].as_i64()
        );
    }
    assert_eq!((out.groups.len(), out.delta_limited), (2, false));
    for t in fixture["townships"].as_array().unwrap() {
        let ours = out.township(&text(&t["code"])).unwrap();
        let rank = |r: Option<usize>| r.map(|r| r as i64);
        assert_eq!(ours.raw_e4, t["raw_e4"].as_i64(), "{t}");
        assert_eq!(ours.corrected_e4, t["corrected_e4"].as_i64(), "{t}");
        assert_eq!(rank(ours.rank_in_group), t["rank_in_group"].as_i64(), "{t}");
        assert_eq!(
            rank(ours.rank_corrected),
            t["rank_corrected"].as_i64(),
            "{t}"
        );
        for c in [Component::V, Component::H, Component::E, Component::R] {
            let expected = &t[format!("{c:?}")];
            let expected = (!expected.is_null()).then(|| e4(expected));
            assert_eq!(ours.components_e4.get(&c).copied(), expected, "{t}");
        }
    }
    assert_eq!(out.townships.len(), 19);
}

#[test]
fn second_average_result_is_the_expected_one() {
    let fixture = fixture();
    let workings = work(&with(Correction::SecondAverage, AwardScope::PerGroup, 2, 1)).unwrap();
    let expected = &fixture["second_average"];
    assert_eq!(workings.grand_mean_e4, expected["R_e4"].as_i64());
    for mean in &workings.means {
        assert_eq!(
            Some(mean.mean_e4),
            expected[format!("A{}_e4", mean.group)].as_i64()
        );
    }
    for t in fixture["townships"].as_array().unwrap() {
        let ours = workings.outcome.township(&text(&t["code"])).unwrap();
        assert_eq!(ours.corrected_e4, t["second_average_e4"].as_i64(), "{t}");
        let rank = ours.rank_corrected.map(|r| r as i64);
        assert_eq!(rank, t["rank_second_average"].as_i64(), "{t}");
    }
}

#[test]
fn raw_order_over_all_is_the_expected_one() {
    let out = compute(&with(Correction::None, AwardScope::PerGroup, 2, 1)).unwrap();
    for t in fixture()["townships"].as_array().unwrap() {
        let rank = out.township(&text(&t["code"])).unwrap().rank_corrected;
        assert_eq!(rank.map(|r| r as i64), t["rank_raw"].as_i64(), "{t}");
    }
}

#[test]
fn awards_are_the_expected_ones_per_group_overall_and_by_second_average() {
    let expected = &fixture()["awards"];
    let cases = [
        (
            Correction::BenchmarkAdditive,
            AwardScope::PerGroup,
            2,
            1,
            "per_group",
        ),
        (
            Correction::BenchmarkAdditive,
            AwardScope::Overall,
            4,
            2,
            "overall",
        ),
        (
            Correction::SecondAverage,
            AwardScope::Overall,
            4,
            2,
            "overall",
        ),
    ];
    for (correction, scope, red, yellow, key) in cases {
        let awards = compute(&with(correction, scope, red, yellow))
            .unwrap()
            .awards;
        assert_eq!(
            names(&awards.red_flag),
            sorted(&expected[key]["red_flag"]),
            "{key}"
        );
        assert_eq!(
            names(&awards.yellow_card),
            sorted(&expected[key]["yellow_card"]),
            "{key}"
        );
    }
}

#[test]
fn order_of_the_arrays_carries_no_meaning() {
    let input = input(&fixture());
    let expected = serde_json::to_string(&compute(&input).unwrap()).unwrap();
    let mut rng = common::Rng(7);
    for _ in 0..20 {
        let mut shuffled = input.clone();
        rng.shuffle(&mut shuffled.townships);
        rng.shuffle(&mut shuffled.sites);
        rng.shuffle(&mut shuffled.sheets);
        rng.shuffle(&mut shuffled.rectification);
        let out = serde_json::to_string(&compute(&shuffled).unwrap()).unwrap();
        assert_eq!(out, expected);
    }
}

#[test]
fn the_score_file_and_the_library_give_the_same_result() {
    let input = input(&fixture());
    let (out, text) = score_json(&serde_json::to_string(&input).unwrap()).unwrap();
    assert_eq!(out, compute(&input).unwrap());
    assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), out);
    let json: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let keys: Vec<&str> = json.keys().map(String::as_str).collect();
    let expected = [
        "awards",
        "delta_limited",
        "groups",
        "method",
        "too_few_sheets",
        "townships",
    ];
    assert_eq!(keys, expected);
}
