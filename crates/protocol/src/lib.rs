//! What crosses the wire: segments of changes, sync messages, limits and problem codes.
//!
//! Invariant: nothing here trusts its input; every decoder has a limit and fails with an error, never a panic.
//! Leaves out: storage and transport. The documents are `docs/sync-protocol.md` and `docs/data-model.md`.

mod batch;
pub mod bundle;
mod cbor;
pub mod chain;
pub mod check;
pub mod closing;
mod columns;
pub mod digest;
pub mod enrol;
pub mod ids;
pub mod limits;
pub mod message;
pub mod problem;
pub mod request;
pub mod scope;
pub mod segment;
pub mod show;
pub mod value;
mod version;

pub use batch::{Batch, BatchBuilder, Row};
pub use cbor::FormError;
pub use scope::Scope;
pub use version::{PROTOCOL_VERSION, SCHEMA_VERSION};
