//! What is safe: per record and photo, with counts.

use std::collections::{BTreeSet, HashMap};

use merge::{Dot, Value};
use uuid::Uuid;

use super::photos::photo_state;
use super::sheets::state_of;
use crate::error::{Refusal, Result};
use crate::replica::Replica;
use crate::store::{OwnRecord, Tx, key};
use crate::views::{Counts, PhotoState, RecordState, RecordStatus, Ruled, Status};

/// A verdict over this many changes is looked into change by change; beyond it only its whole records show.
const LOOK_INTO: u64 = 20_000;

impl Replica {
    /// Where every own record and photo stands. The queries are in `store/status.rs`.
    ///
    /// # Errors
    /// `not_enrolled`.
    pub fn status(&mut self) -> Result<Status> {
        self.shown()?;
        self.tally()
    }

    /// The same behind a locked screen: a sync reports its counts.
    pub(crate) fn tally(&mut self) -> Result<Status> {
        let me = self.itself()?.clone();
        self.store.read(|tx| {
            let mut judged = judged_records(tx, me.device)?;
            let unsent_changes = tx.unsent_changes(me.device)?;
            let oldest_unsent_ms = match unsent_changes {
                0 => None,
                _ => tx.oldest_unsent_ms(me.device)?,
            };
            let mut status = Status {
                unsent_changes,
                oldest_unsent_ms,
                last_sync_ms: tx.meta_int(key::LAST_SYNC_MS)?,
                unread_segments: tx.unread_segments(None)?,
                copied_at_ms: tx.meta_int(key::COPIED_AT_MS)?,
                revoked_at_ms: tx.meta_int(key::REVOKED_AT_MS)?,
                wiped_at_ms: tx.meta_int(key::WIPED_AT_MS)?,
                skew_ms: tx.meta_int(key::SKEW_MS)?,
                bundle: crate::bundles::note(tx, me.device)?,
                bundles_carried: tx.waiting_bundles()?,
                closing: super::closing::check(tx, &me)?,
                ..Status::default()
            };
            let files = tx.own_photos()?;
            let mut only_here: HashMap<Uuid, bool> = HashMap::new();
            for record in tx.own_records(me.device, me.account)? {
                let is_photo = record.kind == "photo";
                only_here.insert(record.id, record.only_here);
                if is_photo && files.iter().any(|f| f.id == record.id) {
                    continue;
                }
                let about = judged.remove(&record.id).unwrap_or_default();
                let returned = record.kind == "sheet" && is_returned(tx, record.id)?;
                let state = record_state(&record, about.waits, returned);
                let counts = match record.kind.as_str() {
                    "sheet" => &mut status.sheets,
                    "issue" => &mut status.issues,
                    _ => &mut status.others,
                };
                count_record(counts, &state);
                status.records.push(RecordStatus {
                    id: record.id,
                    kind: record.kind,
                    status: state,
                    ruled: about.ruled,
                });
            }
            // What this phone lost and a colleague's phone brought: it is told, though it does not hold the record.
            let mut lost: Vec<_> = judged.into_iter().filter(|(_, j)| j.is_lost()).collect();
            lost.sort_by_key(|(id, _)| *id);
            for (id, about) in lost {
                let state = match about.waits {
                    Some(why) => RecordState::NeedsYou { why },
                    None => RecordState::HeldByServer,
                };
                count_record(&mut status.others, &state);
                status.records.push(RecordStatus {
                    id,
                    kind: about.kind,
                    status: state,
                    ruled: about.ruled,
                });
            }
            for file in &files {
                let here = only_here.get(&file.id).copied().unwrap_or(true);
                let state = photo_state(here, Some(file));
                match state {
                    PhotoState::HeldByServer => status.photos.held += 1,
                    PhotoState::NeedsYou { .. } => status.photos.needs_you += 1,
                    _ => {
                        status.photos.only_here += 1;
                        status.photo_bytes_to_send +=
                            file.size_bytes.saturating_sub(file.sent_bytes);
                    }
                }
                status.photo_states.push((file.id, state));
            }
            Ok(status)
        })
    }

