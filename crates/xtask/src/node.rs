//! Node, and the packages of a folder's lock file.
//!
//! Invariant: what is installed is what `package-lock.json` names. Leaves out: what is run with them.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::shell::{Cmd, which};

/// Major version of Node that tests and packages need.
const NODE: u32 = 20;

/// Sees to Node, and to `node_modules` of `dir` as its lock file says.
pub fn packages(dir: &Path) -> Result<()> {
    let said = Cmd::new("node").args(&["--version"]).output();
    let major = said.ok().and_then(|text| major(&text));
    if major.is_none_or(|m| m < NODE) || which("npm").is_none() {
        bail!(
            "Node {NODE} or newer with npm is missing. Install it from https://nodejs.org or, where your system's is new \
             enough, by `apt-get install nodejs npm`"
        );
    }
    let lock = dir.join("package-lock.json");
    let installed = dir.join("node_modules/.package-lock.json");
    let changed = |path: &PathBuf| path.metadata().and_then(|m| m.modified()).ok();
    if changed(&installed).is_none_or(|then| changed(&lock).is_some_and(|now| now > then)) {
        Cmd::new("npm")
            .args(&["ci", "--no-audit", "--no-fund", "--prefix"])
            .args(&[dir])
            .run()?;
    }
    Ok(())
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
