//! Logins after they were made: the own password, resets, sessions elsewhere, rights that change or end.

use super::*;

const NEW: &str = "Anders-2027";
const DAY_MS: i64 = 24 * 3_600_000;
/// Asia/Shanghai less UTC.
const SHANGHAI_MS: i64 = 8 * 3_600_000;

impl Console {
    async fn login_of(&self, name: &str) -> crate::auth::types::Login {
        let all = self.office.app.auth().store().logins().await.unwrap();
        all.into_iter().find(|l| l.user_name == name).unwrap()
    }

    async fn id_of(&self, name: &str) -> Uuid {
        self.login_of(name).await.id
    }

    /// What a form for changing the rights of a login carries.
    async fn seen_of(&self, name: &str) -> String {
        crate::routes::conventions::tag(&self.login_of(name).await.granted()).unwrap()
    }

    /// True if a session of the console is still one.
    async fn is_in(&self, cookie: &str) -> bool {
        let page = self.get("/console/account", cookie).await;
        assert!(page.status == StatusCode::OK || page.location.starts_with("/sign-in"));
        page.status == StatusCode::OK
    }

    /// The same of the interface.
    async fn bearer_is_in(&self, bearer: &str) -> bool {
        let head = [("authorization", bearer)];
        let none = serde_json::Value::Null;
        let (status, _, _) = self.json("GET", "/api/v1/board", &head, &none).await;
        assert!(matches!(status, StatusCode::OK | StatusCode::UNAUTHORIZED));
        status == StatusCode::OK
    }

    async fn signs_in(&self, name: &str, password: &str) -> bool {
        let answer = self.try_sign_in(name, password).await;
        assert!(matches!(
            answer.status,
            StatusCode::SEE_OTHER | StatusCode::UNAUTHORIZED
        ));
        answer.status == StatusCode::SEE_OTHER
    }
}

#[tokio::test]
async fn the_own_password_changes_with_the_old_one_only_and_the_other_sessions_end() {
    let console = Console::started().await;
    let (here, token) = console.sign_in(Role::Supervisor).await;
    let (elsewhere, _) = console.sign_in_again(Role::Supervisor).await;
    let bearer = console.bearer(Role::Supervisor).await;
    let change = async |old: &str, new: &str, again: &str| {
        let form = format!("csrf={token}&old={old}&new={new}&again={again}");
        let path = "/console/account/password";
        console.post(path, &here, &form).await
    };
    for (old, new, again) in [
        ("Wrong-2026", NEW, NEW),
        (PASSWORD, "short-1A", "short-1A"),
        (PASSWORD, "My-supervisor-2027", "My-supervisor-2027"),
        (PASSWORD, NEW, "Anders-2028"),
        (PASSWORD, PASSWORD, PASSWORD),
    ] {
        let refused = change(old, new, again).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{new}");
    }
    assert!(console.is_in(&elsewhere).await && console.bearer_is_in(&bearer).await);
    let done = change(PASSWORD, NEW, NEW).await;
    assert_eq!(done.location, "/console/account?done=password");
    assert!(console.is_in(&here).await);
    assert!(!console.is_in(&elsewhere).await && !console.bearer_is_in(&bearer).await);
    assert!(!console.signs_in("supervisor", PASSWORD).await);
    assert!(console.signs_in("supervisor", NEW).await);
    let back = change(NEW, PASSWORD, PASSWORD).await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY, "used before");
    // Whoever finds the desk unattended has five guesses.
    for _ in 0..5 {
        change("Wrong-2026", "Anders-2028", "Anders-2028").await;
    }
    let locked = change(NEW, "Anders-2028", "Anders-2028").await;
    assert_eq!(locked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(console.signs_in("supervisor", NEW).await);
}

#[tokio::test]
async fn a_reset_takes_password_and_sessions_and_only_its_last_secret_is_good_once() {
    let console = Console::started().await;
    let (theirs, _) = console.sign_in(Role::Supervisor).await;
    let (cookie, token) = console.sign_in(Role::Secadmin).await;
    let path = |id| format!("/console/logins/{id}/reset-password");
    let form = format!("csrf={token}");
    let own = path(console.id_of("secadmin").await);
    let own = console.post(&own, &cookie, &form).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reset = path(console.id_of("supervisor").await);
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let page = console.post(&reset, &cookie, &form).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let secret = page.body.split("class=\"hash mono\">").nth(1).unwrap();
        secrets.push(secret.split('<').next().unwrap().to_owned());
    }
    assert!(!console.is_in(&theirs).await);
    assert!(!console.signs_in("supervisor", PASSWORD).await);
    let set = async |secret: &str, name: &str, password: &str| {
        let form = format!("secret={secret}&user_name={name}&password={password}&again={password}");
        console.post("/setup", "", &form).await
    };
    for (secret, name, password) in [
        (&secrets[0], "supervisor", NEW),
        (&secrets[1], "somebody", NEW),
        (&secrets[1], "supervisor", PASSWORD),
        (&secrets[1], "supervisor", "short-1A"),
    ] {
        let refused = set(secret, name, password).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    let done = set(&secrets[1], "supervisor", NEW).await;
    assert_eq!(done.location, "/sign-in?done=setup", "{}", done.body);
    let again = set(&secrets[1], "supervisor", "Anders-2028").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(console.signs_in("supervisor", NEW).await);
}

