//! Checklists: versions, the ones that come with the program, and their items.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use domain::Checklist;
use protocol::problem::Code;
use uuid::Uuid;

use super::typed::{Fields, Typed};
use super::{Strip, ended, go, strip};
use crate::auth::Action;
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::i18n::Lang;
use crate::services::prepare::checklists;

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Prepare, "/console/prepare/checklists", show)
        .form(Action::Prepare, "/console/prepare/checklists", builtin)
        .page(Action::Prepare, "/console/prepare/checklists/{id}", one)
}

type Row = (Uuid, Arc<Checklist>);

fn proposal(list: &Checklist) -> bool {
    list.status == domain::builtin::checklist_status()
}

#[derive(Template)]
#[template(path = "prepare_checklists.html")]
struct ChecklistsPage {
    t: Lang,
    p: Page,
    f: Typed,
    s: Strip,
    rows: Vec<Row>,
    /// Those of the program that the campaign does not have yet.
    missing: usize,
}

impl ChecklistsPage {
    fn proposal(&self, list: &Checklist) -> bool {
        proposal(list)
    }
}

async fn render(state: &ConsoleState, user: &SignedIn, f: Typed) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(state).await? {
        return Ok(page);
    }
    let looking = user.viewer();
    let read = state.app.look(&looking, |_, _, c| {
        let rows: Vec<Row> = c
            .checklists
            .values()
            .map(|e| (e.id, Arc::clone(&e.checklist)))
            .collect();
        Ok((rows, checklists::missing(c).len()))
    });
    let (rows, missing) = read.await?;
    let page = html(&ChecklistsPage {
        t: user.t,
        p: user.page(state).await?,
        s: strip(state, user).await?,
        rows,
        missing,
        f: f.clone(),
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/checklists`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default()).await
}

/// `POST /console/prepare/checklists`: takes in those that come with the program.
pub async fn builtin(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let actor = user.viewer().actor();
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        checklists::take_builtin(tx, &actor, c, ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::Prepare, "checklists"),
        fields,
        done.await,
    )
    .await?
    {
        Ok(_) => go("/console/prepare/checklists?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

#[derive(Template)]
#[template(path = "prepare_checklist.html")]
struct ChecklistPage {
    t: Lang,
    p: Page,
    list: Arc<Checklist>,
    is_proposal: bool,
}

impl ChecklistPage {
    fn points(&self, e4: &i64) -> String {
        domain::points::show(*e4)
    }
}

/// `GET /console/prepare/checklists/{id}`
pub async fn one(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    let looking = user.viewer();
    let read = state.app.look(&looking, move |_, _, c| {
        let found = c.checklists.values().find(|e| e.id == id);
        Ok(Arc::clone(&found.ok_or(Code::NotFound)?.checklist))
    });
    let list = read.await?;
    html(&ChecklistPage {
        t: user.t,
        p: user.page(&state).await?,
        is_proposal: proposal(&list),
        list,
    })
}
