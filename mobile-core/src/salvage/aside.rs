//! The files around a salvage: the copy set aside, the mark that one is under way, the exchange.
//!
//! Invariant: the damaged files are whole in their own folder before any of them is touched, and that folder is neither
//! written to again nor removed (but when the whole phone is wiped). While the mark stands the phone does not open and the
//! next salvage begins anew from the copy, so a death at any point costs nothing but time. Leaves out: what is done with the bytes.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::look::{beside, bytes};
use super::{SalvageReport, SalvageStep};
use crate::error::{Error, Result};

/// The database, its log and SQLite's index of that.
pub(crate) const DATABASE: &str = "phone.db";
const LOG: &str = "phone.db-wal";
const INDEX: &str = "phone.db-shm";
/// Names the folder of the copy while a salvage is under way.
const MARK: &str = "salvaging";
/// The new database before it has its name.
const NEW: &str = "phone.db.new";
const COPYING: &str = "damaged.copying";
/// What the salvage found, beside the copy.
const REPORT: &str = "report.json";

/// What people and programs are told of each step; a caller that returns does not hold it up.
pub(super) type Tell<'a> = &'a mut dyn FnMut(SalvageStep);

fn file(what: &'static str) -> impl Fn(io::Error) -> Error {
    move |source| Error::File { what, source }
}

/// Names in a folder survive a power cut once this returns.
fn sync_folder(dir: &Path) -> io::Result<()> {
    // Elsewhere folders cannot be opened, and names are journaled.
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// A new file that is there whole or not at all.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = beside(path, ".part");
    let mut out = File::create(&aside)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(&aside, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// True while a salvage is under way.
pub(crate) fn is_marked(dir: &Path) -> bool {
    dir.join(MARK).exists()
}

/// The folder of the copy of a salvage that was cut short.
fn marked(dir: &Path) -> Result<Option<PathBuf>> {
    let name = bytes(&dir.join(MARK)).map_err(file("salvaging"))?;
    let name = String::from_utf8_lossy(&name).into_owned();
    // The mark is written whole; a name of another form was put there by nobody.
    let fits = name.starts_with("damaged-") && !name.contains(['/', '\\']);
    Ok(fits.then(|| dir.join(name)).filter(|d| d.is_dir()))
}

/// Sets the damaged files aside, once, and returns their folder.
pub(super) fn set_aside(dir: &Path, now_ms: i64, tell: Tell) -> Result<PathBuf> {
    if let Some(copy) = marked(dir)? {
        return Ok(copy);
    }
    let copying = dir.join(COPYING);
    if copying.exists() {
        fs::remove_dir_all(&copying).map_err(file("damaged"))?;
    }
    fs::create_dir(&copying).map_err(file("damaged"))?;
    for name in [DATABASE, LOG] {
        let from = dir.join(name);
        if from.exists() {
            let to = copying.join(name);
            fs::copy(&from, &to).map_err(file("damaged"))?;
            let copied = File::options().write(true).open(&to);
            copied.and_then(|f| f.sync_all()).map_err(file("damaged"))?;
        }
        tell(SalvageStep::Copied);
    }
    sync_folder(&copying).map_err(file("damaged"))?;
    let name = free_name(dir, now_ms);
    fs::rename(&copying, dir.join(&name)).map_err(file("damaged"))?;
    sync_folder(dir).map_err(file("folder"))?;
    tell(SalvageStep::SetAside);
    put(&dir.join(MARK), name.as_bytes()).map_err(file("salvaging"))?;
    tell(SalvageStep::Marked);
    Ok(dir.join(name))
}

/// `damaged-20211118-093000`, with a number where that is taken.
fn free_name(dir: &Path, now_ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(now_ms).unwrap_or_default();
    let name = format!("damaged-{}", time.format("%Y%m%d-%H%M%S"));
    let names = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}-{n}")));
    let mut free = names.filter(|name| !dir.join(name).exists());
    free.next().unwrap_or(name)
}

/// Database and log of the copy.
pub(super) fn read(copy: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    let read = |name: &str| bytes(&copy.join(name)).map_err(file("damaged"));
    Ok((read(DATABASE)?, read(LOG)?))
}

/// Where the new database is made; what an earlier try left is removed.
pub(super) fn new_database(dir: &Path) -> Result<PathBuf> {
    let new = dir.join(NEW);
    for ending in ["", "-wal", "-shm", "-journal"] {
        remove(&beside(&new, ending)).map_err(file(DATABASE))?;
    }
    Ok(new)
}

/// Puts the new database, closed, in the place of the damaged one.
pub(super) fn exchange(dir: &Path, copy: &Path, report: &SalvageReport, tell: Tell) -> Result<()> {
    let new = dir.join(NEW);
    let synced = File::options().write(true).open(&new);
    synced.and_then(|f| f.sync_all()).map_err(file(DATABASE))?;
    let json = serde_json::to_vec_pretty(report).unwrap_or_default();
    put(&copy.join(REPORT), &json).map_err(file("report"))?;
    tell(SalvageStep::Built);
    // The old log must not be taken for the new database's; it is in the copy.
    for name in [LOG, INDEX] {
        remove(&dir.join(name)).map_err(file(DATABASE))?;
    }
    sync_folder(dir).map_err(file("folder"))?;
    tell(SalvageStep::LogRemoved);
    fs::rename(&new, dir.join(DATABASE)).map_err(file(DATABASE))?;
    sync_folder(dir).map_err(file("folder"))?;
    tell(SalvageStep::Exchanged);
    remove(&dir.join(MARK)).map_err(file("salvaging"))?;
    sync_folder(dir).map_err(file("folder"))?;
    tell(SalvageStep::Done);
    Ok(())
}
