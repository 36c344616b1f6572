//! What is known of a request that must be done once.
//!
//! Leaves out: how its key is made and how long it lasts (`sqlite::idempotency`).

/// An answer that is given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// Content type; empty: no body.
    pub media: String,
    /// `ETag` as it was sent; empty: none.
    pub tag: String,
    /// Body.
    pub body: Vec<u8>,
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It was free and is taken now.
    Taken,
    /// The request was done.
    Done(KeptAnswer),
    /// Another request has it.
    Other,
    /// The request is being done, or the server stopped while it was.
    Running,
}
