//! The office's JSON interface under `/api/v1`: what the console shows and does, for programs.
//!
//! Invariant: [`authorize`] is asked before anything; what it does not name is refused, and a refusal leaves an audit
//! entry. Leaves out: pages (`console`).

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::auth::password::is_strong;
use crate::auth::types::{Login, SetUp};
use crate::auth::{Action, Role, SignIn, allows};
use crate::console::data::{ConsoleData, DataError, Viewer};
use crate::console::model::{Choice, HeldDecision, LockOrder, RecordFilter, Settlement};
use crate::error::{Error, Result};
use crate::services::office::Actor;

/// How long a token of the JSON interface is valid.
const SESSION_MS: i64 = 8 * 3600 * 1000;

type Body<T> = std::result::Result<Json<T>, JsonRejection>;
type Answer = Result<Response>;

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        let mut refusal = crate::error::Refusal::from(error.code);
        refusal.detail = error.detail;
        Error::Refused(refusal)
    }
}

fn body<T>(body: Body<T>) -> Result<T> {
    let Json(value) = body.map_err(|e| Error::because(Code::BadRequest, e.body_text()))?;
    Ok(value)
}

fn json<T: Serialize>(value: &T) -> Answer {
    let text = serde_json::to_vec(value).map_err(Error::storage)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text).into_response())
}

#[derive(Deserialize)]
struct SetUpBody {
    secret: String,
    user_name: String,
    password: String,
}

/// Makes a login from a one-time secret.
async fn set_up(State(app): State<Arc<App>>, b: Body<SetUpBody>) -> Answer {
    let b = body(b)?;
    if !is_strong(&b.password) || b.user_name.trim().is_empty() {
        return Err(Error::because(Code::Invalid, "user_name, password"));
    }
    let made = app.auth().set_up(&b.secret, &b.user_name, b.password).await;
    match made.map_err(Error::storage)? {
        SetUp::Done(login) => json(&serde_json::json!({"role": login.role.word()})),
        SetUp::BadSecret => Err(Code::SignInFailed.into()),
        SetUp::NameTaken => Err(Error::because(Code::Conflict, "user_name")),
    }
}

#[derive(Deserialize)]
struct SignInBody {
    user_name: String,
    password: String,
}

#[derive(Serialize)]
struct SessionAnswer {
    token: String,
    expires_at_ms: i64,
    role: &'static str,
}

#[derive(Serialize, Deserialize)]
struct ApiSession {
    api_login: Uuid,
}

fn token_hash(token: &str) -> [u8; 32] {
    protocol::chain::sha256(format!("api {token}").as_bytes())
}

