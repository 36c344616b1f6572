//! Reading backups: every byte decrypted, every hash compared.
//!
//! Invariant: nothing is written but what the caller passes; no file name of the archive becomes a path.
//! Leaves out: what a restore does with it.

use std::io::{self, Read, Write};
use std::path::Path;

use super::Result;
use super::cipher::{self, Summing};
use super::write::photo_path;
use super::{BackupError, DATABASE, FileSum, Identity, MANIFEST, MANIFEST_BYTES, Manifest, PHOTOS};

/// A backup that was read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What is in it.
    pub manifest: Manifest,
    /// Photos whose file is missing, cut or has other bytes: hash.
    pub lacking: Vec<String>,
}

/// Checks a backup and the photos it names. Changes nothing.
///
/// # Errors
/// `WrongKey`, `Damaged`, `Newer`, `Io`.
pub fn verify(file: &Path, key: &Identity) -> Result<Checked> {
    let manifest = database(file, key, &mut io::sink())?;
    let folder = photos_of(file);
    let mut lacking = Vec::new();
    for sum in manifest.photos.iter().flatten() {
        match photo(&photo_path(&folder, &sum.sha256), key, sum, &mut io::sink()) {
            Ok(()) => {}
            Err(error @ BackupError::WrongKey(_)) => return Err(error),
            Err(_) => lacking.push(sum.sha256.clone()),
        }
    }
    Ok(Checked { manifest, lacking })
}

/// The photos' folder beside a backup.
pub(super) fn photos_of(file: &Path) -> std::path::PathBuf {
    file.parent().unwrap_or(Path::new("")).join(PHOTOS)
}

/// Reads a backup that was just written: the same bytes on the disk, and the same content inside.
pub(super) fn same(
    file: &Path,
    key: &Identity,
    sealed: &FileSum,
    manifest: &Manifest,
) -> Result<()> {
    let damaged = |why: &str| BackupError::Damaged {
        file: file.to_owned(),
        why: why.to_owned(),
    };
    if cipher::sum_of(file)? != *sealed {
        return Err(damaged("the disk returns other bytes than were written"));
    }
    if database(file, key, &mut io::sink())? != *manifest {
        return Err(damaged("the manifest changed"));
    }
    Ok(())
}

/// Reads the archive, and writes the database to `to`. What was written counts only if this returns without error.
pub(super) fn database(file: &Path, key: &Identity, to: &mut dyn Write) -> Result<Manifest> {
    let damaged = |why: String| BackupError::Damaged {
        file: file.to_owned(),
        why,
    };
    let opened = cipher::open(file, key)?;
    let packed = zstd::Decoder::new(opened).map_err(|e| damaged(e.to_string()))?;
    let mut archive = tar::Archive::new(packed);
    let mut manifest: Option<Manifest> = None;
    let mut found = false;
    let entries = archive.entries().map_err(|e| damaged(e.to_string()))?;
    for entry in entries {
        let mut entry = entry.map_err(|e| damaged(e.to_string()))?;
        let name = entry.path_bytes().into_owned();
        match (&manifest, name.as_slice()) {
            (None, name) if name == MANIFEST.as_bytes() => {
                let mut text = Vec::new();
                let read = (&mut entry).take(MANIFEST_BYTES).read_to_end(&mut text);
                read.map_err(|e| damaged(e.to_string()))?;
                manifest = Some(parse(&text, file)?);
            }
            (Some(m), name) if name == DATABASE.as_bytes() && !found => {
                let mut summing = Summing::new((&mut entry).take(m.database.bytes + 1));
                copy(&mut summing, to, file)?;
                if summing.finish().1 != m.database {
                    return Err(damaged("the database has another hash".to_owned()));
                }
                found = true;
            }
            _ => return Err(damaged("an unknown entry".to_owned())),
        }
    }
    // To the end: age checks the last piece only when it is read.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|e| damaged(e.to_string()))?;
    match manifest {
        Some(manifest) if found => Ok(manifest),
        _ => Err(damaged("it ends too early".to_owned())),
    }
}

fn parse(text: &[u8], file: &Path) -> Result<Manifest> {
    #[derive(serde::Deserialize)]
    struct Form {
        format: u32,
        version: String,
    }
    let damaged = |e: serde_json::Error| BackupError::Damaged {
        file: file.to_owned(),
        why: e.to_string(),
    };
    let form: Form = serde_json::from_slice(text).map_err(damaged)?;
    if form.format != 1 {
        return Err(BackupError::Newer(form.version));
    }
    let manifest: Manifest = serde_json::from_slice(text).map_err(damaged)?;
    let named = |s: &FileSum| s.sha256.parse::<crate::blobs::BlobHash>().is_ok();
    if !named(&manifest.database) || !manifest.photos.iter().flatten().all(named) {
        return Err(BackupError::Damaged {
            file: file.to_owned(),
            why: "a hash is none".to_owned(),
        });
    }
    Ok(manifest)
}

/// Decrypts one photo into `to` and compares its hash.
pub(super) fn photo(file: &Path, key: &Identity, sum: &FileSum, to: &mut dyn Write) -> Result<()> {
    let mut summing = Summing::new(cipher::open(file, key)?.take(sum.bytes + 1));
    copy(&mut summing, to, file)?;
    if summing.finish().1 != *sum {
        return Err(BackupError::Damaged {
            file: file.to_owned(),
            why: "another hash".to_owned(),
        });
    }
    Ok(())
}

/// Copies, telling a backup that cannot be read from a disk that cannot be written to.
fn copy(from: &mut impl Read, to: &mut dyn Write, file: &Path) -> Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        let n = from.read(&mut piece).map_err(|e| BackupError::Damaged {
            file: file.to_owned(),
            why: e.to_string(),
        })?;
        if n == 0 {
            return Ok(());
        }
        to.write_all(&piece[..n])
            .map_err(BackupError::io("restore"))?;
    }
}
