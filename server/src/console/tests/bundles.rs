//! Bundles over the console: a stick's file comes in, what it was is told, and a bad one is refused on a page of ours.

use axum::http::StatusCode;
use protocol::bundle::{Envelope, List, PhotoFile, Sealing, segment_bytes};
use protocol::chain::{SignedSegment, sha256};

use super::{Answer, Console};
use crate::auth::Role;
use crate::testing::{Phone, supervisor};

/// A bundle as a phone writes it.
fn bundle(console: &Console, phone: &Phone, segments: &[SignedSegment], photo: &[u8]) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = segments.iter().map(segment_bytes).collect();
    let list = List {
        certificate: String::new(),
        segments: parts.iter().map(|p| p.len() as u32).collect(),
        photos: vec![PhotoFile {
            hash: sha256(photo),
            size_bytes: photo.len() as u64,
        }],
        photos_left_out: 3,
    };
    let envelope = Envelope {
        server: phone.server.into_bytes(),
        device: phone.device.into_bytes(),
        made_ms: phone.now,
        to: [0; 32],
        body_bytes: 0,
        part: 1,
        parts: 1,
    };
    let server = console.office.app.shared.identity.key.verifying_key();
    let mut sealing = Sealing::begin(Vec::new(), &server, envelope, &list, &[5; 32]).unwrap();
    for part in parts.iter().map(Vec::as_slice).chain([photo]) {
        sealing.write(part).unwrap();
    }
    sealing.finish(&phone.key).unwrap().0
}

/// Sends a file as a browser does: the token first.
async fn upload(console: &Console, (cookie, token): (&str, &str), file: &[u8]) -> Answer {
    let head = format!(
        "--b\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n\
         --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"../a.guanmo\"\r\n\r\n"
    );
    let body = [head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
    let request = axum::http::Request::post("/console/bundles")
        .header("host", "guanmo.test")
        .header("origin", "http://guanmo.test")
        .header("cookie", cookie)
        .header("content-type", "multipart/form-data; boundary=b");
    console.send(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_bundle_from_a_stick_comes_in_once_and_its_page_says_what_was_in_it() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let me = (cookie.as_str(), token.as_str());
    let mut phone = console.office.phone(0).await;
    let c = console.office.campaign().await;
    let sheet = phone.filled(&c, console.office.sites[0], 1);
    let segment = phone.write(phone.sealed(), &sheet);
    let file = bundle(&console, &phone, &[segment], b"no record refers to it");
    let empty = console.get("/console/bundles", &cookie).await;
    assert!(empty.body.contains("没有等待的离线包"));
    let before = console.office.fingerprint().await;
    let foreign = upload(&console, (me.0, "0"), &file).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let mut bad = file.clone();
    bad[900] ^= 1;
    let damaged = upload(&console, me, &bad).await;
    assert_eq!(damaged.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(damaged.body.contains("bundle_damaged") && damaged.body.contains("/console/bundles"));
    let none = upload(&console, me, b"PK a workbook").await;
    assert!(none.body.contains("not_a_bundle"));
    assert_eq!(console.office.fingerprint().await, before);
    let taken = upload(&console, me, &file).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    for said in ["观摩员", "包已存在服务器上", "另有 3 个照片文件"] {
        assert!(taken.body.contains(said), "{said}: {}", taken.body);
    }
    let after = console.office.fingerprint().await;
    assert_ne!(after, before);
    let again = upload(&console, me, &file).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(console.office.fingerprint().await, after);
    // The photo waits for its record: the file is listed, once.
    let waiting = console.get("/console/bundles", &cookie).await;
    assert_eq!(waiting.body.matches("<bdi>").count(), 1, "{}", waiting.body);
    let left = std::fs::read_dir(console.office.dir.path().join("bundles/tmp"));
    assert_eq!(left.unwrap().count(), 0, "nothing half received stays");
}

#[tokio::test]
async fn only_who_may_take_bundles_in_sees_the_page() {
    let console = Console::started().await;
    let (cookie, _) = console.sign_in(Role::CountyLead).await;
    let refused = console.get("/console/bundles", &cookie).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let menu = console.get("/console", &cookie).await;
    assert!(!menu.body.contains("/console/bundles"));
}

/// A carrier who puts a bundle together anew of a phone's own, valid segments: the server refuses it whole.
#[tokio::test]
async fn a_bundle_signed_by_somebody_else_is_refused_whole() {
    let console = Console::started().await;
    let mut phone = console.office.phone(0).await;
    let c = console.office.campaign().await;
    let sheet = phone.filled(&c, console.office.sites[0], 1);
    let segment = phone.write(phone.sealed(), &sheet);
    let own = phone.key.clone();
    let file = console.office.dir.path().join("forged");
    let app = &console.office.app;
    let before = console.office.fingerprint().await;
    phone.key = ed25519_dalek::SigningKey::from_bytes(&[66; 32]);
    std::fs::write(
        &file,
        bundle(&console, &phone, std::slice::from_ref(&segment), b"x"),
    )
    .unwrap();
    let refused = app.import_bundle(&supervisor(), None, &file).await;
    assert_eq!(refused.unwrap_err().code(), "bundle_forged");
    assert_eq!(console.office.fingerprint().await, before);
    // The control: the same segment under the phone's own signature comes in.
    phone.key = own;
    std::fs::write(&file, bundle(&console, &phone, &[segment], b"x")).unwrap();
    let taken = app.import_bundle(&supervisor(), None, &file).await.unwrap();
    assert_eq!(taken.segments_new, 1);
}
