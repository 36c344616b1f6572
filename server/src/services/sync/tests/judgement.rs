//! Changes that are stored and relayed but not applied.

use merge::Value;
use protocol::Scope;
use uuid::Uuid;

use crate::services::verify::VerifyOptions;
use crate::testing::{Office, Phone, Write, opened, supervisor};

fn answer(mark: Value) -> Value {
    Value::List(vec![mark, Value::Null])
}

/// Pushes changes that must all be stored, and returns the codes of the verdicts.
async fn push(
    office: &Office,
    phone: &mut Phone,
    scope: Scope,
    changes: &[Write<'_>],
) -> Vec<String> {
    let segment = phone.write(scope, changes);
    let reply = phone.sync(&office.app, vec![segment]).await.unwrap();
    assert!(reply.forks.is_empty());
    let log = phone.log(scope);
    assert_eq!(phone.held[&log], phone.heads[&log]);
    office.verdicts().await
}

#[tokio::test]
async fn a_wrong_type_gets_a_verdict_and_the_batch_goes_on() {
    let office = Office::start().await;
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    let site = office.sites[0];
    let mut changes = phone.filled(&c, site, 0);
    let id = phone.sheet(site);
    changes.insert(1, ("sheet", id, "visit", Value::Int(3), vec![]));
    let sealed = phone.sealed();
    assert_eq!(
        push(&office, &mut phone, sealed, &changes).await,
        ["invalid"]
    );
    let entry = office.entry(id).await.unwrap();
    assert_eq!(
        (entry.state.as_str(), entry.visit.as_str()),
        ("submitted", "")
    );
    assert!(entry.score_e4.is_some());
}

#[tokio::test]
async fn unknown_kinds_and_fields_are_kept_and_passed_on() {
    let office = Office::start().await;
    let (mut phone, mut other) = (office.phone(0).await, office.phone(1).await);
    let (weather, issue) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let changes = [
        ("weather", weather, "wind", Value::Int(7), vec![]),
        ("issue", issue, "colour", Value::text("red"), vec![]),
    ];
    let scope = phone.group_scope();
    assert!(push(&office, &mut phone, scope, &changes).await.is_empty());
    assert_eq!(office.value(weather, "wind").await, Some(Value::Int(7)));
    assert_eq!(
        office.value(issue, "colour").await,
        Some(Value::text("red"))
    );
    let mut got = Vec::new();
    let mut more = true;
    while more {
        let reply = other.sync(&office.app, vec![]).await.unwrap();
        got.extend(reply.segments);
        more = reply.more;
    }
    assert!(
        got.iter()
            .any(|s| s.header().unwrap().log() == phone.log(scope))
    );
}

#[tokio::test]
async fn an_answer_must_fit_its_item() {
    let office = Office::start().await;
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    let (site, id) = (office.sites[0], phone.sheet(office.sites[0]));
    let form = c
        .checklist_for(&c.sites[&site])
        .unwrap()
        .for_site(&c.sites[&site])
        .unwrap();
    let scored = form
        .items
        .iter()
        .find(|i| matches!(i.kind, domain::checklist::ItemType::Score { .. }) && !i.na_allowed);
    let item = scored.unwrap();
    let field = format!("answer/{}", item.id);
    let bad = [
        answer((item.max_e4 + 5_000).into()),
        answer(1.into()),
        answer(true.into()),
        answer(Value::Null),
    ];
    let sealed = phone.sealed();
    push(
        &office,
        &mut phone,
        sealed,
        &[("sheet", id, "opened", opened(&c, site), vec![])],
    )
    .await;
    for (n, value) in bad.into_iter().enumerate() {
        let codes = push(
            &office,
            &mut phone,
            sealed,
            &[("sheet", id, &field, value, vec![])],
        )
        .await;
        assert_eq!(codes.len(), n + 1);
    }
    let unknown = [("sheet", id, "answer/NO-1", answer(Value::Int(0)), vec![])];
    assert_eq!(
        push(&office, &mut phone, sealed, &unknown).await,
        ["invalid"; 5]
    );
    assert_eq!(office.entry(id).await.unwrap().answered, 0);
    let good = [(
        "sheet",
        id,
        field.as_str(),
        answer(item.max_e4.into()),
        vec![],
    )];
    assert_eq!(push(&office, &mut phone, sealed, &good).await.len(), 5);
    assert_eq!(office.entry(id).await.unwrap().answered, 1);
}

#[tokio::test]
async fn supersedes_of_another_field_or_of_the_future_is_invalid() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let (scope, id) = (phone.group_scope(), Uuid::from_u128(4));
    let log = phone.log(scope);
    let first = [
        ("issue", id, "description", Value::text("一"), vec![]),
        ("issue", id, "category", Value::text("road"), vec![]),
    ];
    assert!(push(&office, &mut phone, scope, &first).await.is_empty());
    let other_field = [(
        "issue",
        id,
        "category",
        Value::text("water"),
        vec![(log, 1)],
    )];
    assert_eq!(
        push(&office, &mut phone, scope, &other_field).await,
        ["invalid"]
    );
    assert_eq!(
        office.value(id, "description").await,
        Some(Value::text("一"))
    );
    let future = [(
        "issue",
        id,
        "category",
        Value::text("water"),
        vec![(log, 9)],
    )];
    assert_eq!(push(&office, &mut phone, scope, &future).await.len(), 2);
    let inside = [
        (
            "issue",
            id,
            "description",
            Value::text("二"),
            vec![(log, 1)],
        ),
        ("issue", id, "category", Value::text("sky"), vec![(log, 5)]),
    ];
    assert_eq!(push(&office, &mut phone, scope, &inside).await.len(), 3);
    assert_eq!(
        office.value(id, "description").await,
        Some(Value::text("二"))
    );
    assert_eq!(
        office.value(id, "category").await,
        Some(Value::text("road"))
    );
}

