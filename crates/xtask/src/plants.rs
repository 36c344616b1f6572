//! Mistakes planted into the source, each as a patch: the simulation has to find every one.
//!
//! Invariant: only a copy of the committed tree is changed; a patch that no longer fits fails the run; a seed that is wrong
//! without the patch has found nothing. Leaves out: mistakes that a folder or a network can show, which `sim --plant` makes
//! (`tests/simulation/src/plant.rs`).

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell::{Cmd, root, target_dir};
use crate::tree::{checkout, git};

/// Builds the simulation with each patch and runs seeds until one is wrong. `words`: the patches' names; all of them if
/// there are none.
pub fn find(words: &[&str]) -> Result<()> {
    let tree = target_dir().join("plants/tree");
    let patches = patches(words)?;
    checkout(&tree)?;
    let sim = build(&tree)?;
    let as_it_is = sim.with_file_name("sim-as-it-is");
    std::fs::copy(&sim, &as_it_is)?;
    let mut missed = Vec::new();
    for patch in &patches {
        let name = patch.file_stem().unwrap_or_default().to_string_lossy();
        let found = plant(&tree, patch).and_then(|()| first_wrong(&tree, &as_it_is));
        git(&tree, &["checkout", "--quiet", "."])?.run()?;
        match found? {
            Some(seed) => println!("found: {name} by seed {seed}"),
            None => {
                println!("NOT FOUND: {name}");
                missed.push(name.into_owned());
            }
        }
    }
    match missed.as_slice() {
        [] => Ok(()),
        missed => bail!("not found within {SEEDS} seeds: {}", missed.join(", ")),
    }
}

/// Seeds for one mistake.
const SEEDS: u64 = 1_000;

fn patches(words: &[&str]) -> Result<Vec<PathBuf>> {
    let folder = root().join("tests/simulation/plants");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).context("no plants")? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let is_patch = path.extension().is_some_and(|e| e == "patch");
        if is_patch && (words.is_empty() || words.contains(&&*name)) {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        bail!("no such plant in {}", folder.display());
    }
    Ok(found)
}

fn plant(tree: &Path, patch: &Path) -> Result<()> {
    let patch = patch.to_str().context("the path is not UTF-8")?;
    git(tree, &["apply", patch])?
        .run()
        .context("the source went on; write the patch anew")
}

/// Builds the simulation of a tree.
fn build(tree: &Path) -> Result<PathBuf> {
    let build = target_dir().join("plants/build");
    let manifest = tree.join("Cargo.toml");
    let manifest = manifest.to_str().context("the path is not UTF-8")?;
    Cmd::cargo([
        "build",
        "--package",
        "simulation",
        "--bin",
        "sim",
        "--manifest-path",
    ])
    .args(&[manifest])
    .env("CARGO_TARGET_DIR", &build)
    // A mistake that few seeds show costs many of them.
    .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
    .run()?;
    Ok(build.join("debug/sim"))
}

/// The first seed that is wrong in the tree and right as it was.
fn first_wrong(tree: &Path, as_it_is: &Path) -> Result<Option<u64>> {
    let sim = build(tree)?;
    let wrong = |sim: &Path, from: u64, seeds: u64| -> Result<Option<u64>> {
        let (from, seeds) = (from.to_string(), seeds.to_string());
        let said = Cmd::new(sim)
            .args(&["--from", &from, "--seeds", &seeds, "--first"])
            .said()?;
        let seed = |line: &str| line.strip_prefix("first wrong: ")?.parse().ok();
        let found = said.lines().find_map(seed);
        // A run that died looked at nothing.
        if found.is_none() && !said.contains(", 0 wrong: ") {
            bail!("the simulation ended before its end, from seed {from}");
        }
        Ok(found)
    };
    let mut from = 1;
    while let Some(seed) = wrong(&sim, from, SEEDS + 1 - from)? {
        if wrong(as_it_is, seed, 1)?.is_none() {
            return Ok(Some(seed));
        }
        println!("seed {seed} is wrong without it, too");
        from = seed + 1;
        if from > SEEDS {
            break;
        }
    }
    Ok(None)
}
