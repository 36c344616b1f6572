//! The folder of a phone: its lock, its install id, its identity kept a second time.
//!
//! Invariant: the lock is held as long as [`Home`] lives and dies with the process. The install id is written before
//! the database knows it, so a kill between the two looks like a copy, which costs a new epoch and nothing else.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::keep::Kept;
use crate::ports::Entropy;
use crate::store::StoreError;

/// Key, enrolment and PIN a second time (`keep`).
const IDENTITY: &str = "identity";

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

    /// Who this phone is, as the file beside the database says.
    pub fn kept(&self) -> Option<Kept> {
        Kept::parse(&fs::read(self.dir.join(IDENTITY)).ok()?)
    }

    /// Writes that file, unless it says so already. Where that fails, the next start tries again: the database counts.
    pub fn keep(&self, kept: &Kept) {
        if self.kept().as_ref() == Some(kept) {
            return;
        }
        let path = self.dir.join(IDENTITY);
        let aside = path.with_extension("new");
        let write = || -> io::Result<()> {
            let json = serde_json::to_vec(kept)?;
            let mut out = private(&aside)?;
            out.write_all(&json)?;
            out.sync_all()?;
            fs::rename(&aside, &path)
        };
        let _: io::Result<()> = write();
    }

    /// Removes the folder with everything in it.
    pub fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.dir).map_err(file("folder"))
    }
}

/// A new file nobody else may read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
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
