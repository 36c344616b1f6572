//! Signing in and out, and setting up a login from a one-time secret.
//!
//! Invariant: the session gets a new id when somebody signs in; the reason of a refusal never tells whether a user name
//! exists. Leaves out: what the passwords are checked against (`auth`).

use askama::Template;
use axum::Extension;
use axum::extract::{Form, Query, State};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use tower_sessions::Session;

use super::page::{Page, home, html, notice};
use super::pages::Pages;
use super::refusal::Refusal;
use super::second_factor::ask_for_code;
use super::session::{KEY, SessionUser, SignedIn, expiry};
use super::state::ConsoleState;
use crate::auth::types::{Login, SetUp};
use crate::auth::{Access, SignIn};
use crate::i18n::Lang;

const MAX_NAME_CHARS: usize = 60;
/// Cookie of a browser in which somebody signed in before, and how long it is known, seconds.
const KNOWN: &str = "guanmo_known";
const KNOWN_S: u32 = 180 * 24 * 3600;
/// When to come back, seconds.
const LOCKED_S: u32 = 15 * 60;
const BUSY_S: u32 = 2;
/// What a browser is to forget at sign-out. Not the cookies: the session's is gone, the others are no secret.
pub(super) const CLEAR: &str = "\"cache\", \"storage\"";

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Access::Open, "/sign-in", show)
        .form(Access::Open, "/sign-in", sign_in)
        .form(Access::SignedIn, "/sign-out", sign_out)
        .page(Access::Open, "/setup", show_setup)
        .form(Access::Open, "/setup", set_up)
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    t: Lang,
    p: Page,
    error: Option<&'static str>,
    /// Why one is asked to sign in.
    hint: Option<String>,
    next: String,
    user_name: String,
    needs_setup: bool,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetUpPage {
    t: Lang,
    p: Page,
    error: Option<&'static str>,
    user_name: String,
}

/// Only paths of the console are gone back to.
pub(super) fn safe_next(next: &str) -> Option<&str> {
    let inside =
        next == "/console" || next.starts_with("/console/") || next.starts_with("/console?");
    let plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (inside && plain).then_some(next)
}

/// The query of the sign-in page.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    pub(super) next: String,
}

/// `GET /sign-in`
pub async fn show(
    State(state): State<ConsoleState>,
    Extension(t): Extension<Lang>,
    Query(query): Query<Next>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let next = safe_next(&query.next).unwrap_or_default().to_owned();
    let done = notice(t, &uri);
    let hint = (!next.is_empty() && next != "/console")
        .then(|| t.signed_out_idle(state.app.settings().idle_minutes));
    let page = SignInPage {
        t,
        p: Page {
            notice: done,
            ..Page::bare(t, &uri)
        },
        error: None,
        hint,
        next,
        user_name: String::new(),
        needs_setup: state.auth.store().needs_setup().await?,
    };
    html(&page)
}

