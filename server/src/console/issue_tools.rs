//! Possible duplicates side by side, and the counts of the townships.
//!
//! Invariant: nothing is merged but by a person who saw both. Leaves out: one issue (`issues`).

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use uuid::Uuid;

use super::issues::{icon, standing_word};
use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::model::{IssuePair, PairDecision, PairRuling};
use crate::services::issues::TownshipCounts;

/// Pairs a page.
const PAIRS: usize = 10;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    let edit = Action::EditIssues;
    p.page(edit, "/console/issues/duplicates", duplicates)
        .form(edit, "/console/issues/duplicates", decide)
        .page(edit, "/console/issues/counts", counts)
        .form(edit, "/console/issues/counts", fill)
        .form(edit, "/console/issues/prefix", prefix)
}

#[derive(Template)]
#[template(path = "issue_duplicates.html")]
struct DuplicatesPage {
    t: Lang,
    p: Page,
    pairs: Vec<IssuePair>,
    total: usize,
    next: Option<usize>,
}

/// Where the page begins.
#[derive(Deserialize)]
struct Skip {
    #[serde(default)]
    skip: usize,
}

/// `GET /console/issues/duplicates`
async fn duplicates(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(Skip { skip }): Query<Skip>,
) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    let found = state.app.issue_pairs(&user.viewer(), skip, PAIRS).await?;
    let (pairs, total) = found;
    let next = skip.saturating_add(pairs.len());
    html(&DuplicatesPage {
        t: user.t,
        p: user.page(&state).await?,
        next: (next < total).then_some(next),
        pairs,
        total,
    })
}

/// The form.
#[derive(Deserialize)]
struct DecideForm {
    keep: Uuid,
    other: Uuid,
    ruling: String,
    #[serde(default)]
    reason: String,
}

/// `POST /console/issues/duplicates`
async fn decide(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(form): Form<DecideForm>,
) -> Result<Response, Refusal> {
    let ruling = match form.ruling.as_str() {
        "same" => PairRuling::Same,
        "distinct" => PairRuling::Distinct,
        "open" => PairRuling::Open,
        _ => return Err(Refusal::new(Code::Invalid)),
    };
    let decision = PairDecision {
        keep: form.keep,
        other: form.other,
        ruling,
        reason: form.reason.trim().to_owned(),
    };
    let object = format!("{} {}", form.keep, form.other);
    let done = state.app.decide_issue_pair(&user.viewer(), &decision).await;
    user.audited(&state, Action::EditIssues, &object, done)
        .await??;
    let to = match ruling {
        PairRuling::Open => format!("/console/issues/{}?done=pair", form.keep),
        _ => "/console/issues/duplicates?done=pair".to_owned(),
    };
    Ok(Redirect::to(&to).into_response())
}

#[derive(Template)]
#[template(path = "issue_counts.html")]
struct CountsPage {
    t: Lang,
    p: Page,
    rows: Vec<TownshipCounts>,
    prefix: String,
    may_import: bool,
}

impl CountsPage {
    /// True if there is a township whose counts may still be filled in.
    fn any_open(&self) -> bool {
        self.rows.iter().any(|r| !r.locked)
    }
}

/// `GET /console/issues/counts`
async fn counts(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    let viewer = user.viewer();
    html(&CountsPage {
        t: user.t,
        p: user.page(&state).await?,
        rows: state.app.issue_counts(&viewer).await?,
        prefix: state.app.number_prefix(&viewer).await?,
        may_import: user.may(Action::Prepare),
    })
}

/// `POST /console/issues/counts`
async fn fill(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    let done = state.app.fill_issue_counts(&user.viewer()).await;
    user.audited(&state, Action::EditIssues, "counts", done)
        .await??;
    Ok(Redirect::to("/console/issues/counts?done=issue_counts").into_response())
}

/// The form.
#[derive(Deserialize)]
struct PrefixForm {
    prefix: String,
}

/// `POST /console/issues/prefix`
async fn prefix(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(form): Form<PrefixForm>,
) -> Result<Response, Refusal> {
    let viewer = user.viewer();
    let done = state
        .app
        .set_number_prefix(&viewer, &form.prefix, |_| Ok(()));
    let done = done.await;
    user.audited(&state, Action::EditIssues, &form.prefix, done)
        .await??;
    Ok(Redirect::to("/console/issues/counts?done=issue").into_response())
}
