//! Files changed at random: no panic, no hang, whatever comes of them.
//!
//! The changes follow from the seed, so a failure repeats. Leaves out: what the errors say.

mod common;

use std::time::{Duration, Instant};

use common::{book, parts, tour, zip_of};
use documents::import::{Format, Kind, read};

/// A small generator (xorshift), so that a seed is a case.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    /// Changes, removes, doubles or swaps a few pieces.
    fn mangle(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.roll(4) {
            if bytes.is_empty() {
                return;
            }
            let at = self.roll(bytes.len());
            let end = (at + 1 + self.roll(40)).min(bytes.len());
            match self.roll(6) {
                0 => bytes[at] ^= 1 << self.roll(8),
                1 => bytes.truncate(at),
                2 => drop(bytes.drain(at..end)),
                3 => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                4 => bytes[at] = b"<>/\"=0A9-,;\n"[self.roll(12)],
                _ => {
                    let other = self.roll(bytes.len());
                    bytes.swap(at, other);
                }
            }
        }
    }
}

fn take(bytes: &[u8], name: &str, seed: u64) {
    let start = Instant::now();
    for kind in [Kind::Roster, Kind::Checklist] {
        if let Ok(format) = Format::detect(Some(name), bytes) {
            // Rows or errors: either will do.
            let _ = read(kind, bytes, format, &tour());
        }
    }
    assert!(start.elapsed() < Duration::from_secs(2), "seed {seed}");
}

fn good() -> Vec<u8> {
    book(&[
        &["姓名", "角色", "组别", "所在单位代码"],
        &["观摩员01", "评委", "1", "640422102"],
        &["督查室01", "督查室", "", ""],
    ])
}

#[test]
fn a_workbook_changed_anywhere_never_panics() {
    let good = good();
    for seed in 1..=400 {
        let mut bytes = good.clone();
        Dice(seed * 7919).mangle(&mut bytes);
        take(&bytes, "a.xlsx", seed);
    }
}

#[test]
fn a_workbook_with_changed_parts_never_panics() {
    let good = parts(&good());
    for seed in 1..=600 {
        let mut dice = Dice(seed * 104_729);
        let mut changed = good.clone();
        let at = dice.roll(changed.len());
        dice.mangle(&mut changed[at].1);
        let all: Vec<(&str, &[u8])> = changed.iter().map(|(n, b)| (n.as_str(), &b[..])).collect();
        take(&zip_of(&all), "a.xlsx", seed);
    }
}

#[test]
fn a_csv_changed_anywhere_never_panics() {
    let good = "姓名,角色,组别\r\n\"观摩员\n01\",评委,1\r\n督查室01,督查室,\r\n";
    for seed in 1..=2_000 {
        let mut bytes = good.as_bytes().to_vec();
        Dice(seed * 15_485_863).mangle(&mut bytes);
        take(&bytes, "a.csv", seed);
    }
}
