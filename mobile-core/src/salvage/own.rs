//! Own changes the server may not hold: what of them goes on in its log, and what is written again.
//!
//! A change is known from an unacknowledged segment, from the tail, or (without what it replaced) from the live values.
//! Those that follow a log's last segment without a gap stay where they were. After a gap they are written again in a new
//! epoch with their time, their value and the dots they replaced, as a fork is healed: nobody's newer value is overwritten.
//! A change whose own history is lost replaces what this phone showed as replaced: every value that is held and was not
//! live beside it. Invariant: a readable change is counted once, as saved or as held by the server; the seqs nothing was
//! read of are counted, too. Leaves out: taking out again what the server turns out to hold alike (`sync`).

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::schema::KINDS;
use ledger::Saved;
use merge::LogId;
use protocol::check::{self, Fit};
use protocol::segment;
use protocol::{Scope, value};
use uuid::Uuid;

use super::rescue::{Held, Rescue};
use super::rows::{ChangeRow, Found, LogRow};
use crate::actions::fresh_epoch;
use crate::error::Result;

/// An own change, by the log and seq it had.
struct Own {
    log: LogId,
    seq: u64,
    scope: Scope,
    saved: Saved,
    /// From a segment: it may turn up again from a bundle.
    sealed: bool,
    /// What it replaced is not known, or part of that is lost.
    torn: bool,
}

/// Numbers of the damaged database and what they mean.
struct Names<'a> {
    found: &'a Found,
    device: Uuid,
    logs: HashMap<i64, LogId>,
    /// Kinds of records as segments and readable rows say.
    kinds: HashMap<Uuid, String>,
}

type Key = (Uuid, String);

/// Saves own changes; `left` are own segments that fit nowhere.
pub(super) fn changes(rescue: &mut Rescue, found: &Found, left: &[Held]) -> Result<()> {
    let names = Names::new(rescue, found, left);
    let held = held_to(rescue, &names)?;
    let mut own = BTreeMap::new();
    from_segments(&names, left, &held, &mut own);
    let mut unread = HashSet::new();
    for (rows, torn) in [(&found.tail, false), (&found.cells, true)] {
        for ((no, seq), row) in rows {
            let Some(log) = names.own_log(*no) else {
                continue;
            };
            if *seq <= held.get(&log).copied().unwrap_or(0) || own.contains_key(&(log, *seq)) {
                continue;
            }
            let agrees = found.cells.get(&(*no, *seq));
            let agrees = agrees.filter(|c| !c.doubtful).map(|c| c.value == row.value);
            if row.doubtful && agrees == Some(false) {
                // The live value says what it was; what it replaced is only here, and not to be relied on.
                continue;
            }
            match names.change(log, *seq, row, torn) {
                Some(change) => {
                    let sure = !row.doubtful || agrees == Some(true);
                    rescue.report.doubtful += u64::from(!sure);
                    own.insert((log, *seq), change);
                }
                None => drop(unread.insert((log, *seq))),
            }
        }
    }
    unread.retain(|dot| !own.contains_key(dot));
    count_lost(rescue, &names, &held, &own, &unread);
    tear(&mut own, &held);
    replaced_as_shown(rescue, &names, &mut own)?;
    write(rescue, own)
}

/// Up to where each own log needs no saving: what is in the new database, and what the server said it holds.
fn held_to(rescue: &mut Rescue, names: &Names) -> Result<HashMap<LogId, u64>> {
    let mut held = HashMap::new();
    for log in rescue.tx.logs(Some(rescue.me.device))? {
        held.insert(log.id, log.head);
        // What was sealed counts as unsent until the server is known to hold it.
        rescue.report.saved += log.head;
    }
    for (no, row) in &names.found.logs {
        let Some(log) = names.own_log(*no) else {
            continue;
        };
        let head = held.get(&log).copied().unwrap_or(0);
        if let Some(known) = rescue.tx.find_log(log)? {
            let acked = row.acked.min(head);
            rescue.tx.set_acked(known.no, acked)?;
            rescue.report.saved = rescue.report.saved.saturating_sub(acked);
        }
        rescue.report.held += row.acked;
        held.insert(log, head.max(row.acked));
    }
    Ok(held)
}

