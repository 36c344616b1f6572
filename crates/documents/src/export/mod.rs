//! Tables an office opens in a spreadsheet, and the same as JSON.
//!
//! Invariant: a cell of text can never become a formula; a number stays a number. Leaves out: XLSX and DOCX.

mod cells;
mod results;

pub use results::{Language, results_csv, results_json};
