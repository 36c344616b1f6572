//! Threat T23: what belongs to another township, department, village or group is not there, on every page and route.
//!
//! Generated from the rows that routes are added with: a row with an id that a scoped role may ask must have an example
//! here ([`example`]), its own is found and the other's is not; rows without an id never say what is the other's, however
//! they are filtered. Leaves out: phones, whose scopes are tested with the sync and the photos.

use std::collections::BTreeSet;

use axum::Router;
use merge::Value;
use uuid::Uuid;

use super::access_tests::{Answer, Person, call_saying, every_row, filled_with, persons};
use super::router;
use crate::auth::access::Row;
use crate::auth::types::Grant;
use crate::auth::{Access, Role, allows};
use crate::blobs::BlobHash;
use crate::services::prepare::nominations;
use crate::testing::{Office, START, supervisor};

/// Roles whose reach is less than the county.
const SCOPED: [Role; 4] = [
    Role::GroupRapporteur,
    Role::TownshipLead,
    Role::DepartmentLead,
    Role::VillageUser,
];
/// Lead units.
const DEPARTMENTS: [&str; 2] = ["住建局甲", "城管局乙"];
/// Words that stand only in what is the other's.
const CANARY: &str = "别处的话";

/// An office with somebody of each scoped role, and two of everything: the own one first.
struct World {
    office: Office,
    router: Router,
    people: Vec<(Role, Person)>,
    townships: [String; 2],
    things: [Uuid; 2],
    photos: [BlobHash; 2],
}

/// A township of group 1 and one of group 2, as [`Office`] assigns them, and a village of each.
async fn places(office: &Office) -> ([String; 2], [String; 2]) {
    let c = office.campaign().await;
    let mut codes: Vec<&String> = c.townships.keys().collect();
    codes.sort();
    let of = |n: i64| {
        let group = c.groups.iter().find(|g| g.number == n).unwrap().id;
        let mut all = codes.iter();
        let found = all.find(|code| c.townships[**code].group == Some(group));
        (*found.unwrap()).clone()
    };
    let townships = [of(1), of(2)];
    let village = |township: &String| {
        let mut all = c.divisions.values();
        let found = all.find(|d| d.parent.as_ref() == Some(township));
        found.unwrap().code.clone()
    };
    let villages = [village(&townships[0]), village(&townships[1])];
    (townships, villages)
}

async fn people(office: &Office, router: &Router, unit: (&str, &str)) -> Vec<(Role, Person)> {
    for role in SCOPED {
        let grant = Grant {
            unit: match role {
                Role::TownshipLead => Some(unit.0.to_owned()),
                Role::VillageUser => Some(unit.1.to_owned()),
                Role::DepartmentLead => Some(DEPARTMENTS[0].to_owned()),
                _ => None,
            },
            group_number: (role == Role::GroupRapporteur).then_some(1),
            ..Grant::of(role)
        };
        office.login_named(grant, role.word()).await;
    }
    let people = persons(router, &SCOPED.map(Role::word)).await;
    SCOPED.into_iter().zip(people).collect()
}

/// A running tour: an issue with a photo in each place, both groups locked.
async fn running() -> World {
    let office = Office::start().await;
    let (townships, villages) = places(&office).await;
    let mut things = [Uuid::nil(); 2];
    let mut photos = Vec::new();
    for (n, township) in townships.iter().enumerate() {
        let issue = Uuid::from_u128(0x155_0000 + n as u128);
        let words = ["河边垃圾".to_owned(), format!("河边垃圾，{CANARY}")];
        let mut phone = office.phone(n * 4).await;
        let place = Value::List(vec![township.as_str().into(), "河边".into()]);
        let bytes = format!("picture {n}").into_bytes();
        let hash = protocol::chain::sha256(&bytes);
        let changes = [
            ("issue", issue, "category", "exposed_garbage".into(), vec![]),
            (
                "issue",
                issue,
                "description",
                words[n].as_str().into(),
                vec![],
            ),
            ("issue", issue, "place", place, vec![]),
            (
                "photo",
                Uuid::from_u128(0xf0_0000 + n as u128),
                "image",
                image(issue, hash, bytes.len()),
                vec![],
            ),
        ];
        let segment = phone.write(phone.group_scope(), &changes);
        phone.sync(&office.app, vec![segment]).await.unwrap();
        assert!(office.verdicts().await.is_empty());
        let (blobs, now) = (office.app.blobs(), std::time::SystemTime::now());
        let hash = BlobHash::from_bytes(hash);
        blobs
            .create(phone.device, hash, bytes.len() as u64, now)
            .unwrap();
        let mut append = blobs.begin_append(phone.device, hash, 0, now).unwrap();
        append.write(&bytes).unwrap();
        append.finish(now).unwrap();
        photos.push(hash);
        things[n] = issue;
    }
    let router = router(&office.app);
    office.login(Grant::of(Role::Supervisor)).await;
    let desk = persons(&router, &[Role::Supervisor.word()]).await.remove(0);
    for (n, village) in villages.iter().enumerate() {
        let patch = serde_json::json!({"lead_unit": DEPARTMENTS[n], "assisting_units": [village]});
        let row = row("PATCH", "/api/v1/issues/{id}");
        let at = row.path.replace("{id}", &things[n].to_string());
        let done = call_saying(&router, &row, &at, &desk, &patch.to_string()).await;
        assert!(done.status.is_success(), "{}", done.body);
        let row = self::row("POST", "/api/v1/issues/{id}/state");
        let done = call_saying(
            &router,
            &row,
            &format!("{at}/state"),
            &desk,
            r#"{"move":"assign"}"#,
        )
        .await;
        assert!(done.status.is_success(), "{}", done.body);
        let by = supervisor();
        let locked = office
            .app
            .lock_group(&by, office.campaign, office.groups[n], Some("时间到"));
        locked.await.unwrap();
    }
    let people = people(&office, &router, (&townships[0], &villages[0])).await;
    World {
        office,
        router,
        people,
        townships,
        things,
        photos: photos.try_into().unwrap(),
    }
}

