//! Storage of the server: the port the services write against.
//!
//! A service is a function over a transaction: it loads, plans and writes, and commits as a whole or not at all.
//! [`Store`] runs it; [`Tx`] is what it may do. SQLite runs many waiting writers in one commit (`sqlite`); another
//! database implements the same two traits, with blocking calls on a thread of its own.
//! Invariant: SQL stays below this module; nothing is answered before its transaction is committed.
//! Leaves out: photos (`blobs`), and every rule about what may be written.

mod idempotency;
mod issues;
mod rows;
pub mod sqlite;
mod tx;

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use uuid::Uuid;

use crate::error::{Error, Result};

pub use idempotency::{KeptAnswer, KeyState};
pub use issues::{IssueFilter, IssueRow, StandingCounts};
pub use rows::*;
pub use tx::{FeedPage, Segment, Tx};

/// Who the server is: made at the first start and kept in the database.
#[derive(Clone)]
pub struct Identity {
    /// It signs as this device.
    pub server: Uuid,
    /// Its signing key.
    pub key: Arc<SigningKey>,
    /// Secret of cursors and tokens.
    pub secret: [u8; 32],
}

/// A service call, boxed: what it returns is unpacked by [`write()`] and [`read()`].
pub type Job = Box<dyn FnOnce(&mut dyn Tx) -> Result<Box<dyn Any + Send>> + Send>;

/// A database.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Runs a job in a write transaction; what it returns is given back after the commit. An error undoes the job.
    async fn write_job(&self, job: Job) -> Result<Box<dyn Any + Send>>;

    /// Runs a job on a consistent snapshot; it must not write.
    async fn read_job(&self, job: Job) -> Result<Box<dyn Any + Send>>;

    /// Write jobs that wait or run.
    fn waiting(&self) -> u64;

    /// Parts of what was written last that could not be read when the database was opened; 0: all could.
    fn cut(&self) -> u64;
}

fn unpack<T: 'static>(value: Box<dyn Any + Send>) -> Result<T> {
    let value = value.downcast::<T>();
    value
        .map(|v| *v)
        .map_err(|_| Error::storage("a job returned another type"))
}

/// Runs `job` in a write transaction.
pub async fn write<T, F>(store: &dyn Store, job: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&mut dyn Tx) -> Result<T> + Send + 'static,
{
    let job: Job = Box::new(move |tx| Ok(Box::new(job(tx)?)));
    unpack(store.write_job(job).await?)
}

/// Runs `job` on a consistent snapshot.
pub async fn read<T, F>(store: &dyn Store, job: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&mut dyn Tx) -> Result<T> + Send + 'static,
{
    let job: Job = Box::new(move |tx| Ok(Box::new(job(tx)?)));
    unpack(store.read_job(job).await?)
}
