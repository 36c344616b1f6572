//! The ledger of issues.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::conventions::{IfMatch, IfNoneMatch, Tagged, tag};
use super::extract::{Body, Id, Params};
use super::gate::{Routes, routes};
use super::page::{Page, PageQuery};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::{Error, Result};
use crate::model::{
    IssueOptions, IssuePage, IssuePair, IssuePatch, IssueQuery, IssueView, NewIssue, PairDecision,
    StepRequest,
};
use crate::services::issues::TownshipCounts;
use protocol::problem::Code;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let (view, edit) = (
        Access::May(Action::ViewIssues),
        Access::May(Action::EditIssues),
    );
    r.add(view, routes!(list_issues))
        .add(view, routes!(issue_options))
        .add(view, routes!(show_issue))
        .add(edit, routes!(enter_issue))
        .add(edit, routes!(change_issue))
        .add(Access::May(Action::ReportIssue), routes!(move_issue))
        .add(edit, routes!(list_issue_pairs))
        .add(edit, routes!(decide_issue_pair))
        .add(edit, routes!(list_issue_counts))
        .add(edit, routes!(fill_issue_counts))
        .add(edit, routes!(show_number_prefix))
        .add(edit, routes!(set_number_prefix))
}

/// A page of the ledger, by number.
#[utoipa::path(get, path = "/api/v1/issues", tag = "issues", params(
        ("standing" = Option<String>, Query, description = "`overdue`, `to_assign`, `in_progress`, `to_verify`, `closed`, `fixed_on_spot`, `merged`"),
        ("township" = Option<String>, Query, description = "Township code"),
        ("group" = Option<i64>, Query, description = "Number of the group that found it"),
        ("category" = Option<String>, Query, description = "Code of the category"),
        ("lead_unit" = Option<String>, Query, description = "Lead unit"),
        ("q" = Option<String>, Query, description = "Part of number, description or place, or the id"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, description = "Rows a page, 1 to 200")),
    responses((status = 200, description = "The page", body = IssuePage), (status = 304, description = "As before")))]
async fn list_issues(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(query): Params<IssueQuery>,
) -> Result<Tagged<IssuePage>> {
    Tagged::read(app.issues(&viewer, &query).await?, has)
}

/// What filters and forms offer: townships, categories, root causes, units.
#[utoipa::path(get, path = "/api/v1/issue_options", tag = "issues",
    responses((status = 200, description = "The choices", body = IssueOptions)))]
async fn issue_options(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<IssueOptions>> {
    app.issue_options(&viewer).await.map(Json)
}

/// One issue.
#[utoipa::path(get, path = "/api/v1/issues/{id}", tag = "issues", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, description = "The issue", body = IssueView), (status = 304, description = "As before")))]
async fn show_issue(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Id(id): Id,
) -> Result<Tagged<IssueView>> {
    let (body, tag) = app.issue(&viewer, id).await?;
    Ok(Tagged {
        status: StatusCode::OK,
        body,
        tag,
        has,
    })
}

/// Enters an issue as the office.
#[utoipa::path(post, path = "/api/v1/issues", tag = "issues", request_body = NewIssue,
    responses((status = 201, description = "Entered, with its number", body = IssueView)))]
async fn enter_issue(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(new): Body<NewIssue>,
) -> Result<Tagged<IssueView>> {
    let (body, tag) = app.enter_issue(&viewer, &new).await?;
    Ok(Tagged::written(StatusCode::CREATED, body, tag))
}

/// Changes an issue. `If-Match` carries the tag of what was read.
#[utoipa::path(patch, path = "/api/v1/issues/{id}", tag = "issues",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    request_body = IssuePatch, responses((status = 200, description = "As it is now", body = IssueView)))]
async fn change_issue(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(patch): Body<IssuePatch>,
) -> Result<Tagged<IssueView>> {
    let done = app.change_issue(&viewer, id, expected, &patch, None).await;
    let (body, tag) = done?;
    Ok(Tagged::written(StatusCode::OK, body, tag))
}

/// Moves an issue on. The move itself says from which state.
#[utoipa::path(post, path = "/api/v1/issues/{id}/state", tag = "issues", params(("id" = uuid::Uuid, Path)),
    request_body = StepRequest, responses((status = 200, description = "As it is now", body = IssueView)))]
async fn move_issue(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    Body(step): Body<StepRequest>,
) -> Result<Tagged<IssueView>> {
    let patch = IssuePatch::default();
    let done = app.change_issue(&viewer, id, None, &patch, Some(&step));
    let (body, tag) = done.await?;
    Ok(Tagged::written(StatusCode::OK, body, tag))
}

