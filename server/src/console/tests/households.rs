//! Households over the console: search, correction, erasing, and what is not entered.

use axum::http::StatusCode;
use merge::Value;

use super::Console;
use super::prepare::{encoded, hidden};
use crate::auth::Role;

const CODE: &str = "640422100201-03-015";

#[tokio::test]
async fn a_household_is_found_corrected_and_erased_by_forms_and_not_entered_is_said() {
    let console = Console::started().await;
    let o = &console.office;
    let c = o.campaign().await;
    let facts = protocol::ids::site_facts(o.campaign, o.sites[1], o.groups[0]);
    let mut phone = o.phone(0).await;
    let noted = [("site_facts", facts, "code", Value::text(CODE), vec![])];
    let segment = phone.write(phone.group_scope(), &noted);
    phone.sync(&o.app, vec![segment]).await.unwrap();
    let mut other = o.phone(1).await;
    let mut sheet = other.filled(&c, o.sites[1], 1);
    sheet.push((
        "sheet",
        other.sheet(o.sites[1]),
        "visit",
        Value::text("refused"),
        vec![],
    ));
    let segment = other.write(other.sealed(), &sheet);
    other.sync(&o.app, vec![segment]).await.unwrap();
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let page = format!("/console/households/{}", o.sites[1]);
    let body = async |path: &str| console.get(path, &cookie).await.body;
    let found = body("/console/households?q=03-015").await;
    assert!(
        found.contains(CODE) && found.contains("未入户：谢绝 1"),
        "{found}"
    );
    assert!(
        body("/console/households?q=99")
            .await
            .contains("没有找到农户")
    );
    for shown in [&page, &format!("/console/prepare/sites/{}", o.sites[1])] {
        assert!(body(shown).await.contains("未入户：谢绝 1"), "{shown}");
    }
    for shown in [
        "/console/records",
        &format!("/console/records/{}", other.sheet(o.sites[1])),
    ] {
        assert!(body(shown).await.contains("未入户：拒绝"), "{shown}");
    }
    let opened = body(&page).await;
    let seen = hidden(&opened, &page, "seen");
    let form = |value: &str, reason: &str| {
        let pairs = [
            ("csrf", token.as_str()),
            ("form", "correct"),
            ("seen", seen.as_str()),
            ("group", "1"),
            ("field", "code"),
            ("value", value),
            ("reason", reason),
        ];
        encoded(&pairs)
    };
    let wrong = console
        .post(&page, &cookie, &form("642223199001011234", "更正"))
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.body.contains("不得填写身份证号") && wrong.body.contains("id=\"e-correct-value\"")
    );
    let bare = console
        .post(&page, &cookie, &form("640422100201-3-16", ""))
        .await;
    assert!(
        bare.body.contains("id=\"e-correct-reason\""),
        "{}",
        bare.body
    );
    let done = console
        .post(&page, &cookie, &form("640422100201-3-16", "户主来电"))
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert!(body(&page).await.contains("640422100201-03-016"));
    let stale = console.post(&page, &cookie, &form("", "删除")).await;
    assert_eq!(
        stale.status,
        StatusCode::CONFLICT,
        "opened before the correction"
    );
    for wrong in [o.sites[0], uuid::Uuid::from_u128(7)] {
        let answer = console
            .get(&format!("/console/households/{wrong}"), &cookie)
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let (lead, _) = console.sign_in(Role::CountyLead).await;
    assert_eq!(
        console.get(&page, &lead).await.status,
        StatusCode::FORBIDDEN
    );
}
