//! The console on this server.

use std::sync::Arc;

use axum::Router;

use crate::app::App;
use crate::auth::access::Row;
use crate::console::{ConsoleConfig, ConsoleState, console_router, console_rows};

fn state(app: &Arc<App>) -> ConsoleState {
    let origin = app.config().public_url.clone();
    ConsoleState {
        app: app.clone(),
        auth: app.auth().clone(),
        config: ConsoleConfig {
            tls: app.config().is_https(),
            origin,
        },
    }
}

/// Every page.
pub fn pages(app: &Arc<App>) -> Router {
    console_router(state(app))
}

/// What each page asks.
pub fn page_rows(app: &Arc<App>) -> Vec<Row> {
    console_rows(&state(app))
}
