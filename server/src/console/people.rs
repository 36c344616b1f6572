//! The roster and its devices: enrolment codes to print, fingerprints, PIN resets, revocation.
//!
//! Invariant: an enrolment code is in the one answer that shows it and nowhere else.

use askama::Template;
use axum::extract::{Form, Path, RawForm, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use uuid::Uuid;

use super::page::{Page, html};
use super::pages::Pages;
use super::qr::qr_data;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::{ConsoleConfig, ConsoleState};
use crate::auth::Action;
use crate::auth::logins::MAX_VALID_HOURS;
use crate::i18n::Lang;
use crate::model::{IssuedCode, Person};
use crate::services::enrolment::For;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewPeople, "/console/people", list)
        .form(Action::IssueCode, "/console/people/{id}/code", issue_code)
        .form(Action::IssueCode, "/console/people/codes", issue_codes)
        .form(
            Action::ConfirmDevice,
            "/console/devices/{id}/confirm",
            confirm,
        )
        .form(
            Action::ResetPin,
            "/console/devices/{id}/reset-pin",
            reset_pin,
        )
        .form(Action::RevokeDevice, "/console/devices/{id}/revoke", revoke)
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    t: Lang,
    p: Page,
    people: Vec<Person>,
    may_issue: bool,
    may_import: bool,
    may_revoke: bool,
    may_confirm: bool,
    may_reset_pin: bool,
    without_phone: usize,
    valid_hours: u32,
    max_hours: u32,
    /// A device whose fingerprint was typed and did not fit.
    differs: Option<Uuid>,
}

async fn page(
    state: &ConsoleState,
    user: &SignedIn,
    differs: Option<Uuid>,
) -> Result<Response, Refusal> {
    let people = state.app.people(&user.viewer()).await?;
    html(&PeoplePage {
        t: user.t,
        p: Page {
            other_lang_url: format!("/console/people?lang={}", user.t.other().word()),
            ..user.page(state).await?
        },
        without_phone: people.iter().filter(|p| p.needs_phone()).count(),
        people,
        may_issue: user.may(Action::IssueCode),
        may_import: user.may(Action::Prepare),
        may_revoke: user.may(Action::RevokeDevice),
        may_confirm: user.may(Action::ConfirmDevice),
        may_reset_pin: user.may(Action::ResetPin),
        valid_hours: state.app.settings().code_hours,
        max_hours: MAX_VALID_HOURS,
        differs,
    })
}

/// `GET /console/people`
pub async fn list(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    page(&state, &user, None).await
}

/// A form with a token and a reason.
#[derive(Deserialize)]
pub struct ReasonForm {
    #[serde(default)]
    reason: String,
}

