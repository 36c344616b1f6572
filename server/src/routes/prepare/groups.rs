//! Groups, and which township is in which.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{acted, edited, none, page, shown};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::routes::conventions::{IfMatch, IfNoneMatch, Tagged};
use crate::routes::extract::{Body, Id, Params};
use crate::routes::gate::{Routes, routes};
use crate::routes::page::{Page, PageQuery};
use crate::services::campaign::{Campaign, Group};
use crate::services::prepare::groups::{self, GroupForm};
use crate::services::prepare::refuse;

pub(super) fn routes(r: Routes) -> Routes {
    let prepare = Access::May(Action::Prepare);
    r.add(prepare, routes!(list_prepared_groups))
        .add(prepare, routes!(make_group))
        .add(prepare, routes!(show_group))
        .add(prepare, routes!(change_group))
        .add(prepare, routes!(list_placed_townships))
        .add(prepare, routes!(place_townships))
}

/// Somebody of a group.
#[derive(Serialize, ToSchema)]
struct Member {
    id: Uuid,
    name: String,
    /// Role id.
    role: String,
}

/// A tour group.
#[derive(Serialize, ToSchema)]
struct GroupView {
    id: Uuid,
    number: i64,
    name: String,
    /// Who leads it, as printed on papers.
    lead: Option<String>,
    /// The account that reports its result.
    rapporteur: Option<Uuid>,
    locked: bool,
    /// Active people, by name; moved by `/prepare/roster/{id}`.
    members: Vec<Member>,
    /// Codes of its townships; moved by `/prepare/townships`.
    townships: Vec<String>,
}

fn view(c: &Campaign, g: &Group) -> GroupView {
    let of_it = |a: &&crate::services::campaign::Account| a.active && a.group == Some(g.id);
    let mut members: Vec<Member> = c
        .accounts
        .values()
        .filter(of_it)
        .map(|a| Member {
            id: a.id,
            name: a.name.clone(),
            role: a.role.clone(),
        })
        .collect();
    members.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    let places = c.townships.values().filter(|t| t.group == Some(g.id));
    GroupView {
        id: g.id,
        number: g.number,
        name: g.name.clone(),
        lead: g.lead.clone(),
        rapporteur: g.rapporteur,
        locked: g.locked,
        members,
        townships: places.map(|t| t.code.clone()).collect(),
    }
}

/// A page of the groups, by number.
#[utoipa::path(get, path = "/api/v1/prepare/groups", tag = "prepare", params(PageQuery),
    responses((status = 200, description = "The groups", body = Page<GroupView>), (status = 304, description = "As before")))]
async fn list_prepared_groups(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(q): Params<PageQuery>,
) -> Result<Tagged<Page<GroupView>>> {
    shown(&app, &viewer, has, move |_, c| {
        let rows = c.groups.iter();
        let rows = rows.map(|g| (format!("{:04}", g.number), view(c, g)));
        page(rows.collect(), &q)
    })
    .await
}

/// A group to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewGroupBody {
    /// From 1 to 1000, not taken yet.
    number: i64,
    name: String,
    #[serde(default)]
    lead: String,
}

/// Makes a group; a number that is taken is refused.
#[utoipa::path(post, path = "/api/v1/prepare/groups", tag = "prepare", request_body = NewGroupBody,
    responses((status = 201, description = "Made", body = GroupView)))]
async fn make_group(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<NewGroupBody>,
) -> Result<Tagged<GroupView>> {
    let actor = viewer.actor();
    let form = GroupForm {
        number: b.number,
        name: b.name,
        lead: b.lead,
        rapporteur: None,
    };
    acted(
        &app,
        &viewer,
        StatusCode::CREATED,
        move |tx, ctx, c| {
            if c.groups.iter().any(|g| g.number == form.number) {
                return Err(refuse("number", "已有这个组号", "that number is taken"));
            }
            groups::put(tx, &actor, c, &form, ctx.now_ms)
        },
        |_, c, id| Ok(view(c, c.group(id).ok_or_else(none)?)),
    )
    .await
}

