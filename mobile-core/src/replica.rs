//! The facade over one phone's folder. Its actions are in `actions`, the sync in `sync`.
//!
//! A folder holds `phone.db`, `photos/`, `install-id` (outside the database, so that a restored or copied database is
//! noticed), `identity` (key and enrolment a second time, for a damaged database) and `lock`. Invariant: one process has the folder at a time. Leaves out: protected storage of the key.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use ed25519_dalek::{SigningKey, VerifyingKey};
use merge::HybridClock;
use protocol::ids::Seed;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::actions::{CampaignData, SheetContext, Writer};
use crate::error::{Error, Refusal, Result};
use crate::photos::files::BlobFiles;
use crate::ports::Ports;
use crate::store::{Store, key};
use crate::sync::PauseHandle;

/// Who this phone is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Identity {
    /// The device.
    pub device: Uuid,
    /// The account it works for.
    pub account: Uuid,
    /// The account's name as printed on papers.
    pub account_name: String,
    /// The campaign.
    pub campaign: Uuid,
    /// The group's record id, if the account has one.
    pub group: Option<Uuid>,
    /// The server's id.
    pub server: Uuid,
}

/// The identity with what proves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Enrolment {
    pub identity: Identity,
    /// Hex.
    pub server_key: String,
    /// Hex.
    pub certificate: String,
    pub enrolled_at_ms: i64,
    /// What its owner calls the phone.
    pub device_name: String,
}

/// What a platform without a file system brings to [`Replica::open_with`].
pub struct Parts {
    /// Path (or name) of the database.
    pub database: PathBuf,
    /// The photo folder.
    pub files: Box<dyn BlobFiles + Send>,
    /// 16 bytes kept outside the database.
    pub install_id: [u8; 16],
    /// Clock and entropy.
    pub ports: Ports,
}

/// One phone.
pub struct Replica {
    pub(crate) store: Store,
    pub(crate) files: Box<dyn BlobFiles + Send>,
    pub(crate) ports: Ports,
    pub(crate) enrolment: Option<Enrolment>,
    pub(crate) key: Option<SigningKey>,
    pub(crate) server_key: Option<VerifyingKey>,
    pub(crate) clock: HybridClock,
    /// Seed of this run's ids and how many were made of it.
    pub(crate) run: (Option<Seed>, u64),
    pub(crate) campaign: Option<Arc<CampaignData>>,
    pub(crate) sheets: HashMap<Uuid, Arc<SheetContext>>,
    pub(crate) pause: PauseHandle,
    /// True once the PIN was typed in this run; without a PIN it is never asked.
    pub(crate) unlocked: bool,
    pub(crate) has_pin: bool,
    #[cfg(not(target_family = "wasm"))]
    pub(crate) font: crate::photos::PhotoFont,
    #[cfg(not(target_family = "wasm"))]
    pub(crate) home: Option<crate::home::Home>,
}

impl Replica {
    /// Opens or creates a phone's folder.
    ///
    /// # Errors
    /// `database_locked` if another process has it, `database_newer` if a newer app wrote it, `database_damaged` (see
    /// [`crate::salvage`]), `disk_full`, `file`.
    #[cfg(not(target_family = "wasm"))]
    pub fn open(dir: &std::path::Path, ports: Ports) -> Result<Self> {
        let home = crate::home::Home::open(dir, &*ports.entropy)?;
        Self::open_at(home, dir, ports).map_err(|(_, error)| error)
    }

