//! Households: found by code, with what was noted of each; corrected or erased with a reason.
//!
//! Invariant: only for who may take household codes out; a form opened before somebody else's change is refused.
//! Leaves out: the rules (`services::households`).

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::page::{Page, html};
use super::pages::Pages;
use super::prepare::typed::{Fields, Typed};
use super::prepare::{ended, fresh, go, mark};
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::services::campaign::{Campaign, Site};
use crate::services::households::{self, Correction, FIELDS, Household};

/// Rows shown at most; a search narrows them.
const ROWS: usize = 200;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ExportInternal, "/console/households", list)
        .page(Action::ExportInternal, "/console/households/{id}", one)
        .form(Action::SettleConflict, "/console/households/{id}", correct)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    q: String,
}

fn place(c: &Campaign, site: &Site) -> String {
    let township = site.township.as_deref().map(|code| c.township_name(code));
    let village = site.village.as_ref().and_then(|v| c.divisions.get(v));
    let parts = township
        .into_iter()
        .chain(village.map(|d| d.label().to_owned()));
    parts.collect::<Vec<_>>().join(" · ")
}

#[derive(Template)]
#[template(path = "households.html")]
struct ListPage {
    t: Lang,
    p: Page,
    q: String,
    found: usize,
    rows: Vec<(Household, String)>,
}

/// `GET /console/households`
pub async fn list(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(search): Query<Search>,
) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    let q: String = search.q.trim().chars().take(60).collect();
    let wanted = q.clone();
    let looking = user.viewer();
    let read = state.app.look(&looking, move |tx, _, c| {
        let found = households::find(tx, c, &wanted)?;
        let count = found.len();
        let rows = found.into_iter().take(ROWS).map(|h| {
            let place = place(c, &h.site);
            (h, place)
        });
        Ok((count, rows.collect::<Vec<_>>()))
    });
    let (found, rows) = read.await?;
    html(&ListPage {
        t: user.t,
        p: user.page(&state).await?,
        q,
        found,
        rows,
    })
}

#[derive(Template)]
#[template(path = "household.html")]
struct HouseholdPage {
    t: Lang,
    p: Page,
    f: Typed,
    h: Household,
    place: String,
    sheets: Vec<(Uuid, String, String)>,
    fields: &'static [(&'static str, usize)],
    seen: String,
    may_correct: bool,
}

async fn render(
    state: &ConsoleState,
    user: &SignedIn,
    id: Uuid,
    f: Typed,
) -> Result<Response, Refusal> {
    let looking = user.viewer();
    let read = state.app.look(&looking, move |tx, _, c| {
        let h = households::one(tx, c, id)?;
        let sheets = households::sheets(tx, c, id)?;
        Ok((place(c, &h.site), sheets, h))
    });
    let (place, sheets, h) = read.await?;
    let page = html(&HouseholdPage {
        t: user.t,
        p: user.page(state).await?,
        f: f.clone(),
        seen: mark(&h.noted),
        h,
        place,
        sheets,
        fields: &FIELDS,
        may_correct: user.may(Action::SettleConflict),
    })?;
    Ok(f.answer(page))
}

/// `GET /console/households/{id}`
pub async fn one(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    render(&state, &user, id, Typed::default()).await
}

/// `POST /console/households/{id}`
pub async fn correct(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        fresh(&sent, &households::one(tx, c, id)?.noted)?;
        let text = |name: &str| sent.get(name).cloned().unwrap_or_default();
        let new = Correction {
            site: id,
            group: text("group").parse().unwrap_or_default(),
            field: text("field"),
            value: text("value"),
            reason: text("reason"),
        };
        households::correct(tx, ctx, &actor, c, &new)
    });
    let action = (Action::SettleConflict, &*id.to_string());
    match ended(&state, &user, action, fields, done.await).await? {
        Ok(()) => go(&format!("/console/households/{id}?done=saved")),
        Err(typed) => render(&state, &user, id, typed).await,
    }
}
