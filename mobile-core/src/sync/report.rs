//! What a sync tells while it runs and when it is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::views::Counts;

/// How a sync goes about its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SyncOptions {
    /// zstd level of new segments.
    pub level: i32,
    /// Bytes of segments sent in one request and wanted in one reply; 0: what is usual. A quarter after a lost
    /// connection, twice as much after each answer.
    pub page_bytes: u32,
    /// Send photos too (false: records only, e.g. without Wi-Fi).
    pub photos: bool,
    /// Retries after a lost connection or a busy server, each time it happens in a row.
    pub retries: u32,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            level: 6,
            page_bytes: 0,
            photos: true,
            retries: 3,
        }
    }
}

/// How far a sync is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Progress {
    /// A request with changes leaves.
    Sending {
        /// Bytes of segments still to send, this request's included.
        bytes_left: u64,
    },
    /// A reply was applied.
    Received {
        /// Changes pulled so far.
        changes: u64,
        /// True if there is more.
        more: bool,
    },
    /// A piece of a photo was taken by the server.
    Photo {
        /// Files done in this sync.
        done: u64,
        /// Files still to send, this one included.
        left: u64,
        /// Bytes of this file the server has.
        sent_bytes: u64,
        /// Bytes of this file.
        size_bytes: u64,
    },
    /// Waits before a retry.
    Waiting {
        /// How long, ms.
        ms: u64,
    },
}

/// Do phone and server hold the same?
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Agreement {
    /// True if every scope was compared after this phone's last change reached the server, and all agree.
    pub agreed: bool,
    /// False if there was nothing to compare with: changes made during the sync are still to be sent.
    pub compared: bool,
    /// Scopes (ids) whose registers differ even after they were rebuilt here.
    pub differing: Vec<Uuid>,
    /// Scopes not compared because segments of a newer app wait for the update.
    pub unread: Vec<Uuid>,
    /// My sheets.
    pub sheets: Counts,
    /// My photos.
    pub photos: Counts,
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SyncReport {
    /// Requests, photos included.
    pub requests: u64,
    /// Bytes of request bodies with records.
    pub pushed_bytes: u64,
    /// Bytes of reply bodies with records.
    pub pulled_bytes: u64,
    /// Bytes of request bodies with photos.
    pub photo_bytes: u64,
    /// Own changes the server newly acknowledged.
    pub pushed_changes: u64,
    /// Changes pulled and applied.
    pub pulled_changes: u64,
    /// Segments of others handed back to a restored server.
    pub handed_back: u64,
    /// Bundles of other phones the server took from this one.
    pub bundles_delivered: u64,
    /// Bytes of request bodies with bundles.
    pub bundle_bytes: u64,
    /// Photo files sent.
    pub photos_sent: u64,
    /// Photo files still waiting.
    pub photos_waiting: u64,
    /// Why photos wait: code of the pause, if not all were sent.
    pub photos_paused: Option<String>,
    /// Do both sides agree?
    pub agreed: Agreement,
    /// True if this database turned out to be a copy and its tail was re-issued.
    pub forked: bool,
    /// Changes re-issued in a new epoch.
    pub reissued: u64,
    /// True if the server is in a new generation (restored from a backup).
    pub new_generation: bool,
    /// Segments of others that contradict what this phone holds: an alarm, the server's history was changed.
    pub contradictions: u64,
    /// Segments kept unread because a newer app wrote them.
    pub unread_segments: u64,
    /// Own clock less the server's, ms.
    pub skew_ms: i64,
    /// True if the skew is beyond 5 minutes and should be shown.
    pub skew_flagged: bool,
    /// True if the office revoked this phone.
    pub revoked: bool,
    /// True if it may be wiped: revoked, and everything own is held by the server.
    pub may_wipe: bool,
    /// True if the sync was paused before it was through.
    pub paused: bool,
    /// Times the connection was lost or the server busy.
    pub retries: u64,
}

/// Pauses a running sync from another thread; the next sync goes on where it stopped.
#[derive(Clone, Debug, Default)]
pub struct PauseHandle(Arc<AtomicBool>);

impl PauseHandle {
    /// Asks the running sync to stop before its next request.
    pub fn pause(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Takes the wish back; a new sync does so by itself.
    pub fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
