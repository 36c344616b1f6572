//! Tables over the console: checked first, then imported with one click; what changed in between is shown.

use axum::http::StatusCode;

use super::{Answer, Console, session_cookie};
use crate::auth::Role;
use crate::auth::types::Grant;
use crate::testing::PASSWORD;

/// Sends a file as a browser does: the token first.
async fn upload(
    console: &Console,
    (cookie, token): (&str, &str),
    kind: &str,
    name: &str,
    text: &str,
) -> Answer {
    let part = |name: &str, value: &str| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = format!(
        "{}{}--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--b--\r\n",
        part("csrf", token),
        part("kind", kind),
    );
    let request = axum::http::Request::post("/console/prepare/import")
        .header("host", "guanmo.test")
        .header("origin", "http://guanmo.test")
        .header("cookie", cookie)
        .header("content-type", "multipart/form-data; boundary=b");
    console.send(request.body(body.into()).unwrap()).await
}

/// Where the button of a checked file leads, and the key of its form.
fn button(page: &Answer) -> (String, String) {
    let between = |from: &str| {
        let rest = page.body.split(from).nth(1);
        let rest = rest.unwrap_or_else(|| panic!("no {from} in {}", page.body));
        rest.split('"').next().unwrap().to_owned()
    };
    let id = between("action=\"/console/prepare/import/");
    (
        format!("/console/prepare/import/{id}"),
        between("name=\"once\" value=\""),
    )
}

const GOOD: &str = "姓名,角色,组别\r\n替补01,观摩员,1\r\n替补02,观摩员,2\r\n";

#[tokio::test]
async fn a_file_is_sent_once_checked_and_imported_with_one_click() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let me = (cookie.as_str(), token.as_str());
    let people = async || console.office.campaign().await.accounts.len();
    let before = people().await;
    let bad = format!("{GOOD}替补03,国王,1\r\n");
    let wrong = upload(&console, me, "roster", "roster.csv", &bad).await;
    assert!(
        wrong.body.contains("什么都没有导入")
            && wrong.body.contains("角色")
            && !wrong.body.contains("/apply"),
        "{}",
        wrong.body
    );
    let foreign = upload(&console, (me.0, "0"), "roster", "roster.csv", GOOD).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let checked = upload(&console, me, "roster", "../../roster.csv", GOOD).await;
    assert_eq!(checked.status, StatusCode::OK, "{}", checked.body);
    assert!(checked.body.contains("可导入 2 行"), "{}", checked.body);
    assert_eq!(people().await, before);
    let folder = console.office.dir.path().join("imports");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let (to, once) = button(&checked);
    let click = async |cookie: &str, token: &str, once: &str| {
        console
            .post(&to, cookie, &format!("csrf={token}&once={once}"))
            .await
    };
    // Another supervisor's click finds nothing.
    console
        .office
        .login_named(Grant::of(Role::Supervisor), "second")
        .await;
    let signed_in = console
        .post(
            "/sign-in",
            "",
            &format!("user_name=second&password={PASSWORD}"),
        )
        .await;
    let other = session_cookie(&signed_in);
    let page = console.get("/console", &other).await;
    let foreign = click(&other, &super::form_token(&page), &once).await;
    assert_eq!(foreign.status, StatusCode::GONE);
    assert!(foreign.body.contains("重新选择文件"), "{}", foreign.body);
    let english = console
        .post(
            &format!("{to}?lang=en"),
            &cookie,
            &format!("csrf={token}&once="),
        )
        .await;
    assert_eq!(
        (english.status, people().await),
        (StatusCode::SEE_OTHER, before + 2)
    );
    // Twice: gone, and nobody came in again.
    for lang in ["zh", "en"] {
        let again = console
            .post(
                &format!("{to}?lang={lang}"),
                &cookie,
                &format!("csrf={token}"),
            )
            .await;
        assert_eq!(again.status, StatusCode::GONE);
        let said = if lang == "zh" {
            "已过期、已导入"
        } else {
            "has expired, was imported already"
        };
        assert!(again.body.contains(said), "{}", again.body);
    }
    assert_eq!(people().await, before + 2);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[tokio::test]
