//! Whether the server can do its work, for `/readyz`.
//!
//! Invariant: asked often, it looks at most every few seconds, so that nobody can keep the disk busy by asking.
//! Leaves out: whether the process lives (`/healthz`).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// How long an answer is good for.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// What must be so. Migrations are done before the server listens; a server that answers has done them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Readiness {
    /// A row was written and committed.
    pub database_writable: bool,
    /// There is more free disk than the reserve: photos are taken in.
    pub disk_above_reserve: bool,
    /// The database has every step this version knows.
    pub migrated: bool,
}

impl Readiness {
    /// True if all is well.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.database_writable && self.disk_above_reserve && self.migrated
    }
}

/// The last answer.
#[derive(Debug, Default)]
pub struct ReadyCache(Mutex<Option<(Instant, Readiness)>>);

impl ReadyCache {
    /// The last answer while it is good.
    #[must_use]
    pub fn get(&self) -> Option<Readiness> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|(at, _)| at.elapsed() < GOOD_FOR)
            .map(|(_, ready)| ready)
    }

    /// Keeps an answer.
    pub fn put(&self, ready: Readiness) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), ready));
    }
}
