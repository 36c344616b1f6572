//! Set-up: what building, testing and screenshots need, installed where that is possible.
//!
//! Invariant: doing it again when all is there costs well under a second.
//! Leaves out: the browser's compiler, which is [`crate::wasm`].

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::shell::{Cmd, which};
use crate::{apt, wasm};

/// Everything `cargo xtask test` needs.
pub fn full() -> Result<()> {
    quick()?;
    let tools = wasm::tools(wasm::Prefer::Rustup)?;
    println!("wasm32: {}", tools.description);
    Ok(())
}

/// What `cargo xtask test --quick` needs: all of it, or there is no sense in going on.
pub fn quick() -> Result<()> {
    compilers()?;
    fonts()?;
    rust_component("fmt", "rustfmt")?;
    rust_component("clippy", "clippy")
}

/// A C compiler: SQLite and zstd are built from their C sources, and Rust links through it.
pub fn compilers() -> Result<()> {
    if ["cc", "gcc", "clang"]
        .iter()
        .any(|name| which(name).is_some())
    {
        return Ok(());
    }
    if cfg!(target_os = "macos") {
        bail!("a C compiler is missing. Run: xcode-select --install");
    }
    apt::install("a C compiler", &["gcc", "libc6-dev"])
}

/// A font with Chinese characters, for the strip below photos and for screenshots.
pub fn fonts() -> Result<()> {
    if cfg!(target_os = "macos") || cfg!(windows) {
        // The system has one.
        return Ok(());
    }
    let has_chinese = Cmd::new("fc-list")
        .args(&[":lang=zh-cn", "family"])
        .output()
        .is_ok_and(|families| !families.trim().is_empty());
    if !has_chinese {
        apt::install(
            "a font with Chinese characters",
            &["fontconfig", "fonts-noto-cjk"],
        )?;
    }
    Ok(())
}

/// Chromium and fonts with Chinese characters, for screenshots. Returns the browser's path.
pub fn browser() -> Result<PathBuf> {
    fonts()?;
    if let Some(path) = find_browser() {
        return Ok(path);
    }
    apt::install("Chromium", &["chromium"])?;
    match find_browser() {
        Some(path) => Ok(path),
        None => bail!("chromium was installed but is not in PATH"),
    }
}

fn find_browser() -> Option<PathBuf> {
    [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ]
    .iter()
    .find_map(|name| which(name))
}

fn rust_component(subcommand: &str, component: &str) -> Result<()> {
    if Cmd::cargo([subcommand, "--version"]).succeeds() {
        return Ok(());
    }
    if which("rustup").is_none() {
        bail!("cargo {subcommand} is missing. Install {component} for this Rust toolchain");
    }
    Cmd::new("rustup")
        .args(&["component", "add", component])
        .run()
}
