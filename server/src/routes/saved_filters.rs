//! Filters of the records page that a login keeps under a name.
//!
//! Invariant: each login sees and changes its own. Leaves out: what a query means (`console::records`).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::conventions::{IfMatch, IfNoneMatch, Tagged};
use super::extract::{Body, Id, Params};
use super::gate::{Routes, routes};
use super::page::{Page, PageQuery};
use super::prepare::{acted, edited, page, shown};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::model::SavedFilterLine;
use crate::services::saved_filters;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let view = Access::May(Action::ViewRecords);
    r.add(view, routes!(list_saved_filters))
        .add(view, routes!(save_filter))
        .add(view, routes!(show_saved_filter))
        .add(view, routes!(change_saved_filter))
        .add(view, routes!(remove_saved_filter))
}

/// A page of the own filters, by name.
#[utoipa::path(get, path = "/api/v1/saved_filters", tag = "records", params(PageQuery),
    responses((status = 200, description = "The filters", body = Page<SavedFilterLine>), (status = 304, description = "As before")))]
async fn list_saved_filters(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(q): Params<PageQuery>,
) -> Result<Tagged<Page<SavedFilterLine>>> {
    let login = viewer.login.id;
    shown(&app, &viewer, has, move |tx, c| {
        let rows = saved_filters::all(tx, c, login)?.into_iter();
        page(rows.map(|f| (f.name.clone(), f)).collect(), &q)
    })
    .await
}

/// A filter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FilterBody {
    /// 1 to 40 characters.
    name: String,
    /// The query of the records page's address, up to 1,000 bytes.
    query: String,
}

/// Keeps a filter; one of the same name gets the new query.
#[utoipa::path(post, path = "/api/v1/saved_filters", tag = "records", request_body = FilterBody,
    responses((status = 201, description = "Kept", body = SavedFilterLine)))]
async fn save_filter(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<FilterBody>,
) -> Result<Tagged<SavedFilterLine>> {
    let login = viewer.login.id;
    acted(
        &app,
        &viewer,
        StatusCode::CREATED,
        move |tx, ctx, c| saved_filters::keep(tx, c, login, &b.name, &b.query, ctx.now_ms),
        |_, _, kept| Ok(kept),
    )
    .await
}

/// One of the own filters.
#[utoipa::path(get, path = "/api/v1/saved_filters/{id}", tag = "records", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The filter", body = SavedFilterLine), (status = 304, description = "As before")))]
async fn show_saved_filter(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Id(id): Id,
) -> Result<Tagged<SavedFilterLine>> {
    let login = viewer.login.id;
    let one = move |tx: &mut dyn crate::store::Tx, c: &_| saved_filters::one(tx, c, login, id);
    shown(&app, &viewer, has, one).await
}

/// Gives one of the own filters another name and query.
#[utoipa::path(put, path = "/api/v1/saved_filters/{id}", tag = "records", request_body = FilterBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As it is now", body = SavedFilterLine)))]
async fn change_saved_filter(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(b): Body<FilterBody>,
) -> Result<Tagged<SavedFilterLine>> {
    let login = viewer.login.id;
    let one = move |tx: &mut dyn crate::store::Tx, c: &_| saved_filters::one(tx, c, login, id);
    edited(&app, &viewer, expected, one, move |tx, _, c| {
        saved_filters::edit(tx, c, login, id, (&b.name, Some(&b.query)))
    })
    .await
}

/// Takes one of the own filters away.
#[utoipa::path(delete, path = "/api/v1/saved_filters/{id}", tag = "records", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Gone")))]
async fn remove_saved_filter(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<StatusCode> {
    app.remove_filter(&viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
