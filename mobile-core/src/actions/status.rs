//! What is safe: per record and photo, with counts.

use std::collections::HashMap;

use merge::Dot;
use uuid::Uuid;

use super::photos::photo_state;
use crate::error::{Refusal, Result};
use crate::replica::Replica;
use crate::store::{OwnRecord, Tx, key};
use crate::views::{Counts, PhotoState, RecordState, RecordStatus, Status};

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
            let refused = refused_records(tx, me.device)?;
            let mut status = Status {
                unsent_changes: tx.unsent_changes(me.device)?,
                unread_segments: tx.unread_segments(None)?,
                copied_at_ms: tx.meta_int(key::COPIED_AT_MS)?,
                revoked_at_ms: tx.meta_int(key::REVOKED_AT_MS)?,
                wiped_at_ms: tx.meta_int(key::WIPED_AT_MS)?,
                skew_ms: tx.meta_int(key::SKEW_MS)?,
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
                let state = record_state(&record, refused.get(&record.id));
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
    /// `not_revoked`, `unsent`: then nothing was removed.
    pub fn wipe(mut self) -> Result<()> {
        let me = self.itself()?.clone();
        let (revoked, wiped, unsent, photos) = self.store.read(|tx| {
            Ok::<_, crate::Error>((
                tx.meta_int(key::REVOKED_AT_MS)?,
                tx.meta_int(key::WIPED_AT_MS)?,
                tx.unsent_changes(me.device)?,
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

fn record_state(record: &OwnRecord, refused: Option<&String>) -> RecordState {
    match refused {
        Some(code) => RecordState::NeedsYou { why: code.clone() },
        None if record.unsettled => RecordState::NeedsYou {
            why: "unsettled".into(),
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

/// Records of which a verdict in force refuses something this device wrote, with its code.
fn refused_records(tx: &mut Tx, device: Uuid) -> Result<HashMap<Uuid, String>> {
    let mut out = HashMap::new();
    for verdict in tx.verdicts()? {
        if !verdict.in_force || verdict.log.device != device {
            continue;
        }
        if let Some(record) = verdict.record {
            out.insert(record, verdict.code);
            continue;
        }
        let last = verdict.last.min(verdict.first.saturating_add(LOOK_INTO));
        for seq in verdict.first..=last {
            let dot = Dot {
                log: verdict.log,
                seq,
            };
            match tx.change_place(&dot)? {
                Some((record, _)) => out.insert(record, verdict.code.clone()),
                None => break,
            };
        }
    }
    Ok(out)
}
