//! The tus 1.0.0 requests: OPTIONS, POST, HEAD, PATCH, DELETE.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use protocol::problem::Code;
use uuid::Uuid;

use super::answer::Refusal;
use super::receive::{Checksum, drain, receive};
use super::{BLOBS_PATH, Blobs};
use crate::blobs::{Append, BlobAccess, BlobError, BlobHash, BlobStore, UploadState};

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const EXTENSIONS: &str = "creation,expiration,checksum,termination";
/// How long a request waits for an older one of the same upload to let go.
const TAKE_OVER_WITHIN: Duration = Duration::from_secs(5);

/// What this server speaks; needs neither token nor version.
pub(super) async fn show_options<A: BlobAccess>(State(blobs): State<Blobs<A>>) -> Response {
    let headers = [
        ("tus-resumable", VERSION),
        ("tus-version", VERSION),
        ("tus-extension", HeaderValue::from_static(EXTENSIONS)),
        (
            "tus-checksum-algorithm",
            HeaderValue::from_static("sha256,sha1"),
        ),
        ("tus-max-size", blobs.store.config().max_blob_bytes.into()),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Begins an upload, or says how far it already is.
pub(super) async fn create_upload<A: BlobAccess>(
    State(blobs): State<Blobs<A>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let who = blobs.device(&headers).await?;
    check_version(&headers)?;
    let length = number(&headers, "upload-length")?;
    let hash = announced_hash(&headers)?;
    blobs.access.may_upload(who, hash, length).await?;
    let device = who.device_id;
    take_over(&blobs.store, device, hash).await;
    let now = SystemTime::now();
    let before = on_disk(&blobs.store, move |store| store.state(device, hash, now)).await;
    let is_new = matches!(before, Ok(UploadState::Absent));
    if is_new {
        let may = blobs.access.may_begin(who, length);
        may.map_err(|wait_s| Refusal::later(Code::PhotoQuota, wait_s))?;
    }
    let state = on_disk(&blobs.store, move |store| {
        store.create(device, hash, length, now)
    })
    .await?;
    if is_new {
        blobs.access.begun(who, length);
    }
    let mut response = progress(StatusCode::CREATED, state)?;
    let location = HeaderValue::from_str(&format!("{BLOBS_PATH}/{hash}"))
        .map_err(|_| Refusal::from(Code::Internal))?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Says how far an upload is; an older request that still writes to it is stopped first.
pub(super) async fn head_upload<A: BlobAccess>(
    State(blobs): State<Blobs<A>>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let who = blobs.device(&headers).await?;
    check_version(&headers)?;
    let hash = parse_hash(&hash)?;
    let device = who.device_id;
    take_over(&blobs.store, device, hash).await;
    let now = SystemTime::now();
    let state = match on_disk(&blobs.store, move |store| store.state(device, hash, now)).await {
        // Emptied just now: the upload is there and stands at 0.
        Err(BlobError::HashMismatch) => {
            on_disk(&blobs.store, move |store| store.state(device, hash, now)).await
        }
        state => state,
    };
    progress(StatusCode::OK, state?)
}

/// Takes a piece.
pub(super) async fn patch_upload<A: BlobAccess>(
    State(blobs): State<Blobs<A>>,
    Path(hash): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    match begin_patch(&blobs, &hash, &headers).await {
        Ok(Begun::Append(piece)) => {
            let Piece {
                append,
                offset,
                checksum,
            } = *piece;
            progress(
                StatusCode::NO_CONTENT,
                receive(append, offset, body, checksum).await?,
            )
        }
        Ok(Begun::Finished(state)) => progress(StatusCode::NO_CONTENT, state),
        Err(refusal) => {
            // A client that is still sending would see a reset connection instead of the answer.
            drain(body).await;
            Err(refusal)
        }
    }
}

enum Begun {
    Append(Box<Piece>),
    Finished(UploadState),
}

struct Piece {
    append: Append,
    offset: u64,
    checksum: Option<Checksum>,
}

/// All of a PATCH that comes before its body.
async fn begin_patch<A: BlobAccess>(
    blobs: &Blobs<A>,
    hash: &str,
    headers: &HeaderMap,
) -> Result<Begun, Refusal> {
    let who = blobs.device(headers).await?;
    check_version(headers)?;
    let hash = parse_hash(hash)?;
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type != Some(b"application/offset+octet-stream") {
        let detail = "Content-Type must be application/offset+octet-stream";
        return Err(Refusal::because(Code::WrongMediaType, detail));
    }
    let offset = number(headers, "upload-offset")?;
    let checksum =
        match headers.get("upload-checksum") {
            None => None,
            Some(value) => Some(value.to_str().ok().and_then(Checksum::parse).ok_or_else(
                || Refusal::because(Code::BadRequest, "Upload-Checksum must be sha256 or sha1"),
            )?),
        };
    let now = SystemTime::now();
    let begun = on_disk(&blobs.store, move |store| {
        store.begin_append(who.device_id, hash, offset, now)
    });
    match begun.await {
        Ok(append) => Ok(Begun::Append(Box::new(Piece {
            append,
            offset,
            checksum,
        }))),
        // An empty piece at the end of a finished blob: nothing is left to do, and saying so is no error.
        Err(BlobError::OffsetMismatch { offset: stands_at })
            if stands_at == offset && is_empty(headers) =>
        {
            Ok(Begun::Finished(UploadState::Finished { length: stands_at }))
        }
        Err(error) => Err(error.into()),
    }
}

/// Gives an upload up.
pub(super) async fn delete_upload<A: BlobAccess>(
    State(blobs): State<Blobs<A>>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let who = blobs.device(&headers).await?;
    check_version(&headers)?;
    let hash = parse_hash(&hash)?;
    let device = who.device_id;
    take_over(&blobs.store, device, hash).await;
    on_disk(&blobs.store, move |store| store.terminate(device, hash)).await?;
    Ok((StatusCode::NO_CONTENT, [("tus-resumable", VERSION)]).into_response())
}

/// PATCH, HEAD or DELETE through a proxy that lets only POST through (tus core, X-HTTP-Method-Override).
pub(super) async fn post_upload<A: BlobAccess>(
    blobs: State<Blobs<A>>,
    hash: Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    match headers
        .get("x-http-method-override")
        .map(HeaderValue::as_bytes)
    {
        Some(b"PATCH") => patch_upload(blobs, hash, headers, body).await,
        Some(b"HEAD") => head_upload(blobs, hash, headers).await,
        Some(b"DELETE") => delete_upload(blobs, hash, headers).await,
        _ => Err(Refusal::because(
            Code::BadRequest,
            "X-HTTP-Method-Override is missing",
        )),
    }
}

/// Runs a disk operation off the async threads.
pub(super) async fn on_disk<T: Send + 'static>(
    store: &Arc<BlobStore>,
    work: impl FnOnce(&Arc<BlobStore>) -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    let store = Arc::clone(store);
    tokio::task::spawn_blocking(move || work(&store))
        .await
        .unwrap_or_else(|error| Err(BlobError::Io(std::io::Error::other(error))))
}

/// The hash in a path.
pub(super) fn parse_hash(text: &str) -> Result<BlobHash, Refusal> {
    // Not "bad request": whoever asks for a name that cannot be asks for what is not there.
    text.parse().map_err(|_| Code::BlobMissing.into())
}

async fn take_over(store: &BlobStore, device: Uuid, hash: BlobHash) {
    // When the time is over, the operation itself answers "busy".
    let _ = tokio::time::timeout(TAKE_OVER_WITHIN, store.interrupt(device, hash)).await;
}

fn check_version(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get("tus-resumable") {
        Some(version) if *version == VERSION => Ok(()),
        _ => Err(Code::TusVersion.into()),
    }
}

fn number(headers: &HeaderMap, name: &'static str) -> Result<u64, Refusal> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        // `parse` alone would take "+5".
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Refusal::because(Code::BadRequest, "a length or offset is missing"))
}

fn is_empty(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_LENGTH)
        .is_some_and(|length| *length == "0")
}

