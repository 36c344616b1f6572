//! `guanmo serve` as a process of its own, and what the system says about it.
//!
//! Invariant: killed when dropped. Leaves out: systems without `/proc`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Ticks a second in `/proc/PID/stat`: fixed in the kernel's interface.
const TICKS: f64 = 100.0;

/// A server.
pub struct Child {
    process: std::process::Child,
    /// Its address.
    pub url: String,
    /// From the start of the process to its first answer.
    pub first_answer: Duration,
}

impl Child {
    /// Starts it on any free port and asks once.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn serve(data: &Path) -> Result<Self> {
        let began = Instant::now();
        let mut process = Command::new(std::env::current_exe()?)
            .args([
                "serve",
                "--json",
                "--listen",
                "127.0.0.1:0",
                "--log-level",
                "warn",
            ])
            .args(["--disk-reserve", "1MB", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = process.stdout.take().context("no stdout")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let said: serde_json::Value = serde_json::from_str(&line)?;
        let url = said["url"].as_str().context("no address")?.to_owned();
        let address = url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        anyhow::ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Ok(Self {
            process,
            url,
            first_answer: began.elapsed(),
        })
    }

    fn proc(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.process.id());
        std::fs::read_to_string(&path).with_context(|| path)
    }

    /// Processor time of all its threads so far.
    ///
    /// # Errors
    /// Without `/proc`.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = self.proc("stat")?;
        let after_name = stat.rsplit(')').next().context("stat")?;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok());
        let ticks = ticks(11).zip(ticks(12)).context("stat")?;
        Ok(Duration::from_secs_f64((ticks.0 + ticks.1) / TICKS))
    }

    /// A line of its memory (`VmRSS`, `VmHWM`), MB.
    ///
    /// # Errors
    /// Without `/proc`.
    pub fn memory_mb(&self, line: &str) -> Result<f64> {
        let status = self.proc("status")?;
        let found = status
            .lines()
            .find_map(|l| l.strip_prefix(line)?.strip_prefix(':'));
        let kib = found.and_then(|v| v.split_whitespace().next()?.parse::<f64>().ok());
        Ok(kib.context("status")? * 1_024.0 / 1e6)
    }

    /// Ends it at once, as a power cut would.
    ///
    /// # Errors
    /// The system's.
    pub fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Already gone after `kill`.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
