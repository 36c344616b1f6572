//! The ledger of issues: list, columns, one issue, entering one.
//!
//! Invariant: filters stand in the URL; a form carries the tag of what it showed, so that nobody writes over what he has
//! not seen. Leaves out: duplicates and counts (`issue_tools`).

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::issue::{Move, Standing};
use protocol::problem::Code;
use serde::Deserialize;
use std::str::FromStr;
use uuid::Uuid;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::blobs::BlobHash;
use crate::i18n::Lang;
use crate::model::{
    IssueHead, IssueOptions, IssuePage, IssuePatch, IssueQuery, IssueView, NewIssue, StepRequest,
};
use crate::routes::blobs::serve_blob;
use crate::services::units::{self, Divisions};

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewIssues, "/console/issues", list)
        .page(Action::EditIssues, "/console/issues/new", blank)
        .form(Action::EditIssues, "/console/issues/new", enter)
        .page(Action::ViewIssues, "/console/issues/{id}", show)
        .form(Action::EditIssues, "/console/issues/{id}", save)
        .form(Action::ReportIssue, "/console/issues/{id}/state", step)
        .page(
            Action::ViewIssues,
            "/console/issues/{id}/blobs/{hash}",
            photo,
        )
}

/// The icon beside a standing's word: never colour alone.
pub(super) fn icon(standing: &str) -> &'static str {
    match Standing::parse(standing) {
        Some(Standing::Overdue) => "⚠",
        Some(Standing::ToAssign) => "○",
        Some(Standing::InProgress) => "◔",
        Some(Standing::ToVerify) => "◕",
        Some(Standing::Closed) => "✓",
        Some(Standing::FixedOnSpot) => "⚡",
        Some(Standing::Merged) | None => "⇢",
    }
}

/// The word of a standing.
pub(super) fn standing_word<'a>(t: &Lang, standing: &'a str) -> &'a str {
    match Standing::parse(standing) {
        Some(known) => t.pick(known.zh(), known.en()),
        None => standing,
    }
}

/// The word of a move.
fn move_word<'a>(t: &Lang, made: &'a str) -> &'a str {
    match Move::parse(made) {
        Some(known) => t.pick(known.zh(), known.en()),
        None => made,
    }
}

fn needs_reason(made: &str) -> bool {
    Move::parse(made).is_some_and(Move::needs_reason)
}

/// The filters as they stand in the URL.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filters {
    standing: String,
    township: String,
    group: String,
    category: String,
    lead_unit: String,
    q: String,
    cursor: String,
    view: String,
}

impl Filters {
    pub(super) fn query(&self) -> IssueQuery {
        let some = |text: &str| {
            let text: String = text.trim().chars().take(60).collect();
            (!text.is_empty()).then_some(text)
        };
        IssueQuery {
            standing: some(&self.standing).filter(|w| Standing::parse(w).is_some()),
            township: some(&self.township),
            group: self.group.parse().ok(),
            category: some(&self.category),
            lead_unit: some(&self.lead_unit),
            q: some(&self.q),
            cursor: (!self.cursor.is_empty()).then(|| self.cursor.clone()),
            limit: Some(50),
        }
    }

    /// True if they leave anything out.
    fn is_set(&self) -> bool {
        let q = self.query();
        let texts = [&q.standing, &q.township, &q.category, &q.lead_unit, &q.q];
        q.group.is_some() || texts.into_iter().any(Option::is_some)
    }

    /// These filters as a query, for an export of what is filtered.
    fn export_query(&self) -> String {
        let url = self.url(&self.standing, "", "");
        url.split_once('?')
            .map_or_else(String::new, |(_, query)| query.to_owned())
    }

    /// The address of these filters with another standing, cursor or view.
    fn url(&self, standing: &str, cursor: &str, view: &str) -> String {
        let pairs = [
            ("standing", standing),
            ("township", self.township.as_str()),
            ("group", &self.group),
            ("category", &self.category),
            ("lead_unit", &self.lead_unit),
            ("q", &self.q),
            ("cursor", cursor),
            ("view", view),
        ];
        let set = pairs.into_iter().filter(|(_, v)| !v.is_empty());
        let query: Vec<_> = set
            .map(|(k, v)| format!("{k}={}", super::records::escape(v)))
            .collect();
        format!("/console/issues?{}", query.join("&"))
    }
}

/// One column of the board.
struct Column {
    standing: String,
    count: u64,
    items: Vec<IssueHead>,
}

#[derive(Template)]
#[template(path = "issues.html")]
struct ListPage {
    t: Lang,
    p: Page,
    f: Filters,
    options: IssueOptions,
    page: IssuePage,
    columns: Vec<Column>,
    total: u64,
    may_edit: bool,
}

