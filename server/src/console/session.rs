//! Who is signed in: the session behind the cookie, read afresh for every request.
//!
//! Invariant: a closed login or another role acts at once, not at the next sign-in; a page that refreshes by itself
//! does not keep a session alive. Leaves out: making one (`sign_in`).

use askama::Template;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, Session};
use uuid::Uuid;

use super::page::{Page, home, html, menu, notice, with_pair};
use super::refusal::Refusal;
use super::state::ConsoleState;
use crate::auth::types::Login;
use crate::auth::{Action, Viewer, allows};
use crate::error::Result as Done;
use crate::i18n::Lang;
use crate::middleware::density::Density;
use crate::settings::Settings;
use crate::store::sqlite::entropy;

/// The key of our values in the session.
pub const KEY: &str = "user";
/// Requests closer together than this do not prolong the session again.
const TOUCH_MS: i64 = 60_000;

/// What the session holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionUser {
    /// The login.
    pub login: Uuid,
    /// Token that every form carries.
    pub csrf: String,
    /// When somebody last did something.
    pub seen_ms: i64,
    /// When somebody signed in: however busy, the session ends some hours later, as the office set it.
    #[serde(default)]
    pub began_ms: i64,
    /// The campaign looked at; none: the current one.
    #[serde(default)]
    pub campaign: Option<Uuid>,
}

/// A person at the console, and how the page is to be framed.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The login.
    pub login: Login,
    /// Language.
    pub t: Lang,
    density: Density,
    csrf: String,
    campaign: Option<Uuid>,
    uri: Uri,
}

#[derive(Template)]
#[template(path = "no_campaign.html")]
struct NoCampaign {
    t: Lang,
    p: Page,
}

impl NoCampaign {
    fn may_prepare(&self) -> bool {
        self.p.viewer.as_ref().is_some_and(Viewer::may_prepare)
    }

    /// The heading of the page it stands in for: that of the menu.
    fn heading(&self) -> &'static str {
        let mut items = self.p.menu.iter().flat_map(|s| &s.items);
        let current = items.find(|m| m.current);
        current.map_or_else(|| self.t.no_campaign(), |m| m.label)
    }
}

/// Nobody is signed in.
#[derive(Debug)]
pub enum NotSignedIn {
    /// Go to the sign-in page and come back.
    Redirect(String),
    /// The same, for a request that htmx made.
    Htmx,
    /// The session could not be read.
    Failed(Refusal),
}

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        match self {
            Self::Redirect(to) => Redirect::to(&to).into_response(),
            Self::Htmx => {
                let to = [("hx-redirect", "/sign-in?next=/console")];
                (StatusCode::UNAUTHORIZED, to).into_response()
            }
            Self::Failed(refusal) => refusal.into_response(),
        }
    }
}

impl<E: Into<Refusal>> From<E> for NotSignedIn {
    fn from(e: E) -> Self {
        Self::Failed(e.into())
    }
}

/// When a session ends by itself, counted from what is done in it.
pub fn expiry(settings: &Settings) -> Expiry {
    Expiry::OnInactivity(Duration::milliseconds(settings.idle_ms()))
}