/// The sign-in form.
#[derive(Deserialize)]
pub struct SignInForm {
    user_name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in`
pub async fn sign_in(
    State(state): State<ConsoleState>,
    Extension(t): Extension<Lang>,
    session: Session,
    headers: HeaderMap,
    uri: Uri,
    Form(form): Form<SignInForm>,
) -> Result<Response, Refusal> {
    let mark = cookie(&headers, KNOWN);
    let tried = state.auth.sign_in(&form.user_name, form.password, mark);
    let code = match tried.await? {
        SignIn::Done(login) if login.role.enters_console() => {
            return enter(&state, &session, &login, &form.next).await;
        }
        SignIn::CodeAsked(pending) => {
            let token = state.auth.hold(&pending).await?;
            return Ok(ask_for_code(&state, &token, &form.next));
        }
        SignIn::Done(_) => Code::Forbidden,
        SignIn::Refused | SignIn::WrongCode => Code::SignInFailed,
        SignIn::Locked => Code::TooManyTries,
        SignIn::Busy => Code::Busy,
    };
    let page = SignInPage {
        t,
        p: Page::bare(t, &uri),
        error: Some(t.pick(code.zh(), code.en())),
        hint: None,
        next: safe_next(&form.next).unwrap_or_default().to_owned(),
        user_name: form.user_name,
        needs_setup: state.auth.store().needs_setup().await?,
    };
    answer(code, html(&page)?)
}

/// Begins the session of somebody who signed in, and leads on.
pub(super) async fn enter(
    state: &ConsoleState,
    session: &Session,
    login: &Login,
    next: &str,
) -> Result<Response, Refusal> {
    session.cycle_id().await?;
    let now_ms = state.auth.now_ms();
    let user = SessionUser {
        login: login.id,
        csrf: state.auth.token()?,
        seen_ms: now_ms,
        began_ms: now_ms,
        campaign: None,
    };
    session.set_expiry(Some(expiry(&state.app.settings())));
    session.insert(KEY, &user).await?;
    let to = safe_next(next).unwrap_or(home(login.role));
    let mut response = Redirect::to(to).into_response();
    let mark = known_cookie(state, &state.auth.familiar_mark(login)?);
    put_cookie(&mut response, &mark);
    Ok(response)
}

/// Adds a cookie of ours to an answer.
pub(super) fn put_cookie(response: &mut Response, cookie: &str) {
    // invariant: our cookies are plain text: hex and words.
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// A page with a code's status, and when to come back.
pub(super) fn answer(code: Code, page: Response) -> Result<Response, Refusal> {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, page).into_response();
    let wait_s = match code {
        Code::TooManyTries => LOCKED_S,
        Code::Busy => BUSY_S,
        _ => return Ok(response),
    };
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
    Ok(response)
}

/// A cookie's value.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let pairs = all
        .filter_map(|c| c.to_str().ok())
        .flat_map(|c| c.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// The cookie by which a browser is known again (`auth::familiar`).
fn known_cookie(state: &ConsoleState, mark: &str) -> String {
    let secure = if state.config.tls { "; Secure" } else { "" };
    format!("{KNOWN}={mark}; Path=/sign-in; Max-Age={KNOWN_S}; HttpOnly; SameSite=Strict{secure}")
}

/// `POST /sign-out`
pub async fn sign_out(
    State(state): State<ConsoleState>,
    user: SignedIn,
    session: Session,
) -> Result<Response, Refusal> {
    session.flush().await?;
    let auth = &state.auth;
    auth.audit(&user.login, "sign_out", "", true, "").await?;
    // htmx keeps the address of the last page, with what was searched for, for as long as the tab lives.
    let gone = [(HeaderName::from_static("clear-site-data"), CLEAR)];
    Ok((gone, Redirect::to("/sign-in")).into_response())
}

/// `GET /setup`
pub async fn show_setup(Extension(t): Extension<Lang>, uri: Uri) -> Result<Response, Refusal> {
    html(&SetUpPage {
        t,
        p: Page::bare(t, &uri),
        error: None,
        user_name: String::new(),
    })
}

/// The set-up form.
#[derive(Deserialize)]
pub struct SetUpForm {
    secret: String,
    user_name: String,
    password: String,
    again: String,
}

/// `POST /setup`
pub async fn set_up(
    State(state): State<ConsoleState>,
    Extension(t): Extension<Lang>,
    uri: Uri,
    Form(form): Form<SetUpForm>,
) -> Result<Response, Refusal> {
    let name = form.user_name.trim();
    let error = if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        t.name_bad()
    } else if form.password != form.again {
        t.passwords_differ()
    } else {
        match state.auth.set_up(&form.secret, name, form.password).await? {
            SetUp::Done(_) => return Ok(Redirect::to("/sign-in?done=setup").into_response()),
            SetUp::BadSecret => t.secret_bad(),
            SetUp::NameTaken => t.name_taken(),
            SetUp::Weak => t.password_weak(),
            SetUp::Used => t.password_used(),
            SetUp::Busy => t.pick(Code::Busy.zh(), Code::Busy.en()),
        }
    };
    let page = SetUpPage {
        t,
        p: Page::bare(t, &uri),
        error: Some(error),
        user_name: name.to_owned(),
    };
    answer(Code::Invalid, html(&page)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_console_are_gone_back_to() {
        assert_eq!(
            safe_next("/console/records?q=1"),
            Some("/console/records?q=1")
        );
        for bad in [
            "",
            "//evil.example",
            "/console\\@evil",
            "https://evil.example",
            "/consoles",
            "/console/\r\nx: y",
        ] {
            assert_eq!(safe_next(bad), None, "{bad}");
        }
    }
}
