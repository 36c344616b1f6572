//! Making room: the camera's files of photos of which the server confirmed record and copies.
//!
//! Invariant: a file goes only while every photo it is the original of is held by the server and old enough; its record,
//! with hash and size, its copy and its thumbnail stay. Leaves out: asking for it, which only a person does: the original is
//! the evidence.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::photos::{disk, hash, photo_state};
use crate::error::Result;
use crate::photos::BlobHash;
use crate::replica::Replica;
use crate::store::Tx;
use crate::views::{Originals, PhotoState};

const DAY_MS: i64 = 86_400_000;

impl Replica {
    /// The originals of photos recorded at least so many days ago that may be released now, and their bytes.
    ///
    /// # Errors
    /// `not_enrolled`, `pin_locked`, `file`.
    pub fn releasable_originals(&mut self, older_than_days: u32) -> Result<Originals> {
        let found = self.held_originals(older_than_days)?;
        Ok(Originals {
            photos: found.len() as u64,
            size_bytes: found.iter().map(|(_, size)| size).sum(),
        })
    }

    /// Releases them; what was released.
    ///
    /// # Errors
    /// As `releasable_originals`; after one of the disk some may be gone.
    pub fn release_originals(&mut self, older_than_days: u32) -> Result<Originals> {
        let mut released = Originals::default();
        for (hash, size_bytes) in self.held_originals(older_than_days)? {
            self.files.remove(&hash).map_err(disk)?;
            released.photos += 1;
            released.size_bytes += size_bytes;
        }
        self.files.shrink().map_err(disk)?;
        Ok(released)
    }

    /// Those that are here, with their sizes in bytes.
    fn held_originals(&mut self, older_than_days: u32) -> Result<Vec<(BlobHash, u64)>> {
        self.shown()?;
        let me = self.me()?.clone();
        let until_ms = self.ports.clock.now_ms() - i64::from(older_than_days) * DAY_MS;
        let held = (self.store).read(|tx| held(tx, me.device, me.account, until_ms))?;
        let mut found = Vec::new();
        for hash in held {
            if let Some(size) = self.files.size_bytes(&hash).map_err(disk)? {
                found.push((hash, size));
            }
        }
        Ok(found)
    }
}

/// When a photo was recorded, as its id tells.
fn recorded_ms(photo: Uuid) -> i64 {
    let at = photo.get_timestamp().map_or((0, 0), |t| t.to_unix());
    at.0 as i64 * 1_000 + i64::from(at.1 / 1_000_000)
}

/// Originals of own photos that all are held and were recorded until then; none that is a copy itself, as of a photo that
/// was taken in again.
fn held(tx: &mut Tx, device: Uuid, account: Uuid, until_ms: i64) -> Result<Vec<BlobHash>> {
    let records = tx.own_records(device, account)?;
    let only_here: HashMap<_, _> = records.iter().map(|r| (r.id, r.only_here)).collect();
    let mut confirmed: BTreeMap<BlobHash, bool> = BTreeMap::new();
    for file in tx.own_photos()? {
        let view = tx.view(file.id)?;
        let Some(original) = view.and_then(|v| hash(v.get("image").at(3))) else {
            continue;
        };
        // A record that is not known to be sent is not.
        let here = only_here.get(&file.id).copied().unwrap_or(true);
        let state = photo_state(here, Some(&file));
        let old = recorded_ms(file.id) <= until_ms;
        *confirmed.entry(original).or_insert(true) &= old && state == PhotoState::HeldByServer;
    }
    let copies: BTreeSet<BlobHash> = tx.all_blobs()?.into_iter().collect();
    let held = confirmed.into_iter().filter(|(_, yes)| *yes);
    Ok(held
        .map(|(hash, _)| hash)
        .filter(|h| !copies.contains(h))
        .collect())
}
