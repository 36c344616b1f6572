//! A phone's database is damaged on its disk: what the person at the phone types and reads until all is at the office.
//!
//! Leaves out: damage in every place (`tests/crash`).

mod common;

use std::os::unix::fs::FileExt;

use common::phone::{Phone, mark};
use common::tour::{Serving, Tour};
use mobile_core::photos::generate::TestPhoto;

/// A page is larger; what stands here says that the file is a database, and where everything begins.
const HEADER_BYTES: usize = 100;

#[test]
fn unsent_work_of_a_damaged_phone_is_saved_and_reaches_the_office() {
    let tour = Tour::started();
    let codes = [tour.code("观摩员01"), tour.code("观摩员01")];
    let serving = Serving::on(&tour.data());
    let phone = Phone::enrolled(&tour, "phone1", &codes[0], &serving.url);
    let sheet = phone.json(&["open", "沙岗村"])["sheet"].clone();
    let sheet = sheet.as_str().unwrap();
    let lines = phone.json(&["show", sheet])["lines"].clone();
    for line in lines.as_array().unwrap() {
        let item = &line["item"];
        phone.ok(&["answer", sheet, item["id"].as_str().unwrap(), mark(item)]);
    }
    let photo = tour.path("photo.jpg");
    std::fs::write(&photo, TestPhoto::new(7).jpeg()).unwrap();
    phone.ok(&["photo", sheet, photo.to_str().unwrap()]);
    phone.ok(&["submit", sheet]);
    let told = phone.json(&["show", sheet]);
    let unsent = phone.json(&["status"])["unsent_changes"].clone();
    assert!(unsent.as_u64().unwrap() > 20, "{unsent}");
    phone.refused(&["salvage"], 1, "not_damaged");

    let database = std::fs::OpenOptions::new()
        .write(true)
        .open(phone.dir.join("phone.db"))
        .unwrap();
    database.write_all_at(&[0xff; HEADER_BYTES], 0).unwrap();
    for typed in [&["status"][..], &["check"], &["sync"]] {
        phone.refused(typed, 1, "database_damaged");
    }
    let report = phone.json(&["salvage"]);
    assert_eq!(
        (&report["saved"], &report["unreadable"]),
        (&unsent, &0.into()),
        "{report}"
    );
    assert_eq!(report["photos_unsent"], 1, "{report}");
    assert!(std::path::Path::new(report["copy"].as_str().unwrap()).is_dir());
    phone.ok(&["check"]);
    phone.refused(&["salvage"], 1, "not_damaged");

    // Before and after the office has it, the sheet is as it was.
    let answers = |view: &serde_json::Value| view["lines"].clone();
    assert_eq!(answers(&phone.json(&["show", sheet])), answers(&told));
    let report = phone.json(&["sync"]);
    assert_eq!(report["agreed"]["agreed"], true, "{report}");
    let status = phone.json(&["status"]);
    assert_eq!(
        (&status["sheets"]["held"], &status["photos"]["held"]),
        (&1.into(), &1.into())
    );
    assert_eq!(answers(&phone.json(&["show", sheet])), answers(&told));
    // Another phone of the same person has it from the office.
    let other = Phone::enrolled(&tour, "phone2", &codes[1], &serving.url);
    assert_eq!(answers(&other.json(&["show", sheet])), answers(&told));
}
