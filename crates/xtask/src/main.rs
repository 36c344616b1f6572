//! `cargo xtask`: set up, run and test the whole project with one command each.
//!
//! Invariant: a tool that is missing is either installed or named, with the command that installs it.
//! Leaves out: what the product itself does; that is `guanmo` (`crates/cli`).

mod app;
mod apt;
mod bindings;
mod browser;
mod conformance;
mod interface;
mod link;
mod mutants;
mod node;
mod order;
mod plants;
mod python;
mod setup;
mod shell;
mod steps;
mod test;
mod tree;
mod tus;
mod wasm;

use anyhow::{Result, bail};
use shell::Cmd;

const USAGE: &str = "\
usage: cargo xtask <command>

  run [-- ARGS]     set up, build with the app in release mode, then `guanmo demo ARGS` with the console left up
  test [--quick]    set up, then every check and test; --quick leaves out the slow steps
  app [--test]      the inspector's app into server/web/app; --test with its own tests, in Chromium too
  browser           only the console in Chromium
  interface [--nightly]
                    only the HTTP interface walked by schemathesis; --nightly with more cases
  sim [ARGS]        tours under faults from seeds: --seeds N, --from S, --seed S --loud, --plant NAME
  plants [NAME...]  mistakes planted into the source; the simulation has to find each within 1,000 seeds
  mutants [GROUP...] mistakes made by cargo-mutants, which the tests have to see: --times N of each, --shard K
  tamper [ARGS]     mutations of a data folder and honest folders: --times N, --honest N, --seed S
  kill [ARGS]       the phone, then the server, killed as processes: --times N, --seed S
  rot [ARGS]        bits that turn in database, log, photos and backup: --times N, --seed S
  conformance       only the golden vectors, read by the reader in Python
  tus [--nightly]   only photos sent by tus clients of others over cut connections; --nightly 500 of them
  bindings [--nightly]
                    only the bindings for native apps: written, compiled, tried against the server; --nightly kills more JVMs
  link              sync over a weak link with a real TCP stack (root); `guanmo bench link` imitates one
  setup [--browser] install what `test` needs; --browser adds Chromium, Chinese fonts and what drives them
  wasm [--debian]   only the check of mobile-core for the browser; --debian uses Debian's compiler
                    even where rustup has the target (the way the fallback is tried)";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Err(error) = dispatch(&args) {
        eprintln!("error: {error:#}");
        std::process::exit(1);
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["run", "--", rest @ ..] | ["run", rest @ ..] => run(rest),
        ["test"] => test::run(test::Depth::Full),
        ["test", "--quick"] => test::run(test::Depth::Quick),
        ["setup"] => setup::full(),
        ["setup", "--browser"] => {
            setup::full()?;
            let chromium = browser::set_up()?;
            println!("browser: {}", chromium.display());
            Ok(())
        }
        ["app"] => app::build(),
        ["app", "--test"] => app::test(),
        ["browser"] => browser::test(),
        ["sim", rest @ ..] => Cmd::cargo([
            "run",
            "--release",
            "--package",
            "simulation",
            "--bin",
            "sim",
            "--",
        ])
        .args(rest)
        .run(),
        ["plants", rest @ ..] => plants::find(rest),
        ["mutants", rest @ ..] => mutants::test(rest),
        ["tamper", rest @ ..] => proof("tamper").args(rest).run(),
        ["rot", rest @ ..] => proof("rot").args(rest).run(),
        ["kill", rest @ ..] => {
            Cmd::cargo(["build", "--package", "guanmo"]).run()?;
            let program = shell::target_dir().join("debug/guanmo");
            proof("kill").args(&[program]).args(rest).run()
        }
        ["conformance"] => conformance::check(),
        ["tus"] => tus::usual(),
        ["tus", "--nightly"] => tus::nightly(),
        ["bindings"] => bindings::usual(),
        ["bindings", "--nightly"] => bindings::nightly(),
        ["link"] => link::measure(),
        ["interface"] => interface::walk(interface::Depth::Usual),
        ["interface", "--nightly"] => interface::walk(interface::Depth::Nightly),
        ["wasm"] => wasm::check(wasm::Prefer::Rustup),
        ["wasm", "--debian"] => wasm::check(wasm::Prefer::Debian),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        other => bail!("unknown: {}\n{USAGE}", other.join(" ")),
    }
}

/// One of the programs of `tests/proof`.
fn proof(name: &str) -> Cmd {
    Cmd::cargo(["run", "--package", "proof", "--bin", name, "--"])
}

fn run(demo_args: &[&str]) -> Result<()> {
    setup::compilers()?;
    app::build_if_possible();
    Cmd::cargo(["run", "--release", "--package", "guanmo", "--", "demo"])
        .args(demo_args)
        .run()
}
