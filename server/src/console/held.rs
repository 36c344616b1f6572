//! What came in and is not counted, and the decisions on it.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::model::{HeldDecision, HeldEntry};

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::DecideHeld, "/console/held", list).form(
        Action::DecideHeld,
        "/console/held",
        decide,
    )
}

#[derive(Template)]
#[template(path = "held.html")]
struct HeldPage {
    t: Lang,
    p: Page,
    rows: Vec<HeldEntry>,
    undecided: usize,
    may_decide: bool,
}

/// `GET /console/held`
pub async fn list(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    let rows = state.app.held(&user.viewer()).await?;
    html(&HeldPage {
        t: user.t,
        p: user.page(&state).await?,
        undecided: rows.iter().filter(|h| h.decided.is_none()).count(),
        rows,
        may_decide: user.may(Action::DecideHeld),
    })
}

/// The form.
#[derive(Deserialize)]
pub struct DecideForm {
    id: String,
    accept: String,
    #[serde(default)]
    reason: String,
}

/// `POST /console/held`
pub async fn decide(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(form): Form<DecideForm>,
) -> Result<Response, Refusal> {
    let accept = match form.accept.as_str() {
        "1" => true,
        "0" => false,
        _ => return Err(Refusal::new(Code::Invalid)),
    };
    let reason = form.reason.trim().to_owned();
    if reason.is_empty() {
        return Err(Refusal::new(Code::ReasonRequired));
    }
    let decision = HeldDecision {
        id: form.id,
        accept,
        reason,
    };
    let result = state.app.decide_held(&user.viewer(), &decision).await;
    user.audited(&state, Action::DecideHeld, &decision.id, result)
        .await??;
    Ok(Redirect::to("/console/held?done=held").into_response())
}
