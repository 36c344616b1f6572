//! The bound: the same rows in plain typed SQLite tables, without log, signature, conflict or network.
//!
//! Invariant: the same pragmas as the real databases (WAL, `synchronous=FULL`), prepared upserts, one file a phone.
//! Leaves out: everything that makes two phones agree; a later edit of a site simply overwrites an earlier one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::{Connection, Transaction, params};
use uuid::Uuid;

use super::cpu;
use super::workload::{Op, Site, Workload};

const SCHEMA: &str = "
CREATE TABLE sites (id BLOB PRIMARY KEY, tour_group INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    contact TEXT NOT NULL, phone TEXT NOT NULL, status TEXT NOT NULL, remark TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE inspections (id BLOB PRIMARY KEY, site BLOB NOT NULL, device INTEGER NOT NULL, ts INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE TABLE answers (inspection BLOB NOT NULL, item INTEGER NOT NULL, score INTEGER NOT NULL, note TEXT,
    ts INTEGER NOT NULL, PRIMARY KEY (inspection, item)) STRICT, WITHOUT ROWID;
CREATE TABLE photos (id BLOB PRIMARY KEY, inspection BLOB NOT NULL, hash BLOB NOT NULL, ts INTEGER NOT NULL,
    lat REAL NOT NULL, lon REAL NOT NULL, caption TEXT NOT NULL) STRICT, WITHOUT ROWID;";

const INSPECTION: &str = "INSERT INTO inspections VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (id) DO UPDATE SET site = ?2, device = ?3, ts = ?4";
const ANSWER: &str = "INSERT INTO answers VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (inspection, item) DO UPDATE SET score = ?3, note = ?4, ts = ?5";
const PHOTO: &str = "INSERT INTO photos VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (id) DO UPDATE SET inspection = ?2, hash = ?3, ts = ?4, lat = ?5, lon = ?6, caption = ?7";

/// A plain database.
pub struct Raw {
    conn: Connection,
    path: PathBuf,
}

impl Raw {
    /// A new one with the sites before the tour.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn create(path: &Path, sites: &[Site]) -> Result<Self> {
        let mut conn = Connection::open(path).with_context(|| path.display().to_string())?;
        conn.pragma_update(None, "journal_mode", "wal")?;
        conn.pragma_update(None, "synchronous", "full")?;
        conn.set_prepared_statement_cache_capacity(32);
        conn.execute_batch(SCHEMA)?;
        let tx = conn.transaction()?;
        {
            let mut insert =
                tx.prepare("INSERT INTO sites VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
            for s in sites {
                let id = s.id.as_bytes();
                insert.execute(params![
                    id,
                    s.group as i64,
                    s.kind,
                    s.name,
                    s.contact,
                    s.phone,
                    s.status,
                    s.remark
                ])?;
            }
        }
        tx.commit()?;
        Ok(Self {
            conn,
            path: path.to_owned(),
        })
    }

    /// Writes rows of some phones in one transaction.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn write<'a>(&mut self, phones: impl IntoIterator<Item = (usize, &'a [Op])>) -> Result<()> {
        let tx = self.conn.transaction()?;
        for (device, ops) in phones {
            for op in ops {
                write_op(&tx, device, op)?;
            }
        }
        tx.commit()?;
        Ok(())
    }

    /// Writes one answer in a transaction of its own: the bound of an autosave.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn answer(
        &mut self,
        inspection: Uuid,
        item: u32,
        score: i64,
        note: Option<&str>,
        ts: i64,
    ) -> Result<()> {
        let tx = self
            .conn
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        tx.prepare_cached(ANSWER)?.execute(params![
            inspection.as_bytes(),
            item,
            score,
            note,
            ts
        ])?;
        tx.commit()?;
        Ok(())
    }

    /// Only for the control of the sync count: commits without waiting for the disk.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn do_not_wait_for_the_disk(&self) -> Result<()> {
        Ok(self.conn.pragma_update(None, "synchronous", "normal")?)
    }

    /// Closes it with an empty write-ahead log; its bytes on disk.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn close(self) -> Result<u64> {
        self.conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        drop(self.conn);
        Ok(std::fs::metadata(&self.path)?.len())
    }
}

fn write_op(tx: &Transaction, device: usize, op: &Op) -> Result<()> {
    match op {
        Op::Insp { id, site, ts } => {
            tx.prepare_cached(INSPECTION)?.execute(params![
                id.as_bytes(),
                site.as_bytes(),
                device as i64,
                ts
            ])?;
        }
        Op::Ans {
            insp,
            item,
            score,
            note,
            ts,
        } => {
            tx.prepare_cached(ANSWER)?
                .execute(params![insp.as_bytes(), item, score, note, ts])?;
        }
        Op::Photo {
            id,
            insp,
            hash,
            ts,
            lat,
            lon,
            cap,
        } => {
            let hash = hex::decode(hash)?;
            tx.prepare_cached(PHOTO)?.execute(params![
                id.as_bytes(),
                insp.as_bytes(),
                hash,
                ts,
                lat,
                lon,
                cap
            ])?;
        }
        Op::Site {
            site, field, value, ..
        } => {
            // Static texts: a field of W is one of five columns.
            let sql = match field.as_str() {
                "name" => "UPDATE sites SET name = ?2 WHERE id = ?1",
                "contact" => "UPDATE sites SET contact = ?2 WHERE id = ?1",
                "phone" => "UPDATE sites SET phone = ?2 WHERE id = ?1",
                "status" => "UPDATE sites SET status = ?2 WHERE id = ?1",
                _ => "UPDATE sites SET remark = ?2 WHERE id = ?1",
            };
            tx.prepare_cached(sql)?
                .execute(params![site.as_bytes(), value])?;
        }
    }
    Ok(())
}

