//! Segments that are not what they say: refused with their code, changing nothing.

use merge::Value;
use protocol::Scope;
use protocol::chain::SignedSegment;
use uuid::Uuid;

use crate::testing::{Office, Phone, Write};

fn note(n: u128) -> Write<'static> {
    (
        "opinion",
        Uuid::from_u128(n),
        "entry",
        opinion("路面"),
        vec![],
    )
}

fn opinion(text: &str) -> Value {
    Value::List(vec![Value::Null, "road".into(), text.into(), Value::Null])
}

/// Sends a segment that must be refused and checks that nothing was changed.
async fn refused(office: &Office, phone: &mut Phone, segments: Vec<SignedSegment>) -> String {
    let before = office.fingerprint().await;
    let error = phone.sync(&office.app, segments).await.unwrap_err();
    assert_eq!(office.fingerprint().await, before);
    error.code().to_owned()
}

#[tokio::test]
async fn a_truncated_or_flipped_segment_is_refused() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let scope = phone.group_scope();
    let good = phone.write(scope, &[note(1), note(2)]);
    let mut truncated = good.clone();
    truncated.payload.truncate(good.payload.len() / 2);
    assert_eq!(
        refused(&office, &mut phone, vec![truncated]).await,
        "bad_signature"
    );
    let mut short = good.clone();
    short.header.truncate(10);
    assert_eq!(
        refused(&office, &mut phone, vec![short]).await,
        "bad_segment"
    );
    for bit in [0, 77, good.payload.len() * 8 - 1] {
        let mut flipped = good.clone();
        flipped.payload[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            refused(&office, &mut phone, vec![flipped]).await,
            "bad_signature"
        );
    }
    // Rubbish that is signed is rubbish all the same.
    let mut header = good.header().unwrap();
    header.first_seq = 1;
    let rubbish = SignedSegment::sign(&phone.key, good.prev_chain, &header, vec![1, 2, 3]);
    assert_eq!(
        refused(&office, &mut phone, vec![rubbish]).await,
        "bad_segment"
    );
    phone.sync(&office.app, vec![good]).await.unwrap();
}

#[tokio::test]
async fn an_oversized_segment_or_request_is_refused() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let scope = phone.group_scope();
    let good = phone.write(scope, &[note(1)]);
    let header = good.header().unwrap();
    let payload = vec![0; protocol::limits::SEGMENT_BYTES + 1];
    let large = SignedSegment::sign(&phone.key, good.prev_chain, &header, payload);
    assert_eq!(
        refused(&office, &mut phone, vec![large.clone()]).await,
        "segment_too_large"
    );
    let two = vec![large.clone(), large];
    assert_eq!(refused(&office, &mut phone, two).await, "request_too_large");
}

#[tokio::test]
async fn a_segment_signed_by_another_key_or_of_another_device_is_refused() {
    let office = Office::start().await;
    let (mut phone, mut other) = (office.phone(0).await, office.phone(1).await);
    let scope = phone.group_scope();
    let good = phone.write(scope, &[note(1)]);
    let header = good.header().unwrap();
    let forged = SignedSegment::sign(&other.key, good.prev_chain, &header, good.payload.clone());
    assert_eq!(
        refused(&office, &mut phone, vec![forged]).await,
        "bad_signature"
    );
    // In a colleague's name, with the own key.
    let mut named = header.clone();
    named.device = other.device.into_bytes();
    let prev = protocol::chain::origin(phone.campaign, &named.log());
    let forged = SignedSegment::sign(&phone.key, prev, &named, good.payload.clone());
    assert_eq!(
        refused(&office, &mut phone, vec![forged]).await,
        "bad_signature"
    );
    // Of a device nobody knows.
    named.device = [9; 16];
    let forged = SignedSegment::sign(&phone.key, prev, &named, good.payload.clone());
    assert_eq!(
        refused(&office, &mut phone, vec![forged]).await,
        "wrong_device"
    );
    // A colleague's own segment may be carried to the office.
    let carried = other.write(scope, &[note(2)]);
    phone.sync(&office.app, vec![carried]).await.unwrap();
    assert!(office.entry(Uuid::from_u128(2)).await.is_some());
}

