//! Runs the built command and keeps what it said.
//!
//! Leaves out: what the output means.
#![allow(dead_code, reason = "each test binary uses its part")]

pub mod logs;
pub mod phone;
pub mod serving;
pub mod tour;

use std::io::Write;
use std::process::{Command, Stdio};

/// What a run left.
pub struct Run {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `guanmo` with these arguments.
pub fn guanmo(args: &[&str]) -> Run {
    guanmo_with_input(args, b"")
}

/// Runs `guanmo` with these variables set, or taken away.
pub fn guanmo_with(args: &[&str], variables: &[(&str, Option<&str>)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanmo"));
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    run(command.args(args), b"")
}

/// Runs `guanmo` with these arguments and this on its standard input.
pub fn guanmo_with_input(args: &[&str], input: &[u8]) -> Run {
    run(Command::new(env!("CARGO_BIN_EXE_guanmo")).args(args), input)
}

fn run(command: &mut Command, input: &[u8]) -> Run {
    let mut child = command
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have closed it already.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
