//! The route: sites by township, slots, order, strikes, and one site's own page.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use domain::{SiteKind, TownKind};
use protocol::problem::Code;
use uuid::Uuid;

use super::typed::{Fields, Typed};
use super::{Strip, ended, fresh, go, mark, strip};
use crate::auth::Action;
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::error::Result as Done;
use crate::i18n::Lang;
use crate::services::campaign::{self, Campaign, Site};
use crate::services::households::{self, Household};
use crate::services::prepare::refuse;
use crate::services::prepare::sites::{self, SiteForm};

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Prepare, "/console/prepare/sites", show)
        .form(Action::Prepare, "/console/prepare/sites", add)
        .form(Action::Prepare, "/console/prepare/slots", slots)
        .form(Action::Prepare, "/console/prepare/route", reorder)
        .page(Action::Prepare, "/console/prepare/sites/{id}", one)
        .form(Action::Prepare, "/console/prepare/sites/{id}", save)
        .form(
            Action::Prepare,
            "/console/prepare/sites/{id}/strike",
            strike,
        )
}

/// A site as its row shows it.
struct SiteRow {
    site: Site,
    place: String,
    group: String,
    has_checklist: bool,
    /// A group that visits it is locked, or the campaign is over: nothing changes.
    locked: bool,
}

/// Code and name.
type Unit = (String, String);

/// What both pages offer to choose from.
struct Choices {
    kinds: &'static [SiteKind],
    town_kinds: &'static [TownKind],
    townships: Vec<Unit>,
    /// Villages of townships that take part, with the township's name.
    villages: Vec<Unit>,
}

fn choices(c: &Campaign) -> Choices {
    let townships = c
        .townships
        .keys()
        .map(|code| (code.clone(), c.township_name(code)));
    let villages = c.divisions.values().filter_map(|d| {
        let parent = d.parent.as_ref().filter(|p| c.townships.contains_key(*p))?;
        Some((
            d.code.clone(),
            format!("{} · {}", c.township_name(parent), d.label()),
        ))
    });
    Choices {
        kinds: SiteKind::ALL,
        town_kinds: TownKind::ALL,
        townships: townships.collect(),
        villages: villages.collect(),
    }
}

fn row(c: &Campaign, site: &Site) -> SiteRow {
    let township = site.township.as_deref().map(|code| c.township_name(code));
    let village = site.village.as_ref().and_then(|v| c.divisions.get(v));
    let place: Vec<String> = township
        .into_iter()
        .chain(village.map(|d| d.label().to_owned()))
        .collect();
    let group = c.group_of_site(site).and_then(|g| c.group(g));
    SiteRow {
        place: place.join(" · "),
        group: group.map_or_else(String::new, |g| g.name.clone()),
        has_checklist: c.checklist_for(site).is_some(),
        locked: sites::is_locked(c, site) || ["closed", "archived"].contains(&c.state.as_str()),
        site: site.clone(),
    }
}

#[derive(Template)]
#[template(path = "prepare_sites.html")]
struct SitesPage {
    t: Lang,
    p: Page,
    f: Typed,
    s: Strip,
    rows: Vec<SiteRow>,
    seen: String,
    ch: Choices,
}

impl SitesPage {
    /// True if some site may still get another place on the route.
    fn any_open(&self) -> bool {
        self.rows.iter().any(|r| !r.locked)
    }
}