#[tokio::test]
async fn what_only_the_office_writes_is_unauthorised() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let scope = phone.group_scope();
    let changes = [
        (
            "issue",
            Uuid::from_u128(1),
            "number",
            Value::text("西整〔2026〕9999"),
            vec![],
        ),
        (
            "account",
            Uuid::from_u128(2),
            "name",
            Value::text("我"),
            vec![],
        ),
        ("verdict", Uuid::from_u128(3), "ruling", Value::Null, vec![]),
    ];
    assert_eq!(
        push(&office, &mut phone, scope, &changes).await,
        ["unauthorised"; 3]
    );
    let misplaced = [(
        "household_text",
        Uuid::from_u128(5),
        "text",
        Value::text("x"),
        vec![],
    )];
    assert_eq!(
        push(&office, &mut phone, scope, &misplaced).await[3],
        "invalid"
    );
    // A record that lives elsewhere cannot be drawn here.
    let drawn = [(
        "issue",
        office.accounts[0],
        "description",
        Value::text("x"),
        vec![],
    )];
    assert_eq!(push(&office, &mut phone, scope, &drawn).await.len(), 5);
    assert_eq!(office.value(office.accounts[0], "description").await, None);
}

fn image(hash: u8) -> Value {
    let bytes = |b: u8| Value::Bytes(vec![b; 32]);
    let mut v = vec![
        "issue".into(),
        Uuid::from_u128(1).into(),
        Value::Null,
        bytes(hash),
        10.into(),
    ];
    v.extend((0..10).map(|_| Value::Null));
    v.push("camera".into());
    v.push(Value::Null);
    Value::List(v)
}

#[tokio::test]
async fn a_second_value_of_a_field_written_once_is_invalid() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let (scope, id) = (phone.group_scope(), Uuid::from_u128(4));
    let one = |v| [("photo", id, "image", v, vec![])];
    assert!(
        push(&office, &mut phone, scope, &one(image(1)))
            .await
            .is_empty()
    );
    assert!(
        push(&office, &mut phone, scope, &one(image(1)))
            .await
            .is_empty()
    );
    assert_eq!(
        push(&office, &mut phone, scope, &one(image(2))).await,
        ["invalid"]
    );
    assert_eq!(office.value(id, "image").await, Some(image(1)));
}

