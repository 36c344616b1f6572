//! Photos at the office: a content-addressed folder and the uploads that are not finished.
//!
//! ```text
//! <root>/finished/ab/cdef…                    a blob, named by the SHA-256 of its bytes
//! <root>/partial/<device id>/<hash>.<length>  an upload; its offset is the length of the file
//! <root>/damaged/<hash>                       a blob whose bytes changed on the disk, put aside
//! ```
//! Invariants: a name under `finished` appears only after all bytes were read back and hashed, and the file and the
//! folder were synced; an offset is answered only after the bytes before it were synced; nothing about an upload
//! lives anywhere but in these files, so a kill at any byte loses nothing that was answered. A partial upload belongs
//! to (device, hash), so nobody can spoil another's. One server process per folder. Left out: who may do what
//! (answered by `services`, see `access`), which blobs are still referred to (the store), the wire (`routes::blobs`).

mod access;
mod append;
mod disk;
mod hash;
mod lock;
mod partial;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use thiserror::Error;

pub use access::{BlobAccess, DeviceIdentity, UploadRefusal};
pub use append::Append;
pub use hash::{BlobHash, InvalidBlobHash};

/// Limits of a [`BlobStore`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobConfig {
    /// Largest blob, bytes.
    pub max_blob_bytes: u64,
    /// Most unfinished uploads of one device.
    pub max_open_partials: usize,
    /// How long after its last byte an unfinished upload is kept.
    pub partial_lifetime: Duration,
    /// Free disk, in bytes, that photos never touch, so that scores can still be recorded.
    pub free_disk_reserve_bytes: u64,
}

impl Default for BlobConfig {
    fn default() -> Self {
        Self {
            max_blob_bytes: 40_000_000,
            max_open_partials: 64,
            partial_lifetime: Duration::from_secs(24 * 3_600),
            free_disk_reserve_bytes: 1_000_000_000,
        }
    }
}

/// What the store has of a blob, as one device sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadState {
    /// Nothing.
    Absent,
    /// An unfinished upload of this device.
    Open {
        /// Bytes that are durable.
        offset: u64,
        /// Bytes that were announced.
        length: u64,
        /// When it will be forgotten if nothing more arrives.
        expires_at: SystemTime,
    },
    /// The whole blob, whoever sent it.
    Finished {
        /// Its size in bytes.
        length: u64,
    },
}

/// Why the store did not do it.
#[derive(Debug, Error)]
pub enum BlobError {
    /// There is no such upload of this device.
    #[error("no such upload")]
    Absent,
    /// Another request is writing this upload.
    #[error("another request is writing this upload")]
    Busy,
    /// The piece does not begin where the upload stands.
    #[error("the upload stands at {offset}")]
    OffsetMismatch {
        /// Where it stands, bytes.
        offset: u64,
    },
    /// More bytes than announced.
    #[error("more bytes than the announced {length}")]
    BeyondLength {
        /// The announced length, bytes.
        length: u64,
    },
    /// The announced length is over the limit.
    #[error("{length} bytes are over the limit of {limit}")]
    TooLarge {
        /// The announced length, bytes.
        length: u64,
        /// The limit, bytes.
        limit: u64,
    },
    /// The device has too many unfinished uploads.
    #[error("{limit} uploads of this device are open")]
    TooManyOpen {
        /// The limit.
        limit: usize,
    },
    /// Only the reserve for scores is left on the disk.
    #[error("only the disk reserve is left")]
    DiskReserve,
    /// All bytes are there and their hash is not the blob's name; the upload was emptied.
    #[error("the bytes do not have the announced SHA-256")]
    HashMismatch,
    /// The disk failed.
    #[error("blob store: {0}")]
    Io(#[source] io::Error),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskReserve,
            _ => Self::Io(error),
        }
    }
}

/// The store. All methods block on the disk: call them off the async threads.
#[derive(Debug)]
pub struct BlobStore {
    root: PathBuf,
    config: BlobConfig,
    /// Free disk that photos never touch, bytes; the office may raise it while the server runs.
    reserve_bytes: AtomicU64,
    locks: lock::Locks,
}

