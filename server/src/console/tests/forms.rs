//! Forms: signing in, set-up, origin and token, decisions.

use super::*;

/// Failures lock a name for this long.
const LOCK_MS: i64 = crate::store::sqlite::auth::LOCK_MS;

#[tokio::test]
async fn the_first_start_leads_from_the_secret_to_a_signed_in_administrator() {
    let console = Console::bare().await;
    let secret = console.office.app.setup_secret().unwrap();
    assert!(console.get("/sign-in", "").await.body.contains("首次启动"));
    let form = |secret: &str, password: &str| {
        format!("secret={secret}&user_name=guanli&password={password}&again={password}")
    };
    let weak = console.post("/setup", "", &form(&secret, "short")).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = console.post("/setup", "", &form("AAAA", PASSWORD)).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = console.post("/setup", "", &form(&secret, PASSWORD)).await;
    assert_eq!(done.location, "/sign-in?done=setup");
    let again = console.post("/setup", "", &form(&secret, PASSWORD)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let signed_in = console.try_sign_in("Guanli", PASSWORD).await;
    assert_eq!(signed_in.location, "/console");
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_answered_alike() {
    let console = Console::started().await;
    console.office.login(Grant::of(Role::Supervisor)).await;
    let mut answers = Vec::new();
    for name in ["supervisor", "nobody"] {
        for _ in 0..5 {
            let answer = console.try_sign_in(name, "Wrong-2026").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            answers.push(answer.body.replace(name, "NAME"));
        }
        let locked = console.try_sign_in(name, PASSWORD).await;
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
        answers.push(locked.body.replace(name, "NAME"));
    }
    assert_eq!(answers[..6], answers[6..]);
    console.wait(LOCK_MS);
    let after = console.try_sign_in("supervisor", PASSWORD).await;
    assert_eq!(after.status, StatusCode::SEE_OTHER);
}

/// One computation each, so that the time does not tell who exists; none once a name is locked.
#[tokio::test]
async fn a_known_and_an_unknown_name_cost_one_password_check_each() {
    let console = Console::started().await;
    console.office.login(Grant::of(Role::Supervisor)).await;
    let auth = console.office.app.auth();
    let long = "x".repeat(300);
    for name in ["supervisor", "nobody"] {
        for password in ["Wrong-2026", &long, "", "Wrong-2027", "Wrong-2028"] {
            let before = auth.password_checks();
            let answer = console.try_sign_in(name, password).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
            assert_eq!(auth.password_checks() - before, 1, "{name} {password}");
        }
        let before = auth.password_checks();
        console.try_sign_in(name, PASSWORD).await;
        assert_eq!(auth.password_checks(), before, "{name}");
    }
}

/// However busy: the clock of the session's beginning is the server's own.
#[tokio::test]
async fn a_session_ends_after_twelve_hours_whatever_is_done_in_it() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let quarter_ms = 15 * 60_000;
    for _ in 0..12 * 4 - 1 {
        console.wait(quarter_ms);
        let page = console.get("/console", &cookie).await;
        assert_eq!(page.status, StatusCode::OK);
    }
    console.wait(quarter_ms - 1);
    assert_eq!(
        console.get("/console", &cookie).await.status,
        StatusCode::OK
    );
    console.wait(1);
    let page = console.get("/console", &cookie).await;
    assert!(page.location.starts_with("/sign-in"), "{}", page.status);
    let form = format!("csrf={token}&campaign={}", console.office.campaign);
    let sent = console.post("/console/campaign", &cookie, &form).await;
    assert!(sent.location.starts_with("/sign-in"), "{}", sent.status);
}

#[tokio::test]
async fn signing_in_gives_a_new_session_and_signing_out_ends_it() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let form = format!("user_name=supervisor&password={PASSWORD}");
    let again = console.post("/sign-in", &cookie, &form).await;
    let set = again
        .cookies
        .iter()
        .find(|c| c.starts_with("guanmo_session="));
    let set = set.unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"));
    let renewed = session_cookie(&again);
    assert_ne!(renewed, cookie);
    assert_eq!(
        console.get("/console", &cookie).await.status,
        StatusCode::SEE_OTHER
    );

    let refused = console
        .post("/sign-out", &renewed, &format!("csrf={token}"))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let page = console.get("/console", &renewed).await;
    let token = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let out = console
        .post("/sign-out", &renewed, &format!("csrf={token}"))
        .await;
    assert_eq!(out.location, "/sign-in");
    assert_eq!(
        console.get("/console", &renewed).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_page_that_refreshes_by_itself_does_not_keep_the_session_alive() {
    let console = Console::started().await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    console.wait(61_000);
    let poll = Request::get("/console/board")
        .header("hx-request", "true")
        .header(header::COOKIE, &cookie);
    let polled = console.send(poll.body(Body::empty()).unwrap()).await;
    assert_eq!(polled.status, StatusCode::OK);
    assert!(polled.cookies.is_empty());
    let opened = console.get("/console", &cookie).await;
    assert_eq!(session_cookie(&opened), cookie);
}

#[tokio::test]
async fn twenty_tries_at_once_get_no_more_than_five_passwords_checked() {
    let console = Console::started().await;
    console.office.login(Grant::of(Role::Supervisor)).await;
    let tries = (0..20).map(|_| console.try_sign_in("supervisor", "Wrong-2026"));
    let answers = futures_util::future::join_all(tries).await;
    let checked = answers
        .iter()
        .filter(|a| a.status == StatusCode::UNAUTHORIZED);
    assert_eq!(checked.count(), 5);
}

#[tokio::test]
async fn a_closed_login_is_out_at_its_next_request() {
    let console = Console::started().await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let auth = console.office.app.auth();
    let logins = auth.store().logins().await.unwrap();
    let me = logins.iter().find(|l| l.role == Role::Supervisor).unwrap();
    let other = crate::auth::types::Login {
        id: uuid::Uuid::nil(),
        ..me.clone()
    };
    auth.set_active(&other, me.id, false, "x").await.unwrap();
    assert_eq!(
        console.get("/console", &cookie).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_form_from_elsewhere_or_without_the_token_changes_nothing() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let device = console.office.phone(0).await.device;
    let path = format!("/console/devices/{device}/revoke");
    let good = format!("csrf={token}&reason=lost");
    let foreign = console
        .post_from("http://evil.test", &path, &cookie, &good)
        .await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    for form in ["reason=lost", "csrf=&reason=lost", "csrf=00&reason=lost"] {
        let refused = console.post(&path, &cookie, form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{form}");
        assert_eq!(console.audited().await[0], ("csrf".to_owned(), false));
    }
    let no_reason = console
        .post(&path, &cookie, &format!("csrf={token}&reason=+"))
        .await;
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        console.office.campaign().await.devices[&device].revoked,
        None
    );
    let done = console.post(&path, &cookie, &good).await;
    assert_eq!(done.location, "/console/people?done=revoked");
    let revoked = console.office.campaign().await.devices[&device]
        .revoked
        .clone();
    assert_eq!(revoked.unwrap().1, "lost");
}

/// The dots a page offers.
fn dots(page: &Answer) -> Vec<String> {
    let parts = page.body.split("name=\"shown\" value=\"").skip(1);
    parts
        .map(|p| p.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn settling_replaces_what_was_shown_and_a_second_decision_changes_nothing() {
    let console = Console::toured("").await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let path = format!("/console/records/{}", console.contested());
    let shown = dots(&console.get(&path, &cookie).await);
    assert_eq!(shown.len(), 2);
    let form = |reason: &str| {
        format!(
            "csrf={token}&field=name&shown={}&shown={}&take={}&reason={reason}",
            shown[0], shown[1], shown[1]
        )
    };
    let settle = format!("{path}/settle");
    let done = console.post(&settle, &cookie, &form("look")).await;
    assert_eq!(done.location, format!("{path}?done=settled"));
    let page = console.get(&done.location, &cookie).await;
    assert!(page.body.contains("冲突已处理"));
    assert!(dots(&page).is_empty());
    let again = console.post(&settle, &cookie, &form("mine")).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.body.contains("mine"), "what was typed stays");
}

#[tokio::test]
async fn a_lock_of_what_was_not_shown_is_refused() {
    let console = Console::toured("").await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let lock = format!("/console/groups/{}/lock", console.office.groups[0]);
    let form = format!("csrf={token}&shown=digest&reason=r&sure=1");
    let page = console.post(&lock, &cookie, &form).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("尚未锁定"));
    assert!(!console.office.campaign().await.groups[0].locked);
}

#[tokio::test]
async fn an_enrolment_code_is_shown_once_and_redeems_for_that_person() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let account = console.office.accounts[0];
    let path = format!("/console/people/{account}/code");
    let page = console.post(&path, &cookie, &format!("csrf={token}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("data:image/svg+xml;base64,"));
    let code = page.body.split("/app/enrol#").nth(1).unwrap();
    let request = protocol::enrol::EnrolRequest {
        code: code.split('<').next().unwrap().to_owned(),
        public_key: hex::encode(
            ed25519_dalek::SigningKey::from_bytes(&[9; 32])
                .verifying_key()
                .to_bytes(),
        ),
        device_name: "手机".to_owned(),
    };
    let enrolled = console.office.app.enrol(request).await.unwrap();
    assert_eq!(enrolled.account, account);
    let unknown = format!("/console/people/{UNKNOWN}/code");
    let refused = console
        .post(&unknown, &cookie, &format!("csrf={token}"))
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_invitation_makes_a_login_of_that_role_only() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Sysadmin).await;
    let form = format!("csrf={token}&role=observer");
    let refused = console.post("/console/logins", &cookie, &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = format!("csrf={token}&role=auditor");
    let page = console.post("/console/logins", &cookie, &form).await;
    let secret = page.body.split("class=\"hash mono\">").nth(1).unwrap();
    let secret = secret.split('<').next().unwrap();
    let form = format!("secret={secret}&user_name=shenji&password={PASSWORD}&again={PASSWORD}");
    console.post("/setup", "", &form).await;
    let signed_in = console.try_sign_in("shenji", PASSWORD).await;
    assert_eq!(signed_in.location, "/console/audit");
}

#[tokio::test]
async fn a_unit_typed_by_its_name_is_granted_by_its_code_and_shown_by_its_name() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Sysadmin).await;
    let c = console.office.campaign().await;
    let mut towns = c.divisions.values().filter(|d| d.level.is_township());
    let town = towns.next().unwrap();
    let form = super::prepare::encoded(&[
        ("csrf", token.as_str()),
        ("role", "township_lead"),
        ("unit", town.label()),
    ]);
    let page = console.post("/console/logins", &cookie, &form).await;
    let secret = page.body.split("class=\"hash mono\">").nth(1).unwrap();
    let secret = secret.split('<').next().unwrap();
    let form = format!("secret={secret}&user_name=xiangzhen&password={PASSWORD}&again={PASSWORD}");
    console.post("/setup", "", &form).await;
    let logins = console.office.app.auth().store().logins().await.unwrap();
    let made = logins.iter().find(|l| l.user_name == "xiangzhen").unwrap();
    assert_eq!(made.unit.as_deref(), Some(town.code.as_str()));
    let page = console.get("/console/logins", &cookie).await.body;
    assert!(page.contains(&format!("<td>{}</td>", town.label())));
    assert!(page.contains("<td>全县</td>") && !page.contains(&format!("<td>{}</td>", town.code)));
    let (cookie, _) = console.sign_in(Role::Auditor).await;
    let audit = console
        .get("/console/audit?action=manage_logins", &cookie)
        .await
        .body;
    assert!(
        audit.contains(&format!("{} {}", Role::TownshipLead.zh(), town.label())),
        "{audit}"
    );
    assert!(audit.contains("<option value=\"manage_logins\" selected>"));
}

#[tokio::test]
async fn a_refusal_leads_to_the_first_page_of_the_role_and_says_that_nothing_changed() {
    let console = Console::started().await;
    let (cookie, _) = console.sign_in(Role::Auditor).await;
    for path in ["/console", "/console/groups", "/console/no-such-page"] {
        let page = console.get(path, &cookie).await.body;
        assert!(
            page.contains("href=\"/console/audit\">返回首页</a>"),
            "{path}: {page}"
        );
        assert!(!page.contains("未做任何更改"), "{path}");
    }
    let (cookie, _) = console.sign_in(Role::Sysadmin).await;
    let form = "csrf=x&role=auditor&valid_hours=900";
    let page = console.post("/console/logins", &cookie, form).await.body;
    assert!(page.contains("未做任何更改"), "{page}");
}

#[tokio::test]
async fn a_grant_that_changed_meanwhile_is_not_overwritten() {
    let console = Console::started().await;
    let login = console.office.login(Grant::of(Role::Auditor)).await;
    let (cookie, token) = console.sign_in(Role::Sysadmin).await;
    let to = format!("/console/logins/{}/change", login.id);
    let page = console.get("/console/logins", &cookie).await.body;
    let seen = super::prepare::hidden(&page, &to, "seen");
    let form = |role: &str| {
        super::prepare::encoded(&[
            ("csrf", token.as_str()),
            ("seen", seen.as_str()),
            ("role", role),
            ("reason", "岗位调整"),
        ])
    };
    let first = console.post(&to, &cookie, &form("supervisor")).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
    let second = console.post(&to, &cookie, &form("scrutineer")).await;
    assert_eq!(second.status, StatusCode::PRECONDITION_FAILED);
    let now = console.office.app.auth().store().login(login.id).await;
    assert_eq!(now.unwrap().unwrap().role, Role::Supervisor);
}
