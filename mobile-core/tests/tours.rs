//! Random tours: phones answer, lose connections, are cloned and restored; the server is restored from backups. At the
//! end everything must agree and every value that was told to be saved must be in the server's history. What only one
//! place held is lost with it, so a phone and the server are not restored before the other is healed.
//!
//! `GUANMO_TOURS=200` runs more seeds; a failing seed is printed.

mod common;

use std::collections::HashMap;

use common::office::*;
use common::phones::*;
use common::{Fate, Net};
use mobile_core::{Error, Form, Mark, Replica, SyncOptions};
use protocol::{Scope, ids};
use uuid::Uuid;

/// A small generator of numbers: the tour depends on the seed only.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// What was told to be saved: record, field, value as debug text.
type Told = (Uuid, String, String);

struct Phone {
    folder: Folder,
    replica: Option<Replica>,
    told: Vec<Told>,
    /// How much of `told` was in the backup, and the backup.
    backup: Option<(Folder, usize)>,
    /// How much of `told` the server acknowledged at some time.
    safe: usize,
    /// It synced to the end since it, and since the server, was last restored.
    healed: bool,
    seed: u64,
}

impl Phone {
    fn replica(&mut self) -> &mut Replica {
        let (folder, seed) = (&self.folder, self.seed);
        self.replica.get_or_insert_with(|| open(folder, seed))
    }
}

struct Tour {
    net: Net,
    phones: Vec<Phone>,
    dice: Dice,
    backup: Option<tempfile::TempDir>,
    /// What happened: clones, restored phones, restored servers, forks.
    seen: [u32; 4],
}

const FIELDS: [&str; 4] = ["code", "name", "contact", "remark"];
const SITES: [Uuid; 3] = [VILLAGE, MARKET, HOUSEHOLD];

impl Tour {
    fn begin(seed: u64) -> Self {
        let net = server(false);
        let mut phones = Vec::new();
        for (i, code) in ["2", "2b", "3", "3b"].into_iter().enumerate() {
            let folder = folder();
            let seed = seed * 100 + i as u64;
            let replica = enrolled(&folder, &net, code, seed);
            phones.push(Phone {
                folder,
                replica: Some(replica),
                told: Vec::new(),
                backup: None,
                safe: 0,
                healed: true,
                seed,
            });
        }
        Self {
            net,
            phones,
            dice: Dice(seed),
            backup: None,
            seen: [0; 4],
        }
    }

    fn step(&mut self) {
        let n = self.dice.roll(self.phones.len() as u64) as usize;
        match self.dice.roll(20) {
            0..=8 => self.answer(n),
            9..=11 => self.fact(n),
            12 => self.settle(n),
            13..=16 => self.sync(n, true),
            17 => self.reopen(n),
            18 => self.copy_or_restore(n),
            _ => self.server_backup_or_restore(),
        }
    }

    fn answer(&mut self, n: usize) {
        let (site, line, points) = (
            SITES[self.dice.roll(3) as usize],
            self.dice.roll(7) as usize,
            self.dice.roll(3) as i64,
        );
        let phone = &mut self.phones[n];
        let replica = phone.replica();
        let sheet = replica.open_sheet(site, Form::Quick).unwrap();
        let item = replica.sheet(sheet).unwrap().lines[line].item.id.clone();
        let mark = Mark::Points(points * 5_000);
        if replica.answer(sheet, &item, mark.into()).unwrap().changed {
            let value = format!("List([Int({}), Null])", points * 5_000);
            phone.told.push((sheet, format!("answer/{item}"), value));
        }
    }

    fn fact(&mut self, n: usize) {
        let site = SITES[self.dice.roll(3) as usize];
        let field = FIELDS[self.dice.roll(4) as usize];
        let text = format!("值{}", self.dice.roll(4));
        let phone = &mut self.phones[n];
        let saved = phone.replica().edit_site_facts(site, field, &text).unwrap();
        if saved.changed {
            let record = ids::site_facts(CAMPAIGN, site, GROUP);
            phone
                .told
                .push((record, field.into(), format!("Text({text:?})")));
        }
    }

