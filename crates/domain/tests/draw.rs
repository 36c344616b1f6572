//! The draw: against the tool that anybody would repeat it with, and what it refuses.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use domain::draw::{Candidate, DrawError, draw, key, order};

fn list(ids: &[&str]) -> Vec<Candidate> {
    let candidate = |id: &&str| Candidate {
        id: (*id).to_owned(),
        name: format!("{id}村"),
    };
    ids.iter().map(candidate).collect()
}

/// `printf '%s\0%s' SEED ID | sha256sum`, the program itself.
fn by_hand(seed: &str, id: &str) -> String {
    let mut tool = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sha256sum is installed");
    let mut pipe = tool.stdin.take().unwrap();
    pipe.write_all(seed.as_bytes()).unwrap();
    pipe.write_all(&[0]).unwrap();
    pipe.write_all(id.as_bytes()).unwrap();
    drop(pipe);
    let out = tool.wait_with_output().unwrap();
    String::from_utf8(out.stdout).unwrap()[..64].to_owned()
}

#[test]
fn the_keys_are_those_of_sha256sum() {
    for (seed, id) in [
        ("2021-11-17 三枚骰子 4-1-6", "640422215203"),
        ("a", "b"),
        ("文垚", "640422215203-017"),
    ] {
        assert_eq!(key(seed, id), by_hand(seed, id));
    }
}

#[test]
fn the_worked_example_of_the_handbook_gives_what_it_prints() {
    let villages = list(&[
        "640422215200",
        "640422215201",
        "640422215202",
        "640422215203",
    ]);
    let seed = "2021-11-17 骰子 4-1-6";
    let drawn = draw(seed, &villages, 2).unwrap();
    let mut expected: Vec<(String, &str)> = villages
        .iter()
        .map(|c| (by_hand(seed, &c.id), c.id.as_str()))
        .collect();
    expected.sort();
    let found: Vec<(String, &str)> = drawn
        .iter()
        .map(|d| (d.key.clone(), d.id.as_str()))
        .collect();
    assert_eq!(found, expected[..2]);
    let handbook = include_str!("../../../docs/howto/draw.md");
    for d in &drawn {
        assert!(handbook.contains(&d.key), "{} {}", d.id, d.key);
    }
}

#[test]
fn the_order_of_the_list_does_not_matter_and_the_seed_does() {
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut back = ids;
    back.reverse();
    let one = order("s", &list(&ids)).unwrap();
    assert_eq!(one, order("s", &list(&back)).unwrap());
    assert_ne!(one, order("t", &list(&ids)).unwrap());
}

#[test]
fn every_candidate_is_drawn_about_as_often_as_every_other() {
    let candidates = list(&["1", "2", "3", "4", "5"]);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for n in 0..5_000 {
        let drawn = draw(&n.to_string(), &candidates, 1).unwrap();
        *counts.entry(drawn[0].id.clone()).or_default() += 1;
    }
    // 1,000 expected, standard deviation 28: six of them are a fault, not chance.
    assert!(
        counts.values().all(|n| (830..=1_170).contains(n)),
        "{counts:?}"
    );
}

#[test]
fn what_cannot_be_repeated_or_would_not_be_fair_is_refused() {
    let two = list(&["a", "b"]);
    let long = "长".repeat(201);
    for seed in ["", "a\nb", "\0", long.as_str()] {
        assert_eq!(draw(seed, &two, 1), Err(DrawError::Seed));
    }
    assert_eq!(draw("s", &[], 1), Err(DrawError::Candidates(0)));
    assert_eq!(draw("s", &list(&["a", ""]), 1), Err(DrawError::Id(2)));
    assert_eq!(
        draw("s", &list(&["a", "a"]), 1),
        Err(DrawError::Twice("a".into()))
    );
    assert_eq!(draw("s", &two, 0), Err(DrawError::Count { n: 0, of: 2 }));
    assert_eq!(draw("s", &two, 3), Err(DrawError::Count { n: 3, of: 2 }));
    let many: Vec<String> = (0..20_001).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(
        draw("s", &list(&many), 1),
        Err(DrawError::Candidates(20_001))
    );
    assert_eq!(draw("s", &list(&many[..20_000]), 5).unwrap().len(), 5);
}
