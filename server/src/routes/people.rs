//! The roster, enrolment codes and devices.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Body, Id, Params};
use super::gate::{Routes, routes};
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::model::{IssuedCode, Person};
use crate::services::enrolment::For;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::ViewPeople), routes!(list_people))
        .add(Access::May(Action::IssueCode), routes!(issue_code))
        .add(Access::May(Action::IssueCode), routes!(issue_codes))
        .add(Access::May(Action::ConfirmDevice), routes!(confirm_device))
        .add(Access::May(Action::ResetPin), routes!(reset_pin))
        .add(Access::May(Action::RevokeDevice), routes!(revoke_device))
}

/// The roster with its devices, by group and name.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", params(PageQuery),
    responses((status = 200, description = "The roster", body = Page<Person>)))]
async fn list_people(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<Person>>> {
    let people = app.people(&viewer).await?;
    let key = |p: &Person| {
        let group = p.group_number.unwrap_or(i64::MAX);
        (group, p.name.clone(), p.account)
    };
    Page::of(people, key, &query).map(Json)
}

/// An enrolment code.
#[derive(Serialize, ToSchema)]
struct CodeAnswer {
    code: String,
}

/// Issues an enrolment code; shown once.
#[utoipa::path(post, path = "/api/v1/people/{id}/code", tag = "people", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CodeAnswer)))]
async fn issue_code(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(account): Id,
) -> Result<Json<CodeAnswer>> {
    let code = app.issue_code(&viewer.actor(), account).await?;
    Ok(Json(CodeAnswer { code }))
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReasonBody {
    reason: String,
}

/// Done.
#[derive(Serialize, ToSchema)]
struct Revoked {
    revoked: bool,
}

/// Revokes a device; repeating it changes nothing.
#[utoipa::path(post, path = "/api/v1/devices/{id}/revoke", tag = "people", params(("id" = uuid::Uuid, Path)),
    request_body = ReasonBody, responses((status = 200, body = Revoked)))]
async fn revoke_device(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(device): Id,
    Body(b): Body<ReasonBody>,
) -> Result<Json<Revoked>> {
    app.revoke(&viewer, device, &b.reason).await?;
    Ok(Json(Revoked { revoked: true }))
}

/// For whom codes are made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodesBody {
    /// These accounts; left out: everybody active without a working phone.
    #[serde(default)]
    accounts: Option<Vec<uuid::Uuid>>,
    /// How long the codes work, 1–168; 24 if left out.
    #[serde(default)]
    valid_hours: Option<u32>,
}

/// Issues codes for several people, all or none; shown once.
#[utoipa::path(post, path = "/api/v1/people/codes", tag = "people", request_body = CodesBody,
    responses((status = 200, body = [IssuedCode])))]
async fn issue_codes(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<CodesBody>,
) -> Result<Json<Vec<IssuedCode>>> {
    let wanted = b.accounts.map_or(For::WithoutPhone, For::Accounts);
    let codes = app.issue_codes(&viewer, wanted, b.valid_hours);
    codes.await.map(Json)
}

/// What the phone shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FingerprintBody {
    fingerprint: String,
}

/// Done.
#[derive(Serialize, ToSchema)]
struct DeviceDone {
    done: bool,
}

/// Confirms a device by the fingerprint that the phone shows.
#[utoipa::path(post, path = "/api/v1/devices/{id}/confirm", tag = "people", params(("id" = uuid::Uuid, Path)),
    request_body = FingerprintBody, responses((status = 200, body = DeviceDone)))]
async fn confirm_device(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(device): Id,
    Body(b): Body<FingerprintBody>,
) -> Result<Json<DeviceDone>> {
    app.confirm_device(&viewer, device, &b.fingerprint).await?;
    Ok(Json(DeviceDone { done: true }))
}

/// Lets a phone set a new PIN after its next sync.
#[utoipa::path(post, path = "/api/v1/devices/{id}/reset-pin", tag = "people", params(("id" = uuid::Uuid, Path)),
    request_body = ReasonBody, responses((status = 200, body = DeviceDone)))]
async fn reset_pin(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(device): Id,
    Body(b): Body<ReasonBody>,
) -> Result<Json<DeviceDone>> {
    app.reset_pin(&viewer, device, &b.reason).await?;
    Ok(Json(DeviceDone { done: true }))
}
