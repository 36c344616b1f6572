//! The field's own rules: divisions, checklists, score sheets, scoring and ranking in integers.
//!
//! Invariant: pure. No clock, no I/O, no randomness, no floating point in results.
//! Leaves out: how records are stored, merged or sent.

pub mod points;
pub mod schema;
pub mod score;
pub mod site;

pub use site::{SiteKind, TownKind};
