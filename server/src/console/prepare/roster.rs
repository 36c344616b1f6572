//! The roster, and one person's page: editing, substitute, recusals.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use domain::sheet::Form as SheetForm;
use protocol::problem::Code;
use uuid::Uuid;

use super::typed::{Fields, Typed};
use super::{Strip, ended, fresh, go, mark, strip};
use crate::auth::{Action, Role};
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::error::Result as Done;
use crate::i18n::Lang;
use crate::services::campaign::{self, Account, Campaign};
use crate::services::prepare::refuse;
use crate::services::prepare::roster::{self, Person, Ruling};

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Prepare, "/console/prepare/roster", show)
        .form(Action::Prepare, "/console/prepare/roster", add)
        .page(Action::Prepare, "/console/prepare/roster/{id}", one)
        .form(Action::Prepare, "/console/prepare/roster/{id}", save)
        .form(
            Action::Prepare,
            "/console/prepare/roster/{id}/substitute",
            substitute,
        )
        .form(
            Action::Prepare,
            "/console/prepare/roster/{id}/recuse",
            recuse,
        )
        .form(Action::Prepare, "/console/prepare/recusals/{id}/lift", lift)
}

/// Somebody as the row shows him.
struct PersonRow {
    account: Account,
    group: Option<i64>,
    home: String,
    /// Townships he must not score, by ruling.
    recused: Vec<String>,
    substitute: Option<String>,
}

struct Choices {
    roles: &'static [Role],
    /// Number and name.
    groups: Vec<(i64, String)>,
    /// Townships: code and name.
    units: Vec<(String, String)>,
}

fn choices(c: &Campaign) -> Choices {
    let units = c.divisions.values().filter(|d| d.level.is_township());
    Choices {
        roles: Role::ALL,
        groups: c
            .groups
            .iter()
            .map(|g| (g.number, g.name.clone()))
            .collect(),
        units: units
            .map(|d| (d.code.clone(), d.label().to_owned()))
            .collect(),
    }
}

fn row(c: &Campaign, account: &Account) -> PersonRow {
    let home = account
        .home_unit
        .as_deref()
        .map(|code| c.township_name(code));
    let recused = c.recusals.iter().filter(|r| r.account == account.id);
    PersonRow {
        group: account.group.and_then(|g| c.group(g)).map(|g| g.number),
        home: home.unwrap_or_default(),
        recused: recused.map(|r| c.township_name(&r.township)).collect(),
        substitute: account
            .replaced
            .as_ref()
            .map(|(id, _, _)| c.account_name(*id)),
        account: account.clone(),
    }
}

#[derive(Template)]
#[template(path = "prepare_roster.html")]
struct RosterPage {
    t: Lang,
    p: Page,
    f: Typed,
    s: Strip,
    rows: Vec<PersonRow>,
    ch: Choices,
}

