//! One campaign on its way: its own fields, what it lacks, the deadline of nominations, closing, and which is current.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Made, edited, shown};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::Result;
use crate::i18n::rfc3339;
use crate::routes::conventions::{IfMatch, IfNoneMatch, Tagged};
use crate::routes::extract::{Body, Id};
use crate::routes::gate::{Routes, routes};
use crate::services::campaign::Campaign;
use crate::services::prepare::edit::{self, Basics};
use crate::services::prepare::readiness::{self, Readiness};
use crate::services::prepare::{list, nominations, refuse};

pub(super) fn routes(r: Routes) -> Routes {
    let prepare = Access::May(Action::Prepare);
    r.add(prepare, routes!(show_readiness))
        .add(prepare, routes!(show_basics))
        .add(prepare, routes!(set_basics))
        .add(prepare, routes!(choose_current_campaign))
        .add(
            Access::May(Action::StartCampaign),
            routes!(advance_campaign),
        )
        .add(prepare, routes!(show_nomination_deadline))
        .add(prepare, routes!(set_nomination_deadline))
        .add(Access::May(Action::Nominate), routes!(withdraw_nomination))
}

/// What is missing before the start, and what is only worth knowing.
#[utoipa::path(get, path = "/api/v1/prepare/readiness", tag = "prepare",
    responses((status = 200, description = "Everything missing; the start is refused while a point `blocks`", body = Readiness),
        (status = 304, description = "As before")))]
async fn show_readiness(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
) -> Result<Tagged<Readiness>> {
    shown(&app, &viewer, has, readiness::of).await
}

/// A campaign's own fields.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BasicsBody {
    name: String,
    /// `tour`, `monthly`, `spot`.
    tour_kind: String,
    /// `YYYY-MM-DD`.
    first_day: String,
    last_day: String,
    /// True if a group sees all its sheets at once instead of after the lock.
    sheets_open: bool,
}

fn basics(c: &Campaign) -> BasicsBody {
    let b = Basics::of(c);
    BasicsBody {
        name: b.name,
        tour_kind: b.tour_kind,
        first_day: b.dates.0,
        last_day: b.dates.1,
        sheets_open: b.sheets_open,
    }
}

/// Name, kind and days of the campaign looked at.
#[utoipa::path(get, path = "/api/v1/prepare/basics", tag = "prepare",
    responses((status = 200, description = "The fields", body = BasicsBody), (status = 304, description = "As before")))]
async fn show_basics(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
) -> Result<Tagged<BasicsBody>> {
    shown(&app, &viewer, has, |_, c| Ok(basics(c))).await
}

/// Sets them while the campaign is being prepared.
#[utoipa::path(put, path = "/api/v1/prepare/basics", tag = "prepare", request_body = BasicsBody,
    params(("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As they are now", body = BasicsBody)))]
async fn set_basics(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    IfMatch(expected): IfMatch,
    Body(b): Body<BasicsBody>,
) -> Result<Tagged<BasicsBody>> {
    let actor = viewer.actor();
    edited(
        &app,
        &viewer,
        expected,
        |_, c| Ok(basics(c)),
        move |tx, ctx, c| {
            let new = Basics {
                name: b.name,
                tour_kind: b.tour_kind,
                dates: (b.first_day, b.last_day),
                sheets_open: b.sheets_open,
            };
            list::free_name(tx, ctx.cache, new.name.trim(), Some(c.id))?;
            edit::edit(tx, &actor, c, &new, ctx.now_ms)
        },
    )
    .await
}

/// Makes a campaign the one looked at when nothing else is said; not a rehearsal.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/current", tag = "prepare", params(("id" = Uuid, Path)),
    responses((status = 200, description = "It is now", body = Made)))]
async fn choose_current_campaign(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<Made>> {
    let actor = viewer.actor();
    let done = app.write(move |tx, ctx| {
        let c = list::one(tx, ctx.cache, id)?;
        list::set_current(tx, &actor, &c, ctx.now_ms)
    });
    done.await?;
    Ok(Json(Made { id }))
}

/// The next state.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AdvanceBody {
    /// `closed` of a running campaign, `archived` of a closed one.
    to: String,
    /// Required to close while a group is not locked.
    #[serde(default)]
    reason: String,
}

/// Closes a running campaign, or archives a closed one; there is no way back.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/advance", tag = "prepare", params(("id" = Uuid, Path)),
    request_body = AdvanceBody, responses((status = 200, description = "Done", body = Made)))]
async fn advance_campaign(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<AdvanceBody>,
) -> Result<Json<Made>> {
    let actor = viewer.actor();
    let done = app.write(move |tx, ctx| {
        let c = list::one(tx, ctx.cache, id)?;
        edit::advance(tx, &actor, &c, &b.to, &b.reason, ctx.now_ms)
    });
    done.await?;
    Ok(Json(Made { id }))
}

/// Until when townships may name villages.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Deadline {
    /// RFC 3339, by the server's clock; none: nominations are not open.
    until: Option<String>,
    /// Villages a township, 1 to 100.
    per_township: i64,
}

fn deadline(c: &Campaign) -> Deadline {
    let (until, per_township) = c.nominations;
    Deadline {
        until: until.map(rfc3339),
        per_township,
    }
}

/// Until when townships may name villages, and how many.
#[utoipa::path(get, path = "/api/v1/prepare/nomination_deadline", tag = "prepare",
    responses((status = 200, description = "The deadline", body = Deadline), (status = 304, description = "As before")))]
async fn show_nomination_deadline(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
) -> Result<Tagged<Deadline>> {
    shown(&app, &viewer, has, |_, c| Ok(deadline(c))).await
}

/// Sets the deadline while preparing; one that has passed is refused.
#[utoipa::path(put, path = "/api/v1/prepare/nomination_deadline", tag = "prepare", request_body = Deadline,
    params(("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As it is now", body = Deadline)))]
async fn set_nomination_deadline(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    IfMatch(expected): IfMatch,
    Body(b): Body<Deadline>,
) -> Result<Tagged<Deadline>> {
    let actor = viewer.actor();
    let until = match &b.until {
        None => None,
        Some(text) => {
            let at = DateTime::parse_from_rfc3339(text).map(|at| at.timestamp_millis());
            let wrong = |_| refuse("until", "应为 RFC 3339 时间", "a time as RFC 3339");
            Some(at.map_err(wrong)?)
        }
    };
    edited(
        &app,
        &viewer,
        expected,
        |_, c| Ok(deadline(c)),
        move |tx, ctx, c| {
            nominations::set_deadline(tx, &actor, c, (until, b.per_township), ctx.now_ms)
        },
    )
    .await
}

/// Takes a nomination of the own township back before the deadline.
#[utoipa::path(post, path = "/api/v1/nominations/{id}/withdraw", tag = "prepare", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Taken back", body = Made)))]
async fn withdraw_nomination(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<Made>> {
    let who = viewer.clone();
    let done = app.act(&viewer, move |tx, ctx, c| {
        let all = nominations::all(tx, c)?;
        let found = all.into_iter().find(|n| n.id == id);
        let found = found.filter(|n| crate::routes::campaigns::reaches(&who, &n.township));
        found.ok_or_else(super::none)?;
        nominations::withdraw(tx, &who.actor(), c, id, ctx.now_ms)
    });
    done.await?;
    Ok(Json(Made { id }))
}
