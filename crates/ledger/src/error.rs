//! What can go wrong in the ledger.

use protocol::segment::SegmentError;
use protocol::value::ValueError;

/// An error of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// SQLite said so.
    #[error("database: {0}")]
    Database(#[from] rusqlite::Error),
    /// Foreign bytes that are no segment.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// Stored bytes that are no value: the database is damaged.
    #[error("stored {0}")]
    Value(#[from] ValueError),
    /// Something the database must hold is not there: it is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// A change the caller may not make.
    #[error("refused: {0}")]
    Refused(String),
}

/// Result of a ledger operation.
pub type Result<T> = std::result::Result<T, LedgerError>;
