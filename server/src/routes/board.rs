//! The live board and the tour groups.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa_axum::routes;

use super::conventions::{IfNoneMatch, Tagged};
use super::gate::Routes;
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::model::{Board, GroupHead};

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::ViewBoard), routes!(show_board))
        .add(Access::May(Action::ViewBoard), routes!(list_groups))
}

/// The live board.
#[utoipa::path(get, path = "/api/v1/board", tag = "board", responses((status = 200, description = "The board", body = Object)))]
async fn show_board(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<Board>> {
    app.board(&viewer).await.map(Json)
}

/// The tour groups.
#[utoipa::path(get, path = "/api/v1/groups", tag = "board", 
    responses((status = 200, description = "The groups", body = Vec<GroupHead>), (status = 304, description = "As before")))]
async fn list_groups(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
) -> Result<Tagged<Vec<GroupHead>>> {
    Tagged::read(app.groups(&viewer).await?, has)
}
