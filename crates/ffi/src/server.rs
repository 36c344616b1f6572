//! The way to the server, and who watches a sync.
//!
//! Invariant: what an observer does or throws never reaches the sync. Leaves out: requests and retries (`mobile_core`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use mobile_core::{HttpTransport, Progress};

use crate::error::PhoneError;

/// The way to one server. Its connections are used again, so an app keeps it.
#[derive(uniffi::Object)]
pub struct Server {
    pub(crate) transport: HttpTransport,
}

#[uniffi::export]
impl Server {
    /// To `url`, e.g. `https://guanmo.example.gov.cn`. `certificates`: PEM of the authorities to trust, instead of the
    /// system's: for a county's own, and on Android always (docs/howto/native.md).
    ///
    /// # Errors
    /// `bad_argument`.
    #[uniffi::constructor(default(certificates = None))]
    pub fn new(url: String, certificates: Option<String>) -> Result<Self, PhoneError> {
        let transport = match certificates {
            // The system's verifier there wants a JVM that nobody handed over, and would panic.
            None if cfg!(target_os = "android") && url.trim().starts_with("https:") => {
                let why = "on Android the authorities to trust must be given";
                return Err(PhoneError::bad_argument("certificates", why));
            }
            None => HttpTransport::new(url.trim()),
            Some(pem) => HttpTransport::trusting(url.trim(), pem.as_bytes()),
        };
        match transport {
            Ok(transport) => Ok(Self { transport }),
            Err(error) => Err(PhoneError::bad_argument("server", error)),
        }
    }
}

/// What an observer may throw. It is let go.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum ObserverError {
    /// Anything.
    #[error("{what}")]
    Failed {
        /// In words.
        what: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ObserverError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { what: error.reason }
    }
}

/// Told how far a sync is, on a thread of the sync's. It may use the phone.
#[uniffi::export(with_foreign)]
pub trait SyncObserver: Send + Sync {
    /// Called between two steps; the next waits for it.
    ///
    /// # Errors
    /// Whatever it likes.
    fn on_progress(&self, progress: Progress) -> Result<(), ObserverError>;
}

/// Tells an observer, if there is one; whatever it does.
pub(crate) fn tell(observer: Option<&Arc<dyn SyncObserver>>, progress: Progress) {
    if let Some(observer) = observer {
        let _ = catch_unwind(AssertUnwindSafe(|| observer.on_progress(progress)));
    }
}
