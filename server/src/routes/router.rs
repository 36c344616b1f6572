//! The table of contents of the HTTP interface.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Redirect;
use axum::routing::{get, post};
use protocol::limits;

use super::{blobs, console, office, phones};
use crate::app::App;

/// Largest body of the office's JSON interface, bytes.
const OFFICE_BYTES: usize = 256 << 10;

/// Every route of the server.
pub fn router(app: &Arc<App>) -> Router {
    // One more than the limit: what is over it is refused with its own code, not cut off.
    let sync_body = DefaultBodyLimit::max(limits::REQUEST_BYTES + 1);
    let enrol_body = DefaultBodyLimit::max(16 << 10);
    let phones = Router::new()
        .route(
            "/api/v1/enrol",
            post(phones::enrol_device).layer(enrol_body),
        )
        .route("/api/v1/sync", post(phones::sync_device).layer(sync_body))
        .with_state(Arc::clone(app));
    let office = office::routes()
        .layer(DefaultBodyLimit::max(OFFICE_BYTES))
        .with_state(Arc::clone(app));
    Router::new()
        .route("/", get(|| async { Redirect::to("/console") }))
        .route("/healthz", get(|| async { "ok" }))
        .merge(phones)
        .merge(office)
        .merge(blobs::blob_router(Arc::clone(app.blobs()), Arc::clone(app)))
        .merge(console::pages(app))
}
