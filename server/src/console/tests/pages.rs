//! Every page: rights, both languages, empty state, hostile texts.

use axum::http::header;

use super::*;

const HOSTILE: &str = "\"'><script>alert(1)</script>&{{7*7}}";

#[tokio::test]
async fn every_page_is_complete_in_both_languages_and_carries_the_security_headers() {
    let console = Console::toured("").await;
    let mut cookies = Vec::new();
    for role in [Role::Supervisor, Role::Sysadmin, Role::Auditor] {
        cookies.push((role, console.sign_in(role).await.0));
    }
    for (path, role) in console.pages() {
        let cookie = &cookies.iter().find(|(r, _)| *r == role).unwrap().1;
        for lang in ["zh", "en"] {
            let cookie = format!("{cookie}; lang={lang}");
            let page = console.get(&path, &cookie).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
            let h = |name| page.response_headers.get(name).unwrap().to_str().unwrap();
            assert!(h(header::CONTENT_SECURITY_POLICY).contains("frame-ancestors 'none'"));
            assert_eq!(h(header::CACHE_CONTROL), "no-store");
            assert_eq!(h(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            // The policy would block these.
            assert!(
                !page.body.contains("style=") && !page.body.contains("<style"),
                "{path}"
            );
            assert!(!page.body.contains(" onclick="), "{path}");
            if path == "/console/board" {
                continue;
            }
            assert!(
                page.body
                    .contains("<meta name=\"renderer\" content=\"webkit\">")
            );
            let tag = if lang == "zh" { "zh-CN" } else { "en" };
            assert!(
                page.body.contains(&format!("<html lang=\"{tag}\"")),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn texts_that_people_typed_never_become_markup() {
    let console = Console::toured(HOSTILE).await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    for (path, role) in console.pages() {
        if role != Role::Supervisor {
            continue;
        }
        for lang in ["zh", "en"] {
            let page = console.get(&path, &format!("{cookie}; lang={lang}")).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(page.body.contains("alert(1)"), "{path} shows no typed text");
            assert!(!page.body.contains("<script>alert"), "{path} in {lang}");
            assert!(!page.body.contains("\"'>"), "{path} in {lang}");
        }
    }
    let q = "/console/records?q=%22%27%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let page = console.get(q, &cookie).await;
    assert!(page.body.contains("alert(1)") && !page.body.contains("<script>alert"));
    let path = format!("/console/people/{}/code", console.office.accounts[0]);
    let page = console.post(&path, &cookie, &format!("csrf={token}")).await;
    assert!(page.body.contains("alert(1)") && !page.body.contains("<script>alert"));
}

#[tokio::test]
async fn every_list_says_so_when_it_is_empty() {
    let console = Console::empty().await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    for path in [
        "",
        "/records",
        "/photos",
        "/conflicts",
        "/groups",
        "/ranking",
        "/held",
        "/people",
    ] {
        let page = console.get(&format!("/console{path}"), &cookie).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("class=\"empty\""), "{path}");
    }
}

#[tokio::test]
async fn before_there_is_a_campaign_the_pages_say_so_and_the_menu_works() {
    let console = Console::bare().await;
    let (cookie, _) = console.sign_in(Role::Sysadmin).await;
    for path in ["/console", "/console/people"] {
        let page = console.get(path, &cookie).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("还没有活动"));
        assert!(page.body.contains("href=\"/console/logins\""));
    }
}

#[tokio::test]
async fn a_role_without_the_right_gets_403_and_an_audit_entry() {
    let console = Console::started().await;
    let (cookie, _) = console.sign_in(Role::Auditor).await;
    for (path, role) in console.pages() {
        if role == Role::Auditor {
            continue;
        }
        let before = console.audited().await.len();
        let page = console.get(&path, &cookie).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.body.contains("<h1>无权进行此操作</h1>"), "{path}");
        assert!(page.body.contains("href=\"/console/audit\""), "{path}");
        let after = console.audited().await;
        assert_eq!(after.len(), before + 1, "{path}");
        assert!(!after[0].1);
    }
}

#[tokio::test]
async fn nobody_sees_a_page_without_signing_in() {
    let console = Console::started().await;
    for (path, _) in console.pages() {
        let page = console.get(&path, "").await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(
            page.location.starts_with("/sign-in?next=/console"),
            "{path}"
        );
    }
    let request = Request::get("/console/board").header("hx-request", "true");
    let answer = console.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.response_headers.contains_key("hx-redirect"));
}

#[tokio::test]
async fn a_sealed_record_shows_progress_and_offers_no_decision() {
    let console = Console::toured("").await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let path = format!("/console/records/{}", console.sheet());
    let page = console.get(&path, &cookie).await;
    assert!(page.body.contains("35 / 35") && page.body.contains("封存"));
    assert!(!page.body.contains("/settle"));
}

#[tokio::test]
async fn an_unknown_record_is_a_page_that_says_so() {
    let console = Console::started().await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let path = format!("/console/records/{UNKNOWN}");
    let page = console.get(&path, &cookie).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("没有找到") && page.body.contains("not_found"));
    let page = console.get(&format!("{path}?lang=en"), &cookie).await;
    assert!(page.body.contains("Not found"));
    let page = console.get("/console/nowhere", &cookie).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("没有找到"));
    let page = console.get("/console/records/not-an-id", &cookie).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.body.contains("请求内容无法识别"));
}

