//! The gate before every route of the JSON interface: who calls, and may they.
//!
//! Invariant: a route is added with its [`Access`] or not at all; what a right is missing for is refused before the
//! handler runs, with an audit entry. The handler asks [`may`](crate::auth::may) about the thing itself.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter};
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::openapi::HttpMethod;
use utoipa_axum::PathItemExt;
#[cfg(test)]
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use uuid::Uuid;

use super::idempotency;
use crate::app::App;
use crate::auth::access::Row;
use crate::auth::types::Login;
use crate::auth::{Access, Viewer, allows};
use crate::error::{Error, Result};

/// A handler, where it is found, and how it is described if somebody asks.
pub struct Handler {
    path: String,
    methods: Vec<HttpMethod>,
    router: MethodRouter<Arc<App>>,
    #[cfg(test)]
    describe: Option<fn() -> UtoipaMethodRouter<Arc<App>>>,
}

impl Handler {
    /// By `P`, which `utoipa::path` makes beside a handler; `router` serves it by a method. The macro `routes` fills in
    /// both.
    pub fn new<P: utoipa::Path>(
        router: impl FnOnce(MethodFilter) -> MethodRouter<Arc<App>>,
    ) -> Self {
        let methods = P::methods();
        let filters = methods.iter().map(PathItemExt::to_method_filter);
        // invariant: utoipa makes no path without a method.
        let filter = filters.reduce(MethodFilter::or).expect("a method");
        Self {
            path: P::path(),
            router: router(filter),
            methods,
            #[cfg(test)]
            describe: None,
        }
    }

    /// With its description.
    #[cfg(test)]
    pub fn described(mut self, describe: fn() -> UtoipaMethodRouter<Arc<App>>) -> Self {
        self.describe = Some(describe);
        self
    }

    /// With another limit of a body than the interface's own, bytes.
    pub fn limited(mut self, bytes: usize) -> Self {
        self.router = self.router.layer(DefaultBodyLimit::max(bytes));
        self
    }
}

/// A handler for [`Routes::add`]. Unlike utoipa's own macro of this name it describes nothing in a server.
macro_rules! routes {
    ($handler:ident) => {
        utoipa_axum::paste! {{
            let handler = $crate::routes::gate::Handler::new::<[<__path_ $handler>]>(
                |methods| axum::routing::on(methods, $handler),
            );
            #[cfg(test)]
            let handler = handler.described(|| utoipa_axum::routes!($handler));
            handler
        }}
    };
}
pub(crate) use routes;

/// The routes of the JSON interface with what each asks.
pub struct Routes {
    app: Arc<App>,
    router: Router<Arc<App>>,
    rows: Vec<Row>,
    #[cfg(test)]
    described: OpenApiRouter<Arc<App>>,
}

fn word(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Head => "HEAD",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Trace => "TRACE",
    }
}

impl Routes {
    /// None yet. A server keeps no description: that of all handlers together is several megabytes, and it sends the
    /// committed one (`docs`).
    pub fn new(app: &Arc<App>) -> Self {
        Self {
            app: Arc::clone(app),
            router: Router::new(),
            rows: Vec::new(),
            #[cfg(test)]
            described: OpenApiRouter::new(),
        }
    }

    /// Adds a handler (`routes!(handler)`) that asks for `access`.
    #[must_use]
    pub fn add(mut self, access: Access, handler: Handler) -> Self {
        let path = &handler.path;
        self.rows.extend(handler.methods.iter().map(|method| Row {
            method: word(method),
            path: path.clone(),
            access,
        }));
        let state = (Arc::clone(&self.app), access);
        let gated = handler.router.route_layer(from_fn_with_state(state, pass));
        self.router = self.router.route(path, gated);
        #[cfg(test)]
        if let Some(describe) = handler.describe {
            self.described = std::mem::take(&mut self.described).routes(describe());
        }
        self
    }

    /// The router, and what each route asks.
    pub fn finish(self) -> (Router<Arc<App>>, Vec<Row>) {
        (self.router, self.rows)
    }

    /// The description, OpenAPI 3.1, as far as the handlers say it.
    #[cfg(test)]
    pub fn description(self) -> utoipa::openapi::OpenApi {
        self.described.into_openapi()
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
