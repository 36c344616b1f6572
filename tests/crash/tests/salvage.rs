//! A phone's database damaged at every page, its log cut and garbled, and what a salvage brings to the office.
//!
//! Looked for after each: no panic; opened with everything as it was, or refused as damaged; after the salvage and a sync a
//! second phone of the same person is shown everything the first one had said was saved. The control is a salvage that does
//! not read own changes.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use common::{MORNING, Office, office, phone, seed, times, tour};
use crash::{Disk, Image, Random};
use mobile_core::photos::generate::TestPhoto;
use mobile_core::{
    Answer, Error, Failure, Form, Mark, NewIssue, PhotoMeta, PhotoTarget, Ports, Replica,
    SalvageStep, SeededEntropy, SiteFilter, SteppedClock, Transport, TransportFuture,
    TransportRequest, salvage, salvage_without_own,
};
use tempfile::TempDir;
use uuid::Uuid;

const PAGE: usize = 4096;

fn ports(turn: u64) -> Ports {
    Ports {
        clock: Arc::new(SteppedClock::new(MORNING + 60_000 * turn as i64, 7)),
        entropy: Arc::new(SeededEntropy::new(turn)),
    }
}

fn run<F: Future>(work: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

/// A place without a network.
struct Deaf;

impl Transport for Deaf {
    fn send(&self, _: TransportRequest) -> TransportFuture<'_> {
        let answer = Err(Failure::Unreachable("no network".into()));
        Box::pin(std::future::ready(answer))
    }
}

/// What the person was told was saved.
#[derive(Clone, Default)]
struct Book {
    answers: BTreeMap<(Uuid, String), Answer>,
    photos: Vec<(Uuid, Uuid)>,
    issues: Vec<Uuid>,
    /// How many of them since the last sync.
    unsent: usize,
}

impl Book {
    /// What of it a phone does not show. `bytes`: the photos' files must be there, too.
    fn lost(&self, phone: &mut Replica, bytes: bool) -> Result<Vec<String>, Error> {
        let mut lost = Vec::new();
        for ((sheet, line), answer) in &self.answers {
            let view = phone.sheet(*sheet)?;
            let found = view.lines.iter().find(|l| l.item.id == *line);
            let found = found.ok_or_else(|| format!("no line {line}"));
            match found.map(|l| (l.answer.as_ref() == Some(answer), l.siblings.len())) {
                Ok((true, 0)) => {}
                other => lost.push(format!("{sheet} {line}: {other:?}")),
            }
        }
        for (sheet, id) in &self.photos {
            let shown = phone.photos(PhotoTarget::Sheet(*sheet))?;
            let there = shown.iter().any(|p| p.id == *id);
            let there = there && (!bytes || phone.photo_bytes(*id)?.is_some());
            lost.extend((!there).then(|| format!("photo {id}")));
        }
        let issues = phone.issues()?;
        for id in &self.issues {
            let there = issues.iter().any(|i| i.id == *id);
            lost.extend((!there).then(|| format!("issue {id}")));
        }
        Ok(lost)
    }
}

/// A phone at work: what it does is in the book once it says so.
struct Person<'a> {
    phone: &'a mut Replica,
    book: &'a mut Book,
}

