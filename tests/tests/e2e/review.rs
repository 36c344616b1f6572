//! The desk: two supervisors at one conflict, undoing a settlement, held entries with their effect and their outcome.

use protocol::problem::Code;

use crate::county::{County, Phone, office};

fn needs(why: &str) -> mobile_core::RecordState {
    mobile_core::RecordState::NeedsYou { why: why.into() }
}

/// Two colleagues who entered the remark of one site differently, both synced.
async fn conflict() -> (County, Vec<Phone>, uuid::Uuid) {
    let mut county = County::start(2).await;
    let mut phones = vec![county.phone(0).await, county.phone(1).await];
    let site = phones[0].sites().remove(0).id;
    for (phone, text) in phones.iter_mut().zip(["甲", "乙"]) {
        phone.replica.edit_site_facts(site, "remark", text).unwrap();
    }
    for i in [0, 1, 0] {
        county.sync(&mut phones[i]).await;
    }
    let open = county.app().open_conflicts(county.campaign).await.unwrap();
    assert_eq!(open.len(), 1);
    let record = open[0].record;
    (county, phones, record)
}

async fn dots(county: &County, record: uuid::Uuid, phone: &mut Phone) -> Vec<merge::Dot> {
    let open = county.app().open_conflicts(county.campaign).await.unwrap();
    assert!(open.iter().any(|c| c.record == record));
    let live = phone.replica.live_values(record, "remark").unwrap();
    live.iter().map(|l| l.dot).collect()
}

#[tokio::test]
async fn the_second_of_two_supervisors_is_told_what_happened_and_an_undo_brings_the_choice_back() {
    let (county, mut phones, record) = conflict().await;
    let app = county.app();
    let shown = dots(&county, record, &mut phones[0]).await;
    let second = server::Actor::new("督查二", "supervisor");
    app.settle_field(
        &office(),
        record,
        "remark",
        "甲".into(),
        shown.clone(),
        "核对过",
    )
    .await
    .unwrap();
    let late = app
        .settle_field(
            &second,
            record,
            "remark",
            "乙".into(),
            shown.clone(),
            "我看是乙",
        )
        .await
        .unwrap_err();
    let refusal = late.refusal().unwrap();
    assert_eq!(refusal.code, Code::Conflict);
    let why = refusal.detail.as_deref().unwrap();
    assert!(why.contains("office") && why.contains("核对过"), "{why}");
    for phone in &mut phones {
        county.sync(phone).await;
    }
    let none = app.undo_settlement(&second, record, "remark", " ").await;
    assert_eq!(none.unwrap_err().code(), "reason_required");
    app.undo_settlement(&second, record, "remark", "看错了")
        .await
        .unwrap();
    let twice = app.undo_settlement(&second, record, "remark", "再来").await;
    assert_eq!(twice.unwrap_err().code(), "conflict");
    // Both phones hold the two values again, by the same dots, and both ends agree.
    for phone in &mut phones {
        let report = county.sync(phone).await;
        assert!(report.agreed.agreed, "{report:?}");
        let live = phone.replica.live_values(record, "remark").unwrap();
        let mut now: Vec<_> = live.iter().map(|l| l.dot).collect();
        let mut before = shown.clone();
        now.sort();
        before.sort();
        assert_eq!(now, before);
    }
    app.settle_field(&second, record, "remark", "乙".into(), shown, "确认是乙")
        .await
        .unwrap();
    assert_eq!(county.count("SELECT count(*) FROM conflicts"), 0);
    let options = server::services::verify::VerifyOptions {
        rebuild: true,
        blobs: true,
    };
    let found = app.verify(options).await.unwrap().findings;
    assert!(found.is_empty(), "{:?}", found.first().map(|f| f.code));
}

#[tokio::test]
async fn a_held_sheet_left_out_is_told_to_its_author_with_the_reason() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    let sheet = phone.fill(&site, 0, true);
    let (app, group) = (county.app(), county.groups[0]);
    app.lock_group(&office(), county.campaign, group, Some("会议在即"))
        .await
        .unwrap();
    county.sync(&mut phone).await;
    county.sync(&mut phone).await;
    let mine = |phone: &mut Phone| {
        let records = phone.replica.status().unwrap().records;
        records.into_iter().find(|r| r.id == sheet).unwrap()
    };
    assert_eq!(mine(&mut phone).status, needs("late"));
    assert!(mine(&mut phone).ruled.is_empty());
    let held = app.held_entries(county.campaign).await.unwrap();
    let ids: Vec<uuid::Uuid> = held.iter().map(|h| h.id.parse().unwrap()).collect();
    let unasked = app.decide_held_entries(&office(), &ids, false, "").await;
    assert_eq!(unasked.unwrap_err().code(), "reason_required");
    app.decide_held_entries(&office(), &ids, false, "超过时限")
        .await
        .unwrap();
    let again = app
        .decide_held_entries(&office(), &ids, true, "还是要")
        .await;
    let again = again.unwrap_err();
    let why = again.refusal().and_then(|r| r.detail.clone()).unwrap();
    assert!(why.contains("office") && why.contains("超过时限"), "{why}");
    county.sync(&mut phone).await;
    let told = mine(&mut phone);
    assert_eq!(told.status, mobile_core::RecordState::HeldByServer);
    let ruled = told.ruled.first().unwrap();
    assert_eq!(
        (ruled.code.as_str(), ruled.accepted, ruled.reason.as_str()),
        ("late", false, "超过时限")
    );
}
