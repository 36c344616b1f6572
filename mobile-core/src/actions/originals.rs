//! Making room: the camera's files of photos of which the server confirmed record and copies.
//!
//! Invariant: a file goes only while every photo it is the original of is held by the server; its record, with hash and
//! size, its copy and its thumbnail stay. Leaves out: asking for it, which only a person does: the original is the evidence.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::photos::{disk, hash, photo_state};
use crate::error::Result;
use crate::photos::BlobHash;
use crate::replica::Replica;
use crate::store::Tx;
use crate::views::{Originals, PhotoState};

impl Replica {
    /// The originals that may be released now, and their bytes.
    ///
    /// # Errors
    /// `not_enrolled`, `pin_locked`, `file`.
    pub fn releasable_originals(&mut self) -> Result<Originals> {
        let found = self.held_originals()?;
        Ok(Originals {
            photos: found.len() as u64,
            size_bytes: found.iter().map(|(_, size)| size).sum(),
        })
    }

    /// Releases them; what was released.
    ///
    /// # Errors
    /// As `releasable_originals`; after one of the disk some may be gone.
    pub fn release_originals(&mut self) -> Result<Originals> {
        let mut released = Originals::default();
        for (hash, size_bytes) in self.held_originals()? {
            self.files.remove(&hash).map_err(disk)?;
            released.photos += 1;
            released.size_bytes += size_bytes;
        }
        self.files.shrink().map_err(disk)?;
        Ok(released)
    }

    /// Those that are here, with their sizes in bytes.
    fn held_originals(&mut self) -> Result<Vec<(BlobHash, u64)>> {
        self.shown()?;
        let me = self.me()?.clone();
        let held = self.store.read(|tx| held(tx, me.device, me.account))?;
        let mut found = Vec::new();
        for hash in held {
            if let Some(size) = self.files.size_bytes(&hash).map_err(disk)? {
                found.push((hash, size));
            }
        }
        Ok(found)
    }
}

/// Originals of own photos that all are held; none that is a copy itself, as of a photo that was taken in again.
fn held(tx: &mut Tx, device: uuid::Uuid, account: uuid::Uuid) -> Result<Vec<BlobHash>> {
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
        *confirmed.entry(original).or_insert(true) &= state == PhotoState::HeldByServer;
    }
    let copies: BTreeSet<BlobHash> = tx.all_blobs()?.into_iter().collect();
    let held = confirmed.into_iter().filter(|(_, yes)| *yes);
    Ok(held
        .map(|(hash, _)| hash)
        .filter(|h| !copies.contains(h))
        .collect())
}
