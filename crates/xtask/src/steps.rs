//! Steps that run one after the other, and the table at the end.
//!
//! Invariant: the counts are of steps that really ran; a step left out is shown as such and counted nowhere.
//! A step that fails does not stop the ones after it, so one run shows every fault.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// One named piece of work.
pub struct Step {
    /// What the table calls it.
    pub name: &'static str,
    /// Whether it takes too long for `--quick`.
    pub slow: bool,
    /// The work.
    pub run: fn() -> Result<()>,
}

/// What became of a step.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
    Lacking,
}

/// The error of a step that needs a tool which cannot be had on this machine by any means: it did not run.
#[derive(Debug)]
pub struct Lacking(String);

impl Lacking {
    /// With the reason.
    pub fn because(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl std::fmt::Display for Lacking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not run: {}", self.0)
    }
}

impl std::error::Error for Lacking {}

/// Runs the steps, prints the table and, as the last line, `N passed, M failed`.
///
/// Errors: at least one step failed.
pub fn run_all(steps: &[Step], skip_slow: bool) -> Result<()> {
    let mut rows = Vec::new();
    for step in steps {
        if skip_slow && step.slow {
            rows.push((step.name, Outcome::Skipped, Duration::ZERO));
            continue;
        }
        println!("\n== {}", step.name);
        let started = Instant::now();
        let outcome = match (step.run)() {
            Ok(()) => Outcome::Passed,
            Err(error) if error.is::<Lacking>() => {
                println!("{error}");
                Outcome::Lacking
            }
            Err(error) => {
                eprintln!("error: {error:#}");
                Outcome::Failed
            }
        };
        rows.push((step.name, outcome, started.elapsed()));
    }
    let (table, failed) = summary(&rows);
    println!("\n{table}");
    if failed > 0 {
        // The table has said which; a line after it would hide the counts.
        std::process::exit(1);
    }
    if rows
        .iter()
        .all(|(_, outcome, _)| matches!(outcome, Outcome::Skipped | Outcome::Lacking))
    {
        bail!("no step ran");
    }
    Ok(())
}

fn summary(rows: &[(&str, Outcome, Duration)]) -> (String, usize) {
    let count = |wanted: Outcome| rows.iter().filter(|row| row.1 == wanted).count();
    let (passed, failed) = (count(Outcome::Passed), count(Outcome::Failed));
    let mut table = String::new();
    for (name, outcome, elapsed) in rows {
        let line = match outcome {
            Outcome::Passed => format!("{name:<38} {:>7.1} s  passed\n", elapsed.as_secs_f64()),
            Outcome::Failed => format!("{name:<38} {:>7.1} s  FAILED\n", elapsed.as_secs_f64()),
            Outcome::Skipped => format!("{name:<38} {:>9}  not run (--quick)\n", "-"),
            Outcome::Lacking => format!("{name:<38} {:>9}  not run (see there)\n", "-"),
        };
        table.push_str(&line);
    }
    table.push_str(&format!("{passed} passed, {failed} failed"));
    (table, failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_was_not_run_is_counted_neither_way() {
        let second = Duration::from_secs(1);
        let rows = [
            ("build", Outcome::Passed, second),
            ("lint", Outcome::Failed, second),
            ("browser", Outcome::Skipped, Duration::ZERO),
            ("bindings", Outcome::Lacking, Duration::ZERO),
        ];
        let (table, failed) = summary(&rows);
        assert_eq!(failed, 1);
        assert_eq!(table.lines().last(), Some("1 passed, 1 failed"));
        assert!(table.contains("not run (--quick)") && table.contains("not run (see there)"));
    }
}