fn row(method: &'static str, path: &str) -> Row {
    Row {
        method,
        path: path.to_owned(),
        access: Access::Open,
    }
}

/// A photo's record whose copy and thumbnail are the same bytes.
fn image(issue: Uuid, hash: [u8; 32], size: usize) -> Value {
    let bytes = || Value::Bytes(hash.to_vec());
    let size = size as i64;
    Value::List(vec![
        "issue".into(),
        issue.into(),
        Value::Null,
        bytes(),
        size.into(),
        bytes(),
        size.into(),
        1_600.into(),
        1_300.into(),
        bytes(),
        size.into(),
        START.into(),
        Value::Null,
        Value::Null,
        5.into(),
        "camera".into(),
        "门前".into(),
        START.into(),
        "device".into(),
        100.into(),
        "jpeg".into(),
    ])
}

/// A campaign in preparation: a nomination of each township.
async fn preparing() -> World {
    let office = Office::bare().await;
    let id = office.empty_campaign().await;
    let (by, started) = (supervisor(), Office::start().await);
    let (townships, villages) = places(&started).await;
    let divisions = domain::builtin::divisions().iter().cloned().collect();
    office.app.add_divisions(&by, id, divisions).await.unwrap();
    let places = townships
        .clone()
        .map(|code| crate::services::campaign::NewTownship { code, group: None });
    office
        .app
        .assign_townships(&by, id, places.to_vec())
        .await
        .unwrap();
    let (towns, homes) = (townships.clone(), villages.clone());
    let made = office.app.write(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, id)?;
        nominations::set_deadline(tx, &by, &c, (Some(ctx.now_ms + 1_000_000), 5), ctx.now_ms)?;
        let c = ctx.cache.campaign(tx, id)?;
        let mut made = Vec::new();
        for (n, remark) in ["干净", CANARY].into_iter().enumerate() {
            let place = (towns[n].as_str(), homes[n].as_str());
            made.push(nominations::nominate(
                tx, &by, &c, place, remark, ctx.now_ms,
            )?);
        }
        Ok(made)
    });
    let things = made.await.unwrap().try_into().unwrap();
    let router = router(&office.app);
    let people = people(&office, &router, (&townships[0], &villages[0])).await;
    World {
        office,
        router,
        people,
        townships,
        things,
        photos: [BlobHash::from_bytes([0; 32]); 2],
    }
}

