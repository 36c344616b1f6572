//! What is sealed leaves the office for nobody before the lock: every page and route that reads, every role, with ids
//! that exist. After the lock the same walk finds it, so the walk can see.

use std::collections::BTreeSet;

use merge::Value;
use protocol::message::SyncResponse;
use uuid::Uuid;

use super::access_tests::{Person, call_at, every_row, everybody, filled_with};
use super::router;
use crate::auth::access::Row;
use crate::auth::{Access, Action, Role};
use crate::testing::{Office, Phone, open_at, supervisor};

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

/// Every page and route that reads, with every id there is.
async fn reads(office: &Office, sheet: Uuid) -> Vec<(Row, String)> {
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
    let mut all = Vec::new();
    for row in every_row(office).iter().filter(|r| r.method == "GET") {
        let paths: BTreeSet<String> = known.iter().map(|k| filled_with(&row.path, k)).collect();
        all.extend(paths.into_iter().map(|path| (row.clone(), path)));
    }
    all
}

/// Pages and routes that said what is sealed, as role and path.
async fn leaks(
    office: &Office,
    sheet: Uuid,
    people: &[(Role, Person)],
) -> BTreeSet<(&'static str, String)> {
    let router = router(&office.app);
    let mut found = BTreeSet::new();
    for (row, path) in reads(office, sheet).await {
        for (role, person) in people {
            let answer = call_at(&router, &row, &path, person).await;
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

/// The same phone for another server.
fn twin(phone: &Phone) -> Phone {
    Phone {
        key: phone.key.clone(),
        cursor: phone.cursor.clone(),
        heads: phone.heads.clone(),
        held: phone.held.clone(),
        ..*phone
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A server as it is now, in another folder.
async fn copied(office: &Office) -> Office {
    let dir = tempfile::tempdir().unwrap();
    copy(office.dir.path(), dir.path());
    let app = open_at(dir.path(), &office.now).await.unwrap();
    Office {
        app,
        dir,
        now: office.now.clone(),
        campaign: office.campaign,
        groups: office.groups.clone(),
        accounts: office.accounts.clone(),
        sites: office.sites.clone(),
    }
}

/// A submitted sheet of the first site: `less` steps off, with a note and a count.
async fn write_sheet(office: &Office, phone: &mut Phone, less: i64, note: &str, count: i64) {
    let c = office.campaign().await;
    let sheet = phone.sheet(office.sites[0]);
    let mut changes = phone.filled(&c, office.sites[0], less);
    let is_count = |v: &Value| matches!(v, Value::List(l) if l.first() == Some(&Value::from(0)));
    let counted = changes.iter().position(|w| is_count(&w.3)).unwrap();
    changes[counted].3 = Value::List(vec![count.into(), note.into()]);
    changes.push(("sheet", sheet, "note", note.into(), vec![]));
    let segment = phone.write(phone.sealed(), &changes);
    phone.sync(&office.app, vec![segment]).await.unwrap();
    assert_eq!(office.verdicts().await, [""; 0]);
}

/// A page without the keys of its forms, which are drawn anew at each view and are of one length.
fn without_keys(page: &str) -> String {
    const KEY: &str = "name=\"once\" value=\"";
    let mut parts = page.split(KEY);
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (key, after) = part.split_once('"').unwrap_or_default();
        rest += &format!("{KEY}{}{after}", key.len());
    }
    rest
}

/// Answers of two servers that are not the same byte for byte (status, every header, body), as role and path. What the
/// system page says of disk and database is left out: it is the size of everything.
async fn differing(
    offices: [&Office; 2],
    sheet: Uuid,
    people: &[(Role, Person)],
) -> BTreeSet<(&'static str, String)> {
    let routers = offices.map(|o| router(&o.app));
    let mut found = BTreeSet::new();
    for (row, path) in reads(offices[0], sheet).await {
        // A page that offers a new secret offers another one every time.
        let draws_lots = row.path == "/console/account/second-factor";
        if draws_lots || row.access == Access::May(Action::ViewSystem) {
            continue;
        }
        for (role, person) in people {
            let [one, other] = [
                call_at(&routers[0], &row, &path, person).await,
                call_at(&routers[1], &row, &path, person).await,
            ];
            let same = one.status == other.status && one.headers == other.headers;
            if !same || without_keys(&one.body) != without_keys(&other.body) {
                found.insert((role.word(), path.clone()));
            }
        }
    }
    found
}

/// Threat T11: sizes, tags, counts and order of answers do not depend on what is sealed. Two copies of one server get
/// sheets that differ in every value, in the lengths of the texts and in what they come to.
#[tokio::test]
async fn before_the_lock_two_servers_that_differ_in_sealed_values_answer_alike() {
    let one = Office::start().await;
    let mut authors = [one.phone(0).await, one.phone(1).await];
    let mut colleague = one.phone(2).await;
    let people = everybody(&one, &router(&one.app)).await;
    let other = copied(&one).await;
    let mut again = authors.each_ref().map(twin);
    let mut colleague_again = twin(&colleague);
    // On one server the first author is the milder one, on the other the second.
    write_sheet(&one, &mut authors[0], 0, "短", 1).await;
    write_sheet(&one, &mut authors[1], 3, CANARY, 2).await;
    write_sheet(&other, &mut again[0], 2, &CANARY.repeat(20), COUNT).await;
    write_sheet(&other, &mut again[1], 1, "尚好", 0).await;
    let sheet = authors[0].sheet(one.sites[0]);
    assert_eq!(
        differing([&one, &other], sheet, &people).await,
        BTreeSet::new()
    );
    // Nor does a colleague's phone get another byte.
    let body = colleague.request(Vec::new(), 0).to_bytes();
    let signature = [colleague.sign(&body), colleague_again.sign(&body)];
    assert_eq!(signature[0], signature[1]);
    let mut replies = Vec::new();
    for office in [&one, &other] {
        let reply = office.app.sync(Some(&signature[0]), &body).await.unwrap();
        let mut reply = SyncResponse::parse(&reply).unwrap();
        // Drawn by each process when it is started.
        reply.started = None;
        replies.push(reply.to_bytes());
    }
    assert!(replies[0].len() > 1_000 && replies[0] == replies[1]);
    // The control: after the lock the same comparison sees the difference.
    for office in [&one, &other] {
        let (by, id) = (supervisor(), office.campaign);
        let group = office.groups[0];
        let locked = office.app.lock_group(&by, id, group, Some("时间到")).await;
        locked.unwrap();
    }
    let after = differing([&one, &other], sheet, &people).await;
    for path in [
        "/api/v1/ranking".to_owned(),
        format!("/api/v1/records/{sheet}"),
    ] {
        assert!(after.contains(&("supervisor", path)), "{after:?}");
    }
}
