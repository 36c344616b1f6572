//! What an office opens and what it sends in: XLSX, CSV, JSON, GeoJSON.
//!
//! - [`import`]: divisions, groups, sites, roster, checklists; errors by row and column, nothing half-imported
//! - [`template`]: empty tables to fill in for an import
//! - [`export`]: records, answers, results, the ledger of issues, places
//!
//! Invariant: bytes in, bytes out; no file of its own, no clock. Leaves out: storing what was read, and DOCX and PDF.

mod book;
mod error;
pub mod export;
pub mod import;
mod template;

pub use error::WriteError;
pub use template::template;
