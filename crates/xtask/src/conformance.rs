//! The golden vectors read by the Python reader that knows only `docs/sync-protocol.md`.
//!
//! Invariant: a run ends by showing that errors planted into vectors are found. Leaves out: that the writers still write the
//! vectors, which `cargo test -p protocol --test conformance` checks.

use anyhow::Result;

use crate::python;
use crate::shell::{Cmd, root};

/// Reads the vectors, then shows that it can fail.
pub fn check() -> Result<()> {
    let dir = root().join("tests/conformance");
    let programs = python::folder("conformance", &dir.join("requirements.txt"))?;
    let check = || Cmd::new(programs.join("python")).args(&[dir.join("check.py")]);
    check().run()?;
    check().args(&["--plant"]).run()
}
