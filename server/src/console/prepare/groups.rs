//! Groups, and a table in which every township has its group.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::Response;
use uuid::Uuid;

use super::typed::{Fields, Typed};
use super::{Strip, ended, fresh, go, mark, strip};
use crate::auth::Action;
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::i18n::Lang;
use crate::services::campaign::{Campaign, Group};
use crate::services::prepare::groups::{self, GroupForm};
use crate::services::prepare::refuse;

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Prepare, "/console/prepare/groups", show)
        .form(Action::Prepare, "/console/prepare/groups", save)
        .form(Action::Prepare, "/console/prepare/townships", assign)
}

/// A group with its people.
struct GroupRow {
    group: Group,
    seen: String,
    members: usize,
    townships: usize,
    /// Accounts that may report: id and name.
    people: Vec<(Uuid, String)>,
}

impl GroupRow {
    fn form(&self) -> String {
        format!("group{}", self.group.number)
    }

    /// Who reports for it, or a dash.
    fn rapporteur(&self) -> &str {
        let found = self.people.iter().find(|(id, _)| self.is_rapporteur(id));
        found.map_or("—", |(_, name)| name)
    }

    fn is_rapporteur(&self, id: &Uuid) -> bool {
        self.group.rapporteur == Some(*id)
    }
}

/// A township with the number of its group.
struct TownshipRow {
    code: String,
    name: String,
    group: Option<i64>,
}

impl TownshipRow {
    fn is_in(&self, number: &i64) -> bool {
        self.group == Some(*number)
    }
}

#[derive(Template)]
#[template(path = "prepare_groups.html")]
struct GroupsPage {
    t: Lang,
    p: Page,
    f: Typed,
    s: Strip,
    groups: Vec<GroupRow>,
    next: i64,
    /// Unassigned first.
    townships: Vec<TownshipRow>,
    open: usize,
    seen: String,
    frozen: bool,
}

fn places(c: &Campaign) -> Vec<TownshipRow> {
    let units = c.divisions.values().filter(|d| d.level.is_township());
    let mut list: Vec<TownshipRow> = units
        .map(|d| {
            let placed = c.townships.get(&d.code).filter(|t| !t.unclear);
            let group = placed.and_then(|t| t.group).and_then(|g| c.group(g));
            TownshipRow {
                code: d.code.clone(),
                name: d.label().to_owned(),
                group: group.map(|g| g.number),
            }
        })
        .collect();
    list.sort_by(|a, b| (a.group.is_some(), &a.code).cmp(&(b.group.is_some(), &b.code)));
    list
}

fn people(c: &Campaign, group: &Group) -> Vec<(Uuid, String)> {
    let of_it = c
        .accounts
        .values()
        .filter(|a| a.active && a.group == Some(group.id));
    let mut list: Vec<(Uuid, String)> = of_it.map(|a| (a.id, a.name.clone())).collect();
    list.sort_by(|a, b| a.1.cmp(&b.1));
    list
}

async fn render(state: &ConsoleState, user: &SignedIn, f: Typed) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(state).await? {
        return Ok(page);
    }
    let looking = user.viewer();
    let read = state.app.look(&looking, |_, _, c| {
        let rows = c.groups.iter().map(|g| GroupRow {
            seen: mark(g),
            people: people(c, g),
            members: people(c, g).len(),
            townships: c
                .townships
                .values()
                .filter(|t| t.group == Some(g.id))
                .count(),
            group: g.clone(),
        });
        let next = c.groups.iter().map(|g| g.number).max().unwrap_or(0) + 1;
        Ok((
            rows.collect::<Vec<_>>(),
            next,
            places(c),
            mark(&c.townships),
            c.state != "preparing",
        ))
    });
    let (groups, next, townships, seen, frozen) = read.await?;
    let page = html(&GroupsPage {
        t: user.t,
        p: user.page(state).await?,
        s: strip(state, user).await?,
        open: townships.iter().filter(|t| t.group.is_none()).count(),
        groups,
        next,
        townships,
        seen,
        frozen,
        f: f.clone(),
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/groups`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default()).await
}

/// `POST /console/prepare/groups`
pub async fn save(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let text = |name: &str| sent.get(name).cloned().unwrap_or_default();
        let number = text("number").trim().parse();
        let number = number.map_err(|_| refuse("number", "组号应为整数", "a whole number"))?;
        let known = c.groups.iter().find(|g| g.number == number);
        match known {
            Some(group) if sent.contains_key("seen") => fresh(&sent, group)?,
            Some(_) => return Err(refuse("number", "已有这个组号", "that number is taken")),
            None => {}
        }
        let form = GroupForm {
            number,
            name: text("name"),
            lead: text("lead"),
            rapporteur: Uuid::try_parse(&text("rapporteur")).ok(),
        };
        groups::put(tx, &actor, c, &form, ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::Prepare, "group"),
        fields,
        done.await,
    )
    .await?
    {
        Ok(_) => go("/console/prepare/groups?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

/// `POST /console/prepare/townships`: one field `g-CODE` per township, its group's number or nothing.
pub async fn assign(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        fresh(&sent, &c.townships)?;
        let mut rows = Vec::new();
        for (name, value) in &sent {
            if let Some(code) = name.strip_prefix("g-") {
                let group = match value.trim() {
                    "" => None,
                    n => Some(
                        n.parse()
                            .map_err(|_| refuse("townships", "组号应为整数", "a whole number"))?,
                    ),
                };
                rows.push((code.to_owned(), group));
            }
        }
        groups::assign(tx, &actor, c, &rows, ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::Prepare, "townships"),
        fields,
        done.await,
    )
    .await?
    {
        Ok(_) => go("/console/prepare/groups?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}
