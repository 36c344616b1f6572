//! Threat T26: one device that asks without end is told to wait, and nobody else is.
//!
//! Left out: how much slower the others get (`guanmo bench attack`), the full disk (`crates/cli/tests/full_disk.rs`).

use std::sync::atomic::Ordering;

use merge::Value;
use mobile_core::TransportResponse;
use mobile_core::photos::generate::TestPhoto;
use mobile_core::{PhotoMeta, PhotoTarget};
use protocol::chain::sha256;
use protocol::request::CONTENT_TYPE;
use server::auth::types::Quotas;
use server::settings::Settings;
use uuid::Uuid;

use crate::bad_photos::{base64, create};
use crate::county::{County, Phone};
use crate::raw_phone::{RawPhone, problem};

/// Requests at once that are allowed here, and many more than that: how fast this machine is must not matter.
const BURST: u32 = 100;
const MANY: u32 = 10 * BURST;
/// As large as a photo may be.
const LARGE: usize = 40_000_000;

/// The code of a refusal that says when to come back.
fn told_to_wait(answer: &TransportResponse) -> String {
    let wait_s: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3_600).contains(&wait_s), "{wait_s}");
    let problem = problem(answer);
    assert_eq!(problem.status, 429);
    problem.code
}

/// Asks about photos until it is told to wait.
async fn until_refused(phone: &RawPhone, token: &str) -> String {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("tus-resumable", "1.0.0"),
        ("authorization", bearer.as_str()),
    ];
    let url = format!("/api/v1/blobs/{}", "ab".repeat(32));
    for _ in 0..MANY {
        let answer = phone.request("GET", &url, &headers, b"").await;
        if answer.status == 429 {
            return told_to_wait(&answer);
        }
        assert_eq!(answer.status, 404);
    }
    panic!("{MANY} requests in a row, and no word of it");
}

/// A sheet and a photo of it, through at the first try.
async fn undisturbed(county: &County, phone: &mut Phone, seed: u64) {
    let site = phone.sites().remove(seed as usize % 3);
    let sheet = phone.fill(&site, 0, false);
    let jpeg = TestPhoto::new(seed).jpeg();
    let target = PhotoTarget::Sheet(sheet);
    let meta = PhotoMeta::default();
    phone
        .replica
        .attach_photo(target, None, &jpeg, meta)
        .unwrap();
    phone.replica.submit(sheet).unwrap();
    let report = county.sync(phone).await;
    assert_eq!(
        (report.retries, report.photos_waiting),
        (0, 0),
        "{report:?}"
    );
    assert_eq!(report.photos_paused, None);
    assert_eq!(phone.replica.status().unwrap().unsent_changes, 0);
}

#[tokio::test]
async fn a_device_that_asks_without_end_is_told_to_wait_and_nobody_else_is() {
    let quotas = Quotas {
        device: (1, BURST),
        photos: (1, BURST),
        ..Quotas::default()
    };
    let mut county = County::start_under(3, false, quotas).await;
    let mut greedy = RawPhone::enrol(&county, 0, 1).await;
    let mut others = [county.phone(1).await, county.phone(2).await];
    let token = greedy.token().await;
    assert_eq!(until_refused(&greedy, &token).await, "too_many_requests");
    for (phone, seed) in others.iter_mut().zip(1..) {
        assert_eq!(until_refused(&greedy, &token).await, "too_many_requests");
        undisturbed(&county, phone, seed).await;
    }
    // Its own scores are not held up by its photos.
    let site = Uuid::from_u128(4);
    let entry = [Value::Null, "road".into(), "路面".into(), Value::Null];
    let opinion = (
        "opinion",
        site,
        "entry",
        Value::List(entry.to_vec()),
        &[][..],
    );
    let segment = greedy.write(greedy.group_scope(), &[opinion]);
    assert!(greedy.pushed(vec![segment]).await.have.is_some());
    // Nor may it sync without end, and that, too, disturbs nobody.
    let mut refusal = String::new();
    for _ in 0..MANY {
        let body = greedy.body(Vec::new(), 0);
        greedy.counter += 1;
        let signature = greedy.signature(greedy.counter, &body);
        let answer = greedy.post(body, &signature, CONTENT_TYPE).await;
        if answer.status == 429 {
            refusal = told_to_wait(&answer);
            break;
        }
        assert_eq!(answer.status, 200);
    }
    assert_eq!(refusal, "too_many_requests");
    for (phone, seed) in others.iter_mut().zip(3..) {
        undisturbed(&county, phone, seed).await;
    }
}

/// Photos of that many bytes each, announced in one segment; their hashes.
async fn announced(phone: &mut RawPhone, count: u8) -> Vec<String> {
    let hashes: Vec<_> = (0..count).map(|n| sha256(&[n])).collect();
    let images = hashes.iter().enumerate().map(|(n, hash)| {
        let (hash, size) = (Value::Bytes(hash.to_vec()), Value::Int(LARGE as i64));
        let mut image = vec!["issue".into(), Uuid::from_u128(1).into(), Value::Null];
        image.extend([hash.clone(), size.clone(), hash, size]);
        image.extend((0..8).map(|_| Value::Null));
        image.extend(["camera".into(), Value::Null]);
        let record = Uuid::from_u128(100 + n as u128);
        ("photo", record, "image", Value::List(image), &[][..])
    });
    let images: Vec<_> = images.collect();
    let segment = phone.write(phone.group_scope(), &images);
    phone.pushed(vec![segment]).await;
    let coded = |hash: &[u8; 32]| format!("sha256 {}", base64(hex::encode(hash).as_bytes()));
    hashes.iter().map(coded).collect()
}

#[tokio::test]
async fn a_device_begins_so_many_bytes_of_photos_a_day_and_its_scores_still_sync() {
    let county = County::start(2).await;
    let mut greedy = RawPhone::enrol(&county, 0, 1).await;
    let mut other = RawPhone::enrol(&county, 1, 2).await;
    let names = announced(&mut greedy, 60).await;
    let token = greedy.token().await;
    let a_day = Settings::default().photo_bytes_a_day().unwrap();
    let fit = a_day as usize / LARGE;
    for name in &names[..fit] {
        assert_eq!(create(&greedy, &token, LARGE, name).await.status, 201);
    }
    let refused = create(&greedy, &token, LARGE, &names[fit]).await;
    assert_eq!(told_to_wait(&refused), "photo_quota");
    // Going on with one that was begun is nothing new.
    let again = create(&greedy, &token, LARGE, &names[0]).await;
    assert_eq!(again.status, 201);
    let theirs = other.token().await;
    assert_eq!(
        create(&other, &theirs, LARGE, &names[fit]).await.status,
        201
    );
    let entry = [Value::Null, "road".into(), "路面".into(), Value::Null];
    let opinion = (
        "opinion",
        Uuid::from_u128(4),
        "entry",
        Value::List(entry.to_vec()),
        &[][..],
    );
    let segment = greedy.write(greedy.group_scope(), &[opinion]);
    assert!(greedy.pushed(vec![segment]).await.have.is_some());
    county.clock.fetch_add(24 * 3_600_000, Ordering::Relaxed);
    let token = greedy.token().await;
    let tomorrow = create(&greedy, &token, LARGE, &names[fit]).await;
    assert_eq!(tomorrow.status, 201);
}