/// `GET /console/issues`
async fn list(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(f): Query<Filters>,
) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    let viewer = user.viewer();
    let query = f.query();
    let page = state.app.issues(&viewer, &query).await?;
    let mut columns = Vec::new();
    if f.view == "columns" {
        // What is merged has its tab; as a column it would only take room.
        let open = page.counts.iter();
        for count in open.filter(|c| c.standing != Standing::Merged.word()) {
            let one = IssueQuery {
                standing: Some(count.standing.clone()),
                cursor: None,
                ..query.clone()
            };
            columns.push(Column {
                standing: count.standing.clone(),
                count: count.count,
                items: state.app.issues(&viewer, &one).await?.items,
            });
        }
    }
    html(&ListPage {
        t: user.t,
        p: user.page(&state).await?,
        options: state.app.issue_options(&viewer).await?,
        total: page.counts.iter().map(|c| c.count).sum(),
        page,
        columns,
        may_edit: user.may(Action::EditIssues),
        f,
    })
}

#[derive(Template)]
#[template(path = "issue.html")]
struct IssuePageView {
    t: Lang,
    p: Page,
    i: IssueView,
    tag: String,
    options: IssueOptions,
    divisions: Divisions,
    may_edit: bool,
    stale: bool,
}

impl IssuePageView {
    fn has_cause(&self, code: &str) -> bool {
        self.i.root_causes.iter().any(|c| c == code)
    }

    fn lead(&self) -> String {
        let lead = self.i.head.lead_unit.as_ref();
        lead.map_or_else(String::new, |u| units::text(&self.divisions, &u.code))
    }

    /// Nothing for this reader to do: the office has it to give out, or there is no step.
    fn waits_for_office(&self) -> bool {
        self.i.head.standing == "to_assign"
    }

    fn assisting(&self) -> String {
        let names: Vec<String> = self
            .i
            .assisting_units
            .iter()
            .map(|u| units::text(&self.divisions, &u.code))
            .collect();
        names.join("\n")
    }
}

async fn issue_page(
    state: &ConsoleState,
    user: &SignedIn,
    id: Uuid,
    stale: bool,
) -> Result<Response, Refusal> {
    let viewer = user.viewer();
    let (i, tag) = state.app.issue(&viewer, id).await?;
    html(&IssuePageView {
        t: user.t,
        p: user.page(state).await?,
        i,
        tag,
        options: state.app.issue_options(&viewer).await?,
        divisions: state.app.divisions(&viewer).await?,
        may_edit: user.may(Action::EditIssues),
        stale,
    })
}

/// `GET /console/issues/{id}`
async fn show(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    issue_page(&state, &user, id, false).await
}

/// A form with keys that repeat.
type Pairs = Vec<(String, String)>;

fn value(form: &Pairs, name: &str) -> Option<String> {
    let found = form.iter().find(|(k, _)| k == name);
    found.map(|(_, v)| v.trim().to_owned())
}

/// The changes a form asks for; fields that are not on it stay.
fn patch(form: &Pairs) -> IssuePatch {
    let causes = form.iter().filter(|(k, _)| k == "root_cause");
    let assisting = value(form, "assisting_units");
    IssuePatch {
        category: value(form, "category"),
        severity: value(form, "severity"),
        description: value(form, "description"),
        fixed_on_spot: value(form, "fixed_shown")
            .map(|_| value(form, "fixed_on_spot").as_deref() == Some("1")),
        lead_unit: value(form, "lead_unit"),
        assisting_units: assisting.map(|text| {
            let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
            lines.map(str::to_owned).collect()
        }),
        person: value(form, "person"),
        sponsor: value(form, "sponsor"),
        due_on: value(form, "due_on"),
        measure: value(form, "measure"),
        remark: value(form, "remark"),
        root_causes: value(form, "causes_shown").map(|_| causes.map(|(_, v)| v.clone()).collect()),
        township: None,
        place: None,
    }
}

fn step_of(form: &Pairs, made: String) -> StepRequest {
    StepRequest {
        made,
        on: value(form, "on"),
        verifier: value(form, "verifier"),
        reason: value(form, "reason").unwrap_or_default(),
    }
}

