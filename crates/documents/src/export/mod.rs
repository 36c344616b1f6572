//! Tables an office opens in a spreadsheet, the same as JSON for programs, places as GeoJSON.
//!
//! Invariant: a cell of text can never become a formula; a number stays a number; what is for the office only
//! (household codes and positions) leaves only when asked for by name. Leaves out: which rows somebody may have, and DOCX.

mod geo;
mod language;
mod ledger;
mod results;
mod rows;
mod sheet;
mod sink;
mod table;

pub use geo::{PhotoRow, Places, geojson};
pub use language::Language;
pub use ledger::{ISSUES, IssueRow, ledger_xlsx};
pub use results::{ResultsHead, results_csv, results_json, results_xlsx};
pub use rows::{ANSWERS, AnswerRow, RECORDS, RecordRow, SITES, SiteRow, specs};
pub use sink::{Format, Sink};
pub use table::{Cell, Column, Spec};
