//! What an honest phone sees.

use std::collections::HashMap;

use merge::Value;
use protocol::Scope;
use protocol::message::{ORDER_REVOKED, SyncResponse, WANT_STATE, WANT_TOKEN};
use protocol::request::RequestSignature;
use uuid::Uuid;

use crate::auth::types::Grant;
use crate::auth::{Role, Viewer};
use crate::settings::Settings;
use crate::testing::{Mirror, Office, Phone, supervisor};

#[tokio::test]
async fn a_sheet_that_was_pushed_is_held_and_counted() {
    let office = Office::start().await;
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    let changes = phone.filled(&c, office.sites[0], 1);
    let segment = phone.write(phone.sealed(), &changes);
    let reply = phone
        .sync(&office.app, vec![segment.clone()])
        .await
        .unwrap();

    let have = reply.have.unwrap();
    assert_eq!(
        (have[0].seq, have[0].chain),
        (changes.len() as u64, segment.chain())
    );
    let entry = office.entry(phone.sheet(office.sites[0])).await.unwrap();
    assert_eq!((entry.state.as_str(), entry.conflicts), ("submitted", 0));
    assert_eq!(entry.answered, entry.items);
    assert!(entry.score_e4.is_some_and(|s| s < 1_000_000));
    assert!(office.verdicts().await.is_empty());
}

#[tokio::test]
async fn with_nothing_new_both_bodies_stay_small() {
    let office = Office::start().await;
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    let changes = phone.filled(&c, office.sites[0], 0);
    let segment = phone.write(phone.sealed(), &changes);
    let mut reply = phone.sync(&office.app, vec![segment]).await.unwrap();
    while reply.more || !reply.segments.is_empty() {
        reply = phone.sync(&office.app, vec![]).await.unwrap();
    }
    let body = phone.request(vec![], 0).to_bytes();
    let signature = phone.sign(&body);
    let answer = office.app.sync(Some(&signature), &body).await.unwrap();
    assert!(body.len() <= 200, "{}", body.len());
    assert!(answer.len() <= 200, "{}", answer.len());
    let answer = SyncResponse::parse(&answer).unwrap();
    assert!(answer.have.is_none() && answer.cursor.is_empty() && !answer.more);
    assert!(answer.segments.is_empty() && answer.scopes.is_empty() && answer.digests.is_empty());
}

#[tokio::test]
async fn a_repeated_segment_changes_nothing_and_is_acknowledged_again() {
    let office = Office::start().await;
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    let changes = phone.filled(&c, office.sites[0], 0);
    let segment = phone.write(phone.sealed(), &changes);
    phone
        .sync(&office.app, vec![segment.clone()])
        .await
        .unwrap();
    let before = office.fingerprint().await;
    let held = std::mem::take(&mut phone.held);
    let reply = phone.sync(&office.app, vec![segment]).await.unwrap();
    let after = office.fingerprint().await;
    assert_eq!((before.0, before.1, before.2), (after.0, after.1, after.2));
    assert!(reply.have.is_some());
    assert_eq!(phone.held, held);
}

fn keys(phones: &[&Phone], office: &Office) -> HashMap<Uuid, ed25519_dalek::VerifyingKey> {
    let server = office.app.shared.identity.key.verifying_key();
    let own = phones.iter().map(|p| (p.device, p.key.verifying_key()));
    own.chain([(office.app.server_id(), server)]).collect()
}

#[tokio::test]
async fn after_pulling_everything_both_digests_agree_verdicts_included() {
    let office = Office::start().await;
    let (mut a, mut b) = (office.phone(0).await, office.phone(1).await);
    let id = Uuid::from_u128(77);
    let good = ("issue", id, "description", Value::text("垃圾"), vec![]);
    let bad = ("issue", id, "severity", Value::text("terrible"), vec![]);
    let segment = a.write(a.group_scope(), &[good, bad]);
    a.sync(&office.app, vec![segment]).await.unwrap();
    assert_eq!(office.verdicts().await, ["invalid"]);

    let (mut mirror, mut digests) = (Mirror::new(), Vec::new());
    let scopes = [
        Scope::Campaign {
            campaign: b.campaign,
        },
        b.group_scope(),
        b.sealed(),
    ];
    let keys = keys(&[&a, &b], &office);
    let mut more = true;
    while more {
        let reply = b.sync_with(&office.app, vec![], WANT_STATE).await.unwrap();
        mirror.apply(&reply.segments, &scopes, &keys);
        more = reply.more || !reply.segments.is_empty();
        digests = reply.digests.into_iter().zip(reply.scopes).collect();
    }
    assert_eq!(digests.len(), 4);
    for (digest, info) in digests {
        assert_eq!(mirror.digest(info.scope().unwrap()), digest.buckets);
    }
    let seen = mirror.ledger.view(&mirror.conn, id).unwrap().unwrap();
    assert_eq!(seen.get("description"), &Value::text("垃圾"));
    assert_eq!(seen.get("severity"), &Value::Null);
    // The office gave it a number on arrival.
    assert!(seen.get("number").as_text().unwrap().ends_with("0001"));
}

