//! The audit log, newest first, with the check of its chain.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::auth::types::AuditEntry;
use crate::i18n::Lang;

const PAGE: u32 = 100;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewAudit, "/console/audit", list)
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditView {
    t: Lang,
    p: Page,
    entries: Vec<(i64, AuditEntry)>,
    before: Option<i64>,
    broken: Option<i64>,
}

/// The query.
#[derive(Deserialize)]
pub struct Before {
    before: Option<i64>,
}

/// `GET /console/audit`
pub async fn list(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(query): Query<Before>,
) -> Result<Response, Refusal> {
    let (page, broken) = state.auth.audit_page(query.before, PAGE).await?;
    html(&AuditView {
        t: user.t,
        p: user.page(&state).await?,
        entries: page.entries,
        before: page.before,
        broken,
    })
}
