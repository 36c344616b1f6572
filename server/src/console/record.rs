//! One record: answers, photos, competing values, history.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::page::{Page, html, menu};
use super::pages::Pages;
use super::records::Filters;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::model::{Bilingual, FieldInput, Neighbours, RecordView};
use crate::services::returns::Lacks;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewRecords, "/console/records/{id}", show)
}

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    t: Lang,
    p: Page,
    r: RecordView,
    may_settle: bool,
    may_undo: bool,
    /// A conflict of it was settled just now.
    was_settled: bool,
    /// What the sheet lacks, if the viewer may return it now.
    lacks: Option<Lacks>,
    /// The list it was opened from.
    f: Filters,
    beside: Option<Neighbours>,
}

impl RecordPage {
    /// What an item asks.
    fn item_text(&self, item: &str) -> Option<&Bilingual> {
        let mut items = self.r.sections.iter().flat_map(|s| &s.items);
        items.find(|i| i.item == item).map(|i| &i.text)
    }
}

/// What was done just now.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Said {
    done: String,
}

/// `GET /console/records/{id}`
pub async fn show(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Query(f): Query<Filters>,
    Query(said): Query<Said>,
) -> Result<Response, Refusal> {
    let viewer = user.viewer();
    let list = f.filter();
    let beside = state.app.record_neighbours(&viewer, &list, id).await?;
    let r = state.app.record(&viewer, id).await?;
    let submitted = r.head.state.as_deref() == Some("submitted");
    let lacks = if submitted && user.may(Action::ReturnSheet) {
        Some(state.app.sheet_lacks(id).await?)
    } else {
        None
    };
    let mut p = user.page(&state).await?;
    if f.is_conflicts() {
        p.menu = menu(user.t, user.login.role, "/console/conflicts");
    }
    html(&RecordPage {
        t: user.t,
        was_settled: said.done == "settled",
        p,
        may_settle: user.may(Action::SettleConflict),
        may_undo: user.may(Action::SettleConflict) && !r.head.sealed,
        lacks,
        f,
        beside,
        r,
    })
}
