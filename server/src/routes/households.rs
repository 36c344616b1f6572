//! Households: found by code, corrected or erased with a reason.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::conventions::{IfMatch, IfNoneMatch, Tagged};
use super::extract::{Body, Id, Params};
use super::gate::{Routes, routes};
use super::page::{Page, PageQuery};
use super::prepare::{edited, page, shown};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::services::households::{self, Correction, Household};

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let see = Access::May(Action::ExportInternal);
    r.add(see, routes!(list_households))
        .add(see, routes!(show_household))
        .add(
            Access::May(Action::SettleConflict),
            routes!(correct_household),
        )
}

/// What one group noted.
#[derive(Serialize, ToSchema)]
struct NotedView {
    /// Number of the group.
    group: i64,
    /// The record it stands in.
    record: Uuid,
    /// `VILLAGE-GROUP-NUMBER`; empty: not noted.
    code: String,
    name: String,
    contact: String,
    status: String,
    remark: String,
    /// True if phones differ.
    conflict: bool,
}

/// A household of the route.
#[derive(Serialize, ToSchema)]
struct HouseholdView {
    /// Its site.
    id: Uuid,
    /// Name of the site.
    site: String,
    township: Option<String>,
    village: Option<String>,
    noted: Vec<NotedView>,
    /// Sheets of those who entered.
    entered: usize,
    /// Sheets that say: refused. Such a sheet costs nothing.
    refused: usize,
    /// Sheets that say: nobody home. Such a sheet costs nothing.
    absent: usize,
}

fn view(h: Household) -> HouseholdView {
    let noted = h.noted.into_iter().map(|n| {
        let text = |name: &str| {
            let mut own = n.values.iter();
            own.find(|(field, _)| *field == name)
                .map_or_else(String::new, |(_, v)| v.clone())
        };
        NotedView {
            group: n.number,
            record: n.record,
            code: text("code"),
            name: text("name"),
            contact: text("contact"),
            status: text("status"),
            remark: text("remark"),
            conflict: n.conflict,
        }
    });
    HouseholdView {
        id: h.site.id,
        site: h.site.name,
        township: h.site.township,
        village: h.site.village,
        noted: noted.collect(),
        entered: h.visits.entered,
        refused: h.visits.refused,
        absent: h.visits.absent,
    }
}

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HouseholdQuery {
    /// Part of a code, or of the name of the site.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows a page, 1 to 200.
    limit: Option<u32>,
}

/// A page of the households of the route, by site.
#[utoipa::path(get, path = "/api/v1/households", tag = "households", params(HouseholdQuery),
    responses((status = 200, description = "The households", body = Page<HouseholdView>), (status = 304, description = "As before")))]
async fn list_households(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(q): Params<HouseholdQuery>,
) -> Result<Tagged<Page<HouseholdView>>> {
    let begin = PageQuery::new(q.cursor, q.limit);
    let wanted = q.q.unwrap_or_default();
    shown(&app, &viewer, has, move |tx, c| {
        let found = households::find(tx, c, &wanted)?.into_iter();
        let rows = found.map(|h| (h.site.id.to_string(), view(h)));
        page(rows.collect(), &begin)
    })
    .await
}

/// One household.
#[utoipa::path(get, path = "/api/v1/households/{id}", tag = "households", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The household", body = HouseholdView), (status = 304, description = "As before")))]
async fn show_household(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Id(id): Id,
) -> Result<Tagged<HouseholdView>> {
    shown(&app, &viewer, has, move |tx, c| {
        Ok(view(households::one(tx, c, id)?))
    })
    .await
}

/// A correction.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CorrectionBody {
    /// Number of the group whose note it is.
    group: i64,
    /// `code`, `name`, `contact`, `status`, `remark`.
    field: String,
    /// Empty erases it. An identity number is refused.
    value: String,
    reason: String,
}

/// Corrects or erases what was noted of a household, with a reason.
#[utoipa::path(patch, path = "/api/v1/households/{id}", tag = "households", request_body = CorrectionBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As it is now", body = HouseholdView)))]
async fn correct_household(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(b): Body<CorrectionBody>,
) -> Result<Tagged<HouseholdView>> {
    let actor = viewer.actor();
    edited(
        &app,
        &viewer,
        expected,
        move |tx, c| Ok(view(households::one(tx, c, id)?)),
        move |tx, ctx, c| {
            let new = Correction {
                site: id,
                group: b.group,
                field: b.field,
                value: b.value,
                reason: b.reason,
            };
            households::correct(tx, ctx, &actor, c, &new)
        },
    )
    .await
}
