//! Forms: signing in, set-up, origin and token, decisions.

use super::sample::{Sample, id};
use super::*;

const RECORD: &str = "/console/records/00000000-0000-0000-0000-000000000001";

#[tokio::test]
async fn the_first_start_leads_from_the_secret_to_a_signed_in_administrator() {
    let console = Console::new(Sample::default());
    let secret = console
        .with_db(|c| auth::ensure_setup(c, [9; 16], START))
        .await;
    let secret = secret.unwrap();
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
    let console = Console::new(Sample::default());
    console.login(Role::Supervisor).await;
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
    console.now.fetch_add(auth::LOCK_MS, Ordering::SeqCst);
    let after = console.try_sign_in("supervisor", PASSWORD).await;
    assert_eq!(after.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_gives_a_new_session_and_signing_out_ends_it() {
    let console = Console::new(Sample::default());
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
    let console = Console::new(Sample::default());
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    console.now.fetch_add(61_000, Ordering::SeqCst);
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
    let console = Console::new(Sample::default());
    console.login(Role::Supervisor).await;
    let tries = (0..20).map(|_| console.try_sign_in("supervisor", "Wrong-2026"));
    let answers = futures_util::future::join_all(tries).await;
    let checked = answers
        .iter()
        .filter(|a| a.status == StatusCode::UNAUTHORIZED);
    assert_eq!(checked.count(), 5);
}

#[tokio::test]
async fn a_closed_login_is_out_at_its_next_request() {
    let console = Console::new(Sample::default());
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let login = Uuid::from_u128(Role::Supervisor as u128 + 1);
    console
        .with_db(move |c| auth::set_active(c, login, false))
        .await;
    assert_eq!(
        console.get("/console", &cookie).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_form_from_elsewhere_or_without_the_token_changes_nothing() {
    let sample = Sample::default();
    let console = Console::new(sample);
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let path = "/console/devices/00000000-0000-0000-0000-000000000001/revoke";
    let good = format!("csrf={token}&reason=lost");
    let foreign = console
        .post_from("http://evil.test", path, &cookie, &good)
        .await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    for form in ["reason=lost", "csrf=&reason=lost", "csrf=00&reason=lost"] {
        let refused = console.post(path, &cookie, form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{form}");
        assert_eq!(console.audited().await[0], ("csrf".to_owned(), false));
    }
    let no_reason = console
        .post(path, &cookie, &format!("csrf={token}&reason=+"))
        .await;
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = console.post(path, &cookie, &good).await;
    assert_eq!(done.location, "/console/people?done=revoked");
    let orders = console.sample.orders.lock().unwrap().clone();
    assert_eq!(orders, [format!("revoke {} lost", id(1))]);
}

#[tokio::test]
async fn settling_sends_exactly_the_values_that_were_shown() {
    let console = Console::new(Sample::default());
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let page = console.get(RECORD, &cookie).await;
    for dot in ["a", "b"] {
        let shown = format!("<input type=\"hidden\" name=\"shown\" value=\"{dot}\">");
        assert!(page.body.contains(&shown));
    }
    let form = format!("csrf={token}&field=answer/H-2&shown=a&shown=b&take=a&reason=look");
    let done = console
        .post(&format!("{RECORD}/settle"), &cookie, &form)
        .await;
    assert_eq!(done.location, format!("{RECORD}?done=settled"));
    let done = console.get(&done.location, &cookie).await;
    assert!(done.body.contains("冲突已处理"));
}

#[tokio::test]
async fn a_stale_decision_shows_what_is_new_and_writes_nothing() {
    let console = Console::new(Sample {
        stale: true,
        ..Sample::default()
    });
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let form = format!("csrf={token}&field=answer/H-2&shown=a&shown=b&take=a&reason=mine");
    let page = console
        .post(&format!("{RECORD}/settle"), &cookie, &form)
        .await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("新到") && page.body.contains("mine"));
    assert_eq!(page.body.matches("<b>新到</b>").count(), 1);
    let settled = console.audited().await;
    assert_eq!(settled[0], ("settle_conflict".to_owned(), false));
    let lock = format!("/console/groups/{}/lock", id(102));
    let form = format!("csrf={token}&shown=digest&reason=r&sure=1");
    let page = console.post(&lock, &cookie, &form).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("尚未锁定"));
}

#[tokio::test]
async fn an_enrolment_code_is_shown_once_and_redeems_for_that_person() {
    let console = Console::new(Sample::default());
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let path = format!("/console/people/{}/code", id(1));
    let page = console.post(&path, &cookie, &format!("csrf={token}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("data:image/svg+xml;base64,"));
    let code = page.body.split("/enrol#").nth(1).unwrap();
    let code = code.split('<').next().unwrap().to_owned();
    let redeemed = console
        .with_db(move |c| auth::redeem(c, &code, START))
        .await;
    assert_eq!(redeemed, crate::auth::types::Redeemed::Account(id(1)));
    let inactive = format!("/console/people/{}/code", id(4));
    let refused = console
        .post(&inactive, &cookie, &format!("csrf={token}"))
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_invitation_makes_a_login_of_that_role_only() {
    let console = Console::new(Sample::default());
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
