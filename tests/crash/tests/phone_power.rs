//! Power loss on a phone: after every change of its disk, some of what was not synced kept, dropped or torn.
//!
//! Looked for after each: a damaged database, a state that no committed transaction left, something saved and lost, a
//! phone that does not open or does not reach the office any more. The control is a disk that lies about syncs.

mod common;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

use common::book::Book;
use common::tour::{self, Tour, Watched};
use common::{Office, look, office, phone, seed, times};
use crash::{Disk, Image, Recording};

/// Cuts per moment.
const CUTS: u64 = 5;
/// How often the first lines are answered: more often than the write-ahead log has room for, so it is begun anew.
const ROUNDS: i64 = 32;
/// One in so many cuts is synced with the office afterwards.
const SYNCED: usize = 97;

/// A life that was recorded.
struct Life<'a> {
    recording: Recording,
    book: Book,
    office: &'a Watched<'a>,
    /// Distinct committed states and the changes after which each was on disk.
    states: Vec<(usize, [u8; 32])>,
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

async fn live<'a>(disk: &Disk, watched: &'a Watched<'a>) -> Life<'a> {
    let mut tour = Tour::on(disk.clone(), watched);
    let mut autosaves = 0;
    for step in tour::steps(ROUNDS) {
        let before = (disk.counts().syncs, tour.phone.is_some());
        tour.go(step).await.unwrap();
        // The first thing after a start opens the database: that is no autosave.
        if before.1 && tour.book.ends_with_an_answer() {
            assert_eq!(disk.counts().syncs - before.0, 1, "{step:?}");
            autosaves += 1;
        }
    }
    assert!(autosaves > 200, "{autosaves}");
    println!("phone: {autosaves} autosaves, each exactly one disk sync");
    let Tour { book, phone, .. } = tour;
    drop(phone);
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
    Life {
        recording,
        book,
        office: watched,
        states,
    }
}

impl Life<'_> {
    /// Whether a state is one that was committed since the last thing that was saved.
    fn allows(&self, state: &[u8; 32], moment: usize) -> bool {
        let saved = self.book.last_saved(moment);
        let before = self.states.iter().rposition(|(at, _)| *at <= saved);
        let after = self.states.iter().position(|(at, _)| *at >= moment);
        let (from, to) = (before.unwrap_or(0), after.unwrap_or(self.states.len() - 1));
        self.states[from..=to.max(from)]
            .iter()
            .any(|(_, s)| s == state)
    }

    /// What is wrong with a phone that starts from this disk.
    fn wrong(&self, moment: usize, image: Image) -> Option<String> {
        let disk = Disk::holding(image, moment as u64);
        let opened = phone(&disk, 1_000);
        let lost = match opened.and_then(|mut phone| self.book.lost(&mut phone, moment)) {
            Ok(lost) => lost,
            Err(error) => return Some(format!("{moment}: {}: {error}", error.code())),
        };
        if !lost.is_empty() {
            return Some(format!("{moment}: lost: {lost:?}"));
        }
        match look::fingerprint(&disk) {
            Err(error) => Some(format!("{moment}: damaged: {error}")),
            Ok(state) if !self.allows(&state, moment) => {
                Some(format!("{moment}: a state that nobody committed"))
            }
            Ok(_) => None,
        }
    }

    /// Cuts the power `cuts` times at every moment; attempts and what was wrong.
    fn cut(&self, cuts: u64) -> (usize, Vec<String>) {
        let wrong = Mutex::new(Vec::new());
        let (to, from) = sync_channel::<(usize, Image)>(8);
        let from = Mutex::new(from);
        let mut attempts = 0;
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    loop {
                        let next = from.lock().unwrap().recv();
                        let Ok((moment, image)) = next else { break };
                        wrong.lock().unwrap().extend(self.wrong(moment, image));
                    }
                });
            }
            self.recording.replay(|moment| {
                for turn in 0..cuts {
                    let seed = seed() + 1_000 * moment.changes as u64 + turn;
                    to.send((moment.changes, moment.after_power_cut(seed)))
                        .unwrap();
                    attempts += 1;
                }
            });
            drop(to);
        });
        (attempts, wrong.into_inner().unwrap())
    }

    /// Syncs some of the cut phones with the office as it was then; how many.
    async fn heal(&self) -> usize {
        let mut cut = Vec::new();
        self.recording.replay(|moment| {
            if moment.changes % SYNCED == 0 {
                cut.push((
                    moment.changes,
                    moment.after_power_cut(seed() + moment.changes as u64),
                ));
            }
        });
        for (moment, image) in &cut {
            let office = office::open(&Disk::holding(self.office.at(*moment), 0))
                .await
                .unwrap();
            let mut phone = phone(&Disk::holding(image.clone(), 0), 2_000).unwrap();
            let report = phone.sync(&office, &mut |_| {}).await.unwrap();
            assert!(
                report.agreed.agreed && !report.forked,
                "{moment}: {report:?}"
            );
            let status = phone.status().unwrap();
            assert_eq!(
                (status.unsent_changes, status.sheets.only_here),
                (0, 0),
                "{moment}"
            );
            assert_eq!(
                self.book.lost(&mut phone, *moment).unwrap(),
                [""; 0],
                "{moment}"
            );
        }
        cut.len()
    }
}

