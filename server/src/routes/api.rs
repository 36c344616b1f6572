//! The JSON interface under `/api/v1`: its table of contents and its description.
//!
//! Invariant: every route is added through [`Routes`] with what it asks; answers are never kept by browser or proxy.
//! One file per topic. Leaves out: pages (`console`), photos' bytes (`blobs`).

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use protocol::problem::Code;
use tower_http::set_header::SetResponseHeaderLayer;

#[cfg(test)]
use super::describe;
use super::gate::Routes;
use super::{
    audit, board, bundles, campaigns, conflicts, exports, held, households, imports, issues, lock,
    logins, people, phones, photos, prepare, ranking, records, review, saved_filters, session,
    settings, system,
};
use crate::app::App;
use crate::auth::access::Row;
use crate::error::Error;

/// Largest body unless a route says otherwise, bytes.
const BODY_BYTES: usize = 256 << 10;

/// The head of the description.
#[cfg(test)]
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "观摩通 Guanmo",
        description = "The office's interface: what the console shows and does, for programs. Errors are \
                       `application/problem+json` with a stable `code`."
    ),
    servers((url = "/"))
)]
struct Head;

/// Every topic. A new topic is a line here.
fn topics(none: Routes) -> Routes {
    let topics = [
        phones::routes,
        session::routes,
        logins::routes,
        board::routes,
        campaigns::routes,
        prepare::routes,
        records::routes,
        photos::routes,
        conflicts::routes,
        held::routes,
        households::routes,
        review::routes,
        saved_filters::routes,
        issues::routes,
        lock::routes,
        ranking::routes,
        people::routes,
        exports::routes,
        imports::routes,
        bundles::routes,
        audit::routes,
        system::routes,
        settings::routes,
    ];
    topics.into_iter().fold(none, |routes, add| add(routes))
}

/// The routes.
pub fn api(app: &Arc<App>) -> Router {
    let (router, _) = topics(Routes::new(app)).finish();
    router
        .method_not_allowed_fallback(async || Error::from(Code::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .with_state(Arc::clone(app))
}

/// What each route asks.
pub fn rows(app: &Arc<App>) -> Vec<Row> {
    topics(Routes::new(app)).finish().1
}

/// The description, OpenAPI 3.1. The server sends the committed one (`docs`), which must equal it.
#[cfg(test)]
pub fn description(app: &Arc<App>) -> utoipa::openapi::OpenApi {
    let mut api = <Head as utoipa::OpenApi>::openapi();
    api.merge(topics(Routes::new(app)).description());
    describe::describe(api, &rows(app))
}
