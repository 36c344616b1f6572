//! What an office opens and what it sends in: CSV and JSON.
//!
//! - [`import`]: divisions, sites, roster, checklists; errors by row and column, nothing half-imported
//! - [`export`]: the ranking table as CSV and JSON
//!
//! Invariant: bytes in, bytes out; no file, no clock. Leaves out: storing what was read, and other file formats.

pub mod export;
pub mod import;