impl Person<'_> {
    fn open(&mut self, nth: usize) -> Uuid {
        let site = self.phone.sites(&SiteFilter::default()).unwrap()[nth].id;
        self.phone.open_sheet(site, Form::Quick).unwrap()
    }

    fn answer(&mut self, sheet: Uuid, nth: usize, less: i64, note: Option<String>) {
        let lines = self.phone.sheet(sheet).unwrap().lines;
        let line = lines[nth % lines.len()].item.clone();
        let answer = Answer {
            note,
            ..Answer::from(Mark::Points((line.max_e4 - 5_000 * less).max(0)))
        };
        self.phone.answer(sheet, &line.id, answer.clone()).unwrap();
        self.book.answers.insert((sheet, line.id), answer);
        self.book.unsent += 1;
    }

    fn photo(&mut self, sheet: Uuid, n: u64) {
        let jpeg = TestPhoto {
            width: 160,
            height: 120,
            ..TestPhoto::new(n)
        };
        let target = PhotoTarget::Sheet(sheet);
        let meta = PhotoMeta::default();
        let id = self.phone.attach_photo(target, None, &jpeg.jpeg(), meta);
        self.book.photos.push((sheet, id.unwrap()));
        self.book.unsent += 1;
    }

    fn issue(&mut self, n: usize) {
        let issue = NewIssue {
            place: "村口".into(),
            category: "exposed_garbage".into(),
            description: format!("沟边垃圾{n}"),
            ..NewIssue::default()
        };
        self.book.issues.push(self.phone.log_issue(issue).unwrap());
        self.book.unsent += 1;
    }
}

/// An office, a phone with work in its database and in its log, and a second phone of the same person.
struct Stage {
    office: Image,
    folder: TempDir,
    /// The same with nothing in the log.
    settled: TempDir,
    second: Image,
    book: Book,
    /// As it was when nothing was in the log.
    settled_book: Book,
}

/// Copies a phone's folder as a killed process leaves it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

impl Stage {
    async fn set() -> Self {
        let (office, people) = Office::start().await;
        let second = tour::enrolled(&office, people[0]).await;
        let live = TempDir::new().unwrap();
        let mut phone = Replica::open(live.path(), ports(1)).unwrap();
        let code = office.code(people[0]).await;
        phone.enrol(&office, &code, "测试机").await.unwrap();
        phone.sync(&office, &mut |_| {}).await.unwrap();
        let mut book = Book::default();
        let mut me = Person {
            phone: &mut phone,
            book: &mut book,
        };
        let first = me.open(0);
        (0..8).for_each(|n| me.answer(first, n, 0, None));
        me.photo(first, 1);
        me.issue(0);
        phone.sync(&office, &mut |_| {}).await.unwrap();
        book.unsent = 0;
        let mut me = Person {
            phone: &mut phone,
            book: &mut book,
        };
        let lines = me.phone.sheet(first).unwrap().lines.len();
        // Values the office has are replaced, some twice; one note is longer than a page.
        for round in 1..6 {
            (0..lines).for_each(|n| me.answer(first, n, round, None));
        }
        me.answer(first, 1, 1, Some("墙根有建筑垃圾。".repeat(220)));
        // Sealed for a sync that never got through.
        let error = me.phone.sync(&Deaf, &mut |_| {}).await.unwrap_err();
        assert_eq!(error.code(), "network");
        (3..6).for_each(|n| me.answer(first, n, 6, None));
        me.photo(first, 2);
        me.issue(1);
        let next = me.open(1);
        (0..12).for_each(|n| me.answer(next, n, 1, None));
        me.phone.idle().unwrap();
        let settled = TempDir::new().unwrap();
        copy(live.path(), settled.path());
        let settled_book = me.book.clone();
        for n in 0..12 {
            me.answer(next, n, 2, Some(format!("第{n}项")));
        }
        me.photo(next, 3);
        me.issue(2);
        let book = book.clone();
        let folder = TempDir::new().unwrap();
        copy(live.path(), folder.path());
        Self {
            office: office.image(),
            folder,
            settled,
            second,
            book,
            settled_book,
        }
    }

    /// The folder again, to be damaged.
    fn phone(&self) -> TempDir {
        let dir = TempDir::new().unwrap();
        copy(self.folder.path(), dir.path());
        dir
    }
}

/// One in so many cuts in the usual run; `CRASH_TIMES=4` makes each.
fn every() -> usize {
    4_usize
        .div_ceil(usize::try_from(times()).unwrap_or(4))
        .max(1)
}

