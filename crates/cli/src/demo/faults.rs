//! What goes wrong in the demo, on purpose.
//!
//! Invariant: each fault happens to one inspector, on his real folder: a process is really killed, a folder really
//! copied. Leaves out: what must come of it (`count`).

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use domain::sheet::{Answer, Form};
use mobile_core::Mark;

use super::phone::Phone;
use super::plan::Tour;
use super::steps::{Step, Timed, checklist, steps};

/// His phone is killed while it writes.
pub const KILLED: usize = 1;
/// He comes from a township of his group's route.
pub const RECUSED: usize = 2;
/// He has two phones.
pub const TWO_PHONES: usize = 4;
/// His phone is lost after its sync; a copy of its folder, made in between, takes its place.
pub const COPIED: usize = 6;
/// His clock is two days ahead.
pub const WRONG_CLOCK: usize = 8;
/// One of his sheets is written after the lock.
pub const LATE: usize = 10;
/// How wrong that clock is, ms.
pub const CLOCK_OFF_MS: i64 = 2 * 86_400_000;
/// Acknowledged steps after which the killed phone is killed.
pub const KILL_AFTER: usize = 900;

/// True for steps that make no record of their own, so that a step whose answer was lost can be done again.
fn can_repeat(step: &Step) -> bool {
    matches!(
        step,
        Step::Open | Step::Visit(_) | Step::Answer(..) | Step::Submit | Step::Facts(..)
    )
}

/// The child that will be killed: does what can be done again, and says each time that it is saved.
///
/// # Errors
/// The facade's.
pub fn child(dir: &Path, seed: u64, midnight_ms: i64) -> Result<()> {
    let tour = Tour::new(seed)?;
    let mut phone = Phone::open(dir, &tour, KILLED, midnight_ms, 0)?;
    let all = steps(&tour, KILLED)?;
    let repeatable = all.iter().filter(|t| can_repeat(&t.step));
    for (no, timed) in repeatable.enumerate() {
        phone.step(timed)?;
        println!("{no}");
    }
    Ok(())
}

/// Starts the child and kills it when it has acknowledged enough; how many steps it had acknowledged by then.
fn kill_a_child(dir: &Path, seed: u64, midnight_ms: i64) -> Result<usize> {
    let mut child = Command::new(std::env::current_exe()?)
        .args([
            "demo",
            "--seed",
            &seed.to_string(),
            "--child-midnight",
            &midnight_ms.to_string(),
        ])
        .arg("--child-phone")
        .arg(dir)
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(child.stdout.take().context("the child has no output")?).lines();
    let mut acknowledged = 0;
    for line in lines {
        // The last line may be cut off by the kill: then the step was not acknowledged.
        if line?.parse() != Ok(acknowledged) {
            break;
        }
        acknowledged += 1;
        if acknowledged == KILL_AFTER {
            child.kill()?;
        }
    }
    let status = child.wait()?;
    ensure!(
        status.code().is_none(),
        "the phone was not killed: {status}"
    );
    Ok(acknowledged)
}

/// Plays the killed phone: in a process of its own until it is killed, then, opened again, to the end.
/// Returns the number of steps it had acknowledged.
///
/// # Errors
/// If the child ends by itself, or its folder cannot be opened afterwards.
pub fn play_killed<'t>(
    dir: &Path,
    tour: &'t Tour,
    all: &[Timed],
    (seed, midnight_ms): (u64, i64),
) -> Result<(Phone<'t>, usize)> {
    let acknowledged = kill_a_child(dir, seed, midnight_ms)?;
    let mut phone = Phone::open(dir, tour, KILLED, midnight_ms, 0)?;
    let done = all
        .iter()
        .filter(|t| can_repeat(&t.step))
        .take(acknowledged);
    phone.note_acknowledged(done)?;
    let mut repeated = 0;
    let is_left = |timed: &&Timed| {
        repeated += usize::from(can_repeat(&timed.step));
        !can_repeat(&timed.step) || repeated > acknowledged
    };
    phone.play(all.iter().filter(is_left).collect::<Vec<_>>())?;
    Ok((phone, acknowledged))
}

/// Tries to open a sheet of the own township; the code it is refused with.
///
/// # Errors
/// If it is not refused.
pub fn try_own_township(phone: &mut Phone, tour: &Tour) -> Result<String> {
    let (_, own) = tour.route(RECUSED);
    let site = phone.site(*own.first().context("he has no own township on the route")?)?;
    match phone.replica.open_sheet(site, Form::Detailed) {
        Err(refused) => Ok(refused.code().to_owned()),
        Ok(_) => anyhow::bail!("a sheet of the own township was opened"),
    }
}

/// What the second phone of one inspector does: two of his sheets again, three answers otherwise.
///
/// # Errors
/// If a kind of site has no checklist.
pub fn second_phone(tour: &Tour) -> Result<Vec<Timed>> {
    let all = steps(tour, TWO_PHONES)?;
    let filled = |t: &&Timed| matches!(t.step, Step::Submit) && tour.sites[t.site].slot.is_none();
    let sites: Vec<usize> = all.iter().filter(filled).map(|t| t.site).take(2).collect();
    let mut second = Vec::new();
    for site in sites {
        let lines = checklist(&tour.sites[site])?.items;
        let mut changed = 0;
        for timed in all.iter().filter(|t| t.site == site) {
            let step = match &timed.step {
                Step::Open => Step::Open,
                Step::Answer(item, answer) => {
                    let line = lines.iter().find(|l| l.id == *item);
                    let other = line
                        .filter(|_| changed < 3)
                        .and_then(|l| other_mark(l.max_e4, answer.mark));
                    changed += usize::from(other.is_some());
                    Step::Answer(
                        item.clone(),
                        other.map_or_else(|| answer.clone(), Answer::from),
                    )
                }
                _ => continue,
            };
            second.push(Timed {
                step,
                at_ms: timed.at_ms + 30_000,
                ..*timed
            });
        }
    }
    Ok(second)
}

/// Another answer that fits the line.
fn other_mark(max_e4: i64, mark: Mark) -> Option<Mark> {
    match mark {
        Mark::Count(found) => Some(Mark::Count(found + 1)),
        Mark::YesNo(yes) => Some(Mark::YesNo(!yes)),
        Mark::Points(e4) => Some(Mark::Points(if e4 == max_e4 { 0 } else { max_e4 })),
        Mark::Ratio { ok, sampled } if ok > 0 => Some(Mark::Ratio {
            ok: ok - 1,
            sampled,
        }),
        Mark::Ratio { .. } | Mark::NotApplicable => None,
    }
}

/// Splits a day's work: what the late inspector writes before the lock, and his one sheet after it.
pub fn split_late(tour: &Tour, all: Vec<Timed>) -> (Vec<Timed>, Vec<Timed>) {
    let last_village = all
        .iter()
        .rev()
        .find(|t| tour.sites[t.site].nominated)
        .map(|t| t.site);
    let is_late = |t: &Timed| Some(t.site) == last_village;
    let (mut late, before): (Vec<Timed>, Vec<Timed>) = all.into_iter().partition(is_late);
    late.retain(|t| can_repeat(&t.step));
    (before, late)
}
