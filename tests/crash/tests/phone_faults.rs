//! A phone whose storage is full, broken or read-only at any operation of its life.
//!
//! Looked for after each: no panic, a clear error with a stable code in both languages, nothing saved and lost, a whole
//! database, and a phone that goes on once the trouble is over. The control is a book that claims too much.

mod common;

use std::collections::BTreeMap;

use common::book::What;
use common::tour::{self, Step, Tour, Watched};
use common::{Office, look, office, phone, seed, times};
use crash::{Broken, Disk, Image};
use mobile_core::Error;
use uuid::Uuid;

/// What can be told to a person whose disk does not do what it should.
const FULL: &[&str] = &["disk_full"];
const BROKEN: &[&str] = &["disk_error", "file"];

/// One in so many operations breaks in the usual run; `CRASH_TIMES=4` breaks each.
const EVERY: u64 = 4;

/// A short life: everything a phone does once.
fn steps() -> Vec<Step> {
    let mut steps = vec![Step::Open(0)];
    steps.extend((0..4).map(|line| Step::Answer(line, 0)));
    steps.extend([Step::Photo(1), Step::Issue, Step::Restart]);
    steps.extend((4..30).map(|line| Step::Answer(line, 0)));
    steps.extend([
        Step::Submit,
        Step::Sync,
        Step::Amend,
        Step::Answer(0, 1),
        Step::Idle,
    ]);
    steps.extend([
        Step::Answer(1, 1),
        Step::Photo(2),
        Step::Restart,
        Step::Answer(2, 1),
    ]);
    steps
}

/// A phone that is enrolled and its office, each as a disk to begin from.
struct Stage {
    office: Image,
    start: Image,
}

impl Stage {
    async fn set() -> Self {
        let (office, people) = Office::start().await;
        let start = tour::enrolled(&office, people[0]).await;
        Self {
            office: office.image(),
            start,
        }
    }

    /// The office as it was: what one life sent is unknown to the next.
    async fn office(&self) -> Office {
        office::open(&Disk::holding(self.office.clone(), 0))
            .await
            .unwrap()
    }

    /// Operations and changes of an undisturbed life.
    async fn measure(&self) -> (u64, u64) {
        let disk = Disk::holding(self.start.clone(), 0);
        let office = self.office().await;
        let office = Watched::new(&office, &disk);
        let mut tour = Tour::on(disk.clone(), &office);
        for step in steps() {
            tour.go(step).await.unwrap();
        }
        drop(tour);
        (disk.counts().operations, disk.counts().changes)
    }

    /// Lives with a fault; counts errors by code, and returns what is wrong after the fault is over.
    async fn live(&self, set: impl Fn(&Disk), codes: &mut BTreeMap<String, u64>) -> Vec<String> {
        let disk = Disk::holding(self.start.clone(), seed());
        disk.record();
        let office = self.office().await;
        let office = Watched::new(&office, &disk);
        let mut tour = Tour::on(disk.clone(), &office);
        set(&disk);
        for step in steps() {
            if let Err(error) = tour.go(step).await {
                assert!(!error.zh().is_empty() && !error.en().is_empty());
                *codes.entry(error.code().to_owned()).or_default() += 1;
                if let Error::Store(_) | Error::File { .. } = error {
                    continue;
                }
                // What was not saved makes later steps impossible: that, and nothing else, is a refusal.
                assert!(
                    matches!(
                        error,
                        Error::Refused { .. } | Error::Incomplete { .. } | Error::Photo(_)
                    ),
                    "{error:?}"
                );
            }
        }
        disk.full_at(None);
        disk.io_error_at(None);
        afterwards(tour).await
    }
}

async fn afterwards(mut tour: Tour<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    // Goes on in the same run, without a restart: space is back, or the disk was only loose.
    let same_run = tour.phone.is_some();
    for step in [Step::Open(2), Step::Answer(0, 0)] {
        if let Err(error) = tour.go(step).await {
            wrong.push(format!(
                "does not go on (same run: {same_run}): {}: {error}",
                error.code()
            ));
        }
    }
    let disk = tour.disk.clone();
    tour.phone = None;
    match phone(&disk, 1_000) {
        Err(error) => wrong.push(format!("does not open: {error}")),
        Ok(mut phone) => {
            wrong.extend(tour.book.lost(&mut phone, usize::MAX).unwrap());
            let report = phone.sync(tour.office, &mut |_| {}).await;
            match report {
                Ok(report) if report.agreed.agreed => {}
                other => wrong.push(format!("does not sync: {other:?}")),
            }
        }
    }
    wrong.extend(look::fingerprint(&disk).err());
    wrong
}

