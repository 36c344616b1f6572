//! Threat T17: bodies that grow when they are read. Each is refused with a clear code, at once, and costs no memory.

use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

use super::router;
use crate::testing::Office;

async fn refused(
    office: &Office,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> (StatusCode, String) {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let begun = Instant::now();
    let request = request.body(Body::from(body)).unwrap();
    let response = router(&office.app).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "{path}");
    let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    (status, problem["code"].as_str().unwrap().to_owned())
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn json_that_is_nothing_but_brackets_is_a_bad_request() {
    let office = Office::bare().await;
    for path in ["/api/v1/setup", "/api/v1/session"] {
        for open in ["[", "{\"a\":"] {
            let deep = open.repeat(100_000 / open.len()).into_bytes();
            let (status, code) = refused(&office, path, &[JSON], deep).await;
            assert_eq!(
                (status.as_u16(), code.as_str()),
                (400, "bad_request"),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    let office = Office::bare().await;
    // The beginning of a gzip stream: whatever it would unpack to, nobody does.
    let gzip = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0xec; 4000]].concat();
    let packed = ("content-encoding", "gzip");
    let (status, code) = refused(&office, "/api/v1/setup", &[JSON, packed], gzip).await;
    assert_eq!((status.as_u16(), code.as_str()), (400, "bad_request"));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_its_own_code() {
    let office = Office::bare().await;
    let long = format!("{{\"user_name\":\"{}\"}}", "a".repeat(300 << 10));
    let (status, code) = refused(&office, "/api/v1/session", &[JSON], long.into_bytes()).await;
    assert_eq!((status.as_u16(), code.as_str()), (413, "request_too_large"));
}
