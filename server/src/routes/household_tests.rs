//! Households: found by code, corrected and erased; their codes leave with the internal right alone.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use merge::Value;
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use super::access_tests::everybody;
use super::issue_tests::Client;
use super::router;
use crate::auth::Role;
use crate::auth::types::Grant;
use crate::testing::Office;

const CODE: &str = "640422100201-03-015";

/// A household whose code a phone noted; one sheet says that nobody let the observer in.
async fn visited() -> Office {
    let office = Office::start().await;
    let c = office.campaign().await;
    let household = office.sites[1];
    let facts = protocol::ids::site_facts(office.campaign, household, office.groups[0]);
    let mut phone = office.phone(0).await;
    let noted = [
        ("site_facts", facts, "code", Value::text(CODE), vec![]),
        (
            "site_facts",
            facts,
            "name",
            Value::text("<script>户"),
            vec![],
        ),
    ];
    let segment = phone.write(phone.group_scope(), &noted);
    phone.sync(&office.app, vec![segment]).await.unwrap();
    for (who, visit) in [(0, "entered"), (1, "refused"), (2, "absent")] {
        let mut phone = match who {
            0 => phone_again(&office).await,
            who => office.phone(who).await,
        };
        let mut sheet = phone.filled(&c, household, 1);
        let id = phone.sheet(household);
        sheet.push(("sheet", id, "visit", Value::text(visit), vec![]));
        let segment = phone.write(phone.sealed(), &sheet);
        phone.sync(&office.app, vec![segment]).await.unwrap();
    }
    office
}

/// A second phone of the first observer.
async fn phone_again(office: &Office) -> crate::testing::Phone {
    let key = ed25519_dalek::SigningKey::from_bytes(&[99; 32]);
    office.phone_with(0, key).await
}

fn count(list: &Json) -> usize {
    list["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_household_is_found_by_its_code_and_corrected_with_a_reason() {
    let office = visited().await;
    let desk = Client::of(&office, "desk", Grant::of(Role::Supervisor)).await;
    let get = async |path: &str| desk.send("GET", path, &[], Json::Null).await;
    for q in ["03-015", "０３－０１５", "640422100201"] {
        let (_, found, _) = get(&format!(
            "/api/v1/households?q={}",
            q.bytes().map(|b| format!("%{b:02X}")).collect::<String>()
        ))
        .await;
        assert_eq!(count(&found), 1, "{q} {found}");
    }
    assert_eq!(count(&get("/api/v1/households?q=04-015").await.1), 0);
    let path = format!("/api/v1/households/{}", office.sites[1]);
    let (_, seen, tag) = get(&path).await;
    assert_eq!(seen["noted"][0]["code"], CODE);
    assert_eq!(
        [&seen["entered"], &seen["refused"], &seen["absent"]],
        [&json!(1), &json!(1), &json!(1)]
    );
    let body = |field: &str, value: &str, why: &str| json!({"group": 1, "field": field, "value": value, "reason": why});
    let good = body("code", "640422100201-3-16", "户主来电更正");
    let (status, _, _) = desk.send("PATCH", &path, &[], good.clone()).await;
    assert_eq!(status, StatusCode::PRECONDITION_REQUIRED);
    let read = [("if-match", tag.as_str())];
    for (bad, code) in [
        (body("code", "640422100201-3-16", " "), "reason_required"),
        (body("code", "第三户", "x"), "invalid"),
        (body("name", "642223199001011234", "x"), "invalid"),
        (body("remark", "证号 64222319900101123X", "x"), "invalid"),
        (body("name", "甲", "证号 642223199001011234"), "invalid"),
        (body("id_number", "1", "x"), "invalid"),
        (
            json!({"group": 7, "field": "code", "value": "", "reason": "x"}),
            "not_found",
        ),
    ] {
        let (status, said, _) = desk.send("PATCH", &path, &read, bad.clone()).await;
        assert!(status.is_client_error(), "{bad}");
        assert_eq!(said["code"], code, "{bad}");
    }
    assert_eq!(get(&path).await.1, seen);
    let (status, now, _) = desk.send("PATCH", &path, &read, good.clone()).await;
    assert_eq!(
        (status, &now["noted"][0]["code"]),
        (StatusCode::OK, &"640422100201-03-016".into())
    );
    let (status, _, _) = desk.send("PATCH", &path, &read, good).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED);
    let any = [("if-match", "*")];
    let (status, _, _) = desk
        .send("PATCH", &path, &any, body("code", "", "户主要求删除"))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(count(&get("/api/v1/households?q=03-01").await.1), 0);
    let database = rusqlite::Connection::open(office.dir.path().join("server.db")).unwrap();
    let mut told = database
        .prepare(
            "SELECT object, detail FROM audit_entries WHERE action = 'correct_household' AND ok",
        )
        .unwrap();
    let told = told.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)));
    let told: Vec<_> = told.unwrap().map(Result::unwrap).collect();
    assert_eq!(told.len(), 2);
    assert!(
        told.iter()
            .all(|(object, why)| !object.contains("03-01") && !why.contains("03-01"))
    );
}

