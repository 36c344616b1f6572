//! The HTTP interface walked by schemathesis: `tests/schemathesis`, run against the unoptimised program.
//!
//! Invariant: schemathesis and all it brings have the versions of `requirements.txt`, in a folder of their own under the
//! target folder. Leaves out: the walk itself, which is Python.

use std::path::PathBuf;

use anyhow::Result;

use crate::python;
use crate::shell::{Cmd, root, target_dir};

/// How much to walk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// A few minutes, with the tests.
    Usual,
    /// With more made-up inputs for each operation.
    Nightly,
}

/// Walks the interface as every role, then shows on a planted fault that the walk can fail.
pub fn walk(depth: Depth) -> Result<()> {
    let requirements = tests_dir().join("requirements.txt");
    let st = python::folder("schemathesis", &requirements)?.join("st");
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
