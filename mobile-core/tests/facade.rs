//! The facade on a real database: answers, sheets, facts, refusals.

mod common;

use common::office::*;
use common::phones::*;
use common::{START_MS, answer as reply};
use mobile_core::{
    Form, Mark, NewIssue, NewOpinion, PhotoMeta, PhotoTarget, Replica, SiteFilter, Value, Visit,
};

#[test]
fn forty_answers_are_there_after_reopening_without_any_save() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let village = phone.open_sheet(VILLAGE, Form::Detailed).unwrap();
    let market = phone.open_sheet(MARKET, Form::Detailed).unwrap();
    let mut said = Vec::new();
    for sheet in [village, market] {
        for line in phone.sheet(sheet).unwrap().lines.into_iter().take(20) {
            let mark = match line.item.kind {
                domain::checklist::ItemType::Score { step_e4 } => Mark::Points(step_e4),
                domain::checklist::ItemType::YesNo => Mark::YesNo(false),
                domain::checklist::ItemType::Deduct { .. } => Mark::Count(2),
                domain::checklist::ItemType::Ratio { .. } => Mark::Ratio { ok: 1, sampled: 2 },
            };
            assert!(
                phone
                    .answer(sheet, &line.item.id, mark.into())
                    .unwrap()
                    .changed
            );
            said.push((sheet, line.item.id, mark));
        }
    }
    assert_eq!(said.len(), 40);
    drop(phone);
    let mut phone = open(&home, 2);
    assert!(phone.is_enrolled());
    for (sheet, item, mark) in said {
        let view = phone.sheet(sheet).unwrap();
        let line = view.lines.iter().find(|l| l.item.id == item).unwrap();
        assert_eq!(line.answer.as_ref().unwrap().mark, mark);
    }
    assert_eq!(phone.status().unwrap().unsent_changes, 42);
}

#[test]
fn what_does_not_fit_an_item_is_refused_and_changes_nothing() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Detailed).unwrap();
    let view = phone.sheet(sheet).unwrap();
    let item = view
        .lines
        .iter()
        .find(|l| matches!(l.item.kind, domain::checklist::ItemType::Score { step_e4 } if step_e4 > 1))
        .unwrap()
        .item
        .clone();
    let before = phone.status().unwrap().unsent_changes;
    let code = |r: Result<_, mobile_core::Error>| {
        r.map(|_: mobile_core::Saved| ())
            .unwrap_err()
            .code()
            .to_owned()
    };
    assert_eq!(
        code(phone.answer(sheet, &item.id, points(item.max_e4 + 5_000))),
        "above_maximum"
    );
    assert_eq!(code(phone.answer(sheet, &item.id, points(1))), "off_step");
    assert_eq!(
        code(phone.answer(sheet, &item.id, points(-5_000))),
        "bad_number"
    );
    assert_eq!(
        code(phone.answer(sheet, &item.id, Mark::YesNo(true).into())),
        "wrong_type"
    );
    assert_eq!(
        code(phone.answer(sheet, "V-NONE", points(0))),
        "unknown_item"
    );
    assert_eq!(code(phone.clear_answer(sheet, "V-NONE")), "unknown_item");
    let mut long = points(0);
    long.note = Some("长".repeat(2_001));
    assert_eq!(code(phone.answer(sheet, &item.id, long)), "invalid");
    assert_eq!(phone.status().unwrap().unsent_changes, before);
    phone.answer(sheet, &item.id, points(item.max_e4)).unwrap();
}

