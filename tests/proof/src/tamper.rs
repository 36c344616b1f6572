//! R26: thousands of mutations of one folder, each judged.
//!
//! Invariant: a run is a function of its seed and number; no attempts are a failure; what only one kind of finding saw is
//! counted, so that every check that matters shows what would pass without it. Leaves out: honest folders (`honest`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Result, ensure};
use fastrand::Rng;

use crate::judge::{Verdict, judge};
use crate::mutate::Done;
use crate::{folder, logs, mutate, story, workers};

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// Mutations by class: found and harmless.
    pub classes: BTreeMap<&'static str, (u64, u64)>,
    /// By code: mutations that were found by it alone.
    pub alone: BTreeMap<&'static str, u64>,
    /// Mutations nobody found.
    pub missed: Vec<String>,
}

impl Report {
    /// Mutations in all.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        let judged: u64 = self.classes.values().map(|(f, h)| f + h).sum();
        judged + self.missed.len() as u64
    }

    /// Mutations that would be missed if findings of this code were not made.
    #[must_use]
    pub fn missed_without(&self, code: &str) -> u64 {
        self.alone.get(code).copied().unwrap_or(0)
    }

    fn note(&mut self, done: &Done, verdict: Verdict) {
        let class = self.classes.entry(done.class).or_default();
        match verdict {
            Verdict::Found(codes) => {
                class.0 += 1;
                note_alone(&mut self.alone, &codes);
            }
            Verdict::Harmless => class.1 += 1,
            Verdict::Missed => self.missed.push(format!("{}: {}", done.class, done.what)),
        }
    }
}

fn note_alone(alone: &mut BTreeMap<&'static str, u64>, codes: &BTreeSet<&'static str>) {
    if let (Some(code), 1) = (codes.first(), codes.len()) {
        *alone.entry(code).or_default() += 1;
    }
}

/// Plays a tour and mutates its folder `times` times, on `threads` threads.
///
/// # Errors
/// What the tour or the disk refuses; a mutation that is missed is no error but in the report.
pub fn run(seed: u64, times: u64, threads: usize) -> Result<Report> {
    let base = folder::temporary()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let clean = runtime.block_on(story::play(base.path(), seed, &mut |_, _| Ok(())))?;
    ensure!(
        runtime.block_on(crate::office::verify(&clean)).is_empty(),
        "the honest folder is not clean"
    );
    crate::columns::check(&rusqlite::Connection::open(clean.join("server.db"))?)?;
    let report = Mutex::new(Report::default());
    workers::share(times, threads, |runtime, n| {
        let (done, verdict) = runtime.block_on(one(&clean, seed, n))?;
        if let Ok(mut report) = report.lock() {
            report.note(&done, verdict);
        }
        Ok(())
    })?;
    let report = report.into_inner().unwrap_or_default();
    ensure!(report.attempts() == times, "attempts were lost");
    Ok(report)
}

async fn one(clean: &Path, seed: u64, n: u64) -> Result<(Done, Verdict)> {
    let dir = folder::temporary()?;
    let dir = dir.path().join("server");
    let done = mutate(clean, &dir, seed, n)?;
    let verdict = judge(&dir, clean).await?;
    Ok((done, verdict))
}

/// Makes mutation `n` of a seed in a copy of a folder. The class follows from the number.
///
/// # Errors
/// The disk's and the database's.
pub fn mutate(clean: &Path, dir: &Path, seed: u64, n: u64) -> Result<Done> {
    let mut rng = Rng::with_seed(seed ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for _ in 0..10_000 {
        let _ = std::fs::remove_dir_all(dir);
        folder::copy(clean, dir)?;
        let done = match n % 20 {
            0 | 1 => mutate::byte(dir, &mut rng)?,
            2 => mutate::photo(dir, &mut rng)?,
            3 => mutate::row(dir, clean, &mut rng)?,
            4 | 5 => logs::surgery(dir, clean, &mut rng)?,
            6 | 7 => logs::signed(dir, clean, &mut rng)?,
            8 => logs::audit(dir, clean, &mut rng)?,
            _ => mutate::value(dir, clean, &mut rng)?,
        };
        if let Some(done) = done {
            return Ok(done);
        }
    }
    anyhow::bail!("no mutation could be drawn for {n}")
}
