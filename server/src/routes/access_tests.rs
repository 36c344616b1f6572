//! Every route and page × every role, from the rows they were added with.
//!
//! A route cannot be added without a row (`Routes::add`, `Pages::page`, `Pages::form`), so none is left out here. The
//! table of rights for people, `docs/rights.md`, is written from the same rows and compared.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;

use super::{page_rows, router, rows};
use crate::auth::access::Row;
use crate::auth::types::Grant;
use crate::auth::{Access, Action, Reach, Role, allows};
use crate::testing::{Office, PASSWORD};

const HOST: &str = "guanmo.test";
const UNKNOWN: &str = "00000000-0000-0000-0000-000000000194";

/// What a request was answered: status, body, `Location`, `Set-Cookie`.
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: String,
    /// Every header.
    pub headers: Vec<(String, String)>,
    location: String,
    cookie: String,
}

pub(super) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let text = |name| {
        let value = response.headers().get(name);
        value.map_or_else(String::new, |v| v.to_str().unwrap().to_owned())
    };
    let location = text(header::LOCATION);
    let set = response.headers().get_all(header::SET_COOKIE).iter();
    let set = set.map(|v| v.to_str().unwrap().to_owned());
    let cookie = set.into_iter().find(|c| c.starts_with("guanmo_session="));
    let cookie = cookie.unwrap_or_default();
    let status = response.status();
    let all = response.headers().iter();
    let own = all.filter(|(name, _)| name.as_str() != "x-request-id");
    let headers = own
        .map(|(n, v)| (n.to_string(), format!("{v:?}")))
        .collect();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer {
        status,
        body: String::from_utf8_lossy(&bytes).into_owned(),
        headers,
        location,
        cookie: cookie.split(';').next().unwrap_or_default().to_owned(),
    }
}

/// Somebody of a role, signed in to both.
#[derive(Clone, Default)]
pub(super) struct Person {
    pub bearer: String,
    cookie: String,
    csrf: String,
}

async fn token(router: &Router, name: &str) -> String {
    let b = serde_json::json!({"user_name": name, "password": PASSWORD});
    let request = Request::post("/api/v1/session")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(b.to_string()))
        .unwrap();
    let answer = send(router, request).await.body;
    let session: serde_json::Value = serde_json::from_str(&answer).unwrap();
    session["token"].as_str().unwrap().to_owned()
}

