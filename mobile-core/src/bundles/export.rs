//! Making a bundle: the tails are sealed as before a sync, then segments and photos are listed and written.
//!
//! Invariant: a photo is listed only after its bytes were hashed, so that one damaged file does not spoil the bundle.

use std::io::Write;

use protocol::bundle::{Envelope, List, PhotoFile, Sealing, segment_bytes};
use protocol::chain::Hash;
use protocol::limits;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{BundleNote, BundleOptions, BundlePlan, Part};
use crate::error::{Error, Refusal, Result};
use crate::photos::files::Verified;
use crate::replica::Replica;
use crate::store::{Tx, key};
use crate::sync::{SyncOptions, seal_all};

/// Bytes of photos read at once.
const PIECE: u64 = 256 << 10;

/// What the phone keeps of its last bundle.
#[derive(Serialize, Deserialize)]
struct Exported {
    made_ms: i64,
    /// Scope, epoch, last seq.
    logs: Vec<(Uuid, u64, u64)>,
    /// Hex.
    photos: Vec<String>,
}

impl BundlePlan {
    /// The part that has room for so many bytes; a new one if the last has not.
    fn room(&mut self, bytes: u64, most: u64, fits: impl Fn(&Part) -> bool) -> &mut Part {
        let full = |p: &Part| p.bytes > 0 && p.bytes.saturating_add(bytes) > most;
        if self.parts.last().is_none_or(|p| full(p) || !fits(p)) {
            self.parts.push(Part::default());
        }
        let last = self.parts.len() - 1;
        let part = &mut self.parts[last];
        part.bytes += bytes;
        part
    }
}

impl Replica {
    /// Seals what is not sealed and lists what a bundle will hold.
    ///
    /// # Errors
    /// `not_enrolled`, `nothing_unsent`, the database's and the disk's.
    pub fn plan_bundle(&mut self, options: &BundleOptions) -> Result<BundlePlan> {
        let me = self.itself()?.clone();
        let device_key = self.key.clone().ok_or(Refusal::NotEnrolled)?;
        let (made_ms, clock_ms) = (self.ports.clock.now_ms(), self.clock.last_ms());
        let level = SyncOptions::default().level;
        let most = match options.part_bytes {
            0 => limits::BUNDLE_BYTES - (4 << 20),
            bytes => bytes.min(limits::BUNDLE_BYTES - (4 << 20)),
        };
        let mut plan = BundlePlan {
            made_ms,
            changes: 0,
            photo_files: 0,
            photos_left_out: 0,
            parts: Vec::new(),
            ends: Vec::new(),
        };
        let waiting = self.store.write(|tx| {
            seal_all(tx, &me, &device_key, made_ms, clock_ms, level)?;
            for log in tx.own_heads(me.device)? {
                let after = if options.all { 0 } else { log.acked };
                if after < log.head {
                    plan.ends.push((log.id, log.head));
                }
                for stored in tx.segments_after(log.no, after)? {
                    let bytes = segment_bytes(&tx.segment(stored.no)?).len() as u32;
                    let fits = |p: &Part| {
                        p.segments.len() < limits::BUNDLE_SEGMENTS
                            && p.segments_bytes + u64::from(bytes) <= limits::BUNDLE_SEGMENTS_BYTES
                    };
                    let part = plan.room(bytes.into(), most, fits);
                    part.segments.push((stored.no, bytes));
                    part.segments_bytes += u64::from(bytes);
                    plan.changes += stored.count;
                }
            }
            Ok::<_, Error>(tx.blobs_to_carry(options.all)?)
        })?;
        for blob in waiting {
            let intact = self.files.verify(&blob.hash).map_err(disk)? == Verified::Intact;
            if !options.photos || !intact || blob.size_bytes > limits::PHOTO_BYTES {
                plan.photos_left_out += 1;
                continue;
            }
            let fits = |p: &Part| p.photos.len() < limits::BUNDLE_PHOTOS;
            let part = plan.room(blob.size_bytes, most, fits);
            part.photos.push(PhotoFile {
                hash: blob.hash,
                size_bytes: blob.size_bytes,
            });
            plan.photo_files += 1;
        }
        if plan.parts.is_empty() {
            return Err(Refusal::NothingUnsent.into());
        }
        Ok(plan)
    }