/// Where a list of pairs begins.
#[derive(Deserialize, IntoParams)]
struct PairQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Pairs a page, 1 to 100.
    limit: Option<u32>,
}

/// Pairs that may be one.
#[derive(Serialize, ToSchema)]
struct PairPage {
    /// Nearest in time first.
    items: Vec<IssuePair>,
    /// Cursor of the next page.
    next_cursor: Option<String>,
    /// How many there are.
    total: usize,
}

/// Pairs of issues that may be one: same category, at most 50 m and 24 hours apart, not known to be in different villages.
#[utoipa::path(get, path = "/api/v1/issue_pairs", tag = "issues", params(PairQuery),
    responses((status = 200, description = "The pairs", body = PairPage)))]
async fn list_issue_pairs(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Params(query): Params<PairQuery>,
) -> Result<Json<PairPage>> {
    let skip = query.cursor.as_deref().unwrap_or("0").parse::<u32>();
    let skip = skip.map_err(|_| Error::because(Code::BadRequest, "cursor"))? as usize;
    let limit = query.limit.unwrap_or(20).clamp(1, 100) as usize;
    let (items, total) = app.issue_pairs(&viewer, skip, limit).await?;
    let next = skip + items.len();
    Ok(Json(PairPage {
        items,
        next_cursor: (next < total).then(|| next.to_string()),
        total,
    }))
}

/// Says what two issues are: the same, not the same, or open again.
#[utoipa::path(post, path = "/api/v1/issue_pairs", tag = "issues", request_body = PairDecision,
    responses((status = 204, description = "Written down")))]
async fn decide_issue_pair(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(decision): Body<PairDecision>,
) -> Result<StatusCode> {
    app.decide_issue_pair(&viewer, &decision).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The counts behind component R of every township: as recorded, and as the ledger gives them.
#[utoipa::path(get, path = "/api/v1/issue_counts", tag = "issues",
    params(PageQuery), responses((status = 200, description = "By township", body = Page<TownshipCounts>)))]
async fn list_issue_counts(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<TownshipCounts>>> {
    let counts = app.issue_counts(&viewer).await?;
    Page::of(counts, |t| t.code.clone(), &query).map(Json)
}

/// How many townships got other counts.
#[derive(Serialize, ToSchema)]
struct Filled {
    /// Townships changed.
    changed: usize,
}

/// Takes the ledger's counts over into the townships' records, but for those of locked groups.
#[utoipa::path(post, path = "/api/v1/issue_counts", tag = "issues",
    responses((status = 200, description = "Taken over", body = Filled)))]
async fn fill_issue_counts(State(app): State<Arc<App>>, viewer: Viewer) -> Result<Json<Filled>> {
    let changed = app.fill_issue_counts(&viewer).await?;
    Ok(Json(Filled { changed }))
}

/// What numbers begin with.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NumberPrefix {
    /// For example 西整.
    #[schema(min_length = 1, max_length = 20)]
    prefix: String,
}

/// What the numbers of issues begin with.
#[utoipa::path(get, path = "/api/v1/issue_number_prefix", tag = "issues",
    responses((status = 200, description = "The beginning", body = NumberPrefix), (status = 304, description = "As before")))]
async fn show_number_prefix(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
) -> Result<Tagged<NumberPrefix>> {
    let prefix = app.number_prefix(&viewer).await?;
    Tagged::read(NumberPrefix { prefix }, has)
}

/// Says what the numbers of issues begin with from now on; given ones stay. `If-Match` carries the tag of what was read.
#[utoipa::path(put, path = "/api/v1/issue_number_prefix", tag = "issues", request_body = NumberPrefix,
    params(("If-Match" = String, Header, description = "The `ETag` of what was read, or `*`")),
    responses((status = 204, description = "Written down")))]
async fn set_number_prefix(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    IfMatch(expected): IfMatch,
    Body(new): Body<NumberPrefix>,
) -> Result<StatusCode> {
    let fits = move |prefix: &str| {
        let now = tag(&NumberPrefix {
            prefix: prefix.to_owned(),
        })?;
        match expected {
            Some(tags) if !tags.contains(&now) => Err(Code::PreconditionFailed.into()),
            _ => Ok(()),
        }
    };
    app.set_number_prefix(&viewer, &new.prefix, fits).await?;
    Ok(StatusCode::NO_CONTENT)
}
