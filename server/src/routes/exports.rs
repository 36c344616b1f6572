//! Taking tables out: `records.xlsx`, `answers.csv`, `results.json`, `ledger.geojson`, …

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use protocol::problem::Code;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use utoipa::IntoParams;
use uuid::Uuid;

use super::conventions::FileBytes;
use super::extract::Params;
use super::gate::{Routes, routes};
use crate::app::{App, Exported};
use crate::auth::{Access, Action, Viewer};
use crate::error::{Error, Result};
use crate::i18n::Lang;
use crate::model::{IssueQuery, RecordFilter};
use crate::services::exports::{File, Table, Wanted};

/// Bytes read from the file at once.
const CHUNK_BYTES: usize = 64 << 10;

/// The routes of this topic.
pub fn routes(r: Routes) -> Routes {
    r.add(Access::May(Action::Export), routes!(export_table))
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// A campaign other than the current one.
    #[serde(rename = "campaign")]
    #[param(ignore)]
    _campaign: Option<String>,
    /// `zh` (also if it is not given) or `en`.
    lang: Option<String>,
    /// With household codes and positions; needs the right `export_internal`.
    internal: bool,
    kind: Option<String>,
    township: Option<String>,
    /// Of records the group's id, of the ledger its number.
    group: Option<String>,
    site_kind: Option<domain::SiteKind>,
    author: Option<Uuid>,
    state: Option<String>,
    conflict: bool,
    q: Option<String>,
    /// Of the ledger: how an issue stands.
    standing: Option<String>,
    /// Of the ledger: code of the category.
    category: Option<String>,
    /// Of the ledger: the unit that answers.
    lead_unit: Option<String>,
}

/// A table as a file.
///
/// `records`, `answers`, `results`, `ledger`, `sites` as `.xlsx`, `.csv` or `.json`; `ledger`, `sites`, `places` as
/// `.geojson`. The filters are those of the records list. Of sealed sheets only progress leaves.
#[utoipa::path(get, path = "/api/v1/exports/{file}", tag = "exports",
    params(("file" = String, Path, description = "records.xlsx, results.csv, ledger.geojson, …"), ExportQuery),
    responses((status = 200, description = "The file, in the type its name asks for", content(
            (FileBytes = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (FileBytes = "text/csv; charset=utf-8"),
            (serde_json::Value = "application/json"),
            (serde_json::Value = "application/geo+json"))),
        (status = 404, description = "No such table, or no campaign"),
        (status = 409, description = "No group is locked yet (results)")))]
async fn export_table(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(name): Path<String>,
    Params(q): Params<ExportQuery>,
) -> Result<Response> {
    let file = File::parse(&name).ok_or_else(|| Error::from(Code::NotFound))?;
    let lang = match q.lang.as_deref() {
        None => Lang::Zh,
        Some(word) => {
            Lang::parse(word).ok_or_else(|| Error::because(Code::BadRequest, "lang: zh or en"))?
        }
    };
    let bad_group = |_| Error::because(Code::BadRequest, "group");
    let (group, number) = match (q.group, file.table) {
        (None, _) => (None, None),
        (Some(text), Table::Ledger) => {
            let number = text.parse::<i64>();
            (None, Some(number.map_err(|_| bad_group(()))?))
        }
        (Some(text), _) => {
            let id = Uuid::try_parse(&text);
            (Some(id.map_err(|_| bad_group(()))?), None)
        }
    };
    let filter = RecordFilter {
        record_kind: q.kind,
        township: q.township.clone(),
        group,
        site_kind: q.site_kind,
        author: q.author,
        state: q.state,
        conflict_only: q.conflict,
        q: q.q.clone(),
        ..RecordFilter::default()
    };
    let issues = IssueQuery {
        standing: q.standing,
        township: q.township,
        group: number,
        category: q.category,
        lead_unit: q.lead_unit,
        q: q.q,
        ..IssueQuery::default()
    };
    let wanted = Wanted {
        file,
        lang,
        internal: q.internal,
        filter,
        issues,
    };
    let exported = app.export_table(&viewer, wanted).await?;
    Ok(send(file, exported))
}

/// A file as an answer: streamed, with its name in UTF-8 and in ASCII.
pub fn send(file: File, exported: Exported) -> Response {
    let disposition = disposition(&exported.name, file, exported.rehearsal);
    let size = exported.size_bytes;
    let file_handle = tokio::fs::File::from_std(exported.file);
    let chunks = stream::try_unfold(file_handle, |mut open| async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = open.read(&mut chunk).await?;
        chunk.truncate(read);
        let more = (read > 0).then(|| (Bytes::from(chunk), open));
        Ok::<_, std::io::Error>(more)
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(file.media_type()),
        ),
        (header::CONTENT_LENGTH, HeaderValue::from(size)),
        (header::CONTENT_DISPOSITION, disposition),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, Body::from_stream(chunks)).into_response()
}

/// `attachment` with both names (RFC 6266); the name of a campaign is text of a person.
fn disposition(name: &str, file: File, rehearsal: bool) -> HeaderValue {
    let ending = file.ending();
    let plain = |c: char| !c.is_control() && !"/\\:*?\"<>|".contains(c);
    let name: String = name.chars().filter(|c| plain(*c)).take(80).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    let word = file.word();
    let mark = if rehearsal { "-rehearsal" } else { "" };
    let text = format!(
        "attachment; filename=\"{word}{mark}.{ending}\"; filename*=UTF-8''{encoded}.{ending}"
    );
    // Only ASCII without control characters is in it by now.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_cannot_leave_its_header_or_folder() {
        let file = File::parse("records.csv").unwrap();
        let value = disposition("西吉县\r\nSet-Cookie: a=b\"../..\\观摩", file, false);
        let text = value.to_str().unwrap();
        assert!(
            text.starts_with("attachment; filename=\"records.csv\"; filename*=UTF-8''%E8%A5%BF")
        );
        assert!(!text.contains(['\r', '\n', '/', '\\', ' ']) || text.matches(' ').count() == 2);
        assert!(text.ends_with(".csv"));
        // Nor when a browser has decoded it: `/`, `\\`, `"`, `:` and line breaks are gone, not encoded.
        for gone in ["%2F", "%5C", "%22", "%3A", "%0D", "%0A"] {
            assert!(!text.contains(gone), "{text}");
        }
    }
}
