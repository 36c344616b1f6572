//! Connections that read, each job on one consistent snapshot.
//!
//! Invariant: a reader cannot write (`query_only`); its ledger starts with empty caches, so it never shows the past.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::pragma;
use super::tx::{Minting, SqliteTx};
use crate::config::{Clock, system_entropy};
use crate::error::{Error, Result};
use crate::store::Identity;

/// Connections at most.
const READERS: usize = 6;

pub(super) struct Readers {
    path: PathBuf,
    identity: Identity,
    clock: Clock,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    pub fn new(path: PathBuf, identity: Identity, clock: Clock) -> Self {
        Self {
            path,
            identity,
            clock,
            idle: Mutex::new(Vec::new()),
            permits: Semaphore::new(READERS),
        }
    }

    pub async fn run<T, F>(self: Arc<Self>, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteTx<'_>) -> Result<T> + Send + 'static,
    {
        let readers = Arc::clone(&self);
        let _permit = readers.permits.acquire().await.map_err(Error::storage)?;
        let done = tokio::task::spawn_blocking(move || self.snapshot(job));
        done.await.map_err(Error::storage)?
    }

    fn snapshot<T>(&self, job: impl FnOnce(&mut SqliteTx<'_>) -> Result<T>) -> Result<T> {
        let conn = self.take()?;
        conn.execute_batch("BEGIN DEFERRED")?;
        let mut ledger = ledger::Ledger::new();
        let mut minting = Minting::new(system_entropy());
        let mut tx = SqliteTx::new(
            &conn,
            &mut ledger,
            &self.identity,
            &self.clock,
            &mut minting,
        );
        let answer = job(&mut tx);
        // It read only: what it answered stands, and a connection that cannot end its snapshot is not used again.
        match conn.execute_batch("COMMIT") {
            Ok(()) => self.idle().push(conn),
            Err(error) => tracing::warn!(%error, "a snapshot did not end"),
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // A panic cannot leave a list of connections half changed.
        self.idle
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn take(&self) -> Result<Connection> {
        if let Some(conn) = self.idle().pop() {
            return Ok(conn);
        }
        let conn = Connection::open(&self.path)?;
        pragma::reader(&conn)?;
        Ok(conn)
    }
}
