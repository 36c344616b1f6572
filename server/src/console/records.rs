//! The list of records: filters and order in the URL, pages by cursor, as a table or with photos.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::SiteKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::model::{
    FilterOptions, GroupHead, RECORD_COLUMNS, RecordFilter, RecordPage, RecordRow, RecordTile,
    SavedFilterLine,
};

const RECORD_KINDS: &[&str] = &["sheet", "issue", "opinion", "commendation", "site_facts"];
const STATES: &[&str] = &["draft", "submitted", "returned"];
const PAGE: u32 = 50;
const MAX_Q_CHARS: usize = 60;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewRecords, "/console/records", list)
}

/// The filters as they stand in the URL; what does not parse filters nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Filters {
    kind: String,
    township: String,
    group: String,
    site_kind: String,
    author: String,
    state: String,
    conflict: String,
    clock: String,
    q: String,
    sort: String,
    view: String,
    cursor: String,
}

/// The other view beside the table.
const GALLERY: &str = "gallery";

fn some(text: &str) -> Option<String> {
    let text: String = text.trim().chars().take(MAX_Q_CHARS).collect();
    (!text.is_empty()).then_some(text)
}

fn listed(text: &str, words: &[&str]) -> Option<String> {
    words.contains(&text).then(|| text.to_owned())
}

impl Filters {
    /// The filters of a query; what is none is left out.
    pub fn parse(query: &str) -> Self {
        let uri: Option<axum::http::Uri> = format!("/?{query}").parse().ok();
        let read = uri.and_then(|uri| Query::<Self>::try_from_uri(&uri).ok());
        let known = read.map_or_else(Self::default, |Query(f)| f);
        Self {
            cursor: String::new(),
            ..known
        }
    }

    pub(super) fn filter(&self) -> RecordFilter {
        RecordFilter {
            record_kind: listed(&self.kind, RECORD_KINDS),
            township: some(&self.township),
            group: Uuid::parse_str(&self.group).ok(),
            site_kind: SiteKind::parse(&self.site_kind),
            author: Uuid::parse_str(&self.author).ok(),
            state: listed(&self.state, STATES),
            conflict_only: self.conflict == "1",
            clock_only: self.clock == "1",
            photos_only: self.is_gallery(),
            q: some(&self.q),
            sort: listed(self.sort.trim_start_matches('-'), RECORD_COLUMNS)
                .map(|_| self.sort.clone()),
            cursor: (!self.cursor.is_empty()).then(|| self.cursor.clone()),
            limit: PAGE,
        }
    }

    fn is_group(&self, group: &GroupHead) -> bool {
        self.group == group.id.to_string()
    }

    fn is_author(&self, account: &Uuid) -> bool {
        self.author == account.to_string()
    }

    /// These filters with some of them set otherwise, as a query.
    fn with(&self, set: &[(&str, &str)]) -> String {
        let pairs = [
            ("kind", self.kind.as_str()),
            ("township", &self.township),
            ("group", &self.group),
            ("site_kind", &self.site_kind),
            ("author", &self.author),
            ("state", &self.state),
            ("conflict", &self.conflict),
            ("clock", &self.clock),
            ("q", &self.q),
            ("sort", &self.sort),
            ("view", &self.view),
            ("cursor", ""),
        ];
        let chosen = |key: &str| set.iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
        let pairs = pairs.into_iter().map(|(k, v)| (k, chosen(k).unwrap_or(v)));
        let query: Vec<_> = pairs
            .filter(|(_, v)| !v.is_empty())
            .map(|(k, v)| format!("{k}={}", escape(v)))
            .collect();
        query.join("&")
    }

    /// The address of these filters at a cursor.
    fn url(&self, cursor: &str) -> String {
        format!("/console/records?{}", self.with(&[("cursor", cursor)]))
    }

    /// These filters as a query, for an export of what is filtered and for the records of the list.
    pub fn query(&self) -> String {
        self.with(&[])
    }

    /// The address of the list.
    pub(super) fn list_url(&self) -> String {
        self.url("")
    }

    /// True if the list is that of open conflicts.
    pub(super) fn is_conflicts(&self) -> bool {
        self.query() == "conflict=1"
    }

    /// True if they leave anything out.
    fn is_set(&self) -> bool {
        let none = RecordFilter {
            limit: PAGE,
            ..RecordFilter::default()
        };
        let set = RecordFilter {
            sort: None,
            cursor: None,
            ..self.filter()
        };
        set != none
    }

    /// The address of a page of one of the list's records, with what it says was done.
    pub(super) fn record_url(&self, id: Uuid, done: &str) -> String {
        let query = self.query();
        let done = format!("done={done}");
        let pairs = [done.as_str(), query.as_str()];
        let pairs = pairs.into_iter().filter(|p| !p.is_empty() && *p != "done=");
        let query: Vec<_> = pairs.collect();
        match query.is_empty() {
            true => format!("/console/records/{id}"),
            false => format!("/console/records/{id}?{}", query.join("&")),
        }
    }

