//! The committed description against the one the routes give, and what holds for every operation.

use std::collections::BTreeSet;
use std::path::PathBuf;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use serde_json::Value as Json;
use tower::ServiceExt;

use super::{description, router, rows};
use crate::auth::Access;
use crate::testing::Office;

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/api/openapi.json")
}

#[tokio::test]
async fn the_committed_description_is_what_the_routes_give() {
    let office = Office::start().await;
    let mut now = serde_json::to_string_pretty(&description(&office.app)).unwrap();
    now.push('\n');
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(committed(), &now).unwrap();
    }
    let before = std::fs::read_to_string(committed()).unwrap_or_default();
    assert!(
        before == now,
        "docs/api/openapi.json is not what the routes give: look at the change, then write it with\n  \
         UPDATE=1 cargo test -p server --lib the_committed_description"
    );
}

#[tokio::test]
async fn every_operation_says_who_may_call_it_and_every_refusal() {
    let office = Office::start().await;
    let api = serde_json::to_value(description(&office.app)).unwrap();
    assert_eq!(api["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    let rows = rows(&office.app);
    for row in &rows {
        let op = &api["paths"][&row.path][row.method.to_lowercase()];
        let told = format!("{} {}", row.method, row.path);
        assert!(ids.insert(op["operationId"].to_string()), "{told}");
        assert!(!op["summary"].is_null(), "{told} has no words");
        let gated = matches!(row.access, Access::May(_) | Access::SignedIn);
        assert_eq!(
            op["security"].as_array().map(Vec::len),
            Some(usize::from(gated))
        );
        let mut refusals: Vec<&str> = vec!["400", "503"];
        if gated {
            refusals.extend(["401", "403", "404"]);
        }
        for status in refusals {
            let media = &op["responses"][status]["content"]["application/problem+json"];
            assert!(!media.is_null(), "{told}: {status}");
        }
    }
    assert!(rows.len() > 30, "{}", rows.len());
}

async fn answer(office: &Office, request: Request<Body>) -> (StatusCode, String, Json) {
    let response = router(&office.app).oneshot(request).await.unwrap();
    let status = response.status();
    let media = response.headers().get(header::CONTENT_TYPE).cloned();
    let media = media.map_or_else(String::new, |m| m.to_str().unwrap().to_owned());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (
        status,
        media,
        serde_json::from_slice(&bytes).unwrap_or_default(),
    )
}

#[tokio::test]
async fn what_no_route_answers_is_a_problem_too() {
    let office = Office::start().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let (status, media, body) = answer(&office, get("/api/v1/nowhere")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(
        (media.as_str(), &body["code"]),
        ("application/problem+json", &"not_found".into())
    );
    let delete = Request::delete("/api/v1/board")
        .body(Body::empty())
        .unwrap();
    let (status, _, body) = answer(&office, delete).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(body["code"], "method_not_allowed");
}

#[tokio::test]
async fn the_description_and_its_page_come_from_the_binary_and_ask_nobody_else() {
    let office = Office::start().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let (status, _, api) = answer(&office, get("/api/v1/openapi.json")).await;
    assert_eq!((status, &api["openapi"]), (StatusCode::OK, &"3.1.0".into()));
    let page = router(&office.app)
        .oneshot(get("/api/docs/"))
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let bytes = to_bytes(page.into_body(), usize::MAX).await.unwrap();
    let html = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(
        !html.contains("http://") && !html.contains("https://"),
        "{html}"
    );
    assert!(!html.contains("<script>"), "{html}");
}
