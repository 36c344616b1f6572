//! Probes and metrics.
//!
//! Invariant: they tell states and counts, nothing of a person. Leaves out: who may reach `/metrics` (it has a listener
//! of its own on this machine).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Result;

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: 200 if it can do its work, else 503; what is so and what is not either way.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let ready = app.readiness().await;
    let status = if ready.ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(ready)).into_response()
}

/// `GET /metrics`, Prometheus' text form.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Result<Response> {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    Ok((kind, app.metrics().await?).into_response())
}
