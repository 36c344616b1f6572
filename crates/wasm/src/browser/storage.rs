//! SQLite's files in OPFS: a pool of sync access handles, taken all at once when the phone is opened.
//!
//! Invariant: the pool is installed once per worker, and only while the worker holds the lock on the phone's data.
//! `sqlite-wasm-vfs` 0.3 is bridged to `sqlite-wasm-rs` 0.5: the version that belongs to it never rolls back a hot
//! journal (docs/adr/0017). Leaves out: the files' contents (`mobile-core`).

use std::path::PathBuf;
use std::time::Duration;

use mobile_core::{FileDatabase, Parts, Replica};
use rsqlite_vfs::VfsFilesManager;
use rsqlite_vfs_01::OsCallback as _;
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};

use super::ports::ports;
use crate::face::Fault;

/// Folder of the pool in OPFS. Another layout is another folder.
const FOLDER: &str = "guanmo/files";
/// Two databases with their journals, and some to spare.
const FILES: usize = 8;

#[derive(Default)]
struct Os;

impl rsqlite_vfs::OsCallback for Os {
    fn sleep(&self, time: Duration) {
        WasmOsCallback::sleep(time);
    }

    fn random(&self, out: &mut [u8]) -> usize {
        WasmOsCallback::random(out);
        out.len()
    }

    fn epoch_timestamp_in_ms(&self) -> rsqlite_vfs::VfsResult<i64> {
        Ok(WasmOsCallback::epoch_timestamp_in_ms())
    }
}

/// The place where the phone's files are.
pub struct Storage {
    pool: OpfsSAHPoolUtil,
    install_id: [u8; 16],
}

impl Storage {
    /// Takes the place over.
    pub async fn take(install_id: [u8; 16]) -> Result<Self, Fault> {
        let config = OpfsSAHPoolCfgBuilder::new()
            .directory(FOLDER)
            .initial_capacity(FILES)
            .build();
        let pool = install::<Os>(&config, true).await;
        let pool = pool.map_err(Fault::storage)?;
        Ok(Self { pool, install_id })
    }

    /// Opens the phone that is there, or a new one.
    pub fn open(&self) -> Result<Replica, Fault> {
        let files = FileDatabase::open(&PathBuf::from("photos.db"));
        let files = files.map_err(mobile_core::Error::from)?;
        let replica = Replica::open_with(Parts {
            database: PathBuf::from("phone.db"),
            files: Box::new(files),
            install_id: self.install_id,
            ports: ports(),
        })?;
        Ok(replica)
    }

    /// Removes every file; the phone is closed.
    pub fn clear(&self) -> Result<(), Fault> {
        self.pool.clear().map_err(Fault::storage)
    }
}
