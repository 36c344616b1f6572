//! Backups: made while the server runs, encrypted to a key that is kept elsewhere, checked before they count.
//!
//! ```text
//! guanmo-20261123T120000Z.age     age( zstd( tar( manifest.json, server.db ) ) )
//! photos/ab/cdef….age             age( one photo ), named by the SHA-256 of the photo; written once, never again
//! ```
//! Invariants: a file with its final name was read back, decrypted and compared with its hashes (to a second key that
//! is thrown away after that); a killed backup leaves only `*.partial`; a damaged database is not backed up, so that
//! rotation never replaces a good backup by a bad one. A restore begins a new generation and writes into an empty
//! folder only. Standard tools open a backup without this program (`age -d FILE | zstd -d | tar x`).
//! Leaves out: what phones hold, which they send again after a restore (`docs/sync-protocol.md`).

mod cipher;
mod error;
mod folder;
mod keys;
mod read;
mod restore;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use error::BackupError;
pub use folder::{Found, file_name, list, newest, rotate};
pub use keys::{Identity, Recipient, keygen};
pub use read::{Checked, verify};
pub use restore::{Restored, restore};
pub use write::{Done, Order, write};

/// Result of a backup or restore.
pub type Result<T> = std::result::Result<T, BackupError>;

/// Name of the manifest in the archive.
const MANIFEST: &str = "manifest.json";
/// Name of the database in the archive.
const DATABASE: &str = "server.db";
/// Folder of the photos beside the backup.
const PHOTOS: &str = "photos";
/// Largest manifest, bytes: 60 bytes a photo.
const MANIFEST_BYTES: u64 = 256 << 20;

/// Backups that the server makes by itself.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where to.
    pub dir: PathBuf,
    /// For whom; the secret key is not on this machine.
    pub recipient: Recipient,
    /// How often.
    pub every: Duration,
    /// How many databases are kept; photos always are.
    pub keep: usize,
    /// With photos.
    pub photos: bool,
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Form of the backup: 1.
    pub format: u32,
    /// When the snapshot was taken, ms UTC.
    pub at_ms: i64,
    /// Version of the program.
    pub version: String,
    /// The server.
    pub server: uuid::Uuid,
    /// Its generation.
    pub generation: u64,
    /// Step of the database.
    pub schema: i64,
    /// The database.
    pub database: FileSum,
    /// Photos, if they are backed up: SHA-256 in hex, and size in bytes.
    pub photos: Option<Vec<FileSum>>,
    /// Photos whose bytes on the server's disk no longer had their hash; they are not in the backup.
    pub damaged: Vec<String>,
}

/// A file's hash and size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSum {
    /// SHA-256, hex.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
}
