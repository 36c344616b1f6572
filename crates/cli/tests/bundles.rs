//! Bundles on the command line: out of a phone, looked at, carried, and into a data folder.
//!
//! Leaves out: every way a file can be damaged (the protocol's tests), what becomes of forks (end to end).

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::guanmo;
use common::phone::{Phone, mark};
use common::tour::{Serving, Tour};
use mobile_core::photos::generate::TestPhoto;
use serde_json::Value;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn json(run: &common::Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr))
}

/// A submitted sheet with a photo, nothing of it sent.
fn work(tour: &Tour, phone: &Phone, site: &str) {
    phone.ok(&["open", site]);
    for line in phone.json(&["show", site])["lines"].as_array().unwrap() {
        let id = line["item"]["id"].as_str().unwrap();
        phone.ok(&["answer", site, id, mark(&line["item"])]);
    }
    let photo = tour.path("photo.jpg");
    fs::write(&photo, TestPhoto::new(3).jpeg()).unwrap();
    phone.ok(&["photo", site, text(&photo)]);
    phone.ok(&["submit", site]);
}

fn import(tour: &Tour, file: &Path) -> common::Run {
    tour.run(&["bundle", "import", text(file), "--json"])
}

#[test]
fn unsent_work_goes_by_stick_into_the_data_folder_and_is_confirmed_at_the_next_sync() {
    let tour = Tour::started();
    let code = tour.code("观摩员01");
    let serving = Serving::on(&tour.data());
    let phone = Phone::enrolled(&tour, "phone1", &code, &serving.url);
    // While the server runs its folder is not ours.
    assert!(serving.stop().success());
    phone.refused(
        &["bundle", "export", "--out", text(&tour.path("x.guanmo"))],
        1,
        "nothing_unsent",
    );
    work(&tour, &phone, "沙岗村");
    // A forgotten PIN does not lock the work in: nobody else can read the file.
    phone.ok(&["pin", "--set", "730154"]);
    let file = tour.path("stick.guanmo");
    let out = phone.json(&["bundle", "export", "--out", text(&file)]);
    assert_eq!(
        (&out["photo_files"], &out["photos_left_out"]),
        (&2.into(), &0.into())
    );
    phone.refused(&["status"], 5, "pin_locked");
    let shown = json(&guanmo(&["bundle", "show", text(&file), "--json"]));
    assert_eq!(
        (&shown["whole"], &shown["parts"]),
        (&true.into(), &1.into())
    );
    assert_eq!(shown["sha256"], out["files"][0]["sha256"]);
    let status = phone.json(&["status", "--pin", "730154"]);
    assert_eq!(status["bundle"]["changes"], out["changes"]);
    assert_eq!(status["sheets"]["only_here"], 1);
    let taken = json(&import(&tour, &file));
    assert_eq!(
        (&taken["complete"], &taken["photos_new"]),
        (&true.into(), &2.into())
    );
    let again = import(&tour, &file);
    assert_eq!(again.code, 0);
    let again = json(&again);
    assert_eq!(
        (&again["segments_new"], &again["photos_new"]),
        (&0.into(), &0.into())
    );
    let serving = Serving::on(&tour.data());
    let report = phone.json(&["sync", "--server", &serving.url]);
    assert_eq!(
        (&report["photos_sent"], &report["agreed"]["agreed"]),
        (&0.into(), &true.into())
    );
    let status = phone.json(&["status", "--pin", "730154"]);
    assert_eq!(
        (&status["bundle"], &status["sheets"]["held"]),
        (&Value::Null, &1.into())
    );
}

#[test]
fn a_phone_that_was_lost_left_a_bundle_with_a_colleague() {
    let tour = Tour::started();
    let codes = [tour.code("观摩员01"), tour.code("观摩员03")];
    let serving = Serving::on(&tour.data());
    let lost = Phone::enrolled(&tour, "phone1", &codes[0], &serving.url);
    let carrier = Phone::enrolled(&tour, "phone2", &codes[1], &serving.url);
    work(&tour, &lost, "沙岗村");
    let file = tour.path("for-colleague.guanmo");
    lost.ok(&["bundle", "export", "-o", text(&file)]);
    fs::remove_dir_all(&lost.dir).unwrap();
    carrier.ok(&["bundle", "carry", text(&file)]);
    let bytes = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let listed = carrier.json(&["bundle", "list"]);
    assert_eq!(listed[0]["state"]["is"], "waiting");
    let number = &listed[0]["sha256"].as_str().unwrap()[..12];
    carrier.ok(&["bundle", "copy", number, "-o", text(&file)]);
    assert_eq!(fs::read(&file).unwrap(), bytes);
    let report = carrier.json(&["sync"]);
    assert_eq!(report["bundles_delivered"], 1);
    let listed = carrier.json(&["bundle", "list"]);
    assert_eq!(listed[0]["state"]["is"], "delivered");
    carrier.ok(&["bundle", "drop", number]);
    carrier.refused(&["bundle", "drop", number], 3, "not_found");
    assert!(serving.stop().success());
    let taken = json(&import(&tour, &file));
    assert_eq!(
        (&taken["segments_new"], &taken["complete"]),
        (&0.into(), &true.into())
    );
    assert_eq!(taken["photos_there"], 2);
}

#[test]
fn bad_copies_and_foreign_bundles_are_told_apart_and_change_nothing() {
    let tour = Tour::started();
    let code = tour.code("观摩员01");
    let serving = Serving::on(&tour.data());
    let phone = Phone::enrolled(&tour, "phone1", &code, &serving.url);
    assert!(serving.stop().success());
    work(&tour, &phone, "沙岗村");
    let file = tour.path("a.guanmo");
    let split = phone.json(&["bundle", "export", "-o", text(&file), "--split", "1"]);
    assert_eq!(
        split["files"].as_array().unwrap().len(),
        1,
        "all of it is under 1 MB"
    );
    let good = fs::read(&file).unwrap();
    let with = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = tour.path(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let cut = with("cut.guanmo", &good[..good.len() / 2]);
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 4;
    let flipped = with("flipped.guanmo", &flipped);
    let sheet = with("sheet.xlsx", b"PK\x03\x04");
    for (bad, code) in [
        (&cut, "bundle_damaged"),
        (&flipped, "bundle_damaged"),
        (&sheet, "not_a_bundle"),
    ] {
        let run = import(&tour, bad);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains(&format!("[{code}]")), "{}", run.stderr);
        let carried = ["bundle", "carry", text(bad)];
        phone.refused(&carried, 2, code);
    }
    let shown = guanmo(&["bundle", "show", text(&cut)]);
    assert_eq!(shown.code, 1);
    assert!(
        shown.stdout.contains("THE COPY IS DAMAGED"),
        "{}",
        shown.stdout
    );
    let none = tour.run(&["bundle", "import", text(&tour.path("none"))]);
    assert_eq!(none.code, 3, "{}", none.stderr);
    let other = Tour::started();
    let run = import(&other, &file);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("[bundle_foreign]"), "{}", run.stderr);
    let report = tour.ok(&["verify", "--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    // The control: the good file does bring segments.
    assert_eq!(import(&tour, &file).code, 0);
    let after: Value = serde_json::from_str(&tour.ok(&["verify", "--json"])).unwrap();
    assert!(after["segments"].as_u64() > report["segments"].as_u64());
}
