//! Starting and killing the program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// A program that serves a data folder.
pub struct Serving {
    child: Child,
    /// Its address.
    pub url: String,
    /// From the start of the process to its first `ready`.
    pub ready_after: Duration,
}

impl Serving {
    /// Starts it on a free port and waits until it is ready.
    ///
    /// # Errors
    /// If it ends before.
    pub fn start(program: &Path, data: &Path) -> Result<Self> {
        let since = Instant::now();
        let mut child = serve(program, data)?;
        let out = child.stdout.take().context("stdout was piped")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let said: serde_json::Value =
            serde_json::from_str(&line).with_context(|| format!("the server said {line:?}"))?;
        let url = said["url"].as_str().context("an address")?.to_owned();
        while !is_ready(&url) {
            ensure!(since.elapsed() < Duration::from_secs(30), "never ready");
            ensure!(child.try_wait()?.is_none(), "the server ended");
        }
        Ok(Self {
            child,
            url,
            ready_after: since.elapsed(),
        })
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// The system's.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Gone already after `kill`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process alone, not yet ready.
///
/// # Errors
/// The system's.
pub fn serve(program: &Path, data: &Path) -> Result<Child> {
    let child = Command::new(program)
        .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    child.context("the server starts")
}

fn is_ready(url: &str) -> bool {
    let address = url.trim_start_matches("http://");
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// A command of the program; killed after `patience` if it runs that long. `None`: it was killed.
///
/// # Errors
/// The system's.
pub fn command(
    program: &Path,
    args: &[&str],
    patience: Option<Duration>,
) -> Result<Option<ExitStatus>> {
    let mut child = Command::new(program)
        .args(args)
        .env("GUANMO_FONT", "none")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("the program starts")?;
    let Some(patience) = patience else {
        return Ok(Some(child.wait()?));
    };
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let left = patience.saturating_sub(since.elapsed());
        if left.is_zero() {
            child.kill()?;
            // It may have ended in between: then it was not killed.
            let status = child.wait()?;
            return Ok(status.code().map(|_| status));
        }
        std::thread::sleep(left.min(Duration::from_micros(500)));
    }
}

/// The program's folder of data as it lies: database and log, copied to look at.
///
/// # Errors
/// The disk's.
pub fn lifted(database: &Path) -> Result<(tempfile::TempDir, PathBuf)> {
    let dir = crate::folder::temporary()?;
    let to = dir.path().join("looked-at.db");
    std::fs::copy(database, &to)?;
    let wal = PathBuf::from(format!("{}-wal", database.display()));
    if wal.is_file() {
        std::fs::copy(wal, dir.path().join("looked-at.db-wal"))?;
    }
    Ok((dir, to))
}
