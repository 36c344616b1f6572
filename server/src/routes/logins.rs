//! Who may sign in to the console.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::extract::Body;
use super::gate::Routes;
use crate::app::App;
use crate::auth::{Access, Action, Role, Viewer};
use crate::error::{Error, Result};

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::ManageLogins), routes!(list_logins))
        .add(Access::May(Action::ManageLogins), routes!(invite))
}

/// A login.
#[derive(Serialize, ToSchema)]
struct LoginRow {
    id: Uuid,
    user_name: String,
    role: &'static str,
    active: bool,
}

/// Who may sign in.
#[utoipa::path(get, path = "/api/v1/logins", tag = "logins", responses((status = 200, body = [LoginRow])))]
async fn list_logins(State(app): State<Arc<App>>) -> Result<Json<Vec<LoginRow>>> {
    let logins = app.auth().store().logins().await.map_err(Error::storage)?;
    let rows = logins.into_iter().map(|l| LoginRow {
        id: l.id,
        user_name: l.user_name,
        role: l.role.word(),
        active: l.active,
    });
    Ok(Json(rows.collect()))
}

/// The role to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InviteBody {
    role: String,
}

/// A one-time secret.
#[derive(Serialize, ToSchema)]
struct Invitation {
    secret: String,
}

/// A one-time secret for a new login of a role; shown once.
#[utoipa::path(post, path = "/api/v1/logins", tag = "logins", request_body = InviteBody,
    responses((status = 200, body = Invitation)))]
async fn invite(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<InviteBody>,
) -> Result<Json<Invitation>> {
    let role = Role::parse(&b.role).filter(|r| r.enters_console());
    let role = role.ok_or_else(|| Error::because(Code::Invalid, "role"))?;
    let secret = app.auth().invite(&viewer.login, role).await;
    Ok(Json(Invitation {
        secret: secret.map_err(Error::storage)?,
    }))
}
