//! Bringing tables in, and the templates to fill in.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use documents::import::{Format, ImportError, ImportErrors, Kind, MAX_BYTES};
use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::conventions::FileBytes;
use super::extract::{Id, Params};
use super::gate::{Routes, routes};
use crate::app::{App, Applied, Checked, ImportFile};
use crate::auth::{Access, Action, Viewer};
use crate::error::{Error, Result};
use crate::i18n::{Lang, rfc3339};
use crate::services::exports::language;
use crate::services::imports::{Fate, ImportOutcome, Imported, Step};

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    let import = routes!(import_table).limited(MAX_BYTES + 1);
    r.add(Access::May(Action::Prepare), import)
        .add(Access::May(Action::Prepare), routes!(apply_import))
        .add(Access::May(Action::Prepare), routes!(get_template))
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// A campaign other than the current one.
    #[serde(rename = "campaign")]
    #[param(ignore)]
    _campaign: Option<String>,
    /// Checks the file only.
    dry_run: bool,
}

/// What came of a file.
#[derive(Serialize, ToSchema)]
struct ImportAnswer {
    /// Rows that came in; in a dry run, that would have. 0 if the file was refused.
    imported: usize,
    dry_run: bool,
    /// How the file was read; none if it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<ReadAs>,
    /// Everything that is wrong, up to 200; nothing was changed then.
    errors: Vec<ImportLine>,
    /// How many more errors there are.
    more: usize,
    /// After a dry run: what `POST /imports/{id}/apply` needs to import the file without sending it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<CheckedFile>,
}

/// A file that was checked and waits.
#[derive(Serialize, ToSchema)]
struct CheckedFile {
    id: Uuid,
    /// Until when it waits, RFC 3339.
    until: String,
    /// Rows that are new.
    new: usize,
    /// Rows of what is there and would change.
    changed: usize,
    /// Rows of what is there as the file says.
    same: usize,
    /// What would be done otherwise than the check said, because the campaign changed; up to 200.
    differences: Vec<Difference>,
}

/// What is done otherwise by now.
#[derive(Serialize, ToSchema)]
struct Difference {
    /// A code or a name.
    about: String,
    then_zh: String,
    now_zh: String,
    then_en: String,
    now_en: String,
}

const DIFFERENCES: usize = 200;

impl CheckedFile {
    fn of(checked: &Checked, differences: Vec<(Step, Step)>) -> Self {
        let count = |fate| checked.plan.count(fate);
        let differences = differences.into_iter().take(DIFFERENCES);
        Self {
            id: checked.id,
            until: rfc3339(checked.until_ms),
            new: count(Fate::New),
            changed: count(Fate::Changed),
            same: count(Fate::Same),
            differences: differences
                .map(|(then, now)| Difference {
                    about: now.about,
                    then_zh: then.zh,
                    now_zh: now.zh,
                    then_en: then.en,
                    now_en: now.en,
                })
                .collect(),
        }
    }
}

impl ImportAnswer {
    fn done(done: Imported, checked: Option<CheckedFile>) -> Self {
        Self {
            imported: done.count,
            dry_run: done.dry_run,
            read: Some(ReadAs {
                format: done.read.format.to_string(),
                encoding: done.read.encoding.map(|e| e.name()),
                sheet: done.read.sheet,
                formulas: done.read.formulas,
            }),
            errors: Vec::new(),
            more: 0,
            checked,
        }
    }
}

/// How a file was read.
#[derive(Serialize, ToSchema)]
struct ReadAs {
    /// `XLSX`, `CSV` or `JSON`.
    format: String,
    /// `UTF-8`, `GB18030 (GBK)` or `UTF-16`; none for a workbook.
    encoding: Option<&'static str>,
    sheet: Option<String>,
    /// Cells whose stored formula result was taken.
    formulas: usize,
}

/// One error of a file.
#[derive(Serialize, ToSchema)]
struct ImportLine {
    sheet: Option<String>,
    /// Row as a spreadsheet numbers it; in JSON the place in the list, from 1.
    row: Option<usize>,
    /// Name of the column in the file.
    column: Option<String>,
    /// `C12`.
    cell: Option<String>,
    code: &'static str,
    zh: String,
    en: String,
}

impl From<ImportError> for ImportLine {
    fn from(e: ImportError) -> Self {
        Self {
            sheet: e.sheet,
            row: e.row,
            column: e.column,
            cell: e.cell,
            code: e.code,
            zh: e.zh,
            en: e.en,
        }
    }
}

/// Imports a table: `divisions`, `groups`, `sites`, `roster` or `checklist`, as XLSX, CSV or JSON.
///
/// Whole or not at all: a file with errors is answered with 422 and every error by sheet, row and column. A dry run keeps
/// the file for an hour: `checked.id` imports it without sending it again.
#[utoipa::path(post, path = "/api/v1/imports/{kind}", tag = "imports",
    params(("kind" = String, Path, description = "divisions, groups, sites, roster or checklist"), ImportQuery),
    request_body(content = FileBytes, content_type = "application/octet-stream"),
    responses((status = 200, body = ImportAnswer, description = "It came in, or would have"),
        (status = 404, description = "No such table, or no campaign"),
        (status = 409, description = "The campaign is frozen or locked"),
        (status = 413, description = "Over 16 MB"),
        (status = 422, body = ImportAnswer, description = "The file has errors; nothing was changed")))]
