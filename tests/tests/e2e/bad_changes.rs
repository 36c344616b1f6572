//! Changes that do not fit, over HTTP: stored and relayed whole, not counted, with a verdict; the batch goes on.
//!
//! Left out: every rule of every field (`protocol::check` and the server test them).

use merge::Value;
use mobile_core::Form;
use server::services::campaign::NewCampaign;
use uuid::Uuid;

use crate::county::{County, Phone, office};
use crate::raw_phone::{Change, RawPhone};

/// The value of `opened` of a site's sheet, and its lines, as a real phone has them.
struct Pattern {
    site: Uuid,
    opened: Value,
    /// Line id and maximum in e4.
    lines: Vec<(String, i64)>,
}

async fn pattern(county: &mut County, account: usize) -> (Pattern, Phone) {
    let mut phone = county.phone(account).await;
    let site = phone.sites().remove(0).id;
    let sheet = phone.replica.open_sheet(site, Form::Quick).unwrap();
    let opened = phone.replica.live_values(sheet, "opened").unwrap();
    let lines = phone.replica.sheet(sheet).unwrap().lines;
    let lines = lines.into_iter().map(|l| (l.item.id, l.item.max_e4));
    let pattern = Pattern {
        site,
        opened: opened[0].value.clone(),
        lines: lines.collect(),
    };
    (pattern, phone)
}

fn answer(mark: Value) -> Value {
    Value::List(vec![mark, Value::Null])
}

/// Codes of the verdicts in force, oldest first.
fn verdicts(county: &County) -> Vec<String> {
    let path = county.dir.path().join("server/server.db");
    let conn = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT code FROM verdicts WHERE in_force = 1 ORDER BY record";
    let mut statement = conn.prepare(sql).unwrap();
    let codes = statement.query_map([], |r| r.get(0)).unwrap();
    codes.map(Result::unwrap).collect()
}

/// Live values of a field at the server.
fn live(county: &County, record: Uuid, field: &str) -> i64 {
    let id = hex::encode(record.into_bytes());
    county.count(&format!(
        "SELECT count(*) FROM cells c JOIN records r ON r.no = c.record JOIN names n ON n.no = c.field
         WHERE r.id = x'{id}' AND n.name = '{field}'"
    ))
}

