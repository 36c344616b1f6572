//! The tables, as SQL.
//!
//! Invariant: both sides create the ledger from the same text. Leaves out: the tables only one side needs.

/// The tables; part of the first migration of both databases.
pub const SCHEMA: &str = include_str!("schema.sql");
/// Indexes only a server needs.
pub const FEED_SCHEMA: &str = include_str!("feed.sql");
