//! The settings of the office.
//!
//! Invariant: the form carries the tag of what it showed, so that a change of somebody else is not overwritten; what is
//! out of bounds comes back with what was typed. Leaves out: the bounds (`settings`), the operator's own settings.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::{Action, Role};
use crate::i18n::Lang;
use crate::routes::conventions::tag;
use crate::settings::{NUMBERS, Number, Settings, may_be_demanded};

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ManageSettings, "/console/settings", show)
        .form(Action::ManageSettings, "/console/settings", change)
}

/// A number as it stands in the form.
struct Field {
    number: &'static Number,
    value: String,
    is_bad: bool,
}

/// A role whose second factor may be demanded.
struct RoleField {
    role: Role,
    demanded: bool,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    t: Lang,
    p: Page,
    fields: Vec<Field>,
    roles: Vec<RoleField>,
    seen: String,
    error: Option<&'static str>,
    operators_reserve_mb: u64,
}

impl SettingsPage {
    fn label(&self, name: &str) -> &'static str {
        let t = self.t;
        match name {
            "password_days" => t.set_password_days(),
            "idle_minutes" => t.set_idle_minutes(),
            "session_hours" => t.set_session_hours(),
            "code_hours" => t.set_code_hours(),
            "quarantine_mb" => t.set_quarantine_mb(),
            "photo_mb_a_day" => t.set_photo_mb_a_day(),
            _ => t.set_disk_reserve_mb(),
        }
    }

    fn hint(&self, name: &str) -> String {
        let t = self.t;
        match name {
            "password_days" => t.set_password_days_hint().to_owned(),
            "idle_minutes" => t.set_idle_minutes_hint().to_owned(),
            "session_hours" => t.set_session_hours_hint().to_owned(),
            "code_hours" => t.set_code_hours_hint().to_owned(),
            "quarantine_mb" => t.set_quarantine_mb_hint().to_owned(),
            "photo_mb_a_day" => t.set_photo_mb_a_day_hint().to_owned(),
            _ => t.set_disk_reserve_mb_hint(self.operators_reserve_mb),
        }
    }
}

/// A number with its thousands apart.
fn grouped(n: &u32) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What was typed.
type Typed = HashMap<String, String>;

fn role_name(role: Role) -> String {
    format!("role_{}", role.word())
}

/// The settings that a form says, if every number is one within its bounds.
fn read(typed: &Typed) -> Option<Settings> {
    let mut settings = Settings::default();
    for number in NUMBERS {
        number.put(&mut settings, typed.get(number.name)?.trim().parse().ok()?);
    }
    let named = may_be_demanded().filter(|r| typed.contains_key(&role_name(*r)));
    settings.second_factor_roles = named.map(|r| r.word().to_owned()).collect();
    settings.checked().ok()
}

fn field(number: &'static Number, settings: &Settings, typed: Option<&Typed>) -> Field {
    let Some(typed) = typed else {
        return Field {
            value: number.of(settings).to_string(),
            is_bad: false,
            number,
        };
    };
    let value = typed.get(number.name).cloned().unwrap_or_default();
    let (min, max) = number.bounds;
    let parsed = value.trim().parse::<u32>();
    Field {
        is_bad: !parsed.is_ok_and(|n| (min..=max).contains(&n)),
        value,
        number,
    }
}

async fn page(
    state: &ConsoleState,
    user: &SignedIn,
    typed: Option<&Typed>,
    error: Option<&'static str>,
) -> Result<Response, Refusal> {
    let settings = state.app.settings();
    let demanded = |role: Role| match typed {
        Some(typed) => typed.contains_key(&role_name(role)),
        None => settings.demands_second_factor(role),
    };
    html(&SettingsPage {
        t: user.t,
        p: user.page(state).await?,
        fields: NUMBERS.iter().map(|n| field(n, &settings, typed)).collect(),
        roles: may_be_demanded()
            .map(|role| RoleField {
                role,
                demanded: demanded(role),
            })
            .collect(),
        seen: tag(&*settings)?,
        error,
        operators_reserve_mb: state.app.operators_reserve_bytes() / 1_000_000,
    })
}

/// `GET /console/settings`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    page(&state, &user, None, None).await
}

/// `POST /console/settings`
pub async fn change(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(typed): Form<Typed>,
) -> Result<Response, Refusal> {
    let t = user.t;
    let Some(new) = read(&typed) else {
        let shown = page(&state, &user, Some(&typed), Some(t.set_wrong())).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    };
    let seen = typed.get("seen").cloned().unwrap_or_default();
    let viewer = user.viewer();
    let changed = state
        .app
        .change_settings(&viewer, new, move |now| Ok(tag(now)? == seen));
    match changed.await {
        Ok(_) => Ok(Redirect::to("/console/settings?done=settings").into_response()),
        Err(e) if e.code() == Code::PreconditionFailed.as_str() => {
            let shown = page(&state, &user, None, Some(t.set_stale())).await?;
            Ok((StatusCode::CONFLICT, shown).into_response())
        }
        Err(e) => Err(e.into()),
    }
}
