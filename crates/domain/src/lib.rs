//! The field's own rules: divisions, checklists, score sheets, scoring and ranking in integers.
//!
//! - [`divisions`], [`builtin`]: the county's units, and the checklists that come with the program
//! - [`checklist`], [`sheet`]: what is asked, what was answered, and the score of one sheet
//! - [`score`]: from sheets to ranks and awards, with an explanation that adds up
//! - [`period`]: quarters and the year
//! - [`draw`]: a random draw that anybody can repeat
//! - [`issue`]: the states of an issue on the ledger
//! - [`schema`]: the table of record kinds and their fields
//!
//! Invariant: pure. No clock, no I/O, no randomness, no floating point in results.
//! Leaves out: how records are stored, merged or sent.

pub mod builtin;
pub mod checklist;
pub mod divisions;
pub mod draw;
pub mod issue;
pub mod period;
pub mod points;
pub mod schema;
pub mod score;
pub mod sheet;
pub mod site;
mod words;

pub use checklist::{Checklist, SiteChecklist};
pub use divisions::{Division, Divisions};
pub use site::{SiteKind, TownKind};