#[tokio::test]
async fn phones_nobody_confirmed_are_counted_on_the_board_and_named_before_the_lock() {
    let console = Console::started().await;
    let office = &console.office;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let bearer = console.bearer(Role::Supervisor).await;
    let head = [("authorization", bearer.as_str())];
    let none = serde_json::Value::Null;
    let lock = |n: usize| format!("groups/{}/lock", office.groups[n]);
    let (board, first, second) = ("board".to_owned(), lock(0), lock(1));
    let api = async |path: &str| {
        let path = format!("/api/v1/{path}");
        let (status, said, _) = console.json("GET", &path, &head, &none).await;
        assert_eq!(status, StatusCode::OK, "{path}: {said}");
        said
    };
    let page = async |path: &str| console.get(&format!("/console/{path}"), &cookie).await.body;
    assert_eq!(api(&board).await["unconfirmed"], 0);
    assert!(!page(&board).await.contains("待核对手机"));
    let (one, two) = (office.phone(0).await, office.phone(4).await);
    assert_eq!(api(&board).await["unconfirmed"], 2);
    let shown = page(&board).await;
    assert!(
        shown.contains("待核对手机</dt><dd><a href=\"/console/people\">2</a>"),
        "{shown}"
    );
    let check = api(&first).await;
    let listed = check["unconfirmed"].as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["name"], "观摩员01");
    let shown = page(&first).await;
    assert!(shown.contains("未核对指纹的手机：1 部") && shown.contains("手机0"));
    assert!(!shown.contains("手机4"), "of another group");

    // Confirmed, revoked: neither is named any more, and neither changes what a lock asks for.
    let app = &office.app;
    let by = app.auth().store().logins().await.unwrap().remove(0);
    let viewer = crate::auth::Viewer::new(by, Some(office.campaign));
    let key = one.key.verifying_key().to_bytes();
    let print = protocol::enrol::fingerprint(&key);
    app.confirm_device(&viewer, one.device, &print)
        .await
        .unwrap();
    app.revoke(&viewer, two.device, "lost").await.unwrap();
    assert_eq!(api(&board).await["unconfirmed"], 0);
    for path in [&first, &second] {
        assert_eq!(api(path).await["unconfirmed"].as_array().unwrap().len(), 0);
        assert!(!page(path).await.contains("未核对指纹的手机"));
    }
    assert_eq!(api(&first).await["shown"], check["shown"]);
}

#[tokio::test]
async fn assets_are_served_once_and_confirmed_afterwards() {
    let console = Console::started().await;
    for path in ["console.css", "htmx.min.js", "logo.svg"] {
        let first = console.get(&format!("/assets/{path}"), "").await;
        assert_eq!(first.status, StatusCode::OK);
        let tag = first.response_headers[header::ETAG].clone();
        let request = Request::get(format!("/assets/{path}")).header(header::IF_NONE_MATCH, tag);
        let again = console.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    }
    let missing = console.get("/assets/../Cargo.toml", "").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}
