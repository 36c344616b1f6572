//! Campaigns and what is prepared for them: list, copies, rehearsals, rules, nominations, draws.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::draw::Candidate;
use domain::score::Rules;
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::conventions::{IfMatch, IfNoneMatch, Tagged, tag};
use super::extract::{Body, Id, Params};
use super::gate::{Routes, routes};
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::auth::{Access, Action, On, Viewer, may};
use crate::error::{Error, Result};
use crate::services::campaign::{self, Campaign};
use crate::services::prepare::draws::{self, DrawBody, NewDraw, Purpose};
use crate::services::prepare::edit::Basics;
use crate::services::prepare::nominations::{self, Nomination};
use crate::services::prepare::readiness::{self, Readiness};
use crate::services::prepare::{list, rules};
use crate::store::sqlite::entropy;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let (prepare, rehearse) = (Access::May(Action::Prepare), Access::May(Action::Rehearse));
    let nominate = Access::May(Action::Nominate);
    r.add(prepare, routes!(list_campaigns))
        .add(prepare, routes!(make_campaign))
        .add(prepare, routes!(show_campaign))
        .add(prepare, routes!(copy_campaign))
        .add(rehearse, routes!(make_rehearsal))
        .add(rehearse, routes!(wipe_rehearsal))
        .add(Access::May(Action::StartCampaign), routes!(start_campaign))
        .add(prepare, routes!(show_rules))
        .add(prepare, routes!(set_rules))
        .add(nominate, routes!(list_nominations))
        .add(nominate, routes!(nominate_village))
        .add(prepare, routes!(decide_nomination))
        .add(prepare, routes!(list_draws))
        .add(prepare, routes!(make_draw))
}

/// A campaign in the list.
#[derive(Serialize, ToSchema)]
struct CampaignRow {
    id: Uuid,
    name: String,
    /// `tour`, `monthly`, `spot`.
    tour_kind: String,
    first_day: Option<String>,
    last_day: Option<String>,
    /// `preparing`, `running`, `closed`, `archived`.
    state: String,
    /// True if it can be wiped.
    rehearsal: bool,
    groups: usize,
    townships: usize,
    sites: usize,
    accounts: usize,
}

fn row(c: &Campaign) -> CampaignRow {
    let dates = c.dates.clone();
    CampaignRow {
        id: c.id,
        name: c.name.clone(),
        tour_kind: c.tour_kind.clone(),
        first_day: dates.as_ref().map(|d| d.0.clone()),
        last_day: dates.map(|d| d.1),
        state: c.state.clone(),
        rehearsal: c.rehearsal,
        groups: c.groups.len(),
        townships: c.townships.len(),
        sites: c.sites.len(),
        accounts: c.accounts.len(),
    }
}

/// Campaigns, latest first.
#[derive(Serialize, ToSchema)]
struct CampaignList {
    items: Vec<CampaignRow>,
    /// Cursor of the next page.
    next_cursor: Option<String>,
    /// The one looked at when nothing else is said.
    current: Option<Uuid>,
}

/// Campaigns, latest first.
#[utoipa::path(get, path = "/api/v1/campaigns", tag = "prepare", params(PageQuery),
    responses((status = 200, description = "The campaigns", body = CampaignList), (status = 304, description = "As before")))]
async fn list_campaigns(
    State(app): State<Arc<App>>,
    _viewer: Viewer,
    has: IfNoneMatch,
    Params(query): Params<PageQuery>,
) -> Result<Tagged<CampaignList>> {
    let found = app.read(|tx, ctx| Ok((list::all(tx, ctx.cache)?, list::current(tx)?)));
    let (all, current) = found.await?;
    let page = Page::of(all, |c| Reverse(c.id), &query)?.map(|c| row(&c));
    let list = CampaignList {
        items: page.items,
        next_cursor: page.next_cursor,
        current,
    };
    Tagged::read(list, has)
}

/// What a campaign is made from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCampaignBody {
    name: String,
    tour_kind: String,
    first_day: String,
    last_day: String,
    #[serde(default)]
    sheets_open: bool,
}