async fn render(state: &ConsoleState, user: &SignedIn, f: Typed) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(state).await? {
        return Ok(page);
    }
    let looking = user.viewer();
    let read = state.app.look(&looking, |_, _, c| {
        let sites = c.route.iter().filter_map(|id| c.sites.get(id));
        let mut rows: Vec<SiteRow> = sites.map(|s| row(c, s)).collect();
        rows.sort_by_cached_key(|r| {
            (
                r.site.township.is_none(),
                r.site.township.clone(),
                r.site.order,
                r.site.id,
            )
        });
        Ok((rows, mark(&c.route), choices(c)))
    });
    let (rows, seen, ch) = read.await?;
    let page = html(&SitesPage {
        t: user.t,
        p: user.page(state).await?,
        s: strip(state, user).await?,
        rows,
        seen,
        ch,
        f: f.clone(),
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/sites`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default()).await
}

fn some(fields: &Fields, name: &str) -> Option<String> {
    let text = fields.get(name).map_or("", |v| v.trim());
    (!text.is_empty()).then(|| text.to_owned())
}

fn whole(fields: &Fields, name: &str) -> Done<i64> {
    let text = some(fields, name).unwrap_or_else(|| "0".to_owned());
    text.parse()
        .map_err(|_| refuse(name, "应为整数", "a whole number"))
}

fn form(fields: &Fields) -> Done<SiteForm> {
    let kind = some(fields, "kind").and_then(|k| SiteKind::parse(&k));
    let town_kind = match some(fields, "town_kind") {
        None => None,
        Some(word) => {
            let found = TownKind::parse(&word);
            Some(found.ok_or_else(|| refuse("town_kind", "未知类型", "unknown kind"))?)
        }
    };
    Ok(SiteForm {
        name: some(fields, "name").unwrap_or_default(),
        kind: kind.ok_or_else(|| refuse("kind", "请选择类型", "choose a kind"))?,
        town_kind,
        township: some(fields, "township"),
        village: some(fields, "village"),
        slot: match some(fields, "slot") {
            None => None,
            Some(_) => Some(whole(fields, "slot")?),
        },
        order: whole(fields, "order")?,
    })
}

/// `POST /console/prepare/sites`
pub async fn add(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        sites::add(tx, &actor, c, &form(&sent)?, ctx.now_ms)
    });
    match ended(&state, &user, (Action::Prepare, "site"), fields, done.await).await? {
        Ok(_) => go("/console/prepare/sites?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

/// `POST /console/prepare/slots`
pub async fn slots(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        fresh(&sent, &c.route)?;
        let village = some(&sent, "village");
        let chosen = some(&sent, "township");
        let of_village = village
            .as_ref()
            .and_then(|v| c.divisions.get(v))
            .and_then(|d| d.parent.clone());
        let township = chosen.or(of_village);
        let township =
            township.ok_or_else(|| refuse("township", "请选择乡镇", "choose a township"))?;
        let place = (township.as_str(), village.as_deref());
        sites::add_slots(tx, &actor, c, place, whole(&sent, "slots")?, ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::Prepare, "slots"),
        fields,
        done.await,
    )
    .await?
    {
        Ok(_) => go("/console/prepare/sites?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

/// `POST /console/prepare/route`: one field `o-ID` per site, its place on the route.
pub async fn reorder(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        fresh(&sent, &c.route)?;
        let mut rows = Vec::new();
        for name in sent.keys() {
            if let Some(id) = name
                .strip_prefix("o-")
                .and_then(|id| Uuid::try_parse(id).ok())
            {
                rows.push((
                    id,
                    whole(&sent, name)
                        .map_err(|_| refuse("order", "顺序应为整数", "a whole number"))?,
                ));
            }
        }
        sites::reorder(tx, &actor, c, &rows, ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::Prepare, "route"),
        fields,
        done.await,
    )
    .await?
    {
        Ok(_) => go("/console/prepare/sites?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

#[derive(Template)]
#[template(path = "prepare_site.html")]
struct SitePage {
    t: Lang,
    p: Page,
    f: Typed,
    row: SiteRow,
    seen: String,
    fixed: bool,
    /// How often a household was entered; none for another site.
    household: Option<Household>,
    ch: Choices,
}

impl SitePage {
    fn slot(&self) -> String {
        self.row
            .site
            .slot
            .map_or_else(String::new, |n| n.to_string())
    }

    fn order(&self) -> String {
        self.row.site.order.to_string()
    }

    fn town_word(&self) -> &'static str {
        self.row.site.town_kind.map_or("", TownKind::word)
    }
}

async fn render_one(
    state: &ConsoleState,
    user: &SignedIn,
    id: Uuid,
    f: Typed,
) -> Result<Response, Refusal> {
    let looking = user.viewer();
    let read = state.app.look(&looking, move |tx, _, c| {
        let site = c.sites.get(&id).ok_or(Code::NotFound)?;
        let household = match site.kind {
            SiteKind::Household => Some(households::one(tx, c, id)?),
            _ => None,
        };
        Ok((
            row(c, site),
            mark(site),
            (sites::has_sheets(tx, c, id)?, household),
            choices(c),
        ))
    });
    let (row, seen, (fixed, household), ch) = read.await?;
    let page = html(&SitePage {
        t: user.t,
        p: user.page(state).await?,
        f: f.clone(),
        row,
        seen,
        fixed,
        household,
        ch,
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/sites/{id}`
pub async fn one(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    render_one(&state, &user, id, Typed::default()).await
}

/// `POST /console/prepare/sites/{id}`
pub async fn save(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let old = c.sites.get(&id).ok_or(Code::NotFound)?;
        fresh(&sent, old)?;
        sites::edit(tx, &actor, c, id, &form(&sent)?, ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::Prepare, &id.to_string()),
        fields,
        done.await,
    )
    .await?
    {
        Ok(()) => go("/console/prepare/sites?done=saved"),
        Err(typed) => render_one(&state, &user, id, typed).await,
    }
}

/// `POST /console/prepare/sites/{id}/strike`
pub async fn strike(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let strike = sent.get("strike").is_some_and(|s| s == "1");
        let reason =
            crate::services::prepare::reason(sent.get("reason").map_or("", String::as_str))?;
        campaign::strike_site(tx, &actor, c, id, strike, &reason, ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::Prepare, &id.to_string()),
        fields,
        done.await,
    )
    .await?
    {
        Ok(()) => go("/console/prepare/sites?done=saved"),
        Err(typed) => render_one(&state, &user, id, typed).await,
    }
}
