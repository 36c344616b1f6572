//! Who may sign in to the console: invitations, rights, closing, forgotten passwords, signing out.
//!
//! Invariant: a one-time secret is in the one answer that shows it and nowhere else. Leaves out: the rules
//! (`auth::logins`).

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
use crate::auth::logins::MAX_VALID_HOURS;
use crate::auth::types::{Grant, Granted, Login};
use crate::auth::{Action, Reach, Role};
use crate::i18n::Lang;
use crate::routes::conventions::tag;
use crate::services::units::{self, Divisions};

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::SuspendLogin, "/console/logins", list)
        .form(Action::ManageLogins, "/console/logins", invite)
        .form(Action::SuspendLogin, "/console/logins/{id}", set_active)
        .form(Action::ManageLogins, "/console/logins/{id}/change", change)
        .form(
            Action::ResetPassword,
            "/console/logins/{id}/reset-password",
            reset_password,
        )
        .form(
            Action::ResetPassword,
            "/console/logins/{id}/remove-second-factor",
            remove_second_factor,
        )
        .form(
            Action::SuspendLogin,
            "/console/logins/{id}/sign-out",
            sign_out,
        )
}

/// A secret that is shown once, for what, and until when it works.
struct Shown {
    title: String,
    secret: String,
    expires_at_ms: i64,
}

#[derive(Template)]
#[template(path = "logins.html")]
struct LoginsPage {
    t: Lang,
    p: Page,
    logins: Vec<Login>,
    divisions: Divisions,
    now_ms: i64,
    me: Uuid,
    roles: Vec<Role>,
    may_invite: bool,
    may_reset: bool,
    valid_hours: u32,
    max_hours: u32,
    shown: Option<Shown>,
}

impl LoginsPage {
    /// What the field of a unit offers: townships, villages, and departments that have a login.
    fn units(&self) -> Vec<String> {
        let mut known: Vec<String> = self
            .divisions
            .values()
            .filter(|d| d.parent.is_some())
            .map(|d| units::text(&self.divisions, &d.code))
            .collect();
        let used = self.logins.iter().filter_map(|l| l.unit.clone());
        known.extend(used.filter(|u| !self.divisions.contains_key(u)));
        known.sort();
        known.dedup();
        known
    }

    /// A unit as the form shows it.
    fn unit(&self, login: &Login) -> String {
        let unit = login.unit.as_deref();
        unit.map_or_else(String::new, |code| units::text(&self.divisions, code))
    }

    /// True if nothing bounds what it reaches.
    fn is_whole(&self, login: &Login) -> bool {
        Reach::of(login) == Reach::County
    }

    /// What a change must have seen.
    fn seen(&self, login: &Login) -> String {
        tag(&login.granted()).unwrap_or_default()
    }
}

async fn page(
    state: &ConsoleState,
    user: &SignedIn,
    shown: Option<Shown>,
) -> Result<Response, Refusal> {
    let roles = Role::ALL.iter().copied();
    html(&LoginsPage {
        t: user.t,
        p: Page {
            // The other language must not ask for the form again.
            other_lang_url: format!("/console/logins?lang={}", user.t.other().word()),
            ..user.page(state).await?
        },
        logins: state.auth.store().logins().await?,
        divisions: state.app.divisions(&user.viewer()).await?,
        now_ms: state.auth.now_ms(),
        me: user.login.id,
        roles: roles.filter(|r| r.enters_console()).collect(),
        may_invite: user.may(Action::ManageLogins),
        may_reset: user.may(Action::ResetPassword),
        valid_hours: state.app.settings().code_hours,
        max_hours: MAX_VALID_HOURS,
        shown,
    })
}

/// `GET /console/logins`
pub async fn list(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    page(&state, &user, None).await
}

/// Role, reach and validity as typed; empty fields are none.
#[derive(Deserialize)]
pub struct GrantForm {
    role: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    group_number: String,
    #[serde(default)]
    expires_on: String,
    #[serde(default)]
    valid_hours: String,
    #[serde(default)]
    reason: String,
    /// Tag of what the form showed; only for changes.
    #[serde(default)]
    seen: String,
}

