//! The table of contents of the HTTP interface.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::get;
use protocol::problem::Code;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};

use super::{api, blobs, console, docs, health, inspector};
use crate::app::App;
use crate::error::Error;
use crate::middleware::problem;
use crate::telemetry::observe;

/// Every route of the server.
pub fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::to("/console") }))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready).with_state(Arc::clone(app)))
        .merge(api::api(app))
        .merge(blobs::blob_router(Arc::clone(app.blobs()), Arc::clone(app)))
        .merge(docs::docs())
        .fallback(async || Error::from(Code::NotFound))
        .layer(from_fn(problem::word))
        .merge(console::pages(app))
        .merge(inspector::inspector())
        .layer(from_fn_with_state(Arc::clone(app), observe))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}
