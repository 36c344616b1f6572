//! The ranking table from a small computed result.
//!
//! Leaves out: how the numbers come about, which the domain tests.

mod common;

use common::small_result as result;
use documents::export::{Language, ResultsHead, results_csv, results_json};
use domain::score::{Input, Outcome};

/// The table as CSV text.
fn csv(input: &Input, outcome: &Outcome, before: Option<&Outcome>, language: Language) -> String {
    let mut bytes = vec![];
    let head = ResultsHead::default();
    results_csv(&head, input, outcome, before, language, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_table_is_what_a_chinese_spreadsheet_opens() {
    let (input, outcome) = result();
    let text = csv(&input, &outcome, None, Language::Zh);
    let lines: Vec<&str> = text
        .strip_prefix('\u{feff}')
        .unwrap()
        .split("\r\n")
        .collect();
    assert_eq!(
        lines,
        [
            "序号,乡镇,组别,示范村(50%),农户(20%),沿途(20%),整改(10%),得分,组内名次,校正分,总名次,较上期,备注",
            "1,乙镇,1,90.00,,,,90.00,1,90.00,1,,流动红旗",
            "2,'=甲镇,1,80.12,,,,80.12,2,80.12,2,,警告黄牌",
            "3,丙乡,1,,,,,,,,,,",
            "",
        ]
    );
    let english = csv(&input, &outcome, None, Language::En);
    assert!(english.contains("Demonstration villages (50%)") && english.contains("red flag"));
    assert!(english.lines().skip(1).all(|line| !line.contains('旗')));
}

#[test]
fn places_gained_are_counted_from_the_result_before() {
    let (input, outcome) = result();
    let mut before = outcome.clone();
    before.townships[0].rank_corrected = Some(1);
    before.townships[1].rank_corrected = Some(3);
    let text = csv(&input, &outcome, Some(&before), Language::Zh);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].ends_with(",1,2,流动红旗"), "{}", lines[1]);
    assert!(lines[2].ends_with(",2,-1,警告黄牌"), "{}", lines[2]);
    assert!(lines[3].ends_with(",,,"), "{}", lines[3]);
}

#[test]
fn the_json_has_the_exact_numbers_in_the_order_of_the_table() {
    let (input, outcome) = result();
    let json = results_json(&ResultsHead::default(), &input, &outcome, None);
    assert_eq!(json["rows"][1]["raw_e4"], 801_234);
    assert_eq!(json["rows"][1]["name"], "=甲镇");
    assert_eq!(json["rows"][1]["award"], "yellow_card");
    assert_eq!(json["rows"][2]["rank_corrected"], serde_json::Value::Null);
    assert_eq!(json["too_few_sheets"], serde_json::json!(["c"]));
    assert_eq!(json["rules"]["weights"]["V"], 50);
}
