//! Files to download from the pages: the tables for what is filtered, and the templates of imports.
//!
//! Invariant: the same rows and rights as `/api/v1/exports`. Leaves out: the buttons (each page has its own).

use axum::extract::{Path, Query, State};
use axum::response::Response;
use documents::import::Kind;
use protocol::problem::Code;
use serde::Deserialize;

use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use super::{issues, records};
use crate::auth::Action;
use crate::routes::{exports, imports};
use crate::services::exports::{File, Wanted};

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::Export, "/console/exports/{file}", table)
        .page(Action::Prepare, "/console/templates/{file}", template)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    internal: String,
}

/// `GET /console/exports/records.xlsx?…`: filters as on the records page.
async fn table(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(name): Path<String>,
    Query(filters): Query<records::Filters>,
    Query(issues): Query<issues::Filters>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let file = File::parse(&name).ok_or_else(|| Refusal::new(Code::NotFound))?;
    let wanted = Wanted {
        file,
        lang: user.t,
        internal: asked.internal == "1",
        filter: filters.filter(),
        issues: issues.query(),
    };
    let exported = state.app.export_table(&user.viewer(), wanted).await?;
    Ok(exports::send(file, exported))
}

/// `GET /console/templates/roster.xlsx`
async fn template(user: SignedIn, Path(name): Path<String>) -> Result<Response, Refusal> {
    let kind = name.strip_suffix(".xlsx").and_then(Kind::parse);
    let kind = kind.ok_or_else(|| Refusal::new(Code::NotFound))?;
    Ok(imports::template(kind, user.t)?)
}
