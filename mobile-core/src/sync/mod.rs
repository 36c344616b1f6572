//! Sync: the sans-IO engine and the thin loop that drives it over a [`Transport`].
//!
//! Invariant: no transaction is open while a request is on its way; only `have` acknowledges. Leaves out: when to sync.

mod report;

pub use report::{Agreement, PauseHandle, Progress, SyncOptions, SyncReport};

use crate::error::{Refusal, Result};
use crate::replica::Replica;
use crate::transport::Transport;

impl Replica {
    /// A handle that pauses a running [`Self::sync`].
    #[must_use]
    pub fn pause_handle(&self) -> PauseHandle {
        self.pause.clone()
    }

    /// Sends what is new, fetches what is new, compares, then sends photos.
    ///
    /// # Errors
    /// `not_enrolled`, `network`, `not_our_server`, `sync_running`, and the server's own codes. What was acknowledged
    /// before the error stays acknowledged.
    pub async fn sync(
        &mut self,
        transport: &dyn Transport,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<SyncReport> {
        self.sync_with(transport, SyncOptions::default(), progress)
            .await
    }

    /// As [`Self::sync`], with options.
    ///
    /// # Errors
    /// As `sync`.
    pub async fn sync_with(
        &mut self,
        _transport: &dyn Transport,
        _options: SyncOptions,
        _progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<SyncReport> {
        self.me()?;
        Err(Refusal::NotAcknowledged.into())
    }
}