/// Durable one-row commits in a plain database, a second, and the processor time of each in ms: what the disk allows one
/// writer, and what a commit costs that serves one request alone.
///
/// # Errors
/// What SQLite says.
pub fn commits(path: &Path) -> Result<(f64, f64)> {
    const COMMITS: u32 = 1_000;
    let mut raw = Raw::create(path, &[])?;
    let (began, before) = (std::time::Instant::now(), super::cpu::thread());
    for no in 0..COMMITS {
        raw.answer(Uuid::nil(), no, 0, None, 0)?;
    }
    let cpu = super::cpu::thread().saturating_sub(before);
    Ok((
        f64::from(COMMITS) / began.elapsed().as_secs_f64(),
        cpu.as_secs_f64() * 1_000.0 / f64::from(COMMITS),
    ))
}

/// What the raw databases cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bound {
    /// Processor time of the fan-out.
    pub cpu: Duration,
    /// Bytes of the one database with everything.
    pub server_bytes: u64,
    /// Mean bytes of a phone's database with its group's rows.
    pub group_bytes: u64,
    /// Mean bytes of a phone's database with its own rows and its group's site edits.
    pub inspector_bytes: u64,
}

/// Raw fan-out: all phones' rows into one database, a transaction a phone; and for each phone all rows of its group
/// into its own database, in one transaction.
///
/// # Errors
/// What SQLite says.
pub fn fan_out(dir: &Path, w: &Workload) -> Result<Bound> {
    std::fs::create_dir_all(dir)?;
    let mut server = Raw::create(&dir.join("server.db"), &w.sites)?;
    let mut phones = Vec::new();
    for no in 0..w.devices.len() {
        phones.push(Raw::create(
            &dir.join(format!("phone{no:02}.db")),
            &w.sites,
        )?);
    }
    let before = cpu::process();
    for (no, device) in w.devices.iter().enumerate() {
        server.write([(no, device.ops.as_slice())])?;
    }
    for (no, phone) in phones.iter_mut().enumerate() {
        let group = w.devices[no].group;
        let members = w
            .devices
            .iter()
            .enumerate()
            .filter(|(_, d)| d.group == group);
        phone.write(members.map(|(no, d)| (no, d.ops.as_slice())))?;
    }
    let cpu = cpu::process() - before;
    let server_bytes = server.close()?;
    let group_bytes = mean(phones.into_iter().map(Raw::close))?;
    let inspector_bytes = mean((0..w.devices.len()).map(|no| inspector_bytes(dir, w, no)))?;
    Ok(Bound {
        cpu,
        server_bytes,
        group_bytes,
        inspector_bytes,
    })
}

/// Bytes of a database with one phone's own rows and its group's site edits.
fn inspector_bytes(dir: &Path, w: &Workload, no: usize) -> Result<u64> {
    let mut raw = Raw::create(&dir.join(format!("own{no:02}.db")), &w.sites)?;
    let of_group = |d: &&super::workload::Device| d.group == w.devices[no].group;
    let edits = w.devices.iter().filter(of_group).flat_map(|d| &d.ops);
    let edits: Vec<Op> = edits
        .filter(|op| matches!(op, Op::Site { .. }))
        .cloned()
        .collect();
    raw.write([(no, w.devices[no].ops.as_slice()), (no, edits.as_slice())])?;
    raw.close()
}

/// The mean of some sizes; 0 of none.
///
/// # Errors
/// The first of theirs.
pub fn mean(sizes: impl Iterator<Item = Result<u64>>) -> Result<u64> {
    let sizes = sizes.collect::<Result<Vec<_>>>()?;
    Ok(sizes.iter().sum::<u64>() / (sizes.len() as u64).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_edit_overwrites_an_earlier_one_and_repeats_change_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut w = Workload::generate();
        w.devices.truncate(1);
        let mut raw = Raw::create(&dir.path().join("a.db"), &w.sites).unwrap();
        for _ in 0..2 {
            raw.write([(0, w.devices[0].ops.as_slice())]).unwrap();
        }
        let count = |sql: &str| raw.conn.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM answers"), 80 * 30);
        assert_eq!(count("SELECT count(*) FROM photos"), 80 * 3);
        assert_eq!(count("SELECT count(*) FROM sites"), 152);
    }
}