fn run<F: Future>(work: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

fn expect(
    what: &str,
    attempts: u64,
    codes: &BTreeMap<String, u64>,
    wrong: &[String],
    told: &[&str],
) {
    println!(
        "{what}: seed {}, {attempts} attempts, errors {codes:?}, {} wrong",
        seed(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{:?}", &wrong[..wrong.len().min(5)]);
    let of_the_disk: u64 = told.iter().filter_map(|code| codes.get(*code)).sum();
    assert!(attempts > 100 && of_the_disk > attempts / 2, "{codes:?}");
    for vague in ["database", "database_damaged"] {
        assert_eq!(
            codes.get(vague),
            None,
            "{what}: somebody was told `{vague}`"
        );
    }
}

#[test]
fn a_full_disk_at_every_change_is_told_and_loses_nothing() {
    run(async {
        let stage = Stage::set().await;
        let (_, changes) = stage.measure().await;
        let (mut codes, mut wrong, mut attempts) = (BTreeMap::new(), Vec::new(), 0);
        for at in 1..=changes {
            let found = stage.live(|disk| disk.full_at(Some(at)), &mut codes).await;
            wrong.extend(found.into_iter().map(|w| format!("{at}: {w}")));
            attempts += 1;
        }
        expect("phone, disk full", attempts, &codes, &wrong, FULL);
    });
}

#[test]
fn a_disk_error_at_every_operation_once_or_for_good_loses_nothing() {
    run(async {
        let stage = Stage::set().await;
        let (operations, _) = stage.measure().await;
        let (mut codes, mut wrong, mut attempts) = (BTreeMap::new(), Vec::new(), 0);
        let every = (EVERY / times()).max(1);
        for at in (1 + seed() % every..=operations).step_by(every as usize) {
            for how in [Broken::Once, Broken::ForGood] {
                let found = stage
                    .live(|disk| disk.io_error_at(Some((at, how))), &mut codes)
                    .await;
                wrong.extend(found.into_iter().map(|w| format!("{at} {how:?}: {w}")));
                attempts += 1;
            }
        }
        expect("phone, disk error", attempts, &codes, &wrong, BROKEN);
    });
}

#[test]
fn control_a_saved_answer_that_is_not_there_is_seen() {
    run(async {
        let stage = Stage::set().await;
        let disk = Disk::holding(stage.start.clone(), 0);
        let office = stage.office().await;
        let office = Watched::new(&office, &disk);
        let mut tour = Tour::on(disk, &office);
        tour.go(Step::Open(0)).await.unwrap();
        tour.go(Step::Photo(1)).await.unwrap();
        tour.book
            .note(0, Some(0), What::Issue(Some(Uuid::from_u128(1))));
        let lost = tour
            .book
            .lost(&mut tour.phone.take().unwrap(), usize::MAX)
            .unwrap();
        assert_eq!(lost.len(), 1, "{lost:?}");
    });
}

#[test]
fn scores_are_saved_where_photos_no_longer_fit() {
    run(async {
        let stage = Stage::set().await;
        let disk = Disk::holding(stage.start.clone(), 0);
        let office = stage.office().await;
        let office = Watched::new(&office, &disk);
        let mut tour = Tour::on(disk.clone(), &office);
        tour.go(Step::Open(0)).await.unwrap();
        let size = |image: Image| -> usize {
            image
                .names()
                .iter()
                .map(|n| image.bytes(n).unwrap().len())
                .sum()
        };
        // Room for answers, not for a picture.
        let before = size(disk.snapshot());
        tour.go(Step::Photo(1)).await.unwrap();
        let picture = size(disk.snapshot()) - before;
        disk.capacity(Some(size(disk.snapshot()) + picture / 2));
        let error = tour.go(Step::Photo(2)).await.unwrap_err();
        assert_eq!(error.code(), "disk_full", "{error:?}");
        println!("told: {} / {}", error.zh(), error.en());
        let mut saved = 0;
        let mut refused = None;
        while saved < 1 && refused.is_none() {
            refused = tour.go(Step::Answer(saved, 0)).await.err();
            saved += usize::from(refused.is_none());
        }
        assert_eq!(saved, 1, "{refused:?}: a photo takes {picture} bytes");
        disk.capacity(None);
        tour.go(Step::Photo(2)).await.unwrap();
        let wrong = afterwards(tour).await;
        assert!(wrong.is_empty(), "{wrong:?}");
    });
}

#[test]
fn a_read_only_disk_is_told_in_plain_words() {
    run(async {
        let stage = Stage::set().await;
        let disk = Disk::holding(stage.start.clone(), 0);
        disk.read_only(true);
        let error = phone(&disk, 1).err().unwrap();
        // A write-ahead log cannot even be opened to be read.
        assert_eq!(error.code(), "disk_error", "{error:?}");
        println!("told: {} / {}", error.zh(), error.en());
        disk.read_only(false);
        let office = stage.office().await;
        let office = Watched::new(&office, &disk);
        let mut tour = Tour::on(disk.clone(), &office);
        tour.go(Step::Open(0)).await.unwrap();
        tour.go(Step::Answer(0, 0)).await.unwrap();
        disk.read_only(true);
        for step in [Step::Answer(1, 0), Step::Photo(1), Step::Idle] {
            let error = tour.go(step).await.unwrap_err();
            assert_eq!(error.code(), "read_only", "{step:?}: {error:?}");
        }
        disk.read_only(false);
        let wrong = afterwards(tour).await;
        assert!(wrong.is_empty(), "{wrong:?}");
    });
}