fn number<T: std::str::FromStr>(text: &str) -> Result<Option<T>, Refusal> {
    match text.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| Refusal::new(Code::Invalid)),
    }
}

impl GrantForm {
    fn grant(&self, divisions: &Divisions) -> Result<Grant, Refusal> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        Ok(Grant {
            role: Role::parse(&self.role).ok_or_else(|| Refusal::new(Code::Invalid))?,
            account: None,
            unit: text(&units::code(divisions, "unit", &self.unit)?),
            group_number: number(&self.group_number)?,
            expires_on: text(&self.expires_on),
        })
    }
}

/// `POST /console/logins`: shows a one-time secret, once.
pub async fn invite(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(form): Form<GrantForm>,
) -> Result<Response, Refusal> {
    let divisions = state.app.divisions(&user.viewer()).await?;
    let (grant, hours) = (form.grant(&divisions)?, number(&form.valid_hours)?);
    let title = user.t.invitation_for(user.t.role(&grant.role));
    let (secret, expires_at_ms) = state.auth.invite(&user.login, grant, hours).await?;
    let shown = Shown {
        title,
        secret,
        expires_at_ms,
    };
    page(&state, &user, Some(shown)).await
}

/// `POST /console/logins/{id}/change`
pub async fn change(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<GrantForm>,
) -> Result<Response, Refusal> {
    let divisions = state.app.divisions(&user.viewer()).await?;
    let (grant, seen) = (form.grant(&divisions)?, form.seen);
    let unchanged = move |now: &Granted| tag(now).is_ok_and(|now| now == seen);
    let new = (grant, form.reason.as_str());
    let changed = state.auth.regrant(&user.login, id, new, unchanged);
    changed.await?;
    Ok(Redirect::to("/console/logins?done=login").into_response())
}

/// The form.
#[derive(Deserialize)]
pub struct ActiveForm {
    active: String,
    #[serde(default)]
    reason: String,
}

/// `POST /console/logins/{id}`: closes or reopens a login.
pub async fn set_active(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<ActiveForm>,
) -> Result<Response, Refusal> {
    let active = form.active == "1";
    let done = state.auth.set_active(&user.login, id, active, &form.reason);
    done.await?;
    Ok(Redirect::to("/console/logins?done=login").into_response())
}

/// The form.
#[derive(Deserialize)]
pub struct HoursForm {
    #[serde(default)]
    valid_hours: String,
}

/// `POST /console/logins/{id}/reset-password`: shows a one-time secret, once.
pub async fn reset_password(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<HoursForm>,
) -> Result<Response, Refusal> {
    let hours = number(&form.valid_hours)?;
    let login = state.auth.store().login(id).await?;
    let login = login.ok_or_else(|| Refusal::new(Code::NotFound))?;
    let (secret, expires_at_ms) = state.auth.reset_password(&user.login, id, hours).await?;
    let shown = Shown {
        title: user.t.reset_for(login.user_name),
        secret,
        expires_at_ms,
    };
    page(&state, &user, Some(shown)).await
}

/// `POST /console/logins/{id}/sign-out`: ends every session of somebody else.
pub async fn sign_out(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    let ended = state.auth.sign_out_everywhere(&user.login, id, None);
    ended.await?;
    Ok(Redirect::to("/console/logins?done=signed_out").into_response())
}

/// The form.
#[derive(Deserialize)]
pub struct ReasonForm {
    #[serde(default)]
    reason: String,
}

/// `POST /console/logins/{id}/remove-second-factor`
pub async fn remove_second_factor(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<ReasonForm>,
) -> Result<Response, Refusal> {
    let removed = state.auth.remove_factor(&user.login, id, &form.reason);
    removed.await?;
    Ok(Redirect::to("/console/logins?done=factor_removed").into_response())
}
