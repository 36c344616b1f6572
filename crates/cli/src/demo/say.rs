//! The account the demo gives while it runs: Chinese first, English beneath, seconds at the end of each part.
//!
//! Invariant: with `--json` everything goes to stderr, so that stdout holds one object. Leaves out: the figures.

use std::time::Instant;

/// Where the account goes, and how long each part took.
pub struct Say {
    to_stderr: bool,
    start: Instant,
    part: Option<(Instant, String)>,
    /// Parts with their seconds.
    pub parts: Vec<(String, f64)>,
}

impl Say {
    /// A new account.
    pub fn new(to_stderr: bool) -> Self {
        Self {
            to_stderr,
            start: Instant::now(),
            part: None,
            parts: vec![],
        }
    }

    /// A line.
    pub fn line(&self, text: &str) {
        if self.to_stderr {
            eprintln!("{text}");
        } else {
            println!("{text}");
        }
    }

    /// A line in both languages.
    pub fn both(&self, zh: &str, en: &str) {
        self.line(&format!("   {zh}\n   {en}"));
    }

    /// Begins a part; the one before ends.
    pub fn part(&mut self, zh: &str, en: &str) {
        self.end();
        self.line(&format!("\n▶ {zh} · {en}"));
        self.part = Some((Instant::now(), format!("{zh} · {en}")));
    }

    /// Ends the part.
    pub fn end(&mut self) {
        if let Some((since, name)) = self.part.take() {
            let seconds = since.elapsed().as_secs_f64();
            self.line(&format!("   ({seconds:.1} s)"));
            self.parts.push((name, seconds));
        }
    }

    /// Seconds since the beginning.
    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}
