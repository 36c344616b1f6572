//! Tests of [`super::board`] on a real campaign with real phones.

use std::sync::atomic::Ordering;

use merge::Value;
use uuid::Uuid;

use crate::auth::types::Grant;
use crate::auth::{Role, Viewer};
use crate::model::{Board, BoardRow};
use crate::testing::{Office, supervisor};

const HOUR_MS: i64 = 3_600_000;

async fn viewer(office: &Office, grant: Grant) -> Viewer {
    Viewer::new(office.login(grant).await, None)
}

async fn board(office: &Office, viewer: &Viewer) -> Board {
    office.app.board(viewer).await.unwrap()
}

fn row<'a>(board: &'a Board, code: &str) -> &'a BoardRow {
    let mut rows = board.rows.iter();
    rows.find(|r| r.code.as_deref() == Some(code)).unwrap()
}

#[tokio::test]
async fn scores_stand_there_while_the_group_is_locked_for_who_may_see_results() {
    let office = Office::with(true).await;
    let c = office.campaign().await;
    let desk = viewer(&office, Grant::of(Role::Supervisor)).await;
    let admin = viewer(&office, Grant::of(Role::Sysadmin)).await;
    for who in 0..4 {
        let mut phone = office.phone(who).await;
        for site in [0, 1].map(|at| office.sites[at]) {
            let changes = phone.filled(&c, site, 1);
            let segment = phone.write(phone.group_scope(), &changes);
            phone.sync(&office.app, vec![segment]).await.unwrap();
        }
    }
    let code = c.sites[&office.sites[0]].township.clone().unwrap();
    assert_eq!(row(&board(&office, &desk).await, &code).score_e4, None);
    let (id, group) = (office.campaign, office.groups[0]);
    let by = supervisor();
    let lock = office.app.lock_group(&by, id, group, Some("缺照片"));
    lock.await.unwrap();
    let shown = row(&board(&office, &desk).await, &code).score_e4;
    assert!(shown.is_some_and(|s| s > 0), "{shown:?}");
    let hidden = board(&office, &admin).await;
    assert!(hidden.rows.iter().all(|r| r.score_e4.is_none()));
}

#[tokio::test]
async fn a_phone_that_did_not_sync_for_a_day_is_silent_and_each_sees_the_own_groups() {
    let office = Office::start().await;
    let mut loud = office.phone(0).await;
    let _quiet = office.phone(1).await;
    let _other = office.phone(4).await;
    let desk = viewer(&office, Grant::of(Role::Supervisor)).await;
    let rapporteur = Grant {
        group_number: Some(1),
        ..Grant::of(Role::GroupRapporteur)
    };
    let rapporteur = viewer(&office, rapporteur).await;
    let counts = async |who| {
        let board = board(&office, who).await;
        (board.silent, board.unconfirmed)
    };
    assert_eq!(counts(&desk).await, (0, 3));
    assert_eq!(counts(&rapporteur).await, (0, 2));
    office.now.fetch_add(25 * HOUR_MS, Ordering::SeqCst);
    assert_eq!(counts(&desk).await, (3, 3));
    loud.sync(&office.app, Vec::new()).await.unwrap();
    assert_eq!(counts(&desk).await, (2, 3));
    assert_eq!(counts(&rapporteur).await, (1, 2));
}

#[tokio::test]
async fn issues_are_counted_until_they_are_closed_and_overdue_ones_apart() {
    let office = Office::start().await;
    let desk = viewer(&office, Grant::of(Role::Supervisor)).await;
    let mut phone = office.phone(0).await;
    let site = office.sites[0];
    let code = office.campaign().await.sites[&site].township.clone();
    let code = code.unwrap();
    let (open, spot) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let found = |fixed: Value| {
        Value::List(vec![
            office.app.now_ms().into(),
            Value::Null,
            Value::Null,
            fixed,
        ])
    };
    let fixed = Value::List(vec![true.into(), Value::Null]);
    let changes = [
        ("issue", open, "description", Value::text("垃圾"), vec![]),
        ("issue", open, "site", site.into(), vec![]),
        ("issue", open, "found", found(Value::Null), vec![]),
        ("issue", spot, "description", Value::text("污水"), vec![]),
        ("issue", spot, "site", site.into(), vec![]),
        ("issue", spot, "fixed_on_spot", fixed, vec![]),
    ];
    let segment = phone.write(phone.group_scope(), &changes);
    phone.sync(&office.app, vec![segment]).await.unwrap();
    assert!(office.verdicts().await.is_empty());
    let now = board(&office, &desk).await;
    let row = row(&now, &code);
    assert_eq!((row.issues_open, row.issues_overdue), (1, 0));
}
