//! The own second factor: turning it on and off, and the second step of signing in.
//!
//! Invariant: what waits for a code is no session and opens no page; a secret is kept in the session until a code shows
//! that the generator has it; recovery codes are in the one answer that shows them. Leaves out: the rules (`auth`).

use askama::Template;
use axum::Extension;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use tower_sessions::Session;

use super::account::here;
use super::page::{Page, html};
use super::pages::Pages;
use super::qr::qr_data;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::sign_in::{self, Next, answer, cookie, enter, safe_next};
use super::state::ConsoleState;
use crate::auth::second_factor::{Offer, PENDING_MS};
use crate::auth::types::{FactorChange, FactorState, TurnedOn};
use crate::auth::{Access, SignIn};
use crate::i18n::Lang;

/// The page where it is turned on and off.
pub const PAGE: &str = "/console/account/second-factor";
/// The page that asks for a code.
const CODE_PAGE: &str = "/sign-in/code";
/// Cookie of a sign-in that waits for its code.
const PENDING: &str = "guanmo_pending";
/// Where the session keeps a secret that is not confirmed.
const SECRET: &str = "factor_secret";

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Access::SignedIn, PAGE, show)
        .form(
            Access::SignedIn,
            "/console/account/second-factor/on",
            turn_on,
        )
        .form(
            Access::SignedIn,
            "/console/account/second-factor/off",
            turn_off,
        )
        .page(Access::Open, CODE_PAGE, ask)
        .form(Access::Open, CODE_PAGE, take)
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct FactorPage {
    t: Lang,
    p: Page,
    on: Option<FactorState>,
    /// Demanded of this role, and missing.
    due: bool,
    offer: Option<Offer>,
    /// `data:` address of the offer's QR code.
    qr: String,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    t: Lang,
    p: Page,
    user_name: String,
    codes: Vec<String>,
}

#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct CodePage {
    t: Lang,
    p: Page,
    error: Option<&'static str>,
    next: String,
}

/// The secret offered in this session, made at the first look.
async fn secret(state: &ConsoleState, session: &Session) -> Result<String, Refusal> {
    if let Some(kept) = session.get::<String>(SECRET).await? {
        return Ok(kept);
    }
    let made = state.auth.new_factor_secret()?;
    session.insert(SECRET, &made).await?;
    Ok(made)
}

async fn page(
    state: &ConsoleState,
    user: &SignedIn,
    session: &Session,
    error: Option<&'static str>,
) -> Result<Response, Refusal> {
    let on = state.auth.store().second_factor(user.login.id).await?;
    let offer = match on {
        Some(_) => None,
        None => {
            let secret = secret(state, session).await?;
            state.auth.offer(&user.login, &secret)
        }
    };
    let qr = offer.as_ref().map(|o| qr_data(&o.url)).transpose()?;
    html(&FactorPage {
        t: user.t,
        p: Page {
            // The other language must not ask for the form again.
            other_lang_url: format!("{PAGE}?lang={}", user.t.other().word()),
            ..user.page(state).await?
        },
        due: state.auth.lacks_second_factor(&user.login),
        on,
        offer,
        qr: qr.unwrap_or_default(),
        error,
    })
}

/// `GET /console/account/second-factor`
pub async fn show(
    State(state): State<ConsoleState>,
    user: SignedIn,
    session: Session,
) -> Result<Response, Refusal> {
    page(&state, &user, &session, None).await
}

/// Password and code.
#[derive(Deserialize)]
pub struct FactorForm {
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
}