/// What came of one damage.
#[derive(Default)]
struct Tally {
    attempts: u64,
    refused: u64,
    met_later: u64,
    found_by_check: u64,
    unharmed: u64,
    saved: u64,
    reissued: u64,
    unreadable: u64,
    wrong: Vec<String>,
}

fn is_damage(error: &Error) -> bool {
    error.code() == "database_damaged" && !error.zh().is_empty() && !error.en().is_empty()
}

impl Tally {
    /// Opens a damaged folder; true if it is to be salvaged.
    fn open(&mut self, what: &str, dir: &Path, book: &Book) -> bool {
        let mut phone = match Replica::open(dir, ports(500)) {
            Ok(phone) => phone,
            Err(error) if is_damage(&error) => {
                self.refused += 1;
                return true;
            }
            Err(error) => {
                self.wrong.push(format!("{what}: opening: {error:?}"));
                return false;
            }
        };
        match book.lost(&mut phone, false) {
            Ok(lost) if lost.is_empty() => {}
            Ok(lost) => {
                let first = &lost[0];
                let n = lost.len();
                self.wrong
                    .push(format!("{what}: silently shows {n} wrong: {first}"));
            }
            Err(error) if is_damage(&error) => {
                self.met_later += 1;
                return true;
            }
            Err(error) => self.wrong.push(format!("{what}: looking: {error:?}")),
        }
        match phone.check() {
            Ok(report) if report.is_whole() => {
                self.unharmed += 1;
                false
            }
            Ok(_) => {
                self.found_by_check += 1;
                true
            }
            Err(error) => {
                self.wrong.push(format!("{what}: checking: {error:?}"));
                false
            }
        }
    }

    /// Opens, salvages, syncs, and looks with the second phone.
    async fn attempt(&mut self, stage: &Stage, what: &str, dir: &Path) {
        self.attempts += 1;
        if self.open(what, dir, &stage.book) {
            match salvage(dir, ports(600), &mut |_| {}) {
                Ok(report) => {
                    self.saved += report.saved;
                    self.reissued += report.reissued;
                    self.unreadable += report.unreadable;
                }
                Err(error) => {
                    self.wrong.push(format!("{what}: salvaging: {error:?}"));
                    return;
                }
            }
        }
        let lost = arrived(stage, dir, &stage.book).await;
        self.wrong
            .extend(lost.into_iter().map(|lost| format!("{what}: {lost}")));
    }

    fn expect(&self, what: &str) {
        println!(
            "{what}: seed {}, {} attempts, {} refused at opening, {} met later, {} found by the check, {} unharmed; \
             saved {}, of these written again {}, unreadable {}; {} wrong",
            seed(),
            self.attempts,
            self.refused,
            self.met_later,
            self.found_by_check,
            self.unharmed,
            self.saved,
            self.reissued,
            self.unreadable,
            self.wrong.len()
        );
        assert!(
            self.wrong.is_empty(),
            "{:#?}",
            &self.wrong[..self.wrong.len().min(8)]
        );
        assert!(self.attempts > self.unharmed && self.saved > 0);
    }
}

/// Syncs the phone, then the second one; what of the book that one is not shown.
async fn arrived(stage: &Stage, dir: &Path, book: &Book) -> Vec<String> {
    let office = office::open(&Disk::holding(stage.office.clone(), 0))
        .await
        .unwrap();
    let mut wrong = Vec::new();
    match Replica::open(dir, ports(700)) {
        Err(error) => return vec![format!("opening again: {error:?}")],
        Ok(mut phone) => {
            match phone.sync(&office, &mut |_| {}).await {
                Ok(report) if report.agreed.agreed => {}
                other => wrong.push(format!("does not sync: {other:?}")),
            }
            match phone.status() {
                Ok(s) if s.unsent_changes == 0 && s.photo_bytes_to_send == 0 => {}
                other => wrong.push(format!("unsent: {:?}", other.map(|s| s.unsent_changes))),
            }
            match phone.check() {
                Ok(report) if report.is_whole() => {}
                other => wrong.push(format!("not whole afterwards: {other:?}")),
            }
        }
    }
    let mut second = phone(&Disk::holding(stage.second.clone(), 0), 800).unwrap();
    match second.sync(&office, &mut |_| {}).await {
        Ok(report) if report.agreed.agreed => {}
        other => wrong.push(format!("the second phone does not sync: {other:?}")),
    }
    match book.lost(&mut second, false) {
        Ok(lost) => wrong.extend(lost.into_iter().map(|l| format!("not at the office: {l}"))),
        Err(error) => wrong.push(format!("looking at the office's: {error:?}")),
    }
    wrong
}