impl NewCampaignBody {
    fn basics(self) -> Basics {
        Basics {
            name: self.name,
            tour_kind: self.tour_kind,
            dates: (self.first_day, self.last_day),
            sheets_open: self.sheets_open,
        }
    }
}

/// What was made.
#[derive(Serialize, ToSchema)]
struct Made {
    id: Uuid,
}

/// Makes a campaign with the county's divisions; it becomes the current one.
#[utoipa::path(post, path = "/api/v1/campaigns", tag = "prepare", request_body = NewCampaignBody,
    responses((status = 201, description = "Made", body = Made)))]
async fn make_campaign(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<NewCampaignBody>,
) -> Result<(StatusCode, Json<Made>)> {
    let (actor, basics) = (viewer.actor(), b.basics());
    let made = app.write(move |tx, ctx| {
        let new = basics.checked()?;
        list::free_name(tx, ctx.cache, &new.name, None)?;
        let id = campaign::create(tx, &actor, &new.with_rules(Rules::default()), ctx.now_ms)?;
        let c = ctx.cache.campaign(tx, id)?;
        let divisions: Vec<_> = domain::builtin::divisions().iter().cloned().collect();
        campaign::add_divisions(tx, &actor, &c, &divisions, ctx.now_ms)?;
        Ok(id)
    });
    Ok((StatusCode::CREATED, Json(Made { id: made.await? })))
}

/// A campaign and what it lacks.
#[derive(Serialize, ToSchema)]
struct CampaignView {
    campaign: CampaignRow,
    readiness: Readiness,
}

/// A campaign, and what its preparation lacks.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}", tag = "prepare", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The campaign", body = CampaignView), (status = 304, description = "As before")))]
async fn show_campaign(
    State(app): State<Arc<App>>,
    _viewer: Viewer,
    has: IfNoneMatch,
    Id(id): Id,
) -> Result<Tagged<CampaignView>> {
    let found = app.read(move |tx, ctx| {
        let c = list::one(tx, ctx.cache, id)?;
        Ok(CampaignView {
            readiness: readiness::of(tx, &c)?,
            campaign: row(&c),
        })
    });
    Tagged::read(found.await?, has)
}

async fn copied(
    app: &App,
    viewer: &Viewer,
    id: Uuid,
    b: NewCampaignBody,
    rehearsal: bool,
) -> Result<(StatusCode, Json<Made>)> {
    let actor = viewer.actor();
    let made = app.clone_campaign(&actor, id, b.basics(), rehearsal).await;
    Ok((StatusCode::CREATED, Json(Made { id: made? })))
}

/// Makes a campaign with this one's preparation.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/copies", tag = "prepare", params(("id" = Uuid, Path)),
    request_body = NewCampaignBody, responses((status = 201, description = "Made", body = Made)))]
async fn copy_campaign(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<NewCampaignBody>,
) -> Result<(StatusCode, Json<Made>)> {
    copied(&app, &viewer, id, b, false).await
}

/// Makes a rehearsal with this campaign's preparation.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/rehearsals", tag = "prepare", params(("id" = Uuid, Path)),
    request_body = NewCampaignBody, responses((status = 201, description = "Made", body = Made)))]
async fn make_rehearsal(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<NewCampaignBody>,
) -> Result<(StatusCode, Json<Made>)> {
    copied(&app, &viewer, id, b, true).await
}

/// The rehearsal's name, typed again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WipeBody {
    typed: String,
}

/// What was erased.
#[derive(Serialize, ToSchema)]
struct Wiped {
    records: usize,
    segments: usize,
    devices: usize,
    photos: usize,
}

/// Wipes a rehearsal whole; refused for a real campaign.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/wipe", tag = "prepare", params(("id" = Uuid, Path)),
    request_body = WipeBody, responses((status = 200, description = "Wiped", body = Wiped)))]
async fn wipe_rehearsal(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<WipeBody>,
) -> Result<Json<Wiped>> {
    let erased = app.wipe_rehearsal(&viewer.actor(), id, &b.typed).await?;
    Ok(Json(Wiped {
        records: erased.records,
        segments: erased.segments,
        devices: erased.devices,
        photos: erased.blobs.len(),
    }))
}

