//! The disk itself: before a test on it means anything, it must be shown to lose what it may lose and nothing else.

use crash::{Broken, Disk, Image, Random};
use mobile_core::photos::files::{BlobFiles, Verified};
use rusqlite::{Connection, ErrorCode};

const SEED: u64 = 4;
const DEPOSITS: i64 = 30;

fn open(disk: &Disk, mode: &str) -> rusqlite::Result<Connection> {
    let conn = Connection::open(disk.uri("test.db"))?;
    let found: String =
        conn.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |r| r.get(0))?;
    assert_eq!(found, mode);
    // A deleted journal is durable only with EXTRA.
    conn.execute_batch(
        "PRAGMA synchronous = EXTRA; PRAGMA cache_size = 4;
         CREATE TABLE IF NOT EXISTS deposits (n INTEGER PRIMARY KEY, padding BLOB);
         CREATE TABLE IF NOT EXISTS counted (sum INTEGER)",
    )?;
    Ok(conn)
}

/// A deposit and the count of them, in one transaction.
fn deposit(conn: &mut Connection, n: i64) -> rusqlite::Result<()> {
    let tx = conn.transaction()?;
    tx.execute("INSERT INTO deposits VALUES (?1, randomblob(3000))", [n])?;
    tx.execute("DELETE FROM counted", [])?;
    tx.execute("INSERT INTO counted SELECT count(*) FROM deposits", [])?;
    tx.commit()
}

/// What is wrong with a database of which `acked` deposits were said to be saved.
fn complaint(image: Image, mode: &str, acked: i64) -> Option<String> {
    let disk = Disk::holding(image, 0);
    let found = open(&disk, mode).and_then(|conn| {
        let check: String = conn.query_row("PRAGMA integrity_check", [], |r| r.get(0))?;
        let sql = "SELECT count(*), ifnull(max(n), 0), ifnull((SELECT sum FROM counted), 0) FROM deposits";
        let (count, last, sum) = conn.query_row(sql, [], |r| {
            Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?, r.get::<_, i64>(2)?))
        })?;
        Ok((check, count, last, sum))
    });
    match found {
        Err(error) => Some(format!("unreadable: {error}")),
        Ok((check, ..)) if check != "ok" => Some(format!("damaged: {check}")),
        Ok((_, count, _, sum)) if count != sum => Some("half a transaction".into()),
        Ok((_, count, last, _)) if count != last || count < acked => {
            Some(format!("{acked} were saved, {count} are there"))
        }
        Ok(_) => None,
    }
}

/// Cuts the power after every change of a life; how often, and what was found wrong.
fn cut_everywhere(mode: &str, lies: bool) -> (u64, Vec<String>) {
    let disk = Disk::new(SEED);
    disk.lie_about_syncs(lies);
    drop(open(&disk, mode).unwrap());
    disk.record();
    let mut acks = Vec::new();
    let mut conn = open(&disk, mode).unwrap();
    for n in 1..=DEPOSITS {
        deposit(&mut conn, n).unwrap();
        acks.push(disk.recorded_so_far());
    }
    drop(conn);
    let recording = disk.recorded().unwrap();
    let (mut attempts, mut wrong) = (0, Vec::new());
    recording.replay(|moment| {
        let acked = acks.iter().filter(|at| **at <= moment.changes).count() as i64;
        for turn in 0..3 {
            let seed = SEED + 10 * moment.changes as u64 + turn;
            attempts += 1;
            wrong.extend(complaint(moment.after_power_cut(seed), mode, acked));
        }
    });
    println!(
        "{mode}, lying {lies}: seed {SEED}, {attempts} cuts, {} wrong",
        wrong.len()
    );
    assert!(attempts > 300, "{attempts}");
    (attempts, wrong)
}

#[test]
fn a_database_survives_a_power_cut_after_every_change_in_each_journal_mode() {
    for mode in ["wal", "delete", "truncate", "persist"] {
        let (_, wrong) = cut_everywhere(mode, false);
        assert!(wrong.is_empty(), "{mode}: {:?}", wrong.first());
    }
}

#[test]
fn a_disk_that_lies_about_syncs_damages_or_loses_in_each_journal_mode() {
    for mode in ["wal", "delete", "truncate", "persist"] {
        let (_, wrong) = cut_everywhere(mode, true);
        assert!(!wrong.is_empty(), "{mode}: the control found nothing");
    }
}