async fn write(
    state: &ConsoleState,
    user: &SignedIn,
    id: Uuid,
    form: &Pairs,
    (patch, step): (IssuePatch, Option<StepRequest>),
) -> Result<Response, Refusal> {
    let expected = value(form, "tag").map(|tag| vec![tag]);
    let (app, viewer) = (&state.app, user.viewer());
    let done = app.change_issue(&viewer, id, expected, &patch, step.as_ref());
    let done = done.await;
    let action = Action::ReportIssue;
    match user.audited(state, action, &id.to_string(), done).await? {
        Ok(_) => Ok(Redirect::to(&format!("/console/issues/{id}?done=issue")).into_response()),
        Err(e)
            if e.refusal()
                .is_some_and(|r| r.code == Code::PreconditionFailed) =>
        {
            let page = issue_page(state, user, id, true).await?;
            Ok((StatusCode::PRECONDITION_FAILED, page).into_response())
        }
        Err(e) => Err(e.into()),
    }
}

/// `POST /console/issues/{id}`: what the office adds; with a move in the same act if one of its buttons was pressed.
async fn save(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<Pairs>,
) -> Result<Response, Refusal> {
    let made = value(&form, "move").filter(|m| !m.is_empty());
    let step = made.map(|made| step_of(&form, made));
    write(&state, &user, id, &form, (patch(&form), step)).await
}

/// `POST /console/issues/{id}/state`: a move alone.
async fn step(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<Pairs>,
) -> Result<Response, Refusal> {
    let step = step_of(&form, value(&form, "move").unwrap_or_default());
    write(
        &state,
        &user,
        id,
        &form,
        (IssuePatch::default(), Some(step)),
    )
    .await
}

#[derive(Template)]
#[template(path = "issue_new.html")]
struct NewPage {
    t: Lang,
    p: Page,
    options: IssueOptions,
}

/// `GET /console/issues/new`
async fn blank(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    html(&NewPage {
        t: user.t,
        p: user.page(&state).await?,
        options: state.app.issue_options(&user.viewer()).await?,
    })
}

/// `POST /console/issues/new`
async fn enter(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(form): Form<Pairs>,
) -> Result<Response, Refusal> {
    let given = |name: &str| value(&form, name).filter(|v| !v.is_empty());
    let new = NewIssue {
        category: given("category").unwrap_or_default(),
        description: given("description").unwrap_or_default(),
        severity: given("severity"),
        site: None,
        township: given("township"),
        place: given("place").unwrap_or_default(),
        found_on: given("found_on"),
        position: None,
    };
    let done = state.app.enter_issue(&user.viewer(), &new).await;
    let done = user.audited(&state, Action::EditIssues, "", done).await?;
    let (seen, _) = done?;
    let to = format!("/console/issues/{}?done=issue_new", seen.head.id);
    Ok(Redirect::to(&to).into_response())
}

/// `GET /console/issues/{id}/blobs/{hash}`: a photo of an issue within reach.
async fn photo(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path((id, hash)): Path<(Uuid, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let hash = hash.strip_prefix("sha256:").unwrap_or(&hash);
    let hash = BlobHash::from_str(hash).map_err(|_| Refusal::new(Code::BlobMissing))?;
    state.app.issue_photo(&user.viewer(), id, hash).await?;
    Ok(serve_blob(state.app.blobs(), hash, &headers).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Pairs {
        let pair = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn what_is_not_on_a_form_stays_as_it_is() {
        assert_eq!(patch(&form(&[("csrf", "x")])), IssuePatch::default());
        let some = patch(&form(&[
            ("assisting_units", "住建局\r\n\r\n 城管局 "),
            ("causes_shown", "1"),
            ("root_cause", "duty"),
            ("root_cause", "effort"),
            ("fixed_shown", "1"),
        ]));
        let words = |w: [&str; 2]| Some(w.map(str::to_owned).to_vec());
        assert_eq!(some.assisting_units, words(["住建局", "城管局"]));
        assert_eq!(some.root_causes, words(["duty", "effort"]));
        assert_eq!(some.fixed_on_spot, Some(false));
        assert_eq!(some.lead_unit, None);
    }

    #[test]
    fn filters_survive_in_the_address_and_what_does_not_parse_filters_nothing() {
        let f = Filters {
            q: "垃 圾".to_owned(),
            group: "x".to_owned(),
            standing: "moon".to_owned(),
            ..Filters::default()
        };
        assert_eq!(
            f.url("overdue", "", ""),
            "/console/issues?standing=overdue&group=x&q=%E5%9E%83%20%E5%9C%BE"
        );
        let query = f.query();
        assert_eq!((query.group, query.standing), (None, None));
    }

    #[test]
    fn every_standing_has_its_own_sign() {
        let mut signs: Vec<_> = Standing::ALL.iter().map(|s| icon(s.word())).collect();
        signs.sort_unstable();
        signs.dedup();
        assert_eq!(signs.len(), Standing::ALL.len());
    }
}
