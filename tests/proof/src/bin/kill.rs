//! `kill PROGRAM [--times N] [--seed S] [--phone 0|1]`: kills the phone (unless 0), then the server, N times each.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use proof::workers::{end, numbers};

fn main() -> ExitCode {
    end(run())
}

fn run() -> Result<bool> {
    let mut args = std::env::args().skip(1);
    let program = PathBuf::from(args.next().context("the program to kill")?);
    let (mut times, mut seed, mut phone) = (1_000, 1, 1);
    numbers(
        args,
        &mut [
            ("--times", &mut times),
            ("--seed", &mut seed),
            ("--phone", &mut phone),
        ],
    )?;
    let mut good = times > 0;
    for (name, run) in [
        ("phone", proof::kill::phone as fn(&_, _, _) -> _),
        ("server", proof::kill::server),
    ] {
        if name == "phone" && phone == 0 {
            continue;
        }
        let report = run(program.as_path(), times, seed)?;
        println!("{name}, {}, seed {seed}", program.display());
        report.lines().iter().for_each(|line| println!("  {line}"));
        good &= report.wrong.is_empty() && report.killed() >= times && report.unacked_missing > 0;
    }
    println!("{}", if good { "good" } else { "NOT GOOD" });
    Ok(good)
}