#[tokio::test]
async fn in_pages_of_any_size_the_roster_comes_before_what_its_devices_wrote() {
    let office = Office::start().await;
    let (mut a, mut b) = (office.phone(0).await, office.phone(1).await);
    let (short, long) = ("垃圾", "门前堆放柴草".repeat(40));
    for (n, text) in [(1, short), (2, long.as_str()), (3, short)] {
        let text = Value::text(text);
        let issue = ("issue", Uuid::from_u128(n), "description", text, vec![]);
        let segment = a.write(a.group_scope(), &[issue]);
        a.sync(&office.app, vec![segment]).await.unwrap();
    }
    for want_bytes in (300..4_000).step_by(100) {
        (b.cursor, b.want_bytes) = (Vec::new(), want_bytes);
        let (mut came, mut pages, mut more) = (Vec::new(), 0, true);
        while more {
            let reply = b.sync(&office.app, vec![]).await.unwrap();
            let scope = |s: &protocol::chain::SignedSegment| s.header().unwrap().log().scope;
            came.extend(reply.segments.iter().map(scope));
            (pages, more) = (pages + 1, reply.more);
        }
        let campaign = came.iter().rposition(|s| *s != a.group_scope().id());
        let group = came.iter().position(|s| *s == a.group_scope().id());
        assert!(pages > 1, "{want_bytes}: control, it is split");
        assert!(campaign < group, "{want_bytes}: {came:?}");
    }
}

#[tokio::test]
async fn a_sealed_sheet_leaves_the_server_for_nobody_but_its_author() {
    let office = Office::start().await;
    let c = office.campaign().await;
    let (mut a, mut b) = (office.phone(0).await, office.phone(1).await);
    let changes = a.filled(&c, office.sites[0], 0);
    let segment = a.write(a.sealed(), &changes);
    a.sync(&office.app, vec![segment]).await.unwrap();
    let mut more = true;
    while more {
        let reply = b.sync(&office.app, vec![]).await.unwrap();
        let foreign =
            |s: &protocol::chain::SignedSegment| s.header().unwrap().log().scope == a.sealed().id();
        assert!(!reply.segments.iter().any(foreign));
        more = reply.more;
    }
    // A second phone of the author gets it.
    let key = ed25519_dalek::SigningKey::from_bytes(&[99; 32]);
    let mut second = office.phone_with(0, key).await;
    let mut found = 0;
    let mut more = true;
    while more {
        let reply = second.sync(&office.app, vec![]).await.unwrap();
        let own = |s: &&protocol::chain::SignedSegment| {
            s.header().unwrap().log().scope == a.sealed().id()
        };
        found += reply.segments.iter().filter(own).count();
        more = reply.more;
    }
    assert_eq!(found, 1);
}