    /// Writes a part (from 0) to `out`, which the caller syncs and only then gives its name; the SHA-256 of the file.
    /// After the last part this phone remembers that there is a bundle.
    ///
    /// # Errors
    /// `not_enrolled`, the disk's. What was written then is no bundle.
    pub fn write_bundle(
        &mut self,
        plan: &BundlePlan,
        part: usize,
        out: &mut dyn Write,
    ) -> Result<Hash> {
        let me = self.itself()?.clone();
        let device_key = self.key.clone().ok_or(Refusal::NotEnrolled)?;
        let server = self.server_key.ok_or(Refusal::Certificate)?;
        let Some(this) = plan.parts.get(part) else {
            return Err(Error::invalid("part"));
        };
        let list = List {
            certificate: self.certificate()?.to_header(),
            segments: this.segments.iter().map(|(_, bytes)| *bytes).collect(),
            photos: this.photos.clone(),
            photos_left_out: plan.photos_left_out,
        };
        let envelope = Envelope {
            server: me.server.into_bytes(),
            device: me.device.into_bytes(),
            made_ms: plan.made_ms,
            to: [0; 32],
            body_bytes: 0,
            part: part as u32 + 1,
            parts: plan.parts.len() as u32,
        };
        let mut entropy = zeroize::Zeroizing::new([0; 32]);
        self.ports.entropy.fill(&mut *entropy);
        let mut sealing = Sealing::begin(out, &server, envelope, &list, &entropy)?;
        for (no, _) in &this.segments {
            let segment = self.store.read(|tx| tx.segment(*no))?;
            sealing.write(&segment_bytes(&segment))?;
        }
        for photo in &this.photos {
            let mut at = 0;
            while at < photo.size_bytes {
                let n = PIECE.min(photo.size_bytes - at);
                let read = self.files.get_range(&photo.hash, at, n).map_err(disk)?;
                let read = read.filter(|bytes| bytes.len() as u64 == n);
                let gone = || disk(std::io::ErrorKind::UnexpectedEof.into());
                sealing.write(&read.ok_or_else(gone)?)?;
                at += n;
            }
        }
        let (_, sum) = sealing.finish(&device_key)?;
        if part + 1 == plan.parts.len() {
            self.remember(plan)?;
        }
        Ok(sum)
    }

    fn remember(&mut self, plan: &BundlePlan) -> Result<()> {
        let logs = plan
            .ends
            .iter()
            .map(|(log, seq)| (log.scope, log.epoch, *seq));
        let photos = plan.parts.iter().flat_map(|p| &p.photos);
        let exported = Exported {
            made_ms: plan.made_ms,
            logs: logs.collect(),
            photos: photos.map(|p| hex::encode(p.hash)).collect(),
        };
        let json = serde_json::to_vec(&exported).map_err(|e| Error::invalid(e.to_string()))?;
        self.store
            .write(|tx| Ok(tx.put_meta_bytes(key::EXPORTED, &json)?))
    }
}

/// What the server has not confirmed of the last bundle; none once it has confirmed all.
pub(crate) fn note(tx: &mut Tx, device: Uuid) -> Result<Option<BundleNote>> {
    let Some(json) = tx.meta_bytes(key::EXPORTED)? else {
        return Ok(None);
    };
    // It only tells: what cannot be read is not told.
    let Ok(exported) = serde_json::from_slice::<Exported>(&json) else {
        return Ok(None);
    };
    let mut changes = 0;
    for log in tx.own_heads(device)? {
        let same = |(scope, epoch, _): &&(Uuid, u64, u64)| {
            (*scope, *epoch) == (log.id.scope, log.id.epoch)
        };
        if let Some((_, _, seq)) = exported.logs.iter().find(same) {
            changes += seq.min(&log.head).saturating_sub(log.acked);
        }
    }
    let waiting = tx.blobs_to_carry(false)?;
    let waits = |hash: &&String| waiting.iter().any(|b| hex::encode(b.hash) == **hash);
    let photo_files = exported.photos.iter().filter(waits).count() as u64;
    Ok((changes + photo_files > 0).then_some(BundleNote {
        made_ms: exported.made_ms,
        changes,
        photo_files,
    }))
}

fn disk(source: std::io::Error) -> Error {
    Error::File {
        what: "photos",
        source,
    }
}
