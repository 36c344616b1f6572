//! Preparing, starting, and what may still change until the lock.

use domain::score::Rules;
use merge::Value;

use super::{AccountChange, NewAccount, NewCampaign, NewGroup, NewSite, NewTownship};
use crate::App;
use crate::testing::{Office, START, open_at, supervisor};
use domain::SiteKind;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use uuid::Uuid;

async fn empty() -> (tempfile::TempDir, Arc<App>, Uuid) {
    let dir = tempfile::tempdir().unwrap();
    let app = open_at(dir.path(), &Arc::new(AtomicI64::new(START)))
        .await
        .unwrap();
    let new = NewCampaign {
        name: "观摩".to_owned(),
        tour_kind: "tour".to_owned(),
        dates: ("2026-05-01".to_owned(), "2026-05-02".to_owned()),
        rules: Rules::default(),
        sheets_open: false,
    };
    let id = app.create_campaign(&supervisor(), new).await.unwrap();
    (dir, app, id)
}

fn village(township: &str) -> NewSite {
    NewSite {
        name: "示范村".to_owned(),
        kind: SiteKind::DemonstrationVillage,
        town_kind: None,
        township: Some(township.to_owned()),
        village: None,
        slot: None,
        group: None,
        order: 1,
        nominated: true,
        place_e7: None,
    }
}

#[tokio::test]
async fn a_campaign_starts_only_when_every_township_has_one_group_and_every_site_a_checklist() {
    let (_dir, app, id) = empty().await;
    let by = supervisor();
    let refused = async || app.start_campaign(&by, id).await.unwrap_err().code();
    assert_eq!(refused().await, "not_ready");
    let divisions: Vec<_> = domain::builtin::divisions().iter().cloned().collect();
    let towns = divisions.iter().filter(|d| d.level.is_township());
    let codes: Vec<String> = towns.map(|d| d.code.clone()).collect();
    assert_eq!(codes.len(), 19);
    app.add_divisions(&by, id, divisions).await.unwrap();
    let group = NewGroup {
        number: 1,
        name: "一组".to_owned(),
    };
    app.set_groups(&by, id, vec![group]).await.unwrap();
    let place = |code: &String| NewTownship {
        code: code.clone(),
        group: Some(1),
    };
    let mut places: Vec<NewTownship> = codes.iter().map(place).collect();
    places.push(place(&codes[0]));
    // A township named twice, an unknown one, an unknown group: nothing is half-imported.
    for bad in [
        places.clone(),
        vec![place(&codes[0]), place(&"999999999".to_owned())],
        vec![NewTownship {
            code: codes[0].clone(),
            group: Some(7),
        }],
    ] {
        let error = app.assign_townships(&by, id, bad).await.unwrap_err();
        assert_eq!(error.code(), "invalid");
        assert!(app.campaign(id).await.unwrap().townships.is_empty());
    }
    places.truncate(18);
    app.assign_townships(&by, id, places).await.unwrap();
    app.add_sites(&by, id, vec![village(&codes[0])])
        .await
        .unwrap();
    let error = app.start_campaign(&by, id).await.unwrap_err();
    assert!(error.to_string().contains("is in no group"), "{error}");
    app.assign_townships(&by, id, vec![place(&codes[18])])
        .await
        .unwrap();
    let error = app.start_campaign(&by, id).await.unwrap_err();
    assert!(error.to_string().contains("no checklist"), "{error}");
    let json = domain::builtin::CHECKLIST_FILES[0].1.to_owned();
    app.add_checklists(&by, id, vec![json]).await.unwrap();
    let error = app.start_campaign(&by, id).await.unwrap_err();
    assert!(error.to_string().contains("has no observers"), "{error}");
    let person = NewAccount {
        name: "观摩员01".to_owned(),
        role: "observer".to_owned(),
        group: Some(1),
        home_unit: None,
        form: domain::sheet::Form::Detailed,
    };
    app.add_accounts(&by, id, vec![person]).await.unwrap();
    app.start_campaign(&by, id).await.unwrap();
    assert_eq!(refused().await, "frozen");
}