#[test]
fn the_own_township_other_routes_and_a_locked_group_are_refused() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "1", 1);
    let code = |r: Result<uuid::Uuid, mobile_core::Error>| r.unwrap_err().code().to_owned();
    assert_eq!(
        code(phone.open_sheet(HOME_VILLAGE, Form::Detailed)),
        "recused"
    );
    assert_eq!(
        code(phone.open_sheet(FAR_VILLAGE, Form::Detailed)),
        "not_on_route"
    );
    assert_eq!(
        code(phone.open_sheet(account(1), Form::Detailed)),
        "unknown_record"
    );
    let sites = phone.sites(&SiteFilter::default()).unwrap();
    let recused: Vec<_> = sites.iter().filter(|s| s.recused).map(|s| s.id).collect();
    assert_eq!(recused, [HOME_VILLAGE]);
    assert!(sites.iter().all(|s| s.id != FAR_VILLAGE));
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    assert_eq!(phone.open_sheet(VILLAGE, Form::Detailed).unwrap(), sheet);
    assert_eq!(phone.sheet(sheet).unwrap().form, Form::Quick);
    net.with(|s| s.lock(GROUP, "locked"));
    sync(&mut phone, &net).unwrap();
    let late = phone.answer(sheet, "clear", points(5_000)).unwrap_err();
    assert_eq!(late.code(), "locked");
    assert_eq!(code(phone.open_sheet(MARKET, Form::Quick)), "locked");
    net.with(|s| s.lock(GROUP, "open"));
    sync(&mut phone, &net).unwrap();
    phone.answer(sheet, "clear", points(5_000)).unwrap();
}

#[test]
fn a_sheet_goes_from_draft_to_submitted_and_back_with_a_reason() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Detailed).unwrap();
    let all = phone.sheet(sheet).unwrap().lines.len();
    match phone.submit(sheet).unwrap_err() {
        mobile_core::Error::Incomplete { missing } => assert_eq!(missing.len(), all),
        other => panic!("{other}"),
    }
    fill(&mut phone, sheet);
    let view = phone.sheet(sheet).unwrap();
    assert!(view.score.is_complete());
    let sections: i64 = view.score.sections.iter().map(|s| s.earned_e4).sum();
    assert_eq!(sections, view.score.earned_e4);
    phone.submit(sheet).unwrap();
    let first = view.lines[0].item.id.clone();
    assert_eq!(
        phone.clear_answer(sheet, &first).unwrap_err().code(),
        "not_draft"
    );
    assert_eq!(phone.submit(sheet).unwrap_err().code(), "not_draft");
    assert_eq!(
        phone.amend(sheet, "  ").unwrap_err().code(),
        "reason_required"
    );
    phone.amend(sheet, "看错了").unwrap();
    assert_eq!(
        phone.amend(sheet, "再来").unwrap_err().code(),
        "not_submitted"
    );
    assert_eq!(
        phone.sheet(sheet).unwrap().reason.as_deref(),
        Some("看错了")
    );
    phone.clear_answer(sheet, &first).unwrap();
    assert_eq!(phone.sheet(sheet).unwrap().score.missing, [first]);
    let home = phone.open_sheet(HOUSEHOLD, Form::Detailed).unwrap();
    phone.set_visit(home, Visit::Absent).unwrap();
    phone.set_sheet_note(home, "门锁着").unwrap();
    phone.submit(home).unwrap();
    let view = phone.sheet(home).unwrap();
    assert_eq!(
        (view.visit, view.note.as_deref()),
        (Some(Visit::Absent), Some("门锁着"))
    );
}

