//! Attempts shared out among threads, and what the three programs of this package have in common.
//!
//! Invariant: every attempt is made exactly once, or the run fails. Leaves out: what an attempt is.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use tokio::runtime::{Builder, Runtime};

/// Makes attempts 0 to `times` on `threads` threads, each with a runtime of its own.
///
/// # Errors
/// The first that an attempt ends with.
pub fn share(
    times: u64,
    threads: usize,
    attempt: impl Fn(&Runtime, u64) -> Result<()> + Sync,
) -> Result<()> {
    let next = AtomicU64::new(0);
    let worker = || -> Result<()> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= times {
                return Ok(());
            }
            attempt(&runtime, n)?;
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(worker)).collect();
        running.into_iter().try_for_each(|r| {
            r.join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a worker panicked")))
        })
    })
}

/// Reads `--name N` pairs into the numbers of the same names.
///
/// # Errors
/// An unknown name, or no number after one.
pub fn numbers(
    mut words: impl Iterator<Item = String>,
    known: &mut [(&str, &mut u64)],
) -> Result<()> {
    while let Some(name) = words.next() {
        let number = words.next().and_then(|n| n.parse().ok());
        let number = number.with_context(|| format!("a number after {name}"))?;
        match known.iter_mut().find(|(n, _)| *n == name) {
            Some((_, place)) => **place = number,
            None => bail!("unknown: {name}"),
        }
    }
    Ok(())
}

/// 0 if all was well, 1 if something was found, 2 if it could not be tried.
pub fn end(run: Result<bool>) -> ExitCode {
    match run {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
