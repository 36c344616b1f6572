//! The server's own state, and a backup now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::gate::{Routes, routes};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::model::SystemStatus;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::ViewSystem), routes!(show_system))
        .add(Access::May(Action::RunBackup), routes!(make_backup))
}

/// How the server is.
#[utoipa::path(get, path = "/api/v1/system", tag = "system",
    responses((status = 200, description = "Disk, backups, certificate, queue, slow requests", body = SystemStatus)))]
async fn show_system(State(app): State<Arc<App>>, _viewer: Viewer) -> Result<Json<SystemStatus>> {
    app.system().await.map(Json)
}

/// A backup that was made and checked.
#[derive(Serialize, ToSchema)]
struct MadeBackup {
    /// When the snapshot was taken, ms UTC.
    at_ms: i64,
    /// Size of the file, bytes.
    bytes: u64,
    /// Photos that were not backed up before.
    new_photos: u64,
    /// Photos that are damaged on the server's disk.
    damaged_photos: u64,
}

/// Makes a backup now, as it is set up.
#[utoipa::path(post, path = "/api/v1/system/backups", tag = "system",
    responses((status = 200, description = "The backup was made and read back", body = MadeBackup),
              (status = 409, description = "`not_ready`: no backup is set up")))]
async fn make_backup(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<MadeBackup>> {
    let done = app.back_up(&viewer.actor()).await?;
    Ok(Json(MadeBackup {
        at_ms: done.manifest.at_ms,
        bytes: done.bytes,
        new_photos: done.new_photos,
        damaged_photos: done.manifest.damaged.len() as u64,
    }))
}
