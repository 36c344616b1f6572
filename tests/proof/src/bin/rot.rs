//! `rot [--times N] [--seed S]`: bits that turn in database, log, photos and backup, and what is answered afterwards.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use proof::rot::Outcome;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool> {
    let (mut times, mut seed) = (10_000, 1);
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let number = args.next().and_then(|n| n.parse::<u64>().ok());
        let number = number.with_context(|| format!("a number after {name}"))?;
        match name.as_str() {
            "--times" => times = number,
            "--seed" => seed = number,
            other => bail!("unknown: {other}"),
        }
    }
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
