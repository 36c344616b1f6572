//! Preparing a tour over HTTP: every page, both languages; refusals that keep what was typed; stale and double forms.

use axum::http::StatusCode;
use uuid::Uuid;

use super::Console;
use crate::auth::Role;
use crate::auth::types::Grant;

const PAGES: [&str; 9] = [
    "/console/campaigns",
    "/console/prepare",
    "/console/prepare/rules",
    "/console/prepare/groups",
    "/console/prepare/sites",
    "/console/prepare/roster",
    "/console/prepare/checklists",
    "/console/prepare/nominations",
    "/console/prepare/draws",
];

/// Value of a hidden field of the form that posts to `action`.
pub(super) fn hidden(body: &str, action: &str, name: &str) -> String {
    let form = body
        .split("<form")
        .find(|f| f.contains(&format!("action=\"{action}\"")));
    let form = form.unwrap_or_else(|| panic!("no form for {action}"));
    let at = format!("name=\"{name}\" value=\"");
    let value = form
        .split(&at)
        .nth(1)
        .unwrap_or_else(|| panic!("no {name} in {action}"));
    value.split('"').next().unwrap().to_owned()
}

pub(super) fn encoded(pairs: &[(&str, &str)]) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    let text = |s: &str| s.bytes().map(byte).collect::<String>();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(k, v)| format!("{}={}", text(k), text(v)))
        .collect();
    pairs.join("&")
}

#[tokio::test]
async fn every_page_opens_in_both_languages_with_and_without_content() {
    for console in [Console::started().await, Console::empty().await] {
        let (cookie, _) = console.sign_in(Role::Supervisor).await;
        for page in PAGES {
            for lang in ["zh", "en"] {
                let answer = console.get(&format!("{page}?lang={lang}"), &cookie).await;
                assert_eq!(answer.status, StatusCode::OK, "{page} {lang}");
                assert!(answer.body.contains("<h1"), "{page}");
                assert!(!answer.body.contains("style="), "{page}: inline style");
            }
        }
    }
    let console = Console::started().await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let o = &console.office;
    let checklist = o.campaign().await.checklists.values().next().unwrap().id;
    for page in [
        format!("/console/prepare/sites/{}", o.sites[0]),
        format!("/console/prepare/roster/{}", o.accounts[3]),
        format!("/console/prepare/checklists/{checklist}"),
    ] {
        assert_eq!(
            console.get(&page, &cookie).await.status,
            StatusCode::OK,
            "{page}"
        );
    }
    for kind in ["sites", "roster", "checklists", "draws"] {
        let page = format!("/console/prepare/{kind}/{}", Uuid::from_u128(7));
        assert_eq!(
            console.get(&page, &cookie).await.status,
            StatusCode::NOT_FOUND,
            "{page}"
        );
    }
}

