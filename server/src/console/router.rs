//! The console's table of contents.

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, SessionManagerLayer};

use super::refusal::{no_such_page, show_refusals};
use super::state::ConsoleState;
use super::{
    assets, audit, board, conflicts, held, lock, logins, people, ranking, record, records, settle,
    sign_in,
};
use crate::auth::Sessions;
use crate::middleware::{headers, language, origin};

/// Minutes without action after which a session ends.
const IDLE_MINUTES: i64 = 30;

/// Every page. `extra` are routes that need the same session (photos); they may use `session::SignedIn`.
pub fn console_router(state: ConsoleState, extra: Router<ConsoleState>) -> Router {
    let sessions = SessionManagerLayer::new(Sessions(state.auth.store().clone()))
        .with_name("guanmo_session")
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(state.config.tls)
        .with_expiry(Expiry::OnInactivity(Duration::minutes(IDLE_MINUTES)));
    let pages = Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/setup", get(sign_in::show_setup).post(sign_in::set_up))
        .route("/console", get(board::show))
        .route("/console/board", get(board::fragment))
        .route("/console/records", get(records::list))
        .route("/console/records/{id}", get(record::show))
        .route("/console/records/{id}/settle", post(settle::settle))
        .route("/console/conflicts", get(conflicts::list))
        .route("/console/groups", get(lock::list))
        .route(
            "/console/groups/{id}/lock",
            get(lock::show).post(lock::lock),
        )
        .route("/console/ranking", get(ranking::show))
        .route("/console/ranking/{code}", get(ranking::explain))
        .route("/console/held", get(held::list).post(held::decide))
        .route("/console/people", get(people::list))
        .route("/console/people/{id}/code", post(people::issue_code))
        .route("/console/devices/{id}/revoke", post(people::revoke))
        .route("/console/logins", get(logins::list).post(logins::invite))
        .route("/console/logins/{id}", post(logins::set_active))
        .route("/console/audit", get(audit::list))
        .route("/console/{*rest}", get(no_such_page))
        .merge(extra)
        .with_state(state)
        .layer(sessions);
    Router::new()
        .merge(pages)
        .route("/assets/{*path}", get(assets::serve))
        .layer(from_fn(origin::same_origin))
        .layer(from_fn(show_refusals))
        .layer(from_fn(language::choose))
        .layer(from_fn(headers::secure))
}
