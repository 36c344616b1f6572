//! The console's pages on this server, and photos for who is signed in to them.

use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use protocol::problem::Code;

use crate::app::App;
use crate::auth::Action;
use crate::blobs::BlobHash;
use crate::console::session::SignedIn;
use crate::console::{ConsoleConfig, ConsoleState, console_router};
use crate::error::Error;
use crate::routes::blobs::serve_blob;

/// Every page.
pub fn pages(app: &Arc<App>) -> Router {
    let origin = app.config().public_url.clone();
    let state = ConsoleState {
        data: app.clone(),
        auth: app.auth().clone(),
        config: ConsoleConfig {
            tls: origin.as_deref().is_some_and(|o| o.starts_with("https:")),
            origin,
        },
    };
    let app = Arc::clone(app);
    let photo =
        move |who: SignedIn, state: State<ConsoleState>, hash: Path<String>, h: HeaderMap| {
            let app = Arc::clone(&app);
            async move { show_photo(&app, &who, &state.0, &hash.0, &h).await }
        };
    console_router(
        state,
        Router::new().route("/console/blobs/{hash}", get(photo)),
    )
}

/// A photo of a record the office may see: the same answer for one that is sealed as for one that is not there.
async fn show_photo(
    app: &App,
    who: &SignedIn,
    state: &ConsoleState,
    hash: &str,
    headers: &HeaderMap,
) -> Response {
    if let Err(refusal) = who.require(state, Action::ViewRecords).await {
        return refusal.into_response();
    }
    let hash = hash.strip_prefix("sha256:").unwrap_or(hash);
    let Ok(hash) = BlobHash::from_str(hash) else {
        return Error::from(Code::BlobMissing).into_response();
    };
    match app.office_may_see(hash).await {
        Ok(true) => serve_blob(app.blobs(), hash, headers).await,
        Ok(false) => Error::from(Code::BlobMissing).into_response(),
        Err(error) => error.into_response(),
    }
}
