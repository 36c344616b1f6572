//! The inspector's app, from Rust and TypeScript to the folder that the server has inside: `cargo xtask app`.
//!
//! Module (cargo, `[profile.app]`), its JavaScript (wasm-bindgen of the version in Cargo.lock), smaller (wasm-opt of the
//! lock file), in an order that packs well (`order`), screens (Vite), packed (`scripts/pack.js`, then gzip with patience).
//! Invariant: what is in `server/web/app` was built from exactly the files that the stamp was taken of; when nothing changed
//! only cargo looks. Leaves out: serving it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell::{Cmd, root, target_dir, which};
use crate::{browser, node, order, wasm};

/// What wasm-bindgen calls the module.
const NAME: &str = "phone";

fn sources() -> PathBuf {
    root().join("server/web/inspector")
}

fn built() -> PathBuf {
    root().join("server/web/app")
}

/// Builds the app if anything changed since.
pub fn build() -> Result<()> {
    node::packages(&sources())?;
    let module = module()?;
    let stamp = target_dir().join("app.stamp");
    let now = format!("{:016x}", inputs(&module)?);
    if built().join("index.html").is_file()
        && std::fs::read_to_string(&stamp).is_ok_and(|then| then == now)
    {
        return Ok(());
    }
    bind(&module)?;
    screens(&now)?;
    // Last, so that an interrupted build is done again.
    write(&stamp, now.as_bytes())
}

/// Builds it where that is possible; elsewhere says what is missing, and the program is built without it.
pub fn build_if_possible() {
    if let Err(error) = build() {
        eprintln!("the inspector's app is left out: {error:#}");
    }
}

/// Types, unit tests, and the app in Chromium.
pub fn test() -> Result<()> {
    build()?;
    npm(&["run", "check"]).run()?;
    npm(&["test"]).run()?;
    browser::app()
}

/// Compiles `crates/wasm`; the module as the compiler leaves it.
fn module() -> Result<PathBuf> {
    let tools = wasm::tools(wasm::Prefer::Rustup)?;
    println!("wasm32: {}", tools.description);
    let dir = target_dir().join("wasm");
    let lean = root().join("crates/wasm/c/lean.h");
    // Cargo sees a change of flags and not of the file: its hash makes it one.
    let mut hash = DefaultHasher::new();
    read(&lean)?.hash(&mut hash);
    let flags = format!("-include {} -DLEAN={}", lean.display(), hash.finish());
    let mut cmd = Cmd::cargo(["build", "--package", "wasm", "--profile", "app"])
        .args(&["--target", wasm::TARGET])
        .args(&["--target-dir".as_ref(), dir.as_os_str()])
        .env("CFLAGS_wasm32_unknown_unknown", flags)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", no_paths());
    for (name, value) in &tools.env {
        cmd = cmd.env(name, value);
    }
    cmd.run()?;
    Ok(dir.join(wasm::TARGET).join("app/wasm.wasm"))
}

/// Panics name their file: without the folders of this machine, so that two machines build the same.
fn no_paths() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let away = |dir: &Path| format!("--remap-path-prefix={}=", dir.display());
    let home = home.map(|home| away(&home.join("registry/src")));
    [home, Some(away(&root()))]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The module and its JavaScript into `pkg`.
fn bind(module: &Path) -> Result<()> {
    let out = sources().join("pkg");
    Cmd::new(bindgen()?)
        .args(&["--target", "web", "--out-name", NAME, "--out-dir"])
        .args(&[out.as_path(), module])
        .args(&["--remove-name-section", "--remove-producers-section"])
        .run()?;
    let js = std::fs::read_to_string(out.join(format!("{NAME}.js")));
    if js
        .context("wasm-bindgen wrote nothing")?
        .contains("from \"env\"")
    {
        bail!(
            "the module calls C functions that are not in it: crates/wasm/c/lean.h leaves out too much"
        );
    }
    let whole = out.join(format!("{NAME}_bg.wasm"));
    // The features come from the module's own section. Further passes make it smaller, but larger when packed: measured,
    // with the functions in the order of their names, 808 kB packed with this, 866 with -Os, 870 with -Oz.
    optimise(&whole, "-O1")?;
    let named = order::named(&read(&whole)?).context("the module cannot be ordered")?;
    write(&whole, &named)?;
    // It writes no names.
    optimise(&whole, "--reorder-functions-by-name")
}

