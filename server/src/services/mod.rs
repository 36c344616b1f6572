//! The rules of the office: each service is a function over a transaction (`store::Tx`).
//!
//! Invariant: a service changes everything or nothing, leaves an audit entry, and never trusts what was sent.
//! Leaves out: HTTP and SQL.

pub mod campaign;
pub mod devices;
pub mod lock;
pub mod office;
pub mod photos;
pub mod project;
pub mod results;
pub mod sheets;
pub mod sync;
pub mod verify;
