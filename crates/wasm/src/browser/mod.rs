//! What the browser brings: storage, `fetch`, clock, entropy, and the object that the worker calls.
//!
//! Invariant: runs in one dedicated worker, which holds the lock on the phone's data before it opens it.

mod phone;
mod ports;
mod storage;
mod transport;
