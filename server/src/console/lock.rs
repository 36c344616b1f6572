//! Locking a group: what is missing first, the result hash after.
//!
//! Invariant: the order carries the digest of what was shown, so that nothing unseen is locked.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use protocol::problem::Code;
use serde::Deserialize;
use uuid::Uuid;

use super::page::{Page, html};
use super::pages::Pages;
use super::records::Filters;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::model::{GroupHead, LockCheck, LockOrder};
use crate::services::versions::{Difference, Version};

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::LockGroup, "/console/groups", list)
        .page(Action::LockGroup, "/console/groups/{id}/lock", show)
        .form(Action::LockGroup, "/console/groups/{id}/lock", lock)
}

#[derive(Template)]
#[template(path = "groups.html")]
struct GroupsPage {
    t: Lang,
    p: Page,
    groups: Vec<GroupHead>,
    may_prepare: bool,
}

/// `GET /console/groups`
pub async fn list(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    html(&GroupsPage {
        t: user.t,
        p: user.page(&state).await?,
        may_prepare: user.may(Action::Prepare),
        groups: state.app.groups(&user.viewer()).await?,
    })
}

#[derive(Template)]
#[template(path = "lock.html")]
struct LockPage {
    t: Lang,
    p: Page,
    check: LockCheck,
    /// Places with what they lack, in words.
    missing: Vec<(Option<String>, Vec<String>)>,
    /// True if nothing stands in the way.
    clean: bool,
    /// Versions of the lock, newest first.
    versions: Vec<Version>,
    /// What the last version changed.
    difference: Option<Difference>,
    may_unlock: bool,
    /// The result hash in groups of eight.
    hash_parts: Vec<String>,
}

/// Records on this page are of no list.
fn no_list() -> Filters {
    Filters::default()
}

fn hash_parts(hash: &str) -> Vec<String> {
    let chars: Vec<char> = hash.chars().collect();
    chars.chunks(8).map(|c| c.iter().collect()).collect()
}

/// The first characters of a hash, for a column; the whole one stands in its title.
fn short(hash: &str) -> String {
    hash.chars().take(16).collect()
}

/// One row per place, in the order of the first of its sites.
fn by_place(t: Lang, check: &LockCheck) -> Vec<(Option<String>, Vec<String>)> {
    let mut rows: Vec<(Option<String>, Vec<String>)> = Vec::new();
    for (place, missing) in &check.missing {
        let text = t.missing_text(missing);
        match rows.iter_mut().find(|(p, _)| p == place) {
            Some((_, texts)) => texts.push(text),
            None => rows.push((place.clone(), vec![text])),
        }
    }
    rows
}

async fn page(
    state: &ConsoleState,
    user: &SignedIn,
    p: Page,
    mut check: LockCheck,
) -> Result<LockPage, Refusal> {
    let head = state.app.campaign_head(&user.viewer()).await?;
    let campaign = head.ok_or_else(|| Refusal::new(Code::NotFound))?.id;
    let group = check.group.id;
    let versions = state.app.lock_versions(campaign, group).await?;
    let difference = match versions.as_slice() {
        [now, before, ..] => {
            let found = state
                .app
                .lock_difference(campaign, group, before.version, now.version);
            Some(found.await?)
        }
        _ => None,
    };
    if let Some(done) = &mut check.done {
        // By site, then by author.
        done.left_out
            .sort_by(|a, b| (&a.1, &a.2, a.0).cmp(&(&b.1, &b.2, b.0)));
    }
    let t = user.t;
    let hash = check.done.as_ref().map(|d| hash_parts(&d.result_hash));
    Ok(LockPage {
        t,
        p,
        missing: by_place(t, &check),
        clean: !check.needs_reason,
        versions,
        difference,
        may_unlock: user.may(Action::UnlockGroup) && check.group.locked,
        hash_parts: hash.unwrap_or_default(),
        check,
    })
}

/// `GET /console/groups/{id}/lock`
pub async fn show(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    let check = state.app.lock_page(&user.viewer(), id).await?;
    let frame = user.page(&state).await?;
    html(&page(&state, &user, frame, check).await?)
}

/// The form.
#[derive(Deserialize)]
pub struct LockForm {
    shown: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    sure: String,
}

/// `POST /console/groups/{id}/lock`
pub async fn lock(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<LockForm>,
) -> Result<Response, Refusal> {
    if form.sure != "1" {
        return Err(Refusal::new(Code::Invalid));
    }
    let viewer = user.viewer();
    let reason = form.reason.trim();
    let order = LockOrder {
        group: id,
        shown: form.shown,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
    };
    let result = state.app.lock(&viewer, &order).await;
    let object = id.to_string();
    let result = user
        .audited(&state, Action::LockGroup, &object, result)
        .await?;
    match result {
        Ok(_) => {
            let to = format!("/console/groups/{id}/lock?done=locked");
            Ok(Redirect::to(&to).into_response())
        }
        Err(e) if e.refusal().is_some_and(|r| r.code == Code::Conflict) => {
            let check = state.app.lock_page(&viewer, id).await?;
            let mut frame = user.page(&state).await?;
            frame.notice = Some(user.t.lock_stale());
            let page = html(&page(&state, &user, frame, check).await?)?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(e) => Err(e.into()),
    }
}
