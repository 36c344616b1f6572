//! Giving a photo out, and telling which ones are missing.
//!
//! A blob's bytes are hashed again before they are served, so what the disk changed is never shown as evidence (a
//! 300 kB copy costs about a millisecond).

use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use tower_http::services::ServeFile;

use super::answer::Refusal;
use super::tus::{on_disk, parse_hash};
use super::{Blobs, MAX_HAVE_HASHES};
use crate::blobs::{BlobAccess, BlobError, BlobHash, BlobStore};

/// Body of `POST /api/v1/blobs/have`.
#[derive(Debug, Deserialize)]
pub(super) struct HaveRequest {
    hashes: Vec<String>,
}

/// Its answer.
#[derive(Debug, Serialize)]
pub(super) struct HaveResponse {
    missing: Vec<String>,
}

/// Which of these photos the server does not have.
pub(super) async fn list_missing<A: BlobAccess>(
    State(blobs): State<Blobs<A>>,
    headers: HeaderMap,
    body: Result<Json<HaveRequest>, JsonRejection>,
) -> Result<Json<HaveResponse>, Refusal> {
    blobs.device(&headers).await?;
    let Json(request) = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::from(Code::RequestTooLarge),
        _ => Refusal::because(Code::BadRequest, "the body must be {\"hashes\": [hex, …]}"),
    })?;
    if request.hashes.len() > MAX_HAVE_HASHES {
        return Err(Refusal::because(
            Code::RequestTooLarge,
            "at most 2,000 hashes",
        ));
    }
    let hashes: Result<Vec<BlobHash>, _> = request
        .hashes
        .iter()
        .map(|text| BlobHash::from_str(text))
        .collect();
    let hashes =
        hashes.map_err(|_| Refusal::because(Code::BadRequest, "a hash is 64 lower-case hex"))?;
    let missing = on_disk(&blobs.store, move |store| store.missing(&hashes)).await?;
    Ok(Json(HaveResponse {
        missing: missing.iter().map(BlobHash::to_string).collect(),
    }))
}

/// A photo, to who may read a record that refers to it.
pub(super) async fn get_blob<A: BlobAccess>(
    State(blobs): State<Blobs<A>>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let who = blobs.device(&headers).await?;
    let hash = parse_hash(&hash)?;
    // The same answer as for a photo that is not there, so that nobody learns which photos exist.
    if !blobs.access.may_read(who, hash).await {
        return Err(Code::BlobMissing.into());
    }
    serve(&blobs.store, hash, &headers).await
}

/// Serves a finished blob as a picture, with `Range` and `If-None-Match`. The caller has checked the right to read;
/// for the console, whose sessions are not bearer tokens.
pub async fn serve_blob(store: &Arc<BlobStore>, hash: BlobHash, headers: &HeaderMap) -> Response {
    serve(store, hash, headers)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn serve(
    store: &Arc<BlobStore>,
    hash: BlobHash,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let etag = format!("\"{hash}\"");
    // Made of the hash alone; what a phone called the file was never stored.
    let disposition = format!(
        "inline; filename=\"guanmo-{}.jpg\"",
        &hash.to_string()[..12]
    );
    let mut response = if names_etag(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let path = on_disk(store, move |store| store.verified_path(hash)).await?;
        let path = path.ok_or(Refusal::from(Code::BlobMissing))?;
        let mut request = Request::new(Body::empty());
        let may_resume = headers
            .get(header::IF_RANGE)
            .is_none_or(|known| *known == etag.as_str());
        if let Some(range) = headers.get(header::RANGE).filter(|_| may_resume) {
            request.headers_mut().insert(header::RANGE, range.clone());
        }
        let served = ServeFile::new(path)
            .try_call(request)
            .await
            .map_err(BlobError::from)?;
        served.map(Body::new)
    };
    let headers = response.headers_mut();
    headers.remove(header::LAST_MODIFIED);
    for (name, value) in [
        (header::ETAG, etag),
        (header::CONTENT_DISPOSITION, disposition),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    for (name, value) in [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'",
        ),
        // The bytes of a hash never change; only this reader may keep them.
        (
            header::CACHE_CONTROL,
            "private, max-age=31536000, immutable",
        ),
        (header::VARY, "Authorization, Cookie"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn names_etag(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|list| {
            list.split(',').any(|known| {
                let known = known.trim();
                known == "*" || known.trim_start_matches("W/") == etag
            })
        })
}
