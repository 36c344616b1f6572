//! The live board and the tour groups.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::conventions::{IfNoneMatch, Tagged};
use super::extract::Params;
use super::gate::{Routes, routes};
use super::page::{Page, PageQuery};
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
#[utoipa::path(get, path = "/api/v1/board", tag = "board", responses((status = 200, description = "The board", body = Board)))]
async fn show_board(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<Board>> {
    app.board(&viewer).await.map(Json)
}

/// The tour groups, by number.
#[utoipa::path(get, path = "/api/v1/groups", tag = "board", params(PageQuery),
    responses((status = 200, description = "The groups", body = Page<GroupHead>), (status = 304, description = "As before")))]
async fn list_groups(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(query): Params<PageQuery>,
) -> Result<Tagged<Page<GroupHead>>> {
    let groups = app.groups(&viewer).await?;
    Tagged::read(Page::of(groups, |g| (g.number, g.id), &query)?, has)
}
