//! `sim`: runs seeds and tells what is wrong. `--clocks`: only clocks go wrong; `--calm`: the same run with right ones.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use simulation::{County, Outcome, Plan, Plant, Trouble, run};

const USAGE: &str = "usage: sim [--seeds N] [--from S] [--seed S] [--plant NAME] [--loud] [--traces] [--first] [--clocks] [--calm]";

/// How often it says how far it is, in seeds.
const TELL: usize = 500;

struct Asked {
    from: u64,
    seeds: u64,
    plant: Option<Plant>,
    loud: bool,
    /// Print each seed's trace.
    traces: bool,
    /// Stop at the first seed that is wrong.
    first: bool,
    trouble: Trouble,
}

fn asked() -> Option<Asked> {
    let mut asked = Asked {
        from: 1,
        seeds: 100,
        plant: None,
        loud: false,
        traces: false,
        first: false,
        trouble: Trouble::All,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|n| n.parse().ok());
        match word.as_str() {
            "--seeds" => asked.seeds = number()?,
            "--from" => asked.from = number()?,
            "--seed" => (asked.from, asked.seeds) = (number()?, 1),
            "--loud" => asked.loud = true,
            "--first" => asked.first = true,
            "--clocks" => asked.trouble = Trouble::Clocks,
            "--calm" => asked.trouble = Trouble::Nothing,
            "--traces" => asked.traces = true,
            "--plant" => {
                let name = words.next()?;
                let found = Plant::ALL.into_iter().find(|p| format!("{p:?}") == name);
                asked.plant = Some(found?);
            }
            _ => return None,
        }
    }
    Some(asked)
}

fn main() -> ExitCode {
    let Some(asked) = asked() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let county = County::prepare();
    let (next, done) = (AtomicU64::new(0), Mutex::new(Vec::<Outcome>::new()));
    let enough = AtomicBool::new(false);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let no = next.fetch_add(1, Ordering::SeqCst);
                    if no >= asked.seeds || enough.load(Ordering::SeqCst) {
                        return;
                    }
                    let plan = Plan {
                        seed: asked.from + no,
                        plant: asked.plant,
                        loud: asked.loud,
                        trouble: asked.trouble,
                    };
                    let outcome = run(&county, plan);
                    if !outcome.wrong.is_empty() {
                        enough.store(asked.first, Ordering::SeqCst);
                        println!("seed {}: {:#?}", outcome.seed, outcome.wrong);
                    }
                    let mut done = done.lock().unwrap();
                    done.push(outcome);
                    if done.len() % TELL == 0 {
                        eprintln!("{} seeds", done.len());
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|o| o.seed);
    tell(&done, asked.traces)
}

fn tell(done: &[Outcome], traces: bool) -> ExitCode {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (what, n) in done.iter().flat_map(|o| &o.counts) {
        *counts.entry(what).or_default() += n;
    }
    for (what, n) in counts {
        println!("{n:>9} {what}");
    }
    let wrong: Vec<u64> = done
        .iter()
        .filter(|o| !o.wrong.is_empty())
        .map(|o| o.seed)
        .collect();
    for outcome in done.iter().filter(|_| traces || done.len() == 1) {
        println!("trace {} {}", outcome.seed, outcome.trace);
    }
    if let Some(first) = wrong.first() {
        println!("first wrong: {first}");
    }
    println!("{} seeds, {} wrong: {wrong:?}", done.len(), wrong.len());
    if wrong.is_empty() && !done.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
