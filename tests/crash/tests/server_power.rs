//! Power loss on the server's database: from its making over the preparing of a campaign to a phone's syncs.
//!
//! Looked for after each change: a damaged database, half a transaction or half a step of the schema, something
//! answered and lost, a server that does not start. The control is a disk that lies about syncs.

mod common;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

use common::tour::{Step, Tour, Watched};
use common::{DATABASE, Office, look, office, seed, times, tour};
use crash::{Disk, Image, Recording};
use server::store::sqlite::copy;

/// Cuts in all in the usual run.
const ATTEMPTS: usize = 10_000;
/// One in so many cuts is opened by the server itself.
const OPENED: usize = 20;

struct Life {
    recording: Recording,
    /// Distinct committed states, and the changes after which each was on disk.
    states: Vec<(usize, [u8; 32])>,
    /// When something was answered.
    answered: Vec<usize>,
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

async fn live() -> (Life, Image) {
    let disk = Disk::new(seed());
    disk.record();
    let (office, people) = Office::start_on(&disk).await.unwrap();
    let phone = Disk::holding(tour::enrolled(&office, people[0]).await, 0);
    let watched = Watched::new(&office, &phone);
    let mut tour = Tour::on(phone.clone(), &watched);
    for step in tour::steps(2) {
        tour.go(step).await.unwrap();
        if let Step::Submit = step {
            tour.go(Step::Sync).await.unwrap();
        }
    }
    drop(tour);
    let answered = office.answered();
    // Closing is part of it: the log is moved into the database.
    drop(watched);
    drop(office);
    let image = disk.snapshot();
    let recording = disk.recorded().unwrap();
    let mut states: Vec<(usize, [u8; 32])> = Vec::new();
    recording.replay(|moment| {
        if moment.is_synced || moment.changes == 0 {
            let state = look::of_image(&moment.after_kill()).unwrap();
            if states.last().is_none_or(|(_, last)| *last != state) {
                states.push((moment.changes, state));
            }
        }
    });
    let life = Life {
        recording,
        states,
        answered,
    };
    (life, image)
}

impl Life {
    fn allows(&self, state: &[u8; 32], moment: usize) -> bool {
        let answered = self.answered.iter().filter(|at| **at <= moment);
        let answered = answered.max().copied().unwrap_or(0);
        let before = self.states.iter().rposition(|(at, _)| *at <= answered);
        let after = self.states.iter().position(|(at, _)| *at >= moment);
        let (from, to) = (before.unwrap_or(0), after.unwrap_or(self.states.len() - 1));
        self.states[from..=to.max(from)]
            .iter()
            .any(|(_, s)| s == state)
    }

    fn wrong(&self, moment: usize, image: Image) -> Option<String> {
        match look::of_image(&image) {
            Err(error) => Some(format!("{moment}: damaged: {error}")),
            Ok(state) if !self.allows(&state, moment) => Some(format!(
                "{moment}: nobody committed this, or something answered is lost"
            )),
            Ok(_) => None,
        }
    }

    fn cut(&self, attempts: usize) -> (usize, Vec<String>, BTreeSet<i64>) {
        let (wrong, steps) = (Mutex::new(Vec::new()), Mutex::new(BTreeSet::new()));
        let (to, from) = sync_channel::<(usize, Image)>(8);
        let from = Mutex::new(from);
        let (turns, mut made) = (attempts.div_ceil(self.recording.len()), 0);
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    loop {
                        let next = from.lock().unwrap().recv();
                        let Ok((moment, image)) = next else { break };
                        if moment < 400
                            && let Some(step) = step(&image)
                        {
                            steps.lock().unwrap().insert(step);
                        }
                        wrong.lock().unwrap().extend(self.wrong(moment, image));
                    }
                });
            }
            self.recording.replay(|moment| {
                for turn in 0..turns as u64 {
                    let seed = seed() + 1_000 * moment.changes as u64 + turn;
                    to.send((moment.changes, moment.after_power_cut(seed)))
                        .unwrap();
                    made += 1;
                }
            });
            drop(to);
        });
        (
            made,
            wrong.into_inner().unwrap(),
            steps.into_inner().unwrap(),
        )
    }
}

/// The step of the schema a database is at.
fn step(image: &Image) -> Option<i64> {
    let disk = Disk::holding(image.clone(), 0);
    let conn = rusqlite::Connection::open(disk.uri(DATABASE)).ok()?;
    conn.query_row("PRAGMA user_version", [], |r| r.get(0)).ok()
}

#[test]
fn power_loss_at_every_change_of_the_servers_database_loses_nothing_answered() {
    let runtime = runtime();
    let (life, end) = runtime.block_on(live());
    let (attempts, wrong, steps) = life.cut(ATTEMPTS * times() as usize);
    println!(
        "server power loss: seed {}, {} changes, {} states, {} answers, {attempts} cuts, steps of the schema {steps:?}, {} wrong",
        seed(),
        life.recording.len(),
        life.states.len(),
        life.answered.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{:?}", &wrong[..wrong.len().min(5)]);
    assert!(attempts >= ATTEMPTS);
    let last = step(&end).unwrap();
    // Steps that wait together are one transaction; `Life::allows` sees to it that there is no half.
    assert!(steps.contains(&0) && steps.contains(&last), "{steps:?}");
    let mut opened = Vec::new();
    life.recording.replay(|moment| {
        if moment.changes % OPENED == 0 {
            opened.push(moment.after_power_cut(seed() + moment.changes as u64));
        }
    });
    for image in &opened {
        let office = runtime.block_on(office::open(&Disk::holding(image.clone(), 0)));
        assert!(office.is_ok(), "{:?}", office.err());
    }
    println!(
        "server power loss: {} of them opened by the server",
        opened.len()
    );
    assert!(opened.len() > 10);
}

#[test]
fn control_a_disk_that_lies_about_syncs_loses_what_was_answered() {
    let (mut life, _) = runtime().block_on(live());
    life.recording.forget_syncs();
    let (attempts, wrong, _) = life.cut(1_000);
    println!(
        "control, syncs left out: {attempts} cuts, {} wrong",
        wrong.len()
    );
    assert!(wrong.len() > attempts / 2, "{} of {attempts}", wrong.len());
}

#[test]
fn a_copy_for_a_backup_that_was_answered_survives_a_power_cut_and_is_the_same() {
    let (_, end) = runtime().block_on(live());
    let (from, to) = (Disk::holding(end.clone(), 0), Disk::new(seed()));
    let before = from.counts().changes;
    copy::copy(&from.uri(DATABASE), &to.uri(DATABASE)).unwrap();
    let expected = look::of_image(&end).unwrap();
    for _ in 0..50 {
        let cut = Disk::holding(to.snapshot(), 0);
        cut.reboot();
        assert_eq!(look::fingerprint(&cut).unwrap(), expected);
    }
    // Reading the source made its log and index anew, no more.
    assert!(from.counts().changes - before < 10);
    assert_eq!(look::fingerprint(&from).unwrap(), expected);
}
