//! Requests and segments that are not what they say, over HTTP: refused with their code, changing nothing.
//!
//! Left out: what is stored and only not counted (`bad_changes`).

use merge::Value;
use mobile_core::TransportResponse;
use protocol::Scope;
use protocol::chain::SignedSegment;
use protocol::limits::{REQUEST_BYTES, SEGMENT_BYTES};
use protocol::request::CONTENT_TYPE;
use uuid::Uuid;

use crate::county::County;
use crate::raw_phone::{Change, RawPhone, problem, rows};

fn opinion(n: u128) -> Change<'static> {
    let entry = [Value::Null, "road".into(), "路面".into(), Value::Null];
    let entry = Value::List(entry.to_vec());
    ("opinion", Uuid::from_u128(n), "entry", entry, &[])
}

fn is_there(county: &County, n: u128) -> bool {
    let id = hex::encode(Uuid::from_u128(n).into_bytes());
    county.count(&format!("SELECT count(*) FROM records WHERE id = x'{id}'")) == 1
}

fn server_rows(county: &County, but: &[&str]) -> [u8; 32] {
    rows(&county.dir.path().join("server/server.db"), but)
}

/// Pushes what must be refused whole: this status and code, and every row of the server as before.
async fn refused(county: &County, phone: &mut RawPhone, what: Vec<SignedSegment>) -> String {
    let before = server_rows(county, &[]);
    let answer = phone.push(what).await;
    phone.counter -= 1;
    code(county, before, &answer)
}

fn code(county: &County, before: [u8; 32], answer: &TransportResponse) -> String {
    let problem = problem(answer);
    assert!(server_rows(county, &[]) == before, "{problem:?}");
    format!("{} {}", problem.status, problem.code)
}

#[tokio::test]
async fn a_truncated_flipped_or_rubbish_segment_changes_nothing() {
    let county = County::start(1).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let good = phone.write(phone.group_scope(), &[opinion(1), opinion(2)]);
    for cut in [0, 1, good.payload.len() / 2, good.payload.len() - 1] {
        let mut bad = good.clone();
        bad.payload.truncate(cut);
        let said = refused(&county, &mut phone, vec![bad]).await;
        assert_eq!(said, "401 bad_signature");
    }
    for cut in 0..good.header.len() {
        let mut bad = good.clone();
        bad.header.truncate(cut);
        let said = refused(&county, &mut phone, vec![bad]).await;
        assert_eq!(said, "400 bad_segment", "header cut to {cut}");
    }
    for byte in 0..good.payload.len() {
        let mut bad = good.clone();
        bad.payload[byte] ^= 1 << (byte % 8);
        let said = refused(&county, &mut phone, vec![bad]).await;
        assert_eq!(said, "401 bad_signature", "byte {byte}");
    }
    for byte in 0..good.header.len() {
        let mut bad = good.clone();
        bad.header[byte] ^= 1 << (byte % 8);
        let said = refused(&county, &mut phone, vec![bad]).await;
        let known = [
            "401 bad_signature",
            "400 bad_segment",
            "403 wrong_device",
            "403 wrong_scope",
        ];
        assert!(known.contains(&said.as_str()), "byte {byte}: {said}");
    }
    // Rubbish that is well signed is rubbish all the same.
    let header = good.header().unwrap();
    let rubbish = SignedSegment::sign(&phone.key, good.prev_chain, &header, vec![1, 2, 3]);
    let said = refused(&county, &mut phone, vec![rubbish]).await;
    assert_eq!(said, "400 bad_segment");
    // One bad segment takes the good one of its request with it; alone the good one is taken.
    let mut bad = phone.write(phone.sealed(), &[opinion(3)]);
    bad.signature[0] ^= 1;
    let said = refused(&county, &mut phone, vec![good.clone(), bad]).await;
    assert_eq!(said, "401 bad_signature");
    phone.pushed(vec![good]).await;
    assert!(is_there(&county, 1) && is_there(&county, 2));
}

