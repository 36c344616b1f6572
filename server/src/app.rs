//! The opened data folder and its services.

use std::sync::Arc;

use crate::blobs::BlobStore;
use crate::config::Config;
use crate::error::Result;
use crate::store::sqlite::SqliteStore;

/// A server, listening or not.
pub struct App {
    pub(crate) config: Config,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) blobs: Arc<BlobStore>,
}

/// Opens a data folder, made if need be.
///
/// # Errors
/// `DatabaseLocked`, `DatabaseNewer`, and the disk's.
pub async fn open(config: Config) -> Result<Arc<App>> {
    let clock = config.clock.clone();
    let store = SqliteStore::open(&config.data_dir, clock)?;
    let blobs = BlobStore::open(config.data_dir.join("photos"), config.blobs)?;
    Ok(Arc::new(App {
        config,
        store: Arc::new(store),
        blobs: Arc::new(blobs),
    }))
}