#[tokio::test]
async fn a_sheet_under_another_id_is_invalid_and_one_of_the_own_township_is_recused() {
    let office = Office::start().await;
    let c = office.campaign().await;
    // The fourth observer is from the township of the first site.
    let mut phone = office.phone(3).await;
    let (site, sealed) = (office.sites[0], phone.sealed());
    let changes = phone.filled(&c, site, 0);
    assert_eq!(
        push(&office, &mut phone, sealed, &changes).await,
        ["recused"]
    );
    assert!(office.entry(phone.sheet(site)).await.is_none());
    let stolen: Vec<Write> = phone
        .filled(&c, office.sites[3], 0)
        .into_iter()
        .map(|(k, _, f, v, s)| (k, Uuid::from_u128(6), f, v, s))
        .collect();
    assert_eq!(
        push(&office, &mut phone, sealed, &stolen).await,
        ["recused", "invalid"]
    );
    // A ruling recuses like a home unit does.
    let (mut other, by) = (office.phone(0).await, supervisor());
    let township = c.sites[&site].township.clone().unwrap();
    let ruled = office
        .app
        .recuse(&by, office.campaign, other.account, &township, "亲属");
    ruled.await.unwrap();
    let sealed = other.sealed();
    let changes = other.filled(&c, site, 0);
    assert_eq!(
        push(&office, &mut other, sealed, &changes).await[2],
        "recused"
    );
}

#[tokio::test]
async fn a_sheet_after_the_lock_waits_as_a_whole_and_is_taken_in_by_a_new_version() {
    let office = Office::start().await;
    let c = office.campaign().await;
    let by = supervisor();
    let (village, group) = (office.sites[0], office.groups[0]);
    let mut phones = Vec::new();
    for who in 0..3 {
        let mut phone = office.phone(who).await;
        let changes = phone.filled(&c, village, who as i64);
        let sealed = phone.sealed();
        if who < 2 {
            push(&office, &mut phone, sealed, &changes).await;
        }
        phones.push(phone);
    }
    let app = &office.app;
    let locked = app
        .lock_group(&by, office.campaign, group, Some("缺一份"))
        .await
        .unwrap();
    let (_, before) = app.results(office.campaign).await.unwrap();
    assert_eq!(locked.version, 1);
    let late = &mut phones[2];
    let (sealed, changes) = (late.sealed(), late.filled(&c, village, 2));
    let (opening, rest) = changes.split_at(4);
    push(&office, late, sealed, opening).await;
    assert_eq!(push(&office, late, sealed, rest).await, ["late", "late"]);
    let sheet = late.sheet(village);
    assert!(office.entry(sheet).await.is_none());
    let clean = |rebuild| {
        app.verify(VerifyOptions {
            rebuild,
            blobs: false,
        })
    };
    assert_eq!(clean(true).await.unwrap().findings, []);
    let held = app.held_entries(office.campaign).await.unwrap();
    let id = Uuid::try_parse(&held[0].id).unwrap();
    let refused = app.decide_held_entry(&by, id, true, " ").await.unwrap_err();
    assert_eq!(refused.code(), "reason_required");
    app.decide_held_entry(&by, id, true, "雨天迟到")
        .await
        .unwrap();
    let refused = app
        .decide_held_entry(&by, id, false, "反悔")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "conflict");

    // Both parts came in together, and the result has a new version with its difference.
    assert_eq!(office.entry(sheet).await.unwrap().state, "submitted");
    let c = office.campaign().await;
    assert_eq!(c.group(group).unwrap().version, 2);
    let (_, after) = app.results(office.campaign).await.unwrap();
    let code = c.sites[&village].township.clone().unwrap();
    assert_eq!(before.township(&code).unwrap().raw_e4, None);
    assert!(after.township(&code).unwrap().raw_e4.is_some());
    assert_eq!(clean(true).await.unwrap().findings, []);
}
