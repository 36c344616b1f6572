//! The description of the interface for people and programs: `/api/docs` and `/api/v1/openapi.json`.
//!
//! Invariant: everything comes from the binary; the page loads nothing from elsewhere and runs no inline script. Swagger
//! UI sets styles on elements, which its own policy allows for this page alone. Leaves out: data; nobody needs to sign in.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::api;
use crate::app::App;

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: &[(HeaderName, &str)] = &[
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
];

async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// The routes.
pub fn docs(app: &Arc<App>) -> Router {
    // Left alone it would send the description's address to a validator elsewhere.
    let config = Config::default().validator_url("none");
    let page = SwaggerUi::new("/api/docs")
        .config(config)
        .url("/api/v1/openapi.json", api::description(app));
    Router::from(page).layer(from_fn(secure))
}
