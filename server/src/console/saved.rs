//! Forms of the filters that a login keeps under a name: keep, rename, take away.
//!
//! Invariant: what is kept is read as filters first, so that a link never leads anywhere else. Leaves out: the list
//! itself (`records`).

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use uuid::Uuid;

use super::pages::Pages;
use super::records::Filters;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.form(Action::ViewRecords, "/console/records/filters", keep)
        .form(Action::ViewRecords, "/console/records/filters/{id}", change)
}

/// A filter to keep, and what becomes of a kept one.
#[derive(Deserialize)]
pub struct FilterForm {
    name: String,
    /// The filters of the page the form stands on.
    #[serde(default)]
    query: String,
    #[serde(default)]
    what: String,
}

fn back(query: &str) -> Response {
    let filters = Filters::parse(query);
    let done = match filters.query() {
        query if query.is_empty() => "?done=filters".to_owned(),
        query => format!("?{query}&done=filters"),
    };
    Redirect::to(&format!("/console/records{done}")).into_response()
}

/// `POST /console/records/filters`
pub async fn keep(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(form): Form<FilterForm>,
) -> Result<Response, Refusal> {
    let query = Filters::parse(&form.query).query();
    let viewer = user.viewer();
    state.app.save_filter(&viewer, &form.name, &query).await?;
    Ok(back(&query))
}

/// `POST /console/records/filters/{id}`: `what` is `rename` or `remove`.
pub async fn change(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<FilterForm>,
) -> Result<Response, Refusal> {
    let viewer = user.viewer();
    match form.what.as_str() {
        "rename" => {
            let renamed = state.app.rename_filter(&viewer, id, &form.name);
            renamed.await?;
        }
        "remove" => state.app.remove_filter(&viewer, id).await?,
        _ => return Err(Refusal::new(Code::Invalid)),
    }
    Ok(back(&form.query))
}
