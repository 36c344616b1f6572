//! R26 in small: mutations that are all found, honest folders that are not accused, checks that are all needed.

use std::num::NonZero;

use rusqlite::Connection;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

#[test]
fn every_mutation_is_found_or_changes_nothing_that_counts_and_each_check_is_needed() {
    let report = proof::tamper::run(26, 400, threads()).unwrap();
    assert_eq!(report.missed, Vec::<String>::new());
    assert_eq!(report.attempts(), 400);
    for class in ["value", "row", "file", "photo", "log", "signed", "audit"] {
        assert!(report.classes[class].0 > 0, "{class}: {report:?}");
    }
    // The control: with any of these checks off, some mutations would pass.
    for check in [
        "table_differs",
        "projection_differs",
        "device_differs",
        "blob_changed",
        "audit_broken",
        "audit_anchor_differs",
        "bad_signature",
        "register_differs",
    ] {
        assert!(report.missed_without(check) > 0, "{check}: {report:?}");
    }
}

#[test]
fn honest_folders_of_every_stage_raise_no_alarm() {
    let report = proof::honest::run(7, 40).unwrap();
    assert_eq!(report.folders, 40);
    assert_eq!(report.alarms, Vec::<String>::new());
}

#[tokio::test]
async fn a_column_that_no_list_names_is_seen() {
    let dir = proof::folder::temporary().unwrap();
    let clock = proof::office::from_now();
    proof::office::open(&dir.path().join("server"), &clock)
        .await
        .unwrap()
        .close();
    let conn = Connection::open(dir.path().join("server/server.db")).unwrap();
    proof::columns::check(&conn).unwrap();
    conn.execute_batch("ALTER TABLE cells ADD COLUMN more INTEGER")
        .unwrap();
    assert!(proof::columns::check(&conn).is_err());
}

#[tokio::test]
async fn a_trigger_that_is_gone_or_new_is_found() {
    let dir = proof::folder::temporary().unwrap();
    let folder = dir.path().join("server");
    let clock = proof::office::from_now();
    proof::office::open(&folder, &clock).await.unwrap().close();
    assert_eq!(proof::office::verify(&folder).await, vec![]);
    for sql in [
        "DROP TRIGGER audit_entries_stay",
        "CREATE TRIGGER quiet AFTER INSERT ON cells BEGIN UPDATE cells SET value = x'00' WHERE seq = NEW.seq; END",
    ] {
        let conn = Connection::open(folder.join("server.db")).unwrap();
        conn.execute_batch(sql).unwrap();
        drop(conn);
        let found = proof::office::verify(&folder).await;
        assert!(found.iter().any(|f| f.code == "schema_differs"), "{sql}");
    }
}
