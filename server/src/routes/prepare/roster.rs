//! The roster: people, substitutes, recusals.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::sheet::Form;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{acted, edited, none, page, shown};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::i18n::rfc3339;
use crate::routes::conventions::{IfMatch, IfNoneMatch, Tagged};
use crate::routes::extract::{Body, Id, Params};
use crate::routes::gate::{Routes, routes};
use crate::routes::page::{Page, PageQuery};
use crate::services::campaign::{self, Account, Campaign};
use crate::services::prepare::roster::{self, Person, Ruling};
use crate::services::prepare::{reason, refuse};

pub(super) fn routes(r: Routes) -> Routes {
    let prepare = Access::May(Action::Prepare);
    r.add(prepare, routes!(list_roster))
        .add(prepare, routes!(add_person))
        .add(prepare, routes!(show_person))
        .add(prepare, routes!(change_person))
        .add(prepare, routes!(substitute_person))
        .add(prepare, routes!(recuse_person))
        .add(prepare, routes!(list_recusals))
        .add(prepare, routes!(lift_recusal))
}

/// Who goes on instead of somebody.
#[derive(Serialize, ToSchema)]
struct Substitution {
    account: Uuid,
    /// RFC 3339.
    at: String,
    reason: String,
}

/// Somebody of the roster.
#[derive(Serialize, ToSchema)]
struct PersonView {
    id: Uuid,
    /// As printed on papers.
    name: String,
    /// Role id.
    role: String,
    /// Number of the group.
    group: Option<i64>,
    /// Division code; its township is barred to the person.
    home_unit: Option<String>,
    /// `detailed` or `quick`.
    form: String,
    active: bool,
    /// The substitute, if there is one.
    replaced: Option<Substitution>,
    /// Codes of townships barred by ruling.
    recused: Vec<String>,
}

fn view(c: &Campaign, a: &Account) -> PersonView {
    let rulings = c.recusals.iter().filter(|r| r.account == a.id);
    let mut recused: Vec<String> = rulings.map(|r| r.township.clone()).collect();
    recused.sort_unstable();
    PersonView {
        id: a.id,
        name: a.name.clone(),
        role: a.role.clone(),
        group: a.group.and_then(|g| c.group(g)).map(|g| g.number),
        home_unit: a.home_unit.clone(),
        form: a.form.word().to_owned(),
        active: a.active,
        replaced: a
            .replaced
            .as_ref()
            .map(|(account, at_ms, reason)| Substitution {
                account: *account,
                at: rfc3339(*at_ms),
                reason: reason.clone(),
            }),
        recused,
    }
}

fn one(c: &Campaign, id: Uuid) -> Result<PersonView> {
    Ok(view(c, c.accounts.get(&id).ok_or_else(none)?))
}

/// A page of the roster, in the order people were added.
#[utoipa::path(get, path = "/api/v1/prepare/roster", tag = "prepare", params(PageQuery),
    responses((status = 200, description = "The people", body = Page<PersonView>), (status = 304, description = "As before")))]
async fn list_roster(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(q): Params<PageQuery>,
) -> Result<Tagged<Page<PersonView>>> {
    shown(&app, &viewer, has, move |_, c| {
        let rows = c.accounts.values();
        page(rows.map(|a| (a.id.to_string(), view(c, a))).collect(), &q)
    })
    .await
}

fn person(
    name: String,
    role: String,
    group: Option<i64>,
    home_unit: Option<String>,
    form: &str,
) -> Result<Person> {
    Ok(Person {
        name,
        role,
        group,
        home_unit,
        form: Form::parse(form)
            .ok_or_else(|| refuse("form", "应为 detailed 或 quick", "detailed or quick"))?,
    })
}

/// Somebody to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPersonBody {
    /// As printed on papers; not on the roster yet.
    name: String,
    /// Role id.
    role: String,
    group: Option<i64>,
    home_unit: Option<String>,
    /// `detailed` or `quick`.
    form: String,
}

/// Adds somebody to the roster.
#[utoipa::path(post, path = "/api/v1/prepare/roster", tag = "prepare", request_body = NewPersonBody,
    responses((status = 201, description = "Added", body = PersonView)))]
async fn add_person(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<NewPersonBody>,
) -> Result<Tagged<PersonView>> {
    let actor = viewer.actor();
    let person = person(b.name, b.role, b.group, b.home_unit, &b.form)?;
    acted(
        &app,
        &viewer,
        StatusCode::CREATED,
        move |tx, ctx, c| roster::add(tx, &actor, c, &person, ctx.now_ms),
        |_, c, id| one(c, id),
    )
    .await
}

/// Somebody of the roster.
#[utoipa::path(get, path = "/api/v1/prepare/roster/{id}", tag = "prepare", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The person", body = PersonView), (status = 304, description = "As before")))]
async fn show_person(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Id(id): Id,
) -> Result<Tagged<PersonView>> {
    shown(&app, &viewer, has, move |_, c| one(c, id)).await
}