#[tokio::test]
async fn a_phone_writes_only_to_its_own_scopes() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let (campaign, other) = (phone.campaign, office.accounts[1]);
    let closed = [
        Scope::Campaign { campaign },
        Scope::Office { campaign },
        Scope::Sealed {
            campaign,
            author: other,
        },
        Scope::Group {
            campaign,
            group: office.groups[1],
        },
        Scope::Group {
            campaign: Uuid::from_u128(3),
            group: office.groups[0],
        },
    ];
    for scope in closed {
        let segment = phone.write(scope, &[note(1)]);
        assert_eq!(
            refused(&office, &mut phone, vec![segment]).await,
            "wrong_scope"
        );
    }
}

#[tokio::test]
async fn a_wrong_chain_is_a_fork_or_a_damaged_log_and_nothing_of_it_is_stored() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let scope = phone.group_scope();
    let astray = phone.segment_at(scope, 1, [7; 32], &[note(1)]);
    assert_eq!(
        refused(&office, &mut phone, vec![astray]).await,
        "bad_segment"
    );
    let first = phone.write(scope, &[note(1), note(2)]);
    phone.sync(&office.app, vec![first.clone()]).await.unwrap();
    let before = office.fingerprint().await;
    let astray = phone.segment_at(scope, 3, [7; 32], &[note(3)]);
    let reply = phone.sync(&office.app, vec![astray]).await.unwrap();
    assert_eq!((reply.forks.len(), reply.forks[0].common_seq), (1, 0));
    let after = office.fingerprint().await;
    assert_eq!((after.0, after.1, after.2), (before.0, before.1, before.2));
    // Two segments of one request that do not follow each other are no log at all.
    let second = phone.write(scope, &[note(3)]);
    let third = phone.segment_at(scope, 4, [8; 32], &[note(4)]);
    assert_eq!(
        refused(&office, &mut phone, vec![second, third]).await,
        "bad_segment"
    );
}

#[tokio::test]
async fn a_fork_names_the_common_point_and_brings_the_other_branch() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let scope = phone.group_scope();
    let first = phone.write(scope, &[note(1)]);
    phone.sync(&office.app, vec![first.clone()]).await.unwrap();
    let copy = (phone.heads.clone(), phone.held.clone());
    let ours = phone.write(scope, &[note(2)]);
    phone.sync(&office.app, vec![ours.clone()]).await.unwrap();
    // The copy of the phone goes on from the first segment.
    (phone.heads, phone.held) = copy;
    let theirs = phone.write(scope, &[note(3), note(4)]);
    let reply = phone.sync(&office.app, vec![theirs]).await.unwrap();
    assert_eq!(
        (reply.forks[0].common_seq, reply.forks[0].common_chain),
        (1, first.chain())
    );
    assert!(reply.segments.contains(&ours));
    assert!(office.entry(Uuid::from_u128(3)).await.is_none());
}

#[tokio::test]
async fn a_gap_answers_how_far_the_log_is_held_and_an_overlap_is_a_fork() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let scope = phone.group_scope();
    let first = phone.write(scope, &[note(1), note(2)]);
    let second = phone.write(scope, &[note(3)]);
    let third = phone.write(scope, &[note(4)]);
    phone.sync(&office.app, vec![first.clone()]).await.unwrap();
    let reply = phone.sync(&office.app, vec![third.clone()]).await.unwrap();
    assert!(reply.forks.is_empty() && reply.have.is_none());
    assert!(office.entry(Uuid::from_u128(4)).await.is_none());
    let overlap = phone.segment_at(scope, 2, first.prev_chain, &[note(5), note(6)]);
    let reply = phone.sync(&office.app, vec![overlap]).await.unwrap();
    assert_eq!(reply.forks.len(), 1);
    assert!(office.entry(Uuid::from_u128(5)).await.is_none());
    phone.sync(&office.app, vec![second, third]).await.unwrap();
    assert!(office.entry(Uuid::from_u128(4)).await.is_some());
}
