//! Threat T27: what no log of a server may hold, looked for in the log of every server that the tests start.
//!
//! Invariant: each server logs all it can and is looked over when it ends, so every test is a test of its log. Leaves
//! out: what must be in a log.

use std::sync::{Mutex, PoisonError};

/// All that our own crates have to say.
pub const EVERYTHING: &str = "info,server=trace,guanmo=trace,ledger=trace,tower_http=debug";

/// People, places, words, and the beginnings of what is secret, as the tests use them.
const NEVER: &[&str] = &[
    "观摩员",
    "沙岗村",
    "平峰村",
    "农户1",
    "文垚",
    "门前有杂物",
    "金丝雀",
    "Observe-2026",
    "Kanarie",
    "kanarie",
    "Bearer ",
    "guanmo_session=",
    "guanmo_known=",
    "csrf=",
    "AGE-SECRET-KEY",
    "PRIVATE KEY",
];
/// Hex digits of a token.
const TOKEN_DIGITS: usize = 64;

static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Says that a secret was given out (a code, a token, a set-up secret).
pub fn never(secret: &str) {
    let mut secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    secrets.push(secret.to_owned());
}

/// What of it a log holds.
pub fn found(log: &str) -> Vec<String> {
    let secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    let words = NEVER.iter().map(|w| (*w).to_owned());
    let mut found: Vec<String> = words
        .chain(secrets.iter().cloned())
        .filter(|w| log.contains(w.as_str()))
        .collect();
    let runs = log.split(|c: char| !c.is_ascii_hexdigit());
    found.extend(runs.filter(|r| r.len() >= TOKEN_DIGITS).map(str::to_owned));
    found
}

/// Looks over the log of a server that ended.
pub fn look_over(log: &str) {
    let found = found(log);
    // A test that fails already says why; a second panic would hide it.
    assert!(
        found.is_empty() || std::thread::panicking(),
        "the log holds {found:?}:\n{log}"
    );
}