/// Pushes one segment that must be stored and acknowledged to its end.
async fn stored(county: &County, phone: &mut RawPhone, sealed: bool, changes: &[Change<'_>]) {
    let scope = if sealed {
        phone.sealed()
    } else {
        phone.group_scope()
    };
    let segment = phone.write(scope, changes);
    let end = segment.header().unwrap().last_seq();
    let segments = county.count("SELECT count(*) FROM segments WHERE applied = 1");
    let reply = phone.pushed(vec![segment.clone()]).await;
    assert!(reply.forks.is_empty());
    let have = reply.have.unwrap();
    let held = have.iter().find(|h| h.scope == scope.id().into_bytes());
    assert_eq!(held.map(|h| (h.seq, h.chain)), Some((end, segment.chain())));
    assert!(county.count("SELECT count(*) FROM segments WHERE applied = 1") > segments);
}

#[tokio::test]
async fn an_unknown_kind_or_field_is_kept_and_reaches_the_colleagues() {
    let mut county = County::start(2).await;
    let mut newer = RawPhone::enrol(&county, 0, 1).await;
    let mut colleague = county.phone(1).await;
    let (weather, issue) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let changes: [Change; 3] = [
        ("weather", weather, "wind", 7.into(), &[]),
        ("issue", issue, "colour", "red".into(), &[]),
        ("issue", issue, "severity", "minor".into(), &[]),
    ];
    stored(&county, &mut newer, false, &changes).await;
    assert!(verdicts(&county).is_empty());
    assert_eq!(live(&county, weather, "wind"), 1);
    let report = county.sync(&mut colleague).await;
    assert!(report.agreed.agreed, "{report:?}");
    for (record, field, value) in [(weather, "wind", 7.into()), (issue, "colour", "red".into())] {
        let live = colleague.replica.live_values(record, field).unwrap();
        assert_eq!(live.len(), 1);
        assert_eq!(live[0].value, value);
    }
}

#[tokio::test]
async fn a_wrong_type_gets_a_verdict_and_the_rest_of_the_batch_counts() {
    let mut county = County::start(2).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let mut colleague = county.phone(1).await;
    let id = Uuid::from_u128(1);
    let changes: [Change; 4] = [
        ("issue", id, "description", "垃圾".into(), &[]),
        ("issue", id, "severity", 3.into(), &[]),
        ("issue", id, "place", "not a list".into(), &[]),
        ("issue", id, "category", "road".into(), &[]),
    ];
    stored(&county, &mut phone, false, &changes).await;
    let codes = verdicts(&county);
    assert!(
        !codes.is_empty() && codes.iter().all(|c| c == "invalid"),
        "{codes:?}"
    );
    let fields = ["description", "severity", "place", "category"];
    assert_eq!(fields.map(|f| live(&county, id, f)), [1, 0, 0, 1]);
    // The colleague's phone applies the same verdict: both sides agree.
    let report = county.sync(&mut colleague).await;
    assert!(report.agreed.agreed, "{report:?}");
    assert!(
        colleague
            .replica
            .live_values(id, "severity")
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        colleague.replica.live_values(id, "category").unwrap().len(),
        1
    );
}

#[tokio::test]
async fn supersedes_of_another_field_is_invalid_and_replaces_nothing() {
    let county = County::start(1).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let id = Uuid::from_u128(1);
    let first: [Change; 2] = [
        ("issue", id, "description", "一".into(), &[]),
        ("issue", id, "category", "road".into(), &[]),
    ];
    stored(&county, &mut phone, false, &first).await;
    assert!(verdicts(&county).is_empty());
    let other: [Change; 1] = [("issue", id, "category", "water".into(), &[1])];
    stored(&county, &mut phone, false, &other).await;
    assert_eq!(verdicts(&county), ["invalid"]);
    let future: [Change; 1] = [("issue", id, "category", "water".into(), &[99])];
    stored(&county, &mut phone, false, &future).await;
    assert_eq!(verdicts(&county), ["invalid"; 2]);
    assert_eq!(live(&county, id, "description"), 1);
    assert_eq!(live(&county, id, "category"), 1);
}

#[tokio::test]
async fn an_answer_above_the_maximum_off_step_or_of_no_item_is_not_counted() {
    let mut county = County::start(2).await;
    let (pattern, mut honest) = pattern(&mut county, 1).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let sheet = phone.sheet(pattern.site);
    let (line, max) = pattern.lines[0].clone();
    let field = format!("answer/{line}");
    // The phone's own facade refuses all of it, by code, and writes nothing.
    let own = honest.sites().remove(0).sheet.unwrap();
    let unsent = honest.replica.status().unwrap().unsent_changes;
    for (item, mark, code) in [
        (line.as_str(), max + 5_000, "above_maximum"),
        (line.as_str(), 1, "off_step"),
        (line.as_str(), -5_000, "bad_number"),
        ("NO-1", 0, "unknown_item"),
    ] {
        let mark = mobile_core::Mark::Points(mark);
        let refused = honest.replica.answer(own, item, mark.into());
        assert_eq!(refused.unwrap_err().code(), code);
    }
    // Nor an issue that tells nothing, or of a kind there is not.
    for (category, description) in [("road", " "), ("nonsense", "坑")] {
        let issue = mobile_core::NewIssue {
            category: category.into(),
            description: description.into(),
            ..Default::default()
        };
        let refused = honest.replica.log_issue(issue);
        assert_eq!(refused.unwrap_err().code(), "invalid");
    }
    assert_eq!(honest.replica.status().unwrap().unsent_changes, unsent);
    // A phone that does not care gets a verdict for each.
    let opened: [Change; 1] = [("sheet", sheet, "opened", pattern.opened.clone(), &[])];
    stored(&county, &mut phone, true, &opened).await;
    assert!(verdicts(&county).is_empty());
    let bad = [
        (max + 5_000).into(),
        1.into(),
        (-5_000).into(),
        Value::Bool(true),
    ];
    for (n, mark) in bad.into_iter().enumerate() {
        let change: [Change; 1] = [("sheet", sheet, &field, answer(mark), &[])];
        stored(&county, &mut phone, true, &change).await;
        assert_eq!(verdicts(&county), vec!["invalid"; n + 1]);
    }
    let none: [Change; 1] = [("sheet", sheet, "answer/NO-1", answer(0.into()), &[])];
    stored(&county, &mut phone, true, &none).await;
    assert_eq!(verdicts(&county), ["invalid"; 5]);
    assert_eq!(
        live(&county, sheet, &field) + live(&county, sheet, "answer/NO-1"),
        0
    );
    // The good answer in one batch with a bad one counts.
    let mixed: [Change; 2] = [
        ("sheet", sheet, "answer/NO-2", answer(0.into()), &[]),
        ("sheet", sheet, &field, answer(max.into()), &[]),
    ];
    stored(&county, &mut phone, true, &mixed).await;
    assert_eq!(live(&county, sheet, &field), 1);
    let id = hex::encode(sheet.into_bytes());
    let sql = format!("SELECT answered FROM entries WHERE id = x'{id}'");
    assert_eq!(county.count(&sql), 1);
}

#[tokio::test]
async fn a_sheet_after_the_lock_is_held_as_late_and_the_result_stays() {
    let mut county = County::start(2).await;
    let (pattern, _honest) = pattern(&mut county, 1).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let (campaign, group) = (county.campaign, county.groups[0]);
    let reason = Some("会议在即");
    let app = county.app();
    app.lock_group(&office(), campaign, group, reason)
        .await
        .unwrap();
    let entries = county.count("SELECT count(*) FROM entries");
    let before = app.results(campaign).await.unwrap();
    let sheet = phone.sheet(pattern.site);
    let fields: Vec<_> = pattern
        .lines
        .iter()
        .map(|(l, m)| (format!("answer/{l}"), *m))
        .collect();
    let mut changes: Vec<Change> = vec![("sheet", sheet, "opened", pattern.opened.clone(), &[])];
    for (field, max) in &fields {
        changes.push(("sheet", sheet, field, answer((*max).into()), &[]));
    }
    let state = Value::List(vec!["submitted".into(), Value::Null]);
    changes.push(("sheet", sheet, "state", state, &[]));
    stored(&county, &mut phone, true, &changes).await;
    let codes = verdicts(&county);
    assert!(
        !codes.is_empty() && codes.iter().all(|c| c == "late"),
        "{codes:?}"
    );
    assert_eq!(live(&county, sheet, "opened"), 0);
    assert_eq!(county.count("SELECT count(*) FROM entries"), entries);
    assert!(app.results(campaign).await.unwrap() == before);
    let held = app.held_entries(campaign).await.unwrap();
    assert!(held.iter().all(|h| h.record == Some(sheet)) && !held.is_empty());
}

#[tokio::test]
async fn a_phone_that_writes_the_offices_word_returned_is_refused_that_word_alone() {
    let mut county = County::start(1).await;
    let (pattern, _own) = pattern(&mut county, 0).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let sheet = protocol::ids::sheet(county.campaign, pattern.site, county.accounts[0]);
    let returned = Value::List(vec![
        "returned".into(),
        "自己退的".into(),
        Value::List(vec![]),
    ]);
    let submitted = Value::List(vec!["submitted".into(), Value::Null]);
    let changes: [Change; 3] = [
        ("sheet", sheet, "opened", pattern.opened.clone(), &[]),
        ("sheet", sheet, "state", submitted, &[]),
        ("sheet", sheet, "state", returned, &[2]),
    ];
    stored(&county, &mut phone, true, &changes).await;
    assert_eq!(verdicts(&county), ["unauthorised"]);
    let states = "SELECT count(*) FROM entries WHERE kind = 'sheet' AND state = 'submitted'";
    assert_eq!(county.count(states), 1);
}

/// Notes in a checklist that nobody can pack: what the office writes must fit into what a phone takes, or be refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_no_phone_could_take_is_refused_at_the_office() {
    let county = County::start(1).await;
    let (app, me) = (county.app().clone(), office());
    let new = NewCampaign {
        name: "环境整治".into(),
        tour_kind: "tour".into(),
        dates: ("2021-11-21".into(), "2021-11-22".into()),
        rules: domain::score::Rules::default(),
        sheets_open: false,
    };
    let campaign = app.create_campaign(&me, new).await.unwrap();
    let with_notes = |characters: usize| {
        let (_, file) = domain::builtin::CHECKLIST_FILES[0];
        let mut file: serde_json::Value = serde_json::from_str(file).unwrap();
        let mut state = 1_u64;
        let letter = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005) + 1;
            char::from_u32(0x4e00 + (state >> 40) as u32 % 240).unwrap()
        };
        file["note"] = (0..characters).map(letter).collect::<String>().into();
        vec![file.to_string()]
    };
    let long = app.add_checklists(&me, campaign, with_notes(1_400_000));
    assert_eq!(long.await.unwrap_err().code(), "request_too_large");
    // Nothing of it stayed: the same checklist is not there yet.
    let short = app.add_checklists(&me, campaign, with_notes(700_000));
    short.await.unwrap();
}
