//! The rules of the office: each service is a function over a transaction (`store::Tx`).
//!
//! Invariant: a service changes everything or nothing, leaves an audit entry, and never trusts what was sent.
//! Leaves out: HTTP and SQL.

pub mod anchor;
pub mod audit_file;
pub mod board;
#[cfg(test)]
mod board_tests;
pub mod bundles;
pub mod campaign;
pub mod conflicts;
pub mod devices;
pub mod effects;
pub mod enrolment;
pub mod exports;
pub mod forks;
pub mod held;
pub mod households;
pub mod imports;
pub mod issues;
pub mod lock;
pub mod office;
#[cfg(test)]
mod operator_tests;
pub mod people;
pub mod photo_wall;
pub mod photos;
pub mod prepare;
pub mod project;
pub mod ranking;
pub mod record_order;
pub mod records;
pub mod relist;
pub mod results;
pub mod returns;
pub mod saved_filters;
pub mod settings;
pub mod sheets;
pub mod shown;
pub mod standing;
pub mod sync;
#[cfg(test)]
mod undo_tests;
pub mod units;
pub mod verify;
pub mod versions;
