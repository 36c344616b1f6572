//! Locking a group.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::extract::{Body, Id};
use super::gate::{Routes, routes};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::model::{LockCheck, LockDone, LockOrder};

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::LockGroup), routes!(show_lock))
        .add(Access::May(Action::LockGroup), routes!(lock_group))
}

/// What stands in the way of a lock, and what the last lock fixed.
#[utoipa::path(get, path = "/api/v1/groups/{id}/lock", tag = "lock", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, description = "The check", body = LockCheck)))]
async fn show_lock(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(group): Id,
) -> Result<Json<LockCheck>> {
    app.lock_page(&viewer, group).await.map(Json)
}

/// An order to lock.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LockBody {
    /// The digest of what was shown as missing.
    shown: String,
    /// Needed if something is missing.
    reason: Option<String>,
}

/// Locks a group.
#[utoipa::path(post, path = "/api/v1/groups/{id}/lock", tag = "lock", params(("id" = uuid::Uuid, Path)),
    request_body = LockBody, responses((status = 200, description = "The lock", body = LockDone)))]
async fn lock_group(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(group): Id,
    Body(b): Body<LockBody>,
) -> Result<Json<LockDone>> {
    let order = LockOrder {
        group,
        shown: b.shown,
        reason: b.reason,
    };
    app.lock(&viewer, &order).await.map(Json)
}