/// One person's page.
struct Slip {
    issued: IssuedCode,
    url: String,
    /// `data:` address of the QR code's SVG.
    qr: String,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodesPage {
    t: Lang,
    p: Page,
    slips: Vec<Slip>,
}

/// The address that people reach us by.
fn origin(config: &ConsoleConfig, headers: &HeaderMap) -> String {
    if let Some(origin) = &config.origin {
        return origin.trim_end_matches('/').to_owned();
    }
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    let scheme = if config.tls { "https" } else { "http" };
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}

async fn slips(
    state: &ConsoleState,
    user: &SignedIn,
    headers: &HeaderMap,
    wanted: For,
    hours: Option<u32>,
) -> Result<Response, Refusal> {
    let codes = state.app.issue_codes(&user.viewer(), wanted, hours).await?;
    let origin = origin(&state.config, headers);
    let mut slips = Vec::with_capacity(codes.len());
    for issued in codes {
        let url = format!("{origin}/app/enrol#{}", issued.code);
        slips.push(Slip {
            qr: qr_data(&url)?,
            issued,
            url,
        });
    }
    html(&CodesPage {
        t: user.t,
        p: Page {
            other_lang_url: format!("/console/people?lang={}", user.t.other().word()),
            ..user.page(state).await?
        },
        slips,
    })
}

/// `POST /console/people/{id}/code`: the page that is printed and handed over.
pub async fn issue_code(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    slips(&state, &user, &headers, For::Accounts(vec![id]), None).await
}

/// What was ordered: `who=without` or `who=chosen` with an `account` for each, and the hours. Ids and numbers need no
/// decoding.
fn ordered(form: &[u8]) -> Result<(For, Option<u32>), Refusal> {
    let bad = || Refusal::new(Code::Invalid);
    let form = std::str::from_utf8(form).map_err(|_| bad())?;
    let values = |name: &str| {
        let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        let own = pairs.filter(move |(key, _)| *key == name);
        own.map(|(_, value)| value.to_owned()).collect::<Vec<_>>()
    };
    let hours = values("valid_hours").pop().filter(|h| !h.is_empty());
    let hours = hours.map(|h| h.parse().map_err(|_| bad())).transpose()?;
    if values("who").iter().any(|who| who == "without") {
        return Ok((For::WithoutPhone, hours));
    }
    let ids = values("account").into_iter();
    let ids: Result<Vec<Uuid>, _> = ids.map(|id| Uuid::try_parse(&id)).collect();
    Ok((For::Accounts(ids.map_err(|_| bad())?), hours))
}

/// `POST /console/people/codes`: a page for each of several people.
pub async fn issue_codes(
    State(state): State<ConsoleState>,
    user: SignedIn,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Result<Response, Refusal> {
    let (wanted, hours) = ordered(&form)?;
    slips(&state, &user, &headers, wanted, hours).await
}

/// The form.
#[derive(Deserialize)]
pub struct FingerprintForm {
    #[serde(default)]
    fingerprint: String,
}

/// `POST /console/devices/{id}/confirm`: another fingerprint offers to revoke.
pub async fn confirm(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<FingerprintForm>,
) -> Result<Response, Refusal> {
    let result = state
        .app
        .confirm_device(&user.viewer(), id, &form.fingerprint)
        .await;
    let object = id.to_string();
    let result = user
        .audited(&state, Action::ConfirmDevice, &object, result)
        .await?;
    if let Err(error) = &result
        && error.code() == Code::FingerprintDiffers.as_str()
    {
        let shown = page(&state, &user, Some(id)).await?;
        return Ok((StatusCode::CONFLICT, shown).into_response());
    }
    result?;
    Ok(Redirect::to("/console/people?done=confirmed").into_response())
}

/// `POST /console/devices/{id}/reset-pin`
pub async fn reset_pin(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<ReasonForm>,
) -> Result<Response, Refusal> {
    let result = state
        .app
        .reset_pin(&user.viewer(), id, form.reason.trim())
        .await;
    let object = id.to_string();
    user.audited(&state, Action::ResetPin, &object, result)
        .await??;
    Ok(Redirect::to("/console/people?done=pin_reset").into_response())
}

/// `POST /console/devices/{id}/revoke`
pub async fn revoke(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<ReasonForm>,
) -> Result<Response, Refusal> {
    let reason = form.reason.trim();
    if reason.is_empty() {
        return Err(Refusal::new(Code::ReasonRequired));
    }
    let result = state.app.revoke(&user.viewer(), id, reason).await;
    let object = id.to_string();
    user.audited(&state, Action::RevokeDevice, &object, result)
        .await??;
    Ok(Redirect::to("/console/people?done=revoked").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_for_codes_names_people_or_all_without_a_phone() {
        let id = Uuid::from_u128(7);
        let chosen = format!("csrf=ab&account={id}&valid_hours=48&who=chosen");
        assert_eq!(
            ordered(chosen.as_bytes()).unwrap(),
            (For::Accounts(vec![id]), Some(48))
        );
        let without = format!("account={id}&valid_hours=&who=without");
        assert_eq!(
            ordered(without.as_bytes()).unwrap(),
            (For::WithoutPhone, None)
        );
        assert!(ordered(b"account=x&who=chosen").is_err());
        assert!(ordered(b"who=without&valid_hours=many").is_err());
    }

    #[test]
    fn the_address_in_the_code_is_the_one_people_use() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "10.0.0.5:8080".parse().unwrap());
        let mut config = ConsoleConfig::default();
        assert_eq!(origin(&config, &headers), "http://10.0.0.5:8080");
        config.origin = Some("https://guanmo.example/".to_owned());
        assert_eq!(origin(&config, &headers), "https://guanmo.example");
    }
}
