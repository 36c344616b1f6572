//! Unfinished uploads: create, look, forget.
//!
//! A complete upload that was not published (a kill between the last byte and the rename) is published by whoever
//! looks at it next, so an offset equal to the length is never told of a blob that is not finished.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use uuid::Uuid;

use super::lock::Held;
use super::{BlobError, BlobHash, BlobStore, UploadState, disk};

/// A partial upload as its file says.
#[derive(Debug, Clone)]
pub(super) struct Partial {
    pub path: PathBuf,
    pub length: u64,
    pub offset: u64,
    pub written_at: SystemTime,
}

impl BlobStore {
    /// Begins an upload of `length` bytes, or finds the one there is. A begun upload of another length is replaced.
    ///
    /// # Errors
    /// `TooLarge`, `TooManyOpen`, `DiskReserve`, `Busy`, `HashMismatch` (an empty blob of another name), the disk's.
    pub fn create(
        &self,
        device: Uuid,
        hash: BlobHash,
        length: u64,
        now: SystemTime,
    ) -> Result<UploadState, BlobError> {
        let limit = self.config.max_blob_bytes;
        if length > limit {
            return Err(BlobError::TooLarge { length, limit });
        }
        let held = self.hold(device, hash)?;
        match self.look(&held, device, hash, now) {
            Ok(UploadState::Open { length: begun, .. }) if begun != length => {
                self.forget(device, hash)?;
            }
            Ok(UploadState::Absent) => {}
            // Complete, wrong and now emptied: the device may fill it again.
            Err(BlobError::HashMismatch) => return self.look(&held, device, hash, now),
            found => return found,
        }
        self.check_free_disk(length)?;
        let folder = self.device_folder(device);
        disk::make_dir(&folder)?;
        self.check_open_partials(&folder, now)?;
        let path = folder.join(format!("{hash}.{length}"));
        File::create(&path)?.sync_all()?;
        disk::sync_parent(&path)?;
        self.look(&held, device, hash, now)
    }

    /// Where the upload of this device stands.
    ///
    /// # Errors
    /// `Busy`, `HashMismatch` (all bytes were there, and wrong; now emptied), the disk's.
    pub fn state(
        &self,
        device: Uuid,
        hash: BlobHash,
        now: SystemTime,
    ) -> Result<UploadState, BlobError> {
        let held = self.hold(device, hash)?;
        self.look(&held, device, hash, now)
    }

    /// Forgets the unfinished upload of this device.
    ///
    /// # Errors
    /// `Absent`, `Busy`, the disk's.
    pub fn terminate(&self, device: Uuid, hash: BlobHash) -> Result<(), BlobError> {
        let _held = self.hold(device, hash)?;
        self.forget(device, hash)?
            .then_some(())
            .ok_or(BlobError::Absent)
    }

    /// Asks a request that is writing this upload to stop and waits until it has. The caller sets a time limit.
    pub async fn interrupt(&self, device: Uuid, hash: BlobHash) {
        self.locks.interrupt((device, hash)).await;
    }

    /// Removes the uploads that nobody went on with; returns how many. For an hourly job.
    ///
    /// # Errors
    /// The disk's.
    pub fn expire_partials(&self, now: SystemTime) -> Result<usize, BlobError> {
        let mut removed = 0;
        for folder in fs::read_dir(self.root.join("partial"))? {
            removed += self.expire_folder(&folder?.path(), now)?;
        }
        Ok(removed)
    }

    pub(super) fn hold(&self, device: Uuid, hash: BlobHash) -> Result<Held, BlobError> {
        self.locks.try_hold((device, hash)).ok_or(BlobError::Busy)
    }

    /// The partial of (device, hash), whatever its age. The caller holds the lock.
    pub(super) fn find(&self, device: Uuid, hash: BlobHash) -> Result<Option<Partial>, BlobError> {
        let folder = self.device_folder(device);
        let Some(entries) = disk::absent_as_none(fs::read_dir(&folder))? else {
            return Ok(None);
        };
        for entry in entries {
            let path = entry?.path();
            if let Some((name, length)) = parse_name(&path).filter(|(name, _)| *name == hash) {
                debug_assert_eq!(name, hash);
                let found = fs::metadata(&path)?;
                let written_at = found.modified()?;
                return Ok(Some(Partial {
                    path,
                    length,
                    offset: found.len(),
                    written_at,
                }));
            }
        }
        Ok(None)
    }

    pub(super) fn look(
        &self,
        _held: &Held,
        device: Uuid,
        hash: BlobHash,
        now: SystemTime,
    ) -> Result<UploadState, BlobError> {
        if let Some(length) = self.finished_size(hash)? {
            self.forget(device, hash)?;
            return Ok(UploadState::Finished { length });
        }
        let Some(partial) = self.find(device, hash)? else {
            return Ok(UploadState::Absent);
        };
        let expires_at = partial.written_at + self.config.partial_lifetime;
        if expires_at <= now {
            self.forget(device, hash)?;
            return Ok(UploadState::Absent);
        }
        if partial.offset >= partial.length {
            File::open(&partial.path)?.sync_all()?;
            self.publish(&partial.path, hash)?;
            return Ok(UploadState::Finished {
                length: partial.length,
            });
        }
        Ok(UploadState::Open {
            offset: partial.offset,
            length: partial.length,
            expires_at,
        })
    }

    fn forget(&self, device: Uuid, hash: BlobHash) -> Result<bool, BlobError> {
        let Some(partial) = self.find(device, hash)? else {
            return Ok(false);
        };
        fs::remove_file(&partial.path)?;
        Ok(true)
    }

    fn device_folder(&self, device: Uuid) -> PathBuf {
        self.root.join("partial").join(device.simple().to_string())
    }

    fn check_open_partials(&self, folder: &Path, now: SystemTime) -> Result<(), BlobError> {
        let limit = self.config.max_open_partials;
        if fs::read_dir(folder)?.count() < limit {
            return Ok(());
        }
        self.expire_folder(folder, now)?;
        if fs::read_dir(folder)?.count() < limit {
            return Ok(());
        }
        Err(BlobError::TooManyOpen { limit })
    }

    fn expire_folder(&self, folder: &Path, now: SystemTime) -> Result<usize, BlobError> {
        let device = folder
            .file_name()
            .and_then(|name| Uuid::parse_str(name.to_str()?).ok());
        let Some(device) = device else {
            return Ok(0);
        };
        let mut removed = 0;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let Some((hash, _)) = parse_name(&path) else {
                continue;
            };
            // An upload that is being written is not forgotten.
            let Ok(_held) = self.hold(device, hash) else {
                continue;
            };
            let written_at =
                disk::absent_as_none(fs::metadata(&path))?.map(|found| found.modified());
            let Some(written_at) = written_at.transpose()? else {
                continue;
            };
            if written_at + self.config.partial_lifetime <= now {
                fs::remove_file(&path)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

fn parse_name(path: &Path) -> Option<(BlobHash, u64)> {
    let (hash, length) = path.file_name()?.to_str()?.split_once('.')?;
    Some((hash.parse().ok()?, length.parse().ok()?))
}
