//! The roster and its devices: enrolment codes and revocation.
//!
//! Invariant: an enrolment code is in the one answer that shows it and nowhere else.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use protocol::problem::Code;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::Deserialize;
use uuid::Uuid;

use super::model::Person;
use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::{ConsoleConfig, ConsoleState};
use crate::auth::Action;
use crate::i18n::Lang;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewPeople, "/console/people", list)
        .form(Action::IssueCode, "/console/people/{id}/code", issue_code)
        .form(Action::RevokeDevice, "/console/devices/{id}/revoke", revoke)
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    t: Lang,
    p: Page,
    people: Vec<Person>,
    may_issue: bool,
    may_revoke: bool,
}

/// `GET /console/people`
pub async fn list(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    html(&PeoplePage {
        t: user.t,
        p: user.page(&state).await?,
        people: state.app.people(&user.viewer()).await?,
        may_issue: user.may(Action::IssueCode),
        may_revoke: user.may(Action::RevokeDevice),
    })
}

/// A form with a token and a reason.
#[derive(Deserialize)]
pub struct ReasonForm {
    #[serde(default)]
    reason: String,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    t: Lang,
    p: Page,
    person: Person,
    code: String,
    url: String,
    /// `data:` address of the QR code's SVG.
    qr: String,
    expires_at_ms: i64,
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

/// The `data:` address of a QR code as SVG.
fn qr_data(content: &str) -> Result<String, Refusal> {
    let code = QrCode::with_error_correction_level(content, EcLevel::M);
    let code = code.map_err(|_| Refusal::new(Code::Invalid))?;
    let image = code
        .render::<svg::Color<'_>>()
        .min_dimensions(260, 260)
        .build();
    Ok(format!(
        "data:image/svg+xml;base64,{}",
        STANDARD.encode(image)
    ))
}

/// `POST /console/people/{id}/code`: the page that is printed and handed over.
pub async fn issue_code(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let people = state.app.people(&user.viewer()).await?;
    let person = people.into_iter().find(|p| p.account == id && p.active);
    let person = person.ok_or_else(|| Refusal::new(Code::NotFound))?;
    let (code, expires_at_ms) = state.auth.issue_code(&user.login, id).await?;
    let url = format!("{}/enrol#{code}", origin(&state.config, &headers));
    html(&CodePage {
        t: user.t,
        p: Page {
            other_lang_url: "/console/people".to_owned(),
            ..user.page(&state).await?
        },
        person,
        code,
        qr: qr_data(&url)?,
        url,
        expires_at_ms,
    })
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
    fn the_qr_code_is_an_image_that_needs_no_request() {
        let data = qr_data("http://guanmo.local:8080/enrol#00000-00000").unwrap();
        let image = data.strip_prefix("data:image/svg+xml;base64,").unwrap();
        let svg = String::from_utf8(STANDARD.decode(image).unwrap()).unwrap();
        assert!(svg.contains("<svg") && !svg.contains("enrol"));
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
