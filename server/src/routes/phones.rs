//! `POST /api/v1/enrol` and `POST /api/v1/sync`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::enrol::{CERTIFICATE_HEADER, EnrolRequest, EnrolResponse};
use protocol::limits;
use protocol::problem::Code;
use protocol::request::{CONTENT_TYPE, HEADER};

use super::conventions::FileBytes;
use super::gate::{Routes, routes};
use crate::app::App;
use crate::auth::Access;
use crate::error::{Error, Result};

/// Largest body of an enrolment, bytes.
const ENROL_BYTES: usize = 16 << 10;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let enrol = routes!(enrol_device).limited(ENROL_BYTES);
    // One more than the limit: what is over it is refused with its own code, not cut off.
    let sync = routes!(sync_device).limited(limits::REQUEST_BYTES + 1);
    r.add(Access::Open, enrol).add(Access::Phone, sync)
}

/// Enrols a device.
#[utoipa::path(post, path = "/api/v1/enrol", tag = "phones", request_body = EnrolRequest,
    responses((status = 200, description = "The device's identity and what it may read", body = EnrolResponse)))]
pub async fn enrol_device(
    State(app): State<Arc<App>>,
    body: std::result::Result<Json<EnrolRequest>, JsonRejection>,
) -> Result<Json<EnrolResponse>> {
    let Json(request) = body.map_err(|e| Error::because(Code::BadRequest, e.body_text()))?;
    app.enrol(request).await.map(Json)
}

/// Answers a sync request. The type of the body is checked before anything is read: what a portal or a proxy made of
/// the request is not ours.
#[utoipa::path(post, path = "/api/v1/sync", tag = "phones",
    request_body(content = FileBytes, content_type = "application/vnd.guanmo.sync"),
    responses((status = 200, description = "The reply, binary: docs/sync-protocol.md", body = FileBytes, content_type = "application/vnd.guanmo.sync")))]
pub async fn sync_device(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Result<Response> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if text(header::CONTENT_TYPE.as_str()) != Some(CONTENT_TYPE) {
        return Err(Code::WrongMediaType.into());
    }
    let body = body.map_err(|e| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::from(Code::RequestTooLarge),
        _ => Error::from(Code::BadRequest),
    })?;
    let reply = match text(CERTIFICATE_HEADER) {
        None => app.sync(text(HEADER), &body).await?,
        Some(shown) => app.sync_known_again(shown, text(HEADER), &body).await?,
    };
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, reply).into_response())
}
