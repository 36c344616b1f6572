//! Awards case by case, and the explanation down to the items.
//!
//! Invariant: each case is small enough to check by hand. Leaves out: random campaigns (`oracle`).

use domain::score::explain::{Details, explain};
use domain::score::*;
use domain::sheet::{Answers, Form, Mark, explain_sheet, score as score_sheet};
use domain::{SiteKind, builtin};

/// One group; each township's only component is V, from three equal sheets.
fn tour(scores: &[(&str, i64)]) -> Input {
    let mut input = Input::default();
    input.rules.correction = Correction::None;
    for (code, score_e4) in scores {
        input.townships.push(Township {
            code: (*code).into(),
            name: String::new(),
            group: 1,
            vetoed: false,
            overdue_issues: 0,
            veto_notices: 0,
        });
        let id = format!("{code}-V");
        for o in 1..=3 {
            let (site, observer) = (id.clone(), format!("o{o}"));
            input.sheets.push(Sheet {
                site,
                observer,
                group: 1,
                score_e4: *score_e4,
            });
        }
        let kind = SiteKind::DemonstrationVillage;
        input.sites.push(Site {
            id,
            kind,
            township: Some((*code).into()),
        });
    }
    input
}

fn awards(input: &Input) -> (Vec<String>, Vec<String>) {
    let lists = compute(input).unwrap().awards;
    (lists.red_flag, lists.yellow_card)
}

fn reasons(input: &Input, award: Award) -> Vec<(String, Reason)> {
    let decisions = work(input).unwrap().decisions.into_iter();
    decisions
        .filter(|d| d.award == award)
        .map(|d| (d.code, d.reason))
        .collect()
}

fn codes(list: &[&str]) -> Vec<String> {
    list.iter().map(|c| (*c).to_owned()).collect()
}

#[test]
fn equal_at_the_line_means_all_of_them() {
    let input = tour(&[
        ("a", 900_000),
        ("b", 880_000),
        ("c", 880_000),
        ("d", 700_000),
        ("e", 700_000),
    ]);
    assert_eq!(
        awards(&input),
        (codes(&["a", "b", "c"]), codes(&["d", "e"]))
    );
    let expected = [
        ("a", Reason::Placed),
        ("b", Reason::TiedAtLine),
        ("c", Reason::TiedAtLine),
    ];
    assert_eq!(
        reasons(&input, Award::RedFlag),
        expected.map(|(c, r)| (c.to_owned(), r))
    );
}

#[test]
fn what_looks_equal_at_two_decimals_is_a_tie_broken_by_the_chain() {
    let mut input = tour(&[("a", 880_049), ("b", 880_001), ("c", 880_050)]);
    let ranks = |input: &Input| -> Vec<usize> {
        compute(input)
            .unwrap()
            .townships
            .iter()
            .filter_map(|t| t.rank_in_group)
            .collect()
    };
    assert_eq!(ranks(&input), [2, 2, 1]); // 88.00, 88.00, 88.01
    input.townships[0].overdue_issues = 1;
    assert_eq!(ranks(&input), [3, 2, 1]);
    input.townships[1].overdue_issues = 1;
    input.townships[1].veto_notices = 1;
    assert_eq!(ranks(&input), [2, 3, 1]);
}

#[test]
fn a_vetoed_township_is_passed_over_for_red_but_not_for_yellow() {
    let mut input = tour(&[
        ("a", 900_000),
        ("b", 880_000),
        ("c", 870_000),
        ("d", 700_000),
    ]);
    input.townships[0].vetoed = true;
    input.townships[3].vetoed = true;
    assert_eq!(awards(&input), (codes(&["b", "c"]), codes(&["d"])));
    assert!(reasons(&input, Award::RedFlag).contains(&("a".into(), Reason::Vetoed)));
}

#[test]
fn a_township_with_red_gets_no_yellow() {
    let input = tour(&[("a", 900_000), ("b", 880_000)]);
    assert_eq!(awards(&input), (codes(&["a", "b"]), vec![]));
    assert_eq!(
        reasons(&input, Award::YellowCard),
        [("b".to_owned(), Reason::HasRedFlag)]
    );
}

#[test]
fn a_gate_leaves_an_award_vacant() {
    let mut input = tour(&[
        ("a", 900_000),
        ("b", 899_950),
        ("c", 899_949),
        ("d", 800_000),
    ]);
    input.rules.award = AwardRules {
        red: 3,
        yellow: 1,
        red_min_e4: Some(900_000),
        yellow_max_e4: Some(800_000),
        ..AwardRules::default()
    };
    // 89.995 is shown as 90.00 and passes; 80.00 is not below 80.
    assert_eq!(awards(&input), (codes(&["a", "b"]), vec![]));
    assert!(reasons(&input, Award::RedFlag).contains(&("c".into(), Reason::Gate)));
    assert_eq!(
        reasons(&input, Award::YellowCard),
        [("d".to_owned(), Reason::Gate)]
    );
}

