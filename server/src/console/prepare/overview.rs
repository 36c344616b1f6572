//! One campaign's preparation: what is left, its own fields, start, close, archive.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::Response;

use super::campaigns::basics;
use super::typed::{Fields, Typed};
use super::{Strip, ended, fresh, go, mark, place, strip};
use crate::auth::Action;
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::i18n::Lang;
use crate::services::prepare::edit::{self, Basics, KINDS};
use crate::services::prepare::list;
use crate::services::prepare::readiness::{self, Step};

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Prepare, "/console/prepare", show)
        .form(Action::Prepare, "/console/prepare", save)
        .form(Action::StartCampaign, "/console/prepare/start", start)
        .form(Action::StartCampaign, "/console/prepare/advance", advance)
}

#[derive(Template)]
#[template(path = "prepare.html")]
struct OverviewPage {
    t: Lang,
    p: Page,
    f: Typed,
    s: Strip,
    basics: Basics,
    seen: String,
    campaign_state: String,
    kinds: [&'static str; 3],
    steps: [Step; 9],
    may_start: bool,
}

fn where_is(step: &Step) -> &'static str {
    place(*step)
}

async fn render(state: &ConsoleState, user: &SignedIn, f: Typed) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(state).await? {
        return Ok(page);
    }
    let looking = user.viewer();
    let read = state
        .app
        .look(&looking, |_, _, c| Ok((Basics::of(c), c.state.clone())));
    let (basics, campaign_state) = read.await?;
    let page = html(&OverviewPage {
        t: user.t,
        p: user.page(state).await?,
        f: f.clone(),
        s: strip(state, user).await?,
        seen: mark(&basics),
        basics,
        campaign_state,
        kinds: KINDS,
        steps: Step::ALL,
        may_start: user.may(Action::StartCampaign),
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default()).await
}

/// `POST /console/prepare`
pub async fn save(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (typed, actor, sent) = (basics(&fields), user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        fresh(&sent, &Basics::of(c))?;
        list::free_name(tx, ctx.cache, typed.name.trim(), Some(c.id))?;
        edit::edit(tx, &actor, c, &typed, ctx.now_ms)
    });
    match ended(&state, &user, (Action::Prepare, ""), fields, done.await).await? {
        Ok(()) => go("/console/prepare?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

/// `POST /console/prepare/start`
pub async fn start(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let actor = user.viewer().actor();
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        readiness::start(tx, &actor, ctx.cache, c.id, ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::StartCampaign, ""),
        fields,
        done.await,
    )
    .await?
    {
        Ok(()) => go("/console/prepare?done=started"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

/// `POST /console/prepare/advance`
pub async fn advance(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let text = |name: &str| sent.get(name).map_or("", String::as_str);
        edit::advance(tx, &actor, c, text("to"), text("reason"), ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::StartCampaign, ""),
        fields,
        done.await,
    )
    .await?
    {
        Ok(()) => go("/console/prepare?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}
