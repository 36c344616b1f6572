//! Python folders with exactly the packages of a requirements file.
//!
//! Invariant: what is installed has the versions of that file, in a folder of its own under the target folder, made anew
//! when the file changes. Leaves out: what is run in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::shell::{Cmd, target_dir, which};

/// Oldest Python that the packages run on.
const PYTHON: (u32, u32) = (3, 10);

/// The folder `target/NAME` with what `requirements` pins; where its programs are.
pub fn folder(name: &str, requirements: &Path) -> Result<PathBuf> {
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
    let pinned = std::fs::read_to_string(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let dir = target_dir().join(name);
    let (stamp, programs) = (dir.join("installed.txt"), dir.join("bin"));
    if programs.is_dir() && std::fs::read_to_string(&stamp).is_ok_and(|text| text == pinned) {
        return Ok(programs);
    }
    println!("installing the Python packages of {name} once");
    Cmd::new("python3")
        .args(&["-m", "venv", "--clear"])
        .args(&[&dir])
        .run()?;
    Cmd::new(programs.join("python"))
        .args(&["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(&["--requirement".as_ref(), requirements.as_os_str()])
        .run()
        .context("Python packages cannot be installed: is PyPI, or a mirror that pip is set to, within reach?")?;
    // Last, so that an interrupted installation is done again.
    std::fs::write(&stamp, pinned).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(programs)
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
