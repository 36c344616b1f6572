//! Writing one piece of an upload.
//!
//! The bytes are durable when [`Append::finish`] returns, and only then may an offset be answered. An `Append` that
//! is dropped keeps what it wrote; the length of the file says how much.

use std::fs::{self, File};
use std::io::Write;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;
use uuid::Uuid;

use super::lock::Held;
use super::partial::Partial;
use super::{BlobError, BlobHash, BlobStore, UploadState};

/// An upload being written; holds its lock.
#[derive(Debug)]
pub struct Append {
    store: Arc<BlobStore>,
    held: Held,
    device: Uuid,
    hash: BlobHash,
    file: File,
    partial: Partial,
    begun_at: u64,
}

impl BlobStore {
    /// Goes on with an upload at `offset`.
    ///
    /// # Errors
    /// `Absent`, `Busy`, `OffsetMismatch` (also for a finished blob: its offset is its length), `DiskReserve`,
    /// `HashMismatch`, the disk's.
    pub fn begin_append(
        self: &Arc<Self>,
        device: Uuid,
        hash: BlobHash,
        offset: u64,
        now: SystemTime,
    ) -> Result<Append, BlobError> {
        let held = self.hold(device, hash)?;
        match self.look(&held, device, hash, now)? {
            UploadState::Absent => return Err(BlobError::Absent),
            UploadState::Finished { length } => {
                return Err(BlobError::OffsetMismatch { offset: length });
            }
            UploadState::Open {
                offset: stands_at, ..
            } if stands_at != offset => {
                return Err(BlobError::OffsetMismatch { offset: stands_at });
            }
            UploadState::Open { length, .. } => self.check_free_disk(length - offset)?,
        }
        let partial = self.find(device, hash)?.ok_or(BlobError::Absent)?;
        let file = File::options().append(true).open(&partial.path)?;
        Ok(Append {
            store: Arc::clone(self),
            held,
            device,
            hash,
            file,
            partial,
            begun_at: offset,
        })
    }
}

impl BlobStore {
    /// Puts a whole blob in, whose bytes `device` has at hand; one that is there stays.
    ///
    /// # Errors
    /// `TooLarge`, `DiskReserve`, `Busy`, `HashMismatch`, the disk's.
    pub fn put(
        self: &Arc<Self>,
        device: Uuid,
        hash: BlobHash,
        bytes: &[u8],
    ) -> Result<(), BlobError> {
        let now = SystemTime::now();
        let begun = self.create(device, hash, bytes.len() as u64, now)?;
        let UploadState::Open { offset, .. } = begun else {
            return Ok(());
        };
        let mut append = self.begin_append(device, hash, offset, now)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        append.write(bytes.get(from..).unwrap_or_default())?;
        append.finish(now).map(|_| ())
    }
}

impl Append {
    /// Bytes that still fit.
    #[must_use]
    pub fn room_bytes(&self) -> u64 {
        self.partial.length - self.partial.offset
    }

    /// Becomes true when another request of the same device wants to go on with this upload.
    #[must_use]
    pub fn stop_signal(&self) -> watch::Receiver<bool> {
        self.held.stop_signal()
    }

    /// Adds bytes at the end; not durable yet.
    ///
    /// # Errors
    /// `BeyondLength` (nothing is written), `DiskReserve`, the disk's.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        if bytes.len() as u64 > self.room_bytes() {
            return Err(BlobError::BeyondLength {
                length: self.partial.length,
            });
        }
        self.file.write_all(bytes)?;
        self.partial.offset += bytes.len() as u64;
        Ok(())
    }

    /// Takes back everything this `Append` wrote.
    ///
    /// # Errors
    /// The disk's.
    pub fn discard(self) -> Result<(), BlobError> {
        self.file.set_len(self.begun_at)?;
        self.file.sync_all()?;
        Ok(())
    }

    /// Makes the bytes durable and publishes the blob if it is complete.
    ///
    /// # Errors
    /// `HashMismatch` (the upload is empty again), the disk's.
    pub fn finish(self, now: SystemTime) -> Result<UploadState, BlobError> {
        if let Err(error) = self.file.sync_all() {
            // The kernel may now call pages clean that never reached the disk: such a file is not built upon.
            let _ = fs::remove_file(&self.partial.path);
            return Err(error.into());
        }
        self.store.look(&self.held, self.device, self.hash, now)
    }
}
