//! Answers and the score of a sheet.
//!
//! Invariant: expected points are worked out by hand. Leaves out: random sheets (`score_properties`).

use domain::score::explain::Rule;
use domain::sheet::{
    AnswerError, Answers, Form, Mark, RawMark, SheetState, Visit, check_answer, counts,
    explain_sheet, item_points, score, wants_photo,
};
use domain::{SiteChecklist, SiteKind, builtin};

fn village() -> SiteChecklist {
    let kind = SiteKind::DemonstrationVillage;
    builtin::checklist_for(kind)
        .unwrap()
        .for_site(kind, None)
        .unwrap()
}

/// Full points everywhere.
fn full(checklist: &SiteChecklist, form: Form) -> Answers {
    use domain::checklist::ItemType::*;
    let best = |item: &domain::checklist::Item| match item.kind {
        Score { .. } => Mark::Points(item.max_e4),
        YesNo => Mark::YesNo(true),
        Deduct { .. } => Mark::Count(0),
        Ratio { .. } => Mark::Ratio { ok: 5, sampled: 5 },
    };
    checklist
        .lines(form)
        .iter()
        .map(|i| (i.id.clone(), best(i).into()))
        .collect()
}

fn code(id: &str, mark: Mark) -> &'static str {
    check_answer(&village(), Form::Detailed, id, &mark)
        .map_or_else(|e: AnswerError| e.code(), |()| "ok")
}

#[test]
fn forms_keep_the_words_they_are_stored_by() {
    assert_eq!(Form::Detailed.word(), "detailed");
    assert_eq!(Form::Quick.word(), "quick");
    assert_eq!(Form::parse("quick"), Some(Form::Quick));
    assert_eq!(Form::parse("Quick"), None);
}

#[test]
fn answers_that_do_not_fit_are_refused_by_code() {
    // V-Q8: score of 2 by 0.5, N/A allowed; V-Q1: deduct; V-Q7: yes/no; V-Z5: ratio.
    assert_eq!(code("V-Q8", Mark::Points(15_000)), "ok");
    assert_eq!(code("V-Q8", Mark::Points(20_000)), "ok");
    assert_eq!(code("V-Q8", Mark::Points(25_000)), "above_maximum");
    assert_eq!(code("V-Q8", Mark::Points(12_000)), "off_step");
    assert_eq!(code("V-Q8", Mark::Points(-5_000)), "bad_number");
    assert_eq!(code("V-Q8", Mark::Count(1)), "wrong_type");
    assert_eq!(code("V-Q8", Mark::NotApplicable), "ok");
    assert_eq!(code("V-Q1", Mark::NotApplicable), "na_not_allowed");
    assert_eq!(code("V-Q1", Mark::Count(-1)), "bad_number");
    assert_eq!(code("V-Q1", Mark::Count(100_001)), "bad_number");
    assert_eq!(code("V-Q1", Mark::Count(100_000)), "ok");
    assert_eq!(code("V-Q7", Mark::Points(0)), "wrong_type");
    assert_eq!(code("V-Q7", Mark::YesNo(false)), "ok");
    assert_eq!(code("V-Z5", Mark::Ratio { ok: 6, sampled: 5 }), "bad_ratio");
    assert_eq!(code("V-Z5", Mark::Ratio { ok: 0, sampled: 0 }), "bad_ratio");
    assert_eq!(
        code("V-Z5", Mark::Ratio { ok: -1, sampled: 5 }),
        "bad_ratio"
    );
    assert_eq!(code("V-Z5", Mark::Ratio { ok: 0, sampled: 1 }), "ok");
    assert_eq!(code("V-XX", Mark::Points(0)), "unknown_item");
    let error =
        check_answer(&village(), Form::Detailed, "V-Q8", &Mark::Points(25_000)).unwrap_err();
    assert_eq!(error.to_string(), "V-Q8: at most 2.00 points");
    assert_eq!(error.message_zh(), "V-Q8:最高 2.00 分");
}

