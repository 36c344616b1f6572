//! Choosing the campaign to look at: it holds for this session only.

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;
use uuid::Uuid;

use super::page::home;
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::{KEY, SessionUser, SignedIn};
use super::state::ConsoleState;
use crate::auth::Access;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.form(Access::SignedIn, "/console/campaign", choose)
}

/// The form; without an id the current campaign is looked at again.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    campaign: String,
}

/// `POST /console/campaign`
pub async fn choose(
    State(state): State<ConsoleState>,
    user: SignedIn,
    session: Session,
    Form(form): Form<Chosen>,
) -> Result<Response, Refusal> {
    let id = Uuid::try_parse(&form.campaign).ok();
    if let Some(id) = id {
        state.app.campaign(id).await?;
    }
    if let Some(mut kept) = session.get::<SessionUser>(KEY).await? {
        kept.campaign = id;
        session.insert(KEY, &kept).await?;
    }
    Ok(Redirect::to(home(user.login.role)).into_response())
}
