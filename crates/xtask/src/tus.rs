//! Photos sent by tus clients of others, over connections that are cut: `tests/tus`.
//!
//! Invariant: the clients have the versions of their lock files; a run ends by showing that it can fail. Leaves out: our own
//! client (`cargo test -p tests --test tus`).

use anyhow::Result;

use crate::shell::{Cmd, root, target_dir};
use crate::{node, python};

/// Uploads with the tests.
const USUAL: &str = "50";
/// Uploads of `--nightly`.
const NIGHTLY: &str = "500";

/// Uploads with the tests' number of files.
pub fn usual() -> Result<()> {
    upload(USUAL)
}

/// Uploads with a night's number of files.
pub fn nightly() -> Result<()> {
    upload(NIGHTLY)
}

fn upload(count: &str) -> Result<()> {
    let dir = root().join("tests/tus");
    node::packages(&dir)?;
    let programs = python::folder("tus", &dir.join("requirements.txt"))?;
    Cmd::cargo(["build", "--workspace", "--bin", "guanmo"]).run()?;
    let run = || {
        Cmd::new(programs.join("python"))
            .args(&[dir.join("run.py")])
            .args(&[
                "--guanmo".as_ref(),
                target_dir().join("debug/guanmo").as_os_str(),
            ])
    };
    run().args(&["--uploads", count]).run()?;
    run().args(&["--plant"]).run()
}
