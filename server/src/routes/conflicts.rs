//! Open conflicts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use protocol::problem::Code;

use super::extract::Params;
use super::gate::{Routes, routes};
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::auth::{Access, Action, Viewer, allows};
use crate::error::{Error, Result};
use crate::model::is_internal;
use crate::services::conflicts::OpenConflict;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::ViewRecords), routes!(list_conflicts))
}

/// Open conflicts, by age of their record; sealed ones without values.
#[utoipa::path(get, path = "/api/v1/conflicts", tag = "conflicts", params(PageQuery),
    responses((status = 200, description = "The conflicts", body = Page<OpenConflict>)))]
async fn list_conflicts(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<OpenConflict>>> {
    let campaign = campaign_of(&app, &viewer).await?;
    let mut open = app.open_conflicts(campaign).await?;
    if !allows(viewer.role(), Action::ExportInternal) {
        let internal = open.iter_mut().filter(|c| is_internal(&c.kind, &c.field));
        internal
            .flat_map(|c| &mut c.values)
            .for_each(|v| v.value.withhold());
    }
    Page::of(open, |c| (c.record, c.field.clone()), &query).map(Json)
}

/// The campaign a viewer looks at.
pub(super) async fn campaign_of(app: &App, viewer: &Viewer) -> Result<uuid::Uuid> {
    let head = app.campaign_head(viewer).await?;
    head.map(|c| c.id)
        .ok_or_else(|| Error::from(Code::NotFound))
}
