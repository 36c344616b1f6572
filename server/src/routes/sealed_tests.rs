//! What is sealed leaves the office for nobody before the lock: every page and route that reads, every role, with ids
//! that exist. After the lock the same walk finds it, so the walk can see.

use std::collections::BTreeSet;

use merge::Value;
use uuid::Uuid;

use super::access_tests::{Person, call_at, every_row, everybody, filled_with};
use super::router;
use crate::auth::Role;
use crate::testing::{Office, supervisor};

/// A text and a count that stand nowhere else.
const CANARY: &str = "藏着的话";
const COUNT: i64 = 77_773;

/// A sheet of group 1 with both in it.
async fn write_sealed(office: &Office) -> Uuid {
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    let sheet = phone.sheet(office.sites[0]);
    let mut changes = phone.filled(&c, office.sites[0], 1);
    let is_count = |v: &Value| matches!(v, Value::List(l) if l.first() == Some(&Value::from(0)));
    let counted = changes.iter().position(|w| is_count(&w.3)).unwrap();
    changes[counted].3 = Value::List(vec![COUNT.into(), CANARY.into()]);
    changes.push(("sheet", sheet, "note", CANARY.into(), vec![]));
    let segment = phone.write(phone.sealed(), &changes);
    phone.sync(&office.app, vec![segment]).await.unwrap();
    assert!(
        office.verdicts().await.is_empty(),
        "the sheet is in the registers"
    );
    sheet
}

/// Pages and routes that said what is sealed, as role and path.
async fn leaks(
    office: &Office,
    sheet: Uuid,
    people: &[(Role, Person)],
) -> BTreeSet<(&'static str, String)> {
    let router = router(&office.app);
    let mut known: Vec<String> = [sheet, office.campaign, office.accounts[0], office.sites[0]]
        .iter()
        .chain(&office.groups)
        .map(Uuid::to_string)
        .collect();
    let c = office.campaign().await;
    known.extend(c.sites[&office.sites[0]].township.clone());
    // A workbook has the rows of the CSV, packed.
    let files = [
        "records.csv",
        "records.json",
        "answers.csv",
        "answers.json",
        "results.csv",
    ];
    known.extend(files.map(str::to_owned));
    let places = ["ledger.csv", "sites.csv", "sites.geojson", "places.geojson"];
    known.extend(places.map(str::to_owned));
    let mut found = BTreeSet::new();
    for row in every_row(office).iter().filter(|r| r.method == "GET") {
        let paths: BTreeSet<String> = known.iter().map(|k| filled_with(&row.path, k)).collect();
        for path in paths {
            for (role, person) in people {
                let answer = call_at(&router, row, &path, person).await;
                assert!(
                    !answer.status.is_server_error(),
                    "{path} {} {}",
                    role.word(),
                    answer.body
                );
                let body = &answer.body;
                if body.contains(CANARY) || body.contains(&COUNT.to_string()) {
                    found.insert((role.word(), path.clone()));
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn sealed_values_leave_by_no_page_and_no_route_before_the_lock() {
    let office = Office::start().await;
    let sheet = write_sealed(&office).await;
    let people = everybody(&office, &router(&office.app)).await;
    assert_eq!(leaks(&office, sheet, &people).await, BTreeSet::new());
    let (by, id) = (supervisor(), office.campaign);
    let locked = office
        .app
        .lock_group(&by, id, office.groups[0], Some("时间到"));
    locked.await.unwrap();
    let after = leaks(&office, sheet, &people).await;
    for record in [
        format!("/console/records/{sheet}"),
        format!("/api/v1/records/{sheet}"),
        "/api/v1/exports/answers.csv".to_owned(),
        "/console/exports/answers.json".to_owned(),
    ] {
        assert!(after.contains(&("supervisor", record)), "{after:?}");
    }
    let who: BTreeSet<_> = after.iter().map(|(role, _)| *role).collect();
    for role in ["auditor", "sysadmin", "township_lead", "village_user"] {
        assert!(!who.contains(role), "{role}: {after:?}");
    }
}