impl BlobStore {
    /// Opens the store in `root` and makes its folders if need be.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(root: impl Into<PathBuf>, config: BlobConfig) -> Result<Self, BlobError> {
        let root = root.into();
        for folder in ["finished", "partial", "damaged"] {
            disk::make_dir(&root.join(folder))?;
        }
        Ok(Self {
            root,
            config,
            reserve_bytes: AtomicU64::new(config.free_disk_reserve_bytes),
            locks: lock::Locks::default(),
        })
    }

    /// The limits in force.
    #[must_use]
    pub fn config(&self) -> &BlobConfig {
        &self.config
    }

    /// Free disk that photos never touch, bytes.
    #[must_use]
    pub fn reserve_bytes(&self) -> u64 {
        self.reserve_bytes.load(Ordering::Relaxed)
    }

    /// Changes it.
    pub fn set_reserve(&self, bytes: u64) {
        self.reserve_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Size of a finished blob in bytes, or `None`.
    ///
    /// # Errors
    /// The disk's.
    pub fn finished_size(&self, hash: BlobHash) -> Result<Option<u64>, BlobError> {
        Ok(disk::absent_as_none(fs::metadata(self.finished_path(hash)))?.map(|found| found.len()))
    }

    /// Those of `hashes` that are not finished here, in their order.
    ///
    /// # Errors
    /// The disk's.
    pub fn missing(&self, hashes: &[BlobHash]) -> Result<Vec<BlobHash>, BlobError> {
        let mut missing = Vec::new();
        for &hash in hashes {
            if self.finished_size(hash)?.is_none() {
                missing.push(hash);
            }
        }
        Ok(missing)
    }

    /// How far the unfinished upload of a device is, for people to see: durable and announced bytes.
    ///
    /// # Errors
    /// The disk's.
    pub fn progress(
        &self,
        device: uuid::Uuid,
        hash: BlobHash,
    ) -> Result<Option<(u64, u64)>, BlobError> {
        let found = self.find(device, hash)?;
        Ok(found.map(|partial| (partial.offset, partial.length)))
    }

    /// Path of a finished blob whose bytes were just hashed and found right, or `None`.
    ///
    /// A blob whose bytes have changed on the disk is put aside and counts as missing from then on, so that `have`
    /// asks the phones for it again.
    ///
    /// # Errors
    /// The disk's.
    pub fn verified_path(&self, hash: BlobHash) -> Result<Option<PathBuf>, BlobError> {
        let path = self.finished_path(hash);
        let Some(file) = disk::absent_as_none(File::open(&path))? else {
            return Ok(None);
        };
        if hash_file(file)? == hash {
            return Ok(Some(path));
        }
        tracing::error!(%hash, "a stored photo changed on the disk; put aside");
        fs::rename(&path, self.root.join("damaged").join(hash.to_string()))?;
        disk::sync_parent(&path)?;
        Ok(None)
    }

    /// A finished, verified blob opened for reading, or `None`.
    ///
    /// # Errors
    /// The disk's.
    pub fn open_finished(&self, hash: BlobHash) -> Result<Option<File>, BlobError> {
        Ok(self.verified_path(hash)?.map(File::open).transpose()?)
    }

    /// Removes a finished blob that nothing refers to any more; one that is not there is no error.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove(&self, hash: BlobHash) -> Result<(), BlobError> {
        let path = self.finished_path(hash);
        disk::absent_as_none(fs::remove_file(&path))?;
        Ok(())
    }

    fn finished_path(&self, hash: BlobHash) -> PathBuf {
        finished_path(&self.root, hash)
    }

    /// Refuses `more_bytes` when they would reach into the reserve.
    fn check_free_disk(&self, more_bytes: u64) -> Result<(), BlobError> {
        let needed = self.reserve_bytes().saturating_add(more_bytes);
        if fs4::available_space(&self.root)? < needed {
            return Err(BlobError::DiskReserve);
        }
        Ok(())
    }

    /// Moves a complete partial into place. The caller holds its lock and has synced the file.
    fn publish(&self, partial: &Path, hash: BlobHash) -> Result<(), BlobError> {
        if hash_file(File::open(partial)?)? != hash {
            let file = File::options().write(true).open(partial)?;
            file.set_len(0)?;
            file.sync_all()?;
            return Err(BlobError::HashMismatch);
        }
        let target = self.finished_path(hash);
        if let Some(folder) = target.parent() {
            disk::make_dir(folder)?;
        }
        // Over an existing blob too: the bytes are equal by their hash.
        fs::rename(partial, &target)?;
        disk::sync_parent(&target)?;
        disk::sync_parent(partial)?;
        Ok(())
    }
}

/// Where the store in `root` has a finished blob.
pub(crate) fn finished_path(root: &Path, hash: BlobHash) -> PathBuf {
    let name = hash.to_string();
    root.join("finished").join(&name[..2]).join(&name[2..])
}

/// The finished blobs of the store in `root` with their sizes in bytes, by hash. Other files are passed over.
pub(crate) fn list_finished(root: &Path) -> io::Result<Vec<(BlobHash, u64)>> {
    let mut found = Vec::new();
    let Some(folders) = disk::absent_as_none(fs::read_dir(root.join("finished")))? else {
        return Ok(found);
    };
    for folder in folders {
        let folder = folder?;
        if !folder.file_type()?.is_dir() {
            continue;
        }
        for entry in fs::read_dir(folder.path())? {
            let entry = entry?;
            let name =
                [folder.file_name(), entry.file_name()].map(|n| n.to_string_lossy().into_owned());
            if let Ok(hash) = name.concat().parse::<BlobHash>() {
                found.push((hash, entry.metadata()?.len()));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn hash_file(mut file: File) -> io::Result<BlobHash> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(BlobHash::from_bytes(hasher.finalize().into())),
            n => hasher.update(&piece[..n]),
        }
    }
}
