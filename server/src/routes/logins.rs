//! Who may sign in: invitations, rights, closing, forgotten passwords, signing out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::conventions::{IfMatch, IfNoneMatch, Tagged, tag};
use super::extract::{Body, Id, Params};
use super::gate::{Routes, routes};
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::auth::types::{Grant, Granted, Login};
use crate::auth::{Access, Action, Role, Viewer};
use crate::error::{Error, Result};

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::SuspendLogin), routes!(list_logins))
        .add(Access::May(Action::ManageLogins), routes!(invite))
        .add(Access::May(Action::ManageLogins), routes!(show_grant))
        .add(Access::May(Action::ManageLogins), routes!(change_grant))
        .add(Access::May(Action::SuspendLogin), routes!(suspend_login))
        .add(Access::May(Action::SuspendLogin), routes!(sign_out_login))
        .add(Access::May(Action::ResetPassword), routes!(reset_password))
        .add(
            Access::May(Action::ResetPassword),
            routes!(remove_second_factor),
        )
}

/// A login.
#[derive(Serialize, ToSchema)]
struct LoginRow {
    id: Uuid,
    user_name: String,
    role: &'static str,
    /// Division code or department, for roles that see only their unit's.
    unit: Option<String>,
    /// Group number, for roles that see only their group's.
    group_number: Option<i64>,
    /// Last day it may be used, `YYYY-MM-DD`.
    expires_on: Option<String>,
    active: bool,
    /// ms UTC
    last_sign_in_ms: Option<i64>,
    /// True: it may do nothing before it has a new password.
    must_change: bool,
    /// True: signing in asks for a code besides the password.
    has_second_factor: bool,
}

impl From<Login> for LoginRow {
    fn from(l: Login) -> Self {
        Self {
            id: l.id,
            user_name: l.user_name,
            role: l.role.word(),
            unit: l.unit,
            group_number: l.group_number,
            expires_on: l.expires_on,
            active: l.active,
            last_sign_in_ms: l.last_sign_in_ms,
            must_change: l.must_change,
            has_second_factor: l.has_second_factor,
        }
    }
}

/// Who may sign in, by name.
#[utoipa::path(get, path = "/api/v1/logins", tag = "logins", params(PageQuery),
    responses((status = 200, description = "The logins", body = Page<LoginRow>)))]
async fn list_logins(
    State(app): State<Arc<App>>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<LoginRow>>> {
    let logins = app.auth().store().logins().await?;
    let page = Page::of(logins, |l| (l.user_name.clone(), l.id), &query)?;
    Ok(Json(page.map(LoginRow::from)))
}

/// Role and reach.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GrantBody {
    role: String,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    group_number: Option<i64>,
    /// Last day, `YYYY-MM-DD`.
    #[serde(default)]
    expires_on: Option<String>,
    /// How long the secret works, 1–168; 24 if left out. Only for invitations.
    #[serde(default)]
    valid_hours: Option<u32>,
    /// Why. Only for changes.
    #[serde(default)]
    reason: String,
}

impl GrantBody {
    fn grant(&self) -> Result<Grant> {
        let role = Role::parse(&self.role).filter(|r| r.enters_console());
        Ok(Grant {
            role: role.ok_or_else(|| Error::because(Code::Invalid, "role"))?,
            account: None,
            unit: self.unit.clone(),
            group_number: self.group_number,
            expires_on: self.expires_on.clone(),
        })
    }
}

/// A one-time secret.
#[derive(Serialize, ToSchema)]
struct SecretAnswer {
    secret: String,
    /// ms UTC
    expires_at_ms: i64,
}

/// A one-time secret for a new login; shown once.
#[utoipa::path(post, path = "/api/v1/logins", tag = "logins", request_body = GrantBody,
    responses((status = 200, body = SecretAnswer)))]
async fn invite(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<GrantBody>,
) -> Result<Json<SecretAnswer>> {
    let made = app.auth().invite(&viewer.login, b.grant()?, b.valid_hours);
    let (secret, expires_at_ms) = made.await?;
    Ok(Json(SecretAnswer {
        secret,
        expires_at_ms,
    }))
}

