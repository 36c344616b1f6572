//! A request that changes something must come from a page of ours.
//!
//! Invariant: `Sec-Fetch-Site`, if sent, says same-origin; `Origin`, if sent, names this host; one of them is sent.
//! Leaves out: the token of the session, which each form checks besides.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use protocol::problem::Code;

use crate::console::refusal::Refusal;

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|v| v.to_str().unwrap_or("?"))
}

/// Whether the headers say that a page of this host sent the request.
fn is_ours(headers: &HeaderMap) -> bool {
    let site = text(headers, "sec-fetch-site");
    let origin = text(headers, header::ORIGIN.as_str());
    let host = text(headers, header::HOST.as_str()).unwrap_or_default();
    let site_fits = site.is_none_or(|s| s == "same-origin");
    let origin_fits = origin.is_none_or(|o| {
        let uri = o.parse::<Uri>().ok();
        let authority = uri.as_ref().and_then(|u| u.authority());
        authority.is_some_and(|a| a.as_str().eq_ignore_ascii_case(host))
    });
    (site.is_some() || origin.is_some()) && site_fits && origin_fits
}

/// Refuses a foreign form.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || is_ours(request.headers()) {
        return next.run(request).await;
    }
    tracing::warn!(path = request.uri().path(), "form from another origin");
    Refusal::csrf(Code::Forbidden).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "guanmo.local:8080".parse().unwrap());
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        is_ours(&headers)
    }

    #[test]
    fn only_a_form_of_this_host_is_ours() {
        assert!(ours(&[("origin", "http://guanmo.local:8080")]));
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "http://guanmo.local:8080")
        ]));
        assert!(!ours(&[]));
        assert!(!ours(&[("origin", "null")]));
        assert!(!ours(&[("origin", "http://guanmo.local")]));
        assert!(!ours(&[("origin", "http://evil.example")]));
        assert!(!ours(&[("sec-fetch-site", "same-site")]));
        assert!(!ours(&[("sec-fetch-site", "none")]));
        assert!(!ours(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "http://evil.example")
        ]));
    }
}