/// Starts a campaign; refused with everything that is missing.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/start", tag = "prepare", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Started", body = Made)))]
async fn start_campaign(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<Made>> {
    let actor = viewer.actor();
    let done = app.write(move |tx, ctx| {
        list::one(tx, ctx.cache, id)?;
        readiness::start(tx, &actor, ctx.cache, id, ctx.now_ms)
    });
    done.await?;
    Ok(Json(Made { id }))
}

/// The rules of the campaign looked at.
#[utoipa::path(get, path = "/api/v1/rules", tag = "prepare",
    responses((status = 200, description = "The rules", body = Rules), (status = 304, description = "As before")))]
async fn show_rules(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
) -> Result<Tagged<Rules>> {
    let found = app.look(&viewer, |_, _, c| Ok(c.rules.clone())).await?;
    Tagged::read(found, has)
}

/// New rules, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RulesBody {
    rules: Rules,
    /// Required after the start.
    #[serde(default)]
    reason: String,
}

/// Sets the rules: freely while preparing, later as a new version with a reason. `If-Match` carries the tag of what was read.
#[utoipa::path(put, path = "/api/v1/rules", tag = "prepare", request_body = RulesBody,
    params(("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 200, description = "As they are now", body = Rules)))]
async fn set_rules(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    IfMatch(expected): IfMatch,
    Body(b): Body<RulesBody>,
) -> Result<Tagged<Rules>> {
    let (actor, new) = (viewer.actor(), b.rules.clone());
    let done = app.act(&viewer, move |tx, ctx, c| {
        let now = tag(&c.rules)?;
        if expected.is_some_and(|tags| !tags.contains(&now)) {
            return Err(Code::PreconditionFailed.into());
        }
        rules::set(tx, &actor, c, &b.rules, &b.reason, ctx.now_ms)
    });
    done.await?;
    let now = tag(&new)?;
    Ok(Tagged::written(StatusCode::OK, new, now))
}

/// A nomination.
#[derive(Serialize, ToSchema)]
struct NominationView {
    id: Uuid,
    township: String,
    village: String,
    name: String,
    remark: String,
    at_ms: i64,
    /// `accepted`, `refused`, `withdrawn`; none: not decided.
    ruling: Option<String>,
    reason: String,
    /// The site made of it.
    site: Option<Uuid>,
}

/// Nominations within reach.
#[derive(Serialize, ToSchema)]
struct NominationList {
    /// Until when villages may be named, ms UTC.
    until_ms: Option<i64>,
    items: Vec<NominationView>,
    /// Cursor of the next page.
    next_cursor: Option<String>,
}

/// Whether a viewer speaks for a township.
pub(super) fn reaches(viewer: &Viewer, township: &str) -> bool {
    let on = On {
        group: None,
        units: &[township],
    };
    may(viewer, Action::Nominate, on)
}

/// Nominations: a township head sees those of his own township.
#[utoipa::path(get, path = "/api/v1/nominations", tag = "prepare", params(PageQuery),
    responses((status = 200, description = "The nominations", body = NominationList), (status = 304, description = "As before")))]
async fn list_nominations(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(query): Params<PageQuery>,
) -> Result<Tagged<NominationList>> {
    let who = viewer.clone();
    let found = app.look(&viewer, move |tx, _, c| {
        let all = nominations::all(tx, c)?.into_iter();
        let within = all.filter(|n| reaches(&who, &n.township)).collect();
        let key = |n: &Nomination| (n.township.clone(), n.village.clone(), n.id);
        let page = Page::of(within, key, &query)?.map(|n| {
            let ruling = n.ruling;
            NominationView {
                id: n.id,
                township: n.township,
                village: n.village,
                name: n.name,
                remark: n.remark,
                at_ms: n.at_ms,
                site: ruling.as_ref().and_then(|r| r.site),
                reason: ruling
                    .as_ref()
                    .map_or_else(String::new, |r| r.reason.clone()),
                ruling: ruling.map(|r| r.word),
            }
        });
        Ok(NominationList {
            until_ms: c.nominations.0,
            items: page.items,
            next_cursor: page.next_cursor,
        })
    });
    Tagged::read(found.await?, has)
}

