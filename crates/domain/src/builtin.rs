//! The county's divisions, and the checklists and categories that come with the program.
//!
//! The checklists are a **proposal**, composed from published practice; the county office must confirm them before
//! real use. Each says so in its `status`, and every page that shows one should.
//!
//! Invariant: the embedded files are checked by a test, so reading them cannot fail.
//! Leaves out: what an office imports for itself.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::SiteKind;
use crate::checklist::Checklist;
use crate::divisions::Divisions;

/// The checklist files as published, by code: what a campaign's `checklist.body` starts from.
pub const CHECKLIST_FILES: &[(&str, &str)] = &[
    ("village_demo", include_str!("../data/village.json")),
    ("household", include_str!("../data/household.json")),
    ("en_route", include_str!("../data/en-route.json")),
    (
        "township_street",
        include_str!("../data/township-street.json"),
    ),
    ("town_site", include_str!("../data/town-site.json")),
];

/// The file of the checklist used for measuring.
pub const BENCH_FILE: &str = include_str!("../data/bench.json");

const DIVISIONS_FILE: &str = include_str!("../data/xiji-divisions.json");
const CATEGORIES_FILE: &str = include_str!("../data/issue-categories.json");
const VETO_FILE: &str = include_str!("../data/veto-and-bonus.json");

/// A category of issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct IssueCategory {
    /// Code.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Proposed time limit: `1d` is one working day; other words are for people.
    pub default_due: String,
    /// Who usually sees to it.
    pub owner_zh: String,
    /// Time limit found in published standards.
    pub published_yardstick_zh: Option<String>,
}

impl IssueCategory {
    /// The proposed time limit in working days, where it is one.
    pub fn due_days(&self) -> Option<u32> {
        self.default_due.strip_suffix('d')?.parse().ok()
    }
}

/// A root cause an issue may be tagged with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootCause {
    /// Code.
    pub code: String,
    /// Chinese name.
    pub zh: String,
}

/// The list of issue categories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueCategories {
    /// How binding the list is.
    pub status: String,
    /// Root causes.
    pub root_cause_tags: Vec<RootCause>,
    /// Categories.
    pub categories: Vec<IssueCategory>,
}

/// A finding that costs the red flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VetoItem {
    /// Id, e.g. `X-1`.
    pub id: String,
    /// Chinese text.
    pub zh: String,
    /// English text.
    pub en: String,
    /// Effect; `ineligible_red_flag` is the only one known.
    pub effect: String,
}

#[derive(Deserialize)]
struct VetoFile {
    veto: Vec<VetoItem>,
}

// invariant: embedded, and a test parses it.
static DIVISIONS: LazyLock<Divisions> =
    LazyLock::new(|| Divisions::parse(DIVISIONS_FILE).expect("embedded divisions are valid"));
static CHECKLISTS: LazyLock<Vec<Checklist>> = LazyLock::new(|| {
    let parse = |(_, text): &(&str, &str)| Checklist::parse(text);
    // invariant: embedded, and a test parses it.
    CHECKLIST_FILES
        .iter()
        .map(parse)
        .collect::<Result<_, _>>()
        .expect("embedded checklists are valid")
});
// invariant: embedded, and a test parses it.
static BENCH: LazyLock<Checklist> =
    LazyLock::new(|| Checklist::parse(BENCH_FILE).expect("embedded checklist is valid"));
// invariant: embedded, and a test parses it.
static CATEGORIES: LazyLock<IssueCategories> =
    LazyLock::new(|| serde_json::from_str(CATEGORIES_FILE).expect("embedded categories are valid"));
// invariant: embedded, and a test parses it.
static VETO: LazyLock<VetoFile> =
    LazyLock::new(|| serde_json::from_str(VETO_FILE).expect("embedded veto items are valid"));

/// Divisions of Xiji County, down to villages.
pub fn divisions() -> &'static Divisions {
    &DIVISIONS
}

/// The five proposed checklists.
pub fn checklists() -> &'static [Checklist] {
    &CHECKLISTS
}

/// The proposed checklist for a kind of site.
pub fn checklist_for(kind: SiteKind) -> Option<&'static Checklist> {
    checklists().iter().find(|c| c.site_kind == Some(kind))
}

/// How binding the checklists are: the text a page that shows them should show.
pub fn checklist_status() -> &'static str {
    checklists().first().map_or("", |c| &c.status)
}

/// The 30-item checklist used for measuring.
pub fn bench() -> &'static Checklist {
    &BENCH
}

/// Issue categories and root causes.
pub fn issue_categories() -> &'static IssueCategories {
    &CATEGORIES
}

/// One issue category.
pub fn issue_category(code: &str) -> Option<&'static IssueCategory> {
    CATEGORIES.categories.iter().find(|c| c.code == code)
}

/// Findings that cost the red flag.
pub fn veto_items() -> &'static [VetoItem] {
    &VETO.veto
}
