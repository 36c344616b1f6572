//! Records: list, one record, settling a field.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::extract::{Body, Id, Params};
use super::gate::{Routes, routes};
use crate::app::App;
use crate::auth::{Access, Action, Viewer};
use crate::error::{Error, Result};
use crate::model::{Choice, RecordFilter, RecordPage, RecordView, Settlement};

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::ViewRecords), routes!(list_records))
        .add(Access::May(Action::ViewRecords), routes!(show_record))
        .add(Access::May(Action::SettleConflict), routes!(settle_field))
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RecordsQuery {
    /// A campaign other than the current one.
    #[serde(rename = "campaign")]
    #[param(ignore)]
    _campaign: Option<String>,
    kind: Option<String>,
    township: Option<String>,
    group: Option<Uuid>,
    site_kind: Option<domain::SiteKind>,
    author: Option<Uuid>,
    state: Option<String>,
    conflict: bool,
    /// Only those written by a clock that was wrong.
    clock: bool,
    /// Only those with photos.
    photos: bool,
    q: Option<String>,
    /// `record`, `township`, `group`, `author`, `state`, `answered`, `score`, `conflicts`, `written` or `arrived`; with
    /// `-` before it from the largest down. Left out: `-arrived`.
    sort: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// One page of records, newest arrival first unless another order is asked for.
#[utoipa::path(get, path = "/api/v1/records", tag = "records", params(RecordsQuery),
    responses((status = 200, description = "A page of records", body = RecordPage)))]
async fn list_records(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Params(q): Params<RecordsQuery>,
) -> Result<Json<RecordPage>> {
    let filter = RecordFilter {
        record_kind: q.kind,
        township: q.township,
        group: q.group,
        site_kind: q.site_kind,
        author: q.author,
        state: q.state,
        conflict_only: q.conflict,
        clock_only: q.clock,
        photos_only: q.photos,
        q: q.q,
        sort: q.sort,
        cursor: q.cursor,
        limit: q.limit.unwrap_or(50),
    };
    app.records(&viewer, &filter).await.map(Json)
}

/// One record.
#[utoipa::path(get, path = "/api/v1/records/{id}", tag = "records", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The record", body = RecordView)))]
async fn show_record(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<RecordView>> {
    app.record(&viewer, id).await.map(Json)
}

/// A decision on a field.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettleBody {
    field: String,
    /// The dots that were shown: exactly these are replaced.
    shown: Vec<String>,
    /// The dot whose value is taken.
    take: Option<String>,
    /// Or another text.
    text: Option<String>,
    reason: String,
}

/// Done.
#[derive(Serialize, ToSchema)]
struct Settled {
    settled: bool,
}

/// Settles a field.
#[utoipa::path(post, path = "/api/v1/records/{id}/settle", tag = "records", params(("id" = Uuid, Path)),
    request_body = SettleBody, responses((status = 200, body = Settled)))]
async fn settle_field(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(record): Id,
    Body(b): Body<SettleBody>,
) -> Result<Json<Settled>> {
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
    Ok(Json(Settled { settled: true }))
}
