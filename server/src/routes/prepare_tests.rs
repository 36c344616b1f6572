//! A tour prepared over the interface alone, and what is refused on the way.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::issue_tests::Client;
use crate::auth::Role;
use crate::auth::types::Grant;
use crate::testing::Office;

const CREATED: StatusCode = StatusCode::CREATED;
const OK: StatusCode = StatusCode::OK;

/// A supervisor's program.
struct Desk<'a>(Client<'a>);

impl<'a> Desk<'a> {
    async fn of(office: &'a Office) -> Self {
        Self(Client::of(office, "desk", Grant::of(Role::Supervisor)).await)
    }

    async fn get(&self, path: &str) -> (Json, String) {
        let (status, body, tag) = self.0.send("GET", path, &[], Json::Null).await;
        assert_eq!(status, OK, "{path} {body}");
        (body, tag)
    }

    /// Asks for a change; status, body and tag.
    async fn ask(&self, method: &str, path: &str, body: Json) -> (StatusCode, Json, String) {
        self.0.send(method, path, &[], body).await
    }

    async fn post(&self, path: &str, body: Json) -> Json {
        let (status, said, _) = self.ask("POST", path, body).await;
        assert!(status.is_success(), "{path} {status} {said}");
        said
    }

    async fn put(&self, path: &str, tag: &str, body: Json) -> (StatusCode, Json, String) {
        self.0.send("PUT", path, &[("if-match", tag)], body).await
    }

    /// What a request is refused with.
    async fn refused(&self, method: &str, path: &str, body: Json) -> String {
        let any = [("if-match", "*")];
        let (status, said, _) = self.0.send(method, path, &any, body).await;
        assert!(status.is_client_error(), "{path} {status} {said}");
        said["code"].as_str().unwrap().to_owned()
    }
}

fn id(body: &Json) -> &str {
    body["id"].as_str().unwrap()
}

