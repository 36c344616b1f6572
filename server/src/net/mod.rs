//! Listening: TLS or plain, within limits, until told to stop.
//!
//! Invariant: a connection that sends nothing, slowly or too little holds one of `max_connections` places for a bounded
//! time and delays nobody else; what is over them is closed at once. Requests in progress get `grace` to finish.
//! Leaves out: what is answered (`routes`).

mod limit;
mod redirect;
pub mod tls;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;
use tokio::net::TcpListener;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use self::limit::{Limited, Places};
use self::tls::Tls;
use crate::error::Result;

pub use redirect::serve_redirect;

/// A year: browsers and phones that saw it never go back to plain HTTP.
const HSTS: &str = "max-age=31536000";

/// What a stranger may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub max_connections: usize,
    /// How long a request's head, or the TLS handshake, may take; also how long a connection may be idle.
    pub head_timeout: Duration,
    /// How long nothing of a request's body may arrive.
    pub body_timeout: Duration,
    /// How long requests in progress may take after the stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 2_048,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            grace: Duration::from_secs(20),
        }
    }
}

/// Serves a router until `shutdown` is ready, with TLS if there is a certificate. `secure`: the public address is
/// HTTPS, here or at a proxy.
///
/// # Errors
/// The network's.
pub async fn serve_router(
    router: Router,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    secure: bool,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let router = router.layer(RequestBodyTimeoutLayer::new(limits.body_timeout));
    let router = if secure {
        router.layer(SetResponseHeaderLayer::if_not_present(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(HSTS),
        ))
    } else {
        router
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let handle = Handle::new();
    let places = Places::new(limits.max_connections);
    let mut server = axum_server::Server::<SocketAddr>::from_listener(listener)
        .handle(handle.clone())
        .first_request_timeout(limits.head_timeout);
    let http = server.http_builder();
    http.http1().header_read_timeout(limits.head_timeout);
    http.http2()
        .max_concurrent_streams(64)
        .keep_alive_interval(limits.head_timeout)
        .keep_alive_timeout(limits.head_timeout);
    let stop = async move {
        shutdown.await;
        handle.graceful_shutdown(Some(limits.grace));
        std::future::pending::<()>().await;
    };
    let serving = async {
        match tls {
            None => {
                let plain = server.map(|inner| Limited::new(inner, places));
                plain.serve(service).await
            }
            Some(tls) => {
                let acceptor = |_| {
                    let tls = RustlsAcceptor::new(tls.config().clone());
                    Limited::new(tls.handshake_timeout(limits.head_timeout), places)
                };
                server.map(acceptor).serve(service).await
            }
        }
    };
    tokio::select! {
        ended = serving => ended?,
        () = stop => {}
    }
    Ok(())
}
