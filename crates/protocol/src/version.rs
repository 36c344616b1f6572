//! Versions of what travels.
//!
//! Invariant: the container is fixed per protocol major; a field's type and meaning never change.

/// Major version of the segment container and the sync messages.
pub const PROTOCOL_VERSION: u16 = 1;
/// Version of the table of kinds and fields (`domain::schema`).
pub const SCHEMA_VERSION: u16 = 1;