#[tokio::test]
async fn a_supervisor_prepares_a_tour_from_an_empty_database_by_forms_alone() {
    let console = Console::bare().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let post = async |to: &str, pairs: &[(&str, &str)]| {
        let form = encoded(&[&[("csrf", token.as_str())], pairs].concat());
        console.post(to, &cookie, &form).await
    };
    let new = [
        ("form", "new"),
        ("name", "观摩评比 <script>"),
        ("tour_kind", "tour"),
        ("first_day", "2026-06-01"),
        ("last_day", "2026-06-02"),
    ];
    let made = post("/console/campaigns", &new).await;
    assert_eq!(
        (made.status, made.location.as_str()),
        (StatusCode::SEE_OTHER, "/console/prepare?done=made")
    );
    // Sent twice: one campaign.
    let twice = post("/console/campaigns", &new).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        twice.body.contains("已有同名活动") && twice.body.contains("&#60;script&#62;"),
        "{}",
        twice.body
    );
    assert_eq!(console.office.app.campaigns().await.unwrap().len(), 1);
    for (number, name) in [("1", "第一组"), ("2", "第二组")] {
        let form = [
            ("form", "new"),
            ("number", number),
            ("name", name),
            ("lead", "县级领导"),
        ];
        assert_eq!(
            post("/console/prepare/groups", &form).await.status,
            StatusCode::SEE_OTHER
        );
    }
    let refused = post("/console/prepare/start", &[("form", "start")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.body.contains("未分组") && refused.body.contains("没有观摩人员"),
        "{}",
        refused.body
    );
    let page = console.get("/console/prepare/groups", &cookie).await.body;
    let seen = hidden(&page, "/console/prepare/townships", "seen");
    let c = console
        .office
        .app
        .current_campaign()
        .await
        .unwrap()
        .unwrap();
    let codes = c.divisions.values().filter(|d| d.level.is_township());
    let names: Vec<String> = codes.map(|d| format!("g-{}", d.code)).collect();
    assert_eq!(names.len(), 19);
    let mut pairs = vec![("form", "townships"), ("seen", seen.as_str())];
    for (i, name) in names.iter().enumerate() {
        pairs.push((name, if i < 10 { "1" } else { "2" }));
    }
    assert_eq!(
        post("/console/prepare/townships", &pairs).await.status,
        StatusCode::SEE_OTHER
    );
    // The same form again was opened before that change.
    let stale = post("/console/prepare/townships", &pairs).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert_eq!(
        post("/console/prepare/checklists", &[("form", "builtin")])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    for (i, name) in names.iter().enumerate() {
        let code = name.strip_prefix("g-").unwrap();
        let form = [
            ("form", "add"),
            ("name", "沿途"),
            ("kind", "route_segment"),
            ("town_kind", ""),
            ("township", code),
            ("village", ""),
            ("order", "1"),
        ];
        if i == 0 || i == 10 {
            assert_eq!(
                post("/console/prepare/sites", &form).await.status,
                StatusCode::SEE_OTHER
            );
        }
    }
    for n in 1..=6 {
        let name = format!("观摩员{n:02}");
        let form = [
            ("form", "add"),
            ("name", name.as_str()),
            ("role", "observer"),
            ("group", if n <= 3 { "1" } else { "2" }),
            ("home_unit", ""),
            ("sheet_form", "quick"),
        ];
        assert_eq!(
            post("/console/prepare/roster", &form).await.status,
            StatusCode::SEE_OTHER
        );
        let again = post("/console/prepare/roster", &form).await;
        assert_eq!(
            again.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "a double submit"
        );
    }
    let started = post("/console/prepare/start", &[("form", "start")]).await;
    assert_eq!(
        started.location, "/console/prepare?done=started",
        "{}",
        started.body
    );
    let c = console
        .office
        .app
        .current_campaign()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (c.state.as_str(), c.accounts.len(), c.sites.len()),
        ("running", 6, 2)
    );
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_and_says_which_field_is_wrong() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let post = async |to: &str, pairs: &[(&str, &str)]| {
        let form = encoded(&[&[("csrf", token.as_str())], pairs].concat());
        console.post(to, &cookie, &form).await
    };
    let long = "长".repeat(101);
    let form = [
        ("form", "add"),
        ("name", long.as_str()),
        ("role", "observer"),
        ("group", "1"),
        ("sheet_form", "quick"),
    ];
    let answer = post("/console/prepare/roster", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains(&format!("value=\"{long}\"")));
    assert!(answer.body.contains("id=\"e-add-name\"") && answer.body.contains("最多 100 个字"));
    let person = format!("/console/prepare/roster/{}", console.office.accounts[1]);
    let seen = hidden(&console.get(&person, &cookie).await.body, &person, "seen");
    let edit = |name: &'static str, reason: &'static str| {
        [
            ("form", "edit"),
            ("name", name),
            ("role", "observer"),
            ("group", "1"),
            ("sheet_form", "quick"),
            ("active", "1"),
            ("reason", reason),
        ]
    };
    let with_seen = [&edit("甲", "")[..], &[("seen", seen.as_str())]].concat();
    let answer = post(&person, &with_seen).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("id=\"e-edit-reason\"") && answer.body.contains("value=\"甲\""));
    let with_seen = [&edit("甲", "更正")[..], &[("seen", seen.as_str())]].concat();
    assert_eq!(
        post(&person, &with_seen).await.status,
        StatusCode::SEE_OTHER
    );
    let stale = post(&person, &with_seen).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert_eq!(
        post(&person, &edit("甲", "更正")).await.status,
        StatusCode::CONFLICT,
        "no mark at all"
    );
    let rules = console.get("/console/prepare/rules", &cookie).await.body;
    let seen = hidden(&rules, "/console/prepare/rules", "seen");
    let form = [
        ("form", "rules"),
        ("seen", seen.as_str()),
        ("v", "50"),
        ("h", "30"),
        ("e", "20"),
        ("s", "0"),
        ("r", "10"),
        ("m", "0"),
        ("correction", "none"),
        ("scope", "overall"),
        ("red", "4"),
        ("yellow", "2"),
        ("red_min", "90.5"),
        ("yellow_max", ""),
        ("reason", "县里决定"),
    ];
    let answer = post("/console/prepare/rules", &form).await;
    assert!(
        answer.body.contains("权重合计 110，应为 100"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("value=\"90.5\""));
}

