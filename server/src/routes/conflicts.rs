//! Open conflicts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use protocol::problem::Code;
use utoipa_axum::routes;

use super::gate::Routes;
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::{Error, Result};
use crate::services::conflicts::OpenConflict;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::ViewRecords), routes!(list_conflicts))
}

/// Every open conflict, oldest first; sealed ones without values.
#[utoipa::path(get, path = "/api/v1/conflicts", tag = "conflicts", responses((status = 200, description = "The conflicts")))]
async fn list_conflicts(
    State(app): State<Arc<App>>,
    viewer: Viewer,
) -> Result<Json<Vec<OpenConflict>>> {
    app.open_conflicts(campaign_of(&app, &viewer).await?)
        .await
        .map(Json)
}

/// The campaign a viewer looks at.
pub(super) async fn campaign_of(app: &App, viewer: &Viewer) -> Result<uuid::Uuid> {
    let head = app.campaign_head(viewer).await?;
    head.map(|c| c.id)
        .ok_or_else(|| Error::from(Code::NotFound))
}