fn database(dir: &Path) -> PathBuf {
    dir.join("phone.db")
}

/// Changes a file's bytes.
fn change(path: &Path, work: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    work(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn noise(random: &mut Random, bytes: &mut [u8]) {
    for b in bytes {
        *b = random.below(256) as u8;
    }
}

/// Overwrites each page in one of three ways.
async fn every_page(what: &str, stage: &Stage, from: &Path) {
    let pages = fs::metadata(database(from)).unwrap().len() as usize / PAGE;
    let mut random = Random::new(seed());
    let mut tally = Tally::default();
    for page in 0..pages {
        for (way, how) in ["random bytes", "zeros", "half random"]
            .into_iter()
            .enumerate()
        {
            // In the usual run each page in one way, each way at every third page; `CRASH_TIMES=3` does all.
            if times() < 3 && (page + way) % 3 != 0 {
                continue;
            }
            let dir = TempDir::new().unwrap();
            copy(from, dir.path());
            change(&database(dir.path()), |bytes| {
                let page = &mut bytes[page * PAGE..(page + 1) * PAGE];
                match how {
                    "zeros" => page.fill(0),
                    "half random" => noise(&mut random, &mut page[PAGE / 2..]),
                    _ => noise(&mut random, page),
                }
            });
            let what = format!("page {} {how}", page + 1);
            tally.attempt(stage, &what, dir.path()).await;
        }
    }
    tally.expect(what);
    assert!(pages > 40, "{pages} pages");
}

#[test]
fn a_database_damaged_at_any_page_loses_nothing() {
    run(async {
        let stage = Stage::set().await;
        assert!(stage.book.unsent > 50, "{}", stage.book.unsent);
        every_page("every page, with a log", &stage, stage.folder.path()).await;
    });
}

#[test]
fn a_database_without_a_log_damaged_at_any_page_loses_nothing() {
    run(async {
        let stage = Stage::set().await;
        let stage = Stage {
            book: stage.settled_book.clone(),
            ..stage
        };
        every_page("every page, no log", &stage, stage.settled.path()).await;
    });
}

/// A file cut off is a loss of its own: what was only there is gone. What is left must arrive, and the rest be told.
#[test]
fn a_database_cut_off_anywhere_is_refused_and_what_is_left_arrives() {
    run(async {
        let stage = Stage::set().await;
        let pages = fs::metadata(database(stage.folder.path())).unwrap().len() as usize / PAGE;
        let (mut attempts, mut whole, mut told) = (0, 0, 0);
        let lengths = (0..pages).flat_map(|n| [n * PAGE, n * PAGE + 1_000]);
        for length in lengths.step_by(every()) {
            let dir = stage.phone();
            change(&database(dir.path()), |bytes| bytes.truncate(length));
            let error = Replica::open(dir.path(), ports(500)).err().unwrap();
            assert!(is_damage(&error), "{length}: {error:?}");
            let report = salvage(dir.path(), ports(600), &mut |_| {}).unwrap();
            let lost = arrived(&stage, dir.path(), &stage.book).await;
            // Nothing may be wrong but that something is missing.
            let missing = |l: &String| {
                l.contains("not at the office") || l.contains("at the office's: Refused")
            };
            assert!(lost.iter().all(missing), "{length}: {lost:#?}");
            attempts += 1;
            whole += u64::from(lost.is_empty());
            told += u64::from(!lost.is_empty());
            assert!(
                lost.is_empty() || report.unreadable + report.pages_lost > 0,
                "{length}: {report:?}"
            );
        }
        println!("cut off: {attempts} attempts, {whole} lost nothing, {told} told of a loss");
        assert!(attempts > 20 && whole > 0 && told > 10);
    });
}

/// Where the frames of a log begin; each has a page.
fn frames(dir: &Path) -> Vec<usize> {
    let length = fs::metadata(dir.join("phone.db-wal")).unwrap().len() as usize;
    (32..length.saturating_sub(24 + PAGE))
        .step_by(24 + PAGE)
        .collect()
}

#[test]
fn a_log_garbled_at_any_frame_is_refused_and_loses_nothing() {
    run(async {
        let stage = Stage::set().await;
        let mut random = Random::new(seed());
        let mut tally = Tally::default();
        let mut nth = 0;
        let salt = fs::read(stage.folder.path().join("phone.db-wal")).unwrap()[16..24].to_vec();
        for at in frames(stage.folder.path()) {
            let log = fs::read(stage.folder.path().join("phone.db-wal")).unwrap();
            if log[at + 8..at + 16] != salt[..] {
                // Room that was made and not used yet.
                break;
            }
            nth += 1;
            let ways = [
                ("header", 0, 24),
                ("page", 24, 24 + PAGE),
                ("a few bytes", 400, 420),
            ];
            for (way, (how, from, to)) in ways.into_iter().enumerate() {
                if times() < 3 && (nth + way) % 3 != 0 {
                    continue;
                }
                let dir = stage.phone();
                change(&dir.path().join("phone.db-wal"), |bytes| {
                    noise(&mut random, &mut bytes[at + from..at + to]);
                });
                let what = format!("frame at {at}, {how}");
                let before = tally.refused;
                tally.attempt(&stage, &what, dir.path()).await;
                assert_eq!(tally.refused, before + 1, "{what}: not refused");
            }
        }
        tally.expect("log, every frame");
        assert!(tally.attempts > 30);
    });
}

#[test]
fn a_log_without_its_beginning_is_refused_and_loses_nothing() {
    run(async {
        let stage = Stage::set().await;
        let mut random = Random::new(seed());
        let mut tally = Tally::default();
        for at in (0..32).step_by(every()) {
            let dir = stage.phone();
            change(&dir.path().join("phone.db-wal"), |bytes| {
                let old = bytes[at];
                while bytes[at] == old {
                    noise(&mut random, &mut bytes[at..=at]);
                }
            });
            tally
                .attempt(&stage, &format!("header, byte {at}"), dir.path())
                .await;
        }
        assert_eq!(tally.refused, tally.attempts);
        tally.expect("log, header");
    });
}

/// What was only in a part of the log that is gone cannot be had back; the phone must not act as if all were well.
#[test]
fn a_log_cut_off_anywhere_is_refused_and_what_is_left_arrives() {
    run(async {
        let stage = Stage::set().await;
        let (mut attempts, mut whole) = (0, 0);
        let mut lengths = frames(stage.folder.path());
        let log = fs::read(stage.folder.path().join("phone.db-wal")).unwrap();
        lengths.retain(|at| log[at + 8..at + 16] == log[16..24]);
        let cuts = lengths.iter().flat_map(|at| [*at, at + 2_000]);
        for length in [0, 31].into_iter().chain(cuts.step_by(every())) {
            let dir = stage.phone();
            change(&dir.path().join("phone.db-wal"), |bytes| {
                bytes.truncate(length)
            });
            let error = Replica::open(dir.path(), ports(500)).err();
            assert!(error.as_ref().is_some_and(is_damage), "{length}: {error:?}");
            salvage(dir.path(), ports(600), &mut |_| {}).unwrap();
            let lost = arrived(&stage, dir.path(), &stage.settled_book).await;
            // All that was in the database before the log began is there, or a later value of it.
            let older =
                |l: &String| !l.contains("not at the office") || l.contains("Ok((false, 0))");
            assert!(lost.iter().all(older), "{length}: {lost:#?}");
            attempts += 1;
            whole += u64::from(lost.is_empty());
        }
        println!("log cut off: {attempts} attempts, {whole} show exactly what was in the database");
        assert!(attempts > 15);
    });
}

#[test]
fn control_a_salvage_that_reads_no_own_changes_is_seen() {
    run(async {
        let stage = Stage::set().await;
        let dir = stage.phone();
        change(&database(dir.path()), |bytes| {
            bytes[PAGE * 3..PAGE * 4].fill(0)
        });
        salvage_without_own(dir.path(), ports(600)).unwrap();
        let lost = arrived(&stage, dir.path(), &stage.book).await;
        println!("control: {} wrong, first: {:?}", lost.len(), lost.first());
        assert!(!lost.is_empty());
    });
}

#[test]
fn a_whole_phone_is_not_salvaged() {
    run(async {
        let stage = Stage::set().await;
        for from in [&stage.folder, &stage.settled] {
            let dir = TempDir::new().unwrap();
            copy(from.path(), dir.path());
            let error = salvage(dir.path(), ports(600), &mut |_| {}).unwrap_err();
            assert_eq!(error.code(), "not_damaged");
            assert!(
                error.zh().contains("没有做任何改动") && error.en().contains("nothing was changed")
            );
            let names = fs::read_dir(dir.path()).unwrap();
            let names = names.map(|e| e.unwrap().file_name().into_string().unwrap());
            assert!(names.into_iter().all(|n| !n.starts_with("damaged")));
        }
    });
}

#[test]
fn a_second_salvage_leaves_the_first_copy_as_it_is() {
    run(async {
        let stage = Stage::set().await;
        let dir = stage.phone();
        let ruin = |dir: &Path| change(&database(dir), |bytes| bytes[..PAGE].fill(0));
        let mut copies = Vec::new();
        for _ in 0..3 {
            // Everything is in the database, so its first page is nowhere else.
            drop(fs::remove_file(dir.path().join("phone.db-shm")));
            ruin(dir.path());
            fs::remove_file(dir.path().join("phone.db-wal")).ok();
            // The clock stands still: the same second.
            let report = salvage(dir.path(), ports(600), &mut |_| {}).unwrap();
            let bytes = fs::read(report.copy.join("phone.db")).unwrap();
            assert!(bytes[..PAGE].iter().all(|b| *b == 0));
            assert!(report.copy.join("report.json").is_file());
            copies.push((report.copy, bytes));
        }
        for (path, bytes) in &copies {
            assert_eq!(fs::read(path.join("phone.db")).unwrap(), *bytes);
        }
        assert_ne!(copies[0].0, copies[1].0);
        let lost = arrived(&stage, dir.path(), &stage.settled_book).await;
        assert!(lost.is_empty(), "{lost:#?}");
    });
}

#[test]
fn a_phone_that_does_not_say_whose_it_is_is_left_as_it_is() {
    run(async {
        let stage = Stage::set().await;
        let dir = stage.phone();
        fs::remove_file(dir.path().join("identity")).unwrap();
        for name in ["phone.db", "phone.db-wal"] {
            change(&dir.path().join(name), |bytes| {
                noise(&mut Random::new(1), bytes)
            });
        }
        let before = fs::read(database(dir.path())).unwrap();
        let error = salvage(dir.path(), ports(600), &mut |_| {}).unwrap_err();
        assert_eq!(error.code(), "identity_lost");
        assert_eq!(fs::read(database(dir.path())).unwrap(), before);
    });
}

#[test]
fn an_empty_file_in_place_of_the_database_is_no_new_phone() {
    run(async {
        let stage = Stage::set().await;
        for gone in [false, true] {
            let dir = stage.phone();
            for name in ["phone.db-wal", "phone.db-shm"] {
                fs::remove_file(dir.path().join(name)).unwrap();
            }
            fs::write(database(dir.path()), b"").unwrap();
            if gone {
                fs::remove_file(database(dir.path())).unwrap();
            }
            let error = Replica::open(dir.path(), ports(500)).err().unwrap();
            assert!(is_damage(&error), "{error:?}");
            // Nothing can be read, but who it is: what the server held comes back.
            let report = salvage(dir.path(), ports(600), &mut |_| {}).unwrap();
            assert!(report.identity_from_file && report.saved == 0);
            assert!(!report.loose_files.is_empty());
            let mut phone = Replica::open(dir.path(), ports(700)).unwrap();
            let office = office::open(&Disk::holding(stage.office.clone(), 0))
                .await
                .unwrap();
            assert!(
                phone
                    .sync(&office, &mut |_| {})
                    .await
                    .unwrap()
                    .agreed
                    .agreed
            );
            assert!(!phone.sites(&SiteFilter::default()).unwrap().is_empty());
        }
    });
}

/// The process the next test kills; by itself it does nothing.
#[test]
fn child_salvages_until_it_is_killed() {
    let (Ok(dir), Ok(stop)) = (std::env::var("SALVAGE_DIR"), std::env::var("SALVAGE_STOP")) else {
        return;
    };
    let stop: usize = stop.parse().unwrap();
    let mut steps = 0;
    let mut tell = |step: SalvageStep| {
        steps += 1;
        if steps == stop {
            println!("\nat {step:?}");
            std::io::stdout().flush().unwrap();
            loop {
                std::thread::park();
            }
        }
    };
    salvage(Path::new(&dir), ports(600), &mut tell).unwrap();
    println!("\nthrough");
}

/// Starts a salvage in another process and kills it at a step; what step it was, or none if it came through.
fn kill_at(dir: &Path, stop: usize) -> Option<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "child_salvages_until_it_is_killed",
            "--nocapture",
        ])
        .env("SALVAGE_DIR", dir)
        .env("SALVAGE_STOP", stop.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = lines.map_while(Result::ok);
    let mut said = lines.filter(|l| l == "through" || l.starts_with("at "));
    let said = said.next().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    said.strip_prefix("at ").map(str::to_owned)
}

