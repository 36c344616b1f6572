//! The gate before every route of the JSON interface: who calls, and may they.
//!
//! Invariant: a route is added with its [`Access`] or not at all; what a right is missing for is refused before the
//! handler runs, with an audit entry. The handler asks [`may`](crate::auth::may) about the thing itself.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{OpenApi, PathItem};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use uuid::Uuid;

use super::idempotency;
use crate::app::App;
use crate::auth::access::Row;
use crate::auth::types::Login;
use crate::auth::{Access, Viewer, allows};
use crate::error::{Error, Result};

/// The routes of the JSON interface with what each asks.
pub struct Routes {
    app: Arc<App>,
    router: OpenApiRouter<Arc<App>>,
    rows: Vec<Row>,
    described: bool,
}

impl Routes {
    /// None yet, to serve: the descriptions of the handlers are dropped, since together they are several megabytes.
    pub fn new(app: &Arc<App>) -> Self {
        Self {
            app: Arc::clone(app),
            router: OpenApiRouter::new(),
            rows: Vec::new(),
            described: false,
        }
    }

    /// None yet, to describe; `api` is the head of the description.
    pub fn described(app: &Arc<App>, api: OpenApi) -> Self {
        Self {
            router: OpenApiRouter::with_openapi(api),
            described: true,
            ..Self::new(app)
        }
    }

    /// Adds handlers (`routes!(handler)`) that ask for `access`.
    #[must_use]
    pub fn add(mut self, access: Access, routes: UtoipaMethodRouter<Arc<App>>) -> Self {
        let (mut schemas, mut paths, methods) = routes;
        for (path, item) in &paths.paths {
            let methods = [
                ("GET", &item.get),
                ("POST", &item.post),
                ("PUT", &item.put),
                ("PATCH", &item.patch),
                ("DELETE", &item.delete),
            ];
            let added = methods.into_iter().filter(|(_, op)| op.is_some());
            self.rows.extend(added.map(|(method, _)| Row {
                method,
                path: path.clone(),
                access,
            }));
        }
        if !self.described {
            schemas.clear();
            paths
                .paths
                .values_mut()
                .for_each(|item| *item = PathItem::default());
        }
        let state = (Arc::clone(&self.app), access);
        let gated = methods.route_layer(from_fn_with_state(state, pass));
        self.router = self.router.routes((schemas, paths, gated));
        self
    }

    /// The router, the description, and what each route asks.
    pub fn finish(self) -> (Router<Arc<App>>, OpenApi, Vec<Row>) {
        let (router, api) = self.router.split_for_parts();
        (router, api, self.rows)
    }
}

/// What a session of the interface holds.
#[derive(Serialize, Deserialize)]
pub(super) struct ApiSession {
    pub api_login: Uuid,
}

/// How a token is stored.
pub(super) fn token_hash(token: &str) -> [u8; 32] {
    protocol::chain::sha256(format!("api {token}").as_bytes())
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
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
    let login = app.auth().usable(session.api_login).await;
    login.map_err(Error::storage)
}

/// `?campaign=ID`. A typing error must not lead to the current campaign.
fn chosen(uri: &Uri) -> Result<Option<Uuid>> {
    let mut pairs = uri.query().unwrap_or_default().split('&');
    let id = pairs.find_map(|p| p.strip_prefix("campaign="));
    let id = id.filter(|id| !id.is_empty()).map(Uuid::try_parse);
    id.transpose()
        .map_err(|_| Error::because(Code::BadRequest, "campaign"))
}

async fn pass(
    State((app, access)): State<(Arc<App>, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    match viewer(&app, access, request.headers(), request.uri()).await {
        Ok(Some(viewer)) => {
            let login = viewer.login.id;
            request.extensions_mut().insert(viewer);
            let done = idempotency::once(&app, login, access, request, next).await;
            return done.unwrap_or_else(IntoResponse::into_response);
        }
        Ok(None) => {}
        Err(error) => return error.into_response(),
    }
    next.run(request).await
}

async fn viewer(
    app: &App,
    access: Access,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Option<Viewer>> {
    let action = match access {
        Access::Open | Access::Phone => return Ok(None),
        Access::SignedIn => None,
        Access::May(action) => Some(action),
    };
    let login = signed_in(app, headers).await?;
    let login = login.ok_or_else(|| Error::from(Code::Unauthorised))?;
    app.auth()
        .limits()
        .login(login.id)
        .map_err(Error::too_many)?;
    if login.must_change && access != Access::SignedIn {
        return Err(Code::PasswordExpired.into());
    }
    if app.auth().lacks_second_factor(&login) && access != Access::SignedIn {
        return Err(Code::SecondFactorDue.into());
    }
    if let Some(action) = action.filter(|a| !allows(login.role, *a)) {
        let auth = app.auth();
        let noted = auth.audit(&login, action.word(), uri.path(), false, "forbidden");
        noted.await.map_err(Error::storage)?;
        return Err(Code::Forbidden.into());
    }
    Ok(Some(Viewer::new(login, chosen(uri)?)))
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let viewer = parts.extensions.get::<Self>().cloned();
        viewer.ok_or_else(|| Code::Unauthorised.into())
    }
}
