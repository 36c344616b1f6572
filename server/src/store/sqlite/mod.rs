//! The server's SQLite database: one writer thread, pooled readers.
//!
//! Invariant: functions take a connection; who opens it and when it commits is decided here. Several waiting jobs share
//! one commit, each after the first in a savepoint of its own, and none is answered before it. One process per data folder.
//! Leaves out: rules of the domain.

pub mod audit;
pub mod auth;
pub mod auth_store;
pub mod copy;
mod desk;
mod entries;
mod erase;
mod held;
mod idempotency;
mod issues;
mod logins;
pub mod look;
mod migrations;
mod photos;
mod pragma;
mod reader;
mod second_factor;
mod server_rows;
mod tx;
mod wal;
mod writer;

use std::any::Any;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use protocol::problem::Code;
use rusqlite::{Connection, ErrorCode};
use uuid::Uuid;

use self::auth_store::{AuthDatabase, AuthJob};
use self::reader::Readers;
use self::tx::Minting;
use self::writer::Writer;
use super::{Identity, Job, Store};
use crate::config::{Clock, Entropy, system_entropy};
use crate::error::{Error, Result};

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Error::DatabaseCorrupt(error.to_string())
            }
            _ => by_the_disk(&error).unwrap_or_else(|| Error::storage(error)),
        }
    }
}

/// A failure that is the disk's: full, or read-only.
fn by_the_disk(error: &rusqlite::Error) -> Option<Error> {
    let full = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Some(Error::disk(Code::ServerFull, error)),
        Some(ErrorCode::ReadOnly) => Some(Error::disk(Code::ServerReadOnly, error)),
        // The index of the write-ahead log is a file, too: no room for it is a full disk.
        _ if error.sqlite_extended_error_code() == Some(full) => {
            Some(Error::disk(Code::ServerFull, error))
        }
        _ => None,
    }
}

impl From<ledger::LedgerError> for Error {
    fn from(error: ledger::LedgerError) -> Self {
        match error {
            ledger::LedgerError::Database(cause) => cause.into(),
            other => Error::Ledger(other),
        }
    }
}

/// What prevents the opening of a database, in words for whoever starts the server.
fn opening(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::DatabaseLocked,
        _ => error.into(),
    }
}

/// The database.
pub struct SqliteStore {
    writer: Writer,
    readers: Arc<Readers>,
    identity: Identity,
    /// Frames of the write-ahead log that were behind a break when it was opened.
    cut: u64,
    _lock: File,
}

impl SqliteStore {
    /// Opens or creates `server.db` in a folder and takes the folder for this process.
    ///
    /// # Errors
    /// `DatabaseLocked`, `DatabaseNewer`, `DatabaseCorrupt`, `Folder`, and the disk's.
    pub fn open(dir: &Path, clock: Clock) -> Result<Self> {
        Self::open_at(dir, dir.join("server.db"), clock, system_entropy())
    }

    /// The same with the database elsewhere (`path` may be an SQLite URI) and a random source of the caller's.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_at(dir: &Path, path: PathBuf, clock: Clock, entropy: Entropy) -> Result<Self> {
        make_private(dir).map_err(Error::Folder)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("server.lock"))
            .map_err(Error::Folder)?;
        if lock.try_lock().is_err() {
            return Err(Error::DatabaseLocked);
        }
        let cut = wal::frames_after_a_break(&path);
        if cut > 0 {
            tracing::error!(
                frames = cut,
                "the write-ahead log breaks off before its end: what it held may be lost"
            );
        }
        let mut conn = Connection::open(&path).map_err(opening)?;
        pragma::writer(&conn).map_err(opening)?;
        migrations::migrate(&mut conn)?;
        let identity = identity(&mut conn, clock(), &entropy)?;
        let readers = Arc::new(Readers::new(path, identity.clone(), clock.clone()));
        let writer = Writer::start(conn, identity.clone(), clock, Minting::new(entropy))?;
        Ok(Self {
            writer,
            readers,
            identity,
            cut,
            _lock: lock,
        })
    }

    /// Who the server is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The first start: makes the secret that lets somebody become administrator. `None` at every later start.
    ///
    /// # Errors
    /// The database's.
    pub async fn first_start(&self, entropy: [u8; 16], now_ms: i64) -> Result<Option<String>> {
        let made =
            move |tx: &mut tx::SqliteTx<'_>| Ok(auth::ensure_setup(tx.conn(), entropy, now_ms)?);
        self.writer.run(made).await
    }
}

#[async_trait]
impl AuthDatabase for SqliteStore {
    async fn run(&self, write: bool, job: AuthJob) -> Result<()> {
        if write {
            self.writer.run(move |tx| Ok(job(tx.conn())?)).await
        } else {
            Arc::clone(&self.readers)
                .run(move |tx| Ok(job(tx.conn())?))
                .await
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn write_job(&self, job: Job) -> Result<Box<dyn Any + Send>> {
        self.writer.run(move |tx| job(tx)).await
    }

    async fn read_job(&self, job: Job) -> Result<Box<dyn Any + Send>> {
        Arc::clone(&self.readers).run(move |tx| job(tx)).await
    }

    fn waiting(&self) -> u64 {
        self.writer.waiting()
    }

    fn cut(&self) -> u64 {
        self.cut
    }
}

/// Makes the data folder, for its owner alone; one that is there stays as it is.
fn make_private(dir: &Path) -> std::io::Result<()> {
    if let Some(parent) = dir.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        made => made,
    }
}

/// Random bytes of the system.
pub(crate) fn entropy<const N: usize>() -> Result<[u8; N]> {
    draw(&system_entropy())
}

/// Random bytes of a source.
fn draw<const N: usize>(entropy: &Entropy) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    entropy(&mut bytes).map_err(Error::storage)?;
    Ok(bytes)
}

fn identity(conn: &mut Connection, now_ms: i64, entropy: &Entropy) -> Result<Identity> {
    let tx = conn.transaction()?;
    let stored = |key: &str| server_rows::meta(&tx, key);
    let found = (stored("server")?, stored("key")?, stored("secret")?);
    let identity = if let (Some(server), Some(key), Some(secret)) = found {
        let damaged = || Error::storage("the server's identity is damaged");
        Identity {
            server: Uuid::from_slice(&server).map_err(|_| damaged())?,
            key: Arc::new(SigningKey::from_bytes(
                &key.try_into().map_err(|_| damaged())?,
            )),
            secret: secret.try_into().map_err(|_| damaged())?,
        }
    } else {
        let (key, secret) = (draw::<32>(entropy)?, draw::<32>(entropy)?);
        let id = draw::<16>(entropy)?;
        let server = protocol::ids::mint(&id, 0, now_ms);
        server_rows::set_meta(&tx, "server", server.as_bytes())?;
        server_rows::set_meta(&tx, "key", &key)?;
        server_rows::set_meta(&tx, "secret", &secret)?;
        let generation = now_ms.max(1) as u64;
        server_rows::set_meta(&tx, "generation", &generation.to_be_bytes())?;
        Identity {
            server,
            key: Arc::new(SigningKey::from_bytes(&key)),
            secret,
        }
    };
    tx.commit()?;
    Ok(identity)
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
