//! A photo's bytes for who is signed in.
//!
//! Invariant: the same answer for one that is sealed as for one that is not there.

use std::str::FromStr;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use protocol::problem::Code;

use super::pages::Pages;
use super::refusal::Refusal;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::blobs::BlobHash;
use crate::error::Error;
use crate::routes::blobs::serve_blob;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewRecords, "/console/blobs/{hash}", show)
}

/// `GET /console/blobs/{hash}`
async fn show(
    State(state): State<ConsoleState>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let hash = hash.strip_prefix("sha256:").unwrap_or(&hash);
    let Ok(hash) = BlobHash::from_str(hash) else {
        return Ok(Error::from(Code::BlobMissing).into_response());
    };
    if !state.app.office_may_see(hash).await? {
        return Ok(Error::from(Code::BlobMissing).into_response());
    }
    Ok(serve_blob(state.app.blobs(), hash, &headers).await)
}
