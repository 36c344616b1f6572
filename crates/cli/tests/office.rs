//! Preparing a tour on the command line: imports, and what they refuse.
//!
//! Leaves out: every error of a table (`documents` tests them).

mod common;

use common::guanmo;
use common::tour::{ROSTER, SITES, Serving, Tour};
use serde_json::{Value, json};

#[test]
fn a_tour_is_made_imported_and_started() {
    let tour = Tour::started();
    let shown = tour.shown();
    assert_eq!(shown["state"], "running");
    assert_eq!(
        (&shown["sites"], &shown["accounts"]),
        (&json!(4), &json!(3))
    );
    assert_eq!(shown["checklists"], json!(5));
    assert_eq!(shown["groups"][0]["townships"], 1);
    assert_eq!(shown["groups"][0]["accounts"], 2);
    let table = tour.ok(&["campaign", "show"]);
    assert!(table.contains("观摩评比") && table.contains("第2组"));
}

#[test]
fn an_import_with_errors_names_row_and_column_and_changes_nothing() {
    let tour = Tour::prepared();
    let before = tour.shown();
    // A good row, an unknown township, a duplicate.
    let bad =
        format!("{SITES}街道,一街,640422999,,,,\r\n示范村,沙岗村,640422215,640422215200,,,\r\n");
    let run = tour.import("sites", "sites.csv", &bad);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    for text in [
        "C 乡镇代码",
        "unknown_township",
        "640422999",
        "B 点位名称",
        "duplicate",
        "第 2 行",
        "Error [import]",
    ] {
        assert!(
            run.stderr.contains(text),
            "{text} is not in\n{}",
            run.stderr
        );
    }
    assert_eq!(tour.shown(), before);
    // The same for programs.
    let file = tour.path("sites.csv");
    let run = tour.run(&["import", "sites", file.to_str().unwrap(), "--json"]);
    assert_eq!(run.code, 2);
    let said: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(said["errors"][0]["row"], 6);
    assert_eq!(said["errors"][0]["letter"], "C");
    assert_eq!(said["errors"][0]["code"], "unknown_township");
    assert_eq!(said["errors"].as_array().unwrap().len(), 2);
    // Then the good rows alone come in, once.
    assert_eq!(tour.import("sites", "sites.csv", SITES).code, 0);
    let run = tour.import("sites", "sites.csv", SITES);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("already_there"), "{}", run.stderr);
    assert_eq!(tour.shown()["sites"], 4);
}

#[test]
fn missing_columns_unreadable_bytes_and_unknown_groups_are_refused() {
    let tour = Tour::prepared();
    let before = tour.shown();
    let run = tour.import("roster", "roster.csv", "姓名,组别\r\n观摩员01,1\r\n");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("missing_column") && run.stderr.contains("角色"),
        "{}",
        run.stderr
    );
    let run = tour.import("roster", "rubbish.csv", b"\xd0\xd5\xff,\xff\r\n");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("unknown_encoding") && run.stderr.contains("另存为 .xlsx"),
        "{}",
        run.stderr
    );
    let run = tour.import(
        "roster",
        "group.csv",
        format!("{ROSTER}观摩员04,观摩员,7,\r\n"),
    );
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("unknown_group"), "{}", run.stderr);
    assert_eq!(tour.shown(), before);
}

#[test]
fn a_table_in_gbk_comes_in_and_the_answer_says_how_it_was_read() {
    let tour = Tour::prepared();
    let before = tour.shown();
    // "姓名;角色 / 督查室09;督查室" in GBK.
    let gbk = b"\xd0\xd5\xc3\xfb;\xbd\xc7\xc9\xab\r\n\xb6\xbd\xb2\xe9\xca\xd209;\xb6\xbd\xb2\xe9\xca\xd2\r\n";
    std::fs::write(tour.path("gbk.csv"), gbk).unwrap();
    let file = tour.path("gbk.csv");
    let file = file.to_str().unwrap();
    let run = tour.ok(&["import", "roster", file, "--dry-run"]);
    assert!(run.contains("GB18030") && run.contains("1"), "{run}");
    assert_eq!(tour.shown(), before);
    tour.ok(&["import", "roster", file]);
    let accounts = |shown: &Value| shown["accounts"].as_u64().unwrap();
    assert_eq!(accounts(&tour.shown()), accounts(&before) + 1);
}

#[test]
fn groups_come_in_by_table_and_a_township_in_two_changes_nothing() {
    let tour = Tour::prepared();
    let before = tour.shown();
    let bad = "乡镇,组号\n火石寨乡,1\n640422215,2\n";
    let run = tour.import("groups", "groups.csv", bad);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("duplicate"), "{}", run.stderr);
    assert_eq!(tour.shown(), before);
    let run = tour.import(
        "groups",
        "groups.csv",
        "乡镇,组号,组名\n火石寨乡,7,第七组\n",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let shown = tour.shown();
    let groups = shown["groups"].as_array().unwrap();
    let made = groups.iter().find(|g| g["number"] == 7).unwrap();
    assert_eq!(
        (&made["name"], &made["townships"]),
        (&json!("第七组"), &json!(1))
    );
}

