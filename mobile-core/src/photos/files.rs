//! The phone's photo folder: files named by the SHA-256 of their bytes.
//!
//! Invariant: a name that exists has the bytes it says, because bytes are written aside, synced, and only then
//! renamed into place; a kill or a power cut at any point leaves at most a temporary file. Paths are made of the hash
//! alone, never of a name somebody gave. [`BlobFiles`] is the seam: the browser build brings its own folder. Left
//! out: which files are still needed (the store knows), encryption of the folder.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::BlobHash;

/// What [`BlobFiles::verify`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// The bytes hash to the name.
    Intact,
    /// The file is there, its bytes are not what the name says.
    Damaged,
    /// There is no such file.
    Missing,
}

/// Bytes hashed at once.
const PIECE: usize = 64 * 1024;

impl Verified {
    /// Whether what `file` has hashes to the name.
    ///
    /// # Errors
    /// The reader's.
    pub(crate) fn of(mut file: impl Read, name: &BlobHash) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece)? {
                0 => break,
                n => hasher.update(&piece[..n]),
            }
        }
        let found: BlobHash = hasher.finalize().into();
        Ok(if found == *name {
            Self::Intact
        } else {
            Self::Damaged
        })
    }
}

/// A folder of files known by the SHA-256 of their bytes. All sizes and offsets are in bytes.
pub trait BlobFiles {
    /// Keeps `bytes` durably and returns their hash; keeping the same bytes again changes nothing.
    ///
    /// # Errors
    /// The disk's; nothing is kept under the hash then.
    fn put(&self, bytes: &[u8]) -> io::Result<BlobHash>;

    /// The whole file, or `None` if there is none.
    ///
    /// # Errors
    /// The disk's.
    fn get(&self, hash: &BlobHash) -> io::Result<Option<Vec<u8>>>;

    /// `length` bytes from `offset`, for the upload; fewer at the end of the file, `None` if there is no file.
    ///
    /// # Errors
    /// The disk's.
    fn get_range(&self, hash: &BlobHash, offset: u64, length: u64) -> io::Result<Option<Vec<u8>>>;

    /// Size of the file, or `None` if there is none.
    ///
    /// # Errors
    /// The disk's.
    fn size_bytes(&self, hash: &BlobHash) -> io::Result<Option<u64>>;

    /// Reads the file and compares its bytes with its name.
    ///
    /// # Errors
    /// The disk's.
    fn verify(&self, hash: &BlobHash) -> io::Result<Verified>;

    /// Removes the file; removing what is not there is no error.
    ///
    /// # Errors
    /// The disk's.
    fn remove(&self, hash: &BlobHash) -> io::Result<()>;

    /// Gives the room of removed files back to the system, where removing does not.
    ///
    /// # Errors
    /// The disk's.
    fn shrink(&self) -> io::Result<()> {
        Ok(())
    }

    /// Every file there is, in no order. A folder that cannot be listed has none to say.
    ///
    /// # Errors
    /// The disk's.
    fn list(&self) -> io::Result<Vec<BlobHash>> {
        Ok(Vec::new())
    }
}

