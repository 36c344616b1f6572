//! What was attempted and acknowledged, and how long it took to be usable again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Things written under a name of their own, each at most once.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Tried.
    pub tried: BTreeSet<String>,
    /// Acknowledged.
    pub acked: BTreeSet<String>,
}

impl Book {
    /// Notes that something is tried.
    pub fn try_one(&mut self, name: &str) {
        self.tried.insert(name.to_owned());
    }

    /// Notes that it was acknowledged.
    pub fn ack(&mut self, name: &str) {
        self.acked.insert(name.to_owned());
    }

    /// What is wrong with what was found there: lost, doubled, or never written.
    #[must_use]
    pub fn wrong(&self, found: &[String]) -> Vec<String> {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for name in found {
            *counts.entry(name).or_default() += 1;
        }
        let lost = self
            .acked
            .iter()
            .filter(|n| !counts.contains_key(n.as_str()));
        let mut wrong: Vec<String> = lost.map(|n| format!("lost: {n}")).collect();
        for (name, n) in counts {
            if n > 1 {
                wrong.push(format!("{n} times: {name}"));
            }
            if !self.tried.contains(name) {
                wrong.push(format!("from nowhere: {name}"));
            }
        }
        wrong
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Processes killed while they ran, by what they did.
    pub kills: BTreeMap<String, u64>,
    /// Attempts that ended before the kill.
    pub ended: u64,
    /// Things acknowledged.
    pub acked: u64,
    /// Things tried that were never acknowledged: what the control takes as acknowledged.
    pub unacked: u64,
    /// Of those, not there when it was looked: a driver that takes every try for acknowledged sees so many losses.
    pub unacked_missing: u64,
    /// Time until usable after each kill.
    pub usable: Vec<Duration>,
    /// What is wrong.
    pub wrong: Vec<String>,
}

impl Report {
    /// Kills in all.
    #[must_use]
    pub fn killed(&self) -> u64 {
        self.kills.values().sum()
    }

    /// A share of the times until usable, of 100.
    #[must_use]
    pub fn percentile(&self, of_100: usize) -> Duration {
        let mut all = self.usable.clone();
        all.sort();
        let at = (all.len() * of_100).div_ceil(100).max(1) - 1;
        all.get(at).copied().unwrap_or_default()
    }

    /// In words, for the command line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let ms = |d: Duration| d.as_millis();
        let (kills, ended, acked) = (&self.kills, self.ended, self.acked);
        let mut all = vec![
            format!("killed {} {kills:?}, {ended} ended before", self.killed()),
            format!("acknowledged {acked}, wrong {}", self.wrong.len()),
            format!(
                "control: {} unacknowledged, {} of them missing when looked at",
                self.unacked, self.unacked_missing
            ),
            format!(
                "usable again after {} ms p50, {} ms p99, {} ms at most",
                ms(self.percentile(50)),
                ms(self.percentile(99)),
                ms(self.percentile(100))
            ),
        ];
        all.extend(self.wrong.iter().map(|w| format!("WRONG {w}")));
        all
    }
}