    fn is_gallery(&self) -> bool {
        self.view == GALLERY
    }

    /// The address of the table or of the photos.
    fn view_url(&self, view: &str) -> String {
        format!("/console/records?{}", self.with(&[("view", view)]))
    }

    /// The column the list is sorted by, and whether from the largest down.
    fn sorted(&self) -> (&str, bool) {
        match self.sort.strip_prefix('-') {
            Some(column) => (column, true),
            None if self.sort.is_empty() => ("arrived", true),
            None => (&self.sort, false),
        }
    }

    /// The address of the list sorted by a column; the other way round if it is already.
    fn sort_url(&self, column: &str) -> String {
        let down = match self.sorted() {
            (now, down) if now == column => !down,
            // Numbers and times are wanted from the largest down, words from the first.
            _ => ["answered", "score", "conflicts", "arrived"].contains(&column),
        };
        let sort = format!("{}{column}", if down { "-" } else { "" });
        format!("/console/records?{}", self.with(&[("sort", &sort)]))
    }

    /// The sign beside the column the list is sorted by.
    fn sort_mark(&self, column: &str) -> &'static str {
        match self.aria_sort(column) {
            "descending" => " ▼",
            "ascending" => " ▲",
            _ => "",
        }
    }

    fn is_saved(&self, saved: &SavedFilterLine) -> bool {
        !saved.query.is_empty() && saved.query == self.query()
    }

    /// `ascending`, `descending` or `none`.
    fn aria_sort(&self, column: &str) -> &'static str {
        match self.sorted() {
            (now, true) if now == column => "descending",
            (now, false) if now == column => "ascending",
            _ => "none",
        }
    }
}

/// Percent-encodes a query value.
pub(super) fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn any_returnable(rows: &[RecordRow]) -> bool {
    rows.iter().any(RecordRow::is_returnable)
}

#[derive(Template)]
#[template(path = "records.html")]
struct RecordsPage<'a> {
    t: Lang,
    p: Page,
    f: Filters,
    record_kinds: &'a [&'a str],
    site_kinds: &'a [SiteKind],
    states: &'a [&'a str],
    options: FilterOptions,
    page: RecordPage,
    /// The same with photos, in that view.
    tiles: Vec<RecordTile>,
    saved: Vec<SavedFilterLine>,
    may_return: bool,
    first_url: String,
    next_url: String,
}

/// `GET /console/records`
pub async fn list(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(f): Query<Filters>,
) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    let viewer = user.viewer();
    let page = state.app.records(&viewer, &f.filter()).await?;
    let tiles = match f.is_gallery() {
        true => state.app.record_tiles(&viewer, page.rows.clone()).await?,
        false => Vec::new(),
    };
    let next = page.next_cursor.as_deref().map(|c| f.url(c));
    let first = (!f.cursor.is_empty()).then(|| f.url(""));
    html(&RecordsPage {
        t: user.t,
        p: user.page(&state).await?,
        record_kinds: RECORD_KINDS,
        site_kinds: SiteKind::ALL,
        states: STATES,
        options: state.app.filter_options(&viewer).await?,
        saved: state.app.saved_filters(&viewer).await?,
        may_return: user.may(Action::ReturnSheet),
        tiles,
        page,
        first_url: first.unwrap_or_default(),
        next_url: next.unwrap_or_default(),
        f,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_survive_in_the_address_of_the_next_page() {
        let filters = Filters {
            q: "农户 2&x".to_owned(),
            conflict: "1".to_owned(),
            ..Filters::default()
        };
        assert_eq!(
            filters.url("a/b"),
            "/console/records?conflict=1&q=%E5%86%9C%E6%88%B7%202%26x&cursor=a%2Fb"
        );
    }

    #[test]
    fn a_column_sorts_and_again_the_other_way_round() {
        let filters = Filters::default();
        assert_eq!(filters.aria_sort("arrived"), "descending");
        assert_eq!(filters.sort_url("arrived"), "/console/records?sort=arrived");
        assert_eq!(filters.sort_url("author"), "/console/records?sort=author");
        let filters = Filters {
            sort: "author".to_owned(),
            ..filters
        };
        assert_eq!(filters.sort_url("author"), "/console/records?sort=-author");
        assert_eq!(filters.filter().sort.as_deref(), Some("author"));
    }

    #[test]
    fn what_does_not_parse_filters_nothing() {
        let filters = Filters {
            kind: "campaign".to_owned(),
            group: "x".to_owned(),
            site_kind: "moon".to_owned(),
            state: "locked".to_owned(),
            sort: "-secret".to_owned(),
            q: "  ".to_owned(),
            ..Filters::default()
        };
        let expected = RecordFilter {
            limit: PAGE,
            ..RecordFilter::default()
        };
        assert_eq!(filters.filter(), expected);
    }
}
