//! Setting up a login and signing in for the JSON interface.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::Body;
use super::gate::{ApiSession, Routes, bearer, routes, token_hash};
use crate::app::App;
use crate::auth::types::{PasswordChange, SetUp};
use crate::auth::{Access, SignIn, Viewer};
use crate::error::{Error, Result};

/// How long a token of the JSON interface is valid, if the office does not end sessions earlier.
const SESSION_MS: i64 = 8 * 3600 * 1000;
/// When to come back, seconds.
const LOCKED_S: u32 = 15 * 60;
const BUSY_S: u32 = 2;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::Open, routes!(set_up))
        .add(Access::Open, routes!(sign_in))
        .add(Access::SignedIn, routes!(sign_out))
        .add(Access::SignedIn, routes!(change_password))
}

/// A one-time secret and the login to make of it.
#[derive(Deserialize, ToSchema)]
struct SetUpBody {
    secret: String,
    user_name: String,
    password: String,
}

/// The login that was made.
#[derive(Serialize, ToSchema)]
struct MadeLogin {
    role: &'static str,
}

/// Makes a login from a one-time secret.
#[utoipa::path(post, path = "/api/v1/setup", tag = "session", request_body = SetUpBody,
    responses((status = 200, body = MadeLogin)))]
async fn set_up(State(app): State<Arc<App>>, Body(b): Body<SetUpBody>) -> Result<Json<MadeLogin>> {
    let name = b.user_name.trim().chars().count();
    if !(1..=60).contains(&name) {
        return Err(Error::because(Code::Invalid, "user_name: 1–60"));
    }
    let made = app.auth().set_up(&b.secret, &b.user_name, b.password).await;
    match made.map_err(Error::storage)? {
        SetUp::Done(login) => Ok(Json(MadeLogin {
            role: login.role.word(),
        })),
        SetUp::BadSecret => Err(Code::SignInFailed.into()),
        SetUp::NameTaken => Err(Error::because(Code::Conflict, "user_name")),
        SetUp::Weak => Err(Code::PasswordWeak.into()),
        SetUp::Used => Err(Code::PasswordUsed.into()),
        SetUp::Busy => Err(Error::later(Code::Busy, BUSY_S)),
    }
}

/// Name and password, and a code if the login has a second factor.
#[derive(Deserialize, ToSchema)]
struct SignInBody {
    user_name: String,
    password: String,
    /// Of the generator, or a recovery code. Without it `second_factor_required` says that it is needed.
    #[serde(default)]
    code: Option<String>,
}

/// A bearer token.
#[derive(Serialize, ToSchema)]
struct SessionAnswer {
    token: String,
    /// ms UTC
    expires_at_ms: i64,
    role: &'static str,
}

/// Signs in; the token goes into `Authorization: Bearer`.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = SignInBody,
    responses((status = 200, body = SessionAnswer)))]
async fn sign_in(
    State(app): State<Arc<App>>,
    Body(b): Body<SignInBody>,
) -> Result<Json<SessionAnswer>> {
    let auth = app.auth();
    let mut tried = auth.sign_in(&b.user_name, b.password, None).await?;
    if let (SignIn::CodeAsked(pending), Some(code)) = (&tried, &b.code) {
        tried = auth.sign_in_with_code(pending.clone(), code).await?;
    }
    let login = match tried {
        SignIn::Done(login) => login,
        SignIn::Refused => return Err(Code::SignInFailed.into()),
        SignIn::CodeAsked(_) => return Err(Code::SecondFactorRequired.into()),
        SignIn::WrongCode => return Err(Code::SecondFactorWrong.into()),
        SignIn::Locked => return Err(Error::later(Code::TooManyTries, LOCKED_S)),
        SignIn::Busy => return Err(Error::later(Code::Busy, BUSY_S)),
    };
    let token = auth.token().map_err(Error::storage)? + &auth.token().map_err(Error::storage)?;
    let expires_at_ms = app.now_ms() + SESSION_MS.min(app.settings().session_ms());
    let session = ApiSession {
        api_login: login.id,
    };
    let data = serde_json::to_string(&session).map_err(Error::storage)?;
    let stored = auth
        .store()
        .save_session(token_hash(&token), data, expires_at_ms, true);
    stored.await.map_err(Error::storage)?;
    Ok(Json(SessionAnswer {
        token,
        expires_at_ms,
        role: login.role.word(),
    }))
}

/// Ends this session, or all of the login's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignOutBody {
    /// True: every session of this login.
    #[serde(default)]
    everywhere: bool,
}

/// How many sessions ended.
#[derive(Serialize, ToSchema)]
struct Ended {
    ended: u64,
}

/// Signs out.
#[utoipa::path(post, path = "/api/v1/session/end", tag = "session", request_body = SignOutBody,
    responses((status = 200, body = Ended)))]
async fn sign_out(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(b): Body<SignOutBody>,
) -> Result<Json<Ended>> {
    let (auth, login) = (app.auth(), &viewer.login);
    if b.everywhere {
        let ended = auth.sign_out_everywhere(login, login.id, None).await?;
        return Ok(Json(Ended {
            ended: ended as u64,
        }));
    }
    let token = bearer(&headers).ok_or_else(|| Error::from(Code::Unauthorised))?;
    let store = auth.store();
    store
        .delete_session(token_hash(token), app.now_ms())
        .await?;
    auth.audit(login, "sign_out", "", true, "").await?;
    Ok(Json(Ended { ended: 1 }))
}

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    old: String,
    new: String,
}

/// Done.
#[derive(Serialize, ToSchema)]
struct Changed {
    changed: bool,
}

/// Changes the own password; every other session ends.
#[utoipa::path(post, path = "/api/v1/session/password", tag = "session", request_body = PasswordBody,
    responses((status = 200, body = Changed)))]
async fn change_password(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    headers: HeaderMap,
    Body(b): Body<PasswordBody>,
) -> Result<Json<Changed>> {
    let keep = bearer(&headers).map(token_hash);
    let changed = app
        .auth()
        .change_password(&viewer.login, b.old, b.new, keep);
    match changed.await? {
        PasswordChange::Done => Ok(Json(Changed { changed: true })),
        PasswordChange::Wrong => Err(Code::PasswordWrong.into()),
        PasswordChange::Locked => Err(Error::later(Code::TooManyTries, LOCKED_S)),
        PasswordChange::Weak => Err(Code::PasswordWeak.into()),
        PasswordChange::Used => Err(Code::PasswordUsed.into()),
    }
}
