//! mobile-core for the browser: a compiler for wasm32, and the check that the code compiles with it.
//!
//! Two ways to a compiler. Rustup's target is one small download. Where rustup is absent or offline, Debian's
//! `rustc-web` and its library source build the same once, in a private folder (`wasm-sysroot.sh`).
//! SQLite and zstd are C, so clang is needed either way.
//!
//! Invariant: no version is pinned here; the LLVM major comes from the compiler found.
//! Leaves out: linking and packing for a web page.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::shell::{Cmd, root, target_dir, which};

/// The browser.
pub const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Which compiler to look for first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// The one in use, with rustup's target; Debian's where that cannot be had.
    Rustup,
    /// Debian's at once.
    Debian,
}

/// How to call cargo so that it compiles for wasm32.
pub struct Tools {
    /// Variables for cargo.
    pub env: Vec<(&'static str, String)>,
    /// For people: which compilers these are.
    pub description: String,
}

/// Checks mobile-core, and with it every crate below it, for wasm32.
pub fn check(prefer: Prefer) -> Result<()> {
    let tools = tools(prefer)?;
    println!("wasm32: {}", tools.description);
    let dir = target_dir().join("wasm");
    let mut cmd = Cmd::cargo(["check", "--package", "mobile-core", "--target", TARGET])
        .args(&["--target-dir".as_ref(), dir.as_os_str()])
        // Nothing of this runs: optimising SQLite and the macros would only cost time.
        .args(&["--config", "profile.dev.package.'*'.opt-level=0"]);
    for (name, value) in &tools.env {
        cmd = cmd.env(name, value);
    }
    cmd.run()
}

/// Finds or installs the compilers.
///
/// Errors: something is missing and cannot be installed from here; the message says what to run.
pub fn tools(prefer: Prefer) -> Result<Tools> {
    if prefer == Prefer::Rustup && rustup_target() {
        let version = version_of("rustc")?;
        let clang = clang(llvm_major(&version))?;
        return Ok(Tools {
            description: format!("rustc {} and {}", release(&version), clang.display()),
            env: c_env(&clang),
        });
    }
    if !apt::usable() && !Path::new(DEBIAN_RUSTC).is_file() {
        bail!(
            "the {TARGET} target is missing. Run: rustup target add {TARGET}\n\
             (on Debian without rustup: apt-get install rustc-web cargo-web rust-web-src clang lld, then again)"
        );
    }
    debian()
}

/// Whether the compiler in use has, or now got, the standard library for wasm32.
fn rustup_target() -> bool {
    if has_std() {
        return true;
    }
    which("rustup").is_some()
        && Cmd::new("rustup")
            .args(&["target", "add", TARGET])
            .env("RUSTUP_MAX_RETRIES", "1")
            .run()
            .is_ok()
        && has_std()
}

fn has_std() -> bool {
    let libdir = Cmd::new("rustc")
        .args(&["--print", "target-libdir", "--target", TARGET])
        .output();
    let Ok(libdir) = libdir else { return false };
    std::fs::read_dir(libdir.trim()).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    })
}

fn debian() -> Result<Tools> {
    let installed = [
        DEBIAN_RUSTC,
        "/usr/bin/cargo",
        "/usr/lib/rustlib/src/rust/library/std",
    ];
    if !installed.iter().all(|path| Path::new(path).exists()) {
        let packages = ["rustc-web", "cargo-web", "rust-web-src"];
        if apt::usable() {
            // The security archive replaces these often; old lists name files that are gone.
            apt::update()?;
        }
        apt::install("a Rust compiler for wasm32", &packages)?;
    }
    let version = version_of(DEBIAN_RUSTC)?;
    let major = llvm_major(&version).context("/usr/bin/rustc -vV names no LLVM version")?;
    let clang = clang(Some(major))?;
    let lld = format!("wasm-ld-{major}");
    if which(&lld).is_none() {
        apt::install("the wasm32 linker", &[format!("lld-{major}")])?;
    }
    let sysroot = sysroot(&version)?;
    let mut env = c_env(&clang);
    env.push(("RUSTC", sysroot.join("bin/rustc").display().to_string()));
    env.push(("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", lld));
    let description = format!(
        "Debian's rustc {} and {}",
        release(&version),
        clang.display()
    );
    Ok(Tools { env, description })
}

/// The private toolchain folder, built unless the one there is of this very compiler.
fn sysroot(version: &str) -> Result<PathBuf> {
    let dir = target_dir().join("wasm-sysroot");
    let stamp = dir.join("version.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == version) {
        return Ok(dir);
    }
    println!("building the wasm32 standard library once, about a minute");
    Cmd::new("bash")
        .args(&[root().join("crates/xtask/wasm-sysroot.sh"), dir.clone()])
        .run()?;
    // Last, so that an interrupted build is built again.
    std::fs::write(&stamp, version).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(dir)
}

/// A clang that compiles C for wasm32; of the given LLVM major where there is a choice.
fn clang(major: Option<u32>) -> Result<PathBuf> {
    if let Some(found) = find_clang(major) {
        return Ok(found);
    }
    if apt::usable() {
        apt::update()?;
    }
    let package = match major.map(|major| format!("clang-{major}")) {
        Some(package) if apt::knows(&package) => package,
        _ => "clang".into(),
    };
    apt::install("clang (SQLite and zstd are C)", &[package])?;
    find_clang(major).context("clang was installed but cannot compile for wasm32")
}

fn find_clang(major: Option<u32>) -> Option<PathBuf> {
    let preferred = major.map(|major| format!("clang-{major}"));
    preferred
        .into_iter()
        .chain(["clang".to_string()])
        .chain((14..40).rev().map(|major| format!("clang-{major}")))
        .filter_map(|name| which(&name))
        .find(|path| compiles_for_wasm(path))
}

/// Apple's clang, for one, cannot.
fn compiles_for_wasm(clang: &Path) -> bool {
    Cmd::new(clang)
        .args(&[
            "--target=wasm32",
            "-x",
            "c",
            "-c",
            "/dev/null",
            "-o",
            "/dev/null",
        ])
        .succeeds()
}

fn c_env(clang: &Path) -> Vec<(&'static str, String)> {
    let mut env = vec![("CC_wasm32_unknown_unknown", clang.display().to_string())];
    // Beside the real clang, else in PATH; GNU ar will do for a check, so none is not an error.
    let beside = clang.canonicalize().unwrap_or_else(|_| clang.to_path_buf());
    let ar = match beside.with_file_name("llvm-ar") {
        path if path.is_file() => path.display().to_string(),
        _ if which("llvm-ar").is_some() => "llvm-ar".into(),
        _ => "ar".into(),
    };
    env.push(("AR_wasm32_unknown_unknown", ar));
    env
}

fn version_of(rustc: &str) -> Result<String> {
    Cmd::new(rustc).args(&["-vV"]).output()
}

/// The N of `LLVM version: N.x.y`.
fn llvm_major(version: &str) -> Option<u32> {
    let line = field(version, "LLVM version: ")?;
    line.split('.').next()?.parse().ok()
}

fn release(version: &str) -> &str {
    field(version, "release: ").unwrap_or("of unknown release")
}

fn field<'a>(version: &'a str, name: &str) -> Option<&'a str> {
    version
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_llvm_major_is_read_from_what_rustc_prints() {
        let printed = "rustc 1.95.0\nbinary: rustc\nrelease: 1.95.0\nLLVM version: 22.1.2\n";
        assert_eq!(llvm_major(printed), Some(22));
        assert_eq!(release(printed), "1.95.0");
        assert_eq!(llvm_major("rustc 1.95.0\n"), None);
    }
}
