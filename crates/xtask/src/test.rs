//! `cargo xtask test`: the steps, as a list. A new check is a new row.
//!
//! A step that needs more than the plain set-up calls for it itself ([`wasm::tools`], [`browser::test`],
//! [`interface::walk`]), so that a machine where it cannot be had still runs all the others, and shows this one as failed.

use anyhow::Result;

use crate::shell::Cmd;
use crate::steps::{Step, run_all};
use crate::{app, bindings, browser, conformance, interface, setup, tus, wasm};

/// How much to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every step.
    Full,
    /// Without the slow ones.
    Quick,
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        slow: false,
        run: format,
    },
    Step {
        name: "lint",
        slow: false,
        run: lint,
    },
    Step {
        name: "tests",
        slow: false,
        run: tests,
    },
    Step {
        name: "documentation tests",
        slow: true,
        run: doc_tests,
    },
    Step {
        name: "documentation",
        slow: true,
        run: documentation,
    },
    Step {
        name: "the tour",
        slow: true,
        run: tour,
    },
    Step {
        name: "the console in Chromium",
        slow: true,
        run: browser::test,
    },
    Step {
        name: "the inspector's app, in Chromium",
        slow: true,
        run: app::test,
    },
    Step {
        name: "the interface, walked by schemathesis",
        slow: true,
        run: interface_walk,
    },
    Step {
        name: "the vectors, read from the document",
        slow: false,
        run: conformance::check,
    },
    Step {
        name: "photos by tus clients of others",
        slow: true,
        run: tus::usual,
    },
    Step {
        name: "bindings for native apps",
        slow: true,
        run: bindings::usual,
    },
    Step {
        name: "mobile-core for the browser",
        slow: true,
        run: browser_build,
    },
];

/// Sets up, runs every step and prints the table.
pub fn run(depth: Depth) -> Result<()> {
    setup::quick()?;
    if depth == Depth::Full {
        // Before the workspace, so that the program has it inside; what fails here fails in its own step.
        app::build_if_possible();
    }
    run_all(STEPS, depth == Depth::Quick)
}

fn format() -> Result<()> {
    Cmd::cargo(["fmt", "--all", "--check"]).run()
}

fn lint() -> Result<()> {
    Cmd::cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])
    .run()
}

/// By nextest where it is installed (each test in its own process), else by cargo's own runner.
fn tests() -> Result<()> {
    if Cmd::cargo(["nextest", "--version"]).succeeds() {
        Cmd::cargo(["nextest", "run", "--workspace", "--no-fail-fast"]).run()
    } else {
        Cmd::cargo([
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
        ])
        .run()
    }
}

fn doc_tests() -> Result<()> {
    Cmd::cargo(["test", "--workspace", "--doc"]).run()
}

fn documentation() -> Result<()> {
    Cmd::cargo(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()
}

/// The whole demo, small and unoptimised. It fails by itself if anything is lost, doubled or differing, or if flags and
/// cards do not come out as they must.
fn tour() -> Result<()> {
    Cmd::cargo(["run", "--quiet", "--package", "guanmo", "--", "demo"])
        .args(&["--once", "--json", "--photos", "20"])
        .args(&["--listen", "127.0.0.1:0"])
        .run()
}

fn interface_walk() -> Result<()> {
    interface::walk(interface::Depth::Usual)
}

fn browser_build() -> Result<()> {
    wasm::check(wasm::Prefer::Rustup)
}
