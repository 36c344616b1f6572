//! Console sessions for `tower_sessions`, kept in our database.
//!
//! Invariant: the database holds only the hash of a session's id. Leaves out: what a session holds (`console::session`).

use async_trait::async_trait;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::AuthError;
use crate::store::sqlite::auth_store::AuthStore;

/// Tries to find a free id; with 128 random bits the first is free.
const TRIES: usize = 3;

/// The session store.
#[derive(Clone, Debug)]
pub struct Sessions(pub AuthStore);

/// How a session's id is stored.
pub fn session_hash(id: &Id) -> [u8; 32] {
    protocol::chain::sha256(&id.0.to_be_bytes())
}

fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn backend(error: AuthError) -> Error {
    Error::Backend(error.to_string())
}

fn encode(record: &Record) -> Result<String> {
    serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        for _ in 0..TRIES {
            let (key, data, end) = (
                session_hash(&record.id),
                encode(record)?,
                millis(record.expiry_date),
            );
            let stored = self.0.save_session(key, data, end, true).await;
            if stored.map_err(backend)? {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(Error::Backend("no free session id".to_owned()))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (key, data, end) = (
            session_hash(&record.id),
            encode(record)?,
            millis(record.expiry_date),
        );
        let stored = self.0.save_session(key, data, end, false).await;
        stored.map(|_| ()).map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now_ms = millis(OffsetDateTime::now_utc());
        let found = self
            .0
            .load_session(session_hash(id), now_ms)
            .await
            .map_err(backend)?;
        let Some((data, end)) = found else {
            return Ok(None);
        };
        let data = serde_json::from_str(&data).map_err(|e| Error::Decode(e.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(end) * 1_000_000)
            .map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let now_ms = millis(OffsetDateTime::now_utc());
        self.0
            .delete_session(session_hash(id), now_ms)
            .await
            .map_err(backend)
    }
}
