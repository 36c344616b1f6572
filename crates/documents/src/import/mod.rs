//! Reading the tables an office prepares: XLSX, CSV or JSON with the same columns.
//!
//! Invariant: either every row is good and all are returned, or none is; errors name the sheet, the row and the column.
//! Leaves out: storing the rows. The columns are listed in
//! `docs/howto/import.md`; a test compares that page with [`columns`].

mod cell;
mod check;
mod checklist;
pub mod columns;
mod container;
mod csv;
mod divisions;
mod error;
mod existing;
mod grid;
mod groups;
mod json;
mod kind;
mod roster;
mod sheet;
mod sites;
mod text;
mod xlsx;

pub use checklist::{ChecklistFile, checklist};
pub use container::{MAX_PARTS, MAX_UNPACKED};
pub use divisions::{DivisionRow, divisions};
pub use error::{ImportError, ImportErrors, MAX_ERRORS, Problem};
pub use existing::{Existing, SiteKey};
pub use groups::{GroupRow, groups};
pub use kind::{Format, Kind, Reading, Rows, read};
pub use roster::{ROLES, RosterRow, roster};
pub use sites::{SiteRow, sites};
pub use text::Encoding;
pub use xlsx::NOTES;

/// Bytes of the largest file.
pub const MAX_BYTES: usize = 16 << 20;
/// Rows of the longest table.
pub const MAX_ROWS: usize = 20_000;
