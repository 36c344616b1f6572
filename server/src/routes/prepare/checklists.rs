//! Checklists: versions, one of them whole, and taking more in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value as Text;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{none, page, shown};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::{Error, Result};
use crate::routes::conventions::{IfNoneMatch, Tagged};
use crate::routes::extract::{Body, Id, Params};
use crate::routes::gate::{Routes, routes};
use crate::routes::page::{Page, PageQuery};
use crate::services::campaign::{self, ChecklistEntry};
use crate::services::prepare::checklists;

/// Largest checklist, bytes.
const BODY_BYTES: usize = 2 << 20;

pub(super) fn routes(r: Routes) -> Routes {
    let prepare = Access::May(Action::Prepare);
    let add = routes!(add_checklist).limited(BODY_BYTES);
    r.add(prepare, routes!(list_checklists))
        .add(prepare, add)
        .add(prepare, routes!(show_checklist))
        .add(prepare, routes!(take_builtin_checklists))
}

/// A checklist version.
#[derive(Serialize, ToSchema)]
struct ChecklistRow {
    id: Uuid,
    code: String,
    version: u32,
    title_zh: String,
    title_en: String,
    /// Kind of site it is for; none: by its modules.
    site_kind: Option<String>,
    items: usize,
    /// True for one that comes with the program: a proposal that the county must confirm.
    proposal: bool,
    /// SHA-256 of its text, hex.
    sha256: String,
}

fn row(e: &ChecklistEntry) -> ChecklistRow {
    let list = &e.checklist;
    ChecklistRow {
        id: e.id,
        code: list.code.clone(),
        version: list.version,
        title_zh: list.title_zh.clone(),
        title_en: list.title_en.clone(),
        site_kind: list.site_kind.map(|k| k.word().to_owned()),
        items: list.items.len(),
        proposal: list.status == domain::builtin::checklist_status(),
        sha256: e.hash.clone(),
    }
}

/// A page of the checklists, by code and version.
#[utoipa::path(get, path = "/api/v1/prepare/checklists", tag = "prepare", params(PageQuery),
    responses((status = 200, description = "The checklists", body = Page<ChecklistRow>), (status = 304, description = "As before")))]
async fn list_checklists(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Params(q): Params<PageQuery>,
) -> Result<Tagged<Page<ChecklistRow>>> {
    shown(&app, &viewer, has, move |_, c| {
        let rows = c.checklists.iter();
        let rows = rows.map(|((code, version), e)| (format!("{code} {version:05}"), row(e)));
        page(rows.collect(), &q)
    })
    .await
}

/// A checklist with its text.
#[derive(Serialize, ToSchema)]
struct ChecklistView {
    #[serde(flatten)]
    head: ChecklistRow,
    /// As `checklist/1`.
    #[schema(value_type = Object)]
    body: Text,
}

/// One checklist version whole.
#[utoipa::path(get, path = "/api/v1/prepare/checklists/{id}", tag = "prepare", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The checklist", body = ChecklistView), (status = 304, description = "As before")))]
async fn show_checklist(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    has: IfNoneMatch,
    Id(id): Id,
) -> Result<Tagged<ChecklistView>> {
    shown(&app, &viewer, has, move |tx, c| {
        let found = c.checklists.values().find(|e| e.id == id);
        let found = found.ok_or_else(none)?;
        let live = tx.live(id, "body")?;
        let body = live
            .first()
            .and_then(|l| l.value.as_text())
            .ok_or_else(none)?;
        Ok(ChecklistView {
            head: row(found),
            body: serde_json::from_str(body).map_err(Error::storage)?,
        })
    })
    .await
}

/// What was taken in.
#[derive(Serialize, ToSchema)]
struct ChecklistsAdded {
    ids: Vec<Uuid>,
}

/// Takes a checklist version in while preparing; the same text again is the one that is there. As a table: `/imports/checklist`.
#[utoipa::path(post, path = "/api/v1/prepare/checklists", tag = "prepare",
    request_body(content = Object, description = "A `checklist/1`"),
    responses((status = 201, description = "Taken in", body = ChecklistsAdded)))]
async fn add_checklist(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Body(b): Body<Text>,
) -> Result<(StatusCode, Json<ChecklistsAdded>)> {
    let actor = viewer.actor();
    let done = app.act(&viewer, move |tx, ctx, c| {
        campaign::add_checklists(tx, &actor, c, &[b.to_string()], ctx.now_ms)
    });
    Ok((
        StatusCode::CREATED,
        Json(ChecklistsAdded { ids: done.await? }),
    ))
}

/// Takes in those that come with the program and are not there yet.
#[utoipa::path(post, path = "/api/v1/prepare/checklists/builtin", tag = "prepare",
    responses((status = 201, description = "Taken in; none if all were there", body = ChecklistsAdded)))]
async fn take_builtin_checklists(
    State(app): State<Arc<App>>,
    viewer: Viewer,
) -> Result<(StatusCode, Json<ChecklistsAdded>)> {
    let actor = viewer.actor();
    let done = app.act(&viewer, move |tx, ctx, c| {
        checklists::take_builtin(tx, &actor, c, ctx.now_ms)
    });
    Ok((
        StatusCode::CREATED,
        Json(ChecklistsAdded { ids: done.await? }),
    ))
}
