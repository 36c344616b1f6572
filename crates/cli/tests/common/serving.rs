//! A running server with settings of its own, whose log is kept.
//!
//! Leaves out: what is asked of it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use super::logs;

/// A server whose log goes to a file.
pub struct Logged {
    child: Child,
    log: PathBuf,
    /// What it said at the start.
    pub said: serde_json::Value,
}

impl Logged {
    /// Starts it with these arguments and environment on any free port.
    pub fn start(log: &Path, args: &[&str], env: &[(&str, &str)]) -> Self {
        let file = std::fs::File::create(log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_guanmo"));
        command
            .args(["serve", "--json", "--listen", "127.0.0.1:0"])
            .args(args)
            .env("GUANMO_LOG", logs::EVERYTHING)
            .envs(env.iter().copied());
        Self::run(command, log, file)
    }

    /// The same by a command of one's own that ends in `guanmo serve --json`.
    pub fn start_by(command: Command, log: &Path) -> Self {
        let file = std::fs::File::create(log).unwrap();
        Self::run(command, log, file)
    }

    fn run(mut command: Command, log: &Path, file: std::fs::File) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(file).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("{}", std::fs::read_to_string(log).unwrap()));
        if let Some(secret) = said["setup_secret"].as_str() {
            logs::never(secret);
        }
        Self {
            child,
            log: log.to_owned(),
            said,
        }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.said["url"].as_str().unwrap().to_owned()
    }

    /// Host and port.
    pub fn address(&self) -> String {
        let url = self.url();
        url.split("//").nth(1).unwrap().to_owned()
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Asks it to stop and waits.
    pub fn stop(mut self) -> ExitStatus {
        self.signal("-TERM");
        self.child.wait().unwrap()
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        // Already gone after `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
        logs::look_over(&self.log());
    }
}
