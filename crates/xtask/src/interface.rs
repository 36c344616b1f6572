//! The HTTP interface walked by schemathesis: `tests/schemathesis`, run against the unoptimised program.
//!
//! Invariant: schemathesis and all it brings have the versions of `requirements.txt`, in a folder of their own under the
//! target folder. Leaves out: the walk itself, which is Python.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::shell::{Cmd, root, target_dir, which};

/// Oldest Python that schemathesis runs on.
const PYTHON: (u32, u32) = (3, 10);

/// How much to walk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// A few minutes, with the tests.
    Usual,
    /// With more made-up inputs for each operation.
    Nightly,
}

/// Python and schemathesis; where `st` is.
fn set_up() -> Result<PathBuf> {
    let venv = Cmd::new("python3").args(&["-c", "import ensurepip, venv"]);
    if which("python3").is_none() || !venv.succeeds() {
        apt::install("Python with venv", &["python3", "python3-venv"])?;
    }
    let said = Cmd::new("python3").args(&["--version"]).output()?;
    if version(&said).is_none_or(|found| found < PYTHON) {
        let (major, minor) = PYTHON;
        bail!(
            "Python {major}.{minor} or newer is needed, {} is there. Install it from https://python.org or by your \
             system's means, so that `python3` is it",
            said.trim()
        );
    }
    let wanted = tests_dir().join("requirements.txt");
    let pinned = std::fs::read_to_string(&wanted)
        .with_context(|| format!("cannot read {}", wanted.display()))?;
    let dir = target_dir().join("schemathesis");
    let (stamp, st) = (dir.join("installed.txt"), dir.join("bin/st"));
    if st.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|text| text == pinned) {
        return Ok(st);
    }
    println!("installing schemathesis once");
    Cmd::new("python3")
        .args(&["-m", "venv", "--clear"])
        .args(&[&dir])
        .run()?;
    Cmd::new(dir.join("bin/python"))
        .args(&["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(&["--requirement".as_ref(), wanted.as_os_str()])
        .run()
        .context("schemathesis cannot be installed: is PyPI, or a mirror that pip is set to, within reach?")?;
    // Last, so that an interrupted installation is done again.
    std::fs::write(&stamp, pinned).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(st)
}

/// Walks the interface as every role, then shows on a planted fault that the walk can fail.
pub fn walk(depth: Depth) -> Result<()> {
    let st = set_up()?;
    Cmd::cargo(["build", "--workspace", "--bin", "guanmo"]).run()?;
    let walk = || {
        Cmd::new("python3")
            .args(&[tests_dir().join("run.py")])
            .args(&[
                "--guanmo".as_ref(),
                target_dir().join("debug/guanmo").as_os_str(),
            ])
            .args(&["--st".as_ref(), st.as_os_str()])
    };
    match depth {
        Depth::Usual => walk().run()?,
        Depth::Nightly => walk().args(&["--nightly"]).run()?,
    }
    walk().args(&["--plant"]).run()
}

fn tests_dir() -> PathBuf {
    root().join("tests/schemathesis")
}

/// Major and minor of `Python 3.11.7`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut parts = said.trim().strip_prefix("Python ")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_python_is_read() {
        assert_eq!(version("Python 3.11.7\n"), Some((3, 11)));
        assert!(version("Python 3.9.2").is_some_and(|found| found < PYTHON));
        assert_eq!(version("python3: not found"), None);
    }
}
