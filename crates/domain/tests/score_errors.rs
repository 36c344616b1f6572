//! Score files that are refused, each naming the entry.
//!
//! Invariant: one change to a valid file gives one error. Leaves out: the arithmetic.

use domain::score::{ScoreError, score_json};
use serde_json::{Value, json};

fn valid() -> Value {
    json!({
        "rules": {"weights": {"V": 50, "H": 20}, "correction": "none",
                  "award": {"scope": "per_group", "red": 1, "yellow": 1}},
        "townships": [
            {"code": "640422215", "name": "火石寨乡", "group": 1},
            {"code": "640422102", "group": 2, "vetoed": true, "overdue_issues": 1, "veto_notices": 1}],
        "sites": [
            {"id": "s1", "kind": "demonstration_village", "township": "640422215"},
            {"id": "k1", "kind": "town_site", "township": null}],
        "sheets": [
            {"site": "s1", "observer": "o1", "group": 1, "score_e4": 890_000},
            {"site": "k1", "observer": "o1", "group": 1, "score_e4": 890_000},
            {"site": "k1", "observer": "o2", "group": 2, "score_e4": 890_000}],
        "rectification": [{"township": "640422215", "due": 10, "closed": 9}]
    })
}

fn refused(change: impl FnOnce(&mut Value)) -> ScoreError {
    let mut file = valid();
    change(&mut file);
    score_json(&file.to_string()).unwrap_err()
}

#[track_caller]
fn assert_refused(code: &str, names: &[&str], change: impl FnOnce(&mut Value)) {
    let error = refused(change);
    assert_eq!(error.code(), code, "{error}");
    for name in names {
        assert!(
            error.message_en().contains(name),
            "{error} does not name {name}"
        );
        assert!(
            error.message_zh().contains(name),
            "{} does not name {name}",
            error.message_zh()
        );
    }
}

#[test]
fn the_unchanged_file_is_accepted_and_defaults_are_filled_in() {
    let (out, text) = score_json(&valid().to_string()).unwrap();
    assert_eq!(out.too_few_sheets, ["s1"]);
    let json: Value = serde_json::from_str(&text).unwrap();
    // No weight for R: no T, and nulls where values do not exist.
    let none = json!({"code": "640422102", "components_e4": {}, "raw_e4": null, "corrected_e4": null,
                      "rank_in_group": null, "rank_corrected": null});
    assert_eq!(json["townships"][0], none);
    assert_eq!(json["townships"][1]["components_e4"], json!({"R": 900_000}));
    let bom = format!("\u{feff}{}", valid());
    assert!(score_json(&bom).is_ok());
}

#[test]
fn sheets_that_cannot_be_meant_are_refused() {
    let sheet = |f: &mut Value, v: Value| f["sheets"].as_array_mut().unwrap().push(v);
    assert_refused("observer_twice", &["o1", "s1"], |f| {
        sheet(
            f,
            json!({"site": "s1", "observer": "o1", "group": 1, "score_e4": 1}),
        );
    });
    assert_refused("observer_twice", &["o1", "k1"], |f| {
        sheet(
            f,
            json!({"site": "k1", "observer": "o1", "group": 2, "score_e4": 1}),
        );
    });
    assert_refused("foreign_group", &["o9", "s1", "2", "1"], |f| {
        sheet(
            f,
            json!({"site": "s1", "observer": "o9", "group": 2, "score_e4": 1}),
        );
    });
    assert_refused("unknown_site", &["o9", "s9"], |f| {
        sheet(
            f,
            json!({"site": "s9", "observer": "o9", "group": 1, "score_e4": 1}),
        );
    });
    assert_refused("unknown_group", &["o9", "k1", "3"], |f| {
        sheet(
            f,
            json!({"site": "k1", "observer": "o9", "group": 3, "score_e4": 1}),
        );
    });
    assert_refused("out_of_range", &["s1", "o1", "-1"], |f| {
        f["sheets"][0]["score_e4"] = json!(-1)
    });
    assert_refused("out_of_range", &["1000001"], |f| {
        f["sheets"][0]["score_e4"] = json!(1_000_001)
    });
    assert_refused("empty_key", &["s1"], |f| {
        f["sheets"][0]["observer"] = json!("")
    });
}

#[test]
fn townships_and_sites_that_cannot_be_meant_are_refused() {
    assert_refused("duplicate_township", &["640422215"], |f| {
        f["townships"][1]["code"] = json!("640422215");
    });
    assert_refused("duplicate_site", &["k1"], |f| {
        f["sites"][0] = f["sites"][1].clone();
    });
    assert_refused("unknown_township", &["s1", "640422999"], |f| {
        f["sites"][0]["township"] = json!("640422999");
    });
    assert_refused("township_missing", &["s1"], |f| {
        f["sites"][0]["township"] = Value::Null
    });
    assert_refused("town_site_in_township", &["k1"], |f| {
        f["sites"][1]["township"] = json!("640422215");
    });
    assert_refused("malformed", &["s1", "castle"], |f| {
        f["sites"][0]["kind"] = json!("castle")
    });
    assert_refused("out_of_range", &["640422215", "group"], |f| {
        f["townships"][0]["group"] = json!(-1);
    });
    assert_refused("out_of_range", &["640422102", "overdue_issues"], |f| {
        f["townships"][1]["overdue_issues"] = json!(-1);
    });
    assert_refused("out_of_range", &["640422102", "veto_notices"], |f| {
        f["townships"][1]["veto_notices"] = json!(-1);
    });
    assert_refused("empty_key", &["townships"], |f| {
        f["townships"][0]["code"] = json!("")
    });
    assert_refused("empty_key", &["sites"], |f| f["sites"][0]["id"] = json!(""));
}

#[test]
fn rectification_and_rules_that_cannot_be_meant_are_refused() {
    assert_refused("unknown_township", &["640422999"], |f| {
        f["rectification"][0]["township"] = json!("640422999");
    });
    assert_refused("out_of_range", &["640422215", "due"], |f| {
        f["rectification"][0]["due"] = json!(-1);
    });
    assert_refused("out_of_range", &["640422215", "closed", "11"], |f| {
        f["rectification"][0]["closed"] = json!(11);
    });
    assert_refused("duplicate_rectification", &["640422215"], |f| {
        let again = f["rectification"][0].clone();
        f["rectification"].as_array_mut().unwrap().push(again);
    });
    assert_refused("out_of_range", &["weights.V", "-1"], |f| {
        f["rules"]["weights"]["V"] = json!(-1);
    });
    assert_refused("out_of_range", &["red"], |f| {
        f["rules"]["award"]["red"] = json!(-1)
    });
    assert_refused("malformed", &["magic"], |f| {
        f["rules"]["correction"] = json!("magic")
    });
    assert_refused("malformed", &["X"], |f| {
        f["rules"]["weights"]["X"] = json!(1)
    });
    assert_refused("malformed", &["sheets"], |f| {
        drop(f.as_object_mut().unwrap().remove("sheets"))
    });
}

#[test]
fn broken_json_is_refused_with_line_and_column() {
    let error = score_json("{\n  \"rules\": }").unwrap_err();
    assert!(
        matches!(
            error,
            ScoreError::Malformed {
                line: 2,
                column: 12,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.message_en(), "line 2, column 12: expected value");
    assert_eq!(error.message_zh(), "第 2 行第 12 列：expected value");
    assert_eq!(score_json("").unwrap_err().code(), "malformed");
}
