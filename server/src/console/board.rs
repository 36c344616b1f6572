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
}

impl Totals {
    fn of(rows: &[BoardRow]) -> Self {
        let mut sum = Self::default();
        for row in rows {
            sum.sites_done += row.sites_done;
            sum.sites_planned += row.sites_planned;
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
pub struct Sort {
    #[serde(default)]
    sort: String,
}

struct Table {
    at_ms: i64,
    rows: Vec<BoardRow>,
    town: Vec<BoardRow>,
    totals: Totals,
    unconfirmed: u32,
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
    kinds: &'a [SiteKind],
    at_ms: i64,
    rows: Vec<BoardRow>,
    town: Vec<BoardRow>,
    totals: Totals,
    unconfirmed: u32,
    links: Links,
}

/// Where the reader may go from the board.
#[derive(Clone, Copy)]
struct Links {
    records: bool,
    held: bool,
    people: bool,
}

impl Links {
    fn of(user: &SignedIn) -> Self {
        Self {
            records: user.may(Action::ViewRecords),
            held: user.may(Action::DecideHeld),
            people: user.may(Action::ViewPeople),
        }
    }
}

#[derive(Template)]
#[template(path = "board_table.html")]
struct BoardTable<'a> {
    t: Lang,
    links: Links,
    kinds: &'a [SiteKind],
    at_ms: i64,
    rows: Vec<BoardRow>,
    town: Vec<BoardRow>,
    totals: Totals,
    unconfirmed: u32,
}

/// `GET /console`
pub async fn show(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(query): Query<Sort>,
) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    let lack_first = query.sort == "lack";
    let board = state.app.board(&user.viewer()).await?;
    let table = Table::new(board, lack_first);
    html(&BoardPage {
        t: user.t,
        p: user.page(&state).await?,
        links: Links::of(&user),
        lack_first,
        kinds: KINDS,
        at_ms: table.at_ms,
        rows: table.rows,
        town: table.town,
        totals: table.totals,
        unconfirmed: table.unconfirmed,
    })
}

/// `GET /console/board`: the part that refreshes.
pub async fn fragment(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(query): Query<Sort>,
) -> Result<Response, Refusal> {
    let board = state.app.board(&user.viewer()).await?;
    let table = Table::new(board, query.sort == "lack");
    html(&BoardTable {
        t: user.t,
        links: Links::of(&user),
        kinds: KINDS,
        at_ms: table.at_ms,
        rows: table.rows,
        town: table.town,
        totals: table.totals,
        unconfirmed: table.unconfirmed,
    })
}
