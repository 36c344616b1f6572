//! The list of records: filters in the URL, pages by cursor.

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
use crate::model::{FilterOptions, GroupHead, RecordFilter, RecordPage};

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
    q: String,
    cursor: String,
}

fn some(text: &str) -> Option<String> {
    let text: String = text.trim().chars().take(MAX_Q_CHARS).collect();
    (!text.is_empty()).then_some(text)
}

fn listed(text: &str, words: &[&str]) -> Option<String> {
    words.contains(&text).then(|| text.to_owned())
}

impl Filters {
    pub(super) fn filter(&self) -> RecordFilter {
        RecordFilter {
            record_kind: listed(&self.kind, RECORD_KINDS),
            township: some(&self.township),
            group: Uuid::parse_str(&self.group).ok(),
            site_kind: SiteKind::parse(&self.site_kind),
            author: Uuid::parse_str(&self.author).ok(),
            state: listed(&self.state, STATES),
            conflict_only: self.conflict == "1",
            q: some(&self.q),
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

    /// The address of these filters at a cursor.
    fn url(&self, cursor: &str) -> String {
        let pairs = [
            ("kind", self.kind.as_str()),
            ("township", &self.township),
            ("group", &self.group),
            ("site_kind", &self.site_kind),
            ("author", &self.author),
            ("state", &self.state),
            ("conflict", &self.conflict),
            ("q", &self.q),
            ("cursor", cursor),
        ];
        let set = pairs.into_iter().filter(|(_, v)| !v.is_empty());
        let query: Vec<_> = set.map(|(k, v)| format!("{k}={}", escape(v))).collect();
        format!("/console/records?{}", query.join("&"))
    }

    /// These filters as a query, for an export of what is filtered.
    fn query(&self) -> String {
        let url = self.url("");
        url.split_once('?')
            .map_or_else(String::new, |(_, query)| query.to_owned())
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
    let next = page.next_cursor.as_deref().map(|c| f.url(c));
    let first = (!f.cursor.is_empty()).then(|| f.url(""));
    html(&RecordsPage {
        t: user.t,
        p: user.page(&state).await?,
        record_kinds: RECORD_KINDS,
        site_kinds: SiteKind::ALL,
        states: STATES,
        options: state.app.filter_options(&viewer).await?,
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
    fn what_does_not_parse_filters_nothing() {
        let filters = Filters {
            kind: "campaign".to_owned(),
            group: "x".to_owned(),
            site_kind: "moon".to_owned(),
            state: "locked".to_owned(),
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