async fn file(office: &Office, bearer: &str, path: &str) -> (StatusCode, String) {
    let request = Request::get(path)
        .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
        .body(Body::empty())
        .unwrap();
    let response = router(&office.app).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn household_codes_leave_with_the_internal_right_alone_and_not_entered_is_said() {
    let office = visited().await;
    let router = router(&office.app);
    let people = everybody(&office, &router).await;
    let of = |role: Role| {
        people
            .iter()
            .find(|(r, _)| *r == role)
            .unwrap()
            .1
            .bearer
            .clone()
    };
    let (desk, lead) = (of(Role::Supervisor), of(Role::CountyLead));
    let (_, internal) = file(&office, &desk, "/api/v1/exports/sites.csv?internal=true").await;
    assert!(internal.contains(&format!("农户1 {CODE}")), "{internal}");
    for table in [
        "sites.csv",
        "records.csv",
        "answers.csv",
        "places.geojson",
        "sites.json",
    ] {
        for who in [&desk, &lead] {
            let (status, open) = file(&office, who, &format!("/api/v1/exports/{table}")).await;
            assert_eq!(status, StatusCode::OK, "{table}");
            assert!(!open.contains("03-015"), "{table}");
        }
    }
    let (_, records) = file(&office, &desk, "/api/v1/exports/records.csv").await;
    assert!(
        records.contains("未入户：拒绝") && records.contains("未入户：无人"),
        "{records}"
    );
    // A second code, written by somebody who had not seen the first.
    let facts = protocol::ids::site_facts(office.campaign, office.sites[1], office.groups[0]);
    let mut phone = office.phone(3).await;
    let other = Value::text("640422100201-03-015乙");
    let noted = [("site_facts", facts, "code", other, vec![])];
    let segment = phone.write(phone.group_scope(), &noted);
    phone.sync(&office.app, vec![segment]).await.unwrap();
    for path in [
        format!("/api/v1/records/{facts}"),
        "/api/v1/conflicts".to_owned(),
    ] {
        let told = async |who: &str| file(&office, who, &path).await.1;
        assert!(told(&desk).await.contains("03-015乙"), "{path}");
        let seen = told(&lead).await;
        assert!(
            seen.contains("internal") && !seen.contains("03-015"),
            "{path}: {seen}"
        );
    }
    // The list of conflicts on the page is another one.
    let logins = office.app.auth().store().logins().await.unwrap();
    for (role, told) in [(Role::Supervisor, true), (Role::CountyLead, false)] {
        let login = logins.iter().find(|l| l.role == role).unwrap().clone();
        let viewer = crate::auth::Viewer::new(login, None);
        let rows = office.app.conflicts(&viewer).await.unwrap();
        assert!(!rows.is_empty());
        assert_eq!(format!("{rows:?}").contains("03-015"), told);
    }
    for (role, person) in &people {
        let (status, _) = file(&office, &person.bearer, "/api/v1/households").await;
        let expected = if *role == Role::Supervisor {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(status, expected, "{}", role.word());
    }
}