#[tokio::test]
async fn a_revoked_phone_gets_nothing_and_loses_nothing() {
    let office = Office::start().await;
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    phone.sync(&office.app, vec![]).await.unwrap();
    let by = supervisor();
    office
        .app
        .revoke_device(&by, phone.device, "丢失")
        .await
        .unwrap();
    let changes = phone.filled(&c, office.sites[0], 0);
    let segment = phone.write(phone.sealed(), &changes);
    let reply = phone
        .sync_with(&office.app, vec![segment], WANT_TOKEN | WANT_STATE)
        .await
        .unwrap();
    assert_eq!(reply.order, ORDER_REVOKED);
    assert_eq!(reply.have.as_ref().unwrap()[0].seq, changes.len() as u64);
    assert!(reply.segments.is_empty() && reply.token.is_empty() && reply.scopes.is_empty());
    assert!(reply.digests.is_empty() && reply.cursor.is_empty());
    let sheet = phone.sheet(office.sites[0]);
    assert!(office.entry(sheet).await.is_none());
    assert_eq!(office.verdicts().await, ["quarantined"]);

    // Accepted, it is judged and counted like any other.
    let id = office.campaign;
    let held = office.app.read(move |tx, _| tx.all_held(id)).await.unwrap();
    office
        .app
        .decide_held_entry(&by, held[0].id, true, "本人确认")
        .await
        .unwrap();
    assert_eq!(office.entry(sheet).await.unwrap().state, "submitted");
    let report = office.app.verify(crate::services::verify::VerifyOptions {
        rebuild: true,
        blobs: false,
    });
    assert_eq!(report.await.unwrap().findings, []);
}

/// A text of so many characters that cannot be packed to less than half.
fn noise(chars: usize) -> String {
    let hashes = (0..chars as u64 / 64).map(|n| protocol::chain::sha256(&n.to_be_bytes()));
    hashes.map(hex::encode).collect()
}

#[tokio::test]
async fn a_revoked_phone_leaves_no_more_than_the_quarantine_holds() {
    let office = Office::start().await;
    let admin = office.login(Grant::of(Role::Sysadmin)).await;
    let small = Settings {
        quarantine_mb: 1,
        ..Settings::default()
    };
    let viewer = Viewer::new(admin, None);
    let set = office.app.change_settings(&viewer, small, |_| Ok(true));
    set.await.unwrap();
    let by = supervisor();
    let mut phones = [office.phone(0).await, office.phone(1).await];
    let facts = protocol::ids::site_facts(office.campaign, office.sites[1], office.groups[0]);
    for phone in &mut phones {
        let revoked = office.app.revoke_device(&by, phone.device, "丢失");
        revoked.await.unwrap();
        let text = Value::text(noise(1_200_000));
        let change = [("site_facts", facts, "remark", text, vec![])];
        for fits in [true, false] {
            let segment = phone.write(phone.group_scope(), &change);
            let done = phone.sync(&office.app, vec![segment]).await;
            assert_eq!(done.is_ok(), fits);
            let said = done.err().map(|e| e.code().to_owned());
            assert!(said.is_none_or(|code| code == "disk_full"));
        }
    }
}

#[tokio::test]
async fn an_old_protocol_is_told_to_update() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let mut request = phone.request(vec![], 0);
    request.protocol += 1;
    let body = request.to_bytes();
    let signature = phone.sign(&body);
    let refused = office.app.sync(Some(&signature), &body).await.unwrap_err();
    assert_eq!(refused.code(), "upgrade_required");
}

#[tokio::test]
async fn an_old_counter_is_refused_with_the_last_one() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let body = phone.request(vec![], 0).to_bytes();
    let signature = phone.sign(&body);
    office.app.sync(Some(&signature), &body).await.unwrap();
    let before = office.fingerprint().await;
    let refused = office.app.sync(Some(&signature), &body).await.unwrap_err();
    let refusal = refused.refusal().unwrap();
    assert_eq!(
        (refusal.code.as_str(), refusal.last_counter),
        ("replayed", Some(1))
    );
    assert_eq!(office.fingerprint().await, before);
}

#[tokio::test]
async fn who_is_not_enrolled_or_signs_with_another_key_is_refused() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let body = phone.request(vec![], 0).to_bytes();
    let stranger =
        RequestSignature::sign(&phone.key, Uuid::from_u128(5), phone.server, 0, 1, &body);
    let refused = office
        .app
        .sync(Some(&stranger.to_header()), &body)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "unknown_device");
    phone.key = ed25519_dalek::SigningKey::from_bytes(&[200; 32]);
    let refused = phone.sync(&office.app, vec![]).await.unwrap_err();
    assert_eq!(refused.code(), "bad_signature");
    let refused = office.app.sync(None, &body).await.unwrap_err();
    assert_eq!(refused.code(), "bad_signature");
    let refused = office.app.sync(Some("x"), b"<html>").await.unwrap_err();
    assert_eq!(refused.code(), "bad_signature");
}
