//! The live board: which township lacks what, without a click.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::SiteKind;
use serde::Deserialize;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::model::{Board, BoardRow};

/// The kinds of sites a township has, in the order of the columns.
const KINDS: &[SiteKind] = &[
    SiteKind::DemonstrationVillage,
    SiteKind::Household,
    SiteKind::RouteSegment,
    SiteKind::Street,
];

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewBoard, "/console", show)
        .page(Action::ViewBoard, "/console/board", fragment)
}

/// Sums over all rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Totals {
    sites_done: u32,
    sites_planned: u32,
    submitted: u32,
    expected: u32,
    photos_arrived: u32,
    photos_promised: u32,
    conflicts: u32,
    held: u32,
    last_arrival_ms: Option<i64>,
    /// Townships that lack nothing.
    complete: usize,
    issues_open: u32,
    issues_overdue: u32,
    /// Mean of the townships' scores, once there are any.
    mean_e4: Option<i64>,
}

impl Totals {
    fn of(rows: &[BoardRow]) -> Self {
        let mut sum = Self::default();
        // Every group scores the same sites of the county town: they are done when all have.
        let town = rows.iter().filter(|r| r.code.is_none());
        let town = (
            town.clone().map(|r| r.sites_done).min(),
            town.map(|r| r.sites_planned).max(),
        );
        sum.sites_done = town.0.unwrap_or_default();
        sum.sites_planned = town.1.unwrap_or_default();
        let scores: Vec<i64> = rows.iter().filter_map(|r| r.score_e4).collect();
        let total = scores.iter().map(|s| i128::from(*s)).sum();
        sum.mean_e4 = domain::points::div_round(total, scores.len() as i128);
        for row in rows {
            if row.code.is_some() {
                sum.sites_done += row.sites_done;
                sum.sites_planned += row.sites_planned;
            }
            sum.issues_open += row.issues_open;
            sum.issues_overdue += row.issues_overdue;
            sum.submitted += row.submitted();
            sum.expected += row.expected();
            sum.photos_arrived += row.photos_arrived;
            sum.photos_promised += row.photos_promised;
            sum.conflicts += row.conflicts;
            sum.held += row.held;
            sum.last_arrival_ms = sum.last_arrival_ms.max(row.last_arrival_ms);
            sum.complete += usize::from(row.code.is_some() && row.is_complete());
        }
        sum
    }
}

/// The query.
#[derive(Deserialize)]
pub struct View {
    /// `lack`: what lacks most first.
    #[serde(default)]
    sort: String,
    /// `wall`: for a large screen, without menu.
    #[serde(default)]
    view: String,
}

impl View {
    fn lack_first(&self) -> bool {
        self.sort == "lack"
    }

    /// The address of the board with some of the view said otherwise; it begins with `path`.
    fn url(path: &str, lack_first: bool, wall: bool) -> String {
        let pairs = [(lack_first, "sort=lack"), (wall, "view=wall")];
        let set: Vec<&str> = pairs.iter().filter(|p| p.0).map(|p| p.1).collect();
        match set.as_slice() {
            [] => path.to_owned(),
            set => format!("{path}?{}", set.join("&")),
        }
    }
}

/// What the board shows.
struct Table {
    at_ms: i64,
    rows: Vec<BoardRow>,
    town: Vec<BoardRow>,
    totals: Totals,
    unconfirmed: u32,
    silent: u32,
}

impl Table {
    fn new(board: Board, lack_first: bool) -> Self {
        let totals = Totals::of(&board.rows);
        let (mut rows, town): (Vec<_>, Vec<_>) =
            board.rows.into_iter().partition(|r| r.code.is_some());
        if lack_first {
            rows.sort_by_key(|r| Reverse(lacking(r)));
        }
        Self {
            at_ms: board.at_ms,
            rows,
            town,
            totals,
            unconfirmed: board.unconfirmed,
            silent: board.silent,
        }
    }
}

/// How much a row lacks: sheets first, then what waits for a decision, then photos.
fn lacking(row: &BoardRow) -> (u32, u32, u32) {
    let sheets = row.expected().saturating_sub(row.submitted());
    let photos = row.photos_promised.saturating_sub(row.photos_arrived);
    (sheets, row.conflicts + row.held, photos)
}

#[derive(Template)]
#[template(path = "board.html")]
struct BoardPage<'a> {
    t: Lang,
    p: Page,
    lack_first: bool,
    wall: bool,
    urls: Urls,
    kinds: &'a [SiteKind],
    b: Table,
    links: Links,
}

/// Other views of the board, and the part that refreshes.
struct Urls {
    by_group: String,
    by_lack: String,
    other_size: String,
    table: String,
}

impl Urls {
    fn of(lack_first: bool, wall: bool) -> Self {
        Self {
            by_group: View::url("/console", false, wall),
            by_lack: View::url("/console", true, wall),
            other_size: View::url("/console", lack_first, !wall),
            table: View::url("/console/board", lack_first, false),
        }
    }
}

/// Where the reader may go from the board.
#[derive(Clone, Copy)]
struct Links {
    records: bool,
    held: bool,
    people: bool,
    issues: bool,
}

impl Links {
    fn of(user: &SignedIn) -> Self {
        Self {
            records: user.may(Action::ViewRecords),
            held: user.may(Action::DecideHeld),
            people: user.may(Action::ViewPeople),
            issues: user.may(Action::ViewIssues),
        }
    }
}

#[derive(Template)]
#[template(path = "board_table.html")]
struct BoardTable<'a> {
    t: Lang,
    links: Links,
    kinds: &'a [SiteKind],
    b: Table,
}

/// `GET /console`
pub async fn show(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(query): Query<View>,
) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    let (lack_first, wall) = (query.lack_first(), query.view == "wall");
    let board = state.app.board(&user.viewer()).await?;
    html(&BoardPage {
        t: user.t,
        p: user.page(&state).await?,
        links: Links::of(&user),
        lack_first,
        wall,
        urls: Urls::of(lack_first, wall),
        kinds: KINDS,
        b: Table::new(board, lack_first),
    })
}

/// `GET /console/board`: the part that refreshes.
pub async fn fragment(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(query): Query<View>,
) -> Result<Response, Refusal> {
    let board = state.app.board(&user.viewer()).await?;
    html(&BoardTable {
        t: user.t,
        links: Links::of(&user),
        kinds: KINDS,
        b: Table::new(board, query.lack_first()),
    })
}