/// A campaign with groups, checklists, a site in each and people, and its townships in no group.
async fn nearly_prepared(desk: &Desk<'_>) -> (String, Vec<String>) {
    let new = json!({"name": "观摩", "tour_kind": "tour", "first_day": "2026-06-01", "last_day": "2026-06-02"});
    let campaign = id(&desk.post("/api/v1/campaigns", new).await).to_owned();
    for number in [1, 2] {
        let group = json!({"number": number, "name": format!("第{number}组"), "lead": "县级领导"});
        desk.post("/api/v1/prepare/groups", group).await;
    }
    desk.post("/api/v1/prepare/checklists/builtin", Json::Null)
        .await;
    for n in 1..=6 {
        let group = if n <= 3 { 1 } else { 2 };
        let person = json!({"name": format!("观摩员{n:02}"), "role": "observer", "group": group, "home_unit": null, "form": "quick"});
        desk.post("/api/v1/prepare/roster", person).await;
    }
    let (places, _) = desk.get("/api/v1/prepare/townships").await;
    let places = places["items"].as_array().unwrap().iter();
    let codes: Vec<String> = places
        .map(|t| t["code"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 19);
    (campaign, codes)
}

fn placed(codes: &[String]) -> Vec<Json> {
    let place =
        |(i, code): (usize, &String)| json!({"code": code, "group": if i < 10 { 1 } else { 2 }});
    codes.iter().enumerate().map(place).collect()
}

fn road(township: &str) -> Json {
    json!({"name": "沿途", "kind": "route_segment", "town_kind": null, "township": township, "village": null, "number": null, "order": 1})
}

#[tokio::test]
async fn a_tour_is_prepared_by_json_alone_and_started() {
    let office = Office::bare().await;
    let desk = Desk::of(&office).await;
    let (campaign, codes) = nearly_prepared(&desk).await;
    let start = format!("/api/v1/campaigns/{campaign}/start");
    let (status, said, _) = desk.ask("POST", &start, Json::Null).await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::CONFLICT, &"not_ready".into())
    );
    assert!(said["detail"].as_str().unwrap().contains("未分组"));
    // A township in two groups at once is refused, and nothing of that request is done.
    let (_, tag) = desk.get("/api/v1/prepare/townships").await;
    let mut twice = placed(&codes);
    twice.push(json!({"code": codes[0], "group": 2}));
    let (status, said, _) = desk
        .put("/api/v1/prepare/townships", &tag, json!(twice))
        .await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &"invalid".into())
    );
    let (now, same) = desk.get("/api/v1/prepare/townships").await;
    assert_eq!((&now["open"], &same), (&19.into(), &tag));
    // All but one, and the start is still refused for that one alone.
    let (status, now, _) = desk
        .put(
            "/api/v1/prepare/townships",
            &tag,
            json!(placed(&codes[..18])),
        )
        .await;
    assert_eq!((status, &now["open"]), (OK, &1.into()), "{now}");
    for code in [&codes[0], &codes[10]] {
        let (status, site, _) = desk.ask("POST", "/api/v1/prepare/sites", road(code)).await;
        assert_eq!(
            (status, site["checklist"].is_string()),
            (CREATED, true),
            "{site}"
        );
    }
    let (lacks, _) = desk.get("/api/v1/prepare/readiness").await;
    let blocks = lacks["lacks"].as_array().unwrap().iter();
    let blocks: Vec<&Json> = blocks.filter(|l| l["blocks"] == true).collect();
    assert_eq!(blocks.len(), 1, "{blocks:?}");
    assert_eq!(desk.refused("POST", &start, Json::Null).await, "not_ready");
    let (status, _, _) = desk
        .put(
            "/api/v1/prepare/townships",
            "*",
            json!([{"code": codes[18], "group": 2}]),
        )
        .await;
    assert_eq!(status, OK);
    let started = desk.post(&start, Json::Null).await;
    assert_eq!(id(&started), campaign);
    let c = office.app.current_campaign().await.unwrap().unwrap();
    assert_eq!(
        (
            c.state.as_str(),
            c.groups.len(),
            c.accounts.len(),
            c.sites.len()
        ),
        ("running", 2, 6, 2)
    );
    // Frozen from now on.
    assert_eq!(desk.refused("POST", &start, Json::Null).await, "frozen");
    let moved = json!([{"code": codes[0], "group": 2}]);
    assert_eq!(
        desk.refused("PUT", "/api/v1/prepare/townships", moved)
            .await,
        "frozen"
    );
    let group = json!({"number": 3, "name": "第3组"});
    assert_eq!(
        desk.refused("POST", "/api/v1/prepare/groups", group).await,
        "frozen"
    );
    let builtin = "/api/v1/prepare/checklists/builtin";
    assert_eq!(desk.refused("POST", builtin, Json::Null).await, "frozen");
    // Weights change only as a new version with a reason.
    let (mut rules, tag) = desk.get("/api/v1/rules").await;
    let (v, h) = (rules["weights"]["V"].clone(), rules["weights"]["H"].clone());
    (rules["weights"]["V"], rules["weights"]["H"]) = (h, v);
    let body = |why: &str| json!({"rules": rules, "reason": why});
    let refused = desk.refused("PUT", "/api/v1/rules", body("")).await;
    assert_eq!(refused, "reason_required");
    let (status, said, _) = desk.put("/api/v1/rules", "\"00\"", body("县里决定")).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{said}");
    let (status, said, _) = desk.put("/api/v1/rules", &tag, body("县里决定")).await;
    assert_eq!(status, OK, "{said}");
}

#[tokio::test]
async fn what_is_edited_needs_the_tag_that_was_read_and_what_is_made_is_made_once() {
    let office = Office::start().await;
    let desk = Desk::of(&office).await;
    let person = format!("/api/v1/prepare/roster/{}", office.accounts[1]);
    let body = |name: &str| json!({"name": name, "role": "observer", "group": 1, "home_unit": null, "form": "quick", "active": true, "reason": "更正"});
    let (before, tag) = desk.get(&person).await;
    assert_eq!(before["name"], "观摩员02");
    let (status, _, _) = desk.ask("PUT", &person, body("观摩员92")).await;
    assert_eq!(status, StatusCode::PRECONDITION_REQUIRED);
    let (status, now, next) = desk.put(&person, &tag, body("观摩员92")).await;
    assert_eq!((status, &now["name"]), (OK, &"观摩员92".into()));
    let (status, said, _) = desk.put(&person, &tag, body("观摩员93")).await;
    assert_eq!(
        (status, &said["code"]),
        (
            StatusCode::PRECONDITION_FAILED,
            &"precondition_failed".into()
        )
    );
    assert_eq!(desk.get(&person).await, (now, next));
    // The same of everything else that has a tag.
    for path in ["groups", "sites"] {
        let list = format!("/api/v1/prepare/{path}");
        let (all, _) = desk.get(&list).await;
        let one = format!("{list}/{}", id(&all["items"][0]));
        let (mut body, _) = desk.get(&one).await;
        let fields: &[&str] = match path {
            "groups" => &["name", "lead", "rapporteur"],
            _ => &[
                "name",
                "kind",
                "town_kind",
                "township",
                "village",
                "number",
                "order",
            ],
        };
        body.as_object_mut()
            .unwrap()
            .retain(|k, _| fields.contains(&k.as_str()));
        let (status, _, _) = desk.ask("PUT", &one, body.clone()).await;
        assert_eq!(status, StatusCode::PRECONDITION_REQUIRED, "{path}");
        let (status, _, _) = desk.put(&one, "\"00\"", body.clone()).await;
        assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{path}");
        let (status, said, _) = desk.put(&one, "*", body).await;
        assert_eq!(status, OK, "{path} {said}");
    }
    // One key, one site; without a key the second is refused because it is the same site.
    let key = [("idempotency-key", "site-1")];
    let place = road("640422100");
    let (status, first, _) = desk
        .0
        .send("POST", "/api/v1/prepare/sites", &key, place.clone())
        .await;
    let (again, second, _) = desk
        .0
        .send("POST", "/api/v1/prepare/sites", &key, place.clone())
        .await;
    assert_eq!((status, again, &first), (CREATED, CREATED, &second));
    let (status, said, _) = desk
        .ask("POST", "/api/v1/prepare/sites", place.clone())
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        said["detail"]
            .as_str()
            .unwrap()
            .starts_with("name: 这里已有同类的点位"),
        "{said}"
    );
    let roads = office
        .campaign()
        .await
        .sites
        .values()
        .filter(|s| s.name == "沿途")
        .count();
    assert_eq!(roads, 1);
    let numbered = json!({"number": 2});
    let mut other = place;
    other["number"] = numbered["number"].clone();
    desk.post("/api/v1/prepare/sites", other).await;
    // Renaming the second to what the first is, is refused, too.
    let (all, _) = desk.get("/api/v1/prepare/sites?limit=200").await;
    let second = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["number"] == 2)
        .unwrap();
    let path = format!("/api/v1/prepare/sites/{}", id(second));
    assert_eq!(
        desk.refused("PUT", &path, road("640422100")).await,
        "invalid"
    );
}