/// Somebody as he shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonBody {
    name: String,
    role: String,
    group: Option<i64>,
    home_unit: Option<String>,
    /// `detailed` or `quick`.
    form: String,
    /// False takes the person off: no sheet is waited for any more.
    active: bool,
    /// Required after the start.
    #[serde(default)]
    reason: String,
}

/// Changes somebody: freely while preparing, later with a reason.
#[utoipa::path(put, path = "/api/v1/prepare/roster/{id}", tag = "prepare", request_body = PersonBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As it is now", body = PersonView)))]
async fn change_person(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(b): Body<PersonBody>,
) -> Result<Tagged<PersonView>> {
    let actor = viewer.actor();
    let person = person(b.name, b.role, b.group, b.home_unit, &b.form)?;
    let (active, why) = (b.active, b.reason);
    edited(
        &app,
        &viewer,
        expected,
        move |_, c| one(c, id),
        move |tx, ctx, c| roster::edit(tx, &actor, c, id, &person, active, &why, ctx.now_ms),
    )
    .await
}

/// Who goes on instead, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SubstituteBody {
    /// Somebody active of the same role who is in no other group.
    substitute: Uuid,
    reason: String,
}

/// Lets somebody else go on instead: what was submitted stays and counts. `If-Match` as for a change.
#[utoipa::path(post, path = "/api/v1/prepare/roster/{id}/substitute", tag = "prepare", request_body = SubstituteBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As it is now", body = PersonView)))]
async fn substitute_person(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(b): Body<SubstituteBody>,
) -> Result<Tagged<PersonView>> {
    let actor = viewer.actor();
    edited(
        &app,
        &viewer,
        expected,
        move |_, c| one(c, id),
        move |tx, ctx, c| {
            let both = (id, b.substitute);
            roster::substitute(tx, &actor, c, both, &b.reason, ctx.now_ms)
        },
    )
    .await
}

/// A ruling that bars somebody from scoring a township.
#[derive(Serialize, ToSchema)]
struct RecusalView {
    id: Uuid,
    account: Uuid,
    /// Township code.
    township: String,
    reason: String,
    /// False once taken back.
    in_force: bool,
}

impl From<Ruling> for RecusalView {
    fn from(r: Ruling) -> Self {
        Self {
            id: r.id,
            account: r.account,
            township: r.township,
            reason: r.reason,
            in_force: r.in_force,
        }
    }
}

fn ruling(tx: &mut dyn crate::store::Tx, c: &Campaign, id: Uuid) -> Result<RecusalView> {
    let found = roster::rulings(tx, c)?.into_iter().find(|r| r.id == id);
    Ok(found.ok_or_else(none)?.into())
}

/// A page of the rulings, oldest first; the home unit bars without one.
#[utoipa::path(get, path = "/api/v1/prepare/recusals", tag = "prepare", params(PageQuery),
    responses((status = 200, description = "The rulings", body = Page<RecusalView>), (status = 304, description = "As before")))]
async fn list_recusals(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(q): Params<PageQuery>,
) -> Result<Tagged<Page<RecusalView>>> {
    shown(&app, &viewer, has, move |tx, c| {
        let rows = roster::rulings(tx, c)?.into_iter();
        page(rows.map(|r| (r.id.to_string(), r.into())).collect(), &q)
    })
    .await
}

/// A township to bar, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RecuseBody {
    /// Code of a township that takes part.
    township: String,
    reason: String,
}

/// Rules that somebody must not score a township.
#[utoipa::path(post, path = "/api/v1/prepare/roster/{id}/recusals", tag = "prepare", request_body = RecuseBody,
    params(("id" = Uuid, Path)), responses((status = 201, description = "Ruled", body = RecusalView)))]
async fn recuse_person(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<RecuseBody>,
) -> Result<Tagged<RecusalView>> {
    let actor = viewer.actor();
    acted(
        &app,
        &viewer,
        StatusCode::CREATED,
        move |tx, ctx, c| {
            if !c.townships.contains_key(&b.township) {
                return Err(refuse("township", "未知乡镇", "unknown township"));
            }
            let why = reason(&b.reason)?;
            campaign::recuse(tx, &actor, c, (id, &b.township), &why, ctx.now_ms)
        },
        ruling,
    )
    .await
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WhyBody {
    reason: String,
}

/// Takes a ruling back.
#[utoipa::path(post, path = "/api/v1/prepare/recusals/{id}/lift", tag = "prepare", request_body = WhyBody,
    params(("id" = Uuid, Path)), responses((status = 200, description = "Taken back", body = RecusalView)))]
async fn lift_recusal(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<WhyBody>,
) -> Result<Tagged<RecusalView>> {
    let actor = viewer.actor();
    acted(
        &app,
        &viewer,
        StatusCode::OK,
        move |tx, ctx, c| roster::lift_recusal(tx, &actor, c, id, &b.reason, ctx.now_ms),
        move |tx, c, ()| ruling(tx, c, id),
    )
    .await
}
