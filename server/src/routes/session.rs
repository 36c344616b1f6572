//! Setting up a login and signing in for the JSON interface.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::extract::Body;
use super::gate::{ApiSession, Routes, token_hash};
use crate::app::App;
use crate::auth::password::is_strong;
use crate::auth::types::SetUp;
use crate::auth::{Access, SignIn};
use crate::error::{Error, Result};

/// How long a token of the JSON interface is valid.
const SESSION_MS: i64 = 8 * 3600 * 1000;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::Open, routes!(set_up))
        .add(Access::Open, routes!(sign_in))
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
    if !is_strong(&b.password) || b.user_name.trim().is_empty() {
        return Err(Error::because(Code::Invalid, "user_name, password"));
    }
    let made = app.auth().set_up(&b.secret, &b.user_name, b.password).await;
    match made.map_err(Error::storage)? {
        SetUp::Done(login) => Ok(Json(MadeLogin {
            role: login.role.word(),
        })),
        SetUp::BadSecret => Err(Code::SignInFailed.into()),
        SetUp::NameTaken => Err(Error::because(Code::Conflict, "user_name")),
    }
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
struct SignInBody {
    user_name: String,
    password: String,
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
    let login = match auth.sign_in(&b.user_name, b.password).await {
        Ok(SignIn::Done(login)) => login,
        Ok(SignIn::Refused) => return Err(Code::SignInFailed.into()),
        Ok(SignIn::Locked) => return Err(Code::TooManyTries.into()),
        Err(e) => return Err(Error::storage(e)),
    };
    let token = auth.token().map_err(Error::storage)? + &auth.token().map_err(Error::storage)?;
    let expires_at_ms = app.now_ms() + SESSION_MS;
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
