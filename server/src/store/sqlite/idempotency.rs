//! Keys of requests that must be done once: who sent which, what it was, what it was answered.
//!
//! Invariant: a key is taken before the request is done and its answer kept after it; both last a day. One that was taken
//! and never answered (the server stopped meanwhile) stays taken: nobody knows what became of it.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::error::Result;
use crate::store::{KeptAnswer, KeyState};

const KEEP_MS: i64 = 24 * 3_600_000;

pub(super) fn take(
    conn: &Connection,
    (login, key): (Uuid, &str),
    request: [u8; 32],
    now_ms: i64,
) -> Result<KeyState> {
    conn.prepare_cached("DELETE FROM idempotency_keys WHERE made_ms < ?1")?
        .execute([now_ms - KEEP_MS])?;
    let mut known = conn.prepare_cached(
        "SELECT request, status, media, body, tag FROM idempotency_keys WHERE login = ?1 AND key = ?2",
    )?;
    let found = known
        .query_row(params![login, key], |r| {
            let request: [u8; 32] = r.get(0)?;
            let status: Option<u16> = r.get(1)?;
            let (media, body, tag) = (r.get(2)?, r.get(3)?, r.get(4)?);
            let answer = status.map(|status| KeptAnswer {
                status,
                media,
                tag,
                body,
            });
            Ok((request, answer))
        })
        .optional()?;
    Ok(match found {
        Some((other, _)) if other != request => KeyState::Other,
        Some((_, Some(answer))) => KeyState::Done(answer),
        Some((_, None)) => KeyState::Running,
        None => {
            conn.prepare_cached(
                "INSERT INTO idempotency_keys (login, key, request, media, body, made_ms)
                 VALUES (?1, ?2, ?3, '', x'', ?4)",
            )?
            .execute(params![login, key, request, now_ms])?;
            KeyState::Taken
        }
    })
}

pub(super) fn keep(conn: &Connection, login: Uuid, key: &str, answer: &KeptAnswer) -> Result<()> {
    conn.prepare_cached(
        "UPDATE idempotency_keys SET status = ?3, media = ?4, body = ?5, tag = ?6 WHERE login = ?1 AND key = ?2",
    )?
    .execute(params![login, key, answer.status, answer.media, answer.body, answer.tag])?;
    Ok(())
}

pub(super) fn free(conn: &Connection, login: Uuid, key: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM idempotency_keys WHERE login = ?1 AND key = ?2")?
        .execute(params![login, key])?;
    Ok(())
}
