//! Restoring into an empty folder, as a new generation.
//!
//! Invariant: the folder becomes a data folder only at the very end, by renaming; a restore that was cut off leaves
//! `.restoring`, which no server opens. Sessions and unused codes of the backup end, so that a code that was used since
//! is not good a second time. Leaves out: what phones and the office wrote since; phones send theirs again.

use std::fs;
use std::path::{Path, PathBuf};

use super::cipher;
use super::read;
use super::write::photo_path;
use super::{BackupError, DATABASE, Identity, Manifest, PHOTOS, Result};
use crate::blobs;
use crate::config::{Clock, Config, Entropy};
use crate::store::sqlite::copy;

/// A folder that was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What was in the backup.
    pub manifest: Manifest,
    /// The new generation.
    pub generation: u64,
    /// Photos that are back.
    pub photos: u64,
    /// Photos that are not in the backup any more, or are damaged there: hash.
    pub lacking: Vec<String>,
}

/// Restores a backup into a new or empty folder.
///
/// # Errors
/// Nothing is in force then; the folder may be deleted.
pub async fn restore(
    file: &Path,
    key: &Identity,
    into: &Path,
    clock: Clock,
    entropy: Entropy,
) -> Result<Restored> {
    fs::create_dir_all(into).map_err(BackupError::io(into))?;
    let mut entries = fs::read_dir(into).map_err(BackupError::io(into))?;
    if entries.next().is_some() {
        return Err(BackupError::NotEmpty(into.to_owned()));
    }
    let staging = into.join(".restoring");
    fs::create_dir(&staging).map_err(BackupError::io(&staging))?;
    let manifest = database(file, key, &staging.join(DATABASE))?;
    let (photos, lacking) = photos(file, key, &manifest, &staging.join(PHOTOS))?;
    let generation = begin(&staging, (clock, entropy), &manifest).await?;
    for name in [PHOTOS, DATABASE] {
        let to = into.join(name);
        fs::rename(staging.join(name), &to).map_err(BackupError::io(&to))?;
    }
    // Locks and logs that opening made.
    fs::remove_dir_all(&staging).map_err(BackupError::io(&staging))?;
    cipher::sync_folder_of(&into.join(DATABASE)).map_err(BackupError::io(into))?;
    Ok(Restored {
        manifest,
        generation,
        photos,
        lacking,
    })
}

fn database(file: &Path, key: &Identity, to: &Path) -> Result<Manifest> {
    let mut out = cipher::private_file(to).map_err(BackupError::io(to))?;
    let manifest = read::database(file, key, &mut out)?;
    out.sync_all().map_err(BackupError::io(to))?;
    drop(out);
    match copy::damage(to)?.first() {
        Some(damage) => Err(BackupError::Damaged {
            file: file.to_owned(),
            why: damage.clone(),
        }),
        None => Ok(manifest),
    }
}

fn photos(
    file: &Path,
    key: &Identity,
    manifest: &Manifest,
    to: &Path,
) -> Result<(u64, Vec<String>)> {
    let from = read::photos_of(file);
    let (mut back, mut lacking) = (0, Vec::new());
    for sum in manifest.photos.iter().flatten() {
        let Ok(hash) = sum.sha256.parse::<blobs::BlobHash>() else {
            continue;
        };
        let target = blobs::finished_path(to, hash);
        let whole = one(&photo_path(&from, &sum.sha256), key, sum, &target);
        match whole {
            Ok(()) => back += 1,
            Err(error @ BackupError::Io { .. }) if !missing(&error) => return Err(error),
            Err(_) => lacking.push(sum.sha256.clone()),
        }
    }
    Ok((back, lacking))
}

fn missing(error: &BackupError) -> bool {
    matches!(error, BackupError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
}

fn one(from: &Path, key: &Identity, sum: &super::FileSum, target: &Path) -> Result<()> {
    let dir: PathBuf = target.parent().unwrap_or(Path::new("")).to_owned();
    fs::create_dir_all(&dir).map_err(BackupError::io(&dir))?;
    let partial = cipher::partial(target);
    let mut out = fs::File::create(&partial).map_err(BackupError::io(&partial))?;
    let read = read::photo(from, key, sum, &mut out);
    if read.is_err() {
        fs::remove_file(&partial).map_err(BackupError::io(&partial))?;
        return read;
    }
    out.sync_all().map_err(BackupError::io(&partial))?;
    cipher::publish(target)
}

/// Opens the folder as a server does, begins a generation, and lets go of it.
async fn begin(
    staging: &Path,
    (clock, entropy): (Clock, Entropy),
    manifest: &Manifest,
) -> Result<u64> {
    let mut config = Config::new(staging);
    (config.clock, config.entropy) = (clock, entropy);
    let failed = |error: crate::Error| match error {
        crate::Error::DatabaseNewer => BackupError::Newer(manifest.version.clone()),
        other => BackupError::Database(other.to_string()),
    };
    let app = crate::open(config).await.map_err(failed)?;
    app.begin_after_restore(manifest.at_ms)
        .await
        .map_err(failed)
}
