//! Undoing a settlement: only one, only while the campaign runs, and in a locked group as a new version.

use merge::Value;
use uuid::Uuid;

use crate::auth::types::Grant;
use crate::auth::{Role, Viewer};
use crate::model::{Choice, Settlement};
use crate::services::{lock, prepare};
use crate::testing::{Office, Phone, Write, supervisor};

async fn send(office: &Office, phone: &mut Phone, writes: &[Write<'_>]) {
    let scope = phone.group_scope();
    let segment = phone.write(scope, writes);
    phone.sync(&office.app, vec![segment]).await.unwrap();
    assert!(office.verdicts().await.is_empty());
}

/// Settles the only conflict of a record by its first value; the field.
async fn settle(office: &Office, desk: &Viewer, record: Uuid) -> String {
    let view = office.app.record(desk, record).await.unwrap();
    let [conflict] = view.conflicts.as_slice() else {
        panic!("{:?}", view.conflicts);
    };
    let shown: Vec<String> = conflict.siblings.iter().map(|s| s.dot.clone()).collect();
    let order = Settlement {
        record,
        field: conflict.field.clone(),
        choice: Choice::Take(shown[0].clone()),
        shown,
        reason: "核对过".to_owned(),
    };
    office.app.settle(desk, &order).await.unwrap();
    order.field
}

/// The code of a refused undo; none if it was done.
async fn undo(office: &Office, record: Uuid, field: &str) -> Option<String> {
    let by = supervisor();
    let done = office.app.undo_settlement(&by, record, field, "看错了");
    done.await.err().map(|e| e.code().to_owned())
}

#[tokio::test]
async fn what_is_no_settlement_of_the_office_cannot_be_undone() {
    let office = Office::start().await;
    let (mut one, mut other) = (office.phone(0).await, office.phone(1).await);
    let desk = Viewer::new(office.login(Grant::of(Role::Supervisor)).await, None);
    let issue = Uuid::from_u128(7);
    let says = |text: &'static str| -> [Write<'static>; 1] {
        [("issue", issue, "description", Value::text(text), vec![])]
    };
    send(&office, &mut one, &says("垃圾")).await;
    assert_eq!(
        undo(&office, issue, "description").await.as_deref(),
        Some("conflict")
    );
    send(&office, &mut other, &says("污水")).await;
    assert_eq!(
        undo(&office, issue, "description").await.as_deref(),
        Some("conflict")
    );
    let settled = settle(&office, &desk, issue).await;
    // Then a phone goes on from there: that is the phone's word, not the office's.
    let live = office.app.read(move |tx, _| tx.live(issue, "description"));
    let dot = live.await.unwrap()[0].dot;
    let goes_on = [(
        "issue",
        issue,
        "description",
        Value::text("垃圾一堆"),
        vec![(dot.log, dot.seq)],
    )];
    send(&office, &mut one, &goes_on).await;
    assert_eq!(
        undo(&office, issue, &settled).await.as_deref(),
        Some("conflict")
    );
}

#[tokio::test]
async fn in_a_locked_group_settling_and_undoing_make_versions_and_a_closed_campaign_keeps_them() {
    let office = Office::with(true).await;
    let c = office.campaign().await;
    let desk = Viewer::new(office.login(Grant::of(Role::Supervisor)).await, None);
    let (mut one, mut again) = (office.phone(0).await, office.phone(0).await);
    let sheet = one.sheet(office.sites[0]);
    let (first, second) = (
        one.filled(&c, office.sites[0], 1),
        again.filled(&c, office.sites[0], 2),
    );
    send(&office, &mut one, &first).await;
    send(&office, &mut again, &second).await;
    let by = supervisor();
    for group in &office.groups {
        let lock = office
            .app
            .lock_group(&by, office.campaign, *group, Some("缺评分单"));
        lock.await.unwrap();
    }
    let id = office.campaign;
    let versions = async || {
        let all = office.app.read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            Ok(lock::all(tx, &c)?.len())
        });
        all.await.unwrap()
    };
    assert_eq!(versions().await, 2);
    let field = settle(&office, &desk, sheet).await;
    assert_eq!(versions().await, 3);
    assert_eq!(undo(&office, sheet, &field).await, None);
    assert_eq!(versions().await, 4);
    let field = settle(&office, &desk, sheet).await;
    let closed = office.app.write(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, id)?;
        prepare::edit::advance(tx, &supervisor(), &c, "closed", "结束", ctx.now_ms)
    });
    closed.await.unwrap();
    assert_eq!(
        undo(&office, sheet, &field).await.as_deref(),
        Some("frozen")
    );
    assert_eq!(versions().await, 5);
}
