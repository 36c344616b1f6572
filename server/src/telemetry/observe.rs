//! The layer every request passes: a log line and a count.
//!
//! Invariant: the route is its pattern (`/console/records/{id}`), so no id, name, code or token of a path or query is
//! told. Leaves out: what went wrong inside, which is logged where it happened.

use std::sync::Arc;
use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::request_id::RequestId;

use super::Seen;
use crate::app::App;

/// Longest request id that is written down.
const ID_CHARS: usize = 64;

/// Tells and counts a request.
pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().to_string();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let id = request_id(&request);
    let bytes_in = length(request.headers());
    let response = next.run(request).await;
    let seen = Seen {
        method,
        route,
        status: response.status().as_u16(),
        took: began.elapsed(),
        bytes_in,
        bytes_out: response.body().size_hint().exact().unwrap_or_default(),
    };
    tell(&seen, &id);
    app.telemetry().count(seen, app.now_ms());
    response
}

fn tell(seen: &Seen, id: &str) {
    let ms = seen.took.as_micros() as f64 / 1_000.0;
    let Seen {
        method,
        route,
        status,
        bytes_in,
        bytes_out,
        ..
    } = seen;
    // Probes come every few seconds and tell nothing.
    if matches!(route.as_str(), "/healthz" | "/readyz") {
        tracing::debug!(%method, %route, status, ms, bytes_in, bytes_out, request_id = id, "request");
    } else {
        tracing::info!(%method, %route, status, ms, bytes_in, bytes_out, request_id = id, "request");
    }
}

/// The id of the request; one a caller invented is told only if it looks like an id.
fn request_id(request: &Request) -> String {
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok());
    let plain =
        |id: &&str| id.len() <= ID_CHARS && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    id.filter(plain).unwrap_or("-").to_owned()
}

fn length(headers: &HeaderMap) -> u64 {
    let value = headers.get(header::CONTENT_LENGTH);
    let value = value.and_then(|v| v.to_str().ok());
    value.and_then(|v| v.parse().ok()).unwrap_or_default()
}
