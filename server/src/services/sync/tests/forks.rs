//! Branches that a colleague's phone brings: kept whole, listed once, with their effect, decided on.

use merge::Value;
use uuid::Uuid;

use crate::model::{HeldEntry, HeldKind};
use crate::services::effects::Effect;
use crate::services::held;
use crate::services::versions::Standing;
use crate::testing::{Office, Write, supervisor};

fn issue(n: u128, text: &'static str) -> [Write<'static>; 2] {
    let place = Value::List(vec![Value::Null, "村口".into()]);
    let id = Uuid::from_u128(n);
    [
        ("issue", id, "description", Value::text(text), vec![]),
        ("issue", id, "place", place, vec![]),
    ]
}

async fn listed(office: &Office) -> Vec<HeldEntry> {
    let id = office.campaign;
    let all = office.app.read(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, id)?;
        held::all_with_effects(tx, &c)
    });
    all.await.unwrap()
}

#[tokio::test]
async fn a_branch_is_kept_whole_listed_once_for_each_record_and_repeats_change_nothing() {
    let office = Office::start().await;
    let (mut author, mut colleague) = (office.phone(0).await, office.phone(1).await);
    let scope = author.group_scope();
    let first = author.write(scope, &issue(1, "堆土"));
    author.sync(&office.app, vec![first]).await.unwrap();
    let common = author.heads.clone();
    let lost = author.write(scope, &issue(2, "污水"));
    let more = author.write(scope, &issue(3, "杂物"));
    let again = author.write(scope, &issue(2, "污水横流"));
    // The phone was restored to the first segment and wrote on.
    author.heads = common;
    let now = author.write(scope, &issue(4, "断路"));
    author.sync(&office.app, vec![now]).await.unwrap();

    let brought = vec![lost.clone(), more, again];
    let reply = colleague.sync(&office.app, brought.clone()).await.unwrap();
    assert!(reply.forks.is_empty(), "it is not the colleague's log");
    let held = listed(&office).await;
    assert_eq!(held.len(), 2, "{held:?}");
    assert!(
        held.iter()
            .all(|h| h.kind == HeldKind::Forked && h.who == "观摩员01")
    );
    let second = held.iter().find(|h| h.what.contains("污水")).unwrap();
    assert_eq!((second.changes, second.record), (4, None));
    assert_eq!(second.effect, Some(Effect::Nothing));
    assert!(office.entry(Uuid::from_u128(2)).await.is_none());
    assert!(office.entry(Uuid::from_u128(4)).await.is_some());
    let before = office.fingerprint().await;
    colleague.sync(&office.app, brought).await.unwrap();
    let after = office.fingerprint().await;
    assert_eq!(
        (after.0, after.1, after.2, after.3),
        (before.0, before.1, before.2, before.3)
    );
    // A colleague cannot invent one.
    let mut forged = lost;
    forged.signature[0] ^= 1;
    let refused = colleague.sync(&office.app, vec![forged]).await.unwrap_err();
    assert_eq!(refused.code(), "bad_signature");

    let by = supervisor();
    let ids: Vec<Uuid> = held.iter().map(|h| h.id.parse().unwrap()).collect();
    let done = office.app.decide_held_entries(&by, &ids, true, "可信");
    done.await.unwrap();
    let taken = office.value(Uuid::from_u128(2), "description").await;
    assert_eq!(taken, Some(Value::text("污水横流")), "what it last said");
    let entry = office.entry(Uuid::from_u128(3)).await.unwrap();
    assert_eq!(entry.author, office.accounts[0]);
    let twice = office.app.decide_held_entries(&by, &ids, false, "不对");
    assert_eq!(twice.await.unwrap_err().code(), "conflict");
}

#[tokio::test]
async fn a_lost_sheet_of_a_locked_group_shows_its_effect_and_makes_a_new_version() {
    let office = Office::start().await;
    let c = office.campaign().await;
    let (mut author, mut colleague) = (office.phone(0).await, office.phone(1).await);
    let scope = author.sealed();
    let log = author.log(scope);
    let origin = protocol::chain::origin(author.campaign, &log);
    let filled = author.filled(&c, office.sites[0], 1);
    let lost = author.segment_at(scope, 1, origin, &filled);
    let note = [(
        "sheet",
        author.sheet(office.sites[1]),
        "note",
        Value::text("x"),
        vec![],
    )];
    let other = author.write(scope, &note);
    author.sync(&office.app, vec![other]).await.unwrap();
    colleague.sync(&office.app, vec![lost]).await.unwrap();
    let forked = |all: Vec<HeldEntry>| {
        let mut found = all.into_iter().filter(|h| h.kind == HeldKind::Forked);
        found.next().unwrap()
    };
    let sealed = forked(listed(&office).await);
    assert_eq!(sealed.effect, Some(Effect::Sealed));
    assert_eq!(sealed.what, "示范村甲", "no word of what it says");
    let (by, id, group) = (supervisor(), office.campaign, office.groups[0]);
    let locked = office.app.lock_group(&by, id, group, Some("时间到"));
    locked.await.unwrap();
    let open = forked(listed(&office).await);
    let Some(Effect::Result { without, with, .. }) = open.effect else {
        panic!("{open:?}");
    };
    assert_eq!(without, Standing::LeftOut("forked".to_owned()));
    assert!(matches!(with, Standing::Counted(e4) if e4 > 0));
    let ids = [open.id.parse().unwrap()];
    let done = office.app.decide_held_entries(&by, &ids, true, "可信");
    done.await.unwrap();
    let c = office.campaign().await;
    assert_eq!(c.group(group).unwrap().version, 2);
    let sheet = office.entry(author.sheet(office.sites[0])).await.unwrap();
    assert_eq!(
        (sheet.state.as_str(), sheet.author),
        ("submitted", author.account)
    );
}