#[tokio::test]
async fn after_the_start_groups_townships_and_checklists_are_frozen() {
    let office = Office::start().await;
    let (app, id, by) = (&office.app, office.campaign, supervisor());
    let c = office.campaign().await;
    let code = c.townships.keys().next().unwrap().clone();
    let group = NewGroup {
        number: 3,
        name: "三组".to_owned(),
    };
    let json = domain::builtin::BENCH_FILE.to_owned();
    let place = NewTownship {
        code,
        group: Some(2),
    };
    let errors = [
        app.set_groups(&by, id, vec![group])
            .await
            .map(drop)
            .unwrap_err(),
        app.add_checklists(&by, id, vec![json])
            .await
            .map(drop)
            .unwrap_err(),
        app.assign_townships(&by, id, vec![place])
            .await
            .map(drop)
            .unwrap_err(),
        app.add_divisions(&by, id, vec![])
            .await
            .map(drop)
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.code(), "frozen");
    }
    assert_eq!(office.campaign().await.groups.len(), 2);
}

#[tokio::test]
async fn until_the_lock_people_and_sites_change_with_a_reason_and_after_it_not() {
    let office = Office::start().await;
    let (app, id, by) = (&office.app, office.campaign, supervisor());
    let who = office.accounts[0];
    let off = || AccountChange::Active(false);
    let error = app
        .change_account(&by, id, who, off(), "")
        .await
        .unwrap_err();
    assert_eq!(error.code(), "reason_required");
    app.change_account(&by, id, who, off(), "生病")
        .await
        .unwrap();
    app.strike_site(&by, id, office.sites[0], true, "道路不通")
        .await
        .unwrap();
    let c = office.campaign().await;
    assert!(!c.accounts[&who].active);
    assert_eq!(
        c.sites[&office.sites[0]].struck.as_deref(),
        Some("道路不通")
    );

    app.lock_group(&by, id, office.groups[0], None)
        .await
        .unwrap();
    let township = c.sites[&office.sites[0]].township.clone().unwrap();
    let errors = [
        app.change_account(&by, id, who, AccountChange::Active(true), "好了")
            .await
            .unwrap_err(),
        app.strike_site(&by, id, office.sites[0], false, "通了")
            .await
            .unwrap_err(),
        app.strike_site(&by, id, office.sites[3], true, "停业")
            .await
            .unwrap_err(),
        app.recuse(&by, id, who, &township, "亲属")
            .await
            .map(drop)
            .unwrap_err(),
        app.set_ledger(&by, id, &township, (1, 1, 0))
            .await
            .unwrap_err(),
        app.set_veto(&by, id, &township, (true, 1), "X-1")
            .await
            .unwrap_err(),
        app.add_sites(&by, id, vec![village(&township)])
            .await
            .map(drop)
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.code(), "locked");
    }
    // The other group is still open.
    app.strike_site(&by, id, office.sites[2], true, "道路不通")
        .await
        .unwrap();
}

#[tokio::test]
async fn what_does_not_count_is_listed_at_the_lock_with_its_reason() {
    let office = Office::start().await;
    let (app, id, by) = (&office.app, office.campaign, supervisor());
    let c = office.campaign().await;
    let (village, house, market) = (office.sites[0], office.sites[1], office.sites[3]);
    let (mut a, mut b, mut d) = (
        office.phone(0).await,
        office.phone(1).await,
        office.phone(2).await,
    );
    // The first: a village that will be struck, a household nobody opened, a draft.
    let mut changes = a.filled(&c, village, 0);
    let mut closed = a.filled(&c, house, 0);
    closed.push((
        "sheet",
        a.sheet(house),
        "visit",
        Value::text("refused"),
        vec![],
    ));
    changes.extend(closed);
    let mut draft = a.filled(&c, market, 0);
    draft.pop();
    changes.extend(draft);
    let segment = a.write(a.sealed(), &changes);
    a.sync(app, vec![segment]).await.unwrap();
    // The second is taken off, the third recused after the fact and with an answer twice.
    let segment = b.write(b.sealed(), &b.filled(&c, house, 0));
    b.sync(app, vec![segment]).await.unwrap();
    let mut changes = d.filled(&c, house, 0);
    let mut twice = d.filled(&c, market, 0);
    let other = d
        .filled(&c, market, 1)
        .into_iter()
        .find(|w| !twice.contains(w))
        .unwrap();
    twice.push(other);
    changes.extend(twice);
    let segment = d.write(d.sealed(), &changes);
    d.sync(app, vec![segment]).await.unwrap();
    assert!(office.verdicts().await.is_empty());

    app.strike_site(&by, id, village, true, "道路不通")
        .await
        .unwrap();
    app.change_account(&by, id, b.account, AccountChange::Active(false), "调离")
        .await
        .unwrap();
    let township = c.sites[&house].township.clone().unwrap();
    app.recuse(&by, id, d.account, &township, "亲属")
        .await
        .unwrap();
    let missing = app.lock_check(id, office.groups[0]).await.unwrap();
    assert_eq!((missing.drafts.len(), missing.unsettled.len()), (1, 1));
    let locked = app
        .lock_group(&by, id, office.groups[0], Some("时间到"))
        .await
        .unwrap();
    let mut reasons: Vec<_> = locked
        .left_out
        .iter()
        .map(|l| (l.author, l.reason.as_str()))
        .collect();
    reasons.sort();
    let mut expected = vec![
        (a.account, "struck"),
        (a.account, "not_entered"),
        (a.account, "draft"),
        (b.account, "inactive"),
        (d.account, "recused"),
        (d.account, "unsettled"),
    ];
    expected.sort();
    assert_eq!(reasons, expected);
    assert_eq!(locked.counted, 0);
    let options = crate::services::verify::VerifyOptions {
        rebuild: true,
        blobs: false,
    };
    assert_eq!(app.verify(options).await.unwrap().findings, []);
}