/// One group.
#[utoipa::path(get, path = "/api/v1/prepare/groups/{id}", tag = "prepare", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The group", body = GroupView), (status = 304, description = "As before")))]
async fn show_group(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Id(id): Id,
) -> Result<Tagged<GroupView>> {
    shown(&app, &viewer, has, move |_, c| {
        Ok(view(c, c.group(id).ok_or_else(none)?))
    })
    .await
}

/// A group as it shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupBody {
    /// Only while preparing.
    name: String,
    /// Who leads it; none: nobody yet.
    lead: Option<String>,
    /// Somebody of the roster who reports its result; none: nobody yet.
    rapporteur: Option<Uuid>,
}

/// Changes a group: name while preparing, lead and rapporteur until its lock.
#[utoipa::path(put, path = "/api/v1/prepare/groups/{id}", tag = "prepare", request_body = GroupBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As it is now", body = GroupView)))]
async fn change_group(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(b): Body<GroupBody>,
) -> Result<Tagged<GroupView>> {
    let actor = viewer.actor();
    edited(
        &app,
        &viewer,
        expected,
        move |_, c| Ok(view(c, c.group(id).ok_or_else(none)?)),
        move |tx, ctx, c| {
            let old = c.group(id).ok_or_else(none)?;
            let form = GroupForm {
                number: old.number,
                name: b.name,
                lead: b.lead.unwrap_or_default(),
                rapporteur: b.rapporteur,
            };
            groups::put(tx, &actor, c, &form, ctx.now_ms)
        },
    )
    .await
}

/// A township and the group it is in.
#[derive(Serialize, ToSchema)]
struct PlacedTownship {
    code: String,
    name: String,
    /// Number of its group; none: in no group, and the start is refused.
    group: Option<i64>,
    /// True if several groups are named at once, by two servers of one office; the start is refused.
    several: bool,
}

/// Every township and its group.
#[derive(Serialize, ToSchema)]
struct PlacedTownships {
    /// All of the county, by code.
    items: Vec<PlacedTownship>,
    /// How many are in no or several groups.
    open: usize,
}

fn placed(c: &Campaign) -> PlacedTownships {
    let units = c.divisions.values().filter(|d| d.level.is_township());
    let items: Vec<PlacedTownship> = units
        .map(|d| {
            let place = c.townships.get(&d.code);
            let several = place.is_some_and(|t| t.unclear);
            let group = place.and_then(|t| t.group).filter(|_| !several);
            PlacedTownship {
                code: d.code.clone(),
                name: d.label().to_owned(),
                group: group.and_then(|g| c.group(g)).map(|g| g.number),
                several,
            }
        })
        .collect();
    PlacedTownships {
        open: items.iter().filter(|t| t.group.is_none()).count(),
        items,
    }
}

/// Every township of the county with its group; one answer, since they are few and change together.
#[utoipa::path(get, path = "/api/v1/prepare/townships", tag = "prepare",
    responses((status = 200, description = "The townships", body = PlacedTownships), (status = 304, description = "As before")))]
async fn list_placed_townships(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
) -> Result<Tagged<PlacedTownships>> {
    shown(&app, &viewer, has, |_, c| Ok(placed(c))).await
}

/// Where a township belongs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Placement {
    /// Township code.
    code: String,
    /// Number of a group; none: in no group.
    group: Option<i64>,
}

/// Puts townships into groups: all that are named, or none. A township named twice is refused.
#[utoipa::path(put, path = "/api/v1/prepare/townships", tag = "prepare", request_body = Vec<Placement>,
    params(("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As they are now", body = PlacedTownships)))]
async fn place_townships(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    IfMatch(expected): IfMatch,
    Body(b): Body<Vec<Placement>>,
) -> Result<Tagged<PlacedTownships>> {
    let actor = viewer.actor();
    edited(
        &app,
        &viewer,
        expected,
        |_, c| Ok(placed(c)),
        move |tx, ctx, c| {
            let rows: Vec<_> = b.into_iter().map(|p| (p.code, p.group)).collect();
            groups::assign(tx, &actor, c, &rows, ctx.now_ms)
        },
    )
    .await
}
