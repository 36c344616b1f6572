//! From submitted sheets to the exported table, and what `verify` says before and after somebody changes the database.
//!
//! Leaves out: the console, in which a group is locked; here the server's own service does it.

mod common;

use common::phone::Phone;
use common::tour::{Serving, Tour};
use serde_json::{Value, json};
use server::{Actor, Config};

const PEOPLE: &str = "姓名,角色,组别\r\n观摩员01,观摩员,1\r\n观摩员02,观摩员,1\r\n观摩员03,观摩员,1\r\n\
     观摩员04,观摩员,2\r\n";

/// Three observers scored one village, two of three sections each at full points; both groups are locked.
fn locked_tour() -> Tour {
    let tour = Tour::started_with(PEOPLE);
    let names = ["观摩员01", "观摩员02", "观摩员03"];
    let codes = names.map(|name| tour.code(name));
    let serving = Serving::on(&tour.data());
    for (name, code) in names.iter().zip(&codes) {
        let phone = Phone::enrolled(&tour, name, code, &serving.url);
        phone.ok(&["open", "沙岗村", "--quick"]);
        let view = phone.json(&["show", "沙岗村"]);
        for line in view["lines"].as_array().unwrap() {
            let max_e4 = line["item"]["max_e4"].as_i64().unwrap();
            let points = domain::points::show(max_e4);
            phone.ok(&[
                "answer",
                "沙岗村",
                line["item"]["id"].as_str().unwrap(),
                &points,
            ]);
        }
        // The second one takes off half a point.
        if *name == "观摩员02" {
            let line = &view["lines"][0]["item"];
            let points = domain::points::show(line["max_e4"].as_i64().unwrap() - 5_000);
            phone.ok(&["answer", "沙岗村", line["id"].as_str().unwrap(), &points]);
        }
        phone.ok(&["submit", "沙岗村"]);
        phone.ok(&["sync"]);
    }
    assert!(serving.stop().success());
    lock(&tour);
    tour
}

fn lock(tour: &Tour) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let app = server::open(Config::new(tour.data())).await.unwrap();
        let campaign = app.current_campaign().await.unwrap().unwrap();
        for group in &campaign.groups {
            let actor = Actor::new("督查室", "supervisor");
            let lock = app.lock_group(&actor, campaign.id, group.id, Some("演练"));
            lock.await.unwrap();
        }
    });
    // The folder is free once its last task has ended.
    drop(runtime);
}

#[test]
fn results_are_exported_as_the_lock_left_them_and_verify_finds_nothing() {
    let tour = Tour::prepared();
    let run = tour.run(&["export", "results"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("[not_ready]"), "{}", run.stderr);

    let tour = locked_tour();
    let csv = tour.ok(&["export", "results"]);
    let lines: Vec<&str> = csv
        .strip_prefix('\u{feff}')
        .unwrap()
        .split("\r\n")
        .collect();
    assert!(lines[0].starts_with("序号,乡镇,组别,示范村(50%)"), "{csv}");
    // 100, 99.5, 100: the mean of three.
    assert!(lines[1].starts_with("1,火石寨乡,1,99.83,"), "{csv}");
    assert!(lines[2].starts_with("2,平峰镇,2,,"), "{csv}");
    let exported: Value =
        serde_json::from_str(&tour.ok(&["export", "results", "--format", "json"])).unwrap();
    assert_eq!(exported["rows"][0]["components_e4"]["V"], json!(998_333));
    let file = tour.path("结果.csv");
    let to_file = ["export", "results", "--out", file.to_str().unwrap()];
    assert_eq!(tour.ok(&to_file), "");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), csv);

    let report: Value = verify(&tour, 0);
    assert_eq!(report["findings"], json!([]));
    assert_eq!(report["result_hashes"].as_object().unwrap().len(), 2);
    assert!(report["segments"].as_u64().unwrap() > 3);
    assert!(report["records"].as_u64().unwrap() > 0);
    let table = tour.ok(&["verify"]);
    assert!(table.contains("没有发现问题"), "{table}");
}

fn verify(tour: &Tour, code: i32) -> Value {
    let run = tour.run(&["verify", "--rebuild", "--blobs", "--json"]);
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    serde_json::from_str(&run.stdout).expect(&run.stderr)
}

/// The database, behind the server's back.
fn database(tour: &Tour) -> rusqlite::Connection {
    rusqlite::Connection::open(tour.data().join("server.db")).unwrap()
}

#[test]
fn a_changed_segment_is_found() {
    let tour = locked_tour();
    let db = database(&tour);
    let longest = "SELECT no, payload FROM segments ORDER BY length(payload) DESC LIMIT 1";
    let (no, mut payload): (i64, Vec<u8>) = db
        .query_row(longest, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let middle = payload.len() / 2;
    payload[middle] ^= 1;
    let changed = db.execute(
        "UPDATE segments SET payload = ?2 WHERE no = ?1",
        (no, payload),
    );
    assert_eq!(changed, Ok(1));
    drop(db);
    let report = verify(&tour, 1);
    let findings = report["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    let run = tour.run(&["verify"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains(findings[0]["code"].as_str().unwrap()),
        "{}",
        run.stdout
    );
}

#[test]
fn a_changed_register_is_found_by_a_rebuild() {
    let tour = locked_tour();
    let state = "(SELECT no FROM names WHERE name = 'state')";
    let changed = database(&tour).execute(&format!("DELETE FROM cells WHERE field = {state}"), []);
    assert!(changed.unwrap() > 0);
    let report = verify(&tour, 1);
    let codes: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"register_differs"), "{codes:?}");
}
