//! A server that lost what it had acknowledged.

use std::path::Path;

use merge::Value;
use uuid::Uuid;

use crate::services::verify::VerifyOptions;
use crate::testing::{Office, Write, open_at, supervisor};

fn copy(from: &Path, to: &Path) {
    for name in ["server.db", "server.db-wal"] {
        let _ = std::fs::remove_file(to.join(name));
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

fn note(n: u128) -> Write<'static> {
    let entry = Value::List(vec![Value::Null, "road".into(), "x".into(), Value::Null]);
    ("opinion", Uuid::from_u128(n), "entry", entry, vec![])
}

#[tokio::test]
async fn a_restored_server_begins_a_new_generation_and_gets_back_what_phones_hold() {
    let mut office = Office::start().await;
    let (mut a, mut b) = (office.phone(0).await, office.phone(1).await);
    let scope = a.group_scope();
    let first = a.write(scope, &[note(1)]);
    a.sync(&office.app, vec![first]).await.unwrap();
    b.sync(&office.app, vec![]).await.unwrap();
    let backup = tempfile::tempdir().unwrap();
    copy(office.dir.path(), backup.path());

    // After the backup: a second note, a decision of the office, and both phones pull everything.
    let second = a.write(scope, &[note(2)]);
    a.sync(&office.app, vec![second.clone()]).await.unwrap();
    office
        .app
        .recuse(
            &supervisor(),
            office.campaign,
            office.accounts[2],
            "640422100",
            "亲属",
        )
        .await
        .unwrap();
    let mut pulled = Vec::new();
    let mut more = true;
    while more {
        let reply = b.sync(&office.app, vec![]).await.unwrap();
        pulled.extend(reply.segments);
        more = reply.more;
    }
    let old_generation = b.generation;
    let (now, dir) = (office.now.clone(), office.dir.path().to_owned());
    // The lock file is released with the last handle.
    office.app = {
        let spare = tempfile::tempdir().unwrap();
        let other = open_at(spare.path(), &now).await.unwrap();
        drop(std::mem::replace(&mut office.app, other));
        std::mem::forget(spare);
        copy(backup.path(), &dir);
        open_at(&dir, &now).await.unwrap()
    };

    // The colleague's phone shows a cursor the server does not know; it hands back what it holds.
    let server = office.app.server_id();
    let own: Vec<_> = pulled
        .iter()
        .filter(|s| s.header().unwrap().log().device == server)
        .cloned()
        .collect();
    let last = pulled
        .iter()
        .filter(|s| s.header().unwrap().log().device == a.device);
    let handed: Vec<_> = own.into_iter().chain(last.cloned()).collect();
    let reply = b.sync(&office.app, handed).await.unwrap();
    assert!(reply.generation > old_generation);
    assert!(!reply.cursor.is_empty());
    assert!(office.entry(Uuid::from_u128(2)).await.is_some());
    assert_eq!(office.campaign().await.recusals.len(), 1);

    // The phone that wrote it learns that all is held; what the office writes now is in the new generation's log.
    let reply = a.sync(&office.app, vec![second]).await.unwrap();
    assert!(reply.have.is_none() && reply.forks.is_empty());
    office
        .app
        .recuse(
            &supervisor(),
            office.campaign,
            office.accounts[1],
            "640422100",
            "亲属",
        )
        .await
        .unwrap();
    let logs = office.app.read(|tx, _| tx.all_logs()).await.unwrap();
    let epochs: std::collections::BTreeSet<u64> = logs
        .iter()
        .filter(|l| l.id.device == server && l.head > 0)
        .map(|l| l.id.epoch)
        .collect();
    assert_eq!(epochs.len(), 2);
    let report = office
        .app
        .verify(VerifyOptions {
            rebuild: true,
            blobs: false,
        })
        .await
        .unwrap();
    assert_eq!(report.findings, []);
}

#[tokio::test]
async fn a_generation_beyond_our_own_starts_a_newer_one() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    phone.sync(&office.app, vec![]).await.unwrap();
    phone.generation += 5_000_000_000;
    let seen = phone.generation;
    let reply = phone.sync(&office.app, vec![]).await.unwrap();
    assert!(reply.generation > seen);
    // A forged cursor only starts from the beginning.
    phone.cursor = vec![1; 60];
    let again = phone.sync(&office.app, vec![]).await.unwrap();
    assert_eq!(again.generation, reply.generation);
    assert!(!again.segments.is_empty());
}
