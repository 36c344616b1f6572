//! Making a backup of a data folder, whether a server has it or not.
//!
//! Invariant: the database is one snapshot, taken through SQLite beside the running server; it is in clear only inside
//! the data folder, where it is anyway. Leaves out: when (`app::backup`).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::cipher::{self, Summing};
use super::{BackupError, DATABASE, FileSum, Identity, MANIFEST, Manifest, PHOTOS, Recipient};
use super::{Result, read};
use crate::blobs;
use crate::store::sqlite::copy;

/// What to back up, and where to.
#[derive(Clone, Debug)]
pub struct Order {
    /// The data folder.
    pub data: PathBuf,
    /// The file to make; photos go into `photos` beside it.
    pub to: PathBuf,
    /// For whom.
    pub recipient: Recipient,
    /// With photos.
    pub photos: bool,
    /// Now, ms UTC.
    pub now_ms: i64,
}

/// A backup that was made and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What is in it.
    pub manifest: Manifest,
    /// Size of the file, bytes.
    pub bytes: u64,
    /// Photos that were not in the folder yet.
    pub new_photos: u64,
}

/// Makes a backup. Blocks on the disk.
///
/// # Errors
/// Nothing is left but `*.partial` files; earlier backups stay.
pub fn write(order: &Order) -> Result<Done> {
    let database = order.data.join(DATABASE);
    if !database.is_file() {
        return Err(BackupError::NoDatabase(order.data.clone()));
    }
    if order.to.exists() {
        return Err(BackupError::Exists(order.to.clone()));
    }
    let folder = order.to.parent().unwrap_or(Path::new("")).to_owned();
    if !folder.as_os_str().is_empty() {
        fs::create_dir_all(&folder).map_err(BackupError::io(&folder))?;
    }
    let lock_path = order.data.join("backup.lock");
    let lock = cipher::private_file(&lock_path).map_err(BackupError::io(&lock_path))?;
    if lock.try_lock().is_err() {
        return Err(BackupError::Busy);
    }
    let snapshot = Snapshot::take(&order.data)?;
    let sum = cipher::sum_of(&snapshot.0)?;
    let source = copy::facts(&snapshot.0)?;
    let mut manifest = Manifest {
        format: 1,
        at_ms: order.now_ms,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        server: source.server,
        generation: source.generation,
        schema: source.schema,
        database: sum,
        photos: None,
        damaged: Vec::new(),
    };
    let check = Identity::fleeting();
    let mut new_photos = 0;
    if order.photos {
        new_photos = photos(order, &folder.join(PHOTOS), &check, &mut manifest)?;
    }
    let partial = cipher::partial(&order.to);
    let to = [&order.recipient, &check.recipient()];
    let sealed = cipher::seal(&partial, &to, |out| archive(out, &manifest, &snapshot.0))?;
    read::same(&partial, &check, &sealed, &manifest)?;
    cipher::publish(&order.to)?;
    Ok(Done {
        manifest,
        bytes: sealed.bytes,
        new_photos,
    })
}

/// The copy of the database, deleted when dropped; one that a killed backup left is overwritten.
struct Snapshot(PathBuf);

impl Snapshot {
    fn take(data: &Path) -> Result<Self> {
        let to = data.join("backup.snapshot");
        match fs::remove_file(&to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BackupError::io(&to)(error));
            }
            _ => {}
        }
        // Made first, so that it is its owner's only.
        cipher::private_file(&to).map_err(BackupError::io(&to))?;
        let snapshot = Self(to);
        copy::copy(&data.join(DATABASE), &snapshot.0)?;
        if let Some(damage) = copy::damage(&snapshot.0)?.first() {
            return Err(BackupError::Source(damage.clone()));
        }
        Ok(snapshot)
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // What stays is overwritten by the next backup.
        let _ = fs::remove_file(&self.0);
    }
}

fn archive(out: &mut dyn Write, manifest: &Manifest, snapshot: &Path) -> io::Result<()> {
    let packed = zstd::Encoder::new(out, 3)?;
    let mut tar = tar::Builder::new(packed);
    let text = serde_json::to_vec_pretty(manifest)?;
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(manifest.at_ms / 1_000).unwrap_or_default());
    header.set_size(text.len() as u64);
    tar.append_data(&mut header, MANIFEST, text.as_slice())?;
    header.set_size(manifest.database.bytes);
    tar.append_data(&mut header, DATABASE, File::open(snapshot)?)?;
    tar.into_inner()?.finish()?;
    Ok(())
}

/// Encrypts the photos that are not in the folder yet; how many.
fn photos(order: &Order, to: &Path, check: &Identity, manifest: &mut Manifest) -> Result<u64> {
    let root = order.data.join("photos");
    let stored = blobs::list_finished(&root).map_err(BackupError::io(&root))?;
    let (mut kept, mut new) = (Vec::new(), 0);
    for (hash, bytes) in stored {
        let sum = FileSum {
            sha256: hash.to_string(),
            bytes,
        };
        let target = photo_path(to, &sum.sha256);
        if !target.exists() {
            let source = blobs::finished_path(&root, hash);
            if !photo(&source, &target, order, check, &sum)? {
                manifest.damaged.push(sum.sha256);
                continue;
            }
            new += 1;
        }
        kept.push(sum);
    }
    manifest.photos = Some(kept);
    Ok(new)
}

/// Where a photo is in a backup's `photos` folder.
pub(super) fn photo_path(photos: &Path, hash: &str) -> PathBuf {
    let (first, rest) = hash.split_at(hash.len().min(2));
    photos.join(first).join(format!("{rest}.age"))
}

/// Encrypts one photo; false if its bytes no longer have its hash.
fn photo(
    source: &Path,
    target: &Path,
    order: &Order,
    check: &Identity,
    sum: &FileSum,
) -> Result<bool> {
    if let Some(dir) = target.parent() {
        fs::create_dir_all(dir).map_err(BackupError::io(dir))?;
    }
    let partial = cipher::partial(target);
    let file = File::open(source).map_err(BackupError::io(source))?;
    let mut reading = Summing::new(file);
    let to = [&order.recipient, &check.recipient()];
    cipher::seal(&partial, &to, |out| io::copy(&mut reading, out).map(|_| ()))?;
    if reading.finish().1 != *sum {
        fs::remove_file(&partial).map_err(BackupError::io(&partial))?;
        return Ok(false);
    }
    read::photo(&partial, check, sum, &mut io::sink())?;
    cipher::publish(target)?;
    Ok(true)
}
