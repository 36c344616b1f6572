//! What came in and is not counted.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Body, Params};
use super::gate::{Routes, routes};
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::model::{HeldDecision, HeldEntry};

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::DecideHeld), routes!(list_held))
        .add(Access::May(Action::DecideHeld), routes!(decide_held))
}

/// Held entries: undecided first, then newest.
#[utoipa::path(get, path = "/api/v1/held", tag = "held", params(PageQuery),
    responses((status = 200, description = "The entries", body = Page<HeldEntry>)))]
async fn list_held(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<HeldEntry>>> {
    let held = app.held(&viewer).await?;
    let key = |h: &HeldEntry| (h.decided.is_some(), Reverse(h.arrived_ms), h.id.clone());
    Page::of(held, key, &query).map(Json)
}

/// A decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HeldBody {
    id: String,
    accept: bool,
    reason: String,
}

/// Done.
#[derive(Serialize, ToSchema)]
struct Decided {
    decided: bool,
}

/// Takes an entry in or leaves it out.
#[utoipa::path(post, path = "/api/v1/held", tag = "held", request_body = HeldBody, responses((status = 200, body = Decided)))]
async fn decide_held(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<HeldBody>,
) -> Result<Json<Decided>> {
    let decision = HeldDecision {
        id: b.id,
        accept: b.accept,
        reason: b.reason,
    };
    app.decide_held(&viewer, &decision).await?;
    Ok(Json(Decided { decided: true }))
}
