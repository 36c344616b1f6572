//! The conventions of `docs/api/README.md`, for every operation of the description: bodies, lists, tags, keys, refusals.
//!
//! The operations come from the rows the routes were added with, so a new one is held to all of it without being named.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::IntoResponse;
use protocol::problem::Code;
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use super::access_tests::{everybody, filled_with};
use super::{description, router, rows};
use crate::auth::access::Row;
use crate::auth::{Access, Role, allows};
use crate::error::Error;
use crate::testing::Office;

const UNKNOWN: &str = "00000000-0000-0000-0000-000000000194";

/// Bodies without a described schema, and why.
const FREE_BODIES: &[(&str, &str)] = &[
    (
        "GET /api/v1/exports/{file} 200 application/json",
        "the columns are those of the table asked for",
    ),
    (
        "GET /api/v1/exports/{file} 200 application/geo+json",
        "RFC 7946 describes it",
    ),
    (
        "GET /api/v1/prepare/checklists/{id} 200 application/json",
        "the text of a checklist is `checklist/1`, which has a description of its own",
    ),
    (
        "POST /api/v1/prepare/checklists body application/json",
        "the same",
    ),
];

/// Lists that come whole, and why.
const WHOLE_LISTS: &[(&str, &str)] = &[
    (
        "GET /api/v1/board",
        "one row for each township and group; a board is looked at whole",
    ),
    (
        "GET /api/v1/ranking",
        "one table for each group; a page of a ranking says nothing",
    ),
    (
        "GET /api/v1/prepare/townships",
        "few, and put into groups as a whole",
    ),
    (
        "GET /api/v1/prepare/route",
        "an order is read and changed as a whole",
    ),
];

/// Secrets that work once: sent again they are refused; and what phones send, which their counters or the content itself
/// make harmless to send again. They need no key.
const ONE_TIME: &[&str] = &[
    "POST /api/v1/setup",
    "POST /api/v1/session",
    "POST /api/v1/enrol",
    "POST /api/v1/sync",
    "POST /api/v1/bundles/carried",
];

struct Described {
    api: Json,
    rows: Vec<Row>,
}

impl Described {
    fn of(office: &Office) -> Self {
        Self {
            api: serde_json::to_value(description(&office.app)).unwrap(),
            rows: rows(&office.app),
        }
    }

    fn operation(&self, row: &Row) -> &Json {
        &self.api["paths"][&row.path][row.method.to_lowercase()]
    }

    fn each(&self) -> impl Iterator<Item = (String, &Row, &Json)> {
        let told = |row: &Row| format!("{} {}", row.method, row.path);
        self.rows
            .iter()
            .map(move |row| (told(row), row, self.operation(row)))
    }

    /// A schema, or the one it refers to.
    fn resolved<'a>(&'a self, schema: &'a Json) -> &'a Json {
        let name = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next());
        name.map_or(schema, |name| &self.api["components"]["schemas"][name])
    }

    /// Where a schema does not say what it holds.
    fn undescribed(&self, schema: &Json, at: &str, seen: &mut BTreeSet<String>) -> Vec<String> {
        if let Some(name) = schema["$ref"].as_str() {
            let known = self.resolved(schema);
            if known.is_null() {
                return vec![format!("{at}: {name} is nowhere")];
            }
            let fresh = seen.insert(name.to_owned());
            return if fresh {
                self.undescribed(known, name, seen)
            } else {
                Vec::new()
            };
        }
        let mut parts: Vec<(String, &Json)> = Vec::new();
        for many in ["oneOf", "anyOf", "allOf", "prefixItems"] {
            let all = schema[many].as_array().into_iter().flatten();
            parts.extend(all.map(|s| (format!("{at}.{many}"), s)));
        }
        if let Some(fields) = schema["properties"].as_object() {
            parts.extend(fields.iter().map(|(name, s)| (format!("{at}.{name}"), s)));
        }
        for one in ["items", "additionalProperties"] {
            if schema[one].is_object() {
                parts.push((format!("{at}.{one}"), &schema[one]));
            }
        }
        let plain = ["string", "integer", "number", "boolean", "null"];
        let says = |word: &str| {
            schema["type"] == word
                || schema["type"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|t| t == word))
        };
        let value = plain.iter().any(|word| says(word));
        let fixed = schema.get("enum").is_some() || schema.get("const").is_some();
        if parts.is_empty() && !value && !fixed {
            return vec![format!("{at}: {schema}")];
        }
        let all = parts.into_iter();
        all.flat_map(|(at, s)| self.undescribed(s, &at, seen))
            .collect()
    }
}