#[test]
fn facts_issues_and_notes_show_at_once_with_their_state() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    phone.edit_site_facts(HOUSEHOLD, "code", "甲-03").unwrap();
    phone.edit_site_facts(HOUSEHOLD, "name", "李家").unwrap();
    let unknown = phone.edit_site_facts(HOUSEHOLD, "colour", "x").unwrap_err();
    assert_eq!(unknown.code(), "invalid");
    let filter = SiteFilter {
        text: Some("甲-03".into()),
        ..SiteFilter::default()
    };
    let found = phone.sites(&filter).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].name.as_str(), found[0].planned_name.as_str()),
        ("李家", "农户1")
    );
    let category = domain::builtin::issue_categories().categories[0]
        .code
        .clone();
    let issue = NewIssue {
        site: Some(VILLAGE),
        place: "村口".into(),
        category,
        description: "垃圾未清".into(),
        ..NewIssue::default()
    };
    let id = phone.log_issue(issue.clone()).unwrap();
    phone.fix_on_spot(id, "已清走").unwrap();
    let list = phone.issues().unwrap();
    assert_eq!(
        (list.len(), list[0].id, list[0].fixed_on_spot),
        (1, id, true)
    );
    assert!(list[0].found_at_ms > START_MS);
    let bad = NewIssue {
        category: "no-such".into(),
        ..issue
    };
    assert_eq!(phone.log_issue(bad).unwrap_err().code(), "invalid");
    phone.delete_note(id).unwrap();
    assert!(phone.issues().unwrap().is_empty());
    let status = phone.status().unwrap();
    assert_eq!((status.issues.only_here, status.others.only_here), (1, 1));
}

#[test]
fn opinions_and_commendations_are_listed_and_a_deletion_can_be_taken_back() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let opinion = NewOpinion {
        site: Some(VILLAGE),
        category: "facility".into(),
        text: "村口加两个垃圾桶".into(),
        addressed: None,
    };
    let opinion_id = phone.add_opinion(opinion).unwrap();
    let worth = phone.add_commendation(VILLAGE, "门前三包到户").unwrap();
    let (opinions, worths) = (phone.opinions().unwrap(), phone.commendations().unwrap());
    assert_eq!((opinions.len(), worths.len()), (1, 1));
    assert_eq!(opinions[0].id, opinion_id);
    assert_eq!(opinions[0].text, "村口加两个垃圾桶");
    assert_eq!((worths[0].id, worths[0].site), (worth, Some(VILLAGE)));
    assert_eq!(worths[0].what, "门前三包到户");

    phone.delete_note(opinion_id).unwrap();
    phone.delete_note(worth).unwrap();
    assert!(phone.opinions().unwrap().is_empty() && phone.commendations().unwrap().is_empty());
    phone.restore_note(opinion_id).unwrap();
    assert_eq!(phone.opinions().unwrap(), opinions);
    assert!(phone.commendations().unwrap().is_empty());
    let unknown = phone.restore_note(uuid::Uuid::from_u128(0xdead));
    assert_eq!(unknown.unwrap_err().code(), "unknown_record");
}

#[test]
fn every_category_of_the_list_can_be_logged() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let categories = phone.issue_categories();
    assert!(categories.len() > 10);
    for category in &categories {
        let issue = NewIssue {
            category: category.code.clone(),
            description: category.zh.clone(),
            ..NewIssue::default()
        };
        phone.log_issue(issue).unwrap();
    }
    assert_eq!(phone.issues().unwrap().len(), categories.len());
}

#[test]
fn a_photo_is_kept_and_what_is_none_is_not() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Detailed).unwrap();
    let target = PhotoTarget::Sheet(sheet);
    let item = phone.sheet(sheet).unwrap().lines[0].item.id.clone();
    let none = phone.attach_photo(target, None, b"no picture", PhotoMeta::default());
    assert_eq!(none.unwrap_err().code(), "not_a_picture");
    let jpeg = common::picture(1);
    let elsewhere = phone.attach_photo(target, Some("V-NONE"), &jpeg, PhotoMeta::default());
    assert_eq!(elsewhere.unwrap_err().code(), "unknown_item");
    assert!(phone.photos(target).unwrap().is_empty());
    let meta = PhotoMeta {
        caption: Some("村口".into()),
        ..PhotoMeta::default()
    };
    let photo = phone
        .attach_photo(target, Some(&item), &jpeg, meta)
        .unwrap();
    let list = phone.photos(target).unwrap();
    assert_eq!(
        (list[0].id, list[0].caption.as_deref()),
        (photo, Some("村口"))
    );
    assert_eq!(list[0].state, mobile_core::PhotoState::OnlyHere);
    assert_eq!(phone.sheet(sheet).unwrap().lines[0].photos, 1);
    let bytes = phone.photo_bytes(photo).unwrap().unwrap();
    assert_eq!(
        Some(hex::encode(protocol::chain::sha256(&bytes))),
        list[0].stored_hash
    );
}

