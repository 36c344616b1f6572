//! Threat T27: what every server of these tests logged is kept and looked over when it stops.
//!
//! Left out: servers as processes of their own (`crates/cli/tests/common/logs.rs`).

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

use crate::county::County;

/// All that our own crates have to say.
const EVERYTHING: &str = "info,server=trace,ledger=trace,mobile_core=trace,tower_http=debug";
/// People, places, words and what begins a secret, as these tests use them.
const NEVER: &[&str] = &[
    "观摩员",
    "测试机",
    "手制",
    "示范村",
    "农户1",
    "文垚",
    "秀屿",
    "垃圾",
    "Observe-2026",
    "Wrong-2026",
    "Bearer ",
    "guanmo_session=",
    "guanmo_known=",
];
/// Hex digits of a token.
const TOKEN_DIGITS: usize = 64;

static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Kept;

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to keep what is logged in this process.
pub fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let log = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::new(EVERYTHING))
            .with_ansi(false)
            .with_writer(|| Kept);
        log.init();
    });
}

/// Says that a secret was given out.
pub fn never(secret: &str) {
    let mut secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
    secrets.push(secret.to_owned());
}

fn kept() -> String {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&kept).into_owned()
}

fn found(log: &str) -> Vec<String> {
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

/// Looks over everything logged so far.
pub fn look_over() {
    let log = kept();
    let found = found(&log);
    if found.is_empty() || std::thread::panicking() {
        return;
    }
    let bad = |line: &&str| found.iter().any(|w| line.contains(w.as_str()));
    let lines: Vec<&str> = log.lines().filter(bad).take(5).collect();
    panic!("the log holds {found:?}: {lines:#?}");
}

/// The control: requests are in what is kept, and what must not be is seen where it is.
#[tokio::test]
async fn what_is_logged_is_kept_and_what_must_not_be_is_seen() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    county.sync(&mut phone).await;
    let log = kept();
    assert!(
        log.contains("/api/v1/sync") && log.contains("/api/v1/enrol"),
        "{log}"
    );
    assert_eq!(found("INFO request route=/x 6f1e"), [""; 0]);
    for bad in ["观摩员07", "Bearer abc", &"0a".repeat(32)] {
        assert_eq!(found(&format!("INFO {bad} x")).len(), 1, "{bad}");
    }
}