#[cfg(not(target_family = "wasm"))]
pub use native::PhotoFolder;

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::fs::{self, File};
    use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::super::{BlobHash, hash_of};
    use super::{BlobFiles, Verified};

    /// Folder below the root for files that are being written.
    const TEMPORARY: &str = "tmp";

    /// [`BlobFiles`] on a file system: `<root>/ab/cdef….jpg`.
    #[derive(Debug)]
    pub struct PhotoFolder {
        root: PathBuf,
        next_temporary: AtomicU64,
    }

    impl PhotoFolder {
        /// Opens the folder, makes it if need be, and removes what an interrupted `put` left. One process at a time.
        ///
        /// # Errors
        /// The disk's.
        pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
            let root = root.into();
            let temporary = root.join(TEMPORARY);
            fs::create_dir_all(&temporary)?;
            for entry in fs::read_dir(&temporary)? {
                fs::remove_file(entry?.path())?;
            }
            Ok(Self {
                root,
                next_temporary: AtomicU64::new(0),
            })
        }

        /// Where the file of `hash` is or would be, to hand to a viewer.
        #[must_use]
        pub fn path(&self, hash: &BlobHash) -> PathBuf {
            let name = hex::encode(hash);
            self.root
                .join(&name[..2])
                .join(format!("{}.jpg", &name[2..]))
        }

        fn open_file(&self, hash: &BlobHash) -> io::Result<Option<File>> {
            absent_as_none(File::open(self.path(hash)))
        }

        fn write_aside(&self, bytes: &[u8]) -> io::Result<PathBuf> {
            let number = self.next_temporary.fetch_add(1, Ordering::Relaxed);
            let path = self.root.join(TEMPORARY).join(number.to_string());
            let mut file = File::create(&path)?;
            let written = file.write_all(bytes).and_then(|()| file.sync_all());
            if written.is_err() {
                // The disk is probably full: give the space back; the first error is the one to report.
                let _ = fs::remove_file(&path);
            }
            written.map(|()| path)
        }
    }

    impl BlobFiles for PhotoFolder {
        fn put(&self, bytes: &[u8]) -> io::Result<BlobHash> {
            let hash = hash_of(bytes);
            // Not "does it exist": putting the bytes again heals a damaged file.
            if self.verify(&hash)? == Verified::Intact {
                return Ok(hash);
            }
            let target = self.path(&hash);
            let aside = self.write_aside(bytes)?;
            let folder = target.parent().unwrap_or(&self.root);
            fs::create_dir_all(folder)?;
            fs::rename(&aside, &target)?;
            sync_dir(folder)?;
            sync_dir(&self.root)?;
            Ok(hash)
        }

        fn get(&self, hash: &BlobHash) -> io::Result<Option<Vec<u8>>> {
            absent_as_none(fs::read(self.path(hash)))
        }

        fn get_range(
            &self,
            hash: &BlobHash,
            offset: u64,
            length: u64,
        ) -> io::Result<Option<Vec<u8>>> {
            let Some(mut file) = self.open_file(hash)? else {
                return Ok(None);
            };
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(length).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        }

        fn size_bytes(&self, hash: &BlobHash) -> io::Result<Option<u64>> {
            Ok(absent_as_none(fs::metadata(self.path(hash)))?.map(|found| found.len()))
        }

        fn verify(&self, hash: &BlobHash) -> io::Result<Verified> {
            match self.open_file(hash)? {
                Some(file) => Verified::of(file, hash),
                None => Ok(Verified::Missing),
            }
        }

        fn remove(&self, hash: &BlobHash) -> io::Result<()> {
            absent_as_none(fs::remove_file(self.path(hash))).map(|_| ())
        }

        fn list(&self) -> io::Result<Vec<BlobHash>> {
            let mut out = Vec::new();
            for folder in fs::read_dir(&self.root)? {
                let folder = folder?;
                if folder.file_name() == TEMPORARY || !folder.file_type()?.is_dir() {
                    continue;
                }
                for file in fs::read_dir(folder.path())? {
                    let name = [folder.file_name(), file?.file_name()];
                    let name = name.map(|n| n.to_string_lossy().into_owned()).concat();
                    let hash = name.strip_suffix(".jpg").map(hex::decode);
                    // Anything else was put there by somebody else.
                    if let Some(Ok(hash)) = hash {
                        out.extend(BlobHash::try_from(hash));
                    }
                }
            }
            Ok(out)
        }
    }

    fn absent_as_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a rename durable. Windows has no such call and needs none.
    fn sync_dir(path: &Path) -> io::Result<()> {
        if cfg!(unix) {
            File::open(path)?.sync_all()
        } else {
            Ok(())
        }
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use std::fs;

    use super::super::hash_of;
    use super::*;

    fn folder() -> (tempfile::TempDir, PhotoFolder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = PhotoFolder::open(dir.path().join("photos")).unwrap();
        (dir, folder)
    }

    #[test]
    fn a_photo_put_twice_is_kept_once_under_its_hash() {
        let (_dir, folder) = folder();
        let hash = folder.put(b"picture").unwrap();
        assert_eq!(hash, hash_of(b"picture"));
        assert_eq!(folder.put(b"picture").unwrap(), hash);
        assert_eq!(folder.get(&hash).unwrap().as_deref(), Some(&b"picture"[..]));
        assert_eq!(folder.size_bytes(&hash).unwrap(), Some(7));
        assert_eq!(
            folder.get_range(&hash, 3, 2).unwrap().as_deref(),
            Some(&b"tu"[..])
        );
        assert_eq!(
            folder.get_range(&hash, 5, 99).unwrap().as_deref(),
            Some(&b"re"[..])
        );
        let name = hex::encode(hash);
        let path = folder.path(&hash);
        assert!(path.ends_with(format!("photos/{}/{}.jpg", &name[..2], &name[2..])));
    }

    #[test]
    fn a_missing_photo_is_none_and_removing_it_is_no_error() {
        let (_dir, folder) = folder();
        let hash = hash_of(b"never kept");
        assert_eq!(folder.get(&hash).unwrap(), None);
        assert_eq!(folder.get_range(&hash, 0, 1).unwrap(), None);
        assert_eq!(folder.size_bytes(&hash).unwrap(), None);
        assert_eq!(folder.verify(&hash).unwrap(), Verified::Missing);
        folder.remove(&hash).unwrap();
    }

    #[test]
    fn one_flipped_bit_is_found_and_putting_the_bytes_again_heals_it() {
        let (_dir, folder) = folder();
        let hash = folder.put(b"picture").unwrap();
        fs::write(folder.path(&hash), b"picturE").unwrap();
        assert_eq!(folder.verify(&hash).unwrap(), Verified::Damaged);
        folder.put(b"picture").unwrap();
        assert_eq!(folder.verify(&hash).unwrap(), Verified::Intact);
        folder.remove(&hash).unwrap();
        assert_eq!(folder.verify(&hash).unwrap(), Verified::Missing);
    }

    #[test]
    fn what_a_kill_left_half_written_is_gone_after_reopening() {
        let (dir, folder) = folder();
        let kept = folder.put(b"picture").unwrap();
        let leftover = dir.path().join("photos/tmp/0");
        fs::write(&leftover, b"pict").unwrap();
        let reopened = PhotoFolder::open(dir.path().join("photos")).unwrap();
        assert!(!leftover.exists());
        assert_eq!(reopened.verify(&kept).unwrap(), Verified::Intact);
    }

    #[test]
    fn a_failed_put_keeps_nothing_under_the_hash() {
        let (dir, folder) = folder();
        // The temporary folder is gone, so writing aside must fail.
        fs::remove_dir_all(dir.path().join("photos/tmp")).unwrap();
        assert!(folder.put(b"picture").is_err());
        assert_eq!(
            folder.verify(&hash_of(b"picture")).unwrap(),
            Verified::Missing
        );
    }
}
