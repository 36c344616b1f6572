//! The second factor: on, asked for, locked, off, taken away, demanded.

use super::*;
use crate::auth::Access;
use crate::auth::second_factor::{PENDING_MS, code_of};
use crate::routes::page_rows;
use crate::settings::Settings;
use crate::store::sqlite::auth::LOCK_MS;

const PAGE: &str = "/console/account/second-factor";
const STEP_MS: i64 = 30_000;

/// Somebody whose second factor is on.
struct Person {
    cookie: String,
    token: String,
    secret: String,
    recovery: Vec<String>,
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split(before).nth(1).unwrap();
    rest.split(after).next().unwrap()
}

impl Console {
    fn now_ms(&self) -> i64 {
        self.office.app.now_ms()
    }

    fn code(&self, secret: &str) -> String {
        code_of(secret, self.now_ms())
    }

    /// Signs a role in and turns its second factor on, by the pages.
    async fn with_factor(&self, role: Role) -> Person {
        let (cookie, token) = self.sign_in(role).await;
        let (elsewhere, _) = self.sign_in_again(role).await;
        let page = self.get(PAGE, &cookie).await;
        assert!(page.body.contains("data:image/svg+xml;base64,"));
        let secret = between(&page.body, "hash mono\"><bdi>", "<").to_owned();
        let form =
            |password: &str, code: &str| format!("csrf={token}&password={password}&code={code}");
        let on = format!("{PAGE}/on");
        let right = self.code(&secret);
        let wrong = self.post(&on, &cookie, &form(PASSWORD, "000000")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let wrong = self.post(&on, &cookie, &form("Wrong-2026", &right)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        // The offer stays the same until it is taken.
        assert!(wrong.body.contains(&secret));
        let done = self.post(&on, &cookie, &form(PASSWORD, &right)).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let list = between(&done.body, "<ol class=\"codes-list mono\">", "</ol>");
        let codes = list.split("<bdi>").skip(1);
        let recovery: Vec<_> = codes
            .map(|c| c.split('<').next().unwrap().to_owned())
            .collect();
        assert_eq!(recovery.len(), 10);
        // Who signed in without it is out elsewhere, and goes on here.
        assert_ne!(self.get(PAGE, &elsewhere).await.status, StatusCode::OK);
        let later = self.get(PAGE, &cookie).await.body;
        assert!(!later.contains(&secret) && !later.contains(&recovery[0]));
        self.wait(STEP_MS);
        Person {
            cookie,
            token,
            secret,
            recovery,
        }
    }

    /// The cookie of a sign-in that waits for its code.
    async fn pending(&self, role: Role) -> String {
        let answer = self.try_sign_in(role.word(), PASSWORD).await;
        assert_eq!(answer.location, "/sign-in/code", "{}", answer.body);
        assert!(
            !answer
                .cookies
                .iter()
                .any(|c| c.starts_with("guanmo_session="))
        );
        let set = answer
            .cookies
            .iter()
            .find(|c| c.starts_with("guanmo_pending="));
        let set = set.unwrap();
        assert!(
            set.contains("HttpOnly") && set.contains("SameSite=Strict"),
            "{set}"
        );
        set.split(';').next().unwrap().to_owned()
    }

    async fn enter_code(&self, pending: &str, code: &str) -> Answer {
        let form = format!("code={code}&next=");
        self.post("/sign-in/code", pending, &form).await
    }

    async fn details(&self, action: &str) -> Vec<(bool, String)> {
        let page = self
            .office
            .app
            .auth()
            .find_audit(Default::default(), None, 100)
            .await;
        let entries = page.unwrap().entries.into_iter();
        let of = entries.filter(|(_, e)| e.action == action);
        of.map(|(_, e)| (e.ok, e.detail)).collect()
    }
}

#[tokio::test]
async fn a_code_is_asked_for_after_the_password_and_is_taken_once() {
    let console = Console::started().await;
    let me = console.with_factor(Role::Supervisor).await;
    let pending = console.pending(Role::Supervisor).await;
    assert_eq!(
        console.get("/sign-in/code", &pending).await.status,
        StatusCode::OK
    );
    let wrong = console.enter_code(&pending, "000000").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let code = console.code(&me.secret);
    let right = console.enter_code(&pending, &code).await;
    assert_eq!(right.location, "/console", "{}", right.body);
    let cookie = session_cookie(&right);
    assert_eq!(
        console.get("/console", &cookie).await.status,
        StatusCode::OK
    );
    // The wait is over, and the code is used up.
    assert_eq!(
        console.get("/sign-in/code", &pending).await.location,
        "/sign-in"
    );
    let pending = console.pending(Role::Supervisor).await;
    let again = console.enter_code(&pending, &code).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    console.wait(STEP_MS);
    let next = console.code(&me.secret);
    assert_eq!(
        console.enter_code(&pending, &next).await.status,
        StatusCode::SEE_OTHER
    );
    let told = console.details("sign_in").await;
    assert_eq!(told[0], (true, "code".to_owned()));
    assert!(told.contains(&(false, "wrong code".to_owned())), "{told:?}");
    assert!(told.contains(&(false, "code asked".to_owned())), "{told:?}");
}

#[tokio::test]
async fn what_waits_for_a_code_opens_no_page_and_ends_after_five_minutes() {
    let console = Console::started().await;
    let me = console.with_factor(Role::Supervisor).await;
    let pending = console.pending(Role::Supervisor).await;
    let as_session = pending.replace("guanmo_pending=", "guanmo_session=");
    let mut walked = 0;
    for row in page_rows(&console.office.app) {
        if row.method != "GET" || row.access == Access::Open {
            continue;
        }
        let path = row.path.replace("{id}", UNKNOWN);
        for cookie in [&pending, &as_session] {
            let answer = console.get(&path, cookie).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{row:?}");
            assert!(answer.location.starts_with("/sign-in?next="), "{row:?}");
        }
        walked += 1;
    }
    assert!(walked > 20, "{walked}");
    assert_eq!(PENDING_MS, 5 * 60_000);
    console.wait(PENDING_MS - 1);
    let page = console.get("/sign-in/code", &pending).await;
    assert_eq!(page.status, StatusCode::OK);
    console.wait(1);
    let late = console
        .enter_code(&pending, &console.code(&me.secret))
        .await;
    assert_eq!(late.location, "/sign-in?done=code_late");
    // A new password ends a wait as well.
    let pending = console.pending(Role::Supervisor).await;
    let form = format!(
        "csrf={}&old={PASSWORD}&new=Anders-2027&again=Anders-2027",
        me.token
    );
    let changed = console
        .post("/console/account/password", &me.cookie, &form)
        .await;
    assert_eq!(
        changed.location, "/console/account?done=password",
        "{}",
        changed.body
    );
    let ended = console
        .enter_code(&pending, &console.code(&me.secret))
        .await;
    assert_eq!(ended.location, "/sign-in?done=code_late");
}

#[tokio::test]
async fn five_wrong_codes_lock_however_often_the_password_is_given() {
    let console = Console::started().await;
    let me = console.with_factor(Role::Supervisor).await;
    for _ in 0..5 {
        let pending = console.pending(Role::Supervisor).await;
        let wrong = console.enter_code(&pending, "000000").await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    }
    let pending = console.pending(Role::Supervisor).await;
    let locked = console
        .enter_code(&pending, &console.code(&me.secret))
        .await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.response_headers.contains_key(header::RETRY_AFTER));
    console.wait(LOCK_MS);
    let pending = console.pending(Role::Supervisor).await;
    let right = console
        .enter_code(&pending, &console.code(&me.secret))
        .await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_recovery_code_signs_in_once_and_turning_off_needs_password_and_code() {
    let console = Console::started().await;
    let me = console.with_factor(Role::Supervisor).await;
    let pending = console.pending(Role::Supervisor).await;
    let right = console
        .enter_code(&pending, &me.recovery[0].to_lowercase())
        .await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    assert_eq!(
        console.details("sign_in").await[0],
        (true, "recovery code, 9 left".to_owned())
    );
    let pending = console.pending(Role::Supervisor).await;
    let again = console.enter_code(&pending, &me.recovery[0]).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);

    let off = format!("{PAGE}/off");
    let form =
        |password: &str, code: &str| format!("csrf={}&password={password}&code={code}", me.token);
    let code = console.code(&me.secret);
    for bad in [
        form("Wrong-2026", &code),
        form(PASSWORD, "000000"),
        form(PASSWORD, ""),
    ] {
        let refused = console.post(&off, &me.cookie, &bad).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    let elsewhere = session_cookie(&right);
    assert_eq!(console.get(PAGE, &elsewhere).await.status, StatusCode::OK);
    let done = console.post(&off, &me.cookie, &form(PASSWORD, &code)).await;
    assert_ne!(console.get(PAGE, &elsewhere).await.status, StatusCode::OK);
    assert_eq!(
        done.location, "/console/account?done=factor_off",
        "{}",
        done.body
    );
    let signed_in = console.try_sign_in("supervisor", PASSWORD).await;
    assert_eq!(signed_in.location, "/console");
    let of = |told: Vec<(String, bool)>, what: &str| {
        told.iter().filter(|(a, ok)| a == what && *ok).count()
    };
    let told = console.audited().await;
    assert_eq!(of(told.clone(), "second_factor_on"), 1);
    assert_eq!(of(told, "second_factor_off"), 1);
}

#[tokio::test]
async fn an_administrator_takes_a_lost_one_away_with_a_reason() {
    let console = Console::started().await;
    let me = console.with_factor(Role::Supervisor).await;
    let (cookie, token) = console.sign_in(Role::Secadmin).await;
    let logins = console.office.app.auth().store().logins().await.unwrap();
    let id = |role| logins.iter().find(|l| l.role == role).unwrap().id;
    let path = |id| format!("/console/logins/{id}/remove-second-factor");
    let list = console.get("/console/logins", &cookie).await.body;
    assert!(list.contains(&path(id(Role::Supervisor))));
    assert!(!list.contains(&path(id(Role::Secadmin))));
    let form = |reason: &str| format!("csrf={token}&reason={reason}");
    let theirs = path(id(Role::Supervisor));
    let refused = console.post(&theirs, &cookie, &form("+")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let own = console
        .post(&path(id(Role::Secadmin)), &cookie, &form("x"))
        .await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = console.post(&theirs, &cookie, &form("lost")).await;
    assert_eq!(done.location, "/console/logins?done=factor_removed");
    assert_eq!(
        console.details("remove_second_factor").await,
        [(true, "lost".to_owned())]
    );
    assert_eq!(
        console.get("/console", &me.cookie).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        console.try_sign_in("supervisor", PASSWORD).await.location,
        "/console"
    );
    let none = console.post(&theirs, &cookie, &form("again")).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_must_have_one_reaches_nothing_before() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Auditor).await;
    let other = console.sign_in(Role::Supervisor).await.0;
    let bearer = console.bearer(Role::Auditor).await;
    let admin = console.office.login(Grant::of(Role::Sysadmin)).await;
    let demand = |roles: &[&str]| Settings {
        second_factor_roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        ..Settings::default()
    };
    let viewer = crate::auth::Viewer::new(admin, None);
    let app = &console.office.app;
    let set = app.change_settings(&viewer, demand(&["auditor"]), |_| Ok(true));
    set.await.unwrap();
    let audit = console.get("/console/audit", &cookie).await;
    assert_eq!(
        (audit.status, audit.location.as_str()),
        (StatusCode::SEE_OTHER, PAGE)
    );
    assert_eq!(console.get("/console", &other).await.status, StatusCode::OK);
    let none = serde_json::Value::Null;
    let head = [("authorization", bearer.as_str())];
    let path = "/api/v1/board";
    let (status, said, _) = console.json("GET", path, &head, &none).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{said}");
    assert_eq!(said["code"], "second_factor_due");
    // Its page says why and turns it on; then everything opens again.
    let page = console.get(PAGE, &cookie).await.body;
    assert!(page.contains("您的角色须先开启两步验证"));
    let secret = between(&page, "hash mono\"><bdi>", "<");
    let form = format!(
        "csrf={token}&password={PASSWORD}&code={}",
        console.code(secret)
    );
    let on = console.post(&format!("{PAGE}/on"), &cookie, &form).await;
    assert_eq!(on.status, StatusCode::OK);
    assert_eq!(
        console.get("/console/audit", &cookie).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_interface_asks_for_the_code_in_a_field() {
    let console = Console::started().await;
    let me = console.with_factor(Role::Supervisor).await;
    let sign_in = |code: Option<String>, password: &str| {
        let mut body = serde_json::json!({"user_name": "supervisor", "password": password});
        if let Some(code) = code {
            body["code"] = code.into();
        }
        body
    };
    let right = console.code(&me.secret);
    for (code, password, said) in [
        (None, PASSWORD, "second_factor_required"),
        (Some("000000".to_owned()), PASSWORD, "second_factor_wrong"),
        // The password comes first: a code alone tells nothing.
        (Some(right.clone()), "Wrong-2026", "sign_in_failed"),
    ] {
        let body = sign_in(code, password);
        let (status, answer, _) = console.json("POST", "/api/v1/session", &[], &body).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer["code"], said);
    }
    let body = sign_in(Some(right), PASSWORD);
    let (status, answer, _) = console.json("POST", "/api/v1/session", &[], &body).await;
    assert_eq!(
        (status, &answer["role"]),
        (StatusCode::OK, &"supervisor".into())
    );
    let (status, answer, _) = console.json("POST", "/api/v1/session", &[], &body).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer["code"], "second_factor_wrong");
}
