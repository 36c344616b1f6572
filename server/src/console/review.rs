//! Forms of reviewing: returning a sheet, undoing a settlement, deciding held entries together, unlocking a group.
//!
//! Invariant: each needs a reason and says afterwards what it did. Leaves out: the pages they stand on.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use uuid::Uuid;

use super::page::{Page, html};
use super::pages::Pages;
use super::records::Filters;
use super::refusal::{Refusal, said};
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::error::Error;
use crate::i18n::Lang;

/// Most entries decided at once.
const MOST: usize = 500;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.form(
        Action::ReturnSheet,
        "/console/records/{id}/return",
        send_back,
    )
    .form(
        Action::ReturnSheet,
        "/console/records/return",
        return_together,
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
    Query(f): Query<Filters>,
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
    Ok(to(f.record_url(id, "returned")))
}

/// Why a sheet was refused, in the reader's language; details are written in both.
fn why(t: Lang, error: &Error) -> String {
    let Some(refusal) = error.refusal() else {
        return error.code().to_owned();
    };
    let detail = refusal.detail.as_deref().map(|d| said(t, d));
    detail.unwrap_or_else(|| t.pick(refusal.code.zh(), refusal.code.en()).to_owned())
}

/// Sheets that were not returned, and why.
#[derive(Template)]
#[template(path = "returned.html")]
struct ReturnedPage {
    t: Lang,
    p: Page,
    returned: usize,
    /// Record, title, author, why.
    refused: Vec<(Uuid, String, String, String)>,
    back: String,
}

/// `POST /console/records/return`: `id` for each sheet, and one `comment`. Those that could not be returned are named.
pub async fn return_together(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(f): Query<Filters>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let comment = form.iter().find(|(k, _)| k == "comment");
    let comment = comment.map_or("", |(_, v)| v.trim());
    let ids = form.iter().filter(|(k, _)| k == "id").take(MOST);
    let ids: Vec<Uuid> = ids.filter_map(|(_, v)| Uuid::try_parse(v).ok()).collect();
    if ids.is_empty() {
        return Err(Refusal::new(Code::Invalid));
    }
    let viewer = user.viewer();
    let done = state
        .app
        .return_sheets(&viewer.actor(), &ids, comment)
        .await;
    let object = format!("{} sheets", ids.len());
    let refused = user
        .audited(&state, Action::ReturnSheet, &object, done)
        .await??;
    let mut rows = Vec::with_capacity(refused.len());
    for (id, error) in &refused {
        let code = error.code();
        state
            .auth
            .audit(
                &user.login,
                Action::ReturnSheet.word(),
                &id.to_string(),
                false,
                code,
            )
            .await?;
        let head = state.app.record(&viewer, *id).await.map(|r| r.head);
        let (title, author) =
            head.map_or_else(|_| (id.to_string(), String::new()), |h| (h.title, h.author));
        rows.push((*id, title, author, why(user.t, error)));
    }
    html(&ReturnedPage {
        t: user.t,
        p: user.page(&state).await?,
        returned: ids.len() - refused.len(),
        refused: rows,
        back: f.list_url(),
    })
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
    Query(f): Query<Filters>,
    Form(form): Form<UndoForm>,
) -> Result<Response, Refusal> {
    let (actor, reason) = (user.viewer().actor(), form.reason.trim());
    let done = state.app.undo_settlement(&actor, id, &form.field, reason);
    let done = done.await;
    let object = format!("{id} {}", form.field);
    user.audited(&state, Action::SettleConflict, &object, done)
        .await??;
    Ok(to(f.record_url(id, "undone")))
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

/// From which record the next one is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct After {
    after: String,
}

/// `GET /console/conflicts/next`: the record of the oldest conflict that the office may settle; after a record, that of
/// the one that follows it, and after the last the first again.
pub async fn next(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(from): Query<After>,
) -> Result<Response, Refusal> {
    let rows = state.app.conflicts(&user.viewer()).await?;
    let open: Vec<Uuid> = rows
        .iter()
        .filter(|r| !r.record.sealed)
        .map(|r| r.record.id)
        .collect();
    let after = Uuid::try_parse(&from.after).ok();
    let at = after.and_then(|id| open.iter().rposition(|o| *o == id));
    let next = at.and_then(|at| open.get(at + 1)).or(open.first());
    Ok(to(match next {
        Some(id) => format!("/console/records/{id}?conflict=1"),
        None => "/console/conflicts".to_owned(),
    }))
}