fn bodies(op: &Json) -> Vec<(String, &Json)> {
    let mut all = Vec::new();
    if let Some(content) = op["requestBody"]["content"].as_object() {
        all.extend(content.iter().map(|(m, c)| (format!("body {m}"), c)));
    }
    for (status, response) in op["responses"].as_object().into_iter().flatten() {
        let content = response["content"].as_object().into_iter().flatten();
        all.extend(content.map(|(m, c)| (format!("{status} {m}"), c)));
    }
    all
}

#[tokio::test]
async fn every_body_has_a_described_schema() {
    let office = Office::start().await;
    let described = Described::of(&office);
    let mut wrong = Vec::new();
    let mut free: BTreeSet<&str> = FREE_BODIES.iter().map(|(which, _)| *which).collect();
    for (told, _, op) in described.each() {
        for (status, response) in op["responses"].as_object().unwrap() {
            let silent = ["204", "304"].contains(&status.as_str());
            if !silent && response["content"].is_null() {
                wrong.push(format!("{told} {status}: no body is described"));
            }
        }
        for (which, content) in bodies(op) {
            let told = format!("{told} {which}");
            if free.remove(told.as_str()) {
                continue;
            }
            let found = described.undescribed(&content["schema"], "", &mut BTreeSet::new());
            wrong.extend(found.into_iter().map(|what| format!("{told}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(free.is_empty(), "these are described or gone: {free:?}");
}

#[tokio::test]
async fn no_operation_names_a_parameter_twice() {
    let office = Office::start().await;
    for (told, _, op) in Described::of(&office).each() {
        let mut names = BTreeSet::new();
        for parameter in op["parameters"].as_array().into_iter().flatten() {
            let name = (parameter["in"].to_string(), parameter["name"].to_string());
            assert!(names.insert(name.clone()), "{told}: {name:?}");
        }
    }
}

#[tokio::test]
async fn every_list_comes_in_pages() {
    let office = Office::start().await;
    let described = Described::of(&office);
    let mut paged = 0;
    for (told, _, op) in described.each().filter(|(_, row, _)| row.method == "GET") {
        let answer = &op["responses"]["200"]["content"]["application/json"]["schema"];
        let answer = described.resolved(answer);
        assert_ne!(answer["type"], "array", "{told} answers a bare list");
        let fields = answer["properties"].as_object().into_iter().flatten();
        let is_list = |s: &Json| s["type"] == "array";
        let lists: Vec<_> = fields.filter(|(_, s)| is_list(s)).map(|(n, _)| n).collect();
        let whole = WHOLE_LISTS.iter().any(|(which, _)| *which == told);
        // Something about one thing may hold lists of its parts.
        if lists.is_empty() || whole || !lists.iter().any(|n| *n == "items" || *n == "rows") {
            continue;
        }
        let has = |name: &str| {
            let parameters = op["parameters"].as_array();
            parameters.is_some_and(|all| all.iter().any(|p| p["name"] == name))
        };
        assert!(has("cursor") && has("limit"), "{told} cannot be paged");
        let next = &answer["properties"]["next_cursor"];
        assert!(
            !next.is_null() && lists.iter().any(|n| *n == "items"),
            "{told}"
        );
        paged += 1;
    }
    assert!(paged >= 12, "{paged}");
}

#[tokio::test]
async fn every_edit_asks_for_the_tag_of_what_was_read() {
    let office = Office::start().await;
    let described = Described::of(&office);
    for (told, row, op) in described.each() {
        let answers = &op["responses"];
        if row.method == "GET" {
            let may_be_known = !answers["304"].is_null();
            let tagged = !answers["200"]["headers"]["ETag"].is_null();
            assert_eq!(may_be_known, tagged, "{told}");
        }
        if !["PUT", "PATCH"].contains(&row.method) {
            continue;
        }
        let read = &described.api["paths"][&row.path]["get"]["responses"];
        assert!(!read["304"].is_null(), "{told}: what it edits has no tag");
        for status in ["412", "428"] {
            assert!(!answers[status].is_null(), "{told}: {status}");
        }
    }
}

#[tokio::test]
async fn who_comes_too_often_or_too_early_is_told_when_to_come_back() {
    let office = Office::start().await;
    for (told, _, op) in Described::of(&office).each() {
        for status in ["429", "503"] {
            let header = &op["responses"][status]["headers"]["Retry-After"];
            assert!(!header.is_null(), "{told}: {status}");
        }
    }
    let mut seen = 0;
    for code in Code::ALL {
        let answer = Error::from(*code).into_response();
        if [429, 503].contains(&answer.status().as_u16()) {
            let after = answer.headers().get(header::RETRY_AFTER);
            let seconds = after.and_then(|v| v.to_str().ok()?.parse::<u32>().ok());
            assert!(seconds.is_some_and(|s| s > 0), "{}", code.as_str());
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

/// Requests as people send them.
struct Caller {
    router: Router,
    people: Vec<(Role, String)>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Json,
}

impl Caller {
    async fn of(office: &Office) -> Self {
        let router = router(&office.app);
        let people = everybody(office, &router).await.into_iter();
        Self {
            people: people.map(|(role, p)| (role, p.bearer)).collect(),
            router,
        }
    }

    /// Somebody who may, and somebody signed in who may not.
    fn may_and_may_not(&self, access: Access) -> (Option<&str>, Option<&str>) {
        let Access::May(action) = access else {
            let anybody = self.people.first().map(|(_, token)| token.as_str());
            return (anybody.filter(|_| access == Access::SignedIn), None);
        };
        let token = |may: bool| {
            let mut people = self.people.iter();
            // The supervisor reaches everything, where there is a choice.
            let first = |(role, _): &&(Role, String)| allows(*role, action) == may;
            let desk = self
                .people
                .iter()
                .find(|p| p.0 == Role::Supervisor && first(p));
            desk.or_else(|| people.find(first)).map(|(_, t)| t.as_str())
        };
        (token(true), token(false))
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }

    /// A refusal, which must be the same problem in both languages.
    async fn refused(&self, row: &Row, token: Option<&str>, path: &str, body: &str) -> Answer {
        let mut answers = Vec::new();
        for lang in ["zh-CN,zh;q=0.9", "en-GB,en;q=0.8"] {
            let headers = [("accept-language", lang)];
            let sent = self.send(row.method, path, token, &headers, body.to_owned());
            answers.push(sent.await);
        }
        let told = format!("{} {path} {}", row.method, answers[0].body);
        let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        for (answer, chinese) in answers.iter().zip([true, false]) {
            let media = &answer.headers[header::CONTENT_TYPE];
            assert_eq!(media, "application/problem+json", "{told}");
            for field in ["type", "title", "code", "request_id"] {
                let text = answer.body[field].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{told}: {field}");
            }
            assert_eq!(answer.body["status"], answer.status.as_u16(), "{told}");
            let title = answer.body["title"].as_str().unwrap();
            assert_eq!(title.contains(is_chinese), chinese, "{told}: {title}");
        }
        assert_eq!(answers[0].body["code"], answers[1].body["code"], "{told}");
        answers.swap_remove(0)
    }
}

#[tokio::test]
async fn every_refusal_is_a_problem_with_code_and_id_in_the_callers_language() {
    let office = Office::start().await;
    let caller = Caller::of(&office).await;
    let mut walked = BTreeSet::new();
    for row in rows(&office.app) {
        let path = filled_with(&row.path, UNKNOWN);
        let (may, may_not) = caller.may_and_may_not(row.access);
        let mut refusals = Vec::new();
        if matches!(row.access, Access::May(_) | Access::SignedIn) {
            let stranger = caller.refused(&row, None, &path, "{}").await;
            assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{row:?}");
            let nonsense = format!("{path}?campaign=none");
            let lost = caller.refused(&row, may, &nonsense, "{}").await;
            assert_eq!(lost.status, StatusCode::BAD_REQUEST, "{row:?}");
            refusals.push(lost.status);
        }
        if may_not.is_some() {
            let other = caller.refused(&row, may_not, &path, "{}").await;
            assert_eq!(other.status, StatusCode::FORBIDDEN, "{row:?}");
            refusals.push(other.status);
        }
        let reads_json = row.method != "GET" && !description_is_bodyless(&office, &row);
        if reads_json {
            let unread = caller.refused(&row, may, &path, "{\"no").await;
            assert!(unread.status.is_client_error(), "{row:?}");
            refusals.push(unread.status);
        }
        if row.path.ends_with("{id}") && row.method == "GET" {
            let nowhere = caller.refused(&row, may, &path, "").await;
            assert_eq!(nowhere.status, StatusCode::NOT_FOUND, "{row:?}");
            refusals.push(nowhere.status);
        }
        walked.extend(refusals);
    }
    assert!(walked.len() >= 3, "{walked:?}");
}

fn description_is_bodyless(office: &Office, row: &Row) -> bool {
    let described = Described::of(office);
    described.operation(row)["requestBody"].is_null()
}

#[tokio::test]
async fn every_change_may_carry_a_key_unless_its_answer_is_a_secret() {
    let office = Office::start().await;
    let caller = Caller::of(&office).await;
    let described = Described::of(&office);
    let mut keyed = 0;
    for (told, row, op) in described.each().filter(|(_, row, _)| row.method != "GET") {
        if ONE_TIME.contains(&told.as_str()) {
            continue;
        }
        let parameters = op["parameters"].as_array();
        let offered =
            parameters.is_some_and(|all| all.iter().any(|p| p["name"] == "Idempotency-Key"));
        assert_ne!(offered, super::idempotency::is_secret(row.access), "{told}");
        // Of one that cannot be a key nothing is done, whatever the body; a secret refuses every key.
        let (may, _) = caller.may_and_may_not(row.access);
        let path = filled_with(&row.path, UNKNOWN);
        let key = [(
            "idempotency-key",
            if offered { "not a key" } else { "a-key" },
        )];
        let answer = caller
            .send(row.method, &path, may, &key, "{}".to_owned())
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{told}");
        let detail = answer.body["detail"].as_str().unwrap_or_default();
        assert!(
            detail.contains("Idempotency-Key") || !offered,
            "{told}: {detail}"
        );
        keyed += usize::from(offered);
    }
    assert!(keyed > 20, "{keyed}");
}

/// What an edit of each editable resource may look like: where it is now, and a body. A new one is a new arm.
async fn edit(caller: &Caller, desk: &str, path: &str) -> (String, Json) {
    match path {
        "/api/v1/rules" => {
            let rules = caller.send("GET", path, Some(desk), &[], String::new());
            let rules = rules.await.body;
            (path.to_owned(), json!({"rules": rules, "reason": "核对"}))
        }
        "/api/v1/settings" => {
            let settings = caller.send("GET", path, Some(desk), &[], String::new());
            let mut settings = settings.await.body;
            settings["password_days"] = 90.into();
            (path.to_owned(), settings)
        }
        "/api/v1/saved_filters/{id}" => {
            let new = json!({"name": "冲突", "query": "conflict=true"}).to_string();
            let made = caller.send("POST", "/api/v1/saved_filters", Some(desk), &[], new);
            let id = made.await.body["id"].as_str().unwrap().to_owned();
            let body = json!({"name": "有冲突", "query": "conflict=true"});
            (format!("/api/v1/saved_filters/{id}"), body)
        }
        "/api/v1/logins/{id}/grant" => {
            let all = caller.send("GET", "/api/v1/logins", Some(desk), &[], String::new());
            let all = all.await.body;
            let mut rows = all["items"].as_array().unwrap().iter();
            let other = rows.find(|l| l["role"] == "auditor").unwrap();
            let body = json!({"role": "auditor", "expires_on": "2099-12-31", "reason": "借调"});
            (path.replace("{id}", other["id"].as_str().unwrap()), body)
        }
        "/api/v1/issue_number_prefix" => (path.to_owned(), json!({"prefix": "西整"})),
        "/api/v1/issues/{id}" => {
            let new = json!({"category": "sewage", "description": "污水"});
            let made = caller.send("POST", "/api/v1/issues", Some(desk), &[], new.to_string());
            let id = made.await.body["id"].as_str().unwrap().to_owned();
            (format!("/api/v1/issues/{id}"), json!({"remark": "急"}))
        }
        other => edit_prepared(caller, desk, other).await,
    }
}

/// The same of what is edited while a campaign is being prepared.
async fn edit_prepared(caller: &Caller, desk: &str, path: &str) -> (String, Json) {
    let send = async |method: &str, at: &str, body: Json| {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        caller.send(method, at, Some(desk), &[], body).await.body
    };
    let (all, fields): (&str, &[&str]) = match path {
        "/api/v1/prepare/groups/{id}" => ("groups", &["name", "lead", "rapporteur"]),
        "/api/v1/prepare/roster/{id}" => (
            "roster",
            &["name", "role", "group", "home_unit", "form", "active"],
        ),
        "/api/v1/prepare/sites/{id}" => (
            "sites",
            &[
                "name",
                "kind",
                "town_kind",
                "township",
                "village",
                "number",
                "order",
            ],
        ),
        _ => ("", &[]),
    };
    if path == "/api/v1/households/{id}" {
        let found = send("GET", "/api/v1/households", Json::Null).await;
        let id = found["items"][0]["id"].as_str().unwrap().to_owned();
        let body = json!({"group": 1, "field": "status", "value": "常住", "reason": "核对"});
        return (format!("/api/v1/households/{id}"), body);
    }
    // Running campaigns are frozen: a copy is edited.
    let days = json!({"name": path, "tour_kind": "tour", "first_day": "2099-06-01", "last_day": "2099-06-02"});
    let known = send("GET", "/api/v1/campaigns", Json::Null).await;
    let from = known["current"].as_str().unwrap().to_owned();
    let made = send("POST", &format!("/api/v1/campaigns/{from}/copies"), days).await;
    let campaign = format!("campaign={}", made["id"].as_str().unwrap());
    if !all.is_empty() {
        let list = send(
            "GET",
            &format!("/api/v1/prepare/{all}?{campaign}"),
            Json::Null,
        )
        .await;
        let mut body = list["items"][0].clone();
        let id = body["id"].as_str().unwrap().to_owned();
        body.as_object_mut()
            .unwrap()
            .retain(|k, _| fields.contains(&k.as_str()));
        return (format!("/api/v1/prepare/{all}/{id}?{campaign}"), body);
    }
    let at = format!("{path}?{campaign}");
    let body = match path {
        "/api/v1/prepare/townships" => json!([{"code": "640422100", "group": 2}]),
        "/api/v1/prepare/route" => json!([]),
        "/api/v1/prepare/nomination_deadline" => {
            json!({"until": "2099-01-01T18:00:00+08:00", "per_township": 2})
        }
        "/api/v1/prepare/basics" => send("GET", &at, Json::Null).await,
        other => panic!("{other} can be edited: say here by what"),
    };
    (at, body)
}

#[tokio::test]
async fn an_edit_of_what_changed_meanwhile_is_refused() {
    let office = Office::start().await;
    let caller = Caller::of(&office).await;
    let edits = rows(&office.app).into_iter();
    let mut walked = 0;
    for row in edits.filter(|r| ["PUT", "PATCH"].contains(&r.method)) {
        let (may, _) = caller.may_and_may_not(row.access);
        let desk = may.unwrap();
        let (path, body) = edit(&caller, desk, &row.path).await;
        let send = |headers: Vec<(&'static str, String)>| {
            let (caller, path, body) = (&caller, path.clone(), body.to_string());
            async move {
                let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
                caller
                    .send(row.method, &path, Some(desk), &headers, body)
                    .await
            }
        };
        let without = send(Vec::new()).await;
        assert_eq!(without.status, StatusCode::PRECONDITION_REQUIRED, "{path}");
        let stale = send(vec![("if-match", "\"stale\"".to_owned())]).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{path}");
        assert_eq!(stale.body["code"], "precondition_failed", "{path}");
        let read = caller.send("GET", &path, Some(desk), &[], String::new());
        let tag = read.await.headers[header::ETAG]
            .to_str()
            .unwrap()
            .to_owned();
        let fresh = send(vec![("if-match", tag)]).await;
        assert!(fresh.status.is_success(), "{path} {}", fresh.body);
        walked += 1;
    }
    assert!(walked >= 3, "{walked}");
}
