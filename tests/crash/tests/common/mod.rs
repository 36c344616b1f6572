//! A small office on a disk in memory, phones on others, and what is looked for after each accident.
#![allow(dead_code)]

pub mod book;
pub mod look;
pub mod office;
pub mod tour;

use std::sync::Arc;

use crash::Disk;
use mobile_core::{Parts, Ports, Replica, SeededEntropy, SteppedClock};

pub use office::Office;

/// Morning of the tour, ms UTC.
pub const MORNING: i64 = 1_637_197_200_000;
/// The database of a phone and of the office.
pub const DATABASE: &str = "guanmo.db";

/// The seed of this run: `CRASH_SEED`, or 1.
pub fn seed() -> u64 {
    let given = std::env::var("CRASH_SEED").ok();
    given.and_then(|s| s.parse().ok()).unwrap_or(1)
}

/// How many times the usual number of attempts: `CRASH_TIMES`, or 1.
pub fn times() -> u64 {
    let given = std::env::var("CRASH_TIMES").ok();
    given.and_then(|s| s.parse().ok()).unwrap_or(1)
}

/// Opens the phone on a disk; `turn` makes its entropy another one at each start.
pub fn phone(disk: &Disk, turn: u64) -> mobile_core::Result<Replica> {
    Replica::open_with(Parts {
        database: disk.uri(DATABASE),
        files: Box::new(disk.files("photos")),
        install_id: [7; 16],
        ports: Ports {
            clock: Arc::new(SteppedClock::new(MORNING + 60_000 * turn as i64, 7)),
            entropy: Arc::new(SeededEntropy::new(turn)),
        },
    })
}
