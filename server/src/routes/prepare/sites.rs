//! The route: sites, slots for households, order, strikes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{SiteKind, TownKind};
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
use crate::services::campaign::{self, Campaign, Site};
use crate::services::prepare::sites::{self, SiteForm};
use crate::services::prepare::{reason, refuse};

pub(super) fn routes(r: Routes) -> Routes {
    let prepare = Access::May(Action::Prepare);
    r.add(prepare, routes!(list_sites))
        .add(prepare, routes!(add_site))
        .add(prepare, routes!(show_site))
        .add(prepare, routes!(change_site))
        .add(prepare, routes!(strike_site))
        .add(prepare, routes!(add_slots))
        .add(prepare, routes!(show_route))
        .add(prepare, routes!(set_route))
}

/// A site.
#[derive(Serialize, ToSchema)]
struct SiteView {
    id: Uuid,
    name: String,
    /// `demonstration_village`, `household`, `route_segment`, `street`, `town_site`.
    kind: String,
    /// `market`, `road`, `community`, `old_estate`, `service`; of a town site only.
    town_kind: Option<String>,
    /// Township code; none for a town site.
    township: Option<String>,
    /// Village code.
    village: Option<String>,
    /// Number: of a household chosen on the spot, or to tell two of one name apart.
    number: Option<i64>,
    /// Place on the route.
    order: i64,
    /// Number of the group that visits it; none: every group, or its township is in none.
    group: Option<i64>,
    /// True if the township named it.
    nominated: bool,
    /// Why it was struck.
    struck: Option<String>,
    /// Code of the checklist it is scored by; none: the start is refused.
    checklist: Option<String>,
}

fn view(c: &Campaign, s: &Site) -> SiteView {
    let group = c.group_of_site(s).and_then(|g| c.group(g));
    SiteView {
        id: s.id,
        name: s.name.clone(),
        kind: s.kind.word().to_owned(),
        town_kind: s.town_kind.map(|k| k.word().to_owned()),
        township: s.township.clone(),
        village: s.village.clone(),
        number: s.slot,
        order: s.order,
        group: group.map(|g| g.number),
        nominated: s.nominated,
        struck: s.struck.clone(),
        checklist: c.checklist_for(s).map(|e| e.checklist.code.clone()),
    }
}

fn one(c: &Campaign, id: Uuid) -> Result<SiteView> {
    Ok(view(c, c.sites.get(&id).ok_or_else(none)?))
}

/// A page of the sites, in the order they were added; `order` is the place on the route.
#[utoipa::path(get, path = "/api/v1/prepare/sites", tag = "prepare", params(PageQuery),
    responses((status = 200, description = "The sites", body = Page<SiteView>), (status = 304, description = "As before")))]
async fn list_sites(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(q): Params<PageQuery>,
) -> Result<Tagged<Page<SiteView>>> {
    shown(&app, &viewer, has, move |_, c| {
        let rows = c.sites.values();
        page(rows.map(|s| (s.id.to_string(), view(c, s))).collect(), &q)
    })
    .await
}

/// A site as it shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SiteBody {
    name: String,
    /// `demonstration_village`, `household`, `route_segment`, `street`, `town_site`.
    kind: String,
    /// Needed for a town site, only there.
    town_kind: Option<String>,
    /// Township code; needed unless a town site.
    township: Option<String>,
    /// Village code, of that township.
    village: Option<String>,
    /// Tells two of one kind, place and name apart.
    number: Option<i64>,
    /// Place on the route.
    #[serde(default)]
    order: i64,
}

impl SiteBody {
    fn form(self) -> Result<SiteForm> {
        let kind = SiteKind::parse(&self.kind);
        let town_kind = match &self.town_kind {
            None => None,
            Some(word) => {
                let found = TownKind::parse(word);
                Some(found.ok_or_else(|| refuse("town_kind", "未知类型", "unknown kind"))?)
            }
        };
        Ok(SiteForm {
            name: self.name,
            kind: kind.ok_or_else(|| refuse("kind", "未知类型", "unknown kind"))?,
            town_kind,
            township: self.township,
            village: self.village,
            slot: self.number,
            order: self.order,
        })
    }
}

/// Adds a site; one of the same kind, place, name and number is refused.
#[utoipa::path(post, path = "/api/v1/prepare/sites", tag = "prepare", request_body = SiteBody,
    responses((status = 201, description = "Added", body = SiteView)))]
async fn add_site(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<SiteBody>,
) -> Result<Tagged<SiteView>> {
    let (actor, form) = (viewer.actor(), b.form()?);
    acted(
        &app,
        &viewer,
        StatusCode::CREATED,
        move |tx, ctx, c| sites::add(tx, &actor, c, &form, ctx.now_ms),
        |_, c, id| one(c, id),
    )
    .await
}

