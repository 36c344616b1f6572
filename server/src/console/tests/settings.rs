//! The settings of the office: bounds, stale forms, and that each acts.

use super::*;
use crate::settings::{NUMBERS, Settings};

const PAGE: &str = "/console/settings";
const DAY_MS: i64 = 24 * 3600 * 1000;
const MINUTE_MS: i64 = 60_000;

fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    rest.unwrap().split('"').next().unwrap()
}

fn form(token: &str, seen: &str, settings: &Settings) -> String {
    let mut form = format!("csrf={token}&seen={seen}");
    for number in NUMBERS {
        form += &format!("&{}={}", number.name, number.of(settings));
    }
    for role in &settings.second_factor_roles {
        form += &format!("&role_{role}=1");
    }
    form
}

impl Console {
    /// Changes the settings as a system administrator.
    async fn set(&self, settings: Settings) {
        let admin = self
            .office
            .login_named(Grant::of(Role::Sysadmin), "setter")
            .await;
        let viewer = crate::auth::Viewer::new(admin, None);
        let app = &self.office.app;
        app.change_settings(&viewer, settings, |_| Ok(true))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn settings_are_changed_by_the_page_with_bounds_and_audit() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Sysadmin).await;
    let page = console.get(PAGE, &cookie).await.body;
    let seen = hidden(&page, "seen").to_owned();
    let new = Settings {
        idle_minutes: 20,
        second_factor_roles: vec!["auditor".to_owned()],
        ..Settings::default()
    };
    let wrong = form(&token, &seen, &new).replace("idle_minutes=20", "idle_minutes=4");
    let refused = console.post(PAGE, &cookie, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("请填 5 到 240 的整数"),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("value=\"4\""), "what was typed stays");
    assert_eq!(*console.office.app.settings(), Settings::default());

    let done = console
        .post(PAGE, &cookie, &form(&token, &seen, &new))
        .await;
    assert_eq!(
        done.location, "/console/settings?done=settings",
        "{}",
        done.body
    );
    assert_eq!(*console.office.app.settings(), new);
    let stale = console
        .post(PAGE, &cookie, &form(&token, &seen, &Settings::default()))
        .await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert_eq!(*console.office.app.settings(), new);

    let auth = console.office.app.auth();
    let audit = auth.find_audit(Default::default(), None, 1).await.unwrap();
    let (_, entry) = &audit.entries[0];
    assert_eq!((entry.action.as_str(), entry.ok), ("manage_settings", true));
    assert_eq!(
        entry.detail,
        "idle_minutes 30 → 20; second_factor_roles - → auditor"
    );
}

#[tokio::test]
async fn the_interface_changes_what_was_read_and_says_what_is_out_of_bounds() {
    let console = Console::started().await;
    console.office.login(Grant::of(Role::Sysadmin)).await;
    let bearer = console.bearer(Role::Sysadmin).await;
    let auth = ("authorization", bearer.as_str());
    let path = "/api/v1/settings";
    let none = serde_json::Value::Null;
    let (_, mut said, headers) = console.json("GET", path, &[auth], &none).await;
    assert_eq!(said["password_days"], 180);
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    said["password_days"] = 90.into();
    let (status, answer, _) = console.json("PUT", path, &[auth], &said).await;
    assert_eq!(
        (status.as_u16(), &answer["code"]),
        (428, &"precondition_required".into())
    );
    let mut bad = said.clone();
    bad["code_hours"] = 999.into();
    let matched = [auth, ("if-match", tag.as_str())];
    let (status, answer, _) = console.json("PUT", path, &matched, &bad).await;
    assert_eq!(status.as_u16(), 422);
    assert_eq!(answer["detail"], "code_hours: 1–168");
    let (status, _, headers) = console.json("PUT", path, &matched, &said).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(headers[header::ETAG].to_str().unwrap(), tag);
    let (status, answer, _) = console.json("PUT", path, &matched, &said).await;
    assert_eq!(
        (status.as_u16(), &answer["code"]),
        (412, &"precondition_failed".into())
    );
}

