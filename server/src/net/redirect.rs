//! Plain HTTP beside TLS: sends everybody to the HTTPS address.
//!
//! Invariant: the address is the configured one, never the `Host` of the request. Leaves out: everything else.

use std::future::Future;

use axum::Router;
use axum::http::Uri;
use axum::response::Redirect;
use tokio::net::TcpListener;

use super::{Limits, serve_router};
use crate::error::Result;

/// Answers every request with the same path at `origin` (`https://name[:port]`) until `shutdown` is ready.
///
/// # Errors
/// The network's.
pub async fn serve_redirect(
    origin: String,
    listener: TcpListener,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let origin = origin.trim_end_matches('/').to_owned();
    let away = move |uri: Uri| {
        let path = uri.path_and_query().map_or("/", |p| p.as_str());
        let to = Redirect::permanent(&format!("{origin}{path}"));
        async move { to }
    };
    let router = Router::new().fallback(away);
    serve_router(router, listener, None, false, limits, shutdown).await
}
