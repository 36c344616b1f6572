//! Photos: the list with state and flags, and one in full. Their bytes are under `/api/v1/blobs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::extract::{Id, Params};
use super::gate::{Routes, routes};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::model::{PhotoDetail, PhotoPage, WallFilter};

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::ViewPhotos), routes!(list_photos))
        .add(Access::May(Action::ViewPhotos), routes!(show_photo))
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PhotosQuery {
    /// A campaign other than the current one.
    #[serde(rename = "campaign")]
    #[param(ignore)]
    _campaign: Option<String>,
    /// Township code.
    township: Option<String>,
    /// Village code.
    village: Option<String>,
    /// Code of an issue's category.
    category: Option<String>,
    site: Option<Uuid>,
    /// Part of a site's name.
    q: Option<String>,
    /// `sheet`, `issue`, `opinion` or `commendation`.
    kind: Option<String>,
    author: Option<Uuid>,
    /// First day, `YYYY-MM-DD`.
    from: Option<String>,
    /// Last day, `YYYY-MM-DD`.
    to: Option<String>,
    /// `announced`, `thumbnail`, `uploading`, `here` or `reference`.
    state: Option<String>,
    /// `duplicate`, `old_photo`, `far`, `no_position` or `outside_dates`.
    flag: Option<String>,
    /// `before` or `after`.
    stage: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// One page of photos, newest arrival first; those closed until the lock are only counted.
#[utoipa::path(get, path = "/api/v1/photos", tag = "photos", params(PhotosQuery),
    responses((status = 200, description = "A page of photos", body = PhotoPage)))]
async fn list_photos(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Params(q): Params<PhotosQuery>,
) -> Result<Json<PhotoPage>> {
    let filter = WallFilter {
        township: q.township,
        village: q.village,
        category: q.category,
        site: q.site,
        q: q.q,
        kind: q.kind,
        author: q.author,
        from: q.from,
        to: q.to,
        state: q.state,
        flag: q.flag,
        stage: q.stage,
        cursor: q.cursor,
        limit: q.limit.unwrap_or(60),
    };
    app.photos(&viewer, &filter).await.map(Json)
}

/// One photo with everything that is known of it.
#[utoipa::path(get, path = "/api/v1/photos/{id}", tag = "photos", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The photo", body = PhotoDetail)))]
async fn show_photo(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<PhotoDetail>> {
    app.photo(&viewer, id).await.map(Json)
}
