//! Some hundred seeds, the same seed twice, and mistakes that must be found.
//!
//! Longer runs: `cargo xtask sim --seeds N`. Left out: mistakes planted in the sources.

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use simulation::{County, Outcome, Plan, Plant, Trouble, run};

/// Seeds of the usual run.
const SEEDS: u64 = 300;
/// Seeds of them that are run again in another process.
const AGAIN: usize = 100;
/// Seeds run with wrong clocks and with right ones; `CLOCK_TOURS` asks for another number.
const CLOCKS: u64 = 30;
/// Later seeds that once found a mistake.
const FOUND: [u64; 11] = [346, 410, 727, 907, 1133, 1564, 1612, 1644, 3463, 4480, 6221];

fn county() -> &'static County {
    static COUNTY: OnceLock<County> = OnceLock::new();
    COUNTY.get_or_init(County::prepare)
}

/// Runs seeds on all cores, each as `plan` but for its seed; the outcomes in order of seed.
fn run_all(seeds: impl Iterator<Item = u64>, plan: Plan) -> Vec<Outcome> {
    let seeds: Vec<u64> = seeds.collect();
    let (next, done) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::SeqCst) as usize) {
                    let outcome = run(
                        county(),
                        Plan {
                            seed: *seed,
                            ..plan
                        },
                    );
                    done.lock().unwrap().push(outcome);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|o| o.seed);
    done
}

#[test]
fn nothing_is_lost_and_everything_agrees_after_any_tour() {
    let outcomes = run_all((1..=SEEDS).chain(FOUND), Plan::default());
    assert_eq!(outcomes.len(), SEEDS as usize + FOUND.len());
    let count = |what: &str| -> u64 {
        let of = |o: &Outcome| o.counts.get(what).copied().unwrap_or(0);
        outcomes.iter().map(of).sum()
    };
    println!(
        "{} seeds, {} changes said, {} looked up, {} syncs, {} kills of phones, {} of servers, {} put back",
        outcomes.len(),
        count("said"),
        count("looked up"),
        count("sync done"),
        count("fault KillPhone"),
        count("fault KillServer"),
        count("fault RestoreServer"),
    );
    // Every fault happened, and so did what it is to bring about.
    for what in [
        "network LostAnswer",
        "network LostRequest",
        "network Twice",
        "network MangledRequest",
        "network MangledAnswer",
        "network Portal",
        "sync forked",
        "sync new generation",
        "sync handed back",
        "sync revoked",
        "sync unread",
        "looked up",
    ] {
        assert!(count(what) > 10, "{what}: {}", count(what));
    }
    for fault in simulation::faults::Fault::ALL {
        let what = format!("fault {fault:?}");
        assert!(count(&what) > 10, "{what}: {}", count(&what));
    }
    let wrong: Vec<&Outcome> = outcomes.iter().filter(|o| !o.wrong.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    again_in_another_process(&outcomes[..AGAIN]);
}

/// The same seeds give the same runs in a fresh process; within one a map may be walked in the same order by chance.
fn again_in_another_process(outcomes: &[Outcome]) {
    let run = Command::new(env!("CARGO_BIN_EXE_sim"))
        .args(["--seeds", &AGAIN.to_string(), "--traces"])
        .output()
        .unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    let traces: Vec<&str> = said.lines().filter(|l| l.starts_with("trace ")).collect();
    let expected: Vec<String> = outcomes
        .iter()
        .map(|o| format!("trace {} {}", o.seed, o.trace))
        .collect();
    assert_eq!(traces, expected);
    let different: std::collections::BTreeSet<&str> =
        outcomes.iter().map(|o| o.trace.as_str()).collect();
    assert_eq!(different.len(), AGAIN, "seeds do not differ");
}

#[test]
fn wrong_clocks_change_no_value_and_no_result() {
    let asked = std::env::var("CLOCK_TOURS").ok();
    let clocks = asked.map_or(CLOCKS, |n| n.parse().unwrap());
    let tours = |trouble| {
        let plan = Plan {
            trouble,
            ..Plan::default()
        };
        run_all(1..=clocks, plan)
    };
    let (off, right) = (tours(Trouble::Clocks), tours(Trouble::Nothing));
    assert_eq!(off.len() as u64, clocks);
    let (mut lines, mut results) = (0, 0);
    for (off, right) in off.iter().zip(&right) {
        assert_eq!((&off.wrong, &right.wrong), (&vec![], &vec![]), "{off:?}");
        let other = |a: &Outcome, b: &Outcome| -> Vec<String> {
            let differs = a.stands.iter().filter(|l| !b.stands.contains(l));
            differs.cloned().collect()
        };
        let (off_alone, right_alone) = (other(off, right), other(right, off));
        assert!(
            off_alone.is_empty() && right_alone.is_empty(),
            "seed {}: {off_alone:#?} with wrong clocks, {right_alone:#?} with right ones",
            off.seed
        );
        assert_ne!(
            off.trace, right.trace,
            "seed {}: no clock was off",
            off.seed
        );
        lines += off.stands.len();
        results += off.stands.iter().filter(|l| l.starts_with('(')).count();
    }
    println!(
        "{clocks} tours with clocks off: {lines} values and {results} results as with clocks right"
    );
    assert!(results > 1, "{results}");
}

#[test]
fn a_planted_mistake_is_found() {
    for plant in Plant::ALL {
        let plan = Plan {
            plant: Some(plant),
            ..Plan::default()
        };
        let outcomes = run_all(1..=12, plan);
        let found = outcomes.iter().filter(|o| !o.wrong.is_empty()).count();
        println!("{plant:?}: found in {found} of 12 seeds");
        assert!(found > 0, "{plant:?} was not found");
    }
}