#[tokio::test]
async fn recusals_substitutes_and_strikes_are_ruled_with_reasons() {
    let office = Office::start().await;
    let desk = Desk::of(&office).await;
    let home = "640422100";
    let own = format!("/api/v1/prepare/roster/{}", office.accounts[3]);
    let (person, _) = desk.get(&own).await;
    assert_eq!(person["home_unit"], home);
    // His own township bars him without a ruling: nobody waits for his sheet there.
    let c = office.campaign().await;
    let site = &c.sites[&office.sites[0]];
    assert_eq!(site.township.as_deref(), Some(home));
    assert!(
        c.expected(site, office.groups[0])
            .iter()
            .all(|a| a.id != office.accounts[3])
    );
    let recuse = format!("{own}/recusals");
    let none = json!({"township": "640422101", "reason": " "});
    assert_eq!(desk.refused("POST", &recuse, none).await, "reason_required");
    let unknown = json!({"township": "000000000", "reason": "亲属"});
    assert_eq!(desk.refused("POST", &recuse, unknown).await, "invalid");
    let ruling = desk
        .post(&recuse, json!({"township": "640422101", "reason": "亲属"}))
        .await;
    assert_eq!(desk.get(&own).await.0["recused"], json!(["640422101"]));
    let lift = format!("/api/v1/prepare/recusals/{}/lift", id(&ruling));
    assert_eq!(
        desk.refused("POST", &lift, json!({"reason": ""})).await,
        "reason_required"
    );
    let lifted = desk.post(&lift, json!({"reason": "查明无关"})).await;
    assert_eq!(lifted["in_force"], false);
    assert_eq!(desk.get(&own).await.0["recused"], json!([]));
    // After the start a substitute needs a reason, and must be of the same role and of no other group.
    let new = json!({"name": "替补01", "role": "observer", "group": null, "home_unit": null, "form": "quick"});
    let substitute = id(&desk.post("/api/v1/prepare/roster", new).await).to_owned();
    let path = format!("/api/v1/prepare/roster/{}/substitute", office.accounts[0]);
    let ask = |who: &str, why: &str| json!({"substitute": who, "reason": why});
    assert_eq!(
        desk.refused("POST", &path, ask(&substitute, "")).await,
        "reason_required"
    );
    let other = office.accounts[4].to_string();
    assert_eq!(
        desk.refused("POST", &path, ask(&other, "生病")).await,
        "invalid"
    );
    let (status, _, _) = desk.ask("POST", &path, ask(&substitute, "生病")).await;
    assert_eq!(status, StatusCode::PRECONDITION_REQUIRED);
    let any = [("if-match", "*")];
    let (status, gone, _) = desk
        .0
        .send("POST", &path, &any, ask(&substitute, "生病"))
        .await;
    assert_eq!((status, &gone["active"]), (OK, &false.into()));
    assert_eq!(
        (&gone["replaced"]["account"], &gone["replaced"]["reason"]),
        (&substitute.into(), &"生病".into())
    );
    let strike = format!("/api/v1/prepare/sites/{}/strike", office.sites[1]);
    let ask = |strike: bool, why: &str| json!({"strike": strike, "reason": why});
    assert_eq!(
        desk.refused("POST", &strike, ask(true, "")).await,
        "reason_required"
    );
    let (_, site, _) = desk.0.send("POST", &strike, &any, ask(true, "修路")).await;
    assert_eq!(site["struck"], "修路");
}

