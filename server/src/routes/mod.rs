//! The HTTP interface: one file per group of endpoints.

#[cfg(test)]
mod access_tests;
mod api;
mod audit;
#[cfg(test)]
mod audit_tests;
pub mod blobs;
mod board;
#[cfg(test)]
mod bomb_tests;
pub mod bundles;
mod campaigns;
mod conflicts;
mod console;
#[cfg(test)]
mod convention_tests;
pub mod conventions;
#[cfg(test)]
mod describe;
mod docs;
pub mod exports;
pub mod extract;
pub mod gate;
mod health;
mod held;
#[cfg(test)]
mod household_tests;
mod households;
pub mod idempotency;
pub mod imports;
mod inspector;
#[cfg(test)]
mod issue_tests;
mod issues;
mod lock;
mod logins;
#[cfg(test)]
mod openapi_tests;
pub mod page;
mod people;
mod phones;
mod photos;
mod prepare;
#[cfg(test)]
mod prepare_tests;
mod ranking;
#[cfg(test)]
mod reach_tests;
mod records;
mod review;
mod router;
mod saved_filters;
#[cfg(test)]
mod sealed_tests;
mod serve;
mod session;
mod settings;
mod system;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub use api::description;
pub use api::rows;
pub use console::page_rows;
pub use inspector::has_inspector_app;
pub use router::router;
pub use serve::{serve, serve_metrics, serve_with};