#[tokio::test]
async fn a_rehearsal_says_so_on_every_page_and_is_wiped_by_its_name() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let post = async |to: &str, pairs: &[(&str, &str)]| {
        let form = encoded(&[&[("csrf", token.as_str())], pairs].concat());
        console.post(to, &cookie, &form).await
    };
    let real = console.office.campaign;
    let form = [
        ("form", "clone"),
        ("name", "五月试填"),
        ("tour_kind", "tour"),
        ("first_day", "2026-04-29"),
        ("last_day", "2026-04-29"),
    ];
    assert_eq!(
        post(&format!("/console/campaigns/{real}/rehearse"), &form)
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    let list = console.office.app.campaigns().await.unwrap();
    let trial = list.iter().find(|c| c.rehearsal).unwrap().id;
    assert_eq!(
        post("/console/campaign", &[("campaign", &trial.to_string())])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    for page in PAGES
        .iter()
        .chain(&["/console", "/console/records", "/console/people"])
    {
        let body = console.get(page, &cookie).await.body;
        assert!(body.contains("这是试填"), "{page}");
    }
    let wipe = format!("/console/campaigns/{trial}/wipe");
    let answer = post(&wipe, &[("form", "wipe"), ("typed", "别的")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = post(
        &format!("/console/campaigns/{real}/wipe"),
        &[("form", "wipe"), ("typed", "观摩")],
    )
    .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = post(&wipe, &[("form", "wipe"), ("typed", "五月试填")]).await;
    assert_eq!(answer.location, "/console/campaigns?done=wiped");
    assert_eq!(console.office.app.campaigns().await.unwrap().len(), 1);
    // The session still looks at what is gone: the list stays reachable.
    assert_eq!(
        console.get("/console/campaigns", &cookie).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_township_head_names_villages_of_his_own_township_only_and_a_draw_is_made_once() {
    let console = Console::started().await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let real = console.office.campaign;
    let post = async |cookie: &str, token: &str, to: &str, pairs: &[(&str, &str)]| {
        let form = encoded(&[&[("csrf", token)], pairs].concat());
        console.post(to, cookie, &form).await
    };
    let form = [
        ("form", "clone"),
        ("name", "六月"),
        ("tour_kind", "tour"),
        ("first_day", "2099-06-01"),
        ("last_day", "2099-06-02"),
    ];
    post(
        &cookie,
        &token,
        &format!("/console/campaigns/{real}/clone"),
        &form,
    )
    .await;
    let list = console.office.app.campaigns().await.unwrap();
    let next = list.iter().find(|c| c.id != real).unwrap().clone();
    post(
        &cookie,
        &token,
        &format!("/console/campaigns/{}/current", next.id),
        &[("form", "current")],
    )
    .await;
    let deadline = [
        ("form", "deadline"),
        ("until", "2099-01-01T18:00"),
        ("per_township", "2"),
    ];
    let answer = post(&cookie, &token, "/console/prepare/deadline", &deadline).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let codes: Vec<String> = next.townships.keys().cloned().collect();
    let village = |township: &str| {
        let of_it = next
            .divisions
            .values()
            .find(|d| d.parent.as_deref() == Some(township));
        of_it.unwrap().code.clone()
    };
    let grant = Grant {
        unit: Some(codes[0].clone()),
        ..Grant::of(Role::TownshipLead)
    };
    console.office.login_named(grant, "township_lead").await;
    let (own_cookie, own_token) = console.sign_in_again(Role::TownshipLead).await;
    let name = async |village: String| {
        let form = [
            ("form", "nominate"),
            ("village", village.as_str()),
            ("remark", "=HYPERLINK(1)"),
        ];
        post(
            &own_cookie,
            &own_token,
            "/console/prepare/nominations",
            &form,
        )
        .await
    };
    assert_eq!(
        name(village(&codes[1])).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(name(village(&codes[0])).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        name(village(&codes[0])).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a double submit"
    );
    let page = console
        .get("/console/prepare/nominations", &own_cookie)
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        !page.body.contains(&village(&codes[1])),
        "another township's villages are offered"
    );
    for page in [
        "/console/campaigns",
        "/console/prepare",
        "/console/prepare/draws",
    ] {
        assert_eq!(
            console.get(page, &own_cookie).await.status,
            StatusCode::FORBIDDEN,
            "{page}"
        );
    }
    let draw = [
        ("form", "draw"),
        ("purpose", "households"),
        ("title", "某村农户"),
        ("township", ""),
        ("n", "4"),
        ("candidates", "1-120"),
        ("seed", "骰子 4-1-6"),
    ];
    let made = post(&cookie, &token, "/console/prepare/draws", &draw).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let shown = console.get(&made.location, &cookie).await.body;
    for drawn in domain::draw::draw("骰子 4-1-6", &numbers(), 4).unwrap() {
        assert!(shown.contains(&drawn.key));
    }
    let twice = post(&cookie, &token, "/console/prepare/draws", &draw).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    let again = [("form", "again"), ("reason", "名单漏了一户"), ("seed", "")];
    let second = post(&cookie, &token, &format!("{}/again", made.location), &again).await;
    assert_eq!(second.status, StatusCode::SEE_OTHER);
    assert!(
        console
            .get(&made.location, &cookie)
            .await
            .body
            .contains("已被重抽取代")
    );
}

fn numbers() -> Vec<domain::draw::Candidate> {
    let one = |n: u32| domain::draw::Candidate {
        id: n.to_string(),
        name: String::new(),
    };
    (1..=120).map(one).collect()
}
