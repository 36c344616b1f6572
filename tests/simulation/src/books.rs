//! What is in a database, read beside the program that has it open, with plain SQL.
//!
//! Invariant: nothing here asks the code under test what it holds; only the segments' decoder is shared with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use protocol::segment;
use rusqlite::{Connection, OpenFlags, Row};
use uuid::Uuid;

/// A log: device, scope, epoch, branch.
pub type Log = (Uuid, Uuid, i64, i64);
/// A change's name: log and seq.
pub type Dot = (Log, u64);
/// What a change says: record, field, value as it is encoded.
pub type Said = (Uuid, String, Vec<u8>);
/// Live values of a scope: what each says by its dot.
pub type Registers = BTreeMap<Dot, Said>;

/// A change in a sealed segment or in a tail.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its name.
    pub dot: Dot,
    /// What it says.
    pub said: Said,
    /// Its record's kind.
    pub kind: String,
    /// What it replaces.
    pub supersedes: Vec<Dot>,
    /// False if it is kept outside the registers (quarantine, a lost branch).
    pub applied: bool,
}

/// A look into a database.
pub struct Books(Connection);

fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    let bytes: [u8; 16] = row.get(column)?;
    Ok(Uuid::from_bytes(bytes))
}

fn log(row: &Row<'_>, from: usize) -> rusqlite::Result<Log> {
    let (epoch, branch) = (row.get(from + 2)?, row.get(from + 3)?);
    Ok((id(row, from)?, id(row, from + 1)?, epoch, branch))
}

