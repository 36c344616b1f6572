//! The audit: pages, a file, and the head of its chain.
//!
//! Each entry carries the chain after it, so that a program can check what it was given:
//! `chain_n = SHA-256(chain_{n-1} ‖ at_ms as 8 bytes BE ‖ ok as 1 byte ‖ for each of user_name, role, action, object,
//! detail: its length in bytes as 8 bytes BE ‖ its UTF-8)`; before entry 1 there is nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::Params;
use super::gate::{Routes, routes};
use super::page::Page;
use crate::app::App;
use crate::auth::types::AuditFilter;
use crate::auth::{Access, Action, Viewer};
use crate::error::{Error, Result};
use crate::i18n::rfc3339;
use crate::services::audit_file::{self, AuditForm, DayFilter};

/// Entries of a page unless asked otherwise, and at most.
const ROWS: u32 = 50;
const MOST_ROWS: u32 = 200;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let view = Access::May(Action::ViewAudit);
    r.add(view, routes!(list_audit))
        .add(view, routes!(show_audit_head))
        .add(view, routes!(export_audit))
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Without meaning here: the audit is of the server, not of a campaign.
    #[serde(rename = "campaign")]
    #[param(ignore)]
    _campaign: Option<String>,
    /// Who, exactly.
    user: String,
    /// What, exactly: `sign_in`, `lock_group`, …
    action: String,
    /// Part of the object.
    object: String,
    /// Done or refused.
    ok: Option<bool>,
    /// First day, `YYYY-MM-DD` in Asia/Shanghai.
    from: String,
    /// Last day, included.
    to: String,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Entries a page, 1 to 200; 50 if left out.
    limit: Option<u32>,
    /// `csv` or `jsonl`, for the export.
    #[param(ignore)]
    form: Option<String>,
}

impl AuditQuery {
    fn filter(&self) -> Result<AuditFilter> {
        let days = DayFilter {
            user: &self.user,
            action: &self.action,
            object: &self.object,
            ok: match self.ok {
                Some(true) => "1",
                Some(false) => "0",
                None => "",
            },
            from: &self.from,
            to: &self.to,
        };
        days.filter()
    }
}

/// An entry of the audit.
#[derive(Serialize, ToSchema)]
struct AuditRow {
    /// From 1, without gap.
    id: i64,
    /// When, RFC 3339.
    at: String,
    /// The same in ms UTC, as the chain has it.
    at_ms: i64,
    /// Who; the name tried, if nobody was signed in.
    user_name: String,
    /// Role word, or empty.
    role: String,
    action: String,
    /// On what: an id, code or path.
    object: String,
    /// False: refused or failed.
    ok: bool,
    /// Reason given or cause of the refusal.
    detail: String,
    /// The chain after this entry, hex.
    chain: String,
}

/// The audit, newest first.
///
/// Each entry has the chain after it: `SHA-256(chain before ‖ at_ms, 8 bytes BE ‖ ok, 1 byte ‖ user_name, role, action,
/// object, detail, each as its length in bytes, 8 bytes BE, and its UTF-8)`; before entry 1 nothing.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Page<AuditRow>), (status = 422, description = "A day that is none")))]
async fn list_audit(
    State(app): State<Arc<App>>,
    Params(q): Params<AuditQuery>,
) -> Result<Json<Page<AuditRow>>> {
    let bad = || Error::because(Code::BadRequest, "cursor");
    let before = q.cursor.as_deref().map(|c| c.parse().map_err(|_| bad()));
    let (before, limit) = (before.transpose()?, q.limit.unwrap_or(ROWS).min(MOST_ROWS));
    let page = app.auth().find_audit(q.filter()?, before, limit).await?;
    let rows = page.entries.into_iter().zip(page.chains);
    let items = rows.map(|((id, e), chain)| AuditRow {
        id,
        at: rfc3339(e.at_ms),
        at_ms: e.at_ms,
        user_name: e.user_name,
        role: e.role,
        action: e.action,
        object: e.object,
        ok: e.ok,
        detail: e.detail,
        chain: hex::encode(chain),
    });
    Ok(Json(Page {
        items: items.collect(),
        next_cursor: page.before.map(|id| id.to_string()),
    }))
}

/// The end of the audit's chain.
#[derive(Serialize, ToSchema)]
struct AuditHead {
    /// How many entries there are: the id of the last.
    entries: i64,
    /// The chain after it, hex; zeros if there is none.
    chain: String,
    /// The first entry that does not fit the chain; none: the chain is whole as far as this server can see.
    broken_at: Option<i64>,
}

/// The end of the audit's chain, as locks and phones keep it, after a check of what is new.
#[utoipa::path(get, path = "/api/v1/audit/head", tag = "audit", responses((status = 200, body = AuditHead)))]
async fn show_audit_head(State(app): State<Arc<App>>) -> Result<Json<AuditHead>> {
    let broken_at = app.auth().audit_broken_at(false).await?;
    let (entries, chain) = app.auth().audit_head().await?;
    Ok(Json(AuditHead {
        entries,
        chain: hex::encode(chain),
        broken_at,
    }))
}

/// Everything that fits the filter as a file, newest first (the newest 200,000); the export is an entry itself.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(AuditQuery,
        ("form" = String, Query, description = "`csv` or `jsonl`")),
    responses((status = 200, description = "The file", content(
            (String = "text/csv; charset=utf-8"), (String = "application/jsonl"))),
        (status = 422, description = "A form or day that is none")))]
async fn export_audit(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Params(q): Params<AuditQuery>,
) -> Result<Response> {
    let form = AuditForm::parse(q.form.as_deref().unwrap_or_default());
    let form = form.ok_or_else(|| Error::because(Code::Invalid, "form: csv, jsonl"))?;
    let file = audit_file::export(app.auth(), &viewer.login, q.filter()?, form).await?;
    let name = format!("attachment; filename=\"audit.{}\"", form.extension());
    let head = [
        (header::CONTENT_TYPE, form.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((head, file).into_response())
}