#[tokio::test]
async fn settings_outlive_a_restart() {
    let console = Console::started().await;
    let new = Settings {
        quarantine_mb: 5,
        disk_reserve_mb: 7,
        ..Settings::default()
    };
    console.set(new.clone()).await;
    let Console { office, router } = console;
    drop(router);
    let (dir, now) = (office.dir, office.now);
    drop(office.app);
    let again = crate::testing::open_at(dir.path(), &now).await.unwrap();
    assert_eq!(*again.settings(), new);
    assert_eq!(again.blobs().reserve_bytes(), 7_000_000);
}

#[tokio::test]
async fn a_session_ends_after_the_minutes_and_hours_that_are_set() {
    let console = Console::started().await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let opens = async |cookie: &str| console.get("/console", cookie).await.status == StatusCode::OK;
    console.wait(25 * MINUTE_MS);
    assert!(opens(&cookie).await);
    console
        .set(Settings {
            idle_minutes: 10,
            session_hours: 1,
            ..Settings::default()
        })
        .await;
    console.wait(9 * MINUTE_MS);
    assert!(opens(&cookie).await);
    console.wait(12 * MINUTE_MS);
    assert!(!opens(&cookie).await);
    let (cookie, _) = console.sign_in_again(Role::Supervisor).await;
    for _ in 0..6 {
        assert!(opens(&cookie).await);
        console.wait(10 * MINUTE_MS);
    }
    assert!(!opens(&cookie).await, "an hour in all");
}

#[tokio::test]
async fn passwords_and_codes_are_good_for_as_long_as_is_set() {
    let console = Console::started().await;
    console.office.login(Grant::of(Role::Supervisor)).await;
    console
        .set(Settings {
            password_days: 10,
            code_hours: 2,
            ..Settings::default()
        })
        .await;
    let auth = console.office.app.auth();
    let logins = auth.store().logins().await.unwrap();
    let by = logins.iter().find(|l| l.role == Role::Sysadmin).unwrap();
    let invited = auth
        .invite(by, Grant::of(Role::Auditor), None)
        .await
        .unwrap();
    assert_eq!(invited.1 - console.office.app.now_ms(), 120 * MINUTE_MS);
    console.wait(10 * DAY_MS);
    let signed_in = console.try_sign_in("supervisor", PASSWORD).await;
    let cookie = session_cookie(&signed_in);
    let due = console.get("/console", &cookie).await;
    assert_eq!(due.location, "/console/account?done=must_change");
    let bearer = console.bearer(Role::Supervisor).await;
    let head = [("authorization", bearer.as_str())];
    let none = serde_json::Value::Null;
    let (status, said, _) = console.json("GET", "/api/v1/board", &head, &none).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{said}");
    assert_eq!(said["code"], "password_expired");
    console
        .office
        .login_named(Grant::of(Role::CountyLead), "never")
        .await;
    let viewer = crate::auth::Viewer::new(by.clone(), None);
    let app = &console.office.app;
    let never = Settings {
        password_days: 0,
        ..Settings::default()
    };
    app.change_settings(&viewer, never, |_| Ok(true))
        .await
        .unwrap();
    console.wait(4000 * DAY_MS);
    let signed_in = console.try_sign_in("never", PASSWORD).await;
    assert_eq!(
        console
            .get("/console", &session_cookie(&signed_in))
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_photos_of_a_day_are_as_many_as_is_set() {
    use crate::blobs::{BlobAccess, DeviceIdentity};
    let console = Console::started().await;
    let phone = DeviceIdentity {
        device_id: uuid::Uuid::from_u128(1),
        account_id: uuid::Uuid::from_u128(2),
    };
    let app = &console.office.app;
    assert!(app.may_begin(phone, 2048 << 20).is_ok());
    assert!(app.may_begin(phone, (2048 << 20) + 1).is_err());
    let new = Settings {
        photo_mb_a_day: 5,
        ..Settings::default()
    };
    console.set(new).await;
    assert!(app.may_begin(phone, 5 << 20).is_ok());
    assert!(app.may_begin(phone, (5 << 20) + 1).is_err());
}