#[tokio::test]
async fn signing_out_everywhere_ends_what_is_open_elsewhere() {
    let console = Console::started().await;
    let (here, token) = console.sign_in(Role::Supervisor).await;
    let (elsewhere, _) = console.sign_in_again(Role::Supervisor).await;
    let bearer = console.bearer(Role::Supervisor).await;
    let (admin, admins) = console.sign_in(Role::Sysadmin).await;
    let everywhere = "/console/account/sign-out-everywhere";
    let done = console
        .post(everywhere, &here, &format!("csrf={token}"))
        .await;
    assert_eq!(done.location, "/console/account?done=signed_out");
    assert!(console.is_in(&here).await && console.is_in(&admin).await);
    assert!(!console.is_in(&elsewhere).await && !console.bearer_is_in(&bearer).await);
    let id = console.id_of("supervisor").await;
    let path = format!("/console/logins/{id}/sign-out");
    let done = console.post(&path, &admin, &format!("csrf={admins}")).await;
    assert_eq!(done.location, "/console/logins?done=signed_out");
    assert!(!console.is_in(&here).await && console.is_in(&admin).await);
}

#[tokio::test]
async fn nobody_changes_the_own_login_and_one_administrator_always_stays() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Sysadmin).await;
    console.office.login(Grant::of(Role::Secadmin)).await;
    console.office.login(Grant::of(Role::CountyLead)).await;
    let change = async |name: &str, what: &str, form: &str| {
        let path = format!("/console/logins/{}{what}", console.id_of(name).await);
        let seen = console.seen_of(name).await;
        let form = format!("csrf={token}&seen={seen}&{form}");
        let answer = console.post(&path, &cookie, &form).await;
        (answer.status == StatusCode::SEE_OTHER, answer.body)
    };
    for (name, what, form, why) in [
        ("sysadmin", "", "active=0&reason=x", "自己"),
        ("sysadmin", "/change", "role=auditor&reason=x", "自己"),
        ("secadmin", "", "active=0&reason=x", "last_administrator"),
        (
            "secadmin",
            "/change",
            "role=auditor&reason=x",
            "last_administrator",
        ),
        (
            "secadmin",
            "/change",
            "role=secadmin&expires_on=2099-01-01&reason=x",
            "last_administrator",
        ),
        ("county_lead", "", "active=0&reason=+", "reason_required"),
        (
            "county_lead",
            "/change",
            "role=auditor&reason=+",
            "reason_required",
        ),
        (
            "county_lead",
            "/change",
            "role=auditor&expires_on=1+May&reason=x",
            "expires_on",
        ),
    ] {
        let (done, said) = change(name, what, form).await;
        assert!(!done && said.contains(why), "{name}{what} {form}: {said}");
    }
    console
        .office
        .login_named(Grant::of(Role::Secadmin), "second")
        .await;
    let (theirs, _) = console.sign_in_again(Role::Secadmin).await;
    assert!(change("secadmin", "", "active=0&reason=x").await.0);
    assert!(!console.signs_in("secadmin", PASSWORD).await);
    assert!(change("secadmin", "", "active=1&reason=x").await.0);
    assert!(
        !console.is_in(&theirs).await,
        "reopened, not signed in again"
    );
    assert!(console.signs_in("secadmin", PASSWORD).await);
}

#[tokio::test]
async fn a_login_is_out_after_its_last_day_and_when_its_rights_change() {
    let console = Console::started().await;
    let day_began = |ms: i64| ms + SHANGHAI_MS - (ms + SHANGHAI_MS).rem_euclid(DAY_MS);
    let now_ms = console.office.app.now_ms();
    let day = crate::auth::types::today(now_ms);
    let grant = Grant {
        expires_on: Some(day),
        ..Grant::of(Role::CountyLead)
    };
    console.office.login(grant).await;
    let midnight = day_began(now_ms) - SHANGHAI_MS + DAY_MS;
    console.wait(midnight - now_ms - 60_000);
    let (cookie, _) = console.sign_in_again(Role::CountyLead).await;
    let bearer = console.bearer(Role::CountyLead).await;
    console.wait(59_999);
    assert!(console.is_in(&cookie).await && console.bearer_is_in(&bearer).await);
    console.wait(1);
    assert!(!console.is_in(&cookie).await && !console.bearer_is_in(&bearer).await);
    assert!(!console.signs_in("county_lead", PASSWORD).await);

    let (theirs, _) = console.sign_in(Role::Supervisor).await;
    let (admin, token) = console.sign_in(Role::Sysadmin).await;
    let path = format!(
        "/console/logins/{}/change",
        console.id_of("supervisor").await
    );
    let seen = console.seen_of("supervisor").await;
    let form = format!("csrf={token}&seen={seen}&role=auditor&reason=moved");
    let done = console.post(&path, &admin, &form).await;
    assert_eq!(done.location, "/console/logins?done=login", "{}", done.body);
    assert!(!console.is_in(&theirs).await);
    let now = console.try_sign_in("supervisor", PASSWORD).await;
    assert_eq!(now.location, "/console/audit");
}
