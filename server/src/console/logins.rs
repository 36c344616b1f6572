//! Who may sign in to the console: invitations by the system administrator, closing and reopening.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use uuid::Uuid;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::types::Login;
use crate::auth::{Action, Role};
use crate::i18n::Lang;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::SuspendLogin, "/console/logins", list)
        .form(Action::ManageLogins, "/console/logins", invite)
        .form(Action::SuspendLogin, "/console/logins/{id}", set_active)
}

#[derive(Template)]
#[template(path = "logins.html")]
struct LoginsPage {
    t: Lang,
    p: Page,
    logins: Vec<Login>,
    me: Uuid,
    roles: Vec<Role>,
    may_invite: bool,
    invitation: Option<String>,
    invited_role: &'static str,
}

async fn page(
    state: &ConsoleState,
    user: &SignedIn,
    invitation: Option<(String, Role)>,
) -> Result<Response, Refusal> {
    let roles = Role::ALL.iter().copied();
    html(&LoginsPage {
        t: user.t,
        p: user.page(state).await?,
        logins: state.auth.store().logins().await?,
        me: user.login.id,
        roles: roles.filter(|r| r.enters_console()).collect(),
        may_invite: user.may(Action::ManageLogins),
        invited_role: invitation.as_ref().map_or("", |(_, r)| r.word()),
        invitation: invitation.map(|(secret, _)| secret),
    })
}

/// `GET /console/logins`
pub async fn list(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    page(&state, &user, None).await
}

/// The form.
#[derive(Deserialize)]
pub struct InviteForm {
    role: String,
}

/// `POST /console/logins`: shows a one-time secret, once.
pub async fn invite(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(form): Form<InviteForm>,
) -> Result<Response, Refusal> {
    let role = Role::parse(&form.role).filter(|r| r.enters_console());
    let role = role.ok_or_else(|| Refusal::new(Code::Invalid))?;
    let secret = state.auth.invite(&user.login, role).await?;
    page(&state, &user, Some((secret, role))).await
}

/// The form.
#[derive(Deserialize)]
pub struct ActiveForm {
    active: String,
    #[serde(default)]
    reason: String,
}

/// `POST /console/logins/{id}`: closes or reopens a login; nobody closes his own.
pub async fn set_active(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<ActiveForm>,
) -> Result<Response, Refusal> {
    let reason = form.reason.trim();
    if reason.is_empty() {
        return Err(Refusal::new(Code::ReasonRequired));
    }
    if id == user.login.id {
        return Err(Refusal::new(Code::Invalid));
    }
    let auth = &state.auth;
    let active = form.active == "1";
    if !auth.set_active(&user.login, id, active, reason).await? {
        return Err(Refusal::new(Code::NotFound));
    }
    Ok(Redirect::to("/console/logins?done=login").into_response())
}