/// One site.
#[utoipa::path(get, path = "/api/v1/prepare/sites/{id}", tag = "prepare", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The site", body = SiteView), (status = 304, description = "As before")))]
async fn show_site(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Id(id): Id,
) -> Result<Tagged<SiteView>> {
    shown(&app, &viewer, has, move |_, c| one(c, id)).await
}

/// Changes a site: kind and place only before its first sheet.
#[utoipa::path(put, path = "/api/v1/prepare/sites/{id}", tag = "prepare", request_body = SiteBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As it is now", body = SiteView)))]
async fn change_site(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(b): Body<SiteBody>,
) -> Result<Tagged<SiteView>> {
    let (actor, form) = (viewer.actor(), b.form()?);
    edited(
        &app,
        &viewer,
        expected,
        move |_, c| one(c, id),
        move |tx, ctx, c| sites::edit(tx, &actor, c, id, &form, ctx.now_ms),
    )
    .await
}

/// To strike or to take the strike back, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StrikeBody {
    strike: bool,
    reason: String,
}

/// Strikes a site (it does not count; sheets are kept), or takes the strike back; until the lock.
#[utoipa::path(post, path = "/api/v1/prepare/sites/{id}/strike", tag = "prepare", request_body = StrikeBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As it is now", body = SiteView)))]
async fn strike_site(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(b): Body<StrikeBody>,
) -> Result<Tagged<SiteView>> {
    let actor = viewer.actor();
    edited(
        &app,
        &viewer,
        expected,
        move |_, c| one(c, id),
        move |tx, ctx, c| {
            let why = reason(&b.reason)?;
            campaign::strike_site(tx, &actor, c, id, b.strike, &why, ctx.now_ms)
        },
    )
    .await
}

/// Slots to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SlotsBody {
    /// Township code.
    township: String,
    /// Village code, of that township.
    village: Option<String>,
    /// 1 to 20.
    count: i64,
}

/// What was added.
#[derive(Serialize, ToSchema)]
struct SlotsAdded {
    items: Vec<SiteView>,
}

/// Adds slots for households that are drawn on the spot, numbered on from those that are there.
#[utoipa::path(post, path = "/api/v1/prepare/slots", tag = "prepare", request_body = SlotsBody,
    responses((status = 201, description = "Added", body = SlotsAdded)))]
async fn add_slots(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<SlotsBody>,
) -> Result<(StatusCode, Json<SlotsAdded>)> {
    let actor = viewer.actor();
    let done = app.act(&viewer, move |tx, ctx, c| {
        let place = (b.township.as_str(), b.village.as_deref());
        let made = sites::add_slots(tx, &actor, c, place, b.count, ctx.now_ms)?;
        let now = ctx.cache.campaign(tx, c.id)?;
        let items = made.into_iter().map(|id| one(&now, id));
        Ok(SlotsAdded {
            items: items.collect::<Result<_>>()?,
        })
    });
    Ok((StatusCode::CREATED, Json(done.await?)))
}

/// A site's place on the route.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Stop {
    id: Uuid,
    /// 0 to 100,000.
    order: i64,
}

/// The order of the route.
#[derive(Serialize, ToSchema)]
struct RouteView {
    /// Every site, by its place.
    items: Vec<Stop>,
}

fn route(c: &Campaign) -> RouteView {
    let stops = c.route.iter().filter_map(|id| c.sites.get(id));
    RouteView {
        items: stops
            .map(|s| Stop {
                id: s.id,
                order: s.order,
            })
            .collect(),
    }
}

/// The order of the route; one answer, since it changes as a whole.
#[utoipa::path(get, path = "/api/v1/prepare/route", tag = "prepare",
    responses((status = 200, description = "The order", body = RouteView), (status = 304, description = "As before")))]
async fn show_route(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
) -> Result<Tagged<RouteView>> {
    shown(&app, &viewer, has, |_, c| Ok(route(c))).await
}

/// Gives sites their places: all that are named, or none.
#[utoipa::path(put, path = "/api/v1/prepare/route", tag = "prepare", request_body = Vec<Stop>,
    params(("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As it is now", body = RouteView)))]
async fn set_route(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    IfMatch(expected): IfMatch,
    Body(b): Body<Vec<Stop>>,
) -> Result<Tagged<RouteView>> {
    let actor = viewer.actor();
    edited(
        &app,
        &viewer,
        expected,
        |_, c| Ok(route(c)),
        move |tx, ctx, c| {
            let rows: Vec<_> = b.iter().map(|s| (s.id, s.order)).collect();
            sites::reorder(tx, &actor, c, &rows, ctx.now_ms)
        },
    )
    .await
}
