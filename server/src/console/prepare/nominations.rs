//! Nominations: the deadline, what each township named, and the office's ruling on it.
//!
//! Invariant: a township head sees and names villages of his own township only.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use chrono::{FixedOffset, NaiveDateTime, TimeZone};
use protocol::problem::Code;
use uuid::Uuid;

use super::typed::{Fields, Typed};
use super::{ended, go};
use crate::auth::{Action, On, Viewer, may};
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::error::{Error, Result as Done};
use crate::i18n::Lang;
use crate::services::campaign::Campaign;
use crate::services::prepare::nominations::{self, Nomination, PER_TOWNSHIP};
use crate::services::prepare::refuse;

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Nominate, "/console/prepare/nominations", show)
        .form(Action::Nominate, "/console/prepare/nominations", nominate)
        .form(Action::Prepare, "/console/prepare/deadline", deadline)
        .form(
            Action::Nominate,
            "/console/prepare/nominations/{id}/withdraw",
            withdraw,
        )
        .form(Action::Prepare, "/console/prepare/nominations/{id}", decide)
}

/// A village with the township it belongs to.
type Village = (String, String);

#[derive(Template)]
#[template(path = "prepare_nominations.html")]
struct NominationsPage {
    t: Lang,
    p: Page,
    f: Typed,
    rows: Vec<(Nomination, String)>,
    villages: Vec<Village>,
    until_ms: Option<i64>,
    per_township: String,
    open: bool,
    preparing: bool,
    may_decide: bool,
}

/// Asia/Shanghai.
fn shanghai() -> Option<FixedOffset> {
    FixedOffset::east_opt(8 * 3600)
}

/// A time as `datetime-local` gives it, meant in Asia/Shanghai.
fn time(text: &str) -> Option<i64> {
    let naive = NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%dT%H:%M").ok()?;
    let at = shanghai()?.from_local_datetime(&naive).single()?;
    Some(at.timestamp_millis())
}

fn reaches(viewer: &Viewer, township: &str) -> bool {
    let on = On {
        group: None,
        units: &[township],
    };
    may(viewer, Action::Nominate, on)
}

fn villages(c: &Campaign, viewer: &Viewer) -> Vec<Village> {
    let all = c.divisions.values().filter_map(|d| {
        let township = d.parent.as_ref().filter(|p| c.townships.contains_key(*p))?;
        let label = format!("{} · {}", c.township_name(township), d.label());
        reaches(viewer, township).then(|| (d.code.clone(), label))
    });
    all.collect()
}

async fn render(state: &ConsoleState, user: &SignedIn, f: Typed) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(state).await? {
        return Ok(page);
    }
    let viewer = user.viewer();
    let looking = user.viewer();
    let read = state.app.look(&looking, move |tx, ctx, c| {
        let all = nominations::all(tx, c)?
            .into_iter()
            .filter(|n| reaches(&viewer, &n.township));
        let rows: Vec<_> = all
            .map(|n| (n.clone(), c.township_name(&n.township)))
            .collect();
        let preparing = c.state == "preparing";
        let open = preparing && c.nominations.0.is_some_and(|until| ctx.now_ms < until);
        Ok((rows, villages(c, &viewer), c.nominations, open, preparing))
    });
    let (rows, villages, (until_ms, most), open, preparing) = read.await?;
    let most = if most == 0 { PER_TOWNSHIP } else { most };
    let page = html(&NominationsPage {
        t: user.t,
        p: user.page(state).await?,
        rows,
        villages,
        until_ms,
        per_township: most.to_string(),
        open,
        preparing,
        may_decide: user.may(Action::Prepare),
        f: f.clone(),
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/nominations`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default()).await
}

async fn finish<T>(
    state: ConsoleState,
    user: SignedIn,
    (action, object): (Action, &str),
    fields: Fields,
    done: Done<T>,
) -> Result<Response, Refusal> {
    match ended(&state, &user, (action, object), fields, done).await? {
        Ok(_) => go("/console/prepare/nominations?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

/// `POST /console/prepare/deadline`
pub async fn deadline(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let text = |name: &str| sent.get(name).map_or("", |v| v.trim());
        let until = match text("until") {
            "" => None,
            at => Some(
                time(at).ok_or_else(|| refuse("until", "应为日期和时间", "a day and a time"))?,
            ),
        };
        let most = text("per_township").parse();
        let most = most.map_err(|_| refuse("per_township", "应为整数", "a whole number"))?;
        nominations::set_deadline(tx, &actor, c, (until, most), ctx.now_ms)
    });
    let done = done.await;
    finish(state, user, (Action::Prepare, "deadline"), fields, done).await
}

/// `POST /console/prepare/nominations`
pub async fn nominate(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (viewer, sent) = (user.viewer(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let village = sent.get("village").map_or("", String::as_str);
        let township = c.divisions.get(village).and_then(|d| d.parent.clone());
        let township = township.filter(|code| reaches(&viewer, code));
        let township = township.ok_or_else(|| refuse("village", "请选择村", "choose a village"))?;
        let remark = sent.get("remark").map_or("", String::as_str);
        nominations::nominate(
            tx,
            &viewer.actor(),
            c,
            (&township, village),
            remark,
            ctx.now_ms,
        )
    });
    let done = done.await;
    finish(state, user, (Action::Nominate, "nomination"), fields, done).await
}

/// `POST /console/prepare/nominations/{id}/withdraw`
pub async fn withdraw(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let viewer = user.viewer();
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let all = nominations::all(tx, c)?;
        let own = all
            .iter()
            .any(|n| n.id == id && reaches(&viewer, &n.township));
        if !own {
            return Err(Error::from(Code::NotFound));
        }
        nominations::withdraw(tx, &viewer.actor(), c, id, ctx.now_ms)
    });
    let done = done.await;
    finish(
        state,
        user,
        (Action::Nominate, &id.to_string()),
        fields,
        done,
    )
    .await
}

/// `POST /console/prepare/nominations/{id}`
pub async fn decide(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        let accept = match sent.get("accept").map_or("", String::as_str) {
            "1" => true,
            "0" => false,
            _ => return Err(Code::Invalid.into()),
        };
        let reason = sent.get("reason").map_or("", String::as_str);
        nominations::decide(tx, &actor, c, id, accept, reason, ctx.now_ms)
    });
    let done = done.await;
    finish(
        state,
        user,
        (Action::Prepare, &id.to_string()),
        fields,
        done,
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_meant_in_the_countys_time() {
        assert_eq!(time("2021-11-17T18:00"), Some(1_637_143_200_000));
        for bad in ["", "2021-11-17", "17.11.2021 18:00", "2021-02-30T00:00"] {
            assert_eq!(time(bad), None);
        }
    }
}