/// The hash in `Upload-Metadata: sha256 <base64 of the hex digits>`.
fn announced_hash(headers: &HeaderMap) -> Result<BlobHash, Refusal> {
    headers
        .get("upload-metadata")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| {
            text.split(',')
                .find_map(|pair| pair.trim().strip_prefix("sha256 "))
        })
        .and_then(|coded| BASE64.decode(coded.trim()).ok())
        .and_then(|hex| String::from_utf8(hex).ok()?.parse().ok())
        .ok_or_else(|| {
            Refusal::because(
                Code::BadRequest,
                "Upload-Metadata must have the blob's sha256 in hex",
            )
        })
}

/// A success that says where the upload stands.
fn progress(status: StatusCode, state: UploadState) -> Result<Response, Refusal> {
    let (offset, length, expires_at) = match state {
        UploadState::Absent => return Err(Code::UploadMissing.into()),
        UploadState::Finished { length } => (length, length, None),
        UploadState::Open {
            offset,
            length,
            expires_at,
        } => (offset, length, Some(expires_at)),
    };
    let headers = [
        ("tus-resumable", VERSION),
        ("upload-offset", offset.into()),
        ("upload-length", length.into()),
        ("cache-control", HeaderValue::from_static("no-store")),
    ];
    let mut response = (status, headers).into_response();
    let expires = expires_at
        .map(|at| {
            DateTime::<Utc>::from(at)
                .format("%a, %d %b %Y %H:%M:%S GMT")
                .to_string()
        })
        .and_then(|text| HeaderValue::from_str(&text).ok());
    if let Some(expires) = expires {
        response.headers_mut().insert("upload-expires", expires);
    }
    Ok(response)
}