async fn render(state: &ConsoleState, user: &SignedIn, f: Typed) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(state).await? {
        return Ok(page);
    }
    let looking = user.viewer();
    let read = state.app.look(&looking, |_, _, c| {
        let mut rows: Vec<PersonRow> = c.accounts.values().map(|a| row(c, a)).collect();
        rows.sort_by_cached_key(|r| {
            (
                !r.account.active,
                r.group.is_none(),
                r.group,
                r.account.name.clone(),
            )
        });
        Ok((rows, choices(c)))
    });
    let (rows, ch) = read.await?;
    let page = html(&RosterPage {
        t: user.t,
        p: user.page(state).await?,
        s: strip(state, user).await?,
        rows,
        ch,
        f: f.clone(),
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/roster`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default()).await
}

fn person(fields: &Fields) -> Done<Person> {
    let text = |name: &str| fields.get(name).map_or("", |v| v.trim()).to_owned();
    let some = |name: &str| Some(text(name)).filter(|v| !v.is_empty());
    let group = match some("group") {
        None => None,
        Some(n) => Some(
            n.parse()
                .map_err(|_| refuse("group", "组号应为整数", "a whole number"))?,
        ),
    };
    Ok(Person {
        name: text("name"),
        role: text("role"),
        group,
        home_unit: some("home_unit"),
        form: SheetForm::parse(&text("sheet_form"))
            .ok_or_else(|| refuse("sheet_form", "请选择表式", "choose a form"))?,
    })
}

/// `POST /console/prepare/roster`
pub async fn add(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        roster::add(tx, &actor, c, &person(&sent)?, ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::Prepare, "roster"),
        fields,
        done.await,
    )
    .await?
    {
        Ok(_) => go("/console/prepare/roster?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

#[derive(Template)]
#[template(path = "prepare_person.html")]
struct PersonPage {
    t: Lang,
    p: Page,
    f: Typed,
    row: PersonRow,
    seen: String,
    preparing: bool,
    ch: Choices,
    /// Who may go on instead.
    others: Vec<(Uuid, String)>,
    rulings: Vec<(Ruling, String)>,
}

impl PersonPage {
    fn group(&self) -> String {
        self.row.group.map_or_else(String::new, |n| n.to_string())
    }
}

fn others(c: &Campaign, account: &Account) -> Vec<(Uuid, String)> {
    let may = |a: &&Account| {
        a.active
            && a.id != account.id
            && a.role == account.role
            && (a.group.is_none() || a.group == account.group)
    };
    let mut list: Vec<(Uuid, String)> = c
        .accounts
        .values()
        .filter(may)
        .map(|a| (a.id, a.name.clone()))
        .collect();
    list.sort_by(|a, b| a.1.cmp(&b.1));
    list
}

async fn render_one(
    state: &ConsoleState,
    user: &SignedIn,
    id: Uuid,
    f: Typed,
) -> Result<Response, Refusal> {
    let looking = user.viewer();
    let read = state.app.look(&looking, move |tx, _, c| {
        let account = c.accounts.get(&id).ok_or(Code::NotFound)?;
        let rulings = roster::rulings(tx, c)?
            .into_iter()
            .filter(|r| r.account == id);
        let rulings: Vec<_> = rulings
            .map(|r| (r.clone(), c.township_name(&r.township)))
            .collect();
        let preparing = c.state == "preparing";
        Ok((
            row(c, account),
            mark(account),
            preparing,
            choices(c),
            others(c, account),
            rulings,
        ))
    });
    let (row, seen, preparing, ch, others, rulings) = read.await?;
    let page = html(&PersonPage {
        t: user.t,
        p: user.page(state).await?,
        f: f.clone(),
        row,
        seen,
        preparing,
        ch,
        others,
        rulings,
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/roster/{id}`
pub async fn one(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    render_one(&state, &user, id, Typed::default()).await
}

async fn finish<T>(
    (state, user, id): (ConsoleState, SignedIn, Uuid),
    fields: Fields,
    done: Done<T>,
) -> Result<Response, Refusal> {
    match ended(
        &state,
        &user,
        (Action::Prepare, &id.to_string()),
        fields,
        done,
    )
    .await?
    {
        Ok(_) => go(&format!("/console/prepare/roster/{id}?done=saved")),
        Err(typed) => render_one(&state, &user, id, typed).await,
    }
}

/// `POST /console/prepare/roster/{id}`
pub async fn save(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let old = c.accounts.get(&id).ok_or(Code::NotFound)?;
        fresh(&sent, old)?;
        let active = sent.contains_key("active");
        let reason = sent.get("reason").map_or("", String::as_str);
        roster::edit(
            tx,
            &actor,
            c,
            id,
            &person(&sent)?,
            active,
            reason,
            ctx.now_ms,
        )
    });
    let done = done.await;
    finish((state, user, id), fields, done).await
}

/// `POST /console/prepare/roster/{id}/substitute`
pub async fn substitute(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let other = sent
            .get("substitute")
            .and_then(|id| Uuid::try_parse(id).ok());
        let other =
            other.ok_or_else(|| refuse("substitute", "请选择替补人", "choose a substitute"))?;
        let reason = sent.get("reason").map_or("", String::as_str);
        roster::substitute(tx, &actor, c, (id, other), reason, ctx.now_ms)
    });
    let done = done.await;
    finish((state, user, id), fields, done).await
}

/// `POST /console/prepare/roster/{id}/recuse`
pub async fn recuse(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let township = sent.get("township").map_or("", String::as_str);
        if !c.townships.contains_key(township) {
            return Err(refuse("township", "请选择乡镇", "choose a township"));
        }
        let reason =
            crate::services::prepare::reason(sent.get("reason").map_or("", String::as_str))?;
        campaign::recuse(tx, &actor, c, (id, township), &reason, ctx.now_ms)
    });
    let done = done.await;
    finish((state, user, id), fields, done).await
}

/// `POST /console/prepare/recusals/{id}/lift`
pub async fn lift(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(ruling): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let account = fields
        .get("account")
        .and_then(|id| Uuid::try_parse(id).ok());
    let account = account.ok_or_else(|| Refusal::new(Code::BadRequest))?;
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let reason = sent.get("reason").map_or("", String::as_str);
        roster::lift_recusal(tx, &actor, c, ruling, reason, ctx.now_ms)
    });
    let done = done.await;
    finish((state, user, account), fields, done).await
}
