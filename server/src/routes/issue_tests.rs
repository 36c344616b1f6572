//! The ledger over its real router: tags, keys, reach, and what is refused.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use super::router;
use crate::auth::Role;
use crate::auth::types::Grant;
use crate::testing::{Office, PASSWORD};

pub(super) struct Client<'a> {
    office: &'a Office,
    token: String,
}

impl<'a> Client<'a> {
    pub async fn of(office: &'a Office, name: &str, grant: Grant) -> Self {
        office.login_named(grant, name).await;
        let mut client = Self {
            office,
            token: String::new(),
        };
        let b = json!({"user_name": name, "password": PASSWORD});
        let (status, session, _) = client.send("POST", "/api/v1/session", &[], b).await;
        assert_eq!(status, StatusCode::OK);
        client.token = session["token"].as_str().unwrap().to_owned();
        client
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Json,
    ) -> (StatusCode, Json, String) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response: Response = router(&self.office.app).oneshot(request).await.unwrap();
        let status = response.status();
        let tag = response.headers().get(header::ETAG).cloned();
        let tag = tag.map_or_else(String::new, |t| t.to_str().unwrap().to_owned());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (
            status,
            serde_json::from_slice(&bytes).unwrap_or_default(),
            tag,
        )
    }
}

fn new() -> Json {
    json!({"category": "sewage", "description": "污水", "township": "640422100"})
}

#[tokio::test]
async fn what_is_edited_is_checked_against_what_was_read() {
    let office = Office::start().await;
    let desk = Client::of(&office, "desk", Grant::of(Role::Supervisor)).await;
    let (status, made, tag) = desk.send("POST", "/api/v1/issues", &[], new()).await;
    assert_eq!(status, StatusCode::CREATED);
    let path = format!("/api/v1/issues/{}", made["id"].as_str().unwrap());
    let (status, _, seen) = desk.send("GET", &path, &[], Json::Null).await;
    assert_eq!((status, &seen), (StatusCode::OK, &tag));
    let has = [("if-none-match", tag.as_str())];
    let (status, body, _) = desk.send("GET", &path, &has, Json::Null).await;
    assert_eq!((status, body), (StatusCode::NOT_MODIFIED, Json::Null));
    let change = json!({"remark": "急"});
    let (status, body, _) = desk.send("PATCH", &path, &[], change.clone()).await;
    assert_eq!(status, StatusCode::PRECONDITION_REQUIRED, "{body}");
    let read = [("if-match", tag.as_str())];
    let (status, _, next) = desk.send("PATCH", &path, &read, change.clone()).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(next, tag);
    let (status, body, _) = desk.send("PATCH", &path, &read, change).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(body["code"], "precondition_failed");
    let unknown = json!({"colour": "red"});
    let any = [("if-match", "*")];
    let (status, _, _) = desk.send("PATCH", &path, &any, unknown).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_request_sent_twice_with_one_key_is_done_once() {
    let office = Office::start().await;
    let desk = Client::of(&office, "desk", Grant::of(Role::Supervisor)).await;
    let key = [("idempotency-key", "a-1")];
    let (_, first, head) = desk.send("POST", "/api/v1/issues", &key, new()).await;
    let (status, again, replayed) = desk.send("POST", "/api/v1/issues", &key, new()).await;
    assert_eq!((status, &again), (StatusCode::CREATED, &first));
    assert!(!head.is_empty());
    assert_eq!(replayed, head, "the tag comes again");
    let other = json!({"category": "bin", "description": "满溢"});
    let (status, body, _) = desk
        .send("POST", "/api/v1/issues", &key, other.clone())
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(body["code"], "idempotency_key_reused");
    let (_, page, _) = desk.send("GET", "/api/v1/issues", &[], Json::Null).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    // What was refused may be tried again; somebody else's key is another one.
    let fresh = [("idempotency-key", "a-2")];
    let bad = json!({"category": "moon", "description": "x"});
    let (status, _, _) = desk.send("POST", "/api/v1/issues", &fresh, bad).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _, _) = desk
        .send("POST", "/api/v1/issues", &fresh, other.clone())
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let second = Client::of(&office, "desk2", Grant::of(Role::Supervisor)).await;
    let (status, _, _) = second.send("POST", "/api/v1/issues", &key, other).await;
    assert_eq!(status, StatusCode::CREATED);
    for bad in ["", "a b"] {
        let (status, _, _) = desk
            .send("POST", "/api/v1/issues", &[("idempotency-key", bad)], new())
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn an_answer_that_is_a_secret_is_never_kept() {
    let office = Office::start().await;
    let admin = Client::of(&office, "admin", Grant::of(Role::Sysadmin)).await;
    let b = json!({"role": "supervisor"});
    let key = [("idempotency-key", "a-1")];
    let (status, body, _) = admin.send("POST", "/api/v1/logins", &key, b).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::BAD_REQUEST, &"bad_request".into())
    );
}

#[tokio::test]
async fn a_township_sees_and_reports_its_own_and_nothing_else() {
    let office = Office::start().await;
    let desk = Client::of(&office, "desk", Grant::of(Role::Supervisor)).await;
    let grant = Grant {
        unit: Some("640422101".to_owned()),
        ..Grant::of(Role::TownshipLead)
    };
    let other = Client::of(&office, "other", grant.clone()).await;
    let grant = Grant {
        unit: Some("640422100".to_owned()),
        ..grant
    };
    let own = Client::of(&office, "own", grant).await;
    let (_, made, _) = desk.send("POST", "/api/v1/issues", &[], new()).await;
    let path = format!("/api/v1/issues/{}", made["id"].as_str().unwrap());
    let lead = json!({"lead_unit": "640422100"});
    let any = [("if-match", "*")];
    let (status, _, _) = desk.send("PATCH", &path, &any, lead).await;
    assert_eq!(status, StatusCode::OK);
    let state = format!("{path}/state");
    let assign = json!({"move": "assign"});
    let (status, body, _) = desk.send("POST", &state, &[], assign.clone()).await;
    assert_eq!(
        (status, &body["standing"]),
        (StatusCode::OK, &"in_progress".into())
    );
    let report = json!({"move": "report"});
    for (client, expected) in [(&other, StatusCode::NOT_FOUND), (&own, StatusCode::OK)] {
        assert_eq!(client.send("GET", &path, &[], Json::Null).await.0, expected);
        let done = client.send("POST", &state, &[], report.clone()).await;
        assert_eq!(done.0, expected);
    }
    let (_, seen, _) = own.send("GET", &path, &[], Json::Null).await;
    assert_eq!(seen["history"], json!([]));
    let (status, _, _) = own
        .send("POST", &state, &[], json!({"move": "close"}))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _, _) = own.send("PATCH", &path, &any, json!({"remark": "x"})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
