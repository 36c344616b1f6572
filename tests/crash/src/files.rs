//! The photo folder on a disk, so that photos share the fate of the database.
//!
//! Invariant: the same steps as `mobile_core`'s folder on a file system: written aside, synced, renamed, the folder
//! synced. Leaves out: what an interrupted `put` leaves is not swept; nothing refers to it.

use std::io::{Error, ErrorKind, Result};

use mobile_core::photos::files::{BlobFiles, Verified};
use mobile_core::photos::{BlobHash, hash_of};

use crate::Disk;
use crate::faults::{Asks, Fault};
use crate::state::Change;

/// A photo folder; see [`Disk::files`].
#[derive(Clone, Debug)]
pub struct DiskFiles {
    disk: Disk,
    folder: String,
}

fn told(fault: Fault) -> Error {
    match fault {
        Fault::Io => Error::other("the disk is broken"),
        Fault::Full => ErrorKind::StorageFull.into(),
        Fault::ReadOnly => ErrorKind::ReadOnlyFilesystem.into(),
    }
}

impl DiskFiles {
    pub(crate) fn new(disk: Disk, folder: &str) -> Self {
        let folder = folder.to_owned();
        Self { disk, folder }
    }

    /// The name of a photo's file on the disk.
    #[must_use]
    pub fn name(&self, hash: &BlobHash) -> String {
        format!("{}/{}.jpg", self.folder, hex::encode(hash))
    }

    fn change(&self, change: Change) -> Result<()> {
        self.disk.lock().change(change).map_err(told)
    }

    fn write_aside(&self, aside: &str, bytes: &[u8]) -> Result<()> {
        let name = aside.to_owned();
        self.change(Change::Create { name })?;
        let found = self.disk.lock().image.find(aside);
        let node = found.ok_or_else(|| Error::from(ErrorKind::NotFound))?;
        let bytes = bytes.into();
        self.change(Change::Write { node, at: 0, bytes })?;
        self.change(Change::Sync { node })
    }
}

impl BlobFiles for DiskFiles {
    fn put(&self, bytes: &[u8]) -> Result<BlobHash> {
        let hash = hash_of(bytes);
        if self.verify(&hash)? == Verified::Intact {
            return Ok(hash);
        }
        let (to, from) = (self.name(&hash), format!("{}/tmp", self.folder));
        if let Err(error) = self.write_aside(&from, bytes) {
            // The space is given back; the first error is the one to report.
            let (name, durably) = (from, false);
            let _ = self.change(Change::Delete { name, durably });
            return Err(error);
        }
        self.change(Change::Rename { from, to })?;
        self.change(Change::SyncNames)?;
        Ok(hash)
    }

    fn get(&self, hash: &BlobHash) -> Result<Option<Vec<u8>>> {
        let mut disk = self.disk.lock();
        disk.ask(Asks::Reading).map_err(told)?;
        let found = disk.image.bytes(&self.name(hash));
        Ok(found.map(<[u8]>::to_vec))
    }

    fn get_range(&self, hash: &BlobHash, offset: u64, length: u64) -> Result<Option<Vec<u8>>> {
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let whole = self.get(hash)?;
        Ok(whole.map(|bytes| {
            let rest = bytes.iter().skip(number(offset));
            rest.take(number(length)).copied().collect()
        }))
    }

    fn size_bytes(&self, hash: &BlobHash) -> Result<Option<u64>> {
        Ok(self.get(hash)?.map(|bytes| bytes.len() as u64))
    }

    fn verify(&self, hash: &BlobHash) -> Result<Verified> {
        Ok(match self.get(hash)? {
            None => Verified::Missing,
            Some(bytes) if hash_of(&bytes) == *hash => Verified::Intact,
            Some(_) => Verified::Damaged,
        })
    }

    fn remove(&self, hash: &BlobHash) -> Result<()> {
        let name = self.name(hash);
        if self.disk.lock().image.find(&name).is_none() {
            return Ok(());
        }
        let durably = false;
        self.change(Change::Delete { name, durably })
    }
}