impl<'a> Names<'a> {
    fn new(rescue: &Rescue, found: &'a Found, left: &[Held]) -> Self {
        let mut logs = HashMap::new();
        for (no, row) in &found.logs {
            if let Some(scope) = scope_of(found, row) {
                let id = LogId {
                    device: row.device,
                    scope,
                    epoch: row.epoch,
                    branch: row.branch,
                };
                logs.insert(*no, id);
            }
        }
        let mut kinds = HashMap::new();
        for row in found.records.values() {
            if let Some(kind) = row.kind.and_then(|no| found.names.get(&no)) {
                kinds.insert(row.id, kind.clone());
            }
        }
        for h in left {
            if let Ok(batch) = segment::decode(&h.stored.payload, &h.header.log(), h.header.count) {
                for (n, (_, id)) in batch.records.iter().enumerate() {
                    kinds.insert(*id, batch.kind(n as u32).to_owned());
                }
            }
        }
        Self {
            found,
            device: rescue.me.device,
            logs,
            kinds,
        }
    }

    /// The own log of a number; abandoned branches were written again already.
    fn own_log(&self, no: i64) -> Option<LogId> {
        let log = self.logs.get(&no)?;
        (log.device == self.device && log.branch == 0).then_some(*log)
    }

    fn scope(&self, log: LogId) -> Option<Scope> {
        self.found
            .scopes
            .values()
            .copied()
            .find(|s| s.id() == log.scope)
    }

    fn dots(&self, bytes: &[u8]) -> Vec<(LogId, u64)> {
        let number = |b: &[u8]| b.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
        bytes
            .chunks_exact(16)
            .filter_map(|c| Some((*self.logs.get(&(number(&c[..8]) as i64))?, number(&c[8..]))))
            .collect()
    }

    /// A row as a change, if all it refers to is known and its value fits.
    fn change(&self, log: LogId, seq: u64, row: &ChangeRow, torn: bool) -> Option<Own> {
        let scope = self.scope(log)?;
        let record = self.found.records.get(&row.record)?;
        let field = self.found.names.get(&row.field)?;
        value::decode(&row.value).ok()?;
        let kind = match self.kinds.get(&record.id) {
            Some(kind) => kind.clone(),
            None => self.guess(row.record, scope)?,
        };
        if let Fit::Bad(_) = check::fit(&kind, field, &row.value) {
            return None;
        }
        let supersedes = self.dots(&row.supersedes);
        let torn = torn || supersedes.len() * 16 != row.supersedes.len();
        Some(Own {
            log,
            seq,
            scope,
            saved: Saved {
                at_ms: row.at_ms,
                kind,
                record: record.id,
                field: field.clone(),
                value: row.value.clone(),
                supersedes,
                minted: row.minted.clone(),
            },
            sealed: false,
            torn,
        })
    }

    /// The kind of a record whose row is lost: the only one of this scope that all its fields and values fit.
    fn guess(&self, record: i64, scope: Scope) -> Option<String> {
        let rows = self.found.tail.values().chain(self.found.cells.values());
        let rows: Vec<&ChangeRow> = rows.filter(|r| r.record == record).collect();
        let fits = |kind: &str| {
            rows.iter().all(|r| {
                let field = self.found.names.get(&r.field);
                field.is_none_or(|f| check::fit(kind, f, &r.value) == Fit::Good)
            })
        };
        let class = scope.class();
        let mut kinds = KINDS
            .iter()
            .filter(|k| k.scopes.contains(&class) && fits(k.name));
        match (kinds.next(), kinds.next()) {
            (Some(kind), None) => Some(kind.name.to_owned()),
            _ => None,
        }
    }
}

/// The scope a log's row means.
fn scope_of(found: &Found, row: &LogRow) -> Option<Uuid> {
    found.scopes.get(&row.scope).map(Scope::id)
}

