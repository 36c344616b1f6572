//! Preparing a tour: campaigns, rules, groups, route, roster, checklists, nominations, draws.
//!
//! Every form works without JavaScript. What is refused shows the page again with what was typed and the field that is
//! wrong; a form that was opened before somebody else's change is refused as stale.
//! Invariant: every page says how much is left to prepare, and where. Leaves out: the rules (`services::prepare`).

mod campaigns;
mod checklists;
mod draws;
mod groups;
mod imports;
mod nominations;
mod overview;
mod roster;
mod rules;
mod sites;
pub(super) mod typed;

use axum::response::{IntoResponse, Redirect, Response};
use protocol::chain::sha256;
use protocol::problem::Code;

use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::error::{Error, Result};
use crate::services::prepare::readiness::{self, Readiness, Step};

use typed::{Fields, Typed};

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    let topics = [
        campaigns::pages,
        overview::pages,
        rules::pages,
        groups::pages,
        sites::pages,
        roster::pages,
        checklists::pages,
        nominations::pages,
        draws::pages,
        imports::pages,
    ];
    topics.into_iter().fold(p, |pages, add| add(pages))
}

/// How far the preparation of the campaign looked at is, for the strip of every page.
#[derive(Clone, Debug, Default)]
pub struct Strip {
    /// What is done and what is missing.
    pub readiness: Readiness,
    /// True while it is being prepared.
    pub preparing: bool,
}

impl Strip {
    /// Steps done.
    pub fn done(&self) -> usize {
        self.readiness.done.len()
    }

    /// All steps but those that need not be taken.
    pub fn of(&self) -> usize {
        Step::ALL.len() - self.readiness.optional.len()
    }
}

/// Where a step is put right.
pub fn place(step: Step) -> &'static str {
    match step {
        Step::Campaign => "/console/prepare",
        Step::Rules => "/console/prepare/rules",
        Step::Divisions | Step::Groups | Step::Townships => "/console/prepare/groups",
        Step::Checklists => "/console/prepare/checklists",
        Step::Sites => "/console/prepare/sites",
        Step::Roster => "/console/prepare/roster",
        Step::Nominations => "/console/prepare/nominations",
    }
}

async fn strip(state: &ConsoleState, user: &SignedIn) -> std::result::Result<Strip, Refusal> {
    let looking = user.viewer();
    let read = state.app.look(&looking, |tx, _, c| {
        Ok(Strip {
            readiness: readiness::of(tx, c)?,
            preparing: c.state == "preparing",
        })
    });
    Ok(read.await?)
}

/// A mark of a thing as a form showed it; another mark at the time of the act means that somebody changed it meanwhile.
pub(super) fn mark(thing: &impl std::fmt::Debug) -> String {
    hex::encode(&sha256(format!("{thing:?}").as_bytes())[..8])
}

/// Refuses a form that was opened before somebody else's change.
pub(super) fn fresh(fields: &Fields, thing: &impl std::fmt::Debug) -> Result<()> {
    if fields.get("seen").is_some_and(|seen| *seen == mark(thing)) {
        return Ok(());
    }
    Err(Error::because(
        Code::Conflict,
        "打开表单后内容已被更改，请核对后再提交 / it was changed after the form was opened: check it and submit again",
    ))
}

/// Ends a form: `Ok` to go on, or what was typed with what is wrong, for the page to show again.
pub(super) async fn ended<T>(
    state: &ConsoleState,
    user: &SignedIn,
    (action, object): (Action, &str),
    fields: Fields,
    result: Result<T>,
) -> std::result::Result<std::result::Result<T, Typed>, Refusal> {
    match user.audited(state, action, object, result).await? {
        Ok(value) => Ok(Ok(value)),
        Err(error) => Typed::refused(user.t, fields, error).map(Err),
    }
}

pub(super) fn go(to: &str) -> std::result::Result<Response, Refusal> {
    Ok(Redirect::to(to).into_response())
}
