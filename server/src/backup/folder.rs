//! A folder of backups: which there are, and which may go.
//!
//! Invariant: only files named as the server names its backups are counted or deleted, and never the newest.
//! Leaves out: photos, which every backup refers to and which stay.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime};
use serde::Serialize;

use super::{BackupError, Result};

const FORM: &str = "guanmo-%Y%m%dT%H%M%SZ.age";

/// A backup in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The file.
    pub file: PathBuf,
    /// When it was made, ms UTC, by its name.
    pub at_ms: i64,
    /// Size in bytes.
    pub bytes: u64,
}

/// The name of a backup made at this time.
pub fn file_name(at_ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    at.format(FORM).to_string()
}

/// The backups in a folder, newest first; none if the folder is not there.
///
/// # Errors
/// `Io`.
pub fn list(dir: &Path) -> Result<Vec<Found>> {
    let failed = |e| BackupError::io(dir)(e);
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let Ok(at) = NaiveDateTime::parse_from_str(&name.to_string_lossy(), FORM) else {
            continue;
        };
        found.push(Found {
            file: entry.path(),
            at_ms: at.and_utc().timestamp_millis(),
            bytes: entry.metadata().map_err(failed)?.len(),
        });
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.at_ms));
    Ok(found)
}

/// When the newest backup in a folder was made, ms UTC.
///
/// # Errors
/// `Io`.
pub fn newest(dir: &Path) -> Result<Option<i64>> {
    Ok(list(dir)?.first().map(|f| f.at_ms))
}

/// Deletes all but the newest `keep` (at least one); the deleted files.
///
/// # Errors
/// `Io`.
pub fn rotate(dir: &Path, keep: usize) -> Result<Vec<PathBuf>> {
    let old: Vec<PathBuf> = list(dir)?
        .into_iter()
        .skip(keep.max(1))
        .map(|f| f.file)
        .collect();
    for file in &old {
        fs::remove_file(file).map_err(BackupError::io(file))?;
    }
    Ok(old)
}
