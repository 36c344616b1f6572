//! Tables in and out over the interface: what comes in whole or not at all, what leaves, and under which name.
//!
//! Leaves out: what stands in the files (`documents`), sealed values (`sealed_tests`).

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;

use super::access_tests::everybody;
use super::router;
use crate::auth::Role;
use crate::testing::Office;

/// An office, its router, and the tokens of everybody.
struct Desk {
    office: Office,
    router: axum::Router,
    tokens: Vec<(Role, String)>,
}

impl Desk {
    async fn open() -> Self {
        let office = Office::start().await;
        let router = router(&office.app);
        let people = everybody(&office, &router).await;
        let tokens = people
            .into_iter()
            .map(|(role, p)| (role, p.bearer))
            .collect();
        Self {
            office,
            router,
            tokens,
        }
    }

    async fn call(
        &self,
        role: Role,
        method: &str,
        path: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, Bytes, String) {
        let token = self.tokens.iter().find(|(r, _)| *r == role).unwrap();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", token.1))
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(body.into())
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let name = response.headers().get(header::CONTENT_DISPOSITION);
        let name = name.map_or_else(String::new, |v| v.to_str().unwrap().to_owned());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, bytes, name)
    }

    async fn json(&self, path: &str, body: impl Into<Body>) -> (StatusCode, Value) {
        let (status, bytes, _) = self.call(Role::Supervisor, "POST", path, body).await;
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn people(&self) -> usize {
        self.office.campaign().await.accounts.len()
    }
}

#[tokio::test]
async fn a_table_is_checked_then_comes_in_and_a_wrong_one_changes_nothing() {
    let desk = Desk::open().await;
    let before = desk.people().await;
    let bad = "姓名,角色,组别\n观摩员91,评委,1\n观摩员92,老板,1\n=1+1,督查室,\n";
    let (status, said) = desk.json("/api/v1/imports/roster", bad).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(said["imported"], 0);
    let places: Vec<_> = said["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["cell"])
        .collect();
    assert_eq!(places, ["B3", "A4"]);
    assert_eq!(said["errors"][0]["code"], "unknown_role");
    assert_eq!(desk.people().await, before);
    let (gbk, _, _) = encoding_rs::GBK.encode("姓名;角色;组别\r\n观摩员91;评委;1\r\n");
    let gbk = gbk.into_owned();
    let path = "/api/v1/imports/roster?dry_run=true";
    let (status, said) = desk.json(path, gbk.clone()).await;
    assert_eq!(
        (status, &said["imported"]),
        (StatusCode::OK, &1.into()),
        "{said}"
    );
    assert_eq!(said["read"]["encoding"], "GB18030 (GBK)");
    assert_eq!(desk.people().await, before);
    let (status, _) = desk.json("/api/v1/imports/roster", gbk).await;
    assert_eq!((status, desk.people().await), (StatusCode::OK, before + 1));
}

#[tokio::test]
async fn what_is_no_table_is_told_so_and_changes_nothing() {
    let desk = Desk::open().await;
    let before = desk.people().await;
    let (status, said) = desk.json("/api/v1/imports/people", "a,b").await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::NOT_FOUND, &"not_found".into())
    );
    let huge = vec![b'x'; documents::import::MAX_BYTES + 2];
    let (status, said) = desk.json("/api/v1/imports/roster", huge).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{said}");
    let old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on".to_vec();
    let (status, said) = desk.json("/api/v1/imports/roster", old).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(said["errors"][0]["code"], "other_workbook");
    // A running campaign takes no new groups: said before the file is looked at.
    let (status, said) = desk.json("/api/v1/imports/groups?dry_run=true", "x").await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::CONFLICT, &"frozen".into())
    );
    assert_eq!(desk.people().await, before);
}