#[tokio::test]
async fn an_oversized_segment_or_request_changes_nothing() {
    let county = County::start(1).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let good = phone.write(phone.group_scope(), &[opinion(1)]);
    let mut header = good.header().unwrap();
    let sign = |phone: &RawPhone, header: &_, payload| {
        SignedSegment::sign(&phone.key, good.prev_chain, header, payload)
    };
    let large = sign(&phone, &header, vec![0; SEGMENT_BYTES + 1]);
    let said = refused(&county, &mut phone, vec![large.clone()]).await;
    assert_eq!(said, "413 segment_too_large");
    let said = refused(&county, &mut phone, vec![large.clone(), large]).await;
    assert_eq!(said, "413 request_too_large");
    // A header that announces more changes than a segment may have, or than it has.
    for count in [0, 2, 20_001, u32::MAX] {
        header.count = count;
        let liar = sign(&phone, &header, good.payload.clone());
        let said = refused(&county, &mut phone, vec![liar]).await;
        assert!(
            said.ends_with("bad_segment") || said.ends_with("segment_too_large"),
            "{count}: {said}"
        );
    }
    // No type, no length, no sense.
    let before = server_rows(&county, &[]);
    let body = vec![7; REQUEST_BYTES + 2];
    let signature = phone.signature(1, &body);
    let answer = phone.post(body, &signature, CONTENT_TYPE).await;
    assert_eq!(code(&county, before, &answer), "413 request_too_large");
    let html = b"<html>sign in</html>".to_vec();
    let signature = phone.signature(1, &html);
    let answer = phone.post(html.clone(), &signature, CONTENT_TYPE).await;
    assert_eq!(code(&county, before, &answer), "400 bad_request");
    let answer = phone.post(html, &signature, "text/html").await;
    assert_eq!(code(&county, before, &answer), "415 wrong_media_type");
}

#[tokio::test]
async fn a_wrong_signature_device_or_log_changes_nothing() {
    let county = County::start(2).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let mut other = RawPhone::enrol(&county, 1, 2).await;
    let scope = phone.group_scope();
    let good = phone.write(scope, &[opinion(1)]);
    let mut header = good.header().unwrap();
    let payload = good.payload.clone();
    let forged = SignedSegment::sign(&other.key, good.prev_chain, &header, payload.clone());
    let said = refused(&county, &mut phone, vec![forged]).await;
    assert_eq!(said, "401 bad_signature");
    // In a colleague's name, and in that of a device nobody knows.
    for (device, expected) in [
        (other.me.device, "401 bad_signature"),
        (Uuid::from_u128(9), "403 wrong_device"),
    ] {
        header.device = device.into_bytes();
        let prev = protocol::chain::origin(phone.me.campaign, &header.log());
        let forged = SignedSegment::sign(&phone.key, prev, &header, payload.clone());
        assert_eq!(refused(&county, &mut phone, vec![forged]).await, expected);
    }
    let campaign = county.campaign;
    let closed = [
        Scope::Campaign { campaign },
        Scope::Office { campaign },
        other.sealed(),
        Scope::Group {
            campaign,
            group: county.groups[1],
        },
        Scope::Group {
            campaign: Uuid::from_u128(3),
            group: county.groups[0],
        },
    ];
    for scope in closed {
        let foreign = phone.write(scope, &[opinion(1)]);
        let said = refused(&county, &mut phone, vec![foreign]).await;
        assert_eq!(said, "403 wrong_scope");
    }
    // The request itself: signed by another key, for another body, by nobody.
    let before = server_rows(&county, &[]);
    let body = phone.body(vec![good], 0);
    let mut stranger = RawPhone::enrol(&county, 0, 3).await;
    let before_stranger = server_rows(&county, &[]);
    assert!(
        before != before_stranger,
        "the comparison sees an enrolment"
    );
    stranger.me.device = Uuid::from_u128(77);
    let cases = [
        (phone.signature(1, b"another body"), "401 bad_signature"),
        (String::new(), "401 bad_signature"),
        ("x;y;z".into(), "401 bad_signature"),
        (stranger.signature(1, &body), "401 unknown_device"),
    ];
    for (signature, expected) in cases {
        let answer = phone.post(body.clone(), &signature, CONTENT_TYPE).await;
        assert_eq!(
            code(&county, before_stranger, &answer),
            expected,
            "{signature}"
        );
    }
    std::mem::swap(&mut phone.key, &mut other.key);
    let signature = phone.signature(1, &body);
    let answer = phone.post(body, &signature, CONTENT_TYPE).await;
    assert_eq!(code(&county, before_stranger, &answer), "401 bad_signature");
    assert!(!is_there(&county, 1));
}

