//! Checklists that are refused, each by the item and what is wrong with it.
//!
//! Invariant: one change to a valid file gives one error. Leaves out: the valid files (`builtin`).

use domain::{Checklist, SiteKind, builtin};
use serde_json::{Value, json};

fn village() -> Value {
    serde_json::from_str(builtin::CHECKLIST_FILES[0].1).unwrap()
}

/// The code and place of the error after a change.
fn refused(change: impl FnOnce(&mut Value)) -> (&'static str, String) {
    let mut file = village();
    change(&mut file);
    let error = Checklist::parse(&file.to_string()).unwrap_err();
    assert!(error.message_zh().starts_with(&error.place));
    assert!(error.to_string().starts_with(&error.place));
    (error.code(), error.place)
}

fn item(change: impl FnOnce(&mut Value)) -> (&'static str, String) {
    refused(|file| change(&mut file["items"][0]))
}

#[test]
fn a_wrong_item_is_named() {
    let at_item = |code| (code, "V-C1".to_owned());
    assert_eq!(
        item(|i| i["issue_category"] = json!("nonsense")),
        at_item("unknown_word")
    );
    assert_eq!(
        item(|i| i["section"] = json!("水")),
        at_item("unknown_word")
    );
    assert_eq!(
        item(|i| i["type"] = json!("stars")),
        at_item("unknown_word")
    );
    assert_eq!(
        item(|i| i["photo"] = json!("always")),
        at_item("unknown_word")
    );
    assert_eq!(item(|i| i["area"] = json!("屋顶")), at_item("unknown_word"));
    assert_eq!(item(|i| i["max_points"] = json!(0)), at_item("bad_points"));
    assert_eq!(item(|i| i["max_points"] = json!(-4)), at_item("bad_points"));
    assert_eq!(
        item(|i| i["max_points"] = json!(0.1 + 0.2)),
        at_item("bad_points")
    );
    assert_eq!(
        item(|i| i["deduct_per_unit"] = json!(1e-5)),
        at_item("bad_points")
    );
    assert_eq!(
        item(|i| i["deduct_per_unit"] = Value::Null),
        at_item("missing")
    );
    assert_eq!(item(|i| i["floor"] = json!(1)), at_item("bad_number"));
    assert_eq!(item(|i| i["title_zh"] = json!(" ")), at_item("missing"));
    assert_eq!(item(|i| i["photo"] = Value::Null), at_item("malformed"));
    let longest = "项".repeat(37) + "A1";
    let longer = longest.clone() + "2";
    for id in ["a/b", "a\nb", "a\u{85}b", &longer] {
        assert_eq!(item(|i| i["id"] = json!(id)), ("bad_id", id.to_owned()));
    }
    let mut file = village();
    file["items"][0]["id"] = json!(longest);
    assert!(Checklist::parse(&file.to_string()).is_ok());
    assert_eq!(
        item(|i| i["id"] = json!("clear")),
        ("unknown_word", "clear".into())
    );
    assert_eq!(
        item(|i| i["id"] = json!("V-C2")),
        ("duplicate", "V-C2".into())
    );
}

#[test]
fn steps_must_lead_to_the_maximum() {
    let score = |step: f64| {
        item(|i| {
            i["type"] = json!("score");
            i["step"] = json!(step);
        })
    };
    assert_eq!(score(0.7), ("step_does_not_divide", "V-C1".into()));
    assert_eq!(score(0.0), ("bad_points", "V-C1".into()));
}

#[test]
fn sums_must_be_as_declared() {
    let max = |i: &mut Value| i["max_points"] = json!(9.5);
    assert_eq!(item(max), ("section_sum", "拆".into()));
    let total = refused(|f| f["total"] = json!(99));
    assert_eq!(total, ("total_sum", "village_demo".into()));
    let undeclared = refused(|f| drop(f["sections"].as_array_mut().unwrap().remove(0)));
    assert_eq!(undeclared, ("undeclared_section", "V-C1".into()));
    let twice = refused(|f| f["sections"][1] = f["sections"][0].clone());
    assert_eq!(twice, ("duplicate", "village_demo 拆".into()));
}

#[test]
fn a_wrong_file_is_named() {
    let at_file = |code| (code, "village_demo".to_owned());
    assert_eq!(
        refused(|f| f["schema"] = json!("checklist/2")),
        at_file("wrong_schema")
    );
    assert_eq!(refused(|f| f["version"] = json!(0)), at_file("bad_number"));
    assert_eq!(
        refused(|f| f["site_kind"] = json!("moon")),
        at_file("unknown_word")
    );
    assert_eq!(refused(|f| f["items"] = json!([])), at_file("item_count"));
    let many = vec![village()["items"][0].clone(); 501];
    assert_eq!(refused(|f| f["items"] = json!(many)), at_file("item_count"));
    assert_eq!(Checklist::parse("{").unwrap_err().code(), "malformed");
}

#[test]
fn a_module_must_sum_to_the_total_and_share_no_id() {
    let town: Value = serde_json::from_str(builtin::CHECKLIST_FILES[4].1).unwrap();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut file = town.clone();
        change(&mut file);
        let error = Checklist::parse(&file.to_string()).unwrap_err();
        (error.code(), error.place)
    };
    let same_id = refused(&|f| f["modules"][0]["items"][0]["id"] = json!("T-C1"));
    assert_eq!(same_id, ("duplicate", "T-C1".into()));
    let twice = refused(&|f| f["modules"][1]["kind"] = json!("market"));
    assert_eq!(twice, ("duplicate", "market".into()));
    let unknown = refused(&|f| f["modules"][1]["kind"] = json!("harbour"));
    assert_eq!(unknown, ("unknown_word", "harbour".into()));
}

#[test]
fn section_words_and_the_older_word_for_a_street_are_read() {
    let mut file = village();
    for item in file["items"].as_array_mut().unwrap() {
        if item["section"] == "拆" {
            item["section"] = json!("demolish");
        }
    }
    file["site_kind"] = json!("township_street");
    let checklist = Checklist::parse(&file.to_string()).unwrap();
    assert_eq!(checklist.site_kind, Some(SiteKind::Street));
    assert_eq!(checklist.items, builtin::checklists()[0].items);
}
