//! Sync: the sans-IO [`Engine`] and the thin loop that drives it over a [`Transport`].
//!
//! Invariant: no transaction is open while a request is on its way; only `have` acknowledges. Leaves out: when to sync.

mod apply;
mod blobs;
mod carried;
mod engine;
mod lease;
mod records;
mod report;
mod request;

pub(crate) use apply::roster_key;
pub use engine::{Engine, Input, Output};
pub use report::{Agreement, PauseHandle, Progress, SyncOptions, SyncReport};
pub(crate) use request::seal_all;

use crate::error::{Refusal, Result};
use crate::replica::Replica;
use crate::transport::Transport;

/// Who is told how far a sync is.
#[cfg(not(target_family = "wasm"))]
pub type Watcher<'a> = dyn FnMut(Progress) + Send + 'a;
/// Who is told how far a sync is.
#[cfg(target_family = "wasm")]
pub type Watcher<'a> = dyn FnMut(Progress) + 'a;

/// The owner of [`Replica::sync`]'s lease: there is one such loop at a time, because it holds the phone.
const DRIVER: i64 = 1;

impl Replica {
    /// A handle that pauses a running [`Self::sync`].
    #[must_use]
    pub fn pause_handle(&self) -> PauseHandle {
        self.pause.clone()
    }

    /// Sends what is new, fetches what is new, compares, then sends photos. Dropping the future is allowed at any
    /// point: the next sync goes on where it stopped.
    ///
    /// # Errors
    /// `not_enrolled`, `network`, `not_our_server`, `sync_running`, and the server's own codes. What was acknowledged
    /// before the error stays acknowledged.
    pub async fn sync(
        &mut self,
        transport: &dyn Transport,
        progress: &mut Watcher<'_>,
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
        transport: &dyn Transport,
        options: SyncOptions,
        progress: &mut Watcher<'_>,
    ) -> Result<SyncReport> {
        let mut engine = Engine::new(options, DRIVER);
        drive(|input| engine.step(self, input), transport, progress).await
    }
}

/// Runs a sync from its first step to its last. `step` has the phone only while it runs: whoever shares the phone
/// ([`Engine::step`] behind a cell or a lock) serves other actions between the steps.
///
/// # Errors
/// As [`Replica::sync`].
pub async fn drive(
    mut step: impl FnMut(Input) -> Vec<Output>,
    transport: &dyn Transport,
    progress: &mut Watcher<'_>,
) -> Result<SyncReport> {
    let mut input = Input::Start;
    loop {
        let mut next = None;
        for output in step(input) {
            match output {
                Output::Progress(p) => progress(p),
                Output::Done(report) => return Ok(*report),
                Output::Failed(error) => return Err(*error),
                other => next = Some(other),
            }
        }
        input = match next {
            Some(Output::Send(request)) => match transport.send(request).await {
                Ok(answer) => Input::Reply(answer),
                Err(failure) => Input::Failed(failure),
            },
            Some(Output::WakeAt { in_ms, .. }) => {
                transport.wait(in_ms).await;
                Input::Tick
            }
            // The engine's contract rules this out; better an error than a loop.
            _ => return Err(Refusal::SyncRunning.into()),
        };
    }
}