impl Books {
    /// Opens a database to look at.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        Self(conn)
    }

    fn rows<T>(&self, sql: &str, read: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
        let mut statement = self.0.prepare(sql).unwrap();
        let rows = statement.query_map([], |r| read(r)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// True if SQLite finds the file sound.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.rows("PRAGMA integrity_check", |r| r.get::<_, String>(0)) == ["ok"]
    }

    /// Live values, scope by scope.
    #[must_use]
    pub fn registers(&self) -> BTreeMap<Uuid, Registers> {
        let sql = "SELECT s.id, l.device, ls.id, l.epoch, l.branch, c.seq, r.id, n.name, c.value
             FROM cells c JOIN records r ON r.no = c.record JOIN scopes s ON s.no = r.scope
             JOIN names n ON n.no = c.field JOIN logs l ON l.no = c.log
             JOIN scopes ls ON ls.no = l.scope";
        let mut all: BTreeMap<Uuid, Registers> = BTreeMap::new();
        let rows = self.rows(sql, |r| {
            let dot = (log(r, 1)?, r.get::<_, i64>(5)? as u64);
            Ok((id(r, 0)?, dot, (id(r, 6)?, r.get(7)?, r.get(8)?)))
        });
        for (scope, dot, said) in rows {
            all.entry(scope).or_default().insert(dot, said);
        }
        all
    }

    /// Every change in a segment, whatever became of it.
    #[must_use]
    pub fn sealed(&self) -> Vec<Change> {
        let sql = "SELECT l.device, s.id, l.epoch, l.branch, g.first, g.count, g.payload, g.applied
             FROM segments g JOIN logs l ON l.no = g.log JOIN scopes s ON s.no = l.scope
             ORDER BY g.log, g.first";
        let rows = self.rows(sql, |r| {
            let (first, count): (i64, u32) = (r.get(4)?, r.get(5)?);
            let (payload, applied): (Vec<u8>, bool) = (r.get(6)?, r.get(7)?);
            Ok((log(r, 0)?, first as u64, count, payload, applied))
        });
        let mut all = Vec::new();
        for (of, first, count, payload, applied) in rows {
            let named = merge::LogId::new(of.0, of.1, of.2 as u64);
            // A layout of a later version is kept unread.
            let Ok(batch) = segment::decode(&payload, &named, count) else {
                continue;
            };
            for (seq, row) in (first..).zip(&batch.rows) {
                let replaced = batch.superseded(row).iter().map(|(index, seq)| {
                    let other = batch.log(named, *index);
                    let branch = if *index == 0 {
                        of.3
                    } else {
                        other.branch as i64
                    };
                    let log = (other.device, other.scope, other.epoch as i64, branch);
                    (log, *seq)
                });
                let record = batch.records[row.record as usize].1;
                let field = batch.fields[row.field as usize].clone();
                all.push(Change {
                    dot: (of, seq),
                    said: (record, field, batch.value(row).to_vec()),
                    kind: batch.kind(row.record).to_owned(),
                    supersedes: replaced.collect(),
                    applied,
                });
            }
        }
        all
    }

    /// What waits unsealed, by log and seq.
    #[must_use]
    pub fn tail(&self) -> Vec<Change> {
        let logs: BTreeMap<i64, Log> = self
            .rows(
                "SELECT l.no, l.device, s.id, l.epoch, l.branch
                 FROM logs l JOIN scopes s ON s.no = l.scope",
                |r| Ok((r.get(0)?, log(r, 1)?)),
            )
            .into_iter()
            .collect();
        let sql = "SELECT t.log, t.seq, r.id, n.name, t.value, t.supersedes, k.name
             FROM tail t JOIN records r ON r.no = t.record JOIN names n ON n.no = t.field
             JOIN names k ON k.no = r.kind ORDER BY t.log, t.seq";
        self.rows(sql, |r| {
            let pairs: Vec<u8> = r.get(5)?;
            let supersedes = pairs.chunks(16).map(|pair| {
                let number = |b: &[u8]| i64::from_be_bytes(b.try_into().unwrap());
                (logs[&number(&pair[..8])], number(&pair[8..]) as u64)
            });
            Ok(Change {
                dot: (logs[&r.get::<_, i64>(0)?], r.get::<_, i64>(1)? as u64),
                said: (id(r, 2)?, r.get(3)?, r.get(4)?),
                kind: r.get(6)?,
                supersedes: supersedes.collect(),
                applied: true,
            })
        })
    }

    /// Last sealed seq of each log.
    #[must_use]
    pub fn heads(&self) -> BTreeMap<Log, u64> {
        let sql = "SELECT l.device, s.id, l.epoch, l.branch, l.head
             FROM logs l JOIN scopes s ON s.no = l.scope";
        let rows = self.rows(sql, |r| Ok((log(r, 0)?, r.get::<_, i64>(4)? as u64)));
        rows.into_iter().collect()
    }

    /// The last change held of each log, of branches set aside too.
    #[must_use]
    pub fn last(&self) -> BTreeMap<Log, u64> {
        let sql = "SELECT l.device, s.id, l.epoch, l.branch, max(g.first + g.count - 1)
             FROM segments g JOIN logs l ON l.no = g.log JOIN scopes s ON s.no = l.scope GROUP BY l.no";
        let rows = self.rows(sql, |r| Ok((log(r, 0)?, r.get::<_, i64>(4)? as u64)));
        rows.into_iter().collect()
    }

    /// Scopes by id: letter and owner.
    #[must_use]
    pub fn scopes(&self) -> BTreeMap<Uuid, (char, Uuid)> {
        let sql = "SELECT id, letter, owner FROM scopes";
        let rows = self.rows(sql, |r| {
            let letter: i64 = r.get(1)?;
            Ok((id(r, 0)?, (letter as u8 as char, id(r, 2)?)))
        });
        rows.into_iter().collect()
    }

    /// Verdicts in force: log, first and last seq, the record if limited to one.
    #[must_use]
    pub fn verdicts(&self) -> Vec<(Log, u64, u64, Option<Uuid>)> {
        let sql = "SELECT l.device, s.id, l.epoch, l.branch, v.first, v.last, v.target
             FROM verdicts v JOIN logs l ON l.no = v.log JOIN scopes s ON s.no = l.scope
             WHERE v.in_force = 1";
        self.rows(sql, |r| {
            let target: Option<[u8; 16]> = r.get(6)?;
            let (first, last): (i64, i64) = (r.get(4)?, r.get(5)?);
            let target = target.map(Uuid::from_bytes);
            Ok((log(r, 0)?, first as u64, last as u64, target))
        })
    }

    /// What the office lists as held back, decided or not: log, first and last seq, the record if it is about one.
    #[must_use]
    pub fn held(&self) -> Vec<(Log, u64, u64, Option<Uuid>)> {
        let sql = "SELECT device, scope, epoch, branch, first, last, record FROM held";
        self.rows(sql, |r| {
            let (first, last): (i64, i64) = (r.get(4)?, r.get(5)?);
            let record: Option<[u8; 16]> = r.get(6)?;
            Ok((
                log(r, 0)?,
                first as u64,
                last as u64,
                record.map(Uuid::from_bytes),
            ))
        })
    }

    /// Scope and kind each record has for life.
    #[must_use]
    pub fn records(&self) -> BTreeMap<Uuid, (Uuid, String)> {
        let sql = "SELECT r.id, s.id, k.name FROM records r JOIN scopes s ON s.no = r.scope
             JOIN names k ON k.no = r.kind";
        let rows = self.rows(sql, |r| Ok((id(r, 0)?, (id(r, 1)?, r.get(2)?))));
        rows.into_iter().collect()
    }

    /// What segments say, as a set.
    #[must_use]
    pub fn everything_said(&self) -> BTreeSet<Said> {
        self.sealed().into_iter().map(|c| c.said).collect()
    }

    /// True if something of a scope is kept outside the registers. Phones that pulled it before its phone was revoked and
    /// the server put back go on showing it until the office decides.
    #[must_use]
    pub fn keeps_apart(&self, scope: Uuid) -> bool {
        let id = scope.simple();
        self.count(&format!(
            "SELECT count(*) FROM segments g JOIN scopes s ON s.no = g.scope
             JOIN logs l ON l.no = g.log
             WHERE g.applied = 0 AND l.branch = 0 AND lower(hex(s.id)) = '{id}'"
        )) > 0
    }

    /// One number.
    #[must_use]
    pub fn count(&self, sql: &str) -> i64 {
        self.0.query_row(sql, [], |r| r.get(0)).unwrap()
    }
}