#[tokio::test]
async fn tables_leave_under_a_chinese_name_and_each_is_in_the_audit() {
    let desk = Desk::open().await;
    let files = [
        ("records.csv", "\u{feff}记录编号,".as_bytes()),
        ("sites.json", b"["),
        ("ledger.xlsx", b"PK"),
        ("places.geojson", b"{"),
    ];
    for (file, begins) in files {
        let path = format!("/api/v1/exports/{file}");
        let (status, body, name) = desk.call(Role::CountyLead, "GET", &path, "").await;
        assert_eq!(status, StatusCode::OK, "{file}");
        assert!(body.starts_with(begins), "{file}");
        assert!(name.contains(&format!("filename=\"{file}\"")), "{name}");
        assert!(name.contains("filename*=UTF-8''%E"), "{name}");
        let (word, ending) = file.split_once('.').unwrap();
        let entry = format!("{word}.{ending} (");
        assert_eq!(audited(&desk, "export", &entry).await, 1, "{file}");
    }
    let (status, body, _) = desk
        .call(Role::CountyLead, "GET", "/api/v1/exports/results.csv", "")
        .await;
    assert_eq!(status, StatusCode::CONFLICT, "{body:?}");
    let (status, _, _) = desk
        .call(Role::CountyLead, "GET", "/api/v1/exports/people.csv", "")
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn households_leave_only_for_who_may_and_says_so() {
    let desk = Desk::open().await;
    let household = "农户";
    let c = desk.office.campaign().await;
    let name = &c.sites[&desk.office.sites[1]].name;
    let path = "/api/v1/exports/sites.csv";
    let text = |body: Bytes| String::from_utf8(body.to_vec()).unwrap();
    let (_, body, _) = desk.call(Role::Supervisor, "GET", path, "").await;
    let open = text(body);
    assert!(
        open.contains(household) && !open.contains(&format!(",{name},")),
        "{open}"
    );
    let internal = format!("{path}?internal=true");
    let (_, body, _) = desk.call(Role::Supervisor, "GET", &internal, "").await;
    assert!(text(body).contains(&format!(",{name},")));
    assert_eq!(audited(&desk, "export_internal", "sites.csv (").await, 1);
    let (status, _, _) = desk.call(Role::CountyLead, "GET", &internal, "").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

async fn audited(desk: &Desk, action: &str, about: &str) -> usize {
    let database = desk.office.dir.path().join("server.db");
    let database = rusqlite::Connection::open(database).unwrap();
    let count = database.query_row(
        "SELECT count(*) FROM audit_entries WHERE action = ?1 AND object LIKE ?2 || '%' AND ok",
        (action, about),
        |row| row.get::<_, i64>(0),
    );
    usize::try_from(count.unwrap()).unwrap()
}

#[tokio::test]
async fn a_template_from_the_interface_goes_back_in_as_an_empty_table() {
    let desk = Desk::open().await;
    let path = "/api/v1/templates/roster.xlsx";
    let (status, body, name) = desk.call(Role::Supervisor, "GET", path, "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(name.contains("roster.xlsx"));
    let (status, said) = desk.json("/api/v1/imports/roster", body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(said["errors"][0]["code"], "empty");
}

#[tokio::test]
async fn a_checked_file_is_imported_by_its_id_once_and_by_nobody_else() {
    let desk = Desk::open().await;
    let before = desk.people().await;
    let table = "姓名,角色,组别\n观摩员91,评委,1\n";
    let (_, said) = desk
        .json("/api/v1/imports/roster?dry_run=true", table)
        .await;
    assert_eq!(
        (&said["checked"]["new"], desk.people().await),
        (&1.into(), before)
    );
    let path = format!(
        "/api/v1/imports/{}/apply",
        said["checked"]["id"].as_str().unwrap()
    );
    let other = crate::routes::issue_tests::Client::of(
        &desk.office,
        "second",
        crate::auth::types::Grant::of(Role::Supervisor),
    );
    let (status, body, _) = other.await.send("POST", &path, &[], Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::GONE, &"import_gone".into())
    );
    let (status, said) = desk.json(&path, "").await;
    assert_eq!(
        (status, &said["imported"]),
        (StatusCode::OK, &1.into()),
        "{said}"
    );
    let (status, said) = desk.json(&path, "").await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::GONE, &"import_gone".into())
    );
    assert_eq!(desk.people().await, before + 1);
    // The same file again does not fit any more: no id for what cannot come in.
    let (status, said) = desk
        .json("/api/v1/imports/roster?dry_run=true", table)
        .await;
    assert_eq!(
        (status, &said["checked"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &Value::Null)
    );
}

#[tokio::test]
async fn a_roster_of_twenty_thousand_is_answered_in_seconds_and_one_more_is_refused() {
    let desk = Desk::open().await;
    let before = desk.people().await;
    let rows = |n: usize| {
        let people = (0..n).map(|n| format!("评委{n:05},观摩员,１\n"));
        format!("姓名,角色,组别\n{}", people.collect::<String>())
    };
    let begun = std::time::Instant::now();
    let path = "/api/v1/imports/roster?dry_run=true";
    let (status, said) = desk.json(path, rows(20_000)).await;
    assert_eq!(
        (status, &said["checked"]["new"]),
        (StatusCode::OK, &20_000.into()),
        "{said}"
    );
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    let (status, said) = desk.json(path, rows(20_001)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(said["errors"][0]["code"], "too_many_rows");
    // Every row wrong: the first 200 by cell, the others counted, nothing changed.
    let wrong = rows(20_000).replace("观摩员", "国王");
    let (status, said) = desk.json("/api/v1/imports/roster", wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(said["errors"].as_array().unwrap().len(), 200);
    assert_eq!(
        (&said["more"], &said["errors"][0]["cell"]),
        (&19_800.into(), &"B2".into())
    );
    assert_eq!(desk.people().await, before);
}