/// Signs in for the JSON interface; the token is a bearer token.
async fn sign_in(State(app): State<Arc<App>>, b: Body<SignInBody>) -> Answer {
    let b = body(b)?;
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
    json(&SessionAnswer {
        token,
        expires_at_ms,
        role: login.role.word(),
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who asks, if he may do this.
///
/// # Errors
/// `Unauthorised` without a valid token, `Forbidden` (audited) without the right.
pub async fn authorize(app: &App, headers: &HeaderMap, action: Action) -> Result<Viewer> {
    let login = signed_in(app, headers).await?;
    let login = login.ok_or_else(|| Error::from(Code::Unauthorised))?;
    if !allows(login.role, action) {
        let noted = app
            .auth()
            .audit(&login, action.word(), "", false, "forbidden");
        noted.await.map_err(Error::storage)?;
        return Err(Code::Forbidden.into());
    }
    Ok(Viewer {
        user_name: login.user_name,
        role: login.role,
        account: login.account,
    })
}

async fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<Login>> {
    let Some(token) = bearer(headers) else {
        return Ok(None);
    };
    let store = app.auth().store();
    let session = store.load_session(token_hash(token), app.now_ms()).await;
    let Some((data, _)) = session.map_err(Error::storage)? else {
        return Ok(None);
    };
    let Ok(session) = serde_json::from_str::<ApiSession>(&data) else {
        return Ok(None);
    };
    let login = store
        .login(session.api_login)
        .await
        .map_err(Error::storage)?;
    Ok(login.filter(|l| l.active))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InviteBody {
    role: String,
}

/// A one-time secret for a new login of a role; shown once.
async fn invite(State(app): State<Arc<App>>, h: HeaderMap, b: Body<InviteBody>) -> Answer {
    authorize(&app, &h, Action::ManageLogins).await?;
    let role = Role::parse(&body(b)?.role).filter(|r| r.enters_console());
    let role = role.ok_or_else(|| Error::because(Code::Invalid, "role"))?;
    let by = signed_in(&app, &h).await?;
    let by = by.ok_or_else(|| Error::from(Code::Unauthorised))?;
    let secret = app.auth().invite(&by, role).await.map_err(Error::storage)?;
    json(&serde_json::json!({"secret": secret}))
}

/// Who may sign in.
async fn list_logins(State(app): State<Arc<App>>, h: HeaderMap) -> Answer {
    authorize(&app, &h, Action::ManageLogins).await?;
    let logins = app.auth().store().logins().await.map_err(Error::storage)?;
    let one = |l: &Login| {
        serde_json::json!({
            "id": l.id,
            "user_name": l.user_name,
            "role": l.role.word(),
            "active": l.active,
        })
    };
    json(&logins.iter().map(one).collect::<Vec<_>>())
}

async fn show_board(State(app): State<Arc<App>>, h: HeaderMap) -> Answer {
    let viewer = authorize(&app, &h, Action::ViewBoard).await?;
    json(&app.board(&viewer).await?)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RecordsQuery {
    kind: Option<String>,
    township: Option<String>,
    group: Option<Uuid>,
    site_kind: Option<domain::SiteKind>,
    author: Option<Uuid>,
    state: Option<String>,
    conflict: bool,
    q: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

async fn list_records(
    State(app): State<Arc<App>>,
    h: HeaderMap,
    query: std::result::Result<Query<RecordsQuery>, axum::extract::rejection::QueryRejection>,
) -> Answer {
    let viewer = authorize(&app, &h, Action::ViewRecords).await?;
    let Query(q) = query.map_err(|e| Error::because(Code::BadRequest, e.body_text()))?;
    let filter = RecordFilter {
        record_kind: q.kind,
        township: q.township,
        group: q.group,
        site_kind: q.site_kind,
        author: q.author,
        state: q.state,
        conflict_only: q.conflict,
        q: q.q,
        cursor: q.cursor,
        limit: q.limit.unwrap_or(50),
    };
    json(&app.records(&viewer, &filter).await?)
}

async fn show_record(State(app): State<Arc<App>>, h: HeaderMap, id: PathId) -> Answer {
    let viewer = authorize(&app, &h, Action::ViewRecords).await?;
    json(&app.record(&viewer, path_id(id)?).await?)
}

type PathId = std::result::Result<Path<Uuid>, axum::extract::rejection::PathRejection>;

fn path_id(id: PathId) -> Result<Uuid> {
    id.map(|Path(id)| id).map_err(|_| Code::NotFound.into())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettleBody {
    field: String,
    shown: Vec<String>,
    take: Option<String>,
    text: Option<String>,
    reason: String,
}

async fn settle_field(
    State(app): State<Arc<App>>,
    h: HeaderMap,
    id: PathId,
    b: Body<SettleBody>,
) -> Answer {
    let viewer = authorize(&app, &h, Action::SettleConflict).await?;
    let (record, b) = (path_id(id)?, body(b)?);
    let choice = match (b.take, b.text) {
        (Some(dot), None) => Choice::Take(dot),
        (None, Some(text)) => Choice::Text(text),
        _ => return Err(Error::because(Code::BadRequest, "take or text")),
    };
    let order = Settlement {
        record,
        field: b.field,
        shown: b.shown,
        choice,
        reason: b.reason,
    };
    app.settle(&viewer, &order).await?;
    json(&serde_json::json!({"settled": true}))
}

async fn list_conflicts(State(app): State<Arc<App>>, h: HeaderMap) -> Answer {
    authorize(&app, &h, Action::ViewRecords).await?;
    json(&app.open_conflicts(current(&app).await?).await?)
}

/// The campaign made last.
async fn current(app: &App) -> Result<Uuid> {
    let c = app.current_campaign().await?;
    c.map(|c| c.id).ok_or_else(|| Code::NotFound.into())
}

async fn list_groups(State(app): State<Arc<App>>, h: HeaderMap) -> Answer {
    let viewer = authorize(&app, &h, Action::ViewBoard).await?;
    json(&app.groups(&viewer).await?)
}

async fn show_lock(State(app): State<Arc<App>>, h: HeaderMap, id: PathId) -> Answer {
    let viewer = authorize(&app, &h, Action::LockGroup).await?;
    json(&ConsoleData::lock_check(&*app, &viewer, path_id(id)?).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockBody {
    shown: String,
    reason: Option<String>,
}

async fn lock_group(
    State(app): State<Arc<App>>,
    h: HeaderMap,
    id: PathId,
    b: Body<LockBody>,
) -> Answer {
    let viewer = authorize(&app, &h, Action::LockGroup).await?;
    let (group, b) = (path_id(id)?, body(b)?);
    let order = LockOrder {
        group,
        shown: b.shown,
        reason: b.reason,
    };
    json(&app.lock(&viewer, &order).await?)
}

#[derive(Serialize)]
struct ResultsAnswer {
    input: domain::score::Input,
    outcome: domain::score::Outcome,
}

/// The score file and the result of the last lock, as `guanmo score` knows them.
async fn show_results(State(app): State<Arc<App>>, h: HeaderMap) -> Answer {
    authorize(&app, &h, Action::ViewRanking).await?;
    let (input, outcome) = app.results(current(&app).await?).await?;
    json(&ResultsAnswer { input, outcome })
}

async fn show_ranking(State(app): State<Arc<App>>, h: HeaderMap) -> Answer {
    let viewer = authorize(&app, &h, Action::ViewRanking).await?;
    json(&app.ranking(&viewer).await?)
}

async fn explain_result(
    State(app): State<Arc<App>>,
    h: HeaderMap,
    Path(code): Path<String>,
) -> Answer {
    let viewer = authorize(&app, &h, Action::ViewRanking).await?;
    json(&app.explain(&viewer, &code).await?)
}

async fn export_results(State(app): State<Arc<App>>, h: HeaderMap) -> Answer {
    authorize(&app, &h, Action::ViewRanking).await?;
    json(&app.export(current(&app).await?).await?)
}

async fn list_held(State(app): State<Arc<App>>, h: HeaderMap) -> Answer {
    let viewer = authorize(&app, &h, Action::DecideHeld).await?;
    json(&app.held(&viewer).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeldBody {
    id: String,
    accept: bool,
    reason: String,
}

async fn decide_held(State(app): State<Arc<App>>, h: HeaderMap, b: Body<HeldBody>) -> Answer {
    let viewer = authorize(&app, &h, Action::DecideHeld).await?;
    let b = body(b)?;
    let decision = HeldDecision {
        id: b.id,
        accept: b.accept,
        reason: b.reason,
    };
    app.decide_held(&viewer, &decision).await?;
    json(&serde_json::json!({"decided": true}))
}

async fn list_people(State(app): State<Arc<App>>, h: HeaderMap) -> Answer {
    let viewer = authorize(&app, &h, Action::ViewPeople).await?;
    json(&app.people(&viewer).await?)
}

async fn issue_code(State(app): State<Arc<App>>, h: HeaderMap, id: PathId) -> Answer {
    let viewer = authorize(&app, &h, Action::IssueCode).await?;
    let actor = Actor::new(viewer.user_name, viewer.role.word());
    let code = app.issue_code(&actor, path_id(id)?).await?;
    json(&serde_json::json!({"code": code}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonBody {
    reason: String,
}

async fn revoke_device(
    State(app): State<Arc<App>>,
    h: HeaderMap,
    id: PathId,
    b: Body<ReasonBody>,
) -> Answer {
    let viewer = authorize(&app, &h, Action::RevokeDevice).await?;
    let (device, b) = (path_id(id)?, body(b)?);
    ConsoleData::revoke_device(&*app, &viewer, device, &b.reason).await?;
    json(&serde_json::json!({"revoked": true}))
}

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/setup", post(set_up))
        .route("/api/v1/session", post(sign_in))
        .route("/api/v1/board", get(show_board))
        .route("/api/v1/records", get(list_records))
        .route("/api/v1/records/{id}", get(show_record))
        .route("/api/v1/records/{id}/settle", post(settle_field))
        .route("/api/v1/conflicts", get(list_conflicts))
        .route("/api/v1/groups", get(list_groups))
        .route("/api/v1/groups/{id}/lock", get(show_lock).post(lock_group))
        .route("/api/v1/logins", get(list_logins).post(invite))
        .route("/api/v1/ranking", get(show_ranking))
        .route("/api/v1/results", get(show_results))
        .route("/api/v1/results/{code}", get(explain_result))
        .route("/api/v1/export", get(export_results))
        .route("/api/v1/held", get(list_held).post(decide_held))
        .route("/api/v1/people", get(list_people))
        .route("/api/v1/people/{id}/code", post(issue_code))
        .route("/api/v1/devices/{id}/revoke", post(revoke_device))
}
