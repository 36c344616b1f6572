//! What a page answers instead of itself: a refusal or a failure, as a page in the reader's language.
//!
//! Invariant: a failure's cause is logged once and never shown. Leaves out: JSON problems of the API.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use protocol::problem::Code;

use super::page::{Page, home};
use super::prepare::typed::parts;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::AuthError;
use crate::error::Error;
use crate::i18n::Lang;

/// Why there is no page.
#[derive(Clone, Debug)]
pub struct Refusal {
    code: Code,
    detail: Option<String>,
    is_csrf: bool,
    back: &'static str,
}

impl Refusal {
    /// With this code.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: None,
            is_csrf: false,
            back: "/console",
        }
    }

    /// With a link to a page that the reader may open.
    pub fn back_to(self, back: &'static str) -> Self {
        Self { back, ..self }
    }

    /// A form that is not from a page of this session.
    pub fn csrf(code: Code) -> Self {
        Self {
            is_csrf: true,
            ..Self::new(code)
        }
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }

    fn failure(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "page failed");
        Self::new(Code::Internal)
    }
}

impl From<Error> for Refusal {
    fn from(e: Error) -> Self {
        match e {
            Error::Refused(r) => Self {
                detail: r.detail,
                ..Self::new(r.code)
            },
            other => {
                let code = other.inside();
                Self {
                    code,
                    ..Self::failure(&other)
                }
            }
        }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<AuthError> for Refusal {
    fn from(e: AuthError) -> Self {
        Error::from(e).into()
    }
}

impl From<askama::Error> for Refusal {
    fn from(e: askama::Error) -> Self {
        Self::failure(&e)
    }
}

impl From<tower_sessions::session::Error> for Refusal {
    fn from(e: tower_sessions::session::Error) -> Self {
        Self::failure(&e)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status());
        let mut response = status
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    t: Lang,
    p: Page,
    title: &'static str,
    detail: Option<String>,
    code: &'static str,
    back: &'static str,
    /// True if a form was refused, not a page.
    is_form: bool,
}

/// The first page of who is signed in, noted by the gate for a refusal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Home(pub &'static str);

/// Why something was refused, of the two languages it is written in the reader's.
pub(super) fn said(t: Lang, detail: &str) -> String {
    match parts(t, detail) {
        (_, text) if detail.contains(" / ") => text,
        _ => detail.to_owned(),
    }
}

/// What axum answers in plain English to an address or a form that it cannot read.
fn unreadable(response: &Response) -> Option<Refusal> {
    let media = response.headers().get(header::CONTENT_TYPE)?;
    let is_plain = media.as_bytes().starts_with(b"text/plain");
    let is_refused = response.status().is_client_error();
    (is_plain && is_refused).then(|| Refusal::new(Code::BadRequest))
}

/// `GET /console/{*rest}`: no such page.
pub async fn no_such_page(State(state): State<ConsoleState>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let mut response = Refusal::new(Code::NotFound).into_response();
    if let Ok(user) = SignedIn::read(&mut parts, &state).await {
        response
            .extensions_mut()
            .insert(Home(home(user.login.role)));
    }
    response
}

/// Keeps the header that says when to come back.
fn with_wait(from: &Response, mut page: Response) -> Response {
    if let Some(wait) = from.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    page
}

/// Turns a refusal into a page.
pub async fn show_refusals(request: Request, next: Next) -> Response {
    let lang = request.extensions().get::<Lang>().copied();
    let t = lang.unwrap_or_default();
    let uri = request.uri().clone();
    let is_form = !request.method().is_safe();
    let response = next.run(request).await;
    let refused = response.extensions().get::<Refusal>().cloned();
    let Some(refusal) = refused.or_else(|| unreadable(&response)) else {
        return response;
    };
    let home = response.extensions().get::<Home>().copied();
    let page = ErrorPage {
        t,
        p: Page::bare(t, &uri),
        title: t.pick(refusal.code.zh(), refusal.code.en()),
        detail: if refusal.is_csrf {
            Some(t.csrf_refused().to_owned())
        } else {
            refusal.detail.as_deref().map(|d| said(t, d))
        },
        code: refusal.code.as_str(),
        back: home.map_or(refusal.back, |Home(page)| page),
        is_form: is_form && refusal.code != Code::Internal,
    };
    match page.render() {
        Ok(html) => with_wait(&response, (response.status(), Html(html)).into_response()),
        Err(_) => response.status().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_as_one_while_signing_in_too() {
        let full = Error::later(Code::ServerFull, 60);
        let told = Refusal::from(AuthError::from(full));
        assert_eq!(told.code, Code::ServerFull);
    }

    #[test]
    fn of_a_detail_in_two_languages_the_readers_is_said() {
        let detail = "lead_unit: 须有主办单位 / a lead unit is needed";
        assert_eq!(said(Lang::Zh, detail), "须有主办单位");
        assert_eq!(said(Lang::En, detail), "a lead unit is needed");
        assert_eq!(said(Lang::En, "valid_hours: 1–168"), "valid_hours: 1–168");
    }
}
