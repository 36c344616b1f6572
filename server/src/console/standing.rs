//! The standing of quarters and the year.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::model::YearStanding;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewStanding, "/console/standing", show)
}

/// Which year.
#[derive(Deserialize)]
pub struct Wanted {
    year: Option<i32>,
}

#[derive(Template)]
#[template(path = "standing.html")]
struct StandingPage {
    t: Lang,
    p: Page,
    s: YearStanding,
}

/// `GET /console/standing`
pub async fn show(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refusal> {
    html(&StandingPage {
        t: user.t,
        p: user.page(&state).await?,
        s: state.app.standing(wanted.year).await?,
    })
}
