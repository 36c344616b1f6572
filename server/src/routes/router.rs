//! The table of contents of the HTTP interface.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::response::Redirect;
use axum::routing::get;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};

use super::{api, blobs, console};
use crate::app::App;
use crate::middleware::problem;

/// Every route of the server.
pub fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::to("/console") }))
        .route("/healthz", get(|| async { "ok" }))
        .merge(api::api(app))
        .merge(blobs::blob_router(Arc::clone(app.blobs()), Arc::clone(app)))
        .layer(from_fn(problem::word))
        .merge(console::pages(app))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}
