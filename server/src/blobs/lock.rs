//! One writer per upload, and a way to ask it to make room.
//!
//! A phone that lost its connection comes back before the server has noticed; without [`Locks::interrupt`] the old
//! request would hold the lock until TCP gives up. In memory only: after a kill there is no writer left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

use super::BlobHash;

type Key = (Uuid, BlobHash);
type Table = Mutex<HashMap<Key, watch::Sender<bool>>>;

/// The uploads that are being written.
#[derive(Debug, Default)]
pub(super) struct Locks(Arc<Table>);

/// Holds one upload until dropped.
#[derive(Debug)]
pub(super) struct Held {
    table: Arc<Table>,
    key: Key,
    stop: watch::Receiver<bool>,
}

impl Locks {
    /// Takes the upload, or `None` if another request has it.
    pub(super) fn try_hold(&self, key: Key) -> Option<Held> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.contains_key(&key) {
            return None;
        }
        let (sender, stop) = watch::channel(false);
        table.insert(key, sender);
        Some(Held {
            table: Arc::clone(&self.0),
            key,
            stop,
        })
    }

    /// Asks the holder, if any, to stop, and waits until it has let go. The caller sets a time limit.
    pub(super) async fn interrupt(&self, key: Key) {
        let holder = {
            let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            table.get(&key).cloned()
        };
        if let Some(holder) = holder {
            holder.send_replace(true);
            holder.closed().await;
        }
    }
}

impl Held {
    /// Becomes true when the holder should stop.
    pub(super) fn stop_signal(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.remove(&self.key);
    }
}
