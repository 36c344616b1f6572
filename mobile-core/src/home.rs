//! The folder of a phone: its lock and its install id.
//!
//! Invariant: the lock is held as long as [`Home`] lives and dies with the process. The install id is written before
//! the database knows it, so a kill between the two looks like a copy, which costs a new epoch and nothing else.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::ports::Entropy;
use crate::store::StoreError;

/// A locked folder.
pub(crate) struct Home {
    dir: PathBuf,
    install_id: [u8; 16],
    /// Locked as long as it is open.
    _lock: File,
}

impl Home {
    /// Makes the folder if need be, and locks it.
    pub fn open(dir: &Path, entropy: &dyn Entropy) -> Result<Self> {
        fs::create_dir_all(dir).map_err(file("folder"))?;
        let lock = File::create(dir.join("lock")).map_err(file("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked(dir.display().to_string()).into());
            }
            Err(TryLockError::Error(e)) => return Err(file("lock")(e)),
        }
        let install_id =
            install_id(&dir.join("install-id"), entropy).map_err(file("install-id"))?;
        Ok(Self {
            dir: dir.to_owned(),
            install_id,
            _lock: lock,
        })
    }

    pub fn install_id(&self) -> [u8; 16] {
        self.install_id
    }

    /// Removes the folder with everything in it.
    pub fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.dir).map_err(file("folder"))
    }
}

fn install_id(path: &Path, entropy: &dyn Entropy) -> io::Result<[u8; 16]> {
    if let Ok(text) = fs::read_to_string(path)
        && let Ok(bytes) = hex::decode(text.trim())
        && let Ok(id) = bytes.try_into()
    {
        return Ok(id);
    }
    let mut id = [0; 16];
    entropy.fill(&mut id);
    let aside = path.with_extension("new");
    let mut out = File::create(&aside)?;
    out.write_all(hex::encode(id).as_bytes())?;
    out.sync_all()?;
    fs::rename(&aside, path)?;
    Ok(id)
}

fn file(what: &'static str) -> impl Fn(io::Error) -> Error {
    move |source| Error::File { what, source }
}
