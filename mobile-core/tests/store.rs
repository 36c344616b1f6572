//! Opening rules, kills and disk syncs on real files.

mod common;

use common::office::*;
use common::phones::*;
use mobile_core::{Form, Replica};
use rusqlite::Connection;

fn open_error(folder: &Folder) -> mobile_core::Error {
    match Replica::open(&folder.path, ports(3)) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

#[test]
fn a_folder_in_use_is_refused_and_free_again_afterwards() {
    let home = folder();
    let phone = open(&home, 1);
    let error = open_error(&home);
    assert_eq!(error.code(), "database_locked");
    assert!(error.zh().contains("另一个程序"));
    drop(phone);
    open(&home, 1);
}

#[test]
fn a_database_held_by_another_process_is_refused() {
    let home = folder();
    drop(open(&home, 1));
    let other = Connection::open(home.path.join("phone.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(open_error(&home).code(), "database_locked");
    other.execute_batch("ROLLBACK").unwrap();
    open(&home, 1);
}

#[test]
fn a_newer_database_is_refused_byte_for_byte_untouched() {
    let home = folder();
    drop(open(&home, 1));
    let file = home.path.join("phone.db");
    let other = Connection::open(&file).unwrap();
    other.pragma_update(None, "user_version", 1_000).unwrap();
    drop(other);
    let before = std::fs::read(&file).unwrap();
    assert_eq!(open_error(&home).code(), "database_newer");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn a_damaged_file_is_named_and_nothing_is_deleted() {
    let home = folder();
    drop(open(&home, 1));
    let file = home.path.join("phone.db");
    std::fs::write(
        &file,
        b"this is not a database, it is a letter to the office",
    )
    .unwrap();
    let error = open_error(&home);
    assert_eq!(error.code(), "database_damaged");
    assert!(error.zh().contains("什么都没有删除") && error.en().contains("nothing was deleted"));
    assert!(std::fs::read(&file).unwrap().starts_with(b"this is not"));
}

#[test]
fn a_copy_left_by_a_killed_process_holds_every_answer_that_was_saved() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let lines = phone.sheet(sheet).unwrap().lines;
    for (i, line) in lines.iter().enumerate() {
        phone.answer(sheet, &line.item.id, points(5_000)).unwrap();
        // What is on disk at this moment, as after a kill: database and write-ahead log, nobody closed them.
        let copy = folder();
        copy_database(&home.path, &copy.path);
        std::fs::copy(home.path.join("install-id"), copy.path.join("install-id")).unwrap();
        let mut found = open(&copy, 8);
        let answered = found.sheet(sheet).unwrap().lines;
        assert_eq!(
            answered.iter().filter(|l| l.answer.is_some()).count(),
            i + 1
        );
    }
}

#[test]
fn an_action_that_fails_half_way_leaves_nothing() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let category = domain::builtin::issue_categories().categories[0]
        .code
        .clone();
    let issue = mobile_core::NewIssue {
        category,
        // The fourth of six changes is refused.
        place: "字".repeat(300),
        description: "x".into(),
        ..Default::default()
    };
    assert_eq!(phone.log_issue(issue).unwrap_err().code(), "invalid");
    assert_eq!(phone.status().unwrap().unsent_changes, 0);
    assert!(phone.issues().unwrap().is_empty());
    // And the next action works on clean caches.
    phone.edit_site_facts(VILLAGE, "code", "1").unwrap();
    sync(&mut phone, &net).unwrap();
    assert!(phone.status().unwrap().others.held == 1);
}

/// Runs as the child of the test below: answers until it is killed, and tells each answer once it was saved.
#[test]
fn child_that_answers_until_it_is_killed() {
    let Ok(dir) = std::env::var("GUANMO_TEST_PHONE") else {
        return;
    };
    let mut phone = Replica::open(std::path::Path::new(&dir), ports(4)).unwrap();
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    for n in 0i64.. {
        phone
            .answer(sheet, "clear", points((n % 2) * 5_000))
            .unwrap();
        println!("saved {}", n + 1);
    }
}

#[test]
fn a_process_killed_while_it_writes_lost_nothing_it_had_told_of() {
    use std::io::{BufRead, BufReader};
    let (net, home) = (server(false), folder());
    drop(enrolled(&home, &net, "2", 1));
    let mut told = 0u64;
    for round in 0..3 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child_that_answers_until_it_is_killed",
                "--nocapture",
            ])
            .env("GUANMO_TEST_PHONE", &home.path)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut lines = out
            .lines()
            .map_while(Result::ok)
            .filter(|l| l.contains("saved "));
        for _ in 0..40 + round * 25 {
            lines.next().unwrap();
        }
        child.kill().unwrap();
        let rest = lines.count() as u64;
        child.wait().unwrap();
        told += 40 + round * 25 + rest;
        let mut phone = open(&home, 5);
        let held = phone.status().unwrap().unsent_changes;
        // `opened` is one more; the first answer of a round may repeat the value displayed; one may be saved untold.
        assert!(held + 3 >= told, "{held} held, {told} told");
        let report = sync(&mut phone, &net).unwrap();
        assert!(report.agreed.agreed && report.pushed_changes == held);
        told = 0;
    }
}
