//! How a server is set up.
//!
//! Invariant: time enters only through [`Clock`], what the store draws only through [`Entropy`]. Leaves out: command line
//! and environment (the CLI reads them), and the random source of sign-ins, which is always the system's.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::auth::types::Quotas;
use crate::backup::Plan;
use crate::blobs::BlobConfig;

/// Tells the time, ms UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The system's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Fills bytes at random: the server's key, its ids, enrolment codes.
pub type Entropy = Arc<dyn Fn(&mut [u8]) -> std::io::Result<()> + Send + Sync>;

/// The system's random source.
pub fn system_entropy() -> Entropy {
    Arc::new(|bytes| getrandom::fill(bytes).map_err(std::io::Error::other))
}

/// What a server needs to know.
#[derive(Clone)]
pub struct Config {
    /// Folder of the database and the photos; made if need be.
    pub data_dir: PathBuf,
    /// The database, if it is not `server.db` in that folder: a path or an SQLite URI (tests put it on a disk of their
    /// own). Backups and `doctor` know only the folder.
    pub database: Option<PathBuf>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address people and phones use, if it is another one (behind a proxy, for the QR code).
    pub public_url: Option<String>,
    /// The time.
    pub clock: Clock,
    /// Where the store's random bytes come from; a simulation replays them.
    pub entropy: Entropy,
    /// Limits of the photo store.
    pub blobs: BlobConfig,
    /// Backups the server makes by itself.
    pub backup: Option<Plan>,
    /// True if it serves HTTPS itself.
    pub tls: bool,
    /// How often a login and a device may ask.
    pub quotas: Quotas,
}

impl Config {
    /// A server in `data_dir` that listens on this machine only, port 8650.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            database: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8650)),
            public_url: None,
            clock: system_clock(),
            entropy: system_entropy(),
            blobs: BlobConfig::default(),
            backup: None,
            tls: false,
            quotas: Quotas::default(),
        }
    }

    /// The address to give out.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        self.public_url
            .clone()
            .unwrap_or_else(|| format!("{scheme}://{}", self.listen))
    }

    /// True if people reach it by HTTPS, here or at a proxy: cookies are then `Secure`.
    pub fn is_https(&self) -> bool {
        self.url().starts_with("https:")
    }
}
