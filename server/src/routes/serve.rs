//! Listening.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use super::{health, router};
use crate::app::App;
use crate::error::Result;
use crate::net::tls::Tls;
use crate::net::{Limits, serve_router};

/// Serves until `shutdown` is ready; requests in progress are finished.
///
/// # Errors
/// The network's.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    serve_with(app, listener, None, Limits::default(), shutdown).await
}

/// The same with TLS, if there is a certificate, and within these limits.
///
/// # Errors
/// The network's.
pub async fn serve_with(
    app: Arc<App>,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    if let Some(tls) = &tls {
        app.telemetry().set_tls(Arc::clone(tls));
    }
    let secure = app.config().is_https();
    let tidying = Arc::clone(&app).keep_tidying();
    tokio::select! {
        served = serve_router(router(&app), listener, tls, secure, limits, shutdown) => served,
        () = tidying => Ok(()),
    }
}

/// Serves `/metrics` alone, for a listener that only this machine reaches.
///
/// # Errors
/// The network's.
pub async fn serve_metrics(
    app: Arc<App>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let router = Router::new()
        .route("/metrics", get(health::metrics))
        .with_state(app);
    serve_router(router, listener, None, false, Limits::default(), shutdown).await
}
