//! `rot [--times N] [--seed S]`: bits that turn in database, log, photos and backup, and what is answered afterwards.

use std::process::ExitCode;

use anyhow::Result;
use proof::rot::Outcome;
use proof::workers::{end, numbers};

fn main() -> ExitCode {
    end(run())
}

fn run() -> Result<bool> {
    let (mut times, mut seed) = (10_000, 1);
    let args = std::env::args().skip(1);
    numbers(args, &mut [("--times", &mut times), ("--seed", &mut seed)])?;
    let threads = std::thread::available_parallelism()?.get();
    let report = proof::rot::run(seed, times, threads)?;
    println!("bits turned {} (seed {seed})", report.flips());
    for ((file, outcome), n) in &report.outcomes {
        println!("  {file}: {n} {outcome:?}");
    }
    let wrong = report.count(Outcome::WrongFound) + report.count(Outcome::Silent);
    println!("control, without verify: {wrong} with a wrong answer");
    for what in &report.silent {
        println!("  SILENT {what}");
    }
    Ok(times > 0 && wrong > 0 && report.count(Outcome::Silent) == 0)
}