#[test]
fn cards_in_a_row_are_counted_from_the_last_round() {
    let round = |yellow: &[&str]| AwardLists {
        red_flag: vec![],
        yellow_card: codes(yellow),
    };
    let rounds = [
        round(&["a"]),
        round(&["b"]),
        round(&["a", "b"]),
        round(&["a"]),
    ];
    assert_eq!(in_a_row(&rounds, "a", Award::YellowCard), 2);
    assert_eq!(in_a_row(&rounds, "b", Award::YellowCard), 0);
    assert_eq!(in_a_row(&rounds, "a", Award::RedFlag), 0);
    assert_eq!(in_a_row(&[], "a", Award::YellowCard), 0);
}

#[test]
fn equal_rules_hash_equal_and_gates_show_only_if_set() {
    let read = |text: &str| serde_json::from_str::<Rules>(text).unwrap();
    let full = r#"{"award":{"yellow":1,"red":2,"scope":"per_group"},"correction":"benchmark_additive",
        "weights":{"M":0,"R":10,"S":0,"E":20,"H":20,"V":50}}"#;
    assert_eq!(read(full).hash_input(), read("{}").hash_input());
    assert_eq!(
        String::from_utf8(Rules::default().hash_input()).unwrap(),
        r#"{"weights":{"V":50,"H":20,"E":20,"S":0,"R":10,"M":0},"correction":"benchmark_additive","award":{"scope":"per_group","red":2,"yellow":1}}"#
    );
    let gated = read(r#"{"award":{"red_min_e4":900000}}"#);
    assert!(
        String::from_utf8(gated.hash_input())
            .unwrap()
            .contains(r#""red_min_e4":900000"#)
    );
}

#[test]
fn many_groups_of_odd_sizes_overflow_with_an_error_not_a_panic() {
    let mut input = Input::default();
    input.rules.correction = Correction::SecondAverage;
    // Group g has g townships: the least common denominator of the means leaves i128 behind.
    for group in 1..=120 {
        for n in 0..group {
            let code = format!("{group}-{n}");
            input.rectification.push(Rectification {
                township: code.clone(),
                due: 7,
                closed: n % 7,
            });
            let (name, vetoed) = (String::new(), false);
            input.townships.push(Township {
                code,
                name,
                group,
                vetoed,
                overdue_issues: 0,
                veto_notices: 0,
            });
        }
    }
    assert_eq!(compute(&input), Err(ScoreError::Overflow));
    input.rules.correction = Correction::RankPoints;
    assert!(
        compute(&input).is_ok(),
        "a method without R does not need it"
    );
}

#[test]
fn the_explanation_reaches_from_the_result_down_to_an_item() {
    let kind = SiteKind::DemonstrationVillage;
    let own = builtin::checklist_for(kind)
        .unwrap()
        .for_site(kind, None)
        .unwrap();
    let answers: Answers = own
        .quick
        .iter()
        .map(|l| (l.id.clone(), Mark::Points(l.max_e4 / 2).into()))
        .collect();
    let sheet = explain_sheet(&own, Form::Quick, &answers).unwrap();
    let value = score_sheet(&own, Form::Quick, &answers)
        .unwrap()
        .score_e4
        .unwrap();

    let mut input = tour(&[("a", value), ("b", 900_000)]);
    let key = ("a-V".to_owned(), "o1".to_owned());
    let mut details = Details::default();
    details.sheets.insert(key.clone(), sheet);
    details
        .observer_names
        .insert("o1".into(), "观摩员01".into());
    let explanation = explain(&input, &details).unwrap();
    explanation.check(&compute(&input).unwrap()).unwrap();
    let site = &explanation.townships[0].raw.children[0].children[0];
    let sheet = &site.children[0];
    assert_eq!(
        (sheet.code.as_str(), sheet.label_zh.as_str()),
        ("o1", "观摩员01")
    );
    assert_eq!(sheet.children.len(), 7);
    assert_eq!(sheet.children[0].children[0].code, "demolish");

    // The sheet's tree must be that of the sheet's score.
    input.sheets[0].score_e4 += 1;
    assert!(matches!(
        explain(&input, &details),
        Err(ScoreError::DoesNotAddUp { .. })
    ));
}

#[test]
fn a_changed_number_anywhere_in_the_explanation_is_found() {
    let input = tour(&[("a", 850_000), ("b", 900_000)]);
    let out = compute(&input).unwrap();
    let good = explain(&input, &Details::default()).unwrap();
    good.check(&out).unwrap();
    let changed = |change: &dyn Fn(&mut Explanation)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad.check(&out).is_err()
    };
    assert!(changed(&|e| e.townships[0].raw.value_e4 = Some(1)));
    assert!(changed(
        &|e| e.townships[0].raw.children[0].value_e4 = Some(1)
    ));
    assert!(changed(
        &|e| e.townships[0].raw.children[0].children[0].value_e4 = Some(1)
    ));
    assert!(changed(&|e| {
        e.townships[0].raw.children[0].children[0].children[0].value_e4 = Some(1);
    }));
    assert!(changed(&|e| {
        e.townships[0].raw.children[0].children[0].children[0].counted = false;
    }));
    assert!(changed(&|e| e.townships[1].corrected_e4 = Some(1)));
    assert!(changed(&|e| e.method = Correction::RankPoints));
    assert!(changed(&|e| drop(e.townships.pop())));
}
