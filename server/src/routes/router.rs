//! The table of contents of the HTTP interface.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use protocol::limits;

use super::{blobs, phones};
use crate::app::App;

/// Every route of the server.
pub fn router(app: &Arc<App>) -> Router {
    // One more than the limit: what is over it is refused with its own code, not cut off.
    let sync_body = DefaultBodyLimit::max(limits::REQUEST_BYTES + 1);
    let phones = Router::new()
        .route("/api/v1/enrol", post(phones::enrol_device))
        .layer(DefaultBodyLimit::max(16 << 10))
        .route("/api/v1/sync", post(phones::sync_device).layer(sync_body))
        .with_state(Arc::clone(app));
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .merge(phones)
        .merge(blobs::blob_router(Arc::clone(app.blobs()), Arc::clone(app)))
}
