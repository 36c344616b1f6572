//! What waits for the network: enrolling and syncing, on threads of their own.
//!
//! Invariant: one sync at a time; it ends at its next step when its caller gives it up, and loses nothing. Whoever awaits
//! it, be it a screen's thread, does none of its work. Leaves out: when to sync.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use mobile_core::sync::{Engine, drive};
use mobile_core::{Error, Identity, Refusal, SyncOptions, SyncReport, Transport};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::error::PhoneError;
use crate::phone::{Phone, locked};
use crate::server::{Server, SyncObserver, tell};

/// Threads for all phones of the process: a step on the database must not hold up another's connection.
const THREADS: usize = 2;
/// The owner of a sync's lease: the phone's folder is locked, so there is no other process to tell from.
const OWNER: i64 = 3;

#[uniffi::export]
impl Phone {
    /// Redeems a one-time code; afterwards this phone can sync.
    ///
    /// # Errors
    /// `already_enrolled`, `network`, `not_our_server`, `bad_certificate`, and the server's `code_invalid`.
    pub async fn enrol(
        self: Arc<Self>,
        server: Arc<Server>,
        code: String,
        device_name: String,
    ) -> Result<Identity, PhoneError> {
        apart(async move {
            let request = self.with(|f| f.phone.enrol_request(&code, &device_name))?;
            let answer = server.transport.send(request).await;
            let answer = answer.map_err(Error::from)?;
            self.with(|f| f.phone.enrol_answer(&answer, &device_name))
        })
        .await
    }

    /// Sends what is new, fetches what is new, compares, then sends photos. Other calls go on meanwhile, from any thread.
    /// Giving the call up (a cancelled coroutine or task) ends it at its next step.
    ///
    /// # Errors
    /// `not_enrolled`, `network`, `not_our_server`, `sync_running`, and the server's own codes. What was acknowledged
    /// before stays acknowledged.
    #[uniffi::method(default(options = None, observer = None))]
    pub async fn sync(
        self: Arc<Self>,
        server: Arc<Server>,
        options: Option<SyncOptions>,
        observer: Option<Arc<dyn SyncObserver>>,
    ) -> Result<SyncReport, PhoneError> {
        let Some(running) = Running::begin(&self) else {
            return Err(Error::from(Refusal::SyncRunning).into());
        };
        apart(async move {
            let phone = &running.0;
            let opening = phone.guarded(|f| Ok(f.opening))?;
            let mut engine = Engine::new(options.unwrap_or_default(), OWNER);
            let mut fault = None;
            let step = |input| {
                let done = phone.guarded(|face| match face.opening == opening {
                    true => Ok(engine.step(&mut face.phone, input)),
                    // Wiped, or opened anew after a fault: the driver ends at a step that wants nothing.
                    false => Err(PhoneError::closed()),
                });
                done.unwrap_or_else(|error| {
                    fault = Some(error);
                    Vec::new()
                })
            };
            let mut watcher = |progress| tell(observer.as_ref(), progress);
            let done = drive(step, &server.transport, &mut watcher).await;
            match fault {
                Some(fault) => Err(fault),
                None => Ok(done?),
            }
        })
        .await
    }

    /// Asks a running sync to stop; the next one goes on where it stopped.
    ///
    /// # Errors
    /// None.
    pub fn pause_sync(&self) -> Result<(), PhoneError> {
        locked(&self.pause).pause();
        Ok(())
    }
}

/// A phone whose sync runs, until this is dropped.
struct Running(Arc<Phone>);

impl Running {
    fn begin(phone: &Arc<Phone>) -> Option<Self> {
        let before = phone.syncing.swap(true, Ordering::AcqRel);
        (!before).then(|| Self(Arc::clone(phone)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.syncing.store(false, Ordering::Release);
    }
}

/// A task that ends with whoever waits for it.
struct Ending<T>(JoinHandle<T>);

impl<T> Drop for Ending<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs `work` on the threads kept for it.
async fn apart<T: Send + 'static>(
    work: impl Future<Output = Result<T, PhoneError>> + Send + 'static,
) -> Result<T, PhoneError> {
    let mut task = Ending(runtime()?.spawn(work));
    match (&mut task.0).await {
        Ok(done) => done,
        Err(gone) => Err(match gone.try_into_panic() {
            Ok(panic) => PhoneError::panicked(&*panic),
            Err(gone) => PhoneError::internal(gone.to_string()),
        }),
    }
}

fn runtime() -> Result<&'static Runtime, PhoneError> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("guanmo")
        .enable_all()
        .build()
        .map_err(|e| PhoneError::internal(e.to_string()))?;
    Ok(RUNTIME.get_or_init(|| made))
}
