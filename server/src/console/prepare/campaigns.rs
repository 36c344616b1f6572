//! The list of campaigns: making, copying, rehearsing, choosing the current one, wiping a rehearsal.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use uuid::Uuid;

use super::typed::{Fields, Typed};
use super::{ended, go};
use crate::auth::Action;
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::i18n::Lang;
use crate::services::campaign::{self, Campaign};
use crate::services::prepare::edit::{Basics, KINDS};
use crate::services::prepare::list;
use domain::score::Rules;

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Prepare, "/console/campaigns", show)
        .form(Action::Prepare, "/console/campaigns", create)
        .form(Action::Prepare, "/console/campaigns/{id}/clone", copy)
        .form(
            Action::Rehearse,
            "/console/campaigns/{id}/rehearse",
            rehearse,
        )
        .form(Action::Prepare, "/console/campaigns/{id}/current", current)
        .form(Action::Rehearse, "/console/campaigns/{id}/wipe", wipe)
}

#[derive(Template)]
#[template(path = "prepare_campaigns.html")]
struct CampaignsPage {
    t: Lang,
    p: Page,
    f: Typed,
    list: Vec<Arc<Campaign>>,
    current: Option<Uuid>,
    kinds: [&'static str; 3],
}

impl CampaignsPage {
    fn is_current(&self, id: &Uuid) -> bool {
        self.current == Some(*id)
    }
}

/// A form opened anew.
fn empty() -> Basics {
    Basics {
        name: String::new(),
        tour_kind: "tour".to_owned(),
        dates: Default::default(),
        sheets_open: false,
    }
}

async fn render(state: &ConsoleState, user: &SignedIn, f: Typed) -> Result<Response, Refusal> {
    let read = state
        .app
        .read(|tx, ctx| Ok((list::all(tx, ctx.cache)?, list::current(tx)?)));
    let (list, current) = read.await?;
    let page = html(&CampaignsPage {
        t: user.t,
        p: user.page(state).await?,
        f: f.clone(),
        list,
        current,
        kinds: KINDS,
    })?;
    Ok(f.answer(page))
}

/// `GET /console/campaigns`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default()).await
}

/// What the form of a new campaign says.
pub(super) fn basics(fields: &Fields) -> Basics {
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    Basics {
        name: text("name"),
        tour_kind: text("tour_kind"),
        dates: (text("first_day"), text("last_day")),
        sheets_open: fields.contains_key("sheets_open"),
    }
}

/// `POST /console/campaigns`
pub async fn create(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (typed, actor) = (basics(&fields), user.viewer().actor());
    let made = state.app.write(move |tx, ctx| {
        let new = typed.checked()?;
        list::free_name(tx, ctx.cache, &new.name, None)?;
        let id = campaign::create(tx, &actor, &new.with_rules(Rules::default()), ctx.now_ms)?;
        let c = ctx.cache.campaign(tx, id)?;
        let divisions: Vec<_> = domain::builtin::divisions().iter().cloned().collect();
        campaign::add_divisions(tx, &actor, &c, &divisions, ctx.now_ms)?;
        Ok(id)
    });
    match ended(&state, &user, (Action::Prepare, ""), fields, made.await).await? {
        Ok(_) => go("/console/prepare?done=made"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

async fn copied(
    state: ConsoleState,
    user: SignedIn,
    id: Uuid,
    fields: Fields,
    rehearsal: bool,
) -> Result<Response, Refusal> {
    let actor = user.viewer().actor();
    let made = state
        .app
        .clone_campaign(&actor, id, basics(&fields), rehearsal)
        .await;
    let action = if rehearsal {
        Action::Rehearse
    } else {
        Action::Prepare
    };
    match ended(&state, &user, (action, &id.to_string()), fields, made).await? {
        Ok(_) => go("/console/campaigns?done=made"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

/// `POST /console/campaigns/{id}/clone`
pub async fn copy(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    copied(state, user, id, fields, false).await
}

/// `POST /console/campaigns/{id}/rehearse`
pub async fn rehearse(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    copied(state, user, id, fields, true).await
}

/// `POST /console/campaigns/{id}/current`
pub async fn current(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let actor = user.viewer().actor();
    let done = state.app.write(move |tx, ctx| {
        let c = list::one(tx, ctx.cache, id)?;
        list::set_current(tx, &actor, &c, ctx.now_ms)
    });
    let object = id.to_string();
    match ended(
        &state,
        &user,
        (Action::Prepare, &object),
        fields,
        done.await,
    )
    .await?
    {
        Ok(()) => go("/console/campaigns?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

/// `POST /console/campaigns/{id}/wipe`
pub async fn wipe(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let actor = user.viewer().actor();
    let typed = fields.get("typed").cloned().unwrap_or_default();
    let done = state.app.wipe_rehearsal(&actor, id, &typed).await;
    match ended(
        &state,
        &user,
        (Action::Rehearse, &id.to_string()),
        fields,
        done,
    )
    .await?
    {
        Ok(_) => go("/console/campaigns?done=wiped"),
        Err(typed) => render(&state, &user, typed).await,
    }
}
