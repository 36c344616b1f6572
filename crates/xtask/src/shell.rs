//! Other programs: find them, run them, show what was run.
//!
//! Invariant: every program starts in the workspace root, whatever folder `cargo xtask` was called from.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The workspace root.
pub fn root() -> PathBuf {
    // Cargo says at run time which package it runs: two checkouts may share one target folder, and so this program.
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors().nth(2).unwrap_or(&here).to_path_buf()
}

/// Where cargo builds: `CARGO_TARGET_DIR`, or `target` in the workspace root.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The first place in `PATH` that has this program.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|candidate| candidate.is_file())
}

/// A command line under construction.
pub struct Cmd {
    inner: Command,
    line: String,
}

impl Cmd {
    /// A program, without arguments yet.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut inner = Command::new(&program);
        inner.current_dir(root());
        // Cargo points this at its own toolchain's libraries; another rustc must not find them.
        inner.env_remove("LD_LIBRARY_PATH");
        let line = program.as_ref().to_string_lossy().into_owned();
        Self { inner, line }
    }

    /// The cargo that runs this program.
    pub fn cargo<const N: usize>(args: [&str; N]) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut cmd = Self::new(cargo);
        cmd.line = "cargo".into();
        cmd.args(&args)
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, args: &[S]) -> Self {
        for arg in args {
            self.line.push(' ');
            self.line.push_str(&arg.as_ref().to_string_lossy());
            self.inner.arg(arg);
        }
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.line = format!("{name}={} {}", value.as_ref().display(), self.line);
        self.inner.env(name, value);
        self
    }

    /// Prints the line, runs it and fails unless it succeeds.
    pub fn run(mut self) -> Result<()> {
        println!("$ {}", self.line);
        let status = self
            .inner
            .stdin(Stdio::null())
            .status()
            .with_context(|| format!("cannot start: {}", self.line))?;
        if !status.success() {
            bail!("failed ({status}): {}", self.line);
        }
        Ok(())
    }

    /// Runs without a word and says whether it succeeded; a program that is not there did not.
    pub fn succeeds(mut self) -> bool {
        self.inner
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Runs without a word and returns what it printed, however it ended.
    pub fn said(mut self) -> Result<String> {
        let output = self.inner.stdin(Stdio::null()).output();
        let output = output.with_context(|| format!("cannot start: {}", self.line))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs without a word and returns what it printed.
    pub fn output(mut self) -> Result<String> {
        let output = self
            .inner
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start: {}", self.line))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("failed ({}): {}\n{said}", output.status, self.line);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