/// Done.
#[derive(Serialize, ToSchema)]
struct Done {
    done: bool,
}

async fn granted(app: &App, id: Uuid) -> Result<Granted> {
    let found = app.auth().store().login(id).await?;
    Ok(found.ok_or(Code::NotFound)?.granted())
}

/// What a login may do, how far it reaches and until when.
#[utoipa::path(get, path = "/api/v1/logins/{id}/grant", tag = "logins", params(("id" = Uuid, Path)),
    responses((status = 200, body = Granted), (status = 304, description = "As before")))]
async fn show_grant(
    State(app): State<Arc<App>>,
    has: IfNoneMatch,
    Id(id): Id,
) -> Result<Tagged<Granted>> {
    Tagged::read(granted(&app, id).await?, has)
}

/// Changes what a login may do, how far it reaches and until when; its sessions end. Nobody changes his own.
#[utoipa::path(put, path = "/api/v1/logins/{id}/grant", tag = "logins", request_body = GrantBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As it is now", body = Granted)))]
async fn change_grant(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(b): Body<GrantBody>,
) -> Result<Tagged<Granted>> {
    let seen = move |now: &Granted| {
        let now = tag(now).unwrap_or_default();
        expected.is_none_or(|tags| tags.contains(&now))
    };
    let (auth, new) = (app.auth(), (b.grant()?, b.reason.as_str()));
    auth.regrant(&viewer.login, id, new, seen).await?;
    let now = granted(&app, id).await?;
    let tag = tag(&now)?;
    Ok(Tagged::written(StatusCode::OK, now, tag))
}

/// Open or closed, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActiveBody {
    active: bool,
    reason: String,
}

/// Closes or reopens a login; closing ends its sessions. The last of the administrators cannot be closed.
#[utoipa::path(post, path = "/api/v1/logins/{id}/active", tag = "logins", params(("id" = Uuid, Path)),
    request_body = ActiveBody, responses((status = 200, body = Done)))]
async fn suspend_login(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<ActiveBody>,
) -> Result<Json<Done>> {
    let auth = app.auth();
    auth.set_active(&viewer.login, id, b.active, &b.reason)
        .await?;
    Ok(Json(Done { done: true }))
}

/// How many sessions ended.
#[derive(Serialize, ToSchema)]
struct Ended {
    ended: u64,
}

/// Ends every session of a login.
#[utoipa::path(post, path = "/api/v1/logins/{id}/sign-out", tag = "logins", params(("id" = Uuid, Path)),
    responses((status = 200, body = Ended)))]
async fn sign_out_login(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<Ended>> {
    let ended = app
        .auth()
        .sign_out_everywhere(&viewer.login, id, None)
        .await?;
    Ok(Json(Ended {
        ended: ended as u64,
    }))
}

/// How long the secret works.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ValidBody {
    /// 1–168; 24 if left out.
    #[serde(default)]
    valid_hours: Option<u32>,
}

/// A one-time secret for somebody who forgot the password; the old one and the sessions end. Shown once.
#[utoipa::path(post, path = "/api/v1/logins/{id}/reset-password", tag = "logins", params(("id" = Uuid, Path)),
    request_body = ValidBody, responses((status = 200, body = SecretAnswer)))]
async fn reset_password(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<ValidBody>,
) -> Result<Json<SecretAnswer>> {
    let made = app.auth().reset_password(&viewer.login, id, b.valid_hours);
    let (secret, expires_at_ms) = made.await?;
    Ok(Json(SecretAnswer {
        secret,
        expires_at_ms,
    }))
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WhyBody {
    reason: String,
}

/// Takes away the second factor of somebody who lost phone and recovery codes; the sessions end. Nobody does it to
/// himself.
#[utoipa::path(post, path = "/api/v1/logins/{id}/remove-second-factor", tag = "logins", params(("id" = Uuid, Path)),
    request_body = WhyBody, responses((status = 200, body = Done)))]
async fn remove_second_factor(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<WhyBody>,
) -> Result<Json<Done>> {
    let auth = app.auth();
    auth.remove_factor(&viewer.login, id, &b.reason).await?;
    Ok(Json(Done { done: true }))
}
