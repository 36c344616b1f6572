//! A phone on the command line, from enrolment to a submitted sheet that the server holds.
//!
//! Leaves out: many phones at once (the end-to-end tests).

mod common;

use common::guanmo_with;
use common::phone::{Phone, mark};
use common::tour::{Serving, Tour};
use mobile_core::photos::generate::TestPhoto;

#[test]
fn a_sheet_filled_without_signal_reaches_the_server() {
    let tour = Tour::started();
    let (code, taken) = (tour.code("观摩员01"), tour.code("观摩员02"));
    let serving = Serving::on(&tour.data());
    let phone = Phone::enrolled(&tour, "phone1", &code, &serving.url);
    // A code is good for one phone.
    let other = Phone {
        dir: tour.path("phone2"),
    };
    other.refused(
        &[
            "enrol",
            "--server",
            &serving.url,
            "--code",
            &code,
            "--name",
            "x",
        ],
        2,
        "code_invalid",
    );
    let barred = Phone::enrolled(&tour, "phone3", &taken, &serving.url);
    let url = serving.url.clone();
    assert!(serving.stop().success());

    // Without signal from here on.
    let sites = phone.json(&["sites"]);
    let names: Vec<&str> = sites
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["沙岗村", "农户1", "文垚市场"]);
    assert_eq!(
        phone
            .json(&["sites", "--township", "640422215"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    barred.refused(&["open", "沙岗村"], 1, "recused");
    let sheet = phone.json(&["open", "沙岗村"])["sheet"]
        .as_str()
        .unwrap()
        .to_owned();
    fill(&phone, &tour, &sheet);
    phone.ok(&[
        "issue",
        "--category",
        "exposed_garbage",
        "--description",
        "沟边有垃圾",
        "--site",
        "沙岗村",
        "--fixed",
        "已清",
    ]);
    phone.ok(&["facts", "农户1", "code", "二组05"]);
    phone.ok(&["submit", &sheet]);
    phone.refused(&["answer", &sheet, "V-C1", "1"], 1, "not_draft");
    let status = phone.json(&["status"]);
    assert_eq!(status["sheets"]["only_here"], 1);
    assert_eq!(status["photos"]["only_here"], 1);
    phone.refused(&["sync"], 4, "network");

    // With signal again, at another port.
    let serving = Serving::on(&tour.data());
    assert_ne!(serving.url, url);
    everything_is_held_after_a_sync(&phone, &serving.url);
}

fn everything_is_held_after_a_sync(phone: &Phone, url: &str) {
    let report = phone.json(&["sync", "--server", url]);
    assert_eq!(report["agreed"]["agreed"], true, "{report}");
    assert_eq!(report["agreed"]["sheets"]["held"], 1);
    let status = phone.json(&["status"]);
    assert_eq!(status["sheets"]["held"], 1);
    assert_eq!(status["sheets"]["only_here"], 0);
    assert_eq!(status["photos"]["held"], 1, "{status}");
    assert_eq!(status["unsent_changes"], 0);
    let again = phone.json(&["sync", "--server", url]);
    assert_eq!(
        (&again["pushed_changes"], &again["requests"]),
        (&0.into(), &1.into())
    );
}

/// Answers every line, refusing what does not fit, and takes a photo.
fn fill(phone: &Phone, tour: &Tour, sheet: &str) {
    phone.refused(&["submit", sheet], 1, "incomplete");
    let view = phone.json(&["show", sheet]);
    let lines = view["lines"].as_array().unwrap();
    assert!(lines.len() > 20);
    let score = lines.iter().find(|l| l["item"]["type"] == "score").unwrap();
    let item = score["item"]["id"].as_str().unwrap();
    phone.refused(&["answer", sheet, item, "1000"], 2, "above_maximum");
    phone.refused(&["answer", sheet, item, "0.3"], 2, "off_step");
    phone.refused(&["answer", sheet, item, "-1"], 2, "bad_number");
    phone.refused(&["answer", sheet, item, "yes"], 2, "wrong_type");
    phone.refused(&["answer", sheet, "V-NONE", "1"], 3, "unknown_item");
    for line in lines {
        let id = line["item"]["id"].as_str().unwrap();
        phone.ok(&["answer", sheet, id, mark(&line["item"])]);
    }
    phone.ok(&["answer", "沙岗村", item, "0.5", "--note", "门前有杂物"]);
    let photo = tour.path("photo.jpg");
    std::fs::write(&photo, TestPhoto::new(7).jpeg()).unwrap();
    phone.ok(&["photo", sheet, photo.to_str().unwrap(), "--item", item]);
    std::fs::write(&photo, "no picture").unwrap();
    let run = phone.run(&["photo", sheet, photo.to_str().unwrap()]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let view = phone.json(&["show", sheet]);
    assert_eq!(view["score"]["missing"].as_array().unwrap().len(), 0);
    assert_eq!(view["photos"].as_array().unwrap().len(), 1);
    let shown = phone.ok(&["show", sheet]);
    assert!(
        shown.contains("门前有杂物") && shown.contains("得分 · Score:"),
        "{shown}"
    );
}

#[test]
fn values_that_differ_are_kept_until_somebody_takes_one() {
    let tour = Tour::started();
    let codes = [tour.code("观摩员01"), tour.code("观摩员01")];
    let serving = Serving::on(&tour.data());
    let [a, b] = ["a", "b"];
    let a = Phone::enrolled(&tour, a, &codes[0], &serving.url);
    let b = Phone::enrolled(&tour, b, &codes[1], &serving.url);
    for (phone, points, house) in [(&a, "1", "一组01"), (&b, "0.5", "一组02")] {
        phone.ok(&["open", "沙岗村"]);
        phone.ok(&["answer", "沙岗村", SCORED, points]);
        phone.ok(&["facts", "农户1", "code", house]);
    }
    for phone in [&a, &b, &a] {
        phone.ok(&["sync"]);
    }
    // Both see both values of the own sheet and of what the group shares.
    let field = format!("answer/{SCORED}");
    for phone in [&a, &b] {
        let view = phone.json(&["show", "沙岗村"]);
        assert_eq!(
            view["siblings"][&field].as_array().unwrap().len(),
            2,
            "{view}"
        );
        let facts = phone.json(&["facts", "农户1"]);
        assert_eq!(
            facts["differing"]["code"].as_array().unwrap().len(),
            2,
            "{facts}"
        );
        let shown = phone.ok(&["facts", "农户1"]);
        assert!(
            shown.contains("一组01") && shown.contains("一组02"),
            "{shown}"
        );
    }
    a.refused(&["settle", "沙岗村", &field, "--take", "3"], 3, "not_found");
    let values = a.json(&["show", "沙岗村"])["siblings"][&field].clone();
    let at = values
        .as_array()
        .unwrap()
        .iter()
        .position(|v| v["value"][0] == 5_000)
        .unwrap();
    a.ok(&["settle", "沙岗村", &field, "--take", &(at + 1).to_string()]);
    b.ok(&["settle", "农户1", "code", "--take", "1"]);
    for phone in [&a, &b, &a] {
        phone.ok(&["sync"]);
    }
    let facts = a.json(&["facts", "农户1"]);
    assert_eq!(facts, b.json(&["facts", "农户1"]));
    for phone in [&a, &b] {
        let view = phone.json(&["show", "沙岗村"]);
        assert_eq!(view["siblings"], serde_json::json!({}));
        let line = view["lines"]
            .as_array()
            .unwrap()
            .iter()
            .find(|l| l["item"]["id"] == SCORED);
        assert_eq!(line.unwrap()["points_e4"], 5_000);
        assert_eq!(
            phone.json(&["facts", "农户1"])["differing"],
            serde_json::json!({})
        );
    }
}

/// An item of the village checklist that takes points.
const SCORED: &str = "V-Q8";

#[test]
fn a_household_that_was_not_entered_is_submitted_without_answers_and_can_be_amended() {
    let tour = Tour::started();
    let code = tour.code("观摩员01");
    let serving = Serving::on(&tour.data());
    let phone = Phone::enrolled(&tour, "phone", &code, &serving.url);
    phone.ok(&["open", "农户1"]);
    phone.refused(&["submit", "农户1"], 1, "incomplete");
    phone.ok(&["visit", "农户1", "absent"]);
    phone.ok(&["submit", "农户1"]);
    phone.refused(&["amend", "农户1", "--reason", " "], 2, "reason_required");
    phone.ok(&["amend", "农户1", "--reason", "又去了一次"]);
    assert_eq!(phone.json(&["show", "农户1"])["state"], "draft");
    assert_eq!(phone.json(&["show", "农户1"])["visit"], "absent");
}

#[test]
fn a_photo_says_when_it_has_no_strip() {
    let tour = Tour::started();
    let code = tour.code("观摩员01");
    let serving = Serving::on(&tour.data());
    let phone = Phone::enrolled(&tour, "phone1", &code, &serving.url);
    phone.ok(&["open", "沙岗村"]);
    let test = TestPhoto {
        width: 640,
        height: 480,
        ..TestPhoto::new(7)
    };
    let file = |name: &str, bytes: &[u8]| {
        let path = tour.path(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let png = file("shot.png", &test.png());
    let attach = |path: &str, font: Option<&str>, more: &[&str]| {
        let args = [
            &[
                "device",
                "--phone",
                phone.dir.to_str().unwrap(),
                "photo",
                "沙岗村",
                path,
            ],
            more,
        ];
        guanmo_with(&args.concat(), &[("GUANMO_FONT", font)])
    };
    let with = attach(&png, None, &["--stage", "before"]);
    assert_eq!(
        (with.code, with.stderr.contains("无水印")),
        (0, false),
        "{}",
        with.stderr
    );
    let without = attach(&png, Some("none"), &["--stage", "after"]);
    assert_eq!(
        (without.code, without.stderr.contains("无水印")),
        (0, true),
        "{}",
        without.stderr
    );
    let no_font = attach(&png, Some(&png), &[]);
    assert_eq!(no_font.code, 2);
    assert!(no_font.stderr.contains("[bad_font]"), "{}", no_font.stderr);
    let heic = file("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0");
    let refused = attach(&heic, None, &[]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("兼容性最佳") && refused.stderr.contains("Most Compatible"));
    let view = phone.json(&["show", "沙岗村"]);
    let photos = view["photos"].as_array().unwrap();
    assert_eq!(photos.len(), 2);
    assert_eq!(
        (&photos[0]["no_font"], &photos[1]["no_font"]),
        (&false.into(), &true.into())
    );
    assert_eq!(
        (&photos[0]["stage"], &photos[1]["stage"]),
        (&"before".into(), &"after".into())
    );
}
