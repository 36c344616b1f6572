//! `guanmo serve`: the secret of the first start, the address, and a port that is taken.
//!
//! Leaves out: what it answers (the server's tests).

mod common;

use std::net::TcpListener;

use common::guanmo;
use common::tour::Serving;

#[test]
fn the_set_up_secret_is_told_at_the_first_start_and_never_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = Serving::on(&data);
    let secret = first.said["setup_secret"].as_str().unwrap().to_owned();
    assert!(secret.len() >= 16);
    assert!(first.url.starts_with("http://127.0.0.1:") && !first.url.ends_with(":0"));
    assert!(first.stop().success());
    let second = Serving::on(&data);
    assert!(second.said["setup_secret"].is_null());
    // A second server on the folder is refused.
    let run = guanmo(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.to_str().unwrap(),
    ]);
    assert_eq!((run.code, run.stdout.as_str()), (5, ""));
    assert!(run.stderr.contains("[database_locked]"), "{}", run.stderr);
    assert!(!run.stderr.contains(&secret));
}

#[test]
fn a_port_that_is_taken_ends_with_5_and_makes_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let run = guanmo(&[
        "serve",
        "--listen",
        &listen,
        "--data",
        data.to_str().unwrap(),
    ]);
    assert_eq!((run.code, run.stdout.as_str()), (5, ""));
    assert!(run.stderr.contains("[busy]"), "{}", run.stderr);
    assert!(!data.exists());
}
