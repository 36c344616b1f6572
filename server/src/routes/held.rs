//! What came in and is not counted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::extract::Body;
use super::gate::Routes;
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
#[utoipa::path(get, path = "/api/v1/held", tag = "held", responses((status = 200, description = "The entries")))]
async fn list_held(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<Vec<HeldEntry>>> {
    app.held(&viewer).await.map(Json)
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