fn is_htmx(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

/// Where to sign in, coming back to this page if it can be opened by a link.
fn sign_in_url(parts: &Parts) -> String {
    let reads = parts.method == axum::http::Method::GET;
    match parts.uri.path_and_query() {
        // Our own paths need no escaping but for the query's separators.
        Some(at) if reads => {
            let next = at.as_str().replace('%', "%25").replace('&', "%26");
            format!("/sign-in?next={}", next.replace('#', "%23"))
        }
        _ => "/sign-in".to_owned(),
    }
}

impl SignedIn {
    /// Who the request's cookie belongs to.
    pub(super) async fn read(parts: &mut Parts, state: &ConsoleState) -> Result<Self, NotSignedIn> {
        let t = parts.extensions.get::<Lang>().copied().unwrap_or_default();
        let session = parts.extensions.get::<Session>().cloned();
        let session = session.ok_or_else(|| Refusal::new(Code::Internal))?;
        let user: Option<SessionUser> = session.get(KEY).await?;
        let login = match &user {
            Some(user) => state.auth.usable(user.login).await?,
            None => None,
        };
        let (now_ms, settings) = (state.auth.now_ms(), state.app.settings());
        let user = user.filter(|u| {
            let idle_ms = now_ms - u.seen_ms;
            now_ms - u.began_ms < settings.session_ms() && idle_ms < settings.idle_ms() + TOUCH_MS
        });
        let active = login.filter(|l| l.role.enters_console());
        let (Some(mut user), Some(login)) = (user, active) else {
            if is_htmx(&parts.headers) {
                return Err(NotSignedIn::Htmx);
            }
            return Err(NotSignedIn::Redirect(sign_in_url(parts)));
        };
        if !is_htmx(&parts.headers) && now_ms - user.seen_ms > TOUCH_MS {
            user.seen_ms = now_ms;
            session.set_expiry(Some(expiry(&settings)));
            session.insert(KEY, &user).await?;
        }
        Ok(Self {
            login,
            t,
            density: parts.extensions.get().copied().unwrap_or_default(),
            csrf: user.csrf,
            campaign: user.campaign,
            uri: parts.uri.clone(),
        })
    }

    /// As the services see them.
    pub fn viewer(&self) -> Viewer {
        Viewer::new(self.login.clone(), self.campaign)
    }

    /// True if the role may do it.
    pub fn may(&self, action: Action) -> bool {
        allows(self.login.role, action)
    }

    /// Refuses, with an audit entry, what the role may not do.
    pub async fn require(&self, state: &ConsoleState, action: Action) -> Result<(), Refusal> {
        if self.may(action) {
            return Ok(());
        }
        let path = self.uri.path();
        let refused = Code::Forbidden.as_str();
        let auth = &state.auth;
        auth.audit(&self.login, action.word(), path, false, refused)
            .await?;
        Err(Refusal::new(Code::Forbidden).back_to(home(self.login.role)))
    }

    /// The page that stands in for every other before there is a campaign.
    pub async fn no_campaign(&self, state: &ConsoleState) -> Result<Option<Response>, Refusal> {
        let p = self.page(state).await?;
        if p.campaign.is_some() {
            return Ok(None);
        }
        html(&NoCampaign { t: self.t, p }).map(Some)
    }

    /// Refuses a form without this session's token.
    pub async fn check_token(&self, state: &ConsoleState, token: &str) -> Result<(), Refusal> {
        if bool::from(token.as_bytes().ct_eq(self.csrf.as_bytes())) {
            return Ok(());
        }
        let path = self.uri.path();
        let auth = &state.auth;
        auth.audit(&self.login, "csrf", path, false, "bad token")
            .await?;
        Err(Refusal::csrf(Code::Forbidden))
    }

    /// Writes a refused action into the audit and passes on what came of it. One that was done has its entry from the
    /// data layer, in the same transaction.
    pub async fn audited<T>(
        &self,
        state: &ConsoleState,
        action: Action,
        object: &str,
        result: Done<T>,
    ) -> Result<Done<T>, Refusal> {
        if let Err(e) = &result {
            let auth = &state.auth;
            auth.audit(&self.login, action.word(), object, false, e.code())
                .await?;
        }
        Ok(result)
    }

    /// The frame of a page.
    pub async fn page(&self, state: &ConsoleState) -> Result<Page, Refusal> {
        let home = home(self.login.role);
        let at_home = self.uri.path() == home;
        Ok(Page {
            home,
            duty: self.t.duty(self.login.role).filter(|_| at_home),
            campaign: state.app.campaign_head(&self.viewer()).await?,
            density: self.density,
            other_density_url: with_pair(&self.uri, "density", self.density.other().word()),
            viewer: Some(self.viewer()),
            csrf: self.csrf.clone(),
            once: hex::encode(entropy::<16>()?),
            menu: menu(self.t, self.login.role, self.uri.path()),
            notice: notice(self.t, &self.uri),
            ..Page::bare(self.t, &self.uri)
        })
    }
}
