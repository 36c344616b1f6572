//! Listening.

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::router;
use crate::app::App;
use crate::error::Result;

/// Serves until `shutdown` is ready; requests in progress are finished.
///
/// # Errors
/// The network's.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    axum::serve(listener, router(&app))
        .with_graceful_shutdown(shutdown)
        .await?;
    Ok(())
}
