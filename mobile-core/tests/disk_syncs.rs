//! One autosave is one disk sync: counted by the system, where `strace` is installed.

mod common;

use common::office::*;
use common::phones::*;
use mobile_core::{Form, Replica};

const ANSWERS: usize = 200;

/// Runs as the child of the test below: opens, waits for nothing, answers; marks begin and end by two odd writes.
#[test]
fn child_that_answers_a_fixed_number_of_times() {
    let Ok(dir) = std::env::var("GUANMO_TEST_COUNTED") else {
        return;
    };
    let mut phone = Replica::open(std::path::Path::new(&dir), ports(4)).unwrap();
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let lines: Vec<String> = phone
        .sheet(sheet)
        .unwrap()
        .lines
        .into_iter()
        .map(|l| l.item.id)
        .collect();
    std::fs::write(std::path::Path::new(&dir).join("mark-begin"), b"x").unwrap();
    for n in 0..ANSWERS {
        let item = &lines[n % lines.len()];
        let e4 = 5_000 * ((n / lines.len()) % 2) as i64;
        assert!(phone.answer(sheet, item, points(e4)).unwrap().changed);
    }
    std::fs::write(std::path::Path::new(&dir).join("mark-end"), b"x").unwrap();
}

#[test]
fn two_hundred_autosaves_are_two_hundred_disk_syncs() {
    let strace = std::process::Command::new("strace").arg("-V").output();
    if !strace.is_ok_and(|o| o.status.success()) {
        eprintln!("strace is not installed: not counted here (the benchmark counts without it)");
        return;
    }
    let (net, home) = (server(false), folder());
    drop(enrolled(&home, &net, "2", 1));
    let trace = home.path.join("trace");
    let status = std::process::Command::new("strace")
        .args(["-f", "-e", "trace=fsync,fdatasync,openat", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_answers_a_fixed_number_of_times"])
        .env("GUANMO_TEST_COUNTED", &home.path)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let text = std::fs::read_to_string(&trace).unwrap();
    let begin = text.find("mark-begin").unwrap();
    let end = text.find("mark-end").unwrap();
    let is_sync = |line: &&str| line.contains("fsync(") || line.contains("fdatasync(");
    let counted = text[begin..end].lines().filter(is_sync).count();
    assert_eq!(counted, ANSWERS);
}