#[test]
fn stored_values_get_their_meaning_from_the_item() {
    let own = village();
    let typed = |id: &str, raw| Mark::typed(own.line(Form::Detailed, id).unwrap(), raw);
    assert_eq!(
        typed("V-Q8", RawMark::Int(15_000)),
        Ok(Mark::Points(15_000))
    );
    assert_eq!(typed("V-Q1", RawMark::Int(3)), Ok(Mark::Count(3)));
    assert_eq!(
        typed("V-Z5", RawMark::Pair(4, 5)),
        Ok(Mark::Ratio { ok: 4, sampled: 5 })
    );
    assert_eq!(typed("V-Q7", RawMark::Bool(true)), Ok(Mark::YesNo(true)));
    assert_eq!(typed("V-Q7", RawMark::Null), Ok(Mark::NotApplicable));
    assert_eq!(
        typed("V-Q7", RawMark::Int(1)).unwrap_err().code(),
        "wrong_type"
    );
    for mark in [
        Mark::Count(3),
        Mark::Ratio { ok: 1, sampled: 2 },
        Mark::YesNo(false),
    ] {
        let id = match mark {
            Mark::Count(_) => "V-Q1",
            Mark::YesNo(_) => "V-Q7",
            _ => "V-Z5",
        };
        assert_eq!(typed(id, mark.raw()), Ok(mark));
    }
}

#[test]
fn item_points_follow_the_kind_of_the_item() {
    let own = village();
    let points =
        |id: &str, mark| item_points(own.line(Form::Detailed, id).unwrap(), &mark).unwrap();
    assert_eq!(points("V-Q1", Mark::Count(2)), Some(30_000)); // 5 − 2 × 1
    assert_eq!(points("V-Q1", Mark::Count(9)), Some(0)); // never below 0
    assert_eq!(points("V-Q7", Mark::YesNo(true)), Some(20_000));
    assert_eq!(points("V-Q7", Mark::YesNo(false)), Some(0));
    assert_eq!(
        points("V-Z5", Mark::Ratio { ok: 2, sampled: 3 }),
        Some(20_000)
    );
    assert_eq!(
        points("V-G6", Mark::Ratio { ok: 2, sampled: 3 }),
        Some(13_333)
    );
    assert_eq!(
        points("V-G6", Mark::Ratio { ok: 1, sampled: 3 }),
        Some(6_667)
    );
    assert_eq!(points("V-Q8", Mark::NotApplicable), None);
}

#[test]
fn a_full_sheet_has_100_points_in_both_forms() {
    let own = village();
    for form in [Form::Detailed, Form::Quick] {
        let sheet = score(&own, form, &full(&own, form)).unwrap();
        assert_eq!(sheet.score_e4, Some(1_000_000));
        assert!(sheet.is_complete() && !sheet.flagged);
    }
}

#[test]
fn an_item_that_does_not_apply_is_left_out_and_the_rest_is_rescaled() {
    let own = village();
    let mut answers = full(&own, Form::Detailed);
    answers.insert("V-Q8".into(), Mark::NotApplicable.into()); // 2 of 100 points
    answers.insert("V-Q1".into(), Mark::Count(5).into()); // loses 5
    let sheet = score(&own, Form::Detailed, &answers).unwrap();
    assert_eq!((sheet.earned_e4, sheet.max_e4), (930_000, 980_000));
    assert_eq!(sheet.score_e4, Some(948_980)); // 93 ÷ 98 × 100 = 94.89795…
    assert!(sheet.is_complete());
}

#[test]
fn a_sheet_is_flagged_below_70_percent_and_without_score_if_nothing_applies() {
    let mut own = village();
    own.quick.iter_mut().for_each(|line| line.na_allowed = true);
    let mut answers = full(&own, Form::Quick);
    let na =
        |answers: &mut Answers, id: &str| answers.insert(id.into(), Mark::NotApplicable.into());
    na(&mut answers, "clear"); // 26: 74 % left
    assert!(!score(&own, Form::Quick, &answers).unwrap().flagged);
    na(&mut answers, "light"); // 6 more: 68 % left
    let sheet = score(&own, Form::Quick, &answers).unwrap();
    assert_eq!((sheet.flagged, sheet.score_e4), (true, Some(1_000_000)));
    own.quick
        .iter()
        .for_each(|line| drop(na(&mut answers, &line.id)));
    let sheet = score(&own, Form::Quick, &answers).unwrap();
    assert_eq!(
        (sheet.score_e4, sheet.is_complete(), sheet.flagged),
        (None, true, true)
    );
}

