//! The console's table of contents.

use axum::Router;
use axum::middleware::from_fn;
use tower_sessions::SessionManagerLayer;
use tower_sessions::cookie::SameSite;

use super::pages::Pages;
use super::refusal::{no_such_page, show_refusals};
use super::state::ConsoleState;
use super::{
    account, assets, audit, board, bundles, choose, conflicts, exports, held, households,
    issue_tools, issues, lock, logins, people, photo, photos, prepare, ranking, record, records,
    review, saved, second_factor, session, settings, settle, sign_in, standing, system,
};
use crate::auth::Sessions;
use crate::auth::access::Row;
use crate::middleware::{density, headers, language, origin};

/// Every topic. A new topic is a line here, and one in `menu` if it has a page of its own.
fn topics(state: &ConsoleState) -> Pages {
    let topics = [
        sign_in::pages,
        choose::pages,
        prepare::pages,
        board::pages,
        records::pages,
        record::pages,
        saved::pages,
        settle::pages,
        review::pages,
        photo::pages,
        photos::pages,
        conflicts::pages,
        held::pages,
        bundles::pages,
        households::pages,
        issues::pages,
        issue_tools::pages,
        lock::pages,
        ranking::pages,
        standing::pages,
        people::pages,
        logins::pages,
        account::pages,
        second_factor::pages,
        audit::pages,
        exports::pages,
        system::pages,
        settings::pages,
    ];
    topics
        .into_iter()
        .fold(Pages::new(state), |pages, add| add(pages))
}

/// What each page asks.
pub fn console_rows(state: &ConsoleState) -> Vec<Row> {
    topics(state).finish().1
}

/// Every page.
pub fn console_router(state: ConsoleState) -> Router {
    let sessions = SessionManagerLayer::new(Sessions(state.auth.store().clone()))
        .with_name(if state.config.tls {
            // The browser then keeps it to this host and to TLS.
            "__Host-guanmo_session"
        } else {
            "guanmo_session"
        })
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(state.config.tls)
        .with_expiry(session::expiry(&state.app.settings()));
    let (pages, _) = topics(&state).finish();
    let pages = pages
        .route("/console/{*rest}", axum::routing::get(no_such_page))
        .with_state(state)
        .layer(sessions);
    Router::new()
        .merge(pages)
        .route("/assets/{*path}", axum::routing::get(assets::serve))
        .layer(from_fn(origin::same_origin))
        .layer(from_fn(show_refusals))
        .layer(from_fn(density::choose))
        .layer(from_fn(language::choose))
        .layer(from_fn(headers::secure))
}
