//! Problems in the caller's language, with the id of the request in the server's log.
//!
//! Invariant: `Accept-Language` chooses between Chinese (default) and English; the code never changes with it.

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::request_id::RequestId;

use crate::error::Refusal;
use crate::i18n::Lang;

fn is_english(headers: &HeaderMap) -> bool {
    let asked = headers.get(header::ACCEPT_LANGUAGE);
    let asked = asked.and_then(|h| h.to_str().ok()).unwrap_or_default();
    Lang::from_header(asked) == Lang::En
}

/// The id that was given to a request.
pub fn request_id(request: &Request) -> Option<String> {
    let id = request.extensions().get::<RequestId>()?;
    id.header_value().to_str().ok().map(str::to_owned)
}

/// Words a refusal for who asked.
pub async fn word(request: Request, next: Next) -> Response {
    let english = is_english(request.headers());
    let id = request_id(&request);
    let response = next.run(request).await;
    let Some(refusal) = response.extensions().get::<Refusal>() else {
        return response;
    };
    let worded = refusal.answer(english, id).into_body();
    // Headers stay: `Retry-After`, for instance.
    let (head, _) = response.into_parts();
    Response::from_parts(head, worded)
}
