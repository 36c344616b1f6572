//! The restore drill: phones work and sync while the backup is made, the machine is lost, a bare one takes over, and the
//! phones give back what it never had.
//!
//! Leaves out: folders put back without a word (`tests/simulation`).

mod common;

use std::collections::BTreeSet;
use std::time::Instant;

use common::guanmo;
use common::phone::Phone;
use common::serving::Logged;
use common::tour::Tour;
use mobile_core::photos::generate::TestPhoto;
use serde_json::Value;

/// Problems each phone notes before, while and after the backup is made.
const NOTED: usize = 2;

/// Notes problems, the first with a photo, and syncs after each; what it was told to be saved.
fn work(phone: &Phone, tour: &Tour, name: &str, url: &str) -> Vec<String> {
    let mut saved = Vec::new();
    let sheet = phone.json(&["open", "文垚市场"])["sheet"].clone();
    for n in 0..NOTED {
        let text = format!("{name} {n}");
        let note = [
            "issue",
            "--township",
            "640422102",
            "--category",
            "exposed_garbage",
        ];
        phone.ok(&[&note[..], &["--description", &text]].concat());
        saved.push(text);
        if n == 0 {
            let photo = tour.path(&format!("{name}.jpg"));
            let seed = name.bytes().map(u64::from).sum();
            std::fs::write(&photo, TestPhoto::new(seed).jpeg()).unwrap();
            phone.ok(&["photo", sheet.as_str().unwrap(), photo.to_str().unwrap()]);
        }
        phone.ok(&["sync", "--server", url]);
    }
    saved
}

/// Descriptions in the ledger of a data folder; each once.
fn ledger(data: &str) -> BTreeSet<String> {
    let run = guanmo(&[
        "export",
        "ledger",
        "--format",
        "json",
        "--internal",
        "--data",
        data,
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    let texts: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row.as_object().unwrap().values();
            let mut texts = cells
                .filter_map(Value::as_str)
                .filter(|t| t.starts_with("phone"));
            texts.next().unwrap_or_else(|| panic!("{row}")).to_owned()
        })
        .collect();
    let once: BTreeSet<String> = texts.iter().cloned().collect();
    assert_eq!(
        once.len(),
        texts.len(),
        "a problem is there twice: {texts:?}"
    );
    once
}

#[test]
fn a_bare_machine_takes_over_from_a_backup_made_while_phones_sync_and_they_give_back_the_rest() {
    let tour = Tour::started();
    let codes: Vec<String> = ["观摩员01", "观摩员02", "观摩员03"]
        .map(|n| tour.code(n))
        .into();
    let (key, file) = (tour.path("key.txt"), tour.path("tour.age"));
    let keygen = guanmo(&["backup", "keygen", "--to", key.to_str().unwrap()]);
    let data = tour.data();
    let server = Logged::start(&tour.path("log"), &["--data", data.to_str().unwrap()], &[]);
    let url = server.url();
    let names = ["phone1", "phone2", "phone3"];
    let phones: Vec<Phone> = names
        .iter()
        .zip(&codes)
        .map(|(name, code)| Phone::enrolled(&tour, name, code, &url))
        .collect();

    let mut saved = vec![Vec::new(); phones.len()];
    let all_work = |when: &str, saved: &mut [Vec<String>]| {
        for (phone, (name, saved)) in phones.iter().zip(names.iter().zip(saved)) {
            saved.extend(work(phone, &tour, &format!("{name} {when}"), &url));
        }
    };
    all_work("before", &mut saved);
    let (tour, url) = (&tour, &url);
    std::thread::scope(|scope| {
        let at_work: Vec<_> = phones
            .iter()
            .zip(names)
            .map(|(phone, name)| (phone, format!("{name} meanwhile")))
            .map(|(phone, name)| scope.spawn(move || work(phone, tour, &name, url)))
            .collect();
        let (to, recipient) = (file.to_str().unwrap(), keygen.stdout.trim());
        tour.ok(&["backup", "--to", to, "--recipient", recipient]);
        for (saved, thread) in saved.iter_mut().zip(at_work) {
            saved.extend(thread.join().unwrap());
        }
    });
    all_work("after", &mut saved);

    // The machine is gone.
    server.signal("-KILL");
    drop(server);
    std::fs::rename(&data, tour.path("gone")).unwrap();
    let began = Instant::now();
    let into = tour.path("bare");
    let place = into.to_str().unwrap();
    let identity = key.to_str().unwrap();
    let restore = [
        "restore",
        file.to_str().unwrap(),
        "--identity",
        identity,
        "--into",
        place,
    ];
    let run = guanmo(&restore);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let restored = began.elapsed();
    let before = ledger(place);
    let began = Instant::now();
    let server = Logged::start(&tour.path("log2"), &["--data", place], &[]);
    println!(
        "from the backup to serving: {} ms",
        (restored + began.elapsed()).as_millis()
    );

    let all =
        |phones: &[Vec<String>]| -> BTreeSet<String> { phones.iter().flatten().cloned().collect() };
    let sent: BTreeSet<String> = all(&saved);
    let early = sent
        .iter()
        .filter(|t| t.contains("before"))
        .cloned()
        .collect();
    assert!(
        before.is_superset(&early) && !before.is_superset(&sent),
        "{before:?}"
    );
    // One phone is gone too: what only it and the lost machine held is what is missing, and nothing else.
    std::fs::remove_dir_all(&phones[2].dir).unwrap();
    for _ in 0..2 {
        for phone in &phones[..2] {
            phone.ok(&["sync", "--server", &server.url()]);
        }
    }
    for phone in &phones[..2] {
        let status = phone.json(&["status"]);
        assert_eq!(status["unsent_changes"], 0, "{status}");
        assert_eq!(status["photos"]["held"], 3, "{status}");
    }
    assert!(server.stop().success());
    let after = ledger(place);
    assert!(after.is_superset(&all(&saved[..2])), "{after:?}");
    let third: BTreeSet<String> = saved[2].iter().cloned().collect();
    let missing: BTreeSet<&String> = third.difference(&after).collect();
    assert!(
        !missing.is_empty(),
        "the control lost nothing: the others held it all"
    );
    println!(
        "{} problems noted, {} in the backup, {} after the phones synced, {} lost with the third phone",
        sent.len(),
        before.len(),
        after.len(),
        missing.len()
    );
    let verify = guanmo(&["verify", "--rebuild", "--blobs", "--data", place]);
    assert_eq!(verify.code, 0, "{}", verify.stdout);
}
