//! The JSON interface over its real router: who may do what, and what comes back.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use merge::Value;
use protocol::request::{CONTENT_TYPE, HEADER};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use super::router;
use crate::auth::Role;
use crate::testing::{Office, supervisor};

struct Client {
    router: Router,
    token: Option<String>,
}

const PASSWORD: &str = "Guanmo-2026-x";

impl Client {
    fn new(office: &Office) -> Self {
        Self {
            router: router(&office.app),
            token: None,
        }
    }

    async fn send(&self, method: Method, path: &str, body: Json) -> (StatusCode, Json) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        if status != StatusCode::NOT_FOUND {
            assert_eq!(
                response.headers()[header::CACHE_CONTROL],
                "no-store",
                "{path}"
            );
        }
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Json::Null))
    }

    async fn get(&self, path: &str) -> (StatusCode, Json) {
        self.send(Method::GET, path, Json::Null).await
    }

    async fn post(&self, path: &str, body: Json) -> (StatusCode, Json) {
        self.send(Method::POST, path, body).await
    }

    /// Signs in as a new login of a role, made with a secret.
    async fn sign_in(office: &Office, secret: &str, name: &str) -> Self {
        let mut client = Self::new(office);
        let b = json!({"secret": secret, "user_name": name, "password": PASSWORD});
        assert_eq!(client.post("/api/v1/setup", b).await.0, StatusCode::OK);
        let b = json!({"user_name": name, "password": PASSWORD});
        let (status, session) = client.post("/api/v1/session", b).await;
        assert_eq!(status, StatusCode::OK);
        client.token = Some(session["token"].as_str().unwrap().to_owned());
        client
    }

    /// A client of every role that may enter, the administrator first.
    async fn of_every_role(office: &Office) -> Vec<(Role, Self)> {
        let secret = office.app.setup_secret().unwrap();
        assert_eq!(office.app.setup_secret(), None);
        let admin = Self::sign_in(office, &secret, "admin").await;
        let mut all = Vec::new();
        for role in Role::ALL.iter().filter(|r| r.enters_console()) {
            let b = json!({"role": role.word()});
            let (status, invited) = admin.post("/api/v1/logins", b).await;
            assert_eq!(status, StatusCode::OK);
            let secret = invited["secret"].as_str().unwrap().to_owned();
            all.push((*role, Self::sign_in(office, &secret, role.word()).await));
        }
        all
    }
}