#[tokio::test]
async fn lists_come_by_pages_that_skip_and_repeat_nothing() {
    let office = Office::start().await;
    let desk = Desk::of(&office).await;
    for path in ["roster", "sites", "groups", "checklists"] {
        let (all, _) = desk.get(&format!("/api/v1/prepare/{path}?limit=200")).await;
        let all: Vec<Json> = all["items"].as_array().unwrap().clone();
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let at = format!("/api/v1/prepare/{path}?limit=1{cursor}");
            let (page, _) = desk.get(&at).await;
            walked.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(walked, all, "{path}");
        assert!(all.len() > 1, "{path}");
    }
    let (all, _) = desk.get("/api/v1/prepare/checklists").await;
    let path = format!("/api/v1/prepare/checklists/{}", id(&all["items"][0]));
    let (list, _) = desk.get(&path).await;
    assert_eq!(list["body"]["code"], list["code"]);
    let missing = format!("/api/v1/prepare/roster/{}", Uuid::from_u128(7));
    let (status, _, _) = desk.ask("GET", &missing, Json::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_campaign_is_edited_chosen_closed_and_its_nominations_have_a_deadline() {
    let office = Office::start().await;
    let desk = Desk::of(&office).await;
    let new = json!({"name": "六月", "tour_kind": "tour", "first_day": "2026-06-01", "last_day": "2026-06-02"});
    let copy = desk
        .post(
            &format!("/api/v1/campaigns/{}/copies", office.campaign),
            new,
        )
        .await;
    let june = id(&copy).to_owned();
    desk.post(&format!("/api/v1/campaigns/{june}/current"), Json::Null)
        .await;
    let (mut basics, tag) = desk.get("/api/v1/prepare/basics").await;
    assert_eq!(basics["name"], "六月");
    basics["name"] = "观摩".into();
    let (status, said, _) = desk
        .put("/api/v1/prepare/basics", &tag, basics.clone())
        .await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the name of the other: {said}"
    );
    basics["name"] = "六月观摩".into();
    assert_eq!(
        desk.put("/api/v1/prepare/basics", &tag, basics.clone())
            .await
            .0,
        OK
    );
    assert_eq!(
        desk.put("/api/v1/prepare/basics", &tag, basics).await.0,
        StatusCode::PRECONDITION_FAILED
    );
    let path = "/api/v1/prepare/nomination_deadline";
    let deadline = |until: &str| json!({"until": until, "per_township": 2});
    for past in ["2020-01-01T00:00:00+08:00", "tomorrow"] {
        assert_eq!(desk.refused("PUT", path, deadline(past)).await, "invalid");
    }
    let (status, said, _) = desk
        .put(path, "*", deadline("2026-05-20T18:00:00+08:00"))
        .await;
    assert_eq!(
        (status, &said["until"]),
        (OK, &"2026-05-20T18:00:00+08:00".into())
    );
    let village = |n: u32| json!({"village": format!("6404221002{n:02}")});
    let named = desk.post("/api/v1/nominations", village(1)).await;
    let withdraw = format!("/api/v1/nominations/{}/withdraw", id(&named));
    desk.post(&withdraw, Json::Null).await;
    // The deadline is the server's, and strict.
    let end = 1_779_271_200_000;
    office
        .now
        .store(end - 1, std::sync::atomic::Ordering::SeqCst);
    let desk = Desk(Client::of(&office, "desk2", Grant::of(Role::Supervisor)).await);
    desk.post("/api/v1/nominations", village(2)).await;
    office.now.store(end, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(
        desk.refused("POST", "/api/v1/nominations", village(3))
            .await,
        "not_ready"
    );
    let advance = |id: Uuid| format!("/api/v1/campaigns/{id}/advance");
    let close = |why: &str| json!({"to": "closed", "reason": why});
    let running = advance(office.campaign);
    assert_eq!(
        desk.refused("POST", &running, close("")).await,
        "reason_required"
    );
    desk.post(&running, close("天气原因中止")).await;
    assert_eq!(
        desk.refused("POST", &running, json!({"to": "running"}))
            .await,
        "invalid"
    );
}
