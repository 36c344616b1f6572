//! The server's disk full or broken at any operation while it starts and a phone sends what it wrote.
//!
//! Looked for after each: no panic, an answer with a stable code, a whole database, nothing the phone was told is held
//! and is not, and a server that goes on once the trouble is over. The control is a server that lost a segment.

mod common;

use std::collections::BTreeMap;

use common::tour::{Step, Tour, Watched};
use common::{DATABASE, Office, look, office, phone, seed, times, tour};
use crash::{Broken, Disk, Image};

/// One in so many operations breaks in the usual run; `CRASH_TIMES=4` breaks each.
const EVERY: u64 = 4;

/// An office, and a phone with something to send, each as a disk to begin from.
struct Stage {
    office: Image,
    phone: Image,
}

impl Stage {
    async fn set() -> Self {
        let (office, people) = Office::start().await;
        let disk = Disk::holding(tour::enrolled(&office, people[0]).await, 0);
        let watched = Watched::new(&office, &disk);
        let mut tour = Tour::on(disk.clone(), &watched);
        tour.go(Step::Open(0)).await.unwrap();
        for line in 0..7 {
            tour.go(Step::Answer(line, 0)).await.unwrap();
        }
        tour.go(Step::Issue).await.unwrap();
        drop(tour);
        Self {
            office: office.image(),
            phone: disk.snapshot(),
        }
    }

    /// Starts the server on a disk with a fault and syncs; then without it. Errors are counted by code.
    async fn live(&self, set: impl Fn(&Disk), codes: &mut BTreeMap<String, u64>) -> Vec<String> {
        let disk = Disk::holding(self.office.clone(), seed());
        set(&disk);
        let mut count = |code: &str| *codes.entry(code.to_owned()).or_default() += 1;
        let mut phone = phone(&Disk::holding(self.phone.clone(), 0), 50).unwrap();
        let opened = office::open(&disk).await;
        let mut running = None;
        match opened {
            Err(error) => count(error.code()),
            Ok(office) => {
                if let Err(error) = phone.sync(&office, &mut |_| {}).await {
                    count(error.code());
                }
                running = Some(office);
            }
        }
        let acked = phone.status().unwrap().unsent_changes == 0;
        disk.full_at(None);
        disk.io_error_at(None);
        let mut wrong = Vec::new();
        // The same server goes on; one that could not start is started.
        let office = match running {
            Some(office) => office,
            None => office::open(&disk).await.unwrap(),
        };
        match phone.sync(&office, &mut |_| {}).await {
            Ok(report) if report.agreed.agreed && !report.forked => {}
            other => wrong.push(format!("does not go on: {other:?}")),
        }
        let unsent = phone.status().unwrap().unsent_changes;
        wrong
            .extend((unsent > 0).then(|| format!("{unsent} unsent, acknowledged before: {acked}")));
        drop(office);
        wrong.extend(look::fingerprint(&disk).err());
        wrong.extend(self.missing(&disk));
        wrong
    }

    /// What of the phone's changes the server's database does not have.
    fn missing(&self, disk: &Disk) -> Option<String> {
        let conn = rusqlite::Connection::open(disk.uri(DATABASE)).unwrap();
        let sql = "SELECT count(*) FROM cells c JOIN names n ON n.no = c.field WHERE n.name LIKE 'answer/%'";
        let answers: i64 = conn.query_row(sql, [], |r| r.get(0)).unwrap();
        (answers != 7).then(|| format!("{answers} of 7 answers are there"))
    }

    /// Operations and changes of an undisturbed run.
    async fn measure(&self) -> (u64, u64) {
        let disk = Disk::holding(self.office.clone(), 0);
        let office = office::open(&disk).await.unwrap();
        let mut phone = phone(&Disk::holding(self.phone.clone(), 0), 50).unwrap();
        phone.sync(&office, &mut |_| {}).await.unwrap();
        (disk.counts().operations, disk.counts().changes)
    }
}

fn run<F: Future>(work: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

fn expect(what: &str, attempts: u64, codes: &BTreeMap<String, u64>, wrong: &[String]) {
    println!(
        "{what}: seed {}, {attempts} attempts, errors {codes:?}, {} wrong",
        seed(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{:?}", &wrong[..wrong.len().min(5)]);
    let told: u64 = codes.values().sum();
    assert!(attempts > 10 && told > attempts / 3, "{codes:?}");
}

#[test]
fn a_full_disk_of_the_server_at_every_change_loses_nothing() {
    run(async {
        let stage = Stage::set().await;
        let (_, changes) = stage.measure().await;
        let (mut codes, mut wrong, mut attempts) = (BTreeMap::new(), Vec::new(), 0);
        for at in 1..=changes {
            let found = stage.live(|disk| disk.full_at(Some(at)), &mut codes).await;
            wrong.extend(found.into_iter().map(|w| format!("{at}: {w}")));
            attempts += 1;
        }
        expect("server, disk full", attempts, &codes, &wrong);
        // Whoever starts it and whoever syncs is told what it is, and nobody that it is something else.
        let told = codes.get("server_full").copied().unwrap_or(0);
        assert!(told > attempts / 3, "{codes:?}");
        assert_eq!(codes.get("internal"), None, "{codes:?}");
    });
}

#[test]
fn a_broken_disk_of_the_server_at_every_operation_loses_nothing() {
    run(async {
        let stage = Stage::set().await;
        let (operations, _) = stage.measure().await;
        let (mut codes, mut wrong, mut attempts) = (BTreeMap::new(), Vec::new(), 0);
        let every = (EVERY / times()).max(1);
        for at in (1 + seed() % every..=operations).step_by(every as usize) {
            for how in [Broken::Once, Broken::ForGood] {
                let set = |disk: &Disk| disk.io_error_at(Some((at, how)));
                let found = stage.live(set, &mut codes).await;
                wrong.extend(found.into_iter().map(|w| format!("{at} {how:?}: {w}")));
                attempts += 1;
            }
        }
        expect("server, disk error", attempts, &codes, &wrong);
    });
}

#[test]
fn a_full_or_read_only_server_tells_the_phone_that_its_work_is_safe() {
    run(async {
        let stage = Stage::set().await;
        for (code, status, set) in [
            (
                "server_full",
                507,
                (|d: &Disk| d.full_at(Some(1))) as fn(&Disk),
            ),
            ("server_read_only", 503, |d: &Disk| d.read_only(true)),
        ] {
            let disk = Disk::holding(stage.office.clone(), 0);
            let office = office::open(&disk).await.unwrap();
            let mut phone = phone(&Disk::holding(stage.phone.clone(), 0), 50).unwrap();
            set(&disk);
            let error = phone.sync(&office, &mut |_| {}).await.unwrap_err();
            let mobile_core::Error::Server { problem } = &error else {
                panic!("{error:?}");
            };
            assert_eq!((problem.code.as_str(), problem.status), (code, status));
            assert!(error.zh().contains("手机上的内容都安全"), "{}", error.zh());
            assert!(error.en().contains("safe on the phone"), "{}", error.en());
            assert!(phone.status().unwrap().unsent_changes > 0);
            disk.full_at(None);
            disk.read_only(false);
            let report = phone.sync(&office, &mut |_| {}).await.unwrap();
            assert!(report.agreed.agreed);
            assert_eq!(phone.status().unwrap().unsent_changes, 0);
        }
    });
}

#[test]
fn control_a_server_without_the_phones_changes_is_seen() {
    run(async {
        let stage = Stage::set().await;
        assert!(
            stage
                .missing(&Disk::holding(stage.office.clone(), 0))
                .is_some()
        );
    });
}
