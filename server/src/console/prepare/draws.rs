//! Draws: making one from a list of the campaign or a typed one, and its page to print.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use domain::draw::Candidate;
use protocol::problem::Code;
use uuid::Uuid;

use super::typed::{Fields, Typed};
use super::{ended, go};
use crate::auth::Action;
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::error::Result as Done;
use crate::i18n::Lang;
use crate::services::campaign::Campaign;
use crate::services::prepare::draws::{self, DrawBody, NewDraw, Purpose};
use crate::services::prepare::refuse;
use crate::store::sqlite::entropy;

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Prepare, "/console/prepare/draws", show)
        .form(Action::Prepare, "/console/prepare/draws", draw)
        .page(Action::Prepare, "/console/prepare/draws/{id}", one)
        .form(Action::Prepare, "/console/prepare/draws/{id}/again", again)
}

#[derive(Template)]
#[template(path = "prepare_draws.html")]
struct DrawsPage {
    t: Lang,
    p: Page,
    f: Typed,
    rows: Vec<(Uuid, DrawBody)>,
    purposes: [Purpose; 4],
    townships: Vec<(String, String)>,
}

async fn render(state: &ConsoleState, user: &SignedIn, f: Typed) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(state).await? {
        return Ok(page);
    }
    let looking = user.viewer();
    let read = state.app.look(&looking, |tx, _, c| {
        let townships = c
            .townships
            .keys()
            .map(|code| (code.clone(), c.township_name(code)));
        Ok((draws::all(tx, c)?, townships.collect::<Vec<_>>()))
    });
    let (rows, townships) = read.await?;
    let page = html(&DrawsPage {
        t: user.t,
        p: user.page(state).await?,
        rows,
        purposes: Purpose::ALL,
        townships,
        f: f.clone(),
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/draws`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default()).await
}

/// One candidate a line: its id, and after a space or a tab its name. A line `1-120` is the numbers from 1 to 120.
fn typed_list(text: &str) -> Done<Vec<Candidate>> {
    let mut list = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let range = line.split_once(['-', '—']).and_then(|(a, b)| {
            Some((a.trim().parse::<u32>().ok()?, b.trim().parse::<u32>().ok()?))
        });
        if let Some((from, to)) = range {
            let many = to
                .checked_sub(from)
                .is_none_or(|n| n as usize >= domain::draw::MAX_CANDIDATES);
            if many {
                return Err(refuse(
                    "candidates",
                    "号码范围不对或过大",
                    "the range is wrong or too large",
                ));
            }
            list.extend((from..=to).map(|n| Candidate {
                id: n.to_string(),
                name: String::new(),
            }));
        } else {
            let (id, name) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            list.push(Candidate {
                id: id.to_owned(),
                name: name.trim().to_owned(),
            });
        }
        if list.len() > domain::draw::MAX_CANDIDATES {
            return Err(refuse(
                "candidates",
                "名单超过 20000 个",
                "more than 20,000 candidates",
            ));
        }
    }
    Ok(list)
}

fn new_draw(c: &Campaign, fields: &Fields) -> Done<NewDraw> {
    let text = |name: &str| fields.get(name).map_or("", |v| v.trim());
    let purpose = Purpose::parse(text("purpose"));
    let purpose = purpose.ok_or_else(|| refuse("purpose", "请选择用途", "choose a purpose"))?;
    let township = text("township");
    let candidates = match purpose {
        _ if !text("candidates").is_empty() => typed_list(text("candidates"))?,
        Purpose::ExtraVillages if c.townships.contains_key(township) => {
            draws::extra_villages(c, township)
        }
        Purpose::ExtraVillages => {
            return Err(refuse(
                "township",
                "请选择乡镇，或填写名单",
                "choose a township or type a list",
            ));
        }
        Purpose::BenchmarkOrder => draws::benchmarks(c),
        _ => return Err(refuse("candidates", "请填写名单", "type the list")),
    };
    let n = match (purpose, text("n")) {
        (Purpose::BenchmarkOrder, "") => candidates.len(),
        (_, n) => n
            .parse()
            .map_err(|_| refuse("n", "应为整数", "a whole number"))?,
    };
    Ok(NewDraw {
        purpose,
        title: text("title").to_owned(),
        seed: Some(text("seed").to_owned()),
        candidates,
        n,
        again: None,
    })
}

/// `POST /console/prepare/draws`
pub async fn draw(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let random = entropy()?;
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        draws::draw(tx, &actor, c, &new_draw(c, &sent)?, random, ctx.now_ms)
    });
    match ended(&state, &user, (Action::Prepare, "draw"), fields, done.await).await? {
        Ok((id, _)) => go(&format!("/console/prepare/draws/{id}")),
        Err(typed) => render(&state, &user, typed).await,
    }
}

#[derive(Template)]
#[template(path = "prepare_draw.html")]
struct DrawPage {
    t: Lang,
    p: Page,
    f: Typed,
    id: Uuid,
    body: DrawBody,
    list_hash: String,
    holds: bool,
    replaced: bool,
}

impl DrawPage {
    fn name_of(&self, id: &str) -> &str {
        let found = self.body.candidates.iter().find(|c| c.id == id);
        found.map_or("", |c| c.name.as_str())
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
        let all = draws::all(tx, c)?;
        let replaced = all.iter().any(|(_, b)| b.replaces == Some(id));
        let found = all.into_iter().find(|(other, _)| *other == id);
        Ok((found.ok_or(Code::NotFound)?.1, replaced))
    });
    let (body, replaced) = read.await?;
    let page = html(&DrawPage {
        t: user.t,
        p: user.page(state).await?,
        id,
        list_hash: draws::list_hash(&body.candidates),
        holds: draws::holds(&body),
        body,
        replaced,
        f: f.clone(),
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/draws/{id}`
pub async fn one(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    render_one(&state, &user, id, Typed::default()).await
}

/// `POST /console/prepare/draws/{id}/again`: the same question and list with another seed.
pub async fn again(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let random = entropy()?;
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let text = |name: &str| sent.get(name).map_or("", |v| v.trim());
        let found = draws::all(tx, c)?
            .into_iter()
            .find(|(other, _)| *other == id);
        let (_, old) = found.ok_or(Code::NotFound)?;
        let candidates = match text("candidates") {
            "" => old.candidates,
            typed => typed_list(typed)?,
        };
        let new = NewDraw {
            purpose: old.purpose,
            title: old.title,
            seed: Some(text("seed").to_owned()),
            candidates,
            n: old.n,
            again: Some((id, text("reason").to_owned())),
        };
        draws::draw(tx, &actor, c, &new, random, ctx.now_ms)
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
        Ok((id, _)) => go(&format!("/console/prepare/draws/{id}")),
        Err(typed) => render_one(&state, &user, id, typed).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_typed_a_line_each_or_as_a_range_of_numbers() {
        let list = typed_list("640422215200 沙岗村\n\n 7-9 \nA\t甲 户").unwrap();
        let ids: Vec<&str> = list.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(ids, ["640422215200", "7", "8", "9", "A"]);
        assert_eq!(
            (list[0].name.as_str(), list[4].name.as_str()),
            ("沙岗村", "甲 户")
        );
        for bad in ["9-7", "1-4000000000", "0-20000"] {
            assert!(typed_list(bad).is_err(), "{bad}");
        }
        assert_eq!(typed_list("1-20000").unwrap().len(), 20_000);
    }
}
