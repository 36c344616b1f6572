//! Whether a mutated folder is found out, or proven to say the same as before.
//!
//! Invariant: a mutation nobody finds counts as harmless only if everything that bears on a result is there unchanged,
//! row for row and photo for photo, read by a connection of its own. Leaves out: mutating.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, OpenFlags};

use crate::{folder, mutate, office};

/// What became of one mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Found, by these codes.
    Found(BTreeSet<&'static str>),
    /// The folder says what it said.
    Harmless,
    /// Neither.
    Missed,
}

/// Judges a folder against the clean one it was copied from.
///
/// # Errors
/// The clean folder's.
pub async fn judge(dir: &Path, clean: &Path) -> Result<Verdict> {
    let found = office::verify(dir).await;
    if !found.is_empty() {
        return Ok(Verdict::Found(found.iter().map(|f| f.code).collect()));
    }
    Ok(match same(dir, clean)? {
        true => Verdict::Harmless,
        false => Verdict::Missed,
    })
}

/// True if both folders say the same of everything that bears on a result.
///
/// # Errors
/// The clean folder's.
pub fn same(dir: &Path, clean: &Path) -> Result<bool> {
    let read = |dir: &Path| -> Result<_> {
        let path = dir.join("server.db");
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        folder::said(&conn)
    };
    let clean_said = folder::said(&folder::still(clean)?)?;
    let Ok(said) = read(dir) else {
        return Ok(false);
    };
    let clean_photos = mutate::files(&clean.join("photos"))?;
    for photo in clean_photos {
        let other = dir.join(photo.strip_prefix(clean)?);
        if std::fs::read(&photo)? != std::fs::read(other).unwrap_or_default() {
            return Ok(false);
        }
    }
    Ok(said == clean_said)
}
