//! Bringing tables in: choose a file, see what it would do or what is wrong with it, then import it with one click.
//!
//! Invariant: nothing comes in without a check that said what it does; a file with one error changes nothing. The checked
//! file waits on the server, so it is sent once. Leaves out: keeping it (`app::kept`).

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use documents::import::{ImportErrors, Kind};
use protocol::problem::Code;
use uuid::Uuid;

use super::typed::{Fields, Typed};
use super::{Strip, go, strip};
use crate::app::{Applied, Checked, ImportFile};
use crate::auth::Action;
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::console::upload::Upload;
use crate::error::Error;
use crate::i18n::Lang;
use crate::routes::imports::template;
use crate::services::imports::{Fate, Imported, Step};

/// Lines of a list at most; the rest is counted.
const LINES: usize = 50;

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Prepare, "/console/prepare/import", show)
        .upload(
            Action::Prepare,
            "/console/prepare/import",
            documents::import::MAX_BYTES,
            check,
        )
        .form(Action::Prepare, "/console/prepare/import/{id}/apply", apply)
        .page(
            Action::Prepare,
            "/console/prepare/templates/{kind}",
            download,
        )
}

/// What a file was found to be.
enum Found {
    /// Nothing was sent yet.
    Nothing,
    /// It would come in, and how it was read if it was sent just now.
    Would(Box<Checked>, Option<Imported>),
    /// It would do something else by now than its check said.
    Changed(Box<Checked>, Vec<(Step, Step)>),
    /// What is wrong with it.
    Wrong(ImportErrors),
}

impl Found {
    fn checked(&self) -> Option<&Checked> {
        match self {
            Self::Would(checked, _) | Self::Changed(checked, _) => Some(checked),
            Self::Nothing | Self::Wrong(_) => None,
        }
    }
}

#[derive(Template)]
#[template(path = "prepare_import.html")]
struct ImportPage {
    t: Lang,
    p: Page,
    f: Typed,
    s: Strip,
    kinds: &'static [Kind],
    chosen: Option<Kind>,
    found: Found,
}

impl ImportPage {
    fn is_chosen(&self, kind: &Kind) -> bool {
        self.chosen == Some(*kind)
    }

    fn count(&self, checked: &Checked, fate: &str) -> usize {
        checked.plan.count(match fate {
            "new" => Fate::New,
            "changed" => Fate::Changed,
            _ => Fate::Same,
        })
    }

    /// What is worth reading one by one: what is there and changes.
    fn changes<'a>(&self, checked: &'a Checked) -> Vec<&'a Step> {
        let all = checked.plan.steps.iter();
        let changed = all.filter(|s| s.fate == Fate::Changed);
        changed.take(LINES).collect()
    }

    fn first<'a>(&self, list: &'a [(Step, Step)]) -> &'a [(Step, Step)] {
        &list[..list.len().min(LINES)]
    }
}

async fn render(
    state: &ConsoleState,
    user: &SignedIn,
    f: Typed,
    chosen: Option<Kind>,
    found: Found,
) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(state).await? {
        return Ok(page);
    }
    let page = html(&ImportPage {
        t: user.t,
        p: user.page(state).await?,
        f: f.clone(),
        s: strip(state, user).await?,
        kinds: Kind::ALL,
        chosen,
        found,
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/import`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default(), None, Found::Nothing).await
}

async fn refused(
    state: &ConsoleState,
    user: &SignedIn,
    kind: Option<Kind>,
    error: Error,
) -> Result<Response, Refusal> {
    let f = Typed::refused(user.t, Fields::new(), error)?;
    render(state, user, f, kind, Found::Nothing).await
}

/// `POST /console/prepare/import`: checks a file and keeps it for the click that imports it.
pub async fn check(
    State(state): State<ConsoleState>,
    user: SignedIn,
    upload: Upload,
) -> Result<Response, Refusal> {
    let kind = Kind::parse(upload.text("kind"));
    let kind = kind.ok_or_else(|| Refusal::new(Code::BadRequest))?;
    let Some((name, bytes)) = upload.file.filter(|(_, bytes)| !bytes.is_empty()) else {
        let why = "请选择文件 / choose a file";
        return refused(
            &state,
            &user,
            Some(kind),
            Error::because(Code::Invalid, why),
        )
        .await;
    };
    let file = ImportFile {
        kind,
        bytes: bytes.to_vec(),
        name: Some(name),
        format: None,
        dry_run: true,
    };
    let result = state.app.check_import(&user.viewer(), file).await;
    let result = user
        .audited(&state, Action::Prepare, kind.word(), result)
        .await?;
    let found = match result {
        Ok(Ok((checked, would))) => Found::Would(Box::new(checked), Some(would)),
        Ok(Err(errors)) => Found::Wrong(errors),
        Err(error) => return refused(&state, &user, Some(kind), error).await,
    };
    render(&state, &user, Typed::default(), Some(kind), found).await
}

/// `POST /console/prepare/import/{id}/apply`: imports what was checked.
pub async fn apply(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Form(_): Form<Fields>,
) -> Result<Response, Refusal> {
    let result = state.app.apply_checked(&user.viewer(), id).await;
    let object = id.to_string();
    let result = user
        .audited(&state, Action::Prepare, &object, result)
        .await?;
    let (kind, found) = match result {
        Ok(Applied::Done(_)) => return go("/console/prepare/import?done=imported"),
        Ok(Applied::Changed(checked, list)) => (Some(checked.kind), Found::Changed(checked, list)),
        Ok(Applied::Refused(errors)) => (None, Found::Wrong(errors)),
        Err(error) => return refused(&state, &user, None, error).await,
    };
    let page = render(&state, &user, Typed::default(), kind, found).await?;
    // Not done: the form's key is free for the next click.
    Ok(conflict(page))
}

fn conflict(mut page: Response) -> Response {
    *page.status_mut() = axum::http::StatusCode::CONFLICT;
    page
}

/// `GET /console/prepare/templates/{kind}`
pub async fn download(user: SignedIn, Path(kind): Path<String>) -> Result<Response, Refusal> {
    let kind = Kind::parse(&kind).ok_or_else(|| Refusal::new(Code::NotFound))?;
    Ok(template(kind, user.t)?)
}
