//! Counts what came of the tour, from the databases, with SQL and decoders of our own.
//!
//! Invariant: nothing here asks a phone or the server what it believes; databases are opened read-only and segments
//! decoded one by one. Leaves out: what the demo did (`journal` is only looked up).

mod changes;
mod records;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use uuid::Uuid;

use crate::bench::held;
use crate::demo::journal::Entry;

pub use records::{Award, Records};

/// A phone's folder, and what it may read.
pub struct Folder {
    /// The folder.
    pub dir: PathBuf,
    /// Scopes it may read, by id.
    pub readable: Vec<Uuid>,
    /// Out of use: its copy took its place.
    pub retired: bool,
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// Devices with changes on the server, its own log apart.
    pub devices: usize,
    /// Changes phones made, as the server holds them.
    pub changes: usize,
    /// Changes in phones' databases or in the journal that the server does not hold.
    pub lost: usize,
    /// Acknowledged writes that were looked up.
    pub journal: usize,
    /// Changes of phones' databases that were looked up.
    pub looked_up: usize,
    /// Things held twice: a place of a log, a sheet of one author for one site, an issue or photo.
    pub duplicated: usize,
    /// Phones whose live values differ from the server's.
    pub diverging: usize,
    /// Records.
    pub records: Records,
}

/// Counts.
///
/// # Errors
/// What SQLite or a decoder says.
pub fn count(server: &Path, folders: &[Folder], journal: &[Entry]) -> Result<Count> {
    let at_office = changes::read(server)?;
    let index = changes::Index::new(&at_office);
    let office = changes::server_device(server)?;
    let mut count = Count {
        devices: at_office
            .iter()
            .map(|c| c.log.device)
            .filter(|d| *d != office)
            .collect::<BTreeSet<_>>()
            .len(),
        changes: at_office.iter().filter(|c| c.log.device != office).count(),
        journal: journal.len(),
        records: records::read(server)?,
        ..Count::default()
    };
    count.lost = journal
        .iter()
        .filter(|entry| !index.holds_entry(entry))
        .count();
    count.duplicated = index.places_held_twice + count.records.duplicated;
    let fingerprints = held::fingerprints(server)?;
    for folder in folders {
        let db = folder.dir.join("phone.db");
        let own = changes::device(&db)?;
        for change in changes::read(&db)?.iter().filter(|c| c.log.device == own) {
            count.looked_up += 1;
            count.lost += usize::from(!index.holds(change));
        }
        if !folder.retired {
            let differing = held::differing(&fingerprints, &db, &folder.readable)?;
            count.diverging += usize::from(!differing.is_empty());
        }
    }
    Ok(count)
}
