//! The list of open conflicts.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::model::ConflictRow;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewRecords, "/console/conflicts", list)
}

#[derive(Template)]
#[template(path = "conflicts.html")]
struct ConflictsPage {
    t: Lang,
    p: Page,
    rows: Vec<ConflictRow>,
    may_settle: bool,
}

/// `GET /console/conflicts`
pub async fn list(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    html(&ConflictsPage {
        t: user.t,
        p: user.page(&state).await?,
        may_settle: user.may(Action::SettleConflict),
        rows: state.app.conflicts(&user.viewer()).await?,
    })
}
