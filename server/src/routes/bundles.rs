//! `POST /api/v1/bundles`: a bundle brought by somebody of the office; `POST /api/v1/bundles/carried`: by a phone.
//!
//! Invariant: the body goes to the disk as it comes, never into memory whole; who brings it gives no right to what is in
//! it, its own signature does. Leaves out: what becomes of it (`app::bundles`).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use protocol::bundle::CONTENT_TYPE;
use protocol::limits;
use protocol::problem::Code;
use tempfile::TempPath;

use super::conventions::FileBytes;
use super::gate::{Routes, bearer, routes};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::blobs::BlobAccess;
use crate::error::{Error, Result};
use crate::services::bundles::TakenIn;
use crate::services::office::Actor;

/// What header and sums add to a bundle at most: 16 bytes for 65,536, and some hundreds.
pub const AROUND_BYTES: u64 = limits::BUNDLE_BYTES / 4_096 + 1_024;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::ImportBundle), routes!(import_bundle))
        .add(Access::Phone, routes!(import_carried))
}

/// Takes in a bundle.
///
/// Importing the same one again changes nothing; `complete` says whether the file is still needed. Whole or not at all
/// if the file is damaged; `stopped` names why only a part came in (`disk_full`), and importing again goes on.
#[utoipa::path(post, path = "/api/v1/bundles", tag = "bundles",
    request_body(content = FileBytes, content_type = "application/vnd.guanmo.bundle"),
    responses((status = 200, body = TakenIn, description = "What was in it, and what of it is new"),
        (status = 401, description = "The phone is unknown and its certificate is not this server's"),
        (status = 409, description = "It is for another server"),
        (status = 413, description = "Over 2 GiB, or over a limit inside"),
        (status = 422, description = "No bundle, damaged, or changed by somebody; nothing was taken in"),
        (status = 507, description = "The disk is full; nothing was taken in")))]
async fn import_bundle(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TakenIn>> {
    let file = receive(&app, &headers, body, limits::BUNDLE_BYTES + AROUND_BYTES).await?;
    let taken = app.import_bundle(&viewer.actor(), None, &file).await?;
    Ok(Json(taken))
}

/// Takes in a bundle that another phone carries; the bearer token is that phone's, of a sync reply.
#[utoipa::path(post, path = "/api/v1/bundles/carried", tag = "bundles",
    request_body(content = FileBytes, content_type = "application/vnd.guanmo.bundle"),
    responses((status = 200, body = TakenIn, description = "What was in it, and what of it is new"),
        (status = 401, description = "No token, or the phone whose bundle it is is unknown"),
        (status = 413, description = "Over 64 MiB: split it")))]
async fn import_carried(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TakenIn>> {
    let carrier = match bearer(&headers) {
        Some(token) => app.device_for_token(token).await,
        None => None,
    };
    let carrier = carrier.ok_or_else(|| Error::from(Code::Unauthorised))?;
    app.may_ask(carrier).map_err(Error::too_many)?;
    let file = receive(&app, &headers, body, limits::CARRY_BYTES).await?;
    let actor = Actor::system();
    let mut taken = app
        .import_bundle(&actor, Some(carrier.device_id), &file)
        .await?;
    // Whose it is, is no business of the colleague's who carried it.
    (taken.account_name, taken.device_name) = (String::new(), String::new());
    Ok(Json(taken))
}

async fn receive(app: &App, headers: &HeaderMap, body: Body, most: u64) -> Result<TempPath> {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    if text(header::CONTENT_TYPE) != Some(CONTENT_TYPE) {
        return Err(Code::WrongMediaType.into());
    }
    let announced = text(header::CONTENT_LENGTH).and_then(|n| n.parse().ok());
    let mut receiving = app.receive_bundle(announced, most).await?;
    let mut body = body.into_data_stream();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|e| Error::because(Code::BadRequest, e.to_string()))?;
        receiving.write(&piece).await?;
    }
    receiving.done().await
}
