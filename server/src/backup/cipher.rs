//! Encrypted files: written beside their name, synced and hashed on the way; read back whole.
//!
//! Invariant: what a reader returns is authenticated piece by piece by age; a file cut off anywhere fails.
//! Leaves out: what is inside.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{BackupError, FileSum, Identity, Recipient, Result};

/// Bytes moved at once.
const PIECE: usize = 64 << 10;

/// Passes bytes on and keeps their hash and count.
pub(super) struct Summing<I> {
    inner: I,
    hash: Sha256,
    bytes: u64,
}

impl<I> Summing<I> {
    pub(super) fn new(inner: I) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    pub(super) fn finish(self) -> (I, FileSum) {
        let sum = FileSum {
            sha256: hex::encode(self.hash.finalize()),
            bytes: self.bytes,
        };
        (self.inner, sum)
    }
}

impl<R: Read> Read for Summing<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.hash.update(&buf[..n]);
        self.bytes += n as u64;
        Ok(n)
    }
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buf)?;
        self.hash.update(&buf[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Hash and size of a file.
pub(super) fn sum_of(path: &Path) -> Result<FileSum> {
    let file = File::open(path).map_err(BackupError::io(path))?;
    let mut summing = Summing::new(BufReader::with_capacity(PIECE, file));
    io::copy(&mut summing, &mut io::sink()).map_err(BackupError::io(path))?;
    Ok(summing.finish().1)
}

/// The name a file has until it counts.
pub(super) fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// Makes a file for its owner's eyes only, replacing one of that name.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes an encrypted file under its partial name; what `fill` writes goes in. Synced, with the hash of the file.
pub(super) fn seal(
    path: &Path,
    to: &[&Recipient],
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<FileSum> {
    let failed = |e| BackupError::io(path)(e);
    let file = private_file(path).map_err(failed)?;
    let recipients = to.iter().map(|r| &r.0 as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients)
        .map_err(|e| BackupError::Recipient(e.to_string()))?;
    let sealed = || -> io::Result<FileSum> {
        let out = Summing::new(BufWriter::with_capacity(PIECE, file));
        let mut out = encryptor.wrap_output(out)?;
        fill(&mut out)?;
        let (out, sum) = out.finish()?.finish();
        out.into_inner().map_err(|e| e.into_error())?.sync_all()?;
        Ok(sum)
    };
    sealed().map_err(failed)
}

/// Opens an encrypted file.
pub(super) fn open(path: &Path, key: &Identity) -> Result<impl Read + use<>> {
    let file = File::open(path).map_err(BackupError::io(path))?;
    let damaged = |why: age::DecryptError| BackupError::Damaged {
        file: path.to_owned(),
        why: why.to_string(),
    };
    let decryptor = age::Decryptor::new(BufReader::with_capacity(PIECE, file)).map_err(damaged)?;
    let keys = std::iter::once(&key.0 as &dyn age::Identity);
    decryptor.decrypt(keys).map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => BackupError::WrongKey(path.to_owned()),
        other => damaged(other),
    })
}

/// Gives a partial file its name, durably.
pub(super) fn publish(path: &Path) -> Result<()> {
    let failed = |e| BackupError::io(path)(e);
    fs::rename(partial(path), path).map_err(failed)?;
    sync_folder_of(path).map_err(failed)
}

/// Makes the entry of a file in its folder durable.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(dir) if cfg!(unix) => {
            let dir = if dir.as_os_str().is_empty() {
                Path::new(".")
            } else {
                dir
            };
            File::open(dir)?.sync_all()
        }
        _ => Ok(()),
    }
}