#[test]
fn power_loss_at_every_change_of_a_phones_life_damages_nothing_and_loses_nothing_saved() {
    let runtime = runtime();
    let (office, people) = runtime.block_on(Office::start());
    let disk = Disk::holding(runtime.block_on(tour::enrolled(&office, people[0])), seed());
    disk.record();
    let watched = Watched::new(&office, &disk);
    let life = runtime.block_on(live(&disk, &watched));
    let (attempts, wrong) = life.cut(CUTS * times());
    println!(
        "phone power loss: seed {}, {} changes, {} states, {} saved, {attempts} cuts, {} wrong",
        seed(),
        life.recording.len(),
        life.states.len(),
        life.book.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{:?}", &wrong[..wrong.len().min(5)]);
    assert!(attempts >= 10_000, "{attempts}");
    let healed = runtime.block_on(life.heal());
    println!("phone power loss: {healed} of them synced with the office as it was");
    assert!(healed > 10);
}

#[test]
fn control_a_disk_that_lies_about_syncs_loses_what_was_saved() {
    let runtime = runtime();
    let (office, people) = runtime.block_on(Office::start());
    let disk = Disk::holding(runtime.block_on(tour::enrolled(&office, people[0])), seed());
    disk.record();
    let watched = Watched::new(&office, &disk);
    let mut life = runtime.block_on(live(&disk, &watched));
    // The same life without its syncs.
    life.recording.forget_syncs();
    let (attempts, wrong) = life.cut(1);
    println!(
        "control, syncs left out: {attempts} cuts, {} wrong",
        wrong.len()
    );
    assert!(
        attempts > 1_000 && wrong.len() > attempts / 2,
        "{} of {attempts}",
        wrong.len()
    );
    assert!(wrong.iter().any(|w| w.contains("lost")), "no loss was seen");
}

#[test]
fn control_half_a_transaction_and_a_lost_answer_are_seen() {
    let runtime = runtime();
    let (office, people) = runtime.block_on(Office::start());
    let disk = Disk::holding(runtime.block_on(tour::enrolled(&office, people[0])), seed());
    disk.record();
    let watched = Watched::new(&office, &disk);
    let life = runtime.block_on(live(&disk, &watched));
    let (end, image) = (life.recording.len(), disk.snapshot());
    assert_eq!(life.wrong(end, image.clone()), None);
    let of_the_last = "(SELECT log, seq FROM tail ORDER BY at_ms DESC LIMIT 1)";
    for (sql, seen) in [
        (
            "DELETE FROM own_records WHERE record = (SELECT max(record) FROM own_records)",
            "nobody committed",
        ),
        (
            &format!("DELETE FROM cells WHERE (log, seq) = {of_the_last}"),
            "lost",
        ),
    ] {
        let damaged = Disk::holding(image.clone(), 0);
        let conn = rusqlite::Connection::open(damaged.uri(common::DATABASE)).unwrap();
        assert!(conn.execute(sql, []).unwrap() > 0, "{sql}");
        drop(conn);
        let wrong = life.wrong(end, damaged.snapshot()).unwrap();
        assert!(wrong.contains(seen), "{sql}: {wrong}");
    }
}

/// Everything that makes the database: the first start, killed by a power cut at every change, then started again.
#[test]
fn power_loss_while_the_database_is_made_leaves_whole_steps_and_the_next_start_ends_them() {
    let disk = Disk::new(seed());
    disk.record();
    drop(phone(&disk, 1).unwrap());
    let recording = disk.recorded().unwrap();
    let (mut attempts, mut seen) = (0, BTreeMap::new());
    let mut end = None;
    recording.replay(|moment| end = Some(moment.after_kill()));
    let end = Disk::holding(end.unwrap(), 0);
    let tables = |disk: &Disk| -> (i64, i64) {
        let conn = rusqlite::Connection::open(disk.uri(common::DATABASE)).unwrap();
        let one = |sql: &str| conn.query_row(sql, [], |r| r.get(0)).unwrap();
        assert_eq!(look::whole(&conn).unwrap(), None);
        (
            one("PRAGMA user_version"),
            one("SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"),
        )
    };
    recording.replay(|moment| {
        for turn in 0..40 * times() {
            let image = moment.after_power_cut(seed() + 1_000 * moment.changes as u64 + turn);
            let disk = Disk::holding(image, 0);
            let (version, tables_before) = tables(&disk);
            let known = seen.entry(version).or_insert(tables_before);
            assert_eq!(*known, tables_before, "half of step {version}");
            drop(phone(&disk, 2).unwrap());
            assert_eq!(tables(&disk), tables(&end));
            attempts += 1;
        }
    });
    println!(
        "phone migration: seed {}, {attempts} cuts, steps seen {:?}",
        seed(),
        seen.keys()
    );
    // Steps that wait together are one transaction.
    assert!(
        attempts > 1_000 && seen.contains_key(&0) && seen.len() >= 2,
        "{attempts}, {seen:?}"
    );
}