/// Every row of every table that holds what people made, as text.
fn rows(tour: &Tour) -> String {
    let db = rusqlite::Connection::open(tour.data().join("server.db")).unwrap();
    let mut all = String::new();
    for table in [
        "segments", "records", "cells", "verdicts", "entries", "acts",
    ] {
        let mut statement = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let width = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            for at in 0..width {
                let cell: rusqlite::types::Value = row.get(at).unwrap();
                all += &format!("{cell:?}|");
            }
        }
    }
    all
}

#[test]
fn a_broken_table_is_refused_by_code_and_changes_no_row() {
    let tour = Tour::prepared();
    assert_eq!(tour.import("sites", "good.csv", SITES).code, 0);
    let before = rows(&tour);
    assert!(before.len() > 10_000);
    let head = "点位类型,点位名称,乡镇代码\r\n";
    let good = "街道,新街,640422215\r\n";
    let cases = [
        (
            "sites",
            "点位名称,乡镇代码\r\n新街,640422215\r\n".to_owned(),
            "missing_column",
        ),
        (
            "sites",
            format!("{head}{good}街道,二街,640422999\r\n"),
            "unknown_township",
        ),
        ("sites", format!("{head}{good}{good}"), "duplicate"),
        (
            "sites",
            format!("{head}{good},二街,640422215\r\n"),
            "required",
        ),
        (
            "sites",
            format!("西吉县点位表,,\r\n{head}{good}"),
            "unknown_column",
        ),
        (
            "sites",
            format!("{head}{good}街道,=A1,640422215\r\n"),
            "formula",
        ),
        ("sites", head.to_owned(), "empty"),
        ("sites", String::new(), "empty"),
        (
            "divisions",
            "代码,名称\r\n640422,西吉县\r\n640422208,什字乡\r\n640422208,兴平乡\r\n".to_owned(),
            "duplicate",
        ),
        (
            "roster",
            "姓名,角色,组别\r\n观摩员04,观摩员,1\r\n观摩员04,观摩员,1\r\n".to_owned(),
            "duplicate",
        ),
    ];
    for (what, table, code) in cases {
        let run = tour.import(what, "bad.csv", &table);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{table}");
        assert!(
            run.stderr.contains(code),
            "{code} is not in\n{}",
            run.stderr
        );
        assert!(
            run.stderr.contains("未导入任何内容") && run.stderr.contains("nothing was imported")
        );
        assert!(rows(&tour) == before, "{table}");
    }
}

#[test]
fn what_the_server_refuses_changes_nothing_either() {
    // Checklists are frozen once the tour has started.
    let tour = Tour::started();
    let (_, text) = domain::builtin::CHECKLIST_FILES[0];
    let newer = text.replacen("\"version\": 1", "\"version\": 2", 1);
    let run = tour.import("checklist", "village.json", newer);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("[frozen]"), "{}", run.stderr);
    assert_eq!(tour.shown()["checklists"], 5);
}

#[test]
fn a_tour_with_a_township_in_no_group_does_not_start() {
    let tour = Tour::prepared();
    tour.import("sites", "sites.csv", SITES);
    let more = "代码,名称\r\n640422,西吉县\r\n640422208,什字乡\r\n";
    assert_eq!(tour.import("divisions", "more.csv", more).code, 0);
    let run = tour.run(&["campaign", "start"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("[not_ready]") && run.stderr.contains("什字乡"),
        "{}",
        run.stderr
    );
    assert_eq!(tour.shown()["state"], "preparing");
}

#[test]
fn a_folder_that_a_server_holds_is_refused_with_5_and_free_again_afterwards() {
    let tour = Tour::prepared();
    let serving = Serving::on(&tour.data());
    let run = tour.import("sites", "sites.csv", SITES);
    assert_eq!(run.code, 5, "{}", run.stderr);
    assert!(run.stderr.contains("[database_locked]"), "{}", run.stderr);
    let status = serving.stop();
    assert!(status.success(), "{status}");
    assert_eq!(tour.import("sites", "sites.csv", SITES).code, 0);
}

#[test]
fn a_folder_that_is_none_of_ours_is_not_made_one_by_reading_it() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, empty) = (folder.path().join("data"), folder.path().join("empty"));
    std::fs::create_dir(&empty).unwrap();
    for dir in [&missing, &empty] {
        let dir = dir.to_str().unwrap();
        for args in [
            &["campaign", "show"][..],
            &["verify"],
            &["export", "results"],
            &["code", "某人"],
        ] {
            let run = guanmo(&[args, &["--data", dir]].concat());
            assert_eq!(run.code, 3, "{args:?} {dir}: {}", run.stderr);
            assert!(run.stderr.contains("错误 [not_found]") && run.stderr.contains(dir));
            assert!(run.stderr.contains("Error [not_found]"));
        }
    }
    assert!(!missing.exists());
    assert_eq!(std::fs::read_dir(&empty).unwrap().count(), 0);
}