#[test]
fn settling_replaces_only_what_was_shown_and_of_this_field() {
    let (net, home, second) = (server(false), folder(), folder());
    let mut one = enrolled(&home, &net, "2", 1);
    let mut two = enrolled(&second, &net, "2b", 2);
    let sheet = one.open_sheet(VILLAGE, Form::Quick).unwrap();
    assert_eq!(two.open_sheet(VILLAGE, Form::Quick).unwrap(), sheet);
    one.answer(sheet, "clear", points(5_000)).unwrap();
    two.answer(sheet, "clear", points(10_000)).unwrap();
    two.answer(sheet, "tidy", points(10_000)).unwrap();
    sync(&mut one, &net).unwrap();
    sync(&mut two, &net).unwrap();
    sync(&mut one, &net).unwrap();
    let view = one.sheet(sheet).unwrap();
    assert_eq!(view.siblings.keys().collect::<Vec<_>>(), ["answer/clear"]);
    assert_eq!(one.submit(sheet).unwrap_err().code(), "unsettled");
    let shown: Vec<_> = view.siblings["answer/clear"]
        .iter()
        .map(|s| s.dot)
        .collect();
    assert_eq!(shown.len(), 2);
    let tidy = one.live_values(sheet, "answer/tidy").unwrap()[0].dot;
    let value = view.siblings["answer/clear"][0].value.clone();
    let wrong = one.settle_by_choice(sheet, "answer/clear", &tidy, &shown);
    assert_eq!(wrong.unwrap_err().code(), "not_shown");
    let wrong = one.settle_by_answer(sheet, "clear", &points(1), &shown);
    assert_eq!(wrong.unwrap_err().code(), "off_step");
    let wrong = one.settle(sheet, "answer/clear", value.clone(), &[shown[0], tidy]);
    assert_eq!(wrong.unwrap_err().code(), "not_shown");
    let too_much = Value::List(vec![Value::Int(10_000_000), Value::Null]);
    let wrong = one.settle(sheet, "answer/clear", too_much, &shown);
    assert_eq!(wrong.unwrap_err().code(), "above_maximum");
    one.settle_by_choice(sheet, "answer/clear", &shown[0], &shown)
        .unwrap();
    assert!(one.sheet(sheet).unwrap().siblings.is_empty());
    sync(&mut one, &net).unwrap();
    let report = sync(&mut two, &net).unwrap();
    assert!(report.agreed.agreed);
    assert!(two.sheet(sheet).unwrap().siblings.is_empty());
}

#[test]
fn a_code_is_redeemed_once_and_a_strange_answer_enrols_nobody() {
    let (net, home) = (server(false), folder());
    let mut phone = open(&home, 1);
    assert_eq!(phone.status().unwrap_err().code(), "not_enrolled");
    let page = reply(200, "text/html", b"<html>sign in".to_vec());
    net.fate(&[common::Fate::Instead(page)]);
    let error = wait(phone.enrol(&net, "2", "x")).unwrap_err();
    assert_eq!(error.code(), "not_our_server");
    assert_eq!(
        wait(phone.enrol(&net, "no", "x")).unwrap_err().code(),
        "code_invalid"
    );
    let me = wait(phone.enrol(&net, "2", "x")).unwrap();
    assert_eq!(me.account, account(2));
    assert_eq!(
        wait(phone.enrol(&net, "3", "x")).unwrap_err().code(),
        "already_enrolled"
    );
    drop(phone);
    assert_eq!(open(&home, 5).identity(), Some(me));
    let second = Replica::open(&folder().path, ports(9)).unwrap();
    assert!(second.identity().is_none());
}
