//! The opened data folder with its services, as routes, console and command line use them.
//!
//! Invariant: every method is one transaction; what needs the time asks the configured clock once.
//! Leaves out: HTTP (`routes`, `serve`).

mod backup;
mod bundles;
mod campaigns;
mod closing;
mod exports;
mod imports;
mod issues;
mod kept;
mod office;
mod once;
mod people;
mod phones;
mod photos;
mod prepare;
mod returns;
mod review;
mod settings;
mod system;
mod view;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use uuid::Uuid;

use self::kept::Kept;
use crate::auth::Auth;
use crate::blobs::BlobStore;
use crate::config::Config;
use crate::error::Result;
use crate::services::campaign::{Cache, Campaign};
use crate::services::sync::Context;
use crate::settings::Live;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::auth_store::AuthStore;
use crate::store::{self, Identity, Store, Tx};
use crate::telemetry::Telemetry;

pub use bundles::{Receiving, WaitingBundle};
pub use exports::Exported;
pub use imports::{Applied, ImportFile};
pub use kept::Checked;
pub use system::free_disk;

/// What services share beyond the transaction.
pub(crate) struct Shared {
    pub identity: Identity,
    pub cache: Cache,
    pub blobs: Arc<BlobStore>,
    pub settings: Live,
    /// Drawn at the start; phones see by it that the folder may have been put back.
    pub started: u32,
}

/// A server, listening or not.
pub struct App {
    config: Config,
    store: Arc<dyn Store>,
    pub(crate) shared: Arc<Shared>,
    auth: Auth,
    setup_secret: Mutex<Option<String>>,
    telemetry: Arc<Telemetry>,
    /// Files that were checked and wait to be imported.
    kept: Arc<Kept>,
    /// Bundles being received, and those that wait.
    bundles: bundles::Folder,
    /// Public keys of devices: they never change.
    keys: RwLock<HashMap<Uuid, [u8; 32]>>,
    changing_settings: tokio::sync::Mutex<()>,
}

/// Opens a data folder, made if need be.
///
/// # Errors
/// `DatabaseLocked`, `DatabaseNewer`, and the disk's.
pub async fn open(config: Config) -> Result<Arc<App>> {
    let (dir, clock) = (config.data_dir.clone(), config.clock.clone());
    let source = config.entropy.clone();
    let database = config.database.clone();
    let opening = move || {
        let path = database.unwrap_or_else(|| dir.join("server.db"));
        SqliteStore::open_at(&dir, path, clock, source)
    };
    let opened = tokio::task::spawn_blocking(opening).await;
    let store = Arc::new(opened.map_err(crate::Error::storage)??);
    let blobs = BlobStore::open(config.data_dir.join("photos"), config.blobs)?;
    let kept = Kept::open(&config.data_dir)?;
    let bundles = bundles::Folder::open(&config.data_dir)?;
    let now_ms = (config.clock)();
    let mut entropy = [0; 16];
    (config.entropy)(&mut entropy).map_err(crate::Error::storage)?;
    let secret = store.first_start(entropy, now_ms).await?;
    let mut started = [0; 4];
    (config.entropy)(&mut started).map_err(crate::Error::storage)?;
    let shared = Shared {
        identity: store.identity().clone(),
        cache: Cache::default(),
        blobs: Arc::new(blobs),
        settings: Live::default(),
        started: u32::from_be_bytes(started),
    };
    let found = store::read(&*store, crate::services::settings::load).await?;
    let app = App {
        auth: Auth::new(
            AuthStore::new(store.clone()),
            config.clock.clone(),
            store.identity().secret,
            config.quotas,
            shared.settings.clone(),
        ),
        config,
        store,
        shared: Arc::new(shared),
        setup_secret: Mutex::new(secret),
        kept: Arc::new(kept),
        bundles,
        telemetry: Arc::default(),
        keys: RwLock::default(),
        changing_settings: tokio::sync::Mutex::default(),
    };
    app.put_in_force(found);
    Ok(Arc::new(app))
}

impl App {
    /// How it was set up.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Logins.
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// The photo store.
    pub fn blobs(&self) -> &Arc<BlobStore> {
        &self.shared.blobs
    }

    /// The server's device id.
    pub fn server_id(&self) -> Uuid {
        self.shared.identity.server
    }

    /// Now, ms UTC.
    pub fn now_ms(&self) -> i64 {
        (self.config.clock)()
    }

    /// The secret that makes the first administrator, after the first start; given out once.
    pub fn setup_secret(&self) -> Option<String> {
        self.setup_secret
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Runs a service in a write transaction.
    pub(crate) async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Tx, &Context) -> Result<T> + Send + 'static,
    {
        let (shared, now_ms) = (Arc::clone(&self.shared), self.now_ms());
        store::write(&*self.store, move |tx| job(tx, &shared.context(now_ms))).await
    }

    /// Runs a service on a snapshot.
    pub(crate) async fn read<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Tx, &Context) -> Result<T> + Send + 'static,
    {
        let (shared, now_ms) = (Arc::clone(&self.shared), self.now_ms());
        store::read(&*self.store, move |tx| job(tx, &shared.context(now_ms))).await
    }

    /// The campaign made last, as the registers say.
    ///
    /// # Errors
    /// The database's.
    pub async fn current_campaign(&self) -> Result<Option<Arc<Campaign>>> {
        self.read(|tx, ctx| ctx.cache.current(tx)).await
    }

    /// A campaign.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn campaign(&self, id: Uuid) -> Result<Arc<Campaign>> {
        self.read(move |tx, ctx| ctx.cache.campaign(tx, id)).await
    }
}

impl Shared {
    pub fn context(&self, now_ms: i64) -> Context<'_> {
        Context {
            identity: &self.identity,
            cache: &self.cache,
            blobs: &self.blobs,
            settings: self.settings.get(),
            started: self.started,
            now_ms,
        }
    }
}