#[test]
fn a_cut_in_a_life_of_its_own_leaves_what_the_replay_shows() {
    let life = |cut: Option<u64>| {
        let disk = Disk::new(SEED);
        // Page by page the same in every run: no random bytes, no salts of a write-ahead log.
        let conn = Connection::open(disk.uri("test.db")).unwrap();
        conn.execute_batch(
            "PRAGMA journal_mode = truncate; CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)",
        )
        .unwrap();
        disk.record();
        if let Some(at) = cut {
            disk.power_off_at(disk.counts().changes + at);
        }
        let until = (0..20).position(|n| {
            conn.execute("INSERT INTO t VALUES (?1, zeroblob(3000))", [n])
                .is_err()
        });
        (disk.snapshot(), disk.recorded().unwrap(), until)
    };
    let (_, recording, until) = life(None);
    assert_eq!(until, None);
    let database = |image: &Image| image.bytes("test.db").unwrap().to_vec();
    let mut compared = 0;
    recording.replay(|moment| {
        let (left, _, until) = life(Some(moment.changes as u64 + 1));
        assert!(until.is_some() || moment.changes == recording.len());
        assert_eq!(
            database(&left),
            database(&moment.after_kill()),
            "{}",
            moment.changes
        );
        compared += 1;
    });
    assert_eq!(compared, recording.len() + 1);
}

#[test]
fn files_opened_before_a_start_of_the_machine_are_dead_after_it() {
    let disk = Disk::new(SEED);
    let mut conn = open(&disk, "wal").unwrap();
    deposit(&mut conn, 1).unwrap();
    disk.power_off();
    assert!(!disk.has_power());
    assert!(deposit(&mut conn, 2).is_err());
    disk.reboot();
    assert!(deposit(&mut conn, 2).is_err());
    assert_eq!(complaint(disk.snapshot(), "wal", 1), None);
    let mut anew = open(&disk, "wal").unwrap();
    deposit(&mut anew, 2).unwrap();
    drop(conn);
    deposit(&mut anew, 3).unwrap();
    assert_eq!(complaint(disk.snapshot(), "wal", 3), None);
}

