//! The console in a real Chromium: `tests/browser`, run against the unoptimised program.
//!
//! Invariant: the test's packages are those of its lock file. Leaves out: the tests themselves, which are JavaScript.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::setup;
use crate::shell::{Cmd, root, target_dir, which};

/// Major version of Node the tests and their packages need.
const NODE: u32 = 20;

/// Node, the packages and a browser; the browser's path.
pub fn set_up() -> Result<PathBuf> {
    let said = Cmd::new("node").args(&["--version"]).output();
    let major = said.ok().and_then(|text| major(&text));
    if major.is_none_or(|m| m < NODE) || which("npm").is_none() {
        bail!(
            "Node {NODE} or newer with npm is missing. Install it from https://nodejs.org or, where your system's is new \
             enough, by `apt-get install nodejs npm`"
        );
    }
    let chromium = setup::browser()?;
    let dir = tests_dir();
    let lock = dir.join("package-lock.json");
    let installed = dir.join("node_modules/.package-lock.json");
    let changed = |path: &PathBuf| path.metadata().and_then(|m| m.modified()).ok();
    if changed(&installed).is_none_or(|then| changed(&lock).is_some_and(|now| now > then)) {
        Cmd::new("npm")
            .args(&["ci", "--no-audit", "--no-fund", "--prefix"])
            .args(&[&dir])
            .run()?;
    }
    Ok(chromium)
}

/// Runs the tests.
pub fn test() -> Result<()> {
    let chromium = set_up()?;
    Cmd::cargo(["build", "--workspace", "--bin", "guanmo"]).run()?;
    Cmd::new("node")
        .args(&[tests_dir().join("run.js")])
        .env("GUANMO", target_dir().join("debug/guanmo"))
        .env("CHROMIUM", chromium)
        .run()
}

fn tests_dir() -> PathBuf {
    root().join("tests/browser")
}

fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("node: not found"), None);
    }
}
