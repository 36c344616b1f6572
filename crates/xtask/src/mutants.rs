//! Mutation testing: small mistakes made by `cargo-mutants` where the promises live, and whether the tests see them.
//!
//! Invariant: a group's mutants are judged by tests of its own package alone; the same shard is the same mutants; only a
//! copy of the committed tree is changed, and built where the last run built it. Leaves out: screens and commands.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell::{Cmd, target_dir};
use crate::tree::checkout;

/// The version the figures in `docs/reliability.md` were made with.
const VERSION: &str = "27.1.0";

struct Group {
    name: &'static str,
    package: &'static str,
    files: &'static [&'static str],
    /// Suites of tests that judge; none named: all.
    suites: &'static [&'static str],
}

const GROUPS: &[Group] = &[
    Group {
        name: "merge",
        package: "merge",
        files: &["crates/merge/src/**"],
        suites: &[],
    },
    Group {
        name: "protocol",
        package: "protocol",
        files: &["crates/protocol/src/**"],
        suites: &[],
    },
    Group {
        name: "scoring",
        package: "domain",
        files: &["crates/domain/src/score/**", "crates/domain/src/sheet/**"],
        suites: &[],
    },
    Group {
        name: "sync",
        package: "mobile-core",
        files: &["mobile-core/src/sync/**"],
        suites: &[
            "sync",
            "copies",
            "replies",
            "refusals",
            "requests",
            "photo_sync",
            "photo_answers",
        ],
    },
    Group {
        name: "authz",
        package: "server",
        files: &[
            "server/src/auth/access.rs",
            "server/src/auth/roles.rs",
            "server/src/auth/viewer.rs",
        ],
        suites: &[],
    },
];

/// Tries mutants. `words`: names of groups (all of them if there are none), `--times N` (mutants of each, 40), `--shard K`
/// (which of the shards of that size, 0).
pub fn test(words: &[&str]) -> Result<()> {
    let (mut times, mut shard, mut names) = (40, 0, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().with_context(|| format!("{word} what?"))?;
            value.parse::<usize>().context("not a number")
        };
        match *word {
            "--times" => times = number()?.max(1),
            "--shard" => shard = number()?,
            name => names.push(name),
        }
    }
    if let Some(unknown) = names.iter().find(|n| !GROUPS.iter().any(|g| g.name == **n)) {
        bail!("no such group: {unknown}");
    }
    let tool = tool()?;
    let tree = target_dir().join("mutants/tree");
    checkout(&tree)?;
    let chosen = |g: &&Group| names.is_empty() || names.contains(&g.name);
    let mut standing = Vec::new();
    for group in GROUPS.iter().filter(chosen) {
        if !group.is_clean(&tool, &tree, times, shard)? {
            standing.push(group.name);
        }
    }
    match standing.as_slice() {
        [] => Ok(()),
        names => bail!("mutants are left standing in {}", names.join(", ")),
    }
}

impl Group {
    fn mutants(&self, tool: &Path, tree: &Path) -> Cmd {
        let cmd = Cmd::new(tool)
            .args(&["mutants", "--package", self.package])
            .args(&["--dir".as_ref(), tree.as_os_str()])
            .env("CARGO_TARGET_DIR", target_dir().join("mutants/build"));
        let files = self.files.iter().flat_map(|file| ["--file", file]);
        cmd.args(&files.collect::<Vec<_>>())
    }

    /// Whether each of the shard's mutants was caught; prints those that were not.
    fn is_clean(&self, tool: &Path, tree: &Path, times: usize, shard: usize) -> Result<bool> {
        let listed = self.mutants(tool, tree).args(&["--list"]).output()?;
        let all = listed.lines().count();
        let shards = (all / times).max(1);
        let place = target_dir().join("mutants").join(self.name);
        std::fs::create_dir_all(&place)?;
        let suites = self
            .suites
            .iter()
            .flat_map(|s| ["--cargo-arg=--test".to_owned(), format!("--cargo-arg={s}")]);
        let run = self
            .mutants(tool, tree)
            .args(&["--in-place", "--test-package", self.package, "--no-times"])
            .args(&suites.collect::<Vec<_>>())
            .args(&["--shard", &format!("{}/{shards}", shard % shards)])
            .args(&["--output".as_ref(), place.as_os_str()])
            .run();
        let read = |name: &str| {
            let path = place.join("mutants.out").join(name);
            std::fs::read_to_string(path).map(|text| text.lines().count())
        };
        let (caught, missed) = (read("caught.txt")?, read("missed.txt")?);
        let (timeout, unviable) = (read("timeout.txt")?, read("unviable.txt")?);
        println!(
            "{}: {all} mutants, of shard {shard} of {shards}: {caught} caught, {timeout} ran too long, {missed} missed, \
             {unviable} did not compile",
            self.name
        );
        if caught == 0 {
            run?;
            bail!("{}: nothing was tried", self.name);
        }
        Ok(missed == 0)
    }
}

/// `cargo-mutants` in the version above, installed once below the target folder.
fn tool() -> Result<PathBuf> {
    let place = target_dir().join("tools/mutants");
    let program = place.join("bin/cargo-mutants");
    if !program.is_file() {
        println!("building cargo-mutants {VERSION} once, a few minutes");
        Cmd::cargo([
            "install",
            "cargo-mutants",
            "--quiet",
            "--locked",
            "--version",
        ])
        .args(&[format!("={VERSION}")])
        .args(&["--root".as_ref(), place.as_os_str()])
        .run()?;
    }
    Ok(program)
}
