//! Threat T26: on a real small disk that fills up, photos are refused and scores still sync; with room again photos come.
//!
//! Leaves out: quotas of one device (the end-to-end tests).

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::phone::{Phone, mark};
use common::serving::Logged;
use common::tour::{Serving, Tour};
use common::{guanmo, logs};
use mobile_core::photos::generate::TestPhoto;

/// The disk.
const DISK: &str = "64m";
/// What photos never touch.
const RESERVE: &str = "24MB";

/// Fills the sheet of a site, attaches a photo and submits.
fn work(phone: &Phone, photo: &Path, site: &str) {
    phone.ok(&["open", site]);
    for line in phone.json(&["show", site])["lines"].as_array().unwrap() {
        let id = line["item"]["id"].as_str().unwrap();
        phone.ok(&["answer", site, id, mark(&line["item"])]);
    }
    phone.ok(&["photo", site, photo.to_str().unwrap()]);
    phone.ok(&["submit", site]);
}

/// After a sync: sheets the server holds, photos it holds, files that wait (of a photo its copy and thumbnail), and why.
fn synced(phone: &Phone, url: &str) -> (u64, u64, u64, String) {
    let report = phone.json(&["sync", "--server", url]);
    let status = phone.json(&["status"]);
    assert_eq!(status["unsent_changes"], 0, "{status}");
    let number = |v: &serde_json::Value| v.as_u64().unwrap();
    (
        number(&status["sheets"]["held"]),
        number(&status["photos"]["held"]),
        number(&report["photos_waiting"]),
        report["photos_paused"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    )
}

/// The answer to a sign-in with a wrong password.
#[tokio::main(flavor = "current_thread")]
async fn guessed(url: &str) -> u16 {
    let form = reqwest::Client::new()
        .post(format!("{url}/sign-in"))
        .header("origin", url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("next=/console&user_name=nobody&password=wrong");
    form.send().await.unwrap().status().as_u16()
}

fn phone_with_photo(tour: &Tour, code: &str, url: &str) -> (Phone, PathBuf) {
    let phone = Phone::enrolled(tour, "phone", code, url);
    let photo = tour.path("photo.jpg");
    std::fs::write(&photo, TestPhoto::new(7).jpeg()).unwrap();
    (phone, photo)
}

/// Runs a shell line where the server sees its disk.
fn inside(server: &Logged, line: &str) -> bool {
    let process = server.id().to_string();
    let args = ["-t", &process, "-m", "sh", "-c", line];
    Command::new("nsenter")
        .args(args)
        .status()
        .unwrap()
        .success()
}

/// A server whose data are on a small disk of its own; none where this system lets nobody mount one.
fn on_small_disk(tour: &Tour) -> Option<Logged> {
    let mut may = Command::new("unshare");
    may.args([
        "-m",
        "sh",
        "-c",
        "mount -t tmpfs tmpfs /mnt && nsenter --version",
    ])
    .stdout(Stdio::null())
    .stderr(Stdio::null());
    if !may.status().is_ok_and(|s| s.success()) {
        eprintln!(
            "no small disk can be mounted here: the other test shows the same with the setting"
        );
        return None;
    }
    let disk = tour.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let line = "mount -t tmpfs -o size=$1 tmpfs \"$2\" && cp -r \"$3\" \"$2/data\" && \
                exec \"$4\" serve --json --listen 127.0.0.1:0 --disk-reserve $5 --data \"$2/data\"";
    let mut command = Command::new("unshare");
    command
        .args(["-m", "sh", "-c", line, "sh", DISK])
        .args([&disk, &tour.data()])
        .arg(env!("CARGO_BIN_EXE_guanmo"))
        .arg(RESERVE)
        .env("GUANMO_LOG", logs::EVERYTHING);
    Some(Logged::start_by(command, &tour.path("log")))
}

#[test]
fn a_disk_that_fills_up_refuses_photos_before_scores_and_works_again_with_room() {
    let tour = Tour::started();
    // The code must be issued before the data are copied.
    let code = tour.code("观摩员01");
    let Some(server) = on_small_disk(&tour) else {
        return;
    };
    let url = server.url();
    let (phone, photo) = phone_with_photo(&tour, &code, &url);
    work(&phone, &photo, "沙岗村");
    assert_eq!(synced(&phone, &url), (1, 1, 0, String::new()));
    // Somebody else's file leaves less than the reserve.
    let filler = tour.path("disk/filler");
    let filler = filler.to_str().unwrap();
    assert!(inside(
        &server,
        &format!("head -c 42m /dev/zero > {filler}")
    ));
    std::fs::write(&photo, TestPhoto::new(8).jpeg()).unwrap();
    work(&phone, &photo, "农户1");
    assert_eq!(synced(&phone, &url), (2, 1, 2, "server_full".to_owned()));
    assert!(server.log().contains("status=507"), "{}", server.log());
    // Now there is room for nothing, not even for noting that somebody guessed.
    assert!(inside(
        &server,
        &format!("cat /dev/zero > {filler}2; sync; df -h {filler}")
    ));
    assert_eq!(guessed(&url), 507);
    assert!(inside(&server, &format!("rm {filler} {filler}2")));
    assert_eq!(guessed(&url), 401);
    assert_eq!(synced(&phone, &url), (2, 2, 0, String::new()));
}

#[test]
fn below_the_reserve_photos_wait_and_scores_sync_until_it_is_set_lower() {
    let tour = Tour::started();
    let (data, code) = (tour.data(), tour.code("观摩员01"));
    let args = ["--data", data.to_str().unwrap(), "--disk-reserve", "1000TB"];
    let server = Logged::start(&tour.path("log"), &args, &[]);
    let (phone, photo) = phone_with_photo(&tour, &code, &server.url());
    work(&phone, &photo, "沙岗村");
    let seen = synced(&phone, &server.url());
    assert_eq!(seen, (1, 0, 2, "server_full".to_owned()));
    assert!(server.stop().success());
    let doctor = guanmo(&["doctor", "--data", data.to_str().unwrap(), "--json"]);
    assert_eq!(doctor.code, 0, "{}", doctor.stdout);
    let serving = Serving::on(&data);
    assert_eq!(synced(&phone, &serving.url), (1, 1, 0, String::new()));
}