async fn sign_in(router: &Router, name: &str) -> Person {
    let form = format!("user_name={name}&password={PASSWORD}");
    let request = Request::post("/sign-in")
        .header(header::HOST, HOST)
        .header(header::ORIGIN, format!("http://{HOST}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    let signed_in = send(router, request).await;
    let home = Request::get(&signed_in.location)
        .header(header::HOST, HOST)
        .header(header::COOKIE, &signed_in.cookie)
        .body(Body::empty())
        .unwrap();
    let page = send(router, home).await.body;
    let csrf = page
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .unwrap_or_default();
    Person {
        bearer: String::new(),
        cookie: signed_in.cookie,
        csrf: csrf.split('"').next().unwrap_or_default().to_owned(),
    }
}

/// People whose logins are there, signed in to pages and interface. Tokens come last: the cookies' expiry follows the
/// machine's clock, and ending a session clears away what has expired by it.
pub(super) async fn persons(router: &Router, names: &[&str]) -> Vec<Person> {
    let mut people = Vec::new();
    for name in names {
        people.push(sign_in(router, name).await);
    }
    for (name, person) in names.iter().zip(&mut people) {
        person.bearer = token(router, name).await;
    }
    people
}

/// One of every role, signed in to pages and interface.
pub(super) async fn everybody(office: &Office, router: &Router) -> Vec<(Role, Person)> {
    let roles = Role::ALL.iter().copied().filter(|r| r.enters_console());
    let roles: Vec<Role> = roles.collect();
    for role in &roles {
        office.login(Grant::of(*role)).await;
    }
    let names: Vec<&str> = roles.iter().map(|r| r.word()).collect();
    let people = persons(router, &names).await;
    roles.into_iter().zip(people).collect()
}

/// The pattern with its holes filled by what exists nowhere.
fn filled(pattern: &str) -> String {
    filled_with(pattern, UNKNOWN)
}

/// The same with something that may exist.
pub(super) fn filled_with(pattern: &str, what: &str) -> String {
    let mut path = String::new();
    for part in pattern.split('/').skip(1) {
        let hole = part.find('{').map(|at| (at, part.rfind('}')));
        match hole {
            Some((at, Some(end))) => {
                let _ = write!(path, "/{}{what}{}", &part[..at], &part[end + 1..]);
            }
            _ => {
                let _ = write!(path, "/{part}");
            }
        }
    }
    path
}

fn is_api(row: &Row) -> bool {
    row.path.starts_with("/api/")
}

async fn call(router: &Router, row: &Row, who: &Person) -> Answer {
    call_at(router, row, &filled(&row.path), who).await
}

pub(super) async fn call_at(router: &Router, row: &Row, path: &str, who: &Person) -> Answer {
    call_saying(router, row, path, who, "").await
}

/// Calls a row at a path with a body: JSON, or the fields of a form beside its token.
pub(super) async fn call_saying(
    router: &Router,
    row: &Row,
    path: &str,
    who: &Person,
    said: &str,
) -> Answer {
    let mut request = Request::builder()
        .method(row.method)
        .uri(path)
        .header(header::HOST, HOST)
        .header(header::ORIGIN, format!("http://{HOST}"))
        .header(header::IF_MATCH, "*")
        .header("x-request-id", "1");
    let body = if is_api(row) {
        request = request.header(header::CONTENT_TYPE, "application/json");
        if !who.bearer.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", who.bearer));
        }
        said.to_owned()
    } else {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request = request.header(header::COOKIE, &who.cookie);
        format!("csrf={}&{said}", who.csrf)
    };
    send(router, request.body(Body::from(body)).unwrap()).await
}

fn is_refused(row: &Row, answer: &Answer) -> bool {
    let said = if is_api(row) {
        answer.body.contains("\"forbidden\"")
    } else {
        answer.body.contains("forbidden")
    };
    answer.status == StatusCode::FORBIDDEN && said
}

pub(super) fn every_row(office: &Office) -> Vec<Row> {
    let mut all = rows(&office.app);
    all.extend(page_rows(&office.app));
    all
}

#[tokio::test]
async fn every_route_refuses_strangers_and_every_role_without_the_right() {
    let office = Office::start().await;
    let router = router(&office.app);
    let people = everybody(&office, &router).await;
    let mut walked = 0;
    for row in every_row(&office) {
        let asks = match row.access {
            Access::May(action) => Some(action),
            Access::SignedIn => None,
            Access::Open | Access::Phone => continue,
        };
        let stranger = call(&router, &row, &Person::default()).await;
        if is_api(&row) {
            assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{row:?}");
        } else {
            assert_eq!(stranger.status, StatusCode::SEE_OTHER, "{row:?}");
            assert!(stranger.location.starts_with("/sign-in"), "{row:?}");
        }
        for (role, person) in &people {
            let Some(action) = asks else { continue };
            let answer = call(&router, &row, person).await;
            let what = format!("{row:?} {} {}", role.word(), answer.status);
            if !allows(*role, action) {
                assert!(is_refused(&row, &answer), "{what} {}", answer.body);
                continue;
            }
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
            if is_refused(&row, &answer) {
                let login = office.app.auth().store().logins().await.unwrap();
                let login = login.into_iter().find(|l| l.role == *role).unwrap();
                assert_ne!(Reach::of(&login), Reach::County, "{what}");
            }
            assert!(!answer.status.is_server_error(), "{what} {}", answer.body);
            walked += 1;
        }
    }
    assert!(walked > 150, "{walked}");
    let auth = office.app.auth();
    let page = auth
        .find_audit(Default::default(), None, 500)
        .await
        .unwrap();
    let refusals = page.entries.iter().filter(|(_, e)| !e.ok);
    assert!(refusals.count() > 50);
}

#[tokio::test]
async fn every_form_is_refused_from_another_origin_and_without_its_token() {
    let office = Office::start().await;
    let router = router(&office.app);
    office.login(Grant::of(Role::Supervisor)).await;
    let person = sign_in(&router, Role::Supervisor.word()).await;
    let forms = page_rows(&office.app);
    let forms = forms.into_iter().filter(|r| r.method != "GET");
    for row in forms {
        for (origin, csrf) in [
            (Some("http://evil.test"), person.csrf.as_str()),
            (Some("null"), &person.csrf),
            (None, &person.csrf),
        ] {
            let mut request = Request::builder()
                .method(row.method)
                .uri(filled(&row.path))
                .header(header::HOST, HOST)
                .header(header::COOKIE, &person.cookie)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            if let Some(origin) = origin {
                request = request.header(header::ORIGIN, origin);
            }
            let body = Body::from(format!("csrf={csrf}"));
            let answer = send(&router, request.body(body).unwrap()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{row:?} {origin:?}");
        }
        if row.access == Access::Open {
            continue;
        }
        let stolen = Person {
            csrf: "00".to_owned(),
            ..person.clone()
        };
        let answer = call(&router, &row, &stolen).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{row:?}");
    }
}

/// `docs/rights.md` as it must be.
fn rights(office: &Office) -> String {
    let mut text = String::from(
        "# Rights\n\nWritten from the table in `server/src/auth/roles.rs` and the rows of every route; a test compares \
         (`UPDATE=1 cargo test -p server rights_are_written_down` writes it anew). What is not named is refused.\n\n\
         ## Who may do what\n| right | meaning | roles |\n|---|---|---|\n",
    );
    for action in Action::ALL {
        let roles = Role::ALL.iter().filter(|r| allows(**r, *action));
        let roles: Vec<_> = roles.map(|r| r.word()).collect();
        let (word, meaning) = (action.word(), action.meaning());
        let _ = writeln!(text, "| `{word}` | {meaning} | {} |", roles.join(", "));
    }
    text += "\n`group_rapporteur` reaches the own group, `township_lead`, `department_lead` and `village_user` the own unit; \
             the others the whole county. Roles without a right use only the phone or nothing.\n\n\
             ## What each route asks\n`open`: anybody; `phone`: a device, by its signature or token; `signed_in`: anybody \
             signed in.\n\n| route | asks |\n|---|---|\n";
    let mut by_path = BTreeMap::new();
    for row in every_row(office) {
        by_path.insert((row.path.clone(), row.method), row.access);
    }
    for ((path, method), access) in by_path {
        let _ = writeln!(text, "| {method} `{path}` | {access} |");
    }
    text
}

#[tokio::test]
async fn rights_are_written_down() {
    let office = Office::bare().await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rights.md");
    let text = rights(&office);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == text,
        "docs/rights.md differs from the code; run with UPDATE=1 and read what changed"
    );
}