#[tokio::test]
async fn a_replayed_request_changes_nothing_and_says_which_counter_was_seen() {
    let county = County::start(1).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let segment = phone.write(phone.group_scope(), &[opinion(1)]);
    let body = phone.body(vec![segment.clone()], 0);
    let signature = phone.signature(5, &body);
    let answer = phone.post(body.clone(), &signature, CONTENT_TYPE).await;
    assert_eq!(answer.status, 200);
    let before = server_rows(&county, &[]);
    let older = phone.signature(4, &body);
    for signature in [&signature, &older] {
        let answer = phone.post(body.clone(), signature, CONTENT_TYPE).await;
        assert_eq!(code(&county, before, &answer), "409 replayed");
        assert_eq!(problem(&answer).last_counter, Some(5));
    }
    // Under a new counter the same segment is acknowledged again, and is there once.
    phone.counter = 5;
    let before = server_rows(&county, &["devices"]);
    assert!(phone.pushed(vec![segment]).await.have.is_some());
    assert!(server_rows(&county, &["devices"]) == before);
}

#[tokio::test]
async fn a_wrong_chain_a_gap_and_an_overlap_store_nothing_and_say_where_to_go_on() {
    let county = County::start(1).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let scope = phone.group_scope();
    let astray = phone.segment_at(scope, 1, [7; 32], &[opinion(1)]);
    let said = refused(&county, &mut phone, vec![astray]).await;
    assert_eq!(said, "400 bad_segment");
    let first = phone.write(scope, &[opinion(1), opinion(2)]);
    let second = phone.write(scope, &[opinion(3)]);
    let third = phone.write(scope, &[opinion(4)]);
    phone.pushed(vec![first.clone()]).await;
    // Segments of one request that do not follow each other are no log at all.
    let said = refused(&county, &mut phone, vec![second.clone(), first.clone()]).await;
    assert_eq!(said, "400 bad_segment");
    let before = server_rows(&county, &["devices"]);
    // A gap: the answer names what is held.
    let have = phone.pushed(vec![third.clone()]).await.have.unwrap();
    assert_eq!((have[0].seq, have[0].chain), (2, first.chain()));
    // Another branch after the common end, one that overlaps, one whose chain is invented.
    let overlap = phone.segment_at(scope, 2, first.prev_chain, &[opinion(5), opinion(6)]);
    let invented = phone.segment_at(scope, 3, [7; 32], &[opinion(7)]);
    for bad in [overlap, invented] {
        let reply = phone.pushed(vec![bad]).await;
        assert_eq!(reply.forks.len(), 1);
        assert_eq!(reply.forks[0].common_seq, 0);
    }
    assert!(server_rows(&county, &["devices"]) == before);
    phone.pushed(vec![second, third]).await;
    for n in 1..=4 {
        assert!(is_there(&county, n));
    }
    assert!(!is_there(&county, 5) && !is_there(&county, 7));
}

#[tokio::test]
async fn enrolment_with_rubbish_enrols_nobody() {
    let county = County::start(1).await;
    let phone = RawPhone::enrol(&county, 0, 1).await;
    let before = server_rows(&county, &["audit_entries", "audit_end", "sign_in_failures"]);
    let json =
        |key: &str| format!(r#"{{"code":"ABCD-EFGH","public_key":"{key}","device_name":"x"}}"#);
    let good = hex::encode(phone.key.verifying_key().to_bytes());
    let short = good[2..].to_owned();
    for (body, kind, expected) in [
        (String::new(), "application/json", 400),
        ("<html>".into(), "application/json", 400),
        ("{}".into(), "application/json", 400),
        (json(&good), "text/plain", 400),
        (json(&good), "application/json", 403),
        (json(&short), "application/json", 400),
        ("x".repeat(20_000), "application/json", 400),
    ] {
        let headers = [("content-type", kind)];
        let answer = phone
            .request("POST", "/api/v1/enrol", &headers, body.as_bytes())
            .await;
        let said = problem(&answer);
        assert_eq!(answer.status, expected, "{said:?}");
        let code = if expected == 403 {
            "code_invalid"
        } else {
            "bad_request"
        };
        assert_eq!(said.code, code);
    }
    assert!(server_rows(&county, &["audit_entries", "audit_end", "sign_in_failures"]) == before);
}
