//! The change log and its registers on SQLite: one implementation for phone and server (docs/adr/0003).
//!
//! A [`Ledger`] holds caches over one database; every method takes the connection, and the caller owns the
//! transaction: call [`Ledger::rolled_back`] after a rollback.
//! Invariant: `cells` is what `merge::resolve` says of all applied changes under the verdicts held; `digest` and
//! `conflicts` follow it in the same transaction; sealed segments are never changed, and
//! dropped only with the whole of a rehearsal.
//! Leaves out: who may write what, photos, accounts, and every projection that only one side needs.

mod admit;
mod append;
mod branch;
mod caches;
mod cells;
mod erase;
mod error;
mod feed;
mod fork;
mod heal;
mod history;
mod logs;
mod quarantine;
mod read;
mod rebuild;
mod saved;
mod schema;
mod seal;
mod sound;
mod tail;
mod verdicts;

pub use admit::{Admitted, Inspected, Next};
pub use append::{Edit, Supersede};
pub use branch::BranchChange;
pub use caches::{FieldNo, Ledger, LogNo, RecordNo, ScopeNo};
pub use erase::Erased;
pub use error::LedgerError;
pub use feed::Page;
pub use history::HistoryEntry;
pub use logs::{LogRow, Pulled, SegmentRow};
pub use read::{LiveValue, RecordView};
pub use saved::Saved;
pub use schema::{FEED_SCHEMA, SCHEMA};
pub use seal::Seen;
pub use sound::Unsound;
pub use verdicts::Verdict;
