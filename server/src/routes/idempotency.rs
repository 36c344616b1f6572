//! `Idempotency-Key`: a request sent twice is done once.
//!
//! The gate runs this around every changing request of somebody signed in that carries the header. Done ones are answered
//! again as they were, for a day, with `Idempotency-Replayed: true`. What was refused may be tried again with the same
//! key. Invariant: an answer that is a secret (a code, an invitation) is never kept, so there the header is refused.
//! Leaves out: requests of phones, which their counters protect.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use protocol::problem::Code;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Access, Action};
use crate::error::{Error, Result};
use crate::store::{KeptAnswer, KeyState};

/// The header.
pub const HEADER: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";
/// Longest key.
const KEY_CHARS: usize = 100;
/// Largest body of a request with a key, and largest answer kept, bytes.
const BODY_BYTES: usize = 8 << 20;
const ANSWER_BYTES: usize = 1 << 20;

/// Whether a right's answers are secrets.
pub(super) fn is_secret(access: Access) -> bool {
    let secret = [
        Action::IssueCode,
        Action::ResetPin,
        Action::ManageLogins,
        Action::ResetPassword,
    ];
    matches!(access, Access::May(action) if secret.contains(&action))
}

/// The key of a request, if it has one that counts.
fn key(request: &Request, access: Access) -> Result<Option<String>> {
    let Some(value) = request.headers().get(HEADER) else {
        return Ok(None);
    };
    if !matches!(
        *request.method(),
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE
    ) {
        return Ok(None);
    }
    let text = value.to_str().unwrap_or_default().trim_matches('"');
    let plain = text.chars().all(|c| c.is_ascii_graphic());
    if text.is_empty() || text.len() > KEY_CHARS || !plain {
        let why =
            format!("Idempotency-Key: 1–{KEY_CHARS} 个可见 ASCII 字符 / visible ASCII characters");
        return Err(Error::because(Code::BadRequest, why));
    }
    if is_secret(access) {
        let why = "此请求的答复含一次性口令，不予保存 / the answer is a secret and is not kept";
        return Err(Error::because(Code::BadRequest, why));
    }
    Ok(Some(text.to_owned()))
}

fn hash(method: &Method, at: &str, body: &Bytes) -> [u8; 32] {
    let hash = Sha256::new()
        .chain_update(method.as_str())
        .chain_update([0])
        .chain_update(at)
        .chain_update([0])
        .chain_update(body);
    hash.finalize().into()
}

/// Runs a request once for its key.
///
/// # Errors
/// `BadRequest` for a key that is none, `IdempotencyKeyReused`, `IdempotencyKeyBusy`, `RequestTooLarge`.
pub async fn once(
    app: &App,
    login: Uuid,
    access: Access,
    request: Request,
    next: Next,
) -> Result<Response> {
    let Some(key) = key(&request, access)? else {
        return Ok(next.run(request).await);
    };
    let (parts, body) = request.into_parts();
    let read = to_bytes(body, BODY_BYTES).await;
    let body = read.map_err(|_| Error::from(Code::RequestTooLarge))?;
    let request_hash = hash(&parts.method, &parts.uri.to_string(), &body);
    match app.take_key(login, &key, request_hash).await? {
        KeyState::Taken => {}
        KeyState::Done(answer) => return Ok(again(answer)),
        KeyState::Other => return Err(Code::IdempotencyKeyReused.into()),
        KeyState::Running => return Err(Code::IdempotencyKeyBusy.into()),
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !response.status().is_success() {
        app.free_key(login, &key).await?;
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, ANSWER_BYTES).await.map_err(Error::storage)?;
    let text = |name| {
        let value = head.headers.get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let answer = KeptAnswer {
        status: head.status.as_u16(),
        media: text(header::CONTENT_TYPE),
        tag: text(header::ETAG),
        body: bytes.to_vec(),
    };
    app.keep_answer(login, &key, answer).await?;
    Ok(Response::from_parts(head, Body::from(bytes)))
}

fn again(answer: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for (name, text) in [
        (header::CONTENT_TYPE, &answer.media),
        (header::ETAG, &answer.tag),
    ] {
        if let Ok(value) = HeaderValue::from_str(text)
            && !text.is_empty()
        {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
