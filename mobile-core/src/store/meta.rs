//! Single values kept by name.

use rusqlite::OptionalExtension;
use rusqlite::types::ValueRef;

use super::error::StoreError;
use super::tx::Tx;

/// The names.
pub(crate) mod key {
    /// 32 bytes: the device key's seed. Protected storage is the platform's.
    pub const SEED: &str = "key_seed";
    /// JSON of `replica::Enrolment`.
    pub const ENROLMENT: &str = "enrolment";
    /// 16 bytes, the same as in the file beside the database.
    pub const INSTALL_ID: &str = "install_id";
    /// ms UTC: when this database was noticed to be a copy.
    pub const COPIED_AT_MS: &str = "copied_at_ms";
    /// The server's generation as known here.
    pub const GENERATION: &str = "generation";
    /// What the server drew when it was started, as known here.
    pub const STARTED: &str = "started";
    /// The cursor of the last reply.
    pub const CURSOR: &str = "cursor";
    /// Counter of signed requests.
    pub const COUNTER: &str = "counter";
    /// 1: segments of own logs are wanted.
    pub const WANT_OWN: &str = "want_own";
    /// 1: the server is in a new generation and gets back what it may have lost.
    pub const HAND_BACK: &str = "hand_back";
    /// Hybrid time learnt or sealed last, ms UTC.
    pub const CLOCK_MS: &str = "clock_ms";
    /// Until when a running sync holds the lease, ms UTC.
    pub const LEASE_UNTIL_MS: &str = "lease_until_ms";
    /// Which one.
    pub const LEASE_OWNER: &str = "lease_owner";
    /// ms UTC: when the server said this device is revoked.
    pub const REVOKED_AT_MS: &str = "revoked_at_ms";
    /// ms UTC: when the server said that this phone's rehearsal was wiped.
    pub const WIPED_AT_MS: &str = "wiped_at_ms";
    /// JSON of `sync::Agreement`: the last comparison.
    pub const AGREEMENT: &str = "agreement";
    /// ms UTC: when the server last answered that there is no more.
    pub const LAST_SYNC_MS: &str = "last_sync_ms";
    /// Own clock less the server's, ms.
    pub const SKEW_MS: &str = "skew_ms";
    /// PHC string (argon2id) of the PIN, UTF-8.
    pub const PIN: &str = "pin";
    /// Wrong PINs since the last right one.
    pub const PIN_FAILURES: &str = "pin_failures";
    /// Until when no PIN is looked at, ms UTC.
    pub const PIN_WAIT_UNTIL_MS: &str = "pin_wait_until_ms";
    /// How many of the office's resets there were when the PIN was set.
    pub const PIN_RESETS: &str = "pin_resets";
    /// The wall clock at about the last change, ms UTC: the hybrid time of changes hides that it was set back.
    pub const WALL_MS: &str = "wall_ms";
    /// When the wall clock was set back, the latest last: pairs of 8 bytes (BE), time of the change and by how much.
    pub const SET_BACKS: &str = "set_backs";
    /// JSON: what is in the last bundle (`bundles::export`).
    pub const EXPORTED: &str = "exported";
    /// How many write-ahead logs were begun.
    pub const WALS: &str = "wals";

    /// Those that hold integers.
    #[cfg(not(target_family = "wasm"))]
    pub const NUMBERS: &[&str] = &[
        COPIED_AT_MS,
        GENERATION,
        COUNTER,
        WANT_OWN,
        HAND_BACK,
        CLOCK_MS,
        LEASE_UNTIL_MS,
        LEASE_OWNER,
        REVOKED_AT_MS,
        WIPED_AT_MS,
        LAST_SYNC_MS,
        SKEW_MS,
        PIN_FAILURES,
        PIN_WAIT_UNTIL_MS,
        PIN_RESETS,
        WALL_MS,
        WALS,
    ];
}

impl Tx<'_> {
    /// An integer, if there is one.
    pub fn meta_int(&self, key: &str) -> Result<Option<i64>, StoreError> {
        let found = self
            .conn
            .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
            .query_row([key], |r| match r.get_ref(0)? {
                ValueRef::Integer(n) => Ok(Some(n)),
                _ => Ok(None),
            });
        Ok(found.optional()?.flatten())
    }

    /// Bytes, if there are some.
    pub fn meta_bytes(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self
            .conn
            .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
            .query_row([key], |r| match r.get_ref(0)? {
                ValueRef::Blob(b) => Ok(Some(b.to_vec())),
                _ => Ok(None),
            });
        Ok(found.optional()?.flatten())
    }

    /// Keeps an integer.
    pub fn put_meta_int(&mut self, key: &str, value: i64) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")?
            .execute((key, value))?;
        Ok(())
    }

    /// Keeps bytes.
    pub fn put_meta_bytes(&mut self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")?
            .execute((key, value))?;
        Ok(())
    }

    /// Forgets a value.
    pub fn clear_meta(&mut self, key: &str) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("DELETE FROM meta WHERE key = ?1")?
            .execute([key])?;
        Ok(())
    }
}