    fn settle(&mut self, n: usize) {
        let field = FIELDS[self.dice.roll(4) as usize];
        let record = ids::site_facts(CAMPAIGN, SITES[self.dice.roll(3) as usize], GROUP);
        let phone = &mut self.phones[n];
        let live = phone.replica().live_values(record, field).unwrap();
        if live.len() < 2 {
            return;
        }
        let shown: Vec<_> = live.iter().map(|s| s.dot).collect();
        let value = live[1].value.clone();
        let text = format!("{value:?}");
        if phone
            .replica()
            .settle(record, field, value, &shown)
            .unwrap()
            .changed
        {
            phone.told.push((record, field.into(), text));
        }
    }

    fn sync(&mut self, n: usize, faults: bool) {
        let mut fates = Vec::new();
        for _ in 0..if faults { 6 } else { 0 } {
            fates.push(match self.dice.roll(6) {
                0 => Fate::LostRequest,
                1 => Fate::LostReply,
                2 if self.dice.roll(4) == 0 => Fate::Mangled,
                _ => Fate::Pass,
            });
        }
        self.net.fate(&fates);
        let options = SyncOptions {
            retries: self.dice.roll(3) as u32,
            page_bytes: if self.dice.roll(3) == 0 { 900 } else { 0 },
            ..SyncOptions::default()
        };
        let all = self.phones[n].told.len();
        let done = wait(
            self.phones[n]
                .replica()
                .sync_with(&self.net, options, &mut |_| {}),
        );
        self.net.fate(&[]);
        match done {
            Ok(report) => {
                assert!(report.agreed.differing.is_empty(), "{report:?}");
                self.phones[n].safe = all;
                self.phones[n].healed = true;
                self.seen[3] += u32::from(report.forked);
            }
            Err(Error::Network(_) | Error::NotOurServer { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }

    fn reopen(&mut self, n: usize) {
        self.phones[n].seed += 1_000;
        self.phones[n].replica = None;
    }

    /// Takes a backup of a phone, or puts the last one in its place; sometimes with the install id (a clone).
    fn copy_or_restore(&mut self, n: usize) {
        let with_id = self.dice.roll(2) == 0;
        let all_healed = self.phones.iter().all(|p| p.healed);
        let phone = &mut self.phones[n];
        if phone.backup.is_some() && !all_healed {
            return;
        }
        phone.replica = None;
        match phone.backup.take() {
            None => {
                let copy = folder();
                copy_database(&phone.folder.path, &copy.path);
                let id = phone.folder.path.join("install-id");
                std::fs::copy(id, copy.path.join("install-id")).unwrap();
                phone.backup = Some((copy, phone.told.len()));
            }
            Some((copy, told)) => {
                if !with_id {
                    std::fs::remove_file(copy.path.join("install-id")).unwrap();
                }
                self.seen[usize::from(!with_id)] += 1;
                phone.healed = false;
                // What was said after the backup and never arrived is gone with the old phone.
                let mut kept: Vec<Told> = phone.told[..told].to_vec();
                kept.extend_from_slice(&phone.told[told.min(phone.safe)..phone.safe]);
                phone.safe = phone.safe.min(kept.len());
                phone.told = kept;
                phone.folder = copy;
                phone.seed += 10_000;
            }
        }
    }

    fn server_backup_or_restore(&mut self) {
        match self.backup.take() {
            None => {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("s.db").display().to_string();
                self.net
                    .with(|s| s.conn.execute("VACUUM INTO ?1", [path]).unwrap());
                self.backup = Some(dir);
            }
            Some(dir) if self.phones.iter().all(|p| p.healed) => {
                let path = dir.path().join("s.db");
                self.net.with(|s| {
                    s.conn = rusqlite::Connection::open(path).unwrap();
                    s.ledger = ledger::Ledger::new();
                    s.generation += 1;
                });
                self.seen[2] += 1;
                self.phones.iter_mut().for_each(|p| p.healed = false);
                // The file must live as long as the connection.
                std::mem::forget(dir);
            }
            later => self.backup = later,
        }
    }

    /// Healing: no more faults; everybody syncs until nothing moves.
    fn end(mut self) -> [u32; 4] {
        for _ in 0..3 {
            for n in 0..self.phones.len() {
                self.sync(n, false);
            }
        }
        for n in 0..self.phones.len() {
            let report = sync(self.phones[n].replica(), &self.net).unwrap();
            assert!(
                report.agreed.agreed && report.agreed.compared,
                "{n}: {report:?}"
            );
            assert_eq!(report.requests, 1, "{n}: {report:?}");
            assert_eq!(self.phones[n].replica().status().unwrap().unsent_changes, 0);
        }
        self.registers_are_equal();
        let mut histories: HashMap<Uuid, Vec<(String, String)>> = HashMap::new();
        for phone in &self.phones {
            for (record, field, value) in &phone.told {
                let history = histories.entry(*record).or_insert_with(|| {
                    let entries = self
                        .net
                        .with(|s| s.ledger.history(&s.conn, *record).unwrap());
                    let text = |e: ledger::HistoryEntry| (e.field, format!("{:?}", e.value));
                    entries.into_iter().map(text).collect()
                });
                let there = history.contains(&(field.clone(), value.clone()));
                assert!(there, "lost: {record} {field} {value}");
            }
        }
        assert!(
            self.net
                .with(|s| s.ledger.compare(&s.conn).unwrap())
                .is_empty()
        );
        for record in histories.into_keys() {
            self.replaces_its_own_field_only(record);
        }
        self.seen
    }

    /// A re-issued change must not name the server's change of the same number.
    fn replaces_its_own_field_only(&self, record: Uuid) {
        self.net.with(|s| {
            for entry in s.ledger.history(&s.conn, record).unwrap() {
                for dot in &entry.supersedes {
                    if let Some(place) = s.ledger.change_place(&s.conn, dot).unwrap() {
                        assert_eq!(place, (record, entry.field.clone()), "{dot:?}");
                    }
                }
            }
        });
    }

    fn registers_are_equal(&mut self) {
        for site in SITES {
            let mut records = vec![(ids::site_facts(CAMPAIGN, site, GROUP), 0..4)];
            for (n, phones) in [(2, 0..2), (3, 2..4)] {
                records.push((ids::sheet(CAMPAIGN, site, account(n)), phones));
            }
            for (record, phones) in records {
                let there = self.net.with(|s| s.ledger.view(&s.conn, record).unwrap());
                let Some(there) = there else { continue };
                assert!(!matches!(there.scope, Scope::Campaign { .. }));
                for (field, live) in &there.fields {
                    for n in phones.clone() {
                        let here = self.phones[n].replica().live_values(record, field).unwrap();
                        let here: Vec<_> = here.iter().map(|s| s.dot).collect();
                        let wanted: Vec<_> = live.iter().map(|l| l.dot).collect();
                        assert_eq!(here, wanted, "phone {n}, {field}");
                    }
                }
            }
        }
    }
}

#[test]
fn random_tours_lose_nothing_and_end_in_agreement() {
    let seeds = std::env::var("GUANMO_TOURS").ok();
    let seeds: u64 = seeds.and_then(|s| s.parse().ok()).unwrap_or(8);
    let first: u64 = std::env::var("GUANMO_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(13);
    let mut seen = [0; 4];
    for seed in first..first + seeds {
        let run = std::panic::catch_unwind(|| {
            let mut tour = Tour::begin(seed);
            for _ in 0..90 {
                tour.step();
            }
            tour.end()
        });
        match run {
            Ok(one) => one.iter().zip(&mut seen).for_each(|(a, b)| *b += a),
            Err(panic) => {
                eprintln!("seed {seed} failed");
                std::panic::resume_unwind(panic);
            }
        }
    }
    println!("{seeds} tours; clones, restored phones, restored servers, forks: {seen:?}");
    assert!(seeds < 8 || seen.iter().all(|n| *n > 0), "{seen:?}");
}