/// What own segments say that fit nowhere and that the server may lack. The first after a gap cannot be verified (what it
/// follows is lost), but its chain is signed.
fn from_segments(
    names: &Names,
    left: &[Held],
    held: &HashMap<LogId, u64>,
    own: &mut BTreeMap<(LogId, u64), Own>,
) {
    for h in left {
        let log = h.header.log();
        let (Some(scope), Ok(batch)) = (
            names.scope(log),
            segment::decode(&h.stored.payload, &log, h.header.count),
        ) else {
            continue;
        };
        let from = held.get(&log).copied().unwrap_or(0);
        for (n, row) in batch.rows.iter().enumerate() {
            let seq = h.header.first_seq + n as u64;
            if seq <= from {
                continue;
            }
            let dots = batch.superseded(row).iter();
            let change = Own {
                log,
                seq,
                scope,
                saved: Saved {
                    at_ms: row.at_ms,
                    kind: batch.kind(row.record).to_owned(),
                    record: batch.records[row.record as usize].1,
                    field: batch.fields[row.field as usize].clone(),
                    value: batch.value(row).to_vec(),
                    supersedes: dots.map(|(l, s)| (batch.log(log, *l), *s)).collect(),
                    minted: Vec::new(),
                },
                sealed: true,
                torn: false,
            };
            own.insert((log, seq), change);
        }
    }
}

/// Seqs that are known to have been there and of which nothing was read.
fn count_lost(
    rescue: &mut Rescue,
    names: &Names,
    held: &HashMap<LogId, u64>,
    own: &BTreeMap<(LogId, u64), Own>,
    unread: &HashSet<(LogId, u64)>,
) {
    let mut reached: HashMap<LogId, u64> = held.clone();
    let mut reach = |log: LogId, seq: u64| {
        let known = reached.entry(log).or_insert(0);
        *known = (*known).max(seq);
    };
    for (no, row) in &names.found.logs {
        if let Some(log) = names.own_log(*no) {
            let index = names.found.reached.get(no).copied().unwrap_or(0);
            reach(log, row.head.max(index));
        }
    }
    for (log, seq) in own.keys().chain(unread) {
        reach(*log, *seq);
    }
    for (log, last) in reached {
        let from = held.get(&log).copied().unwrap_or(0);
        let read = own.keys().filter(|(l, _)| *l == log).count() as u64;
        rescue.report.unreadable += (last - from).saturating_sub(read);
    }
}

/// Marks changes that replaced an own change which is lost: what that one replaced is not known.
fn tear(own: &mut BTreeMap<(LogId, u64), Own>, held: &HashMap<LogId, u64>) {
    let known: HashSet<(LogId, u64)> = own.keys().copied().collect();
    for change in own.values_mut() {
        let lost = change.saved.supersedes.iter().any(|(log, seq)| {
            let own_log = log.device == change.log.device && log.branch == 0;
            own_log && *seq > held.get(log).copied().unwrap_or(0) && !known.contains(&(*log, *seq))
        });
        change.torn |= lost;
    }
}

/// A torn change that was live replaces every value of its field that is held and was not live beside it.
fn replaced_as_shown(
    rescue: &mut Rescue,
    names: &Names,
    own: &mut BTreeMap<(LogId, u64), Own>,
) -> Result<()> {
    let mut live: HashMap<Key, HashSet<(LogId, u64)>> = HashMap::new();
    for ((no, seq), row) in &names.found.cells {
        let record = names.found.records.get(&row.record);
        let field = names.found.names.get(&row.field);
        if let (Some(log), Some(record), Some(field)) = (names.logs.get(no), record, field) {
            let key = (record.id, field.clone());
            live.entry(key).or_default().insert((*log, *seq));
        }
    }
    let mut written: HashMap<Key, Vec<(LogId, u64, i64)>> = HashMap::new();
    for c in own.values() {
        let key = (c.saved.record, c.saved.field.clone());
        written
            .entry(key)
            .or_default()
            .push((c.log, c.seq, c.saved.at_ms));
    }
    for change in own.values_mut().filter(|c| c.torn) {
        let key = (change.saved.record, change.saved.field.clone());
        let shown = live.get(&key);
        if shown.is_none_or(|s| !s.contains(&(change.log, change.seq))) {
            continue;
        }
        let shown = shown.cloned().unwrap_or_default();
        let mut dots: Vec<(LogId, u64)> = Vec::new();
        for value in rescue.tx.live(key.0, &key.1)? {
            dots.push((value.dot.log, value.dot.seq));
        }
        let before = written.get(&key).into_iter().flatten();
        let before = before.filter(|(_, _, at)| *at < change.saved.at_ms);
        dots.extend(before.map(|(log, seq, _)| (*log, *seq)));
        for dot in dots {
            if !shown.contains(&dot) && !change.saved.supersedes.contains(&dot) {
                change.saved.supersedes.push(dot);
            }
        }
    }
    Ok(())
}

