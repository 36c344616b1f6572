//! `guanmo`: the server, a headless phone, scoring, import, export and checks in one command.
//!
//! Results go to stdout, everything else to stderr. Invariant: the exit code says what happened (`exit`), and a command
//! that fails has said why in Chinese and English, with a stable code.
//! Leaves out: every rule of the field; this package only asks the others and shows what they say.

mod args;
mod bench;
mod config;
mod demo;
mod device;
mod exit;
mod log;
mod office;
mod operate;
mod out;
mod score;
mod segment;
mod serve;

use std::process::ExitCode;

use args::{Cli, Command};
use exit::{Exit, Failure, Outcome};

fn main() -> ExitCode {
    let cli = match args::parse() {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.report();
            failure.exit.into()
        }
    }
}

fn run(cli: Cli) -> Outcome {
    match cli.command {
        Command::Score(args) => score::run(&args),
        Command::Segment(args) => segment::run(&args),
        Command::Device(args) => device::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Demo(args) => whole(demo::run(&args)),
        Command::Bench(args) => whole(bench::run(&args)),
        Command::Campaign(args) => office::campaign(&args),
        Command::Import(args) => office::import(&args),
        Command::Bundle(args) => office::bundle(&args),
        Command::Code(args) => office::code(&args),
        Command::Export(args) => office::export(&args),
        Command::Template(args) => office::template(&args),
        Command::Verify(args) => office::verify(&args),
        Command::Backup(args) => operate::backup(&args),
        Command::Restore(args) => operate::restore(&args),
        Command::Doctor(args) => operate::doctor(&args),
        Command::Config(args) => config::run(&args),
        Command::Cert(args) => operate::cert(&args),
        Command::Man(args) => operate::man(&args),
        Command::Completions(args) => operate::completions(&args),
        Command::ExitCodes => {
            out::print(exit::TABLE)?;
            Ok(Exit::Ok)
        }
    }
}

/// Demo and bench either go through or stop where something is not as it must be.
fn whole(ended: anyhow::Result<()>) -> Outcome {
    match ended {
        Ok(()) => Ok(Exit::Ok),
        Err(error) => {
            let said = format!("{error:#}");
            Err(Failure::new("failed", said.clone(), said))
        }
    }
}
