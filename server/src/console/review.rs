//! Forms of reviewing: returning a sheet, undoing a settlement, deciding held entries together, unlocking a group.
//!
//! Invariant: each needs a reason and says afterwards what it did. Leaves out: the pages they stand on.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use uuid::Uuid;

use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;

/// Most entries decided at once.
const MOST: usize = 500;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.form(
        Action::ReturnSheet,
        "/console/records/{id}/return",
        send_back,
    )
    .form(Action::SettleConflict, "/console/records/{id}/undo", undo)
    .form(Action::DecideHeld, "/console/held/together", together)
    .form(Action::UnlockGroup, "/console/groups/{id}/unlock", unlock)
    .page(Action::ViewRecords, "/console/conflicts/next", next)
}

fn to(path: String) -> Response {
    Redirect::to(&path).into_response()
}

/// `POST /console/records/{id}/return`: `comment`, and `item` for each line that is named.
pub async fn send_back(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let comment = form.iter().find(|(k, _)| k == "comment");
    let comment = comment.map_or("", |(_, v)| v.as_str());
    let named = form.iter().filter(|(k, _)| k == "item");
    let items: Vec<String> = named.map(|(_, v)| v.clone()).collect();
    let actor = user.viewer().actor();
    let done = state.app.return_sheet(&actor, id, comment, &items).await;
    user.audited(&state, Action::ReturnSheet, &id.to_string(), done)
        .await??;
    Ok(to(format!("/console/records/{id}?done=returned")))
}

/// A field of a record, and why.
#[derive(Deserialize)]
pub struct UndoForm {
    field: String,
    #[serde(default)]
    reason: String,
}

/// `POST /console/records/{id}/undo`
pub async fn undo(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<UndoForm>,
) -> Result<Response, Refusal> {
    let (actor, reason) = (user.viewer().actor(), form.reason.trim());
    let done = state.app.undo_settlement(&actor, id, &form.field, reason);
    let done = done.await;
    let object = format!("{id} {}", form.field);
    user.audited(&state, Action::SettleConflict, &object, done)
        .await??;
    Ok(to(format!("/console/records/{id}?done=undone")))
}

/// `POST /console/held/together`: `id` for each entry, `accept` 1 or 0, `reason`.
pub async fn together(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let value = |name: &str| {
        let found = form.iter().find(|(k, _)| k == name);
        found.map_or("", |(_, v)| v.trim())
    };
    let accept = match value("accept") {
        "1" => true,
        "0" => false,
        _ => return Err(Refusal::new(Code::Invalid)),
    };
    let ids = form.iter().filter(|(k, _)| k == "id").take(MOST);
    let ids: Vec<Uuid> = ids.filter_map(|(_, v)| Uuid::try_parse(v).ok()).collect();
    if ids.is_empty() {
        return Err(Refusal::new(Code::Invalid));
    }
    let actor = user.viewer().actor();
    let done = state
        .app
        .decide_held_entries(&actor, &ids, accept, value("reason"));
    let done = done.await;
    let object = format!("{} entries", ids.len());
    user.audited(&state, Action::DecideHeld, &object, done)
        .await??;
    Ok(to("/console/held?done=held".to_owned()))
}

/// Why.
#[derive(Deserialize)]
pub struct UnlockForm {
    #[serde(default)]
    reason: String,
}

/// `POST /console/groups/{id}/unlock`
pub async fn unlock(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<UnlockForm>,
) -> Result<Response, Refusal> {
    let viewer = user.viewer();
    let head = state.app.campaign_head(&viewer).await?;
    let campaign = head.ok_or_else(|| Refusal::new(Code::NotFound))?.id;
    let (actor, reason) = (viewer.actor(), form.reason.trim());
    let done = state.app.unlock_group(&actor, campaign, id, reason).await;
    user.audited(&state, Action::UnlockGroup, &id.to_string(), done)
        .await??;
    Ok(to(format!("/console/groups/{id}/lock?done=unlocked")))
}

/// `GET /console/conflicts/next`: the record of the oldest conflict that the office may settle.
pub async fn next(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    let rows = state.app.conflicts(&user.viewer()).await?;
    let open = rows.iter().find(|r| !r.record.sealed);
    Ok(to(match open {
        Some(row) => format!("/console/records/{}", row.record.id),
        None => "/console/conflicts".to_owned(),
    }))
}
