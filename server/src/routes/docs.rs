//! The description of the interface for people and programs: `/api/docs` and `/api/v1/openapi.json`.
//!
//! Invariant: everything comes from the binary; the description is the committed file, which a test holds to what the
//! routes give, so that no server keeps it on its heap. The page loads nothing from elsewhere and runs no inline script.
//! Swagger UI sets styles on elements, which its own policy allows for this page alone. Leaves out: data; nobody needs to
//! sign in.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use utoipa_swagger_ui::{Config, SwaggerUi};

const DESCRIPTION: &str = include_str!("../../../docs/api/openapi.json");

const PLACE: &str = "/api/v1/openapi.json";

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
pub fn docs() -> Router {
    // Left alone it would send the description's address to a validator elsewhere.
    let config = Config::from(PLACE).validator_url("none");
    let page = SwaggerUi::new("/api/docs").config(config);
    let description = get(|| async { ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION) });
    Router::from(page)
        .route(PLACE, description)
        .layer(from_fn(secure))
}