async fn a_double_click_imports_once_and_a_checked_file_waits_an_hour() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let me = (cookie.as_str(), token.as_str());
    let before = console.office.campaign().await.accounts.len();
    let checked = upload(&console, me, "roster", "a.csv", GOOD).await;
    let (to, once) = button(&checked);
    let form = format!("csrf={token}&once={once}");
    let clicks = (0..2).map(|_| console.post(&to, &cookie, &form));
    for answer in futures_util::future::join_all(clicks).await {
        assert_eq!(
            answer.location, "/console/prepare/import?done=imported",
            "{}",
            answer.body
        );
    }
    assert_eq!(console.office.campaign().await.accounts.len(), before + 2);
    let more = GOOD.replace("替补", "候补");
    let checked = upload(&console, me, "roster", "b.csv", &more).await;
    let (to, _) = button(&checked);
    console.wait(3_600_000);
    let (cookie, token) = console.sign_in_again(Role::Supervisor).await;
    let late = console.post(&to, &cookie, &format!("csrf={token}")).await;
    assert_eq!(late.status, StatusCode::GONE);
    assert_eq!(console.office.campaign().await.accounts.len(), before + 2);
}

#[tokio::test]
async fn what_changed_after_the_check_is_shown_before_anything_comes_in() {
    let console = Console::empty().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let me = (cookie.as_str(), token.as_str());
    let app = &console.office.app;
    let id = app.current_campaign().await.unwrap().unwrap().id;
    let by = crate::testing::supervisor();
    let divisions = domain::builtin::divisions().iter().cloned().collect();
    app.add_divisions(&by, id, divisions).await.unwrap();
    let table = "乡镇代码,组别\r\n640422100,1\r\n640422101,2\r\n";
    let checked = upload(&console, me, "groups", "groups.csv", table).await;
    let (to, once) = button(&checked);
    // Meanwhile somebody puts the first township elsewhere.
    let other = "乡镇代码,组别\r\n640422100,2\r\n";
    let file = crate::app::ImportFile {
        kind: documents::import::Kind::Groups,
        bytes: other.into(),
        name: None,
        format: None,
        dry_run: false,
    };
    app.import(&by, id, file).await.unwrap();
    let group_of = async |code: &str| {
        let c = app.campaign(id).await.unwrap();
        let place = c.townships.get(code).and_then(|t| t.group);
        place.and_then(|g| c.group(g)).map(|g| g.number)
    };
    let form = format!("csrf={token}&once={once}");
    let shown = console.post(&to, &cookie, &form).await;
    assert_eq!(shown.status, StatusCode::CONFLICT);
    for said in [
        "分到第 1 组",
        "由第 2 组改到第 1 组",
        "1 处",
        "什么都没有导入",
    ] {
        assert!(shown.body.contains(said), "{said}: {}", shown.body);
    }
    assert_eq!(
        (group_of("640422100").await, group_of("640422101").await),
        (Some(2), None)
    );
    let (again, once) = button(&shown);
    assert_eq!(again, to);
    let done = console
        .post(&to, &cookie, &format!("csrf={token}&once={once}"))
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(
        (group_of("640422100").await, group_of("640422101").await),
        (Some(1), Some(2))
    );
    // What cannot come in any more is told line by line.
    let roster = "姓名,角色,组别\r\n观摩员01,观摩员,1\r\n";
    let checked = upload(&console, me, "roster", "r.csv", roster).await;
    let (to, once) = button(&checked);
    let file = crate::app::ImportFile {
        kind: documents::import::Kind::Roster,
        bytes: roster.into(),
        name: None,
        format: None,
        dry_run: false,
    };
    app.import(&by, id, file).await.unwrap();
    let refused = console
        .post(&to, &cookie, &format!("csrf={token}&once={once}"))
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.body.contains("A2") && refused.body.contains("什么都没有导入"),
        "{}",
        refused.body
    );
    assert_eq!(app.campaign(id).await.unwrap().accounts.len(), 1);
}