#[test]
fn missing_lines_are_named_and_the_score_is_that_so_far() {
    let own = village();
    let mut answers = full(&own, Form::Detailed);
    answers.remove("V-C2");
    answers.remove("V-G6");
    let sheet = score(&own, Form::Detailed, &answers).unwrap();
    assert_eq!(sheet.missing, ["V-C2", "V-G6"]);
    assert_eq!(sheet.score_e4, Some(1_000_000));
    let empty = score(&own, Form::Detailed, &Answers::new()).unwrap();
    assert_eq!(
        (empty.score_e4, empty.missing.len(), empty.flagged),
        (None, 35, false)
    );
    answers.insert("clear".into(), Mark::Points(0).into());
    assert_eq!(
        score(&own, Form::Detailed, &answers).unwrap_err().code(),
        "unknown_item"
    );
}

#[test]
fn a_checklist_of_300_points_gives_0_to_100_as_well() {
    let own = builtin::bench()
        .for_site(SiteKind::Household, None)
        .unwrap();
    let mut answers = full(&own, Form::Detailed);
    answers.insert("B-1".into(), Mark::Points(0).into());
    let sheet = score(&own, Form::Detailed, &answers).unwrap();
    assert_eq!(sheet.score_e4, Some(966_667)); // 290 ÷ 300
}

#[test]
fn photos_are_asked_for_when_points_are_lost() {
    let own = village();
    let wants = |id: &str, mark| wants_photo(own.line(Form::Detailed, id).unwrap(), &mark);
    assert!(wants("V-Q1", Mark::Count(1)));
    assert!(!wants("V-Q1", Mark::Count(0)));
    assert!(
        !wants("V-G6", Mark::Ratio { ok: 0, sampled: 3 }),
        "no photo of persons"
    );
}

#[test]
fn sheets_take_only_allowed_steps() {
    use SheetState::*;
    let allowed = [
        (Draft, Submitted),
        (Submitted, Draft),
        (Submitted, Returned),
        (Returned, Draft),
        (Submitted, Locked),
        (Locked, Amended),
        (Amended, Locked),
    ];
    for from in SheetState::ALL {
        for to in SheetState::ALL {
            let step = from.step(*to);
            assert_eq!(
                step.is_ok(),
                allowed.contains(&(*from, *to)),
                "{from:?} {to:?}"
            );
        }
    }
    let error = Draft.step(Locked).unwrap_err();
    assert_eq!(error.message_zh(), "评分单不能由“草稿”变为“已锁定”");
}

#[test]
fn refused_and_absent_households_never_count() {
    for state in SheetState::ALL {
        assert!(!counts(*state, Some(Visit::Refused)));
        assert!(!counts(*state, Some(Visit::Absent)));
    }
    assert!(counts(SheetState::Submitted, None));
    assert!(counts(SheetState::Locked, Some(Visit::Entered)));
    assert!(!counts(SheetState::Draft, Some(Visit::Entered)));
    assert!(!counts(SheetState::Returned, Some(Visit::Entered)));
}

#[test]
fn the_tree_of_a_sheet_adds_up_down_to_the_items() {
    let own = village();
    let mut answers = full(&own, Form::Detailed);
    answers.insert("V-Q8".into(), Mark::NotApplicable.into());
    answers.insert("V-G6".into(), Mark::Ratio { ok: 1, sampled: 3 }.into());
    answers.insert("V-Q1".into(), Mark::Count(2).into());
    let mut tree = explain_sheet(&own, Form::Detailed, &answers).unwrap();
    tree.check().unwrap();
    let sheet = score(&own, Form::Detailed, &answers).unwrap();
    assert_eq!((tree.value_e4, tree.children.len()), (sheet.score_e4, 7));
    let clear = &tree.children[1];
    assert_eq!(clear.children[0].formula, "max(0, 5.00 − 1.00 × 2)");
    assert!(
        clear
            .children
            .iter()
            .any(|c| c.code == "V-Q8" && !c.counted)
    );
    assert_eq!(clear.rule, Rule::Sum);
    tree.children[1].children[0].value_e4 = Some(30_001);
    assert!(tree.check().is_err());
}