#[test]
fn a_salvage_killed_at_any_step_is_finished_by_the_next() {
    run(async {
        let stage = Stage::set().await;
        let mut killed = Vec::new();
        loop {
            let dir = stage.phone();
            let at = frames(dir.path())[0] + 100;
            change(&dir.path().join("phone.db-wal"), |bytes| bytes[at] ^= 0xff);
            change(&database(dir.path()), |bytes| {
                bytes[PAGE * 2..PAGE * 3].fill(0)
            });
            let Some(step) = kill_at(dir.path(), killed.len() + 1) else {
                break;
            };
            let opened = Replica::open(dir.path(), ports(500)).map(drop);
            if step == "Done" {
                opened.unwrap();
            } else {
                assert!(opened.is_err_and(|e| is_damage(&e)), "{step}");
                // A kill while it builds leaves half a database.
                fs::write(dir.path().join("phone.db.new-wal"), [7; 5_000]).unwrap();
                let report = salvage(dir.path(), ports(600), &mut |_| {}).unwrap();
                assert!(report.saved > 50, "{step}: {report:?}");
            }
            let lost = arrived(&stage, dir.path(), &stage.book).await;
            assert!(lost.is_empty(), "{step}: {lost:#?}");
            killed.push(step);
        }
        println!("killed at {killed:?}");
        assert_eq!(killed.len(), 8, "{killed:?}");
    });
}
