//! The photo wall: thumbnails by filter, before–after pairs side by side; and one photo with all its facts.
//!
//! Invariant: only thumbnails are on the wall, loaded as they come into view; filters stand in the URL.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
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
    Bilingual, ClosedPhotos, FilterOptions, PHOTO_FLAGS, PHOTO_STATES, PhotoCard, PhotoDetail,
    PhotoTile, WallFilter,
};

const KINDS: &[&str] = &["sheet", "issue", "opinion", "commendation"];
const STAGES: &[&str] = &["before", "after"];
const PAGE: u32 = 60;
const MAX_Q_CHARS: usize = 60;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewPhotos, "/console/photos", wall).page(
        Action::ViewPhotos,
        "/console/photos/{id}",
        show,
    )
}

/// The filters as they stand in the URL; what does not parse filters nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Filters {
    township: String,
    village: String,
    category: String,
    site: String,
    q: String,
    kind: String,
    author: String,
    from: String,
    to: String,
    state: String,
    flag: String,
    stage: String,
    cursor: String,
}

fn some(text: &str) -> Option<String> {
    let text: String = text.trim().chars().take(MAX_Q_CHARS).collect();
    (!text.is_empty()).then_some(text)
}

fn listed(text: &str, words: &[&str]) -> Option<String> {
    words.contains(&text).then(|| text.to_owned())
}

fn is_day(text: &str) -> bool {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

impl Filters {
    fn filter(&self) -> WallFilter {
        WallFilter {
            township: some(&self.township),
            village: some(&self.village),
            category: domain::builtin::issue_category(&self.category).map(|k| k.code.clone()),
            site: Uuid::parse_str(&self.site).ok(),
            q: some(&self.q),
            kind: listed(&self.kind, KINDS),
            author: Uuid::parse_str(&self.author).ok(),
            from: some(&self.from).filter(|d| is_day(d)),
            to: some(&self.to).filter(|d| is_day(d)),
            state: listed(&self.state, PHOTO_STATES),
            flag: listed(&self.flag, PHOTO_FLAGS),
            stage: listed(&self.stage, STAGES),
            cursor: (!self.cursor.is_empty()).then(|| self.cursor.clone()),
            limit: PAGE,
        }
    }

    /// True if they leave anything out.
    fn is_set(&self) -> bool {
        let none = WallFilter {
            limit: PAGE,
            ..WallFilter::default()
        };
        let set = WallFilter {
            cursor: None,
            ..self.filter()
        };
        set != none
    }

    fn is_author(&self, account: &Uuid) -> bool {
        self.author == account.to_string()
    }

    /// The address of these filters at a cursor.
    fn url(&self, cursor: &str) -> String {
        let filters = Self {
            cursor: cursor.to_owned(),
            ..self.clone()
        };
        let query = serde_json::to_value(&filters).unwrap_or_default();
        let pairs = query.as_object().into_iter().flatten();
        let set = pairs.filter_map(|(k, v)| Some((k, v.as_str().filter(|v| !v.is_empty())?)));
        let query: Vec<_> = set.map(|(k, v)| format!("{k}={}", escape(v))).collect();
        format!("/console/photos?{}", query.join("&"))
    }
}

/// Percent-encodes a query value.
fn escape(value: &str) -> String {
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

/// The sign beside a flag's word.
fn icon(flag: &str) -> &'static str {
    match flag {
        "duplicate" => "⧉",
        "old_photo" => "◷",
        "far" => "↔",
        "no_position" => "⌖",
        _ => "⚠",
    }
}

impl PhotoTile {
    fn alt(&self, t: impl std::borrow::Borrow<Lang>) -> String {
        if self.caption.is_empty() {
            return t.borrow().photo_of(&self.title);
        }
        self.caption.clone()
    }

    /// Latitude and longitude in degrees.
    fn position(&self) -> Option<String> {
        let (lat, lon) = self.lat_e7.zip(self.lon_e7)?;
        let degrees = |e7: i64| e7 as f64 / 1e7;
        Some(format!("{:.5}, {:.5}", degrees(lat), degrees(lon)))
    }

    /// How much of the copy is here, in kB.
    fn progress_kb(&self) -> (u64, u64) {
        let all = self.size_bytes.unwrap_or(self.here_bytes);
        (self.here_bytes.div_ceil(1_000), all.div_ceil(1_000))
    }
}

#[derive(Template)]
#[template(path = "photos.html")]
struct WallPage {
    t: Lang,
    p: Page,
    f: Filters,
    options: FilterOptions,
    cards: Vec<PhotoCard>,
    closed: ClosedPhotos,
    categories: Vec<(String, Bilingual)>,
    first_url: String,
    next_url: String,
}

impl WallPage {
    /// Photos on this page; those after come beside those before.
    fn shown(&self) -> usize {
        let after = self.cards.iter().filter(|c| c.after.is_some()).count();
        self.cards.len() + after
    }
}

#[derive(Template)]
#[template(path = "photo.html")]
struct PhotoPage {
    t: Lang,
    p: Page,
    d: PhotoDetail,
}

/// Categories of issues: code and name.
fn categories() -> Vec<(String, Bilingual)> {
    let all = &domain::builtin::issue_categories().categories;
    let named = all.iter().map(|k| {
        let name = Bilingual {
            zh: k.zh.clone(),
            en: k.en.clone(),
        };
        (k.code.clone(), name)
    });
    named.collect()
}

/// `GET /console/photos`
async fn wall(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Query(f): Query<Filters>,
) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    let viewer = user.viewer();
    let (cards, next, closed) = state.app.photo_cards(&viewer, &f.filter()).await?;
    let first = (!f.cursor.is_empty()).then(|| f.url(""));
    html(&WallPage {
        t: user.t,
        p: user.page(&state).await?,
        options: state.app.filter_options(&viewer).await?,
        cards,
        closed,
        categories: categories(),
        first_url: first.unwrap_or_default(),
        next_url: next.map(|c| f.url(&c)).unwrap_or_default(),
        f,
    })
}

/// `GET /console/photos/{id}`
async fn show(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    html(&PhotoPage {
        t: user.t,
        p: user.page(&state).await?,
        d: state.app.photo(&user.viewer(), id).await?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_survive_in_the_address_of_the_next_page_and_nonsense_filters_nothing() {
        let filters = Filters {
            q: "沙岗 村&x".to_owned(),
            flag: "duplicate".to_owned(),
            ..Filters::default()
        };
        assert_eq!(
            filters.url("1.2"),
            "/console/photos?cursor=1.2&flag=duplicate&q=%E6%B2%99%E5%B2%97%20%E6%9D%91%26x"
        );
        let nonsense = Filters {
            kind: "campaign".to_owned(),
            state: "gone".to_owned(),
            flag: "pretty".to_owned(),
            category: "moon".to_owned(),
            stage: "during".to_owned(),
            from: "yesterday".to_owned(),
            author: "x".to_owned(),
            ..Filters::default()
        };
        let expected = WallFilter {
            limit: PAGE,
            ..WallFilter::default()
        };
        assert_eq!(nonsense.filter(), expected);
    }
}
