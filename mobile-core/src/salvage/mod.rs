//! A damaged database is set aside, and what can be read of it goes into a new one.
//!
//! [`salvage`] copies the files into `damaged-<time>`, reads every page of the copy, builds a new database and puts it in the
//! place of the old one; photos stay where they are. Killed at any point, it is run again and finishes. Invariant: no
//! readable change the server may lack is left behind, and what could not be read is said in numbers.
//! Leaves out: a browser's files (`aside` and `look` are for folders; the rest reads bytes).

mod aside;
mod log;
pub(crate) mod look;
mod own;
mod pages;
mod rescue;
mod rows;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Refusal, Result};
use crate::home::Home;
use crate::keep::Kept;
use crate::photos::files::PhotoFolder;
use crate::ports::Ports;
use crate::replica::Replica;
use crate::store::{Store, StoreError, key};
use aside::Tell;
pub(crate) use aside::{DATABASE, is_marked};
use pages::{Field, Pages};
use rows::Found;

/// How far a salvage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SalvageStep {
    /// One of the two files was copied.
    Copied,
    /// The copy is whole and has its name.
    SetAside,
    /// From here on the phone opens only after the salvage.
    Marked,
    /// The new database is whole.
    Built,
    /// The old write-ahead log is gone from its place.
    LogRemoved,
    /// The new database is in its place.
    Exchanged,
    /// All is done.
    Done,
}

/// What a salvage saved and what it could not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SalvageReport {
    /// The folder of the damaged files; nothing in it is changed or removed.
    pub copy: PathBuf,
    /// Own changes the server may lack, saved: the next sync sends them.
    pub saved: u64,
    /// Those of them that are written again under new numbers, because something before them could not be read.
    pub reissued: u64,
    /// Those of them that were read where a checksum did not fit, and that nothing else confirms: to be looked over.
    pub doubtful: u64,
    /// Own changes the server had acknowledged; what of them is not here comes back by the next sync.
    pub held: u64,
    /// Own changes that are known to have been there and could not be read. What left no trace at all is in no number.
    pub unreadable: u64,
    /// Pages of the database of which nothing could be read.
    pub pages_lost: u64,
    /// Changes of others and of the office that are here again without a network.
    pub others_changes: u64,
    /// Own photos whose record is here.
    pub photos: u64,
    /// Those of them that are sent at the next sync.
    pub photos_unsent: u64,
    /// Files of photos that are missing or damaged.
    pub files_damaged: u64,
    /// Files in the photo folder nothing refers to any more, by their SHA-256 in hex. They are kept.
    pub loose_files: Vec<String>,
    /// Bundles of other phones that are still carried.
    pub bundles: u64,
    /// True if key and enrolment came from the file beside the database.
    pub identity_from_file: bool,
    /// True if a PIN is set afterwards.
    pub pin: bool,
}

/// Sets a damaged database aside and saves what can be read of it; `tell` hears of each step.
///
/// # Errors
/// `not_damaged` if a full check finds nothing wrong, `identity_lost` if neither the database nor the file beside it says
/// whose phone it is (nothing was changed then), `database_locked`, `database_newer`, the disk's.
pub fn salvage(
    dir: &Path,
    ports: Ports,
    tell: &mut dyn FnMut(SalvageStep),
) -> Result<SalvageReport> {
    salvage_leaving(dir, ports, tell, &mut |_| {})
}

/// The same without reading own changes: for tests, which must see that they are missing then.
///
/// # Errors
/// As [`salvage`].
#[cfg(feature = "testpic")]
pub fn salvage_without_own(dir: &Path, ports: Ports) -> Result<SalvageReport> {
    salvage_leaving(dir, ports, &mut |_| {}, &mut |found| {
        found.tail.clear();
        found.cells.clear();
    })
}

/// The same with something done to what was read.
fn salvage_leaving(
    dir: &Path,
    ports: Ports,
    tell: Tell,
    leave: &mut dyn FnMut(&mut Found),
) -> Result<SalvageReport> {
    let home = Home::open(dir, &*ports.entropy)?;
    let home = if is_marked(dir) {
        home
    } else {
        refuse_whole(home, dir, &ports)?
    };
    // Before anything is touched: without a key nothing could be saved for anybody.
    if !is_marked(dir) {
        identity(&home, &aside::read(dir)?)?;
    }
    let copy = aside::set_aside(dir, ports.clock.now_ms(), tell)?;
    let files = aside::read(&copy)?;
    let (kept, identity_from_file) = identity(&home, &files)?;
    let scopes = rescue::scopes_of(&kept.enrolment.identity);
    let pages = Pages::read(&files.0, &files.1);
    let mut found = Found::read(pages.rows(), &scopes);
    leave(&mut found);
    let photos = PhotoFolder::open(dir.join("photos")).map_err(|source| Error::File {
        what: "photos",
        source,
    })?;
    let new = aside::new_database(dir)?;
    let mut store = Store::open(&new)?;
    let install_id = home.install_id();
    let mut report = rescue::fill(&mut store, &found, &kept, &install_id, &photos, &ports)?;
    store.checkpoint()?;
    store.close()?;
    report.copy = copy.clone();
    report.pages_lost = pages.lost();
    report.identity_from_file = identity_from_file;
    report.pin = kept.pin.is_some();
    aside::exchange(dir, &copy, &report, tell)?;
    Ok(report)
}

/// Refuses to salvage what is whole.
fn refuse_whole(home: Home, dir: &Path, ports: &Ports) -> Result<Home> {
    let opened = Replica::open_at(home, dir, ports.clone());
    let (home, seen) = match opened {
        Ok(mut phone) => {
            let seen = phone.check();
            (phone.home.take(), seen)
        }
        Err((home, error)) => (Some(home), Err(error)),
    };
    match seen {
        Ok(report) if report.is_whole() => Err(Refusal::NotDamaged.into()),
        Ok(_) | Err(Error::Store(StoreError::Corrupt(_))) => {
            home.ok_or_else(|| StoreError::Locked(dir.display().to_string()).into())
        }
        Err(error) => Err(error),
    }
}

/// Whose phone it is, and whether only the file beside the database says so.
fn identity(home: &Home, files: &(Vec<u8>, Vec<u8>)) -> Result<(Kept, bool)> {
    let found = Found::read(Pages::read(&files.0, &files.1).rows(), &[]);
    let bytes = |key: &str| match found.meta.get(key) {
        Some(Field::Blob(bytes)) => Some(bytes.as_slice()),
        _ => None,
    };
    let file = home.kept();
    let database = match (bytes(key::SEED), bytes(key::ENROLMENT)) {
        (Some(seed), Some(enrolment)) => Kept::check(seed, enrolment, bytes(key::PIN)),
        _ => None,
    };
    match (database, file) {
        (Some(mut kept), file) => {
            // A PIN that cannot be read is not a PIN that was taken away.
            kept.pin = kept.pin.or(file.and_then(|f| f.pin));
            Ok((kept, false))
        }
        (None, Some(kept)) => Ok((kept, true)),
        (None, None) => Err(Refusal::IdentityLost.into()),
    }
}