async fn import_table(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(kind): Path<String>,
    Params(q): Params<ImportQuery>,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Result<Response> {
    let kind = Kind::parse(&kind).ok_or_else(|| Error::from(Code::NotFound))?;
    let bytes = body.map_err(|e| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::from(Code::RequestTooLarge),
        _ => Error::because(Code::BadRequest, e.body_text()),
    })?;
    let file = ImportFile {
        kind,
        bytes: bytes.to_vec(),
        name: None,
        format: format(&headers),
        dry_run: q.dry_run,
    };
    if q.dry_run {
        return Ok(match app.check_import(&viewer, file).await? {
            Ok((checked, would)) => {
                let checked = CheckedFile::of(&checked, Vec::new());
                Json(ImportAnswer::done(would, Some(checked))).into_response()
            }
            Err(errors) => refused(errors, true),
        });
    }
    Ok(match app.import_as(&viewer, file).await? {
        ImportOutcome::Done(done) => Json(ImportAnswer::done(done, None)).into_response(),
        ImportOutcome::Refused(errors) => refused(errors, false),
    })
}

/// Imports a file that a dry run of yours checked, once.
///
/// If the campaign changed so that the file would do something else than the check said, nothing is changed: 409 tells
/// the differences, and asking again imports by the new check.
#[utoipa::path(post, path = "/api/v1/imports/{id}/apply", tag = "imports", params(("id" = Uuid, Path)),
    responses((status = 200, body = ImportAnswer, description = "It came in"),
        (status = 409, body = ImportAnswer, description = "It would do something else by now; or the campaign is frozen, locked or another one"),
        (status = 410, description = "It expired, came in already, or is not yours: send it again"),
        (status = 422, body = ImportAnswer, description = "It does not fit any more; nothing was changed")))]
async fn apply_import(State(app): State<Arc<App>>, viewer: Viewer, Id(id): Id) -> Result<Response> {
    Ok(match app.apply_checked(&viewer, id).await? {
        Applied::Done(done) => Json(ImportAnswer::done(done, None)).into_response(),
        Applied::Refused(errors) => refused(errors, false),
        Applied::Changed(checked, differences) => {
            let answer = ImportAnswer {
                imported: 0,
                dry_run: false,
                read: None,
                errors: Vec::new(),
                more: 0,
                checked: Some(CheckedFile::of(&checked, differences)),
            };
            (StatusCode::CONFLICT, Json(answer)).into_response()
        }
    })
}

fn refused(errors: ImportErrors, dry_run: bool) -> Response {
    let answer = ImportAnswer {
        imported: 0,
        dry_run,
        read: None,
        more: errors.more,
        checked: None,
        errors: errors.errors.into_iter().map(ImportLine::from).collect(),
    };
    (StatusCode::UNPROCESSABLE_ENTITY, Json(answer)).into_response()
}

/// The format that the content type says, if it says one; else the bytes decide.
fn format(headers: &HeaderMap) -> Option<Format> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    match kind.split(';').next().unwrap_or_default().trim() {
        "text/csv" => Some(Format::Csv),
        "application/json" => Some(Format::Json),
        _ => None,
    }
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TemplateQuery {
    #[serde(rename = "campaign")]
    #[param(ignore)]
    _campaign: Option<String>,
    /// `zh` (also if it is not given) or `en`.
    lang: Option<String>,
}

/// An empty table to fill in: `divisions.xlsx`, `groups.xlsx`, `sites.xlsx`, `roster.xlsx`, `checklist.xlsx`.
#[utoipa::path(get, path = "/api/v1/templates/{file}", tag = "imports",
    params(("file" = String, Path, description = "roster.xlsx, …"), TemplateQuery),
    responses((status = 200, description = "The workbook", body = FileBytes,
            content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 404, description = "No such table")))]
async fn get_template(
    _viewer: Viewer,
    Path(name): Path<String>,
    Params(q): Params<TemplateQuery>,
) -> Result<Response> {
    let kind = name.strip_suffix(".xlsx").and_then(Kind::parse);
    let kind = kind.ok_or_else(|| Error::from(Code::NotFound))?;
    let lang = q.lang.as_deref().and_then(Lang::parse).unwrap_or_default();
    template(kind, lang)
}

/// A template as an answer; for the console too.
///
/// # Errors
/// None that input can cause.
pub fn template(kind: Kind, lang: Lang) -> Result<Response> {
    let bytes = documents::template(kind, language(lang))?;
    let disposition = format!("attachment; filename=\"{}.xlsx\"", kind.word());
    let disposition = HeaderValue::from_str(&disposition).map_err(Error::storage)?;
    let media = documents::export::Format::Xlsx.media_type();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, bytes).into_response())
}
