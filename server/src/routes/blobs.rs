//! `/api/v1/blobs`: photos by tus 1.0 (core, creation, checksum, expiration, termination), `have`, and download.
//!
//! The URL is the hash; an upload belongs to (device, hash). Bytes are durable before their offset is answered and a
//! blob is finished only after all its bytes were hashed. Any tus 1.0 client works that sends the metadata key
//! `sha256`. Left out: who may do what, which the server plugs in through [`BlobAccess`]; cross-origin headers.

mod answer;
mod download;
mod receive;
#[cfg(test)]
mod tests;
mod tus;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, header};
use axum::routing::{get, post};
use protocol::problem::Code;

use crate::blobs::{BlobAccess, BlobStore, DeviceIdentity};

pub use download::serve_blob;

/// Where the routes live.
pub const BLOBS_PATH: &str = "/api/v1/blobs";
/// Most hashes in one `have`.
pub const MAX_HAVE_HASHES: usize = 2_000;
/// Largest body of `have`, bytes: 2,000 hashes in quotes with commas, and room for blanks.
const MAX_HAVE_BYTES: usize = 256 * 1024;

/// State of the routes.
pub(super) struct Blobs<A> {
    store: Arc<BlobStore>,
    access: Arc<A>,
}

impl<A> Clone for Blobs<A> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            access: Arc::clone(&self.access),
        }
    }
}

/// The routes, with full paths, to be merged into the server's router.
pub fn blob_router<A: BlobAccess>(store: Arc<BlobStore>, access: Arc<A>) -> Router {
    let creation = post(tus::create_upload::<A>).options(tus::show_options::<A>);
    let one_blob = get(download::get_blob::<A>)
        .head(tus::head_upload::<A>)
        .patch(tus::patch_upload::<A>)
        .delete(tus::delete_upload::<A>)
        .post(tus::post_upload::<A>)
        .options(tus::show_options::<A>);
    let have = post(download::list_missing::<A>).layer(DefaultBodyLimit::max(MAX_HAVE_BYTES));
    Router::new()
        .route(BLOBS_PATH, creation.clone())
        .route(&format!("{BLOBS_PATH}/"), creation)
        .route(&format!("{BLOBS_PATH}/have"), have)
        .route(&format!("{BLOBS_PATH}/{{hash}}"), one_blob)
        .with_state(Blobs { store, access })
}

impl<A: BlobAccess> Blobs<A> {
    /// The caller's device by its bearer token.
    async fn device(&self, headers: &HeaderMap) -> Result<DeviceIdentity, answer::Refusal> {
        let token = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        let who = match token {
            Some(token) => self.access.device_for_token(token).await,
            None => None,
        };
        let who = who.ok_or_else(|| answer::Refusal::from(Code::Unauthorised))?;
        self.access
            .may_ask(who)
            .map_err(|wait_s| answer::Refusal::later(Code::TooManyRequests, wait_s))?;
        Ok(who)
    }
}