    /// Opens the folder that is locked already; the lock is handed back if that fails.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn open_at(
        home: crate::home::Home,
        dir: &std::path::Path,
        ports: Ports,
    ) -> Result<Self, (crate::home::Home, Error)> {
        match Self::open_folder(&home, dir, ports) {
            Ok(mut replica) => {
                replica.home = Some(home);
                replica.keep_identity();
                Ok(replica)
            }
            Err(error) => Err((home, error)),
        }
    }

    #[cfg(not(target_family = "wasm"))]
    fn open_folder(home: &crate::home::Home, dir: &std::path::Path, ports: Ports) -> Result<Self> {
        use crate::salvage::{DATABASE, is_marked, look};
        if is_marked(dir) {
            return Err(damaged("a salvage was cut short"));
        }
        let (database, enrolled) = (dir.join(DATABASE), home.kept().is_some());
        let seen = look::damage(&database, enrolled).map_err(|source| Error::File {
            what: DATABASE,
            source,
        })?;
        if let Some(what) = seen {
            return Err(damaged(what));
        }
        let files = crate::photos::files::PhotoFolder::open(dir.join("photos")).map_err(|e| {
            Error::File {
                what: "photos",
                source: e,
            }
        })?;
        let replica = Self::open_with(Parts {
            database,
            files: Box::new(files),
            install_id: home.install_id(),
            ports,
        })?;
        if enrolled && !replica.is_enrolled() {
            return Err(damaged("the database knows nobody"));
        }
        Ok(replica)
    }

    /// Lets the file beside the database say what the database says.
    pub(crate) fn keep_identity(&mut self) {
        #[cfg(not(target_family = "wasm"))]
        if let Some(home) = &self.home
            && let Ok(Some(kept)) = self.store.read(|tx| crate::keep::Kept::read(tx))
        {
            home.keep(&kept);
        }
    }

    /// Opens a phone from its parts; the caller sees to it that nobody else has them.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_with(parts: Parts) -> Result<Self> {
        let mut store = Store::open(&parts.database)?;
        let now_ms = parts.ports.clock.now_ms();
        let (enrolment, seed, last_ms, has_pin) = store.write(|tx| {
            notice_a_copy(tx, &parts.install_id, now_ms)?;
            // A sync of a process that died holds no lease.
            tx.clear_meta(key::LEASE_UNTIL_MS)?;
            let last = tx.meta_int(key::CLOCK_MS)?.unwrap_or(0);
            let last = last.max(tx.latest_tail_ms()?);
            Ok::<_, Error>((
                tx.meta_bytes(key::ENROLMENT)?,
                tx.meta_bytes(key::SEED)?,
                last,
                tx.meta_bytes(key::PIN)?.is_some(),
            ))
        })?;
        let mut replica = Self {
            store,
            files: parts.files,
            ports: parts.ports,
            enrolment: None,
            key: None,
            server_key: None,
            clock: HybridClock::resume(last_ms),
            run: (None, 0),
            campaign: None,
            sheets: HashMap::new(),
            pause: PauseHandle::default(),
            unlocked: false,
            has_pin,
            #[cfg(not(target_family = "wasm"))]
            font: crate::photos::PhotoFont::System,
            #[cfg(not(target_family = "wasm"))]
            home: None,
        };
        if let (Some(json), Some(seed)) = (enrolment, seed) {
            let enrolment = serde_json::from_slice(&json).map_err(|e| damaged(e.to_string()))?;
            replica.take_identity(enrolment, &Zeroizing::new(seed))?;
        }
        Ok(replica)
    }

    pub(crate) fn take_identity(&mut self, enrolment: Enrolment, seed: &[u8]) -> Result<()> {
        let seed: Zeroizing<[u8; 32]> = seed
            .try_into()
            .map(Zeroizing::new)
            .map_err(|_| damaged("key seed"))?;
        self.key = Some(SigningKey::from_bytes(&seed));
        self.server_key = protocol::enrol::public_key(&enrolment.server_key);
        self.store.set_author(enrolment.identity.account);
        self.enrolment = Some(enrolment);
        Ok(())
    }

    /// True once a code was redeemed.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        self.enrolment.is_some()
    }

    /// Who this phone is, once enrolled.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        self.enrolment.as_ref().map(|e| e.identity.clone())
    }

    /// The fingerprint of this device's key as the office compares it, once enrolled.
    #[must_use]
    pub fn key_fingerprint(&self) -> Option<String> {
        let key = self.key.as_ref()?.verifying_key();
        Some(protocol::enrol::fingerprint(key.as_bytes()))
    }

    /// Who this phone is, for everything that shows or writes something: refused while the PIN keeps it locked.
    pub(crate) fn me(&self) -> Result<&Identity> {
        let me = self.itself()?;
        self.shown()?;
        Ok(me)
    }

    /// Who this phone is, for what goes on behind a locked screen: sync and wiping.
    pub(crate) fn itself(&self) -> Result<&Identity> {
        match &self.enrolment {
            Some(e) => Ok(&e.identity),
            None => Err(Refusal::NotEnrolled.into()),
        }
    }

    /// Housekeeping while nothing is to be done: moves the write-ahead log into the database.
    ///
    /// # Errors
    /// The database's.
    pub fn idle(&mut self) -> Result<()> {
        self.store.compact()?;
        Ok(self.store.checkpoint()?)
    }

    /// One user action: one transaction, one disk sync.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Writer<'_, '_>) -> Result<T>,
    ) -> Result<T> {
        let device = self.me()?.device;
        let now_ms = self.ports.clock.now_ms();
        let Self {
            store,
            ports,
            clock,
            run,
            ..
        } = self;
        store.write(|tx| {
            work(&mut Writer {
                tx,
                device,
                now_ms,
                clock,
                run,
                entropy: &*ports.entropy,
            })
        })
    }

    /// What was read may have changed.
    pub(crate) fn forget(&mut self) {
        self.campaign = None;
        self.sheets.clear();
    }
}

/// Compares the install id inside and outside; if they differ this database was copied or restored, so own logs go
/// on in new epochs and own segments of the other copy are asked for.
fn notice_a_copy(tx: &mut crate::store::Tx, install_id: &[u8; 16], now_ms: i64) -> Result<()> {
    match tx.meta_bytes(key::INSTALL_ID)? {
        Some(known) if known == install_id => return Ok(()),
        Some(_) => {
            tx.put_meta_int(key::COPIED_AT_MS, now_ms)?;
            tx.put_meta_int(key::WANT_OWN, 1)?;
            tx.forget_epochs()?;
        }
        None => {}
    }
    Ok(tx.put_meta_bytes(key::INSTALL_ID, install_id)?)
}

pub(crate) fn damaged(detail: impl Into<String>) -> Error {
    crate::store::StoreError::Corrupt(detail.into()).into()
}
