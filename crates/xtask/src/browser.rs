//! The console in a real Chromium: `tests/browser`, run against the unoptimised program.
//!
//! Invariant: the test's packages are those of its lock file. Leaves out: the tests themselves, which are JavaScript.

use std::path::PathBuf;

use anyhow::Result;

use crate::shell::{Cmd, root, target_dir};
use crate::{node, setup};

/// Node, the packages and a browser; the browser's path.
pub fn set_up() -> Result<PathBuf> {
    node::packages(&tests_dir())?;
    let chromium = setup::browser()?;
    Ok(chromium)
}

/// The console's tests.
pub fn test() -> Result<()> {
    run("run.js")
}

/// Those of the inspector's app, which is built.
pub fn app() -> Result<()> {
    run("app/run.js")
}

fn run(script: &str) -> Result<()> {
    let chromium = set_up()?;
    Cmd::cargo(["build", "--workspace", "--bin", "guanmo"]).run()?;
    Cmd::new("node")
        .args(&[tests_dir().join(script)])
        .env("GUANMO", target_dir().join("debug/guanmo"))
        .env("CHROMIUM", chromium)
        .run()
}

fn tests_dir() -> PathBuf {
    root().join("tests/browser")
}