    /// Removes everything of this phone after the office ordered it and the server holds all of it, or after the office
    /// wiped the rehearsal it took part in. The folder is gone afterwards.
    ///
    /// # Errors
    /// `not_revoked`, `unsent`, `carrying`: then nothing was removed.
    pub fn wipe(mut self) -> Result<()> {
        let me = self.itself()?.clone();
        let (revoked, wiped, unsent, carried, photos) = self.store.read(|tx| {
            Ok::<_, crate::Error>((
                tx.meta_int(key::REVOKED_AT_MS)?,
                tx.meta_int(key::WIPED_AT_MS)?,
                tx.unsent_changes(me.device)?,
                tx.waiting_bundles()?,
                tx.all_blobs()?,
            ))
        })?;
        if revoked.is_none() && wiped.is_none() {
            return Err(Refusal::NotRevoked.into());
        }
        // What was written for a rehearsal that is gone has nobody to go to.
        if wiped.is_none() && unsent > 0 {
            return Err(Refusal::Unsent.because(unsent.to_string()));
        }
        // A colleague's work is not this phone's to throw away: it is handed on to a stick, or let go of, first.
        if carried > 0 {
            return Err(Refusal::Carrying.because(carried.to_string()));
        }
        for hash in photos {
            self.files
                .remove(&hash)
                .map_err(|source| crate::Error::File {
                    what: "photos",
                    source,
                })?;
        }
        #[cfg(not(target_family = "wasm"))]
        if let Some(home) = self.home.take() {
            // The database is closed before its files go.
            drop(self);
            return home.remove();
        }
        Ok(())
    }
}

fn is_returned(tx: &mut Tx, sheet: Uuid) -> Result<bool> {
    let state = tx.value(sheet, "state")?.unwrap_or(Value::Null);
    Ok(state_of(&state).is_offices())
}

fn record_state(record: &OwnRecord, waits: Option<String>, returned: bool) -> RecordState {
    match waits {
        Some(code) => RecordState::NeedsYou { why: code },
        None if record.unsettled => RecordState::NeedsYou {
            why: "unsettled".into(),
        },
        None if returned => RecordState::NeedsYou {
            why: "returned".into(),
        },
        None if record.only_here => RecordState::OnlyHere,
        None => RecordState::HeldByServer,
    }
}

fn count_record(counts: &mut Counts, state: &RecordState) {
    match state {
        RecordState::OnlyHere => counts.only_here += 1,
        RecordState::HeldByServer => counts.held += 1,
        RecordState::NeedsYou { .. } => counts.needs_you += 1,
    }
}

/// What verdicts say of one record.
#[derive(Default)]
struct Judged {
    /// Code of a verdict in force that nobody decided on yet.
    waits: Option<String>,
    ruled: Vec<Ruled>,
    /// Kind of the record, if it is known here; else `record`.
    kind: String,
}

impl Judged {
    /// True if it is about a branch this phone lost.
    fn is_lost(&self) -> bool {
        let waits = self.waits.as_deref() == Some("forked");
        waits || self.ruled.iter().any(|r| r.code == "forked")
    }
}

/// Records of which a verdict names something this device wrote: what waits, and what the office decided.
fn judged_records(tx: &mut Tx, device: Uuid) -> Result<HashMap<Uuid, Judged>> {
    let mut out: HashMap<Uuid, Judged> = HashMap::new();
    for verdict in tx.verdicts()? {
        if verdict.log.device != device {
            continue;
        }
        let ruling = tx.value(verdict.id, "ruling")?.unwrap_or(Value::Null);
        let ruled = ruling.at(3).as_int().map(|at_ms| Ruled {
            code: verdict.code.clone(),
            accepted: !verdict.in_force,
            reason: ruling.at(2).as_text().unwrap_or_default().to_owned(),
            at_ms,
        });
        if ruled.is_none() && !verdict.in_force {
            continue;
        }
        for record in records_of(tx, &verdict)? {
            let judged = out.entry(record).or_default();
            match &ruled {
                Some(ruled) if !judged.ruled.contains(ruled) => judged.ruled.push(ruled.clone()),
                Some(_) => {}
                None => judged.waits = Some(verdict.code.clone()),
            }
            if judged.kind.is_empty() {
                let known = tx.view(record)?.map(|v| v.kind);
                judged.kind = known.unwrap_or_else(|| "record".to_owned());
            }
        }
    }
    for judged in out.values_mut() {
        judged.ruled.sort_by_key(|r| r.at_ms);
    }
    Ok(out)
}

/// The records a verdict is about: the one it names, or those its changes wrote.
fn records_of(tx: &mut Tx, verdict: &ledger::Verdict) -> Result<BTreeSet<Uuid>> {
    if let Some(record) = verdict.record {
        return Ok(BTreeSet::from([record]));
    }
    let last = verdict.last.min(verdict.first.saturating_add(LOOK_INTO));
    let mut out = BTreeSet::new();
    for seq in verdict.first..=last {
        let dot = Dot {
            log: verdict.log,
            seq,
        };
        match tx.change_place(&dot)? {
            Some((record, _)) => out.insert(record),
            None => break,
        };
    }
    Ok(out)
}