/// Puts the changes into the new database: on in their log while there is no gap, the rest in a new epoch of each scope.
fn write(rescue: &mut Rescue, own: BTreeMap<(LogId, u64), Own>) -> Result<()> {
    let mut scopes: BTreeMap<Uuid, (Scope, Vec<Own>, Vec<Own>)> = BTreeMap::new();
    let mut next: HashMap<LogId, u64> = HashMap::new();
    for change in own.into_values() {
        let from = match next.get(&change.log) {
            Some(seq) => *seq,
            None => rescue.tx.find_log(change.log)?.map_or(0, |l| l.head) + 1,
        };
        let is = rescue.tx.record_is(change.saved.record)?;
        let fits =
            is.is_none_or(|(kind, scope)| (kind == change.saved.kind) && scope == change.scope);
        if !fits {
            rescue.report.unreadable += 1;
            continue;
        }
        let entry = scopes.entry(change.scope.id());
        let (_, stay, again) = entry.or_insert((change.scope, Vec::new(), Vec::new()));
        if change.seq == from && !change.sealed {
            next.insert(change.log, from + 1);
            stay.push(change);
        } else {
            again.push(change);
        }
    }
    for (scope, stay, again) in scopes.into_values() {
        one_scope(rescue, scope, stay, again)?;
    }
    Ok(())
}

fn one_scope(rescue: &mut Rescue, scope: Scope, stay: Vec<Own>, mut again: Vec<Own>) -> Result<()> {
    let fresh = LogId::new(
        rescue.me.device,
        scope.id(),
        fresh_epoch(&*rescue.ports.entropy),
    );
    again.sort_by_key(|c| (c.saved.at_ms, c.log, c.seq));
    let now: HashMap<(LogId, u64), (LogId, u64)> = again
        .iter()
        .zip(1..)
        .map(|(c, seq)| ((c.log, c.seq), (fresh, seq)))
        .collect();
    let moved = |mut saved: Saved| {
        for dot in &mut saved.supersedes {
            *dot = now.get(dot).copied().unwrap_or(*dot);
        }
        saved
    };
    rescue.report.saved += (stay.len() + again.len()) as u64;
    rescue.report.reissued += again.len() as u64;
    let mut records: HashSet<Uuid> = HashSet::new();
    let mut logs: BTreeMap<LogId, Vec<Saved>> = BTreeMap::new();
    for c in stay {
        records.insert(c.saved.record);
        logs.entry(c.log).or_default().push(moved(c.saved));
    }
    for c in again {
        records.insert(c.saved.record);
        let old = (c.log, c.seq);
        let mut saved = moved(c.saved);
        saved.minted.clear();
        if c.sealed {
            // It may come again from a bundle or a colleague: then it is replaced already.
            saved.supersedes.push(old);
        }
        logs.entry(fresh).or_default().push(saved);
    }
    for (log, saved) in &logs {
        rescue.tx.append_saved(scope, *log, saved)?;
    }
    rescue.tx.rebuild_scope(scope)?;
    for record in records {
        rescue.tx.add_own_record(record)?;
    }
    Ok(())
}
