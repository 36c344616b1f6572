//! Reading the tables an office prepares: CSV (UTF-8) or JSON with the same columns.
//!
//! Invariant: either every row is good and all are returned, or none is; errors name the row and the column.
//! Leaves out: storing the rows. The columns are listed in
//! `docs/howto/import.md`; a test compares that page with [`columns`].

mod cell;
mod check;
mod checklist;
pub mod columns;
mod csv;
mod divisions;
mod error;
mod existing;
mod json;
mod roster;
mod sheet;
mod sites;

pub use checklist::{ChecklistFile, checklist};
pub use divisions::{DivisionRow, divisions};
pub use error::{ImportError, ImportErrors, MAX_ERRORS, Problem};
pub use existing::{Existing, SiteKey};
pub use roster::{ROLES, RosterRow, roster};
pub use sites::{SiteRow, sites};

/// Bytes of the largest file.
pub const MAX_BYTES: usize = 16 << 20;
/// Rows of the longest table.
pub const MAX_ROWS: usize = 20_000;

/// Format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, UTF-8, with or without byte order mark, first row is the header.
    Csv,
    /// A list of objects, or an object that holds the list.
    Json,
}

impl Format {
    /// By the ending of a file's name: `.csv` or `.json`, in any case.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}
