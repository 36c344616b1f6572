//! The own account: password, open sessions, signing out everywhere else.
//!
//! Invariant: the old password is asked for, and asking for it is limited as signing in is; changing it ends every
//! other session. Leaves out: other people's logins (`logins`).

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use tower_sessions::Session;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::types::{FactorState, Login, OpenSession, PasswordChange};
use crate::auth::{Access, session_hash};
use crate::i18n::Lang;
use crate::services::units;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Access::SignedIn, "/console/account", show)
        .form(
            Access::SignedIn,
            "/console/account/password",
            change_password,
        )
        .form(
            Access::SignedIn,
            "/console/account/sign-out-everywhere",
            sign_out_everywhere,
        )
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    t: Lang,
    p: Page,
    me: Login,
    unit: Option<String>,
    sessions: Vec<OpenSession>,
    here: Option<[u8; 32]>,
    factor: Option<FactorState>,
    error: Option<&'static str>,
}

impl AccountPage {
    fn is_here(&self, session: &OpenSession) -> bool {
        Some(session.hash) == self.here
    }
}

/// The session of this request.
pub(super) fn here(session: &Session) -> Option<[u8; 32]> {
    session.id().as_ref().map(session_hash)
}

async fn page(
    state: &ConsoleState,
    user: &SignedIn,
    session: &Session,
    error: Option<&'static str>,
) -> Result<Response, Refusal> {
    let store = state.auth.store();
    let unit = match &user.login.unit {
        Some(code) => Some(units::name(
            &state.app.divisions(&user.viewer()).await?,
            code,
        )),
        None => None,
    };
    html(&AccountPage {
        t: user.t,
        p: user.page(state).await?,
        me: user.login.clone(),
        unit,
        sessions: store
            .sessions_of(user.login.id, state.auth.now_ms())
            .await?,
        here: here(session),
        factor: store.second_factor(user.login.id).await?,
        error,
    })
}

/// `GET /console/account`
pub async fn show(
    State(state): State<ConsoleState>,
    user: SignedIn,
    session: Session,
) -> Result<Response, Refusal> {
    page(&state, &user, &session, None).await
}

/// The form.
#[derive(Deserialize)]
pub struct PasswordForm {
    old: String,
    new: String,
    again: String,
}

/// `POST /console/account/password`
pub async fn change_password(
    State(state): State<ConsoleState>,
    user: SignedIn,
    session: Session,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Refusal> {
    let t = user.t;
    let code = |code: Code| t.pick(code.zh(), code.en());
    let error = if form.new != form.again {
        t.passwords_differ()
    } else {
        let auth = &state.auth;
        let changed = auth.change_password(&user.login, form.old, form.new, here(&session));
        match changed.await? {
            PasswordChange::Done => {
                return Ok(Redirect::to("/console/account?done=password").into_response());
            }
            PasswordChange::Wrong => t.password_wrong(),
            PasswordChange::Weak => t.password_weak(),
            PasswordChange::Used => t.password_used(),
            PasswordChange::Locked => code(Code::TooManyTries),
        }
    };
    let shown = page(&state, &user, &session, Some(error)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
}

/// `POST /console/account/sign-out-everywhere`
pub async fn sign_out_everywhere(
    State(state): State<ConsoleState>,
    user: SignedIn,
    session: Session,
) -> Result<Response, Refusal> {
    let auth = &state.auth;
    let ended = auth.sign_out_everywhere(&user.login, user.login.id, here(&session));
    ended.await?;
    Ok(Redirect::to("/console/account?done=signed_out").into_response())
}
