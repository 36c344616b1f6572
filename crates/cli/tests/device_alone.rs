//! `guanmo device` where no server of ours answers: what it refuses, and that it says so.
//!
//! Leaves out: the whole way with a server (`device.rs`).

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use common::{Run, guanmo};

fn device(dir: &Path, args: &[&str]) -> Run {
    guanmo(&[&["device", "--phone", dir.to_str().unwrap()], args].concat())
}

fn enrol(dir: &Path, server: &str) -> Run {
    device(
        dir,
        &[
            "enrol",
            "--server",
            server,
            "--code",
            "ABCD-EFGH",
            "--name",
            "手机1",
        ],
    )
}

fn said(run: &Run, code: &str) {
    assert!(
        run.stderr.contains(&format!("错误 [{code}]")),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains(&format!("Error [{code}]")),
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "");
}

#[test]
fn a_folder_without_a_phone_is_not_made_one_by_reading_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("phone");
    for args in [
        &["sites"][..],
        &["status", "--json"],
        &["sync"],
        &["submit", "x"],
    ] {
        let run = device(&dir, args);
        assert_eq!(run.code, 3, "{args:?}");
        said(&run, "not_enrolled");
    }
    assert!(!dir.exists());
}

#[test]
fn nobody_at_the_address_ends_with_4_and_a_wrong_address_with_2() {
    let folder = tempfile::tempdir().unwrap();
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let run = enrol(folder.path(), &format!("http://{port}"));
    assert_eq!(run.code, 4, "{}", run.stderr);
    said(&run, "network");
    let run = enrol(folder.path(), "no address");
    assert_eq!(run.code, 2, "{}", run.stderr);
    // The phone is there now, and still not enrolled.
    let run = device(folder.path(), &["sites"]);
    assert_eq!(run.code, 3);
    said(&run, "not_enrolled");
}

#[test]
fn a_captive_portal_is_not_taken_for_our_server() {
    let folder = tempfile::tempdir().unwrap();
    let portal = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = portal.local_addr().unwrap();
    let answer = std::thread::spawn(move || {
        let (mut stream, _) = portal.accept().unwrap();
        let mut asked = [0; 4096];
        let _ = stream.read(&mut asked).unwrap();
        let page = "<html>请登录</html>";
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            page.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(page.as_bytes()).unwrap();
    });
    let run = enrol(folder.path(), &format!("http://{address}"));
    answer.join().unwrap();
    assert_eq!(run.code, 4, "{}", run.stderr);
    said(&run, "not_our_server");
}

#[test]
fn a_phone_that_another_process_has_ends_with_5() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path(), "http://127.0.0.1:9");
    let lock = std::fs::File::create(folder.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let run = device(folder.path(), &["status"]);
    assert_eq!(run.code, 5, "{}", run.stderr);
    said(&run, "database_locked");
    drop(lock);
    assert_eq!(device(folder.path(), &["status"]).code, 3);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path(), "http://127.0.0.1:9");
    let file = folder.path().join("phone.db");
    let db = rusqlite::Connection::open(&file).unwrap();
    db.pragma_update(None, "user_version", 1_000_000).unwrap();
    db.close().unwrap();
    let before = std::fs::read(&file).unwrap();
    let run = device(folder.path(), &["status"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    said(&run, "database_newer");
    assert!(std::fs::read(&file).unwrap() == before);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path(), "http://127.0.0.1:9");
    let file = folder.path().join("phone.db");
    let nonsense = "not a database, ".repeat(1000);
    std::fs::write(&file, &nonsense).unwrap();
    let run = device(folder.path(), &["status"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    said(&run, "database_damaged");
    assert!(std::fs::read(&file).unwrap() == nonsense.as_bytes());
}

#[test]
fn check_and_salvage_say_in_both_languages_what_they_refuse() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path(), "http://127.0.0.1:9");
    let run = device(folder.path(), &["check"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("完好") && run.stdout.contains("whole"));
    let run = device(folder.path(), &["check", "--json"]);
    assert_eq!(run.stdout.trim(), "{\n  \"problems\": []\n}");
    let run = device(folder.path(), &["salvage"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    said(&run, "not_damaged");
    // Never enrolled, so there is nobody whose work could be saved.
    let file = folder.path().join("phone.db");
    let bytes = vec![7; 20_000];
    std::fs::write(&file, &bytes).unwrap();
    for command in ["check", "status"] {
        said(&device(folder.path(), &[command]), "database_damaged");
    }
    said(&device(folder.path(), &["salvage"]), "identity_lost");
    assert!(std::fs::read(&file).unwrap() == bytes);
}
