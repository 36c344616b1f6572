//! Every decoder of foreign bytes against its corpus, every crasher there was, and 200,000 changed inputs.
//!
//! The changes follow from a seed, so a failure repeats; `tests/fuzz` goes on with cargo-fuzz for as long as one likes.
//! Invariant: no panic, no run over a second, no more than 256 MB more memory. Leaves out: what the decoders answer.

mod mutate;
mod seeds;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use mutate::Dice;
use tests::fuzz::{ENTRIES, Entry};

/// Executions of all entries together.
const EXECUTIONS: usize = 200_000;
/// The longest a run may take.
const LONGEST: Duration = Duration::from_secs(1);
/// The most memory this process may take on, MB.
const MEMORY_MB: u64 = 256;

/// What a decoder did to one input.
#[derive(Debug)]
enum Fault {
    Panicked,
    Slow,
}

/// Runs an entry on one input.
fn run(entry: Entry, bytes: &[u8]) -> Option<Fault> {
    let began = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(|| entry(bytes)));
    let took = began.elapsed();
    match ended {
        Err(_) => Some(Fault::Panicked),
        // A busy machine may stop anything for a while: what is slow is slow again.
        Ok(()) if took > LONGEST => {
            let began = Instant::now();
            entry(bytes);
            (began.elapsed() > LONGEST).then_some(Fault::Slow)
        }
        Ok(()) => None,
    }
}

/// Runs an entry on all its stored inputs, then on `executions` changed ones; how many ran, and the first fault.
fn hunt(
    name: &str,
    entry: Entry,
    stored: &[Vec<u8>],
    executions: usize,
) -> (usize, Option<(Fault, Vec<u8>)>) {
    let mut ran = 0;
    for bytes in stored {
        ran += 1;
        if let Some(fault) = run(entry, bytes) {
            return (ran, Some((fault, bytes.clone())));
        }
    }
    let mut dice = Dice::of(name);
    for _ in 0..executions {
        let mut bytes = stored[dice.roll(stored.len())].clone();
        let other = &stored[dice.roll(stored.len())];
        dice.mangle(&mut bytes, other);
        ran += 1;
        if let Some(fault) = run(entry, &bytes) {
            return (ran, Some((fault, bytes)));
        }
    }
    (ran, None)
}

#[test]
fn no_decoder_falls_over_two_hundred_thousand_changed_inputs() {
    if std::env::var_os("UPDATE").is_some() {
        seeds::store();
    }
    let memory_before = peak_mb();
    let shares: usize = ENTRIES.iter().map(|(_, _, share)| share).sum();
    let mut total = 0;
    for (name, entry, share) in ENTRIES {
        let stored = seeds::stored(name);
        let began = Instant::now();
        let (ran, fault) = hunt(name, *entry, &stored, EXECUTIONS * share / shares + 1);
        println!(
            "{name}: {ran} runs from {} inputs in {:.1?}",
            stored.len(),
            began.elapsed()
        );
        if let Some((fault, bytes)) = fault {
            let kept = seeds::keep(name, &bytes);
            panic!(
                "{name}: {fault:?} by {} bytes, kept as {}",
                bytes.len(),
                kept.display()
            );
        }
        total += ran;
    }
    println!("{total} runs");
    assert!(total >= EXECUTIONS, "only {total} runs");
    if let (Some(before), Some(after)) = (memory_before, peak_mb()) {
        assert!(
            after < before + MEMORY_MB,
            "{before} MB before, {after} MB at most"
        );
    }
}

/// The most memory this process had, MB; unknown outside Linux.
fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1_024)
}

/// A decoder with a fault: it believes a length.
fn planted(bytes: &[u8]) {
    if let [b'G', length, rest @ ..] = bytes {
        let _ = &rest[..usize::from(*length)];
    }
}

/// Another: it waits as long as it is told.
fn planted_wait(bytes: &[u8]) {
    if bytes.len() == 3 && bytes[2] >= 0xf0 {
        std::thread::sleep(LONGEST + Duration::from_millis(20));
    }
}

#[test]
fn a_planted_fault_is_found() {
    let good = vec![b'G', 3, 1, 2, 3];
    assert!(run(planted, &good).is_none());
    let (ran, fault) = hunt("planted", planted, &[good], 2_000);
    let (fault, bytes) = fault.expect("the planted panic was not found");
    assert!(matches!(fault, Fault::Panicked) && ran > 1, "{fault:?}");
    assert!(usize::from(bytes[1]) > bytes.len() - 2);
    let (_, fault) = hunt("planted wait", planted_wait, &[vec![1, 2, 3]], 5_000);
    assert!(matches!(fault, Some((Fault::Slow, _))), "{fault:?}");
}