/// `POST /console/account/second-factor/on`: shows the recovery codes, once.
pub async fn turn_on(
    State(state): State<ConsoleState>,
    user: SignedIn,
    session: Session,
    Form(form): Form<FactorForm>,
) -> Result<Response, Refusal> {
    let (t, secret) = (user.t, secret(&state, &session).await?);
    let typed = (form.password, form.code.as_str());
    let turned = state
        .auth
        .turn_on_factor(&user.login, &secret, typed, here(&session));
    let error = match turned.await? {
        TurnedOn::Done(codes) => {
            session.remove_value(SECRET).await?;
            return html(&CodesPage {
                t,
                p: Page {
                    other_lang_url: format!("{PAGE}?lang={}", t.other().word()),
                    ..user.page(&state).await?
                },
                user_name: user.login.user_name.clone(),
                codes,
            });
        }
        TurnedOn::Already => return Ok(Redirect::to(PAGE).into_response()),
        TurnedOn::WrongCode => t.factor_code_wrong(),
        TurnedOn::WrongPassword => t.factor_password_wrong(),
        TurnedOn::Locked => t.pick(Code::TooManyTries.zh(), Code::TooManyTries.en()),
    };
    let shown = page(&state, &user, &session, Some(error)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
}

/// `POST /console/account/second-factor/off`
pub async fn turn_off(
    State(state): State<ConsoleState>,
    user: SignedIn,
    session: Session,
    Form(form): Form<FactorForm>,
) -> Result<Response, Refusal> {
    let t = user.t;
    let turned = state
        .auth
        .turn_off_factor(&user.login, form.password, &form.code, here(&session));
    let error = match turned.await? {
        FactorChange::Done => {
            return Ok(Redirect::to("/console/account?done=factor_off").into_response());
        }
        FactorChange::WrongCode => t.factor_code_wrong(),
        FactorChange::WrongPassword => t.factor_password_wrong(),
        FactorChange::Locked => t.pick(Code::TooManyTries.zh(), Code::TooManyTries.en()),
    };
    let shown = page(&state, &user, &session, Some(error)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
}

/// Sends a browser whose password was right on to the code.
pub fn ask_for_code(state: &ConsoleState, token: &str, next: &str) -> Response {
    let to = match safe_next(next) {
        Some(next) => format!(
            "{CODE_PAGE}?next={}",
            crate::services::audit_file::encoded(next)
        ),
        None => CODE_PAGE.to_owned(),
    };
    let mut response = Redirect::to(&to).into_response();
    sign_in::put_cookie(
        &mut response,
        &pending_cookie(state, token, PENDING_MS / 1000),
    );
    response
}

fn pending_cookie(state: &ConsoleState, token: &str, age_s: i64) -> String {
    let secure = if state.config.tls { "; Secure" } else { "" };
    format!("{PENDING}={token}; Path=/sign-in; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}")
}

fn code_page(
    t: Lang,
    uri: &Uri,
    next: &str,
    error: Option<&'static str>,
) -> Result<Response, Refusal> {
    html(&CodePage {
        t,
        p: Page::bare(t, uri),
        error,
        next: safe_next(next).unwrap_or_default().to_owned(),
    })
}

/// `GET /sign-in/code`
pub async fn ask(
    State(state): State<ConsoleState>,
    Extension(t): Extension<Lang>,
    Query(query): Query<Next>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let token = cookie(&headers, PENDING).unwrap_or_default();
    if state.auth.held(token).await?.is_none() {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    code_page(t, &uri, &query.next, None)
}

/// The form.
#[derive(Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in/code`
pub async fn take(
    State(state): State<ConsoleState>,
    Extension(t): Extension<Lang>,
    session: Session,
    headers: HeaderMap,
    uri: Uri,
    Form(form): Form<CodeForm>,
) -> Result<Response, Refusal> {
    let token = cookie(&headers, PENDING).unwrap_or_default();
    let Some(pending) = state.auth.held(token).await? else {
        return Ok(Redirect::to("/sign-in?done=code_late").into_response());
    };
    let tried = state.auth.sign_in_with_code(pending, &form.code);
    let code = match tried.await? {
        SignIn::Done(login) if login.role.enters_console() => {
            let mut response = enter(&state, &session, &login, &form.next).await?;
            sign_in::put_cookie(&mut response, &pending_cookie(&state, "", 0));
            return Ok(response);
        }
        SignIn::Done(_) => Code::Forbidden,
        SignIn::Locked => Code::TooManyTries,
        _ => Code::SecondFactorWrong,
    };
    let page = code_page(t, &uri, &form.next, Some(t.pick(code.zh(), code.en())))?;
    answer(code, page)
}
