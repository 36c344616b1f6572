//! The audit by the interface: filters, pages, the chain checked from outside, files.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use protocol::chain::sha256;
use serde_json::Value as Json;
use tower::ServiceExt;

use super::router;
use crate::auth::Role;
use crate::auth::types::Grant;
use crate::testing::{Office, PASSWORD};

struct Reader {
    router: Router,
    bearer: String,
    _office: Office,
}

impl Reader {
    /// An audit reader, and an audit with something in it.
    async fn new() -> Self {
        let office = Office::start().await;
        for n in 0..5 {
            office.phone(n).await;
        }
        office.login(Grant::of(Role::Auditor)).await;
        let router = router(&office.app);
        for password in ["Wrong-2026", PASSWORD] {
            let body = serde_json::json!({"user_name": "auditor", "password": password});
            let request = Request::post("/api/v1/session")
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()));
            let answer = router.clone().oneshot(request.unwrap()).await.unwrap();
            let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            let said: Json = serde_json::from_slice(&bytes).unwrap();
            if let Some(token) = said["token"].as_str() {
                let bearer = format!("Bearer {token}");
                return Self {
                    router,
                    bearer,
                    _office: office,
                };
            }
        }
        panic!("nobody signed in");
    }

    async fn text(&self, at: &str) -> (StatusCode, String) {
        let request = Request::get(format!("/api/v1/audit{at}"))
            .header(header::AUTHORIZATION, &self.bearer)
            .body(Body::empty());
        let answer = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn get(&self, at: &str) -> Json {
        let (status, text) = self.text(at).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// The chain after an entry, from what the interface says of it.
fn chain_after(before: &[u8], row: &Json) -> [u8; 32] {
    let mut bytes = before.to_vec();
    bytes.extend(row["at_ms"].as_i64().unwrap().to_be_bytes());
    bytes.push(u8::from(row["ok"].as_bool().unwrap()));
    for field in ["user_name", "role", "action", "object", "detail"] {
        let text = row[field].as_str().unwrap();
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    sha256(&bytes)
}

/// The chain after the last of rows that begin with entry 1; panics where one does not fit.
fn checked(rows: &[Json]) -> String {
    let mut chain: Vec<u8> = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row["id"], n + 1);
        chain = chain_after(&chain, row).to_vec();
        assert_eq!(row["chain"], hex::encode(&chain), "{row}");
    }
    hex::encode(chain)
}

#[tokio::test]
async fn a_program_can_read_every_page_and_check_the_chain_itself() {
    let reader = Reader::new().await;
    let head = reader.get("/head").await;
    assert_eq!(head["broken_at"], Json::Null);
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = reader.get(&format!("?limit=3{cursor}")).await;
        let items = page["items"].as_array().unwrap();
        assert!((1..=3).contains(&items.len()));
        rows.extend(items.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    rows.reverse();
    assert!(rows.len() > 6, "{}", rows.len());
    assert_eq!(head["entries"], rows.len());
    assert_eq!(checked(&rows), head["chain"].as_str().unwrap());
}

#[tokio::test]
async fn entries_are_narrowed_by_who_what_outcome_and_day() {
    let reader = Reader::new().await;
    let refused = reader.get("?user=auditor&action=sign_in&ok=false").await;
    let items = refused["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["detail"], "wrong name or password");
    assert_eq!(
        items[0]["at"].as_str().unwrap().get(..10),
        Some("2026-05-01")
    );
    let count = async |at: &str| reader.get(at).await["items"].as_array().unwrap().len();
    assert_eq!(count("?action=issue_code").await, 5);
    assert_eq!(
        count("?action=issue_code&from=2026-05-01&to=2026-05-01").await,
        5
    );
    assert_eq!(count("?action=issue_code&from=2026-05-02").await, 0);
    let (status, _) = reader.text("?from=2026-02-30").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for bad in ["?cursor=x", "?ok=perhaps", "?limit=many", "?whom=x"] {
        assert_eq!(reader.text(bad).await.0, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn the_whole_audit_comes_as_a_file_whose_chain_can_be_checked() {
    let reader = Reader::new().await;
    let head = reader.get("/head").await;
    let (status, file) = reader.text("/export?form=jsonl").await;
    assert_eq!(status, StatusCode::OK);
    let mut rows: Vec<Json> = file
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    rows.reverse();
    assert_eq!(checked(&rows), head["chain"].as_str().unwrap());
    let (_, csv) = reader.text("/export?form=csv&action=issue_code").await;
    let lines: Vec<&str> = csv.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 6);
    let newest = rows.iter().rfind(|r| r["action"] == "issue_code").unwrap();
    assert!(
        lines[1].ends_with(newest["chain"].as_str().unwrap()),
        "{}",
        lines[1]
    );
    let exports = reader.get("?action=export_audit").await;
    assert_eq!(exports["items"].as_array().unwrap().len(), 2);
    let (status, _) = reader.text("/export?form=pdf").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}