#[tokio::test]
async fn contested_facts_are_settled_by_exactly_what_was_shown() {
    let office = Office::start().await;
    let clients = Client::of_every_role(&office).await;
    let client = &clients
        .iter()
        .find(|(r, _)| *r == Role::Supervisor)
        .unwrap()
        .1;
    let site = office.sites[1];
    let (mut a, mut b) = (office.phone(0).await, office.phone(1).await);
    let facts = protocol::ids::site_facts(office.campaign, site, office.groups[0]);
    for (phone, text) in [(&mut a, "甲户"), (&mut b, "乙户")] {
        let change = [("site_facts", facts, "name", Value::text(text), vec![])];
        let segment = phone.write(phone.group_scope(), &change);
        phone.sync(&office.app, vec![segment]).await.unwrap();
    }
    let (_, conflicts) = client.get("/api/v1/conflicts").await;
    let conflict = &conflicts["items"][0];
    let values = conflict["values"].as_array().unwrap().clone();
    assert_eq!((values.len(), &conflict["title"]), (2, &json!("农户1")));
    let dots: Vec<Json> = values.iter().map(|v| v["dot"].clone()).collect();
    let path = format!("/api/v1/records/{facts}/settle");
    let order = |shown: &[Json], reason: &str| json!({"field": "name", "shown": shown, "take": dots[1], "reason": reason});
    let (status, _) = client.post(&path, order(&dots[..1], "核实")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (status, _) = client.post(&path, order(&dots, "")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _) = client.post(&path, order(&dots, "核实")).await;
    assert_eq!(status, StatusCode::OK);
    let (_, conflicts) = client.get("/api/v1/conflicts").await;
    assert_eq!(conflicts, json!({"items": [], "next_cursor": null}));
    let (status, _) = client.post(&path, order(&dots, "再来")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (_, record) = client.get(&format!("/api/v1/records/{facts}")).await;
    let newest = &record["history"][0];
    assert_eq!(
        (&newest["by"]["who"], &newest["reason"]),
        (&json!("supervisor"), &json!("核实"))
    );
    assert_eq!(newest["old"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_sealed_sheet_shows_progress_only_until_its_group_is_locked() {
    let office = Office::start().await;
    let clients = Client::of_every_role(&office).await;
    let client = &clients
        .iter()
        .find(|(r, _)| *r == Role::Supervisor)
        .unwrap()
        .1;
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    let changes = phone.filled(&c, office.sites[0], 1);
    let segment = phone.write(phone.sealed(), &changes);
    phone.sync(&office.app, vec![segment]).await.unwrap();
    let path = format!("/api/v1/records/{}", phone.sheet(office.sites[0]));
    let (_, record) = client.get(&path).await;
    assert_eq!(record["head"]["sealed"], true);
    assert!(record["head"]["answered"].as_i64().unwrap() > 10);
    for empty in ["sections", "fields", "photos"] {
        assert_eq!(record[empty], json!([]), "{empty}");
    }
    assert_eq!(record["head"]["score_e4"], Json::Null);
    let text = record["history"].to_string();
    assert!(!text.contains("answer/") && text.contains("\"sealed\""));
    assert_eq!(client.get("/api/v1/results").await.0, StatusCode::CONFLICT);

    let (_, board) = client.get("/api/v1/board").await;
    let rows = board["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 21);
    let village = rows
        .iter()
        .find(|r| !r["missing"].as_array().unwrap().is_empty())
        .unwrap();
    assert_eq!(village["sheets"][0]["submitted"], 1);
    let missing = village["missing"].as_array().unwrap();
    let of_village = missing
        .iter()
        .find(|m| m["site_name"] == "示范村甲")
        .unwrap();
    assert_eq!(of_village["authors"], json!(["观摩员02", "观摩员03"]));

    let lock = format!("/api/v1/groups/{}/lock", office.groups[0]);
    let (_, check) = client.get(&lock).await;
    let (status, _) = client
        .post(&lock, json!({"shown": check["shown"], "reason": null}))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let b = json!({"shown": check["shown"], "reason": "时间到"});
    let (status, done) = client.post(&lock, b.clone()).await;
    assert_eq!((status, &done["version"]), (StatusCode::OK, &json!(1)));
    assert_eq!(client.post(&lock, b).await.1["code"], "locked");
    let (_, record) = client.get(&path).await;
    assert!(record["head"]["score_e4"].as_i64().unwrap() < 1_000_000);
    assert!(!record["sections"].as_array().unwrap().is_empty());
    assert_eq!(client.get("/api/v1/results").await.0, StatusCode::OK);
}

#[tokio::test]
async fn sync_refuses_what_a_portal_or_a_proxy_made_of_it() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let body = phone.request(vec![], 0).to_bytes();
    let router = router(&office.app);
    let send = |kind: &'static str, body: Vec<u8>, signature: String| {
        let request = Request::post("/api/v1/sync")
            .header(header::CONTENT_TYPE, kind)
            .header(HEADER, signature)
            .body(Body::from(body))
            .unwrap();
        let router = router.clone();
        async move {
            let response = router.oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let problem: Json = serde_json::from_slice(&bytes).unwrap_or(Json::Null);
            (
                status,
                problem["code"].as_str().unwrap_or_default().to_owned(),
            )
        }
    };
    let signature = phone.sign(&body);
    let (status, code) = send("text/html", body.clone(), signature.clone()).await;
    assert_eq!((status, code.as_str()), (415, "wrong_media_type"));
    let (status, code) = send(
        CONTENT_TYPE,
        b"<html>sign in</html>".to_vec(),
        signature.clone(),
    )
    .await;
    assert_eq!((status, code.as_str()), (400, "bad_request"));
    let large = vec![0; protocol::limits::REQUEST_BYTES + 2];
    let (status, code) = send(CONTENT_TYPE, large, signature.clone()).await;
    assert_eq!((status, code.as_str()), (413, "request_too_large"));
    assert_eq!(send(CONTENT_TYPE, body, signature).await.0, 200);
}

#[tokio::test]
async fn a_code_enrols_exactly_one_device_however_many_try_at_once() {
    let office = Office::start().await;
    let code = office
        .app
        .issue_code(&supervisor(), office.accounts[0])
        .await
        .unwrap();
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..20u8 {
        let (app, code) = (Arc::clone(&office.app), code.clone());
        let key = ed25519_dalek::SigningKey::from_bytes(&[n + 1; 32]);
        let request = protocol::enrol::EnrolRequest {
            code,
            public_key: hex::encode(key.verifying_key().to_bytes()),
            device_name: format!("手机{n}"),
        };
        tries.spawn(async move { app.enrol(request).await });
    }
    let (mut won, mut lost) = (0, 0);
    while let Some(done) = tries.join_next().await {
        match done.unwrap() {
            Ok(_) => won += 1,
            Err(e) => {
                assert_eq!(e.code(), "code_invalid");
                lost += 1;
            }
        }
    }
    assert_eq!((won, lost), (1, 19));
    assert_eq!(office.campaign().await.devices.len(), 1);
}