#[tokio::test]
async fn a_photo_is_given_only_to_who_may_read_a_record_that_refers_to_it() {
    use crate::blobs::{BlobAccess, BlobHash, DeviceIdentity};
    let office = Office::start().await;
    let c = office.campaign().await;
    let (mut a, b, other) = (
        office.phone(0).await,
        office.phone(1).await,
        office.phone(4).await,
    );
    let sheet = a.sheet(office.sites[0]);
    let image = |target: (&str, Uuid), hash: u8| {
        let bytes = |b: u8| Value::Bytes(vec![b; 32]);
        let mut v = vec![
            target.0.into(),
            target.1.into(),
            Value::Null,
            bytes(hash),
            10.into(),
        ];
        v.extend([bytes(hash), 10.into()]);
        v.extend((0..8).map(|_| Value::Null));
        v.extend(["camera".into(), Value::Null]);
        Value::List(v)
    };
    let issue = Uuid::from_u128(9);
    let mut sealed = a.filled(&c, office.sites[0], 0);
    sealed.push((
        "photo",
        Uuid::from_u128(1),
        "image",
        image(("sheet", sheet), 1),
        vec![],
    ));
    let shared = [
        ("issue", issue, "description", Value::text("垃圾"), vec![]),
        (
            "photo",
            Uuid::from_u128(2),
            "image",
            image(("issue", issue), 2),
            vec![],
        ),
    ];
    let segments = vec![
        a.write(a.sealed(), &sealed),
        a.write(a.group_scope(), &shared),
    ];
    a.sync(&office.app, segments).await.unwrap();
    assert!(office.verdicts().await.is_empty());
    let who = |p: &crate::testing::Phone| DeviceIdentity {
        device_id: p.device,
        account_id: p.account,
    };
    let of = |n: u8| BlobHash::from_bytes([n; 32]);
    let app = &office.app;
    for (hash, phone, may) in [
        (1, &a, true),
        (1, &b, false),
        (1, &other, false),
        (2, &a, true),
        (2, &b, true),
        (2, &other, false),
        (3, &a, false),
    ] {
        assert_eq!(app.may_read(who(phone), of(hash)).await, may, "{hash}");
        assert_eq!(
            app.may_upload(who(phone), of(hash), 10).await.is_ok(),
            may,
            "{hash}"
        );
    }
    // The size is the record's, or nothing begins: a longer upload would only fill the disk.
    for wrong in [0, 9, 11, 40_000_000] {
        assert!(app.may_upload(who(&a), of(2), wrong).await.is_err());
    }
    // The office sees the issue's photo now, the sheet's after the lock.
    assert!(app.office_may_see(of(2)).await.unwrap());
    assert!(!app.office_may_see(of(1)).await.unwrap());
    app.lock_group(&supervisor(), office.campaign, office.groups[0], Some("x"))
        .await
        .unwrap();
    assert!(app.office_may_see(of(1)).await.unwrap());
    assert!(!app.office_may_see(of(3)).await.unwrap());
}
