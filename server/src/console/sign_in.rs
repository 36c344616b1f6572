//! Signing in and out, and setting up a login from a one-time secret.
//!
//! Invariant: the session gets a new id when somebody signs in; the reason of a refusal never tells whether a user name
//! exists. Leaves out: what the passwords are checked against (`auth`).

use askama::Template;
use axum::Extension;
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use tower_sessions::Session;

use super::page::{Page, home, html, notice};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::{KEY, SessionUser, SignedIn};
use super::state::ConsoleState;
use crate::auth::password::is_strong;
use crate::auth::types::SetUp;
use crate::auth::{Access, SignIn};
use crate::i18n::Lang;

const MAX_NAME_CHARS: usize = 60;

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
fn safe_next(next: &str) -> Option<&str> {
    let inside =
        next == "/console" || next.starts_with("/console/") || next.starts_with("/console?");
    let plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (inside && plain).then_some(next)
}

/// The query of the sign-in page.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
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
    let hint = (!next.is_empty() && next != "/console").then(|| t.signed_out_idle());
    let page = SignInPage {
        t,
        p: Page {
            notice: done,
            ..Page::bare(t, &uri)
        },
        error: hint,
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
    uri: Uri,
    Form(form): Form<SignInForm>,
) -> Result<Response, Refusal> {
    let code = match state.auth.sign_in(&form.user_name, form.password).await? {
        SignIn::Done(login) if login.role.enters_console() => {
            session.cycle_id().await?;
            let user = SessionUser {
                login: login.id,
                csrf: state.auth.token()?,
                seen_ms: state.auth.now_ms(),
                campaign: None,
            };
            session.insert(KEY, &user).await?;
            let to = safe_next(&form.next).unwrap_or(home(login.role));
            return Ok(Redirect::to(to).into_response());
        }
        SignIn::Done(_) => Code::Forbidden,
        SignIn::Refused => Code::SignInFailed,
        SignIn::Locked => Code::TooManyTries,
    };
    let page = SignInPage {
        t,
        p: Page::bare(t, &uri),
        error: Some(t.pick(code.zh(), code.en())),
        next: safe_next(&form.next).unwrap_or_default().to_owned(),
        user_name: form.user_name,
        needs_setup: state.auth.store().needs_setup().await?,
    };
    answer(code, html(&page)?)
}

fn answer(code: Code, page: Response) -> Result<Response, Refusal> {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    Ok((status, page).into_response())
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
    let forget = [("clear-site-data", "\"storage\"")];
    Ok((forget, Redirect::to("/sign-in")).into_response())
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
    } else if !is_strong(&form.password) {
        t.password_weak()
    } else {
        match state.auth.set_up(&form.secret, name, form.password).await? {
            SetUp::Done(_) => return Ok(Redirect::to("/sign-in?done=setup").into_response()),
            SetUp::BadSecret => t.secret_bad(),
            SetUp::NameTaken => t.name_taken(),
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
