//! A second working tree of the repository below the target folder, where source may be changed.
//!
//! Invariant: it holds the commit that is checked out here and nothing else. Leaves out: where it is built.

use std::path::Path;

use anyhow::{Context, Result};

use crate::shell::Cmd;

/// Makes the tree, or brings it to the commit that is checked out here; what was changed in it is gone.
pub fn checkout(tree: &Path) -> Result<()> {
    if !tree.exists() {
        let place = tree.to_string_lossy();
        let add = ["worktree", "add", "--force", "--detach", &place, "HEAD"];
        return Cmd::new("git").args(&add).run();
    }
    let head = Cmd::new("git").args(&["rev-parse", "HEAD"]).output()?;
    git(
        tree,
        &["checkout", "--quiet", "--force", "--detach", head.trim()],
    )?
    .run()
}

/// Git in that tree.
pub fn git(tree: &Path, args: &[&str]) -> Result<Cmd> {
    let place = tree.to_str().context("the path is not UTF-8")?;
    Ok(Cmd::new("git").args(&["-C", place]).args(args))
}
