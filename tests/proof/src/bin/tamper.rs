//! `tamper [--times N] [--honest N] [--seed S]`: mutations of a folder and honest folders, and what `verify` says of them.

use std::process::ExitCode;

use anyhow::Result;
use proof::workers::{end, numbers};

fn main() -> ExitCode {
    end(run())
}

fn run() -> Result<bool> {
    let (mut times, mut honest, mut seed) = (10_000, 1_000, 1);
    let args = std::env::args().skip(1);
    numbers(
        args,
        &mut [
            ("--times", &mut times),
            ("--honest", &mut honest),
            ("--seed", &mut seed),
        ],
    )?;
    let mut good = times + honest > 0;
    if times > 0 {
        let threads = std::thread::available_parallelism()?.get();
        let report = proof::tamper::run(seed, times, threads)?;
        println!("mutations {} (seed {seed})", report.attempts());
        for (class, (found, harmless)) in &report.classes {
            println!(
                "  {class}: {found} found, {harmless} harmless (nothing that bears on a result differs)"
            );
        }
        for (code, n) in &report.alone {
            println!("  without {code}: {n} missed");
        }
        for missed in &report.missed {
            println!("  MISSED {missed}");
        }
        good &= report.missed.is_empty();
    }
    if honest > 0 {
        let report = proof::honest::run(seed, honest)?;
        println!("honest folders {}", report.folders);
        for alarm in &report.alarms {
            println!("  FALSE ALARM {alarm}");
        }
        good &= report.alarms.is_empty();
    }
    println!(
        "{}",
        if good {
            "all found, no false alarm"
        } else {
            "NOT GOOD"
        }
    );
    Ok(good)
}