/// A village to nominate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NominateBody {
    /// Village code.
    village: String,
    #[serde(default)]
    remark: String,
}

/// Nominates a village until the deadline, by the server's clock.
#[utoipa::path(post, path = "/api/v1/nominations", tag = "prepare", request_body = NominateBody,
    responses((status = 201, description = "Nominated", body = Made)))]
async fn nominate_village(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<NominateBody>,
) -> Result<(StatusCode, Json<Made>)> {
    let who = viewer.clone();
    let done = app.act(&viewer, move |tx, ctx, c| {
        let township = c.divisions.get(&b.village).and_then(|d| d.parent.clone());
        let township = township.filter(|code| reaches(&who, code));
        let township = township.ok_or_else(|| Error::from(Code::NotFound))?;
        let place = (township.as_str(), b.village.as_str());
        nominations::nominate(tx, &who.actor(), c, place, &b.remark, ctx.now_ms)
    });
    Ok((StatusCode::CREATED, Json(Made { id: done.await? })))
}

/// A ruling on a nomination.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RulingBody {
    accept: bool,
    /// Required to refuse.
    #[serde(default)]
    reason: String,
}

/// The site made of a nomination.
#[derive(Serialize, ToSchema)]
struct Ruled {
    site: Option<Uuid>,
}

/// Accepts a nomination (a site is made of it) or refuses it with a reason.
#[utoipa::path(post, path = "/api/v1/nominations/{id}/ruling", tag = "prepare", params(("id" = Uuid, Path)),
    request_body = RulingBody, responses((status = 200, description = "Ruled", body = Ruled)))]
async fn decide_nomination(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(b): Body<RulingBody>,
) -> Result<Json<Ruled>> {
    let actor = viewer.actor();
    let done = app.act(&viewer, move |tx, ctx, c| {
        nominations::decide(tx, &actor, c, id, b.accept, &b.reason, ctx.now_ms)
    });
    Ok(Json(Ruled { site: done.await? }))
}

/// A draw with its record.
#[derive(Serialize, ToSchema)]
struct DrawView {
    id: Uuid,
    draw: DrawBody,
}

/// Draws, latest first, with seed, list and result: enough to repeat it.
#[utoipa::path(get, path = "/api/v1/draws", tag = "prepare", params(PageQuery),
    responses((status = 200, description = "The draws", body = Page<DrawView>), (status = 304, description = "As before")))]
async fn list_draws(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(query): Params<PageQuery>,
) -> Result<Tagged<Page<DrawView>>> {
    let found = app.look(&viewer, move |tx, _, c| {
        let key = |(id, draw): &(Uuid, DrawBody)| Reverse((draw.at_ms, *id));
        let page = Page::of(draws::all(tx, c)?, key, &query)?;
        Ok(page.map(|(id, draw)| DrawView { id, draw }))
    });
    Tagged::read(found.await?, has)
}

/// What to draw.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DrawRequest {
    purpose: Purpose,
    title: String,
    /// None: the server's random source gives it.
    #[serde(default)]
    seed: Option<String>,
    candidates: Vec<Candidate>,
    n: usize,
    /// A draw this one replaces; the reason is required then.
    #[serde(default)]
    replaces: Option<Uuid>,
    #[serde(default)]
    reason: String,
}

/// Draws, and writes the draw down.
#[utoipa::path(post, path = "/api/v1/draws", tag = "prepare", request_body = DrawRequest,
    responses((status = 201, description = "Drawn", body = DrawView)))]
async fn make_draw(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<DrawRequest>,
) -> Result<(StatusCode, Json<DrawView>)> {
    let actor = viewer.actor();
    let random = entropy()?;
    let new = NewDraw {
        purpose: b.purpose,
        title: b.title,
        seed: b.seed,
        candidates: b.candidates,
        n: b.n,
        again: b.replaces.map(|id| (id, b.reason)),
    };
    let done = app.act(&viewer, move |tx, ctx, c| {
        draws::draw(tx, &actor, c, &new, random, ctx.now_ms)
    });
    let (id, draw) = done.await?;
    Ok((StatusCode::CREATED, Json(DrawView { id, draw })))
}
