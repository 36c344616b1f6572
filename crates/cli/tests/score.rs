//! `guanmo score` through the built command: the worked example, and what it refuses.
//!
//! Leaves out: the arithmetic case by case, which `domain` tests.

mod common;

use common::{guanmo, guanmo_with_input};
use serde_json::{Value, json};

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

/// The fixture as a score file: three equal sheets give a site exactly its score.
fn score_file(fixture: &Value) -> Value {
    let (mut sites, mut sheets, mut townships) = (vec![], vec![], vec![]);
    let mut rectification = vec![];
    let mut add_sheets = |id: &str, group: i64, score: &Value| {
        for o in 1..=3 {
            let observer = format!("观摩员{group}-{o}");
            sheets.push(
                json!({"site": id, "observer": observer, "group": group, "score_e4": e4(score)}),
            );
        }
    };
    for site in fixture["benchmark"].as_array().unwrap() {
        let id = site["site"].as_str().unwrap();
        sites.push(json!({"id": id, "kind": "town_site", "township": null}));
        add_sheets(id, 1, &site["group1"]);
        add_sheets(id, 2, &site["group2"]);
    }
    for t in fixture["townships"].as_array().unwrap() {
        let (code, group) = (t["code"].as_str().unwrap(), t["group"].as_i64().unwrap());
        townships.push(json!({"code": code, "name": t["name"], "group": group}));
        for (key, kind) in [
            ("V", "demonstration_village"),
            ("H", "household"),
            ("E", "route_segment"),
        ] {
            let id = format!("{code}-{key}");
            sites.push(json!({"id": id, "kind": kind, "township": code}));
            add_sheets(&id, group, &t[key]);
        }
        if let Some(closed) = t["R"].as_i64() {
            rectification.push(json!({"township": code, "due": 100, "closed": closed}));
        }
    }
    json!({"townships": townships, "sites": sites, "sheets": sheets, "rectification": rectification})
}

#[test]
fn the_worked_example_comes_out_to_the_last_digit() {
    let fixture = fixture();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("score.json");
    // A byte order mark is what Windows editors leave.
    std::fs::write(&file, format!("\u{feff}{}", score_file(&fixture))).unwrap();
    let run = guanmo(&["score", file.to_str().unwrap(), "--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr, "");
    let got: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(got["method"], "benchmark_additive");
    for group in got["groups"].as_array().unwrap() {
        let number = group["group"].to_string();
        assert_eq!(group["delta_e4"], fixture["delta_e4"][number]);
    }
    for t in fixture["townships"].as_array().unwrap() {
        let result = got["townships"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["code"] == t["code"]);
        let result = result.unwrap();
        for key in ["raw_e4", "corrected_e4", "rank_in_group", "rank_corrected"] {
            assert_eq!(result[key], t[key], "{} {key}", t["code"]);
        }
        assert!(t["raw_e4"].is_i64() && t["rank_corrected"].is_i64());
    }
    assert_eq!(got["too_few_sheets"], json!([]));
    assert_eq!(
        got["awards"]["red_flag"],
        json!(["640422102", "640422208", "640422212", "640422215"])
    );
    assert_eq!(
        got["awards"]["yellow_card"],
        json!(["640422205", "640422206"])
    );
}

#[test]
fn without_json_the_ranking_is_a_table_with_names_and_awards() {
    let input = score_file(&fixture()).to_string();
    let run = guanmo_with_input(&["score", "-"], input.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    for text in [
        "火石寨",
        "流动红旗",
        "警告黄牌",
        "基准点位校正",
        "δ = 1.4071",
    ] {
        assert!(
            run.stdout.contains(text),
            "{text} is not in\n{}",
            run.stdout
        );
    }
    // The best first.
    let at = |name| run.stdout.find(name).unwrap();
    assert!(at("火石寨") < at("西滩"));
}

#[test]
fn what_cannot_be_meant_ends_with_2_and_names_the_entry() {
    let good = score_file(&fixture());
    let refused = |change: &dyn Fn(&mut Value), code: &str, entry: &str| {
        let mut bad = good.clone();
        change(&mut bad);
        let run = guanmo_with_input(&["score", "-", "--json"], bad.to_string().as_bytes());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{code}");
        assert!(
            run.stderr.contains(&format!("错误 [{code}]")),
            "{}",
            run.stderr
        );
        assert!(
            run.stderr.contains(&format!("Error [{code}]")),
            "{}",
            run.stderr
        );
        let named = run
            .stderr
            .lines()
            .filter(|line| line.contains(entry))
            .count();
        assert_eq!(named, 2, "{entry} in both languages: {}", run.stderr);
    };
    refused(
        &|v| {
            let again = v["sheets"][0].clone();
            v["sheets"].as_array_mut().unwrap().push(again);
        },
        "observer_twice",
        "观摩员1-1",
    );
    refused(
        &|v| v["sites"][7]["township"] = json!("640422999"),
        "unknown_township",
        "640422999",
    );
    refused(
        &|v| v["sheets"][42]["group"] = json!(3 - v["sheets"][42]["group"].as_i64().unwrap()),
        "foreign_group",
        good["sheets"][42]["site"].as_str().unwrap(),
    );
    refused(
        &|v| v["sheets"][0]["site"] = json!("无此点位"),
        "unknown_site",
        "无此点位",
    );
    refused(
        &|v| v["sites"][0]["kind"] = json!("castle"),
        "malformed",
        "castle",
    );
    refused(
        &|v| v["sheets"][0]["score_e4"] = json!(1_000_001),
        "out_of_range",
        "1000001",
    );
}

#[test]
fn nonsense_is_refused_and_a_missing_file_is_not_found() {
    for nonsense in [&b"nonsense"[..], b"", b"{}", b"\xff\xfe{}", b"[1]"] {
        let run = guanmo_with_input(&["score", "-"], nonsense);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""));
        assert!(run.stderr.contains("错误 [") && run.stderr.contains("Error ["));
    }
    let run = guanmo(&["score", "no/such/file.json"]);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert!(run.stderr.contains("file_not_found"));
}