#[test]
fn connections_share_a_write_ahead_log_and_exclude_each_other() {
    let disk = Disk::new(SEED);
    drop(open(&disk, "wal").unwrap());
    std::thread::scope(|scope| {
        for thread in 0..4_i64 {
            let path = disk.uri("test.db");
            scope.spawn(move || {
                let mut conn = Connection::open(path).unwrap();
                conn.busy_timeout(std::time::Duration::from_secs(60))
                    .unwrap();
                conn.execute_batch("PRAGMA wal_autocheckpoint = 20")
                    .unwrap();
                for n in 0..50_i64 {
                    let tx = conn
                        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
                        .unwrap();
                    tx.execute(
                        "INSERT INTO deposits VALUES (?1, randomblob(2000))",
                        [thread * 100 + n],
                    )
                    .unwrap();
                    tx.execute("DELETE FROM counted", []).unwrap();
                    tx.execute("INSERT INTO counted SELECT count(*) FROM deposits", [])
                        .unwrap();
                    tx.commit().unwrap();
                    let equal: bool = conn
                        .query_row(
                            "SELECT (SELECT sum FROM counted) = (SELECT count(*) FROM deposits)",
                            [],
                            |r| r.get(0),
                        )
                        .unwrap();
                    assert!(equal, "a reader saw half a transaction");
                }
            });
        }
    });
    let conn = open(&disk, "wal").unwrap();
    let sum: i64 = conn
        .query_row("SELECT sum FROM counted", [], |r| r.get(0))
        .unwrap();
    assert_eq!(sum, 200);
    let mut writer = Connection::open(disk.uri("test.db")).unwrap();
    writer.busy_timeout(std::time::Duration::ZERO).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = deposit(&mut writer, 999).unwrap_err();
    assert_eq!(refused.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
}

#[test]
fn a_commit_to_a_write_ahead_log_is_one_sync() {
    let disk = Disk::new(SEED);
    let mut conn = open(&disk, "wal").unwrap();
    conn.execute_batch("PRAGMA wal_autocheckpoint = 0").unwrap();
    deposit(&mut conn, 1).unwrap();
    let before = disk.counts().syncs;
    for n in 2..=51 {
        deposit(&mut conn, n).unwrap();
    }
    assert_eq!(disk.counts().syncs - before, 50);
}

#[test]
fn a_full_disk_says_so_and_loses_nothing() {
    let disk = Disk::new(SEED);
    let mut conn = open(&disk, "wal").unwrap();
    deposit(&mut conn, 1).unwrap();
    disk.full_at(Some(disk.counts().changes + 1));
    let full = deposit(&mut conn, 2).unwrap_err();
    assert_eq!(full.sqlite_error_code(), Some(ErrorCode::DiskFull));
    disk.full_at(None);
    deposit(&mut conn, 2).unwrap();
    let size = disk.snapshot().names().len() * 100_000;
    disk.capacity(Some(size));
    let mut saved = 2;
    while deposit(&mut conn, saved + 1).is_ok() {
        saved += 1;
    }
    assert!(saved > 4, "{saved}");
    disk.capacity(None);
    assert_eq!(complaint(disk.snapshot(), "wal", saved), None);
}

#[test]
fn a_broken_disk_fails_once_or_for_good_and_a_read_only_one_is_read() {
    let disk = Disk::new(SEED);
    let mut conn = open(&disk, "wal").unwrap();
    deposit(&mut conn, 1).unwrap();
    let next = disk.counts().operations + 1;
    disk.io_error_at(Some((next, Broken::Once)));
    assert!(deposit(&mut conn, 2).is_err());
    deposit(&mut conn, 2).unwrap();
    disk.io_error_at(Some((disk.counts().operations + 1, Broken::ForGood)));
    assert!(deposit(&mut conn, 3).is_err());
    assert!(deposit(&mut conn, 3).is_err());
    disk.io_error_at(None);
    deposit(&mut conn, 3).unwrap();
    // A write-ahead log cannot even be looked into without one.
    let mode: String = conn
        .query_row("PRAGMA journal_mode = delete", [], |r| r.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
    drop(conn);
    disk.read_only(true);
    let conn = Connection::open(disk.uri("test.db")).unwrap();
    let refused = conn.execute("DELETE FROM deposits", []).unwrap_err();
    assert_eq!(refused.sqlite_error_code(), Some(ErrorCode::ReadOnly));
    disk.read_only(false);
    assert_eq!(complaint(disk.snapshot(), "wal", 3), None);
}

#[test]
fn a_sync_that_failed_is_not_made_good_by_the_next_one() {
    let disk = Disk::new(SEED);
    let mut conn = open(&disk, "delete").unwrap();
    deposit(&mut conn, 1).unwrap();
    let start = disk.snapshot();
    let (mut attempts, mut failed) = (0, 0);
    for at in 1..=60 {
        let disk = Disk::holding(start.clone(), at);
        let mut conn = open(&disk, "delete").unwrap();
        disk.io_error_at(Some((disk.counts().operations + at, Broken::Once)));
        let mut acked = 1;
        for n in 2..=3 {
            match deposit(&mut conn, n) {
                Ok(()) if acked == n - 1 => acked = n,
                Ok(()) => {}
                Err(_) => failed += 1,
            }
        }
        disk.reboot();
        // The first deposit may have failed, then the second has a gap before it: only damage is looked for.
        let wrong = complaint(disk.snapshot(), "delete", 0);
        assert!(
            wrong.as_deref().is_none_or(|w| w.contains("are there")),
            "{at}: {wrong:?}"
        );
        attempts += 1;
    }
    assert!(attempts == 60 && failed > 20, "{failed}");
}

#[test]
fn a_photo_is_there_whole_once_it_was_kept_or_not_there() {
    let disk = Disk::new(SEED);
    let files = disk.files("photos");
    disk.record();
    let photos: Vec<Vec<u8>> = (0..20_u64)
        .map(|n| {
            let mut bytes = vec![0; 3_000];
            Random::new(n).fill(&mut bytes);
            bytes
        })
        .collect();
    let mut acks = Vec::new();
    for photo in &photos {
        acks.push((files.put(photo).unwrap(), disk.recorded_so_far()));
    }
    let (mut attempts, mut missing) = (0, 0);
    disk.recorded().unwrap().replay(|moment| {
        for seed in 0..5 {
            let disk = Disk::holding(
                moment.after_power_cut(seed + 100 * moment.changes as u64),
                0,
            );
            for (hash, at) in &acks {
                match disk.files("photos").verify(hash).unwrap() {
                    Verified::Intact => {}
                    Verified::Missing => {
                        assert!(*at > moment.changes, "an acknowledged photo is gone");
                        missing += 1;
                    }
                    Verified::Damaged => panic!("a name with other bytes"),
                }
            }
            attempts += 1;
        }
    });
    assert!(attempts > 400 && missing > 0);
    assert_eq!(
        files.get(&acks[0].0).unwrap().as_deref(),
        Some(photos[0].as_slice())
    );
    files.remove(&acks[0].0).unwrap();
    assert_eq!(files.verify(&acks[0].0).unwrap(), Verified::Missing);
}
