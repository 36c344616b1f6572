//! Reviewing: returning sheets, undoing settlements, deciding held entries together, unlocking, versions of a lock.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::conflicts::campaign_of;
use super::extract::{Body, Id, Params};
use super::gate::{Routes, routes};
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::{Error, Result};
use crate::services::returns::Lacks;
use crate::services::versions::{Difference, Version};

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::ReturnSheet), routes!(show_lacks))
        .add(Access::May(Action::ReturnSheet), routes!(return_sheet))
        .add(Access::May(Action::ReturnSheet), routes!(return_together))
        .add(
            Access::May(Action::SettleConflict),
            routes!(undo_settlement),
        )
        .add(Access::May(Action::DecideHeld), routes!(decide_together))
        .add(Access::May(Action::UnlockGroup), routes!(unlock_group))
        .add(Access::May(Action::LockGroup), routes!(list_versions))
        .add(Access::May(Action::LockGroup), routes!(show_difference))
}

/// Most sheets returned at once.
const MOST: usize = 500;

/// Done.
#[derive(Serialize, ToSchema)]
struct Done {
    done: bool,
}

const DONE: Json<Done> = Json(Done { done: true });

/// What a sheet lacks; of a sealed one without a word about its answers.
#[utoipa::path(get, path = "/api/v1/records/{id}/lacks", tag = "records", params(("id" = Uuid, Path)),
    responses((status = 200, description = "What is missing", body = Lacks)))]
async fn show_lacks(
    State(app): State<Arc<App>>,
    _viewer: Viewer,
    Id(id): Id,
) -> Result<Json<Lacks>> {
    app.sheet_lacks(id).await.map(Json)
}

/// A return.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnBody {
    /// Reaches the author's phone; at most 400 characters.
    comment: String,
    /// Lines the phone highlights.
    #[serde(default)]
    items: Vec<String>,
}

/// Returns a submitted sheet to its author.
#[utoipa::path(post, path = "/api/v1/records/{id}/return", tag = "records", params(("id" = Uuid, Path)),
    request_body = ReturnBody, responses((status = 200, body = Done)))]
async fn return_sheet(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<ReturnBody>,
) -> Result<Json<Done>> {
    app.return_sheet(&viewer.actor(), id, &b.comment, &b.items)
        .await?;
    Ok(DONE)
}

/// One comment for several sheets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReturnManyBody {
    /// At most 500.
    ids: Vec<Uuid>,
    /// Reaches the authors' phones; at most 400 characters.
    comment: String,
}

/// A sheet that was not returned.
#[derive(Serialize, ToSchema)]
struct NotReturned {
    id: Uuid,
    code: String,
    detail: Option<String>,
}

/// What became of them.
#[derive(Serialize, ToSchema)]
struct ReturnedBody {
    returned: usize,
    refused: Vec<NotReturned>,
}

/// Returns several submitted sheets with one comment, each with the lines it lacks something in. Those that cannot be
/// returned are named with why; the others are done.
#[utoipa::path(post, path = "/api/v1/records/return", tag = "records", request_body = ReturnManyBody,
    responses((status = 200, body = ReturnedBody)))]
async fn return_together(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<ReturnManyBody>,
) -> Result<Json<ReturnedBody>> {
    if b.ids.is_empty() || b.ids.len() > MOST {
        return Err(Error::because(Code::Invalid, format!("ids: 1–{MOST}")));
    }
    let actor = viewer.actor();
    let refused = app.return_sheets(&actor, &b.ids, &b.comment).await?;
    let refused: Vec<NotReturned> = refused
        .into_iter()
        .map(|(id, error)| NotReturned {
            id,
            code: error.code().to_owned(),
            detail: error.refusal().and_then(|r| r.detail.clone()),
        })
        .collect();
    Ok(Json(ReturnedBody {
        returned: b.ids.len() - refused.len(),
        refused,
    }))
}

/// What is undone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UndoBody {
    field: String,
    reason: String,
}

/// Undoes a settlement: the values it had replaced compete again.
#[utoipa::path(post, path = "/api/v1/records/{id}/undo-settlement", tag = "conflicts", params(("id" = Uuid, Path)),
    request_body = UndoBody, responses((status = 200, body = Done)))]
async fn undo_settlement(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<UndoBody>,
) -> Result<Json<Done>> {
    app.undo_settlement(&viewer.actor(), id, &b.field, &b.reason)
        .await?;
    Ok(DONE)
}

/// One decision on several entries.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TogetherBody {
    ids: Vec<Uuid>,
    accept: bool,
    reason: String,
}

/// Takes several held entries in, or leaves them out: all or none.
#[utoipa::path(post, path = "/api/v1/held/decisions", tag = "held", request_body = TogetherBody,
    responses((status = 200, body = Done)))]
async fn decide_together(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<TogetherBody>,
) -> Result<Json<Done>> {
    app.decide_held_entries(&viewer.actor(), &b.ids, b.accept, &b.reason)
        .await?;
    Ok(DONE)
}

/// Why a group is unlocked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnlockBody {
    reason: String,
}

/// Unlocks a group; its next lock is a new version.
#[utoipa::path(post, path = "/api/v1/groups/{id}/unlock", tag = "lock", params(("id" = Uuid, Path)),
    request_body = UnlockBody, responses((status = 200, body = Done)))]
async fn unlock_group(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(group): Id,
    Body(b): Body<UnlockBody>,
) -> Result<Json<Done>> {
    let campaign = campaign_of(&app, &viewer).await?;
    app.unlock_group(&viewer.actor(), campaign, group, &b.reason)
        .await?;
    Ok(DONE)
}

/// The versions of a group's lock, newest first.
#[utoipa::path(get, path = "/api/v1/groups/{id}/versions", tag = "lock", params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, description = "The versions", body = Page<Version>)))]
async fn list_versions(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(group): Id,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<Version>>> {
    let campaign = campaign_of(&app, &viewer).await?;
    let versions = app.lock_versions(campaign, group).await?;
    Page::of(versions, |v| Reverse(v.version), &query).map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Between {
    /// A campaign other than the current one.
    #[serde(rename = "campaign")]
    #[param(ignore)]
    _campaign: Option<String>,
    from: u64,
    to: u64,
}

/// What differs between two versions: townships, sheets, who and why.
#[utoipa::path(get, path = "/api/v1/groups/{id}/difference", tag = "lock", params(("id" = Uuid, Path), Between),
    responses((status = 200, description = "The difference", body = Difference)))]
async fn show_difference(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(group): Id,
    Params(q): Params<Between>,
) -> Result<Json<Difference>> {
    let campaign = campaign_of(&app, &viewer).await?;
    app.lock_difference(campaign, group, q.from, q.to)
        .await
        .map(Json)
}