fn optimise(module: &Path, pass: &str) -> Result<()> {
    Cmd::new(sources().join("node_modules/.bin/wasm-opt"))
        .args(&[pass, "--output"])
        .args(&[module, module])
        .run()
}

/// The screens; `build` names what they are built from, for people.
fn screens(build: &str) -> Result<()> {
    npm(&["run", "build"])
        .env("GUANMO_BUILD", build.get(..8).unwrap_or(build))
        .run()?;
    Cmd::new("node")
        .args(&[sources().join("scripts/pack.js")])
        .run()?;
    pack(&built())
}

/// Every file that gzip gains on, once more by zopfli: a few seconds, and 5 % smaller.
fn pack(dir: &Path) -> Result<()> {
    let mut files = Vec::new();
    below(dir, &mut files)?;
    for packed in files {
        if packed.extension() != Some("gz".as_ref()) {
            continue;
        }
        let plain = read(&packed.with_extension(""))?;
        let mut smaller = Vec::new();
        zopfli::compress(
            zopfli::Options::default(),
            zopfli::Format::Gzip,
            plain.as_slice(),
            &mut smaller,
        )
        .with_context(|| format!("cannot pack {}", packed.display()))?;
        write(&packed, &smaller)?;
    }
    Ok(())
}

fn npm(args: &[&str]) -> Cmd {
    Cmd::new("npm")
        .args(&["--prefix".as_ref(), sources().as_os_str()])
        .args(args)
}

/// wasm-bindgen's own program, in the version of the library: in PATH, else installed once below the target folder.
fn bindgen() -> Result<PathBuf> {
    let lock =
        std::fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let version = locked(&lock, "wasm-bindgen").context("Cargo.lock names no wasm-bindgen")?;
    if let Some(found) = which("wasm-bindgen") {
        let said = Cmd::new(&found).args(&["--version"]).output();
        if said.is_ok_and(|said| said.trim().ends_with(&format!(" {version}"))) {
            return Ok(found);
        }
    }
    let tools = target_dir().join("tools");
    let place = tools.join(format!("wasm-bindgen-{version}"));
    let program = place.join("bin/wasm-bindgen");
    if !program.is_file() {
        println!("building wasm-bindgen {version} once, a few minutes");
        Cmd::cargo(["install", "wasm-bindgen-cli", "--quiet", "--version"])
            .args(&[format!("={version}")])
            .args(&["--root".as_ref(), place.as_os_str()])
            .args(&["--target-dir".as_ref(), tools.join("build").as_os_str()])
            .run()?;
    }
    Ok(program)
}

/// The version that a lock file names for a package.
fn locked(lock: &str, package: &str) -> Option<String> {
    let entry = lock.split("[[package]]").find(|entry| {
        let mut lines = entry.trim().lines();
        lines.next() == Some(&format!("name = \"{package}\""))
    })?;
    let line = entry
        .lines()
        .find_map(|line| line.strip_prefix("version = "))?;
    Some(line.trim_matches('"').to_owned())
}

/// A number of everything the app is made of beside the lock file's packages.
fn inputs(module: &Path) -> Result<u64> {
    let mut files = vec![module.to_path_buf()];
    for entry in list(&sources())? {
        let name = entry
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match name.as_str() {
            "node_modules" | "dist" | "pkg" => {}
            _ if entry.is_dir() => below(&entry, &mut files)?,
            _ => files.push(entry),
        }
    }
    files.sort();
    let mut hash = DefaultHasher::new();
    for file in files {
        file.hash(&mut hash);
        read(&file)?.hash(&mut hash);
    }
    Ok(hash.finish())
}

fn below(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in list(dir)? {
        if entry.is_dir() {
            below(&entry, files)?;
        } else {
            files.push(entry);
        }
    }
    Ok(())
}

fn list(dir: &Path) -> Result<Vec<PathBuf>> {
    let read = std::fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    let entries: Result<Vec<_>, _> = read.map(|entry| entry.map(|e| e.path())).collect();
    Ok(entries?)
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_lock_file_and_of_this_package_alone() {
        let lock = "version = 4\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n\n\
                    [[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.9\"\n";
        assert_eq!(locked(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(
            locked(lock, "wasm-bindgen-futures").as_deref(),
            Some("0.4.9")
        );
        assert_eq!(locked(lock, "wasm"), None);
    }
}
