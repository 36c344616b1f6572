//! The audit log: filtered, newest first, with the check of its chain, and as a file.
//!
//! Invariant: the chain is checked from where it was good last, so a view costs what is new; the button checks all of
//! it. Leaves out: the anchors that phones keep (`services::anchor`, `guanmo verify`).

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use protocol::problem::Code;
use serde::Deserialize;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::auth::types::{AuditEntry, AuditFilter};
use crate::i18n::Lang;
use crate::services::audit_file::{self, AuditForm, DayFilter};
use crate::services::units::{self, Divisions};

const PAGE: u32 = 100;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewAudit, "/console/audit", list).page(
        Action::ViewAudit,
        "/console/audit/export",
        export,
    )
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditView {
    t: Lang,
    p: Page,
    q: AuditQuery,
    /// The filter as a query, to carry on.
    query: String,
    entries: Vec<(i64, AuditEntry)>,
    /// Actions that stand in the audit.
    actions: Vec<String>,
    divisions: Divisions,
    before: Option<i64>,
    broken: Option<i64>,
}

/// The filter as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AuditQuery {
    #[serde(default)]
    user: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    object: String,
    #[serde(default)]
    ok: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    before: Option<i64>,
    #[serde(default)]
    full: String,
    #[serde(default)]
    form: String,
}

impl AuditView {
    /// What an entry says, with the words of roles and the names of units for what the audit keeps.
    fn detail(&self, e: &AuditEntry) -> String {
        if !["manage_logins", "change_login"].contains(&e.action.as_str()) {
            return e.detail.clone();
        }
        let (grant, reason) = match e.detail.split_once(": ") {
            Some((grant, reason)) => (grant, Some(reason)),
            None => (e.detail.as_str(), None),
        };
        let words = grant.split(' ').enumerate().map(|(at, word)| match at {
            0 => self.t.role_word(word),
            _ if word == "group" => self.t.group().to_owned(),
            _ => units::name(&self.divisions, word),
        });
        let words: Vec<String> = words.collect();
        match reason {
            Some(reason) => format!("{}{}{reason}", words.join(" "), self.t.colon()),
            None => words.join(" "),
        }
    }
}

impl AuditQuery {
    /// True if it leaves anything out.
    fn is_set(&self) -> bool {
        !self.to_query().is_empty()
    }

    fn filter(&self) -> Result<AuditFilter, Refusal> {
        let days = DayFilter {
            user: &self.user,
            action: &self.action,
            object: &self.object,
            ok: &self.ok,
            from: &self.from,
            to: &self.to,
        };
        Ok(days.filter()?)
    }

    fn to_query(&self) -> String {
        let pairs = [
            ("user", &self.user),
            ("action", &self.action),
            ("object", &self.object),
            ("ok", &self.ok),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let used = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let texts = used.map(|(name, value)| format!("{name}={}", audit_file::encoded(value)));
        texts.collect::<Vec<_>>().join("&")
    }
}

/// What the filter offers: every action that stands in the audit, and the one that was asked for.
async fn actions(state: &ConsoleState, q: &AuditQuery) -> Result<Vec<String>, Refusal> {
    let mut known = state.auth.store().audit_actions().await?;
    if !q.action.is_empty() && !known.contains(&q.action) {
        known.push(q.action.clone());
    }
    Ok(known)
}

/// `GET /console/audit`
pub async fn list(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(q): Query<AuditQuery>,
) -> Result<Response, Refusal> {
    let page = state.auth.find_audit(q.filter()?, q.before, PAGE).await?;
    html(&AuditView {
        t: user.t,
        p: user.page(&state).await?,
        query: q.to_query(),
        actions: actions(&state, &q).await?,
        divisions: state.app.divisions(&user.viewer()).await?,
        broken: state.auth.audit_broken_at(q.full == "1").await?,
        q,
        entries: page.entries,
        before: page.before,
    })
}

/// `GET /console/audit/export`: everything that fits the filter, as CSV or JSON lines.
pub async fn export(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(q): Query<AuditQuery>,
) -> Result<Response, Refusal> {
    let form = AuditForm::parse(&q.form).ok_or_else(|| Refusal::new(Code::Invalid))?;
    let file = audit_file::export(&state.auth, &user.login, q.filter()?, form).await?;
    let name = format!("attachment; filename=\"audit.{}\"", form.extension());
    let head = [
        (header::CONTENT_TYPE, form.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((head, file).into_response())
}
