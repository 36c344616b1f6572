//! The gate before every page: who is signed in, may they, and is the form one of ours.
//!
//! Invariant: a page is added with its [`Access`] or not at all. A form reaches its handler only with the token of its
//! session; a right that is missing is refused with an audit entry. Leaves out: the origin (`middleware::origin`).

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use protocol::problem::Code;

use super::once::Once;
use super::page::home;
use super::refusal::{Home, Refusal};
use super::second_factor;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::access::Row;
use crate::auth::{Access, Action};

/// Largest form without a file, bytes.
const FORM_BYTES: usize = 1 << 20;

/// The pages with what each asks.
pub struct Pages {
    state: ConsoleState,
    router: Router<ConsoleState>,
    rows: Vec<Row>,
}

impl Pages {
    /// None yet.
    pub fn new(state: &ConsoleState) -> Self {
        Self {
            state: state.clone(),
            router: Router::new(),
            rows: Vec::new(),
        }
    }

    /// Adds a page (`GET`).
    #[must_use]
    pub fn page<H, T>(self, access: impl Into<Access>, path: &str, handler: H) -> Self
    where
        H: Handler<T, ConsoleState>,
        T: 'static,
    {
        self.add("GET", access.into(), path, get(handler))
    }

    /// Adds a form (`POST`), whose token the gate checks. A form with a file needs [`super::upload::Upload`].
    #[must_use]
    pub fn form<H, T>(self, access: impl Into<Access>, path: &str, handler: H) -> Self
    where
        H: Handler<T, ConsoleState>,
        T: 'static,
    {
        self.add("POST", access.into(), path, post(handler))
    }

    /// Adds a form with a file of at most so many bytes; its handler takes [`super::upload::Upload`].
    #[must_use]
    pub fn upload<H, T>(
        self,
        access: impl Into<Access>,
        path: &str,
        most: usize,
        handler: H,
    ) -> Self
    where
        H: Handler<T, ConsoleState>,
        T: 'static,
    {
        let limit = axum::extract::DefaultBodyLimit::max(most + FORM_BYTES);
        self.add("POST", access.into(), path, post(handler).layer(limit))
    }

    fn add(
        mut self,
        method: &'static str,
        access: Access,
        path: &str,
        handler: MethodRouter<ConsoleState>,
    ) -> Self {
        let gated = match access {
            Access::Open | Access::Phone => handler,
            _ => {
                let state = (self.state.clone(), access);
                handler.route_layer(from_fn_with_state(state, pass))
            }
        };
        self.router = self.router.route(path, gated);
        self.rows.push(Row {
            method,
            path: path.to_owned(),
            access,
        });
        self
    }

    /// The router, and what each page asks.
    pub fn finish(self) -> (Router<ConsoleState>, Vec<Row>) {
        (self.router, self.rows)
    }
}

impl From<Action> for Access {
    fn from(action: Action) -> Self {
        Self::May(action)
    }
}

async fn pass(
    State((state, access)): State<(ConsoleState, Access)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let user = match SignedIn::read(&mut parts, &state).await {
        Ok(user) => user,
        Err(not) => return not.into_response(),
    };
    let first = Home(home(user.login.role));
    let mut response = admitted(
        (state, access),
        user,
        Request::from_parts(parts, body),
        next,
    )
    .await;
    response.extensions_mut().insert(first);
    response
}

/// What the gate does for somebody who is signed in.
async fn admitted(
    (state, access): (ConsoleState, Access),
    user: SignedIn,
    request: Request,
    next: Next,
) -> Response {
    if let Err(wait_s) = state.auth.limits().login(user.login.id) {
        let mut refused = Refusal::new(Code::TooManyRequests).into_response();
        let headers = refused.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
        return refused;
    }
    if user.login.must_change && access != Access::SignedIn {
        return Redirect::to("/console/account?done=must_change").into_response();
    }
    if state.auth.lacks_second_factor(&user.login) && access != Access::SignedIn {
        return Redirect::to(second_factor::PAGE).into_response();
    }
    if let Access::May(action) = access
        && let Err(refusal) = user.require(&state, action).await
    {
        return refusal.into_response();
    }
    let (mut request, once) = if request.method() == Method::POST {
        match checked(&state, &user, request).await {
            Ok(checked) => checked,
            Err(refusal) => return refusal.into_response(),
        }
    } else {
        (request, None)
    };
    request.extensions_mut().insert(user.clone());
    match once {
        Some(once) => once.run(&state, &user, request, next).await,
        None => next.run(request).await,
    }
}

/// True for a form with a file, whose token `Upload` checks.
fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|k| k.to_str().ok()).unwrap_or_default();
    kind.starts_with("multipart/form-data")
}

async fn checked(
    state: &ConsoleState,
    user: &SignedIn,
    request: Request,
) -> Result<(Request, Option<Once>), Refusal> {
    if is_multipart(request.headers()) {
        return Ok((request, None));
    }
    let (parts, body) = request.into_parts();
    let read = axum::body::to_bytes(body, FORM_BYTES).await;
    let bytes = read.map_err(|_| Refusal::new(Code::RequestTooLarge))?;
    user.check_token(state, &token(&bytes)).await?;
    let once = Once::of_form(parts.uri.path(), &bytes);
    Ok((Request::from_parts(parts, Body::from(bytes)), once))
}

/// The field `csrf` of a form; tokens are hex and need no decoding.
fn token(form: &Bytes) -> String {
    let pairs = form.split(|b| *b == b'&');
    let found = pairs
        .filter_map(|p| p.strip_prefix(b"csrf="))
        .next()
        .unwrap_or_default();
    String::from_utf8_lossy(found).into_owned()
}

impl FromRequestParts<ConsoleState> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &ConsoleState,
    ) -> Result<Self, Refusal> {
        let user = parts.extensions.get::<Self>().cloned();
        user.ok_or_else(|| Refusal::new(Code::Unauthorised))
    }
}