/// What a row with an id is asked for, in which world, and what is sent; `n` is 0 for the own and 1 for the other's. A new
/// row with an id that a scoped role may ask needs a line here.
fn example(row: &Row, worlds: &[World; 2], n: usize) -> Option<(usize, String, &'static str)> {
    let [running, preparing] = worlds;
    let id = |at: usize, world: &World, said| {
        Some((
            at,
            row.path.replace("{id}", &world.things[n].to_string()),
            said,
        ))
    };
    match row.path.as_str() {
        "/api/v1/issues/{id}" | "/console/issues/{id}" => id(0, running, ""),
        "/api/v1/issues/{id}/state" => id(0, running, r#"{"move":"report"}"#),
        "/console/issues/{id}/state" => id(0, running, "move=report"),
        "/console/issues/{id}/blobs/{hash}" => {
            let (at, path, said) = id(0, running, "")?;
            Some((
                at,
                path.replace("{hash}", &running.photos[n].to_string()),
                said,
            ))
        }
        "/api/v1/results/{code}" | "/console/ranking/{code}" => {
            Some((0, row.path.replace("{code}", &running.townships[n]), ""))
        }
        "/api/v1/nominations/{id}/withdraw" => id(1, preparing, "null"),
        "/console/prepare/nominations/{id}/withdraw" => id(1, preparing, ""),
        _ => None,
    }
}

fn has_the_right(row: &Row, role: Role) -> bool {
    match row.access {
        Access::May(action) => allows(role, action),
        Access::SignedIn => true,
        Access::Open | Access::Phone => false,
    }
}

fn is_hidden(answer: &Answer) -> bool {
    matches!(answer.status.as_u16(), 403 | 404)
}

#[tokio::test]
async fn what_is_anothers_is_not_there_on_any_route_or_page_that_takes_an_id() {
    let worlds = [running().await, preparing().await];
    let (mut found, mut hidden, mut refused) = (0, 0, 0);
    let rows = every_row(&worlds[0].office);
    for row in rows.iter().filter(|r| r.path.contains('{')) {
        for (at, role) in SCOPED.into_iter().enumerate() {
            let ask = async |n: usize, path: String, said: &str| {
                let world = &worlds[n];
                call_saying(&world.router, row, &path, &world.people[at].1, said).await
            };
            if !has_the_right(row, role) {
                for thing in worlds[0].things {
                    let path = filled_with(&row.path, &thing.to_string());
                    let answer = ask(0, path, "").await;
                    let open = matches!(row.access, Access::Open | Access::Phone);
                    assert!(
                        open || is_hidden(&answer),
                        "{row:?} {} {}",
                        role.word(),
                        answer.status
                    );
                    refused += 1;
                }
                continue;
            }
            // The other's first: what is done to the own changes nothing about it.
            for n in [1, 0] {
                let Some((world, path, said)) = example(row, &worlds, n) else {
                    panic!(
                        "{} {} takes an id and {} may ask it: add an example",
                        row.method,
                        row.path,
                        role.word()
                    );
                };
                let answer = ask(world, path, said).await;
                let what = format!(
                    "{row:?} {} {n}: {} {}",
                    role.word(),
                    answer.status,
                    answer.body
                );
                assert_eq!(is_hidden(&answer), n == 1, "{what}");
                assert!(!answer.status.is_server_error(), "{what}");
                assert!(n == 0 || !answer.body.contains(CANARY), "{what}");
                if n == 0 { found += 1 } else { hidden += 1 }
            }
        }
    }
    assert!(
        found >= 15 && found == hidden && refused > 300,
        "{found} {hidden} {refused}"
    );
    // The own issue does not open the other's photo.
    let [running, _] = &worlds;
    let mixed = row("GET", "/console/issues/{id}/blobs/{hash}");
    for (n, status) in [(0, 200), (1, 404)] {
        let path = format!(
            "/console/issues/{}/blobs/{}",
            running.things[0], running.photos[n]
        );
        let answer = call_saying(&running.router, &mixed, &path, &running.people[1].1, "").await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

/// Filters that ask for the other's by name.
fn filters(world: &World) -> Vec<String> {
    let other = &world.townships[1];
    let id = world.things[1];
    let mut all: Vec<String> = [
        "",
        "?group=2",
        "?view=columns",
        "?limit=200",
        "?standing=in_progress",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push(format!("?township={other}"));
    all.push(format!("?q={id}"));
    all.push(format!(
        "?lead_unit={}",
        "%E5%9F%8E%E7%AE%A1%E5%B1%80%E4%B9%99"
    ));
    all
}

/// Pages and routes without an id that said what is the other's.
async fn told(
    worlds: &[World; 2],
    role: Role,
    person: impl Fn(&World) -> Person,
) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for world in worlds {
        let who = person(world);
        for row in every_row(&world.office) {
            if row.method != "GET" || row.path.contains('{') || !has_the_right(&row, role) {
                continue;
            }
            for filter in filters(world) {
                let path = format!("{}{filter}", row.path);
                let answer = call_saying(&world.router, &row, &path, &who, "").await;
                assert!(!answer.status.is_server_error(), "{path} {}", answer.body);
                if answer.body.contains(CANARY) || answer.body.contains(DEPARTMENTS[1]) {
                    told.insert(path);
                }
            }
        }
    }
    told
}

#[tokio::test]
async fn no_list_names_what_is_anothers_however_it_is_filtered() {
    let worlds = [running().await, preparing().await];
    for (at, role) in SCOPED.into_iter().enumerate() {
        let told = told(&worlds, role, |w| w.people[at].1.clone()).await;
        assert_eq!(told, BTreeSet::new(), "{}", role.word());
    }
    // The control: who reaches the county is told.
    for world in &worlds {
        world
            .office
            .login_named(Grant::of(Role::Supervisor), "desk")
            .await;
    }
    let desks = [
        persons(&worlds[0].router, &["desk"]).await.remove(0),
        persons(&worlds[1].router, &["desk"]).await.remove(0),
    ];
    let at = |w: &World| usize::from(w.things == worlds[1].things);
    let told = told(&worlds, Role::Supervisor, |w| desks[at(w)].clone()).await;
    for path in [
        "/api/v1/issues",
        "/console/issues",
        "/console/prepare/nominations",
        "/api/v1/nominations",
    ] {
        assert!(told.contains(path), "{told:?}");
    }
}

/// Nothing can be named for another township either.
#[tokio::test]
async fn a_village_of_another_township_cannot_be_nominated() {
    let world = preparing().await;
    let c = world.office.app.current_campaign().await.unwrap().unwrap();
    let head = &world.people[1].1;
    for (n, expected) in [(1, 404), (0, 201)] {
        let mut villages = c.divisions.values();
        let free = villages.rfind(|d| d.parent.as_ref() == Some(&world.townships[n]));
        let said = serde_json::json!({"village": free.unwrap().code}).to_string();
        let row = row("POST", "/api/v1/nominations");
        let answer = call_saying(&world.router, &row, &row.path, head, &said).await;
        assert_eq!(answer.status.as_u16(), expected, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_rapporteur_ranks_the_own_group_only() {
    let world = running().await;
    let rapporteur = &world.people[0].1;
    let row = row("GET", "/api/v1/ranking");
    let answer = call_saying(&world.router, &row, &row.path, rapporteur, "").await;
    assert!(answer.body.contains(&world.townships[0]), "{}", answer.body);
    assert!(
        !answer.body.contains(&world.townships[1]),
        "{}",
        answer.body
    );
    // What is of the whole county is not for him.
    let row = self::row("GET", "/api/v1/results");
    let answer = call_saying(&world.router, &row, &row.path, rapporteur, "").await;
    assert!(is_hidden(&answer), "{} {}", answer.status, answer.body);
}

#[tokio::test]
async fn a_rapporteur_watches_the_own_group_only() {
    let world = running().await;
    let rapporteur = &world.people[0].1;
    let c = world.office.campaign().await;
    let names = [0, 1].map(|n| c.township_name(&world.townships[n]));
    for path in ["/api/v1/board", "/console/board"] {
        let row = row("GET", path);
        let answer = call_saying(&world.router, &row, path, rapporteur, "").await;
        assert!(answer.body.contains(&names[0]), "{path} {}", answer.body);
        assert!(!answer.body.contains(&names[1]), "{path} {}", answer.body);
    }
}

#[tokio::test]
async fn a_rapporteur_is_told_of_the_own_group_only() {
    let world = running().await;
    let row = row("GET", "/api/v1/groups");
    let numbers = async |who: &Person| {
        let answer = call_saying(&world.router, &row, &row.path, who, "").await;
        let list: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let items = list["items"].as_array().unwrap().iter();
        items.map(|g| g["number"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&world.people[0].1).await, [1]);
    let office = &world.office;
    office
        .login_named(Grant::of(Role::Supervisor), "desk")
        .await;
    let desk = persons(&world.router, &["desk"]).await.remove(0);
    assert_eq!(numbers(&desk).await.len(), office.groups.len());
}

#[tokio::test]
async fn a_saved_filter_is_its_owners_alone() {
    let office = Office::start().await;
    let router = router(&office.app);
    for name in ["owner", "other"] {
        office.login_named(Grant::of(Role::Supervisor), name).await;
    }
    let people = persons(&router, &["owner", "other"]).await;
    let (owner, other) = (&people[0], &people[1]);
    let call = async |method, path: &str, who: &Person, said: &str| {
        call_saying(&router, &row(method, path), path, who, said).await
    };
    let list = "/api/v1/saved_filters";
    let body = r#"{"name":"有冲突","query":"conflict=true"}"#;
    let made = call("POST", list, owner, body).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let made: serde_json::Value = serde_json::from_str(&made.body).unwrap();
    let one = format!("{list}/{}", made["id"].as_str().unwrap());
    for (method, said) in [("GET", ""), ("PUT", body), ("DELETE", "")] {
        let theirs = call(method, &one, other, said).await;
        assert_eq!(theirs.status.as_u16(), 404, "{method} {}", theirs.body);
    }
    assert!(!call("GET", list, other, "").await.body.contains("有冲突"));
    assert!(call("GET", list, owner, "").await.body.contains("有冲突"));
    assert_eq!(call("DELETE", &one, owner, "").await.status.as_u16(), 204);
    assert_eq!(call("GET", &one, owner, "").await.status.as_u16(), 404);
}
