//! The ledger of issues.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Bilingual, HistoryLine, PhotoView};

/// A unit: a division, or a department known by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnitName {
    /// Division code, or the department's name.
    pub code: String,
    /// What people call it.
    pub name: String,
}

/// A category, with its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CategoryName {
    /// Code of `issue-categories.json`.
    pub code: String,
    /// Its name.
    pub name: Bilingual,
    /// Proposed days from assignment to the last day.
    pub due_days: Option<u32>,
}

/// One issue in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IssueHead {
    /// Its record.
    pub id: Uuid,
    /// Its number; empty until the server gave it.
    pub number: String,
    /// How it stands: `overdue`, `to_assign`, `in_progress`, `to_verify`, `closed`, `fixed_on_spot`, `merged`.
    pub standing: String,
    /// State of the rectification: `to_assign`, `in_progress`, `to_verify`, `closed`.
    pub state: String,
    /// Category.
    pub category: CategoryName,
    /// `minor`, `major`, `grave`.
    pub severity: String,
    /// What is wrong.
    pub description: String,
    /// Township.
    pub township: Option<UnitName>,
    /// Village.
    pub village: Option<UnitName>,
    /// Name of the site it was found at.
    pub site: Option<String>,
    /// The place in words.
    pub place: String,
    /// Number of the group that found it.
    pub group_number: Option<i64>,
    /// When it was found, RFC 3339.
    pub found_at: String,
    /// Who found it, by role; of a phone its owner's role name.
    pub found_by: String,
    /// The one unit that answers for it.
    pub lead_unit: Option<UnitName>,
    /// Last day, `YYYY-MM-DD`.
    pub due_on: Option<String>,
    /// Photos of it, those of merged ones apart.
    pub photos: u32,
}

/// Another issue, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct IssueLink {
    /// Its record.
    pub id: Uuid,
    /// Its number.
    pub number: String,
}

/// Where a finder stood, WGS-84.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaceE7 {
    /// Latitude, 1e-7 degree.
    #[schema(minimum = -900_000_000, maximum = 900_000_000)]
    pub lat_e7: i64,
    /// Longitude, 1e-7 degree.
    #[schema(minimum = -1_800_000_000, maximum = 1_800_000_000)]
    pub lon_e7: i64,
    /// How sure that is, metres.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub accuracy_m: Option<i64>,
}

/// One issue in full.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IssueView {
    /// As in lists.
    #[serde(flatten)]
    pub head: IssueHead,
    /// Where the finder stood.
    pub position: Option<PlaceE7>,
    /// What was done at once, if it was fixed on the spot.
    pub fixed_note: String,
    /// Units that help.
    pub assisting_units: Vec<UnitName>,
    /// Who sees to it, by role.
    pub person: Option<String>,
    /// The county leader in charge of the township, by role.
    pub sponsor: Option<String>,
    /// What is to be done.
    pub measure: String,
    /// Remark.
    pub remark: String,
    /// Codes of root causes.
    pub root_causes: Vec<String>,
    /// Day it was reported done.
    pub reported_on: Option<String>,
    /// Day it was closed.
    pub closed_on: Option<String>,
    /// Who looked at the end, by role.
    pub verifier: Option<String>,
    /// The issue that stands for it.
    pub duplicate_of: Option<IssueLink>,
    /// Issues it stands for.
    pub merged: Vec<IssueLink>,
    /// Its photos and those of the issues it stands for.
    pub photo_list: Vec<PhotoView>,
    /// Its changes and those of its case, latest first; none for a unit.
    pub history: Vec<HistoryLine>,
    /// What may be done next: words of [`StepRequest::move`](StepRequest).
    pub moves: Vec<String>,
}

/// How many issues stand so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StandingCount {
    /// The word.
    pub standing: String,
    /// How many.
    pub count: u64,
}

/// A page of the ledger.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct IssuePage {
    /// Issues by number.
    pub items: Vec<IssueHead>,
    /// Cursor of the next page.
    pub next_cursor: Option<String>,
    /// How many stand how, whatever standing was asked for; overdue first.
    pub counts: Vec<StandingCount>,
}

/// Filters of the ledger, as they stand in the URL.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct IssueQuery {
    /// How it stands.
    pub standing: Option<String>,
    /// Township code.
    pub township: Option<String>,
    /// Number of the group that found it.
    pub group: Option<i64>,
    /// Code of the category.
    pub category: Option<String>,
    /// Lead unit.
    pub lead_unit: Option<String>,
    /// Part of number, description or place, or the id.
    pub q: Option<String>,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// Rows a page, 1 to 200.
    pub limit: Option<u32>,
}

/// Choices of the ledger's filters and forms.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct IssueOptions {
    /// Townships of the campaign.
    pub townships: Vec<UnitName>,
    /// Categories.
    pub categories: Vec<CategoryName>,
    /// Root causes: code and Chinese name.
    pub root_causes: Vec<(String, String)>,
    /// Units that lead an issue already, beside townships.
    pub lead_units: Vec<UnitName>,
    /// Numbers of the groups.
    pub groups: Vec<i64>,
}

/// What is to be changed; a field left out stays, an empty text or list takes the value away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IssuePatch {
    /// Code of a category.
    #[schema(max_length = 40)]
    pub category: Option<String>,
    /// `minor`, `major`, `grave`.
    pub severity: Option<String>,
    /// What is wrong.
    #[schema(max_length = 4000)]
    pub description: Option<String>,
    /// Township code.
    #[schema(max_length = 40)]
    pub township: Option<String>,
    /// The place in words.
    #[schema(max_length = 200)]
    pub place: Option<String>,
    /// Whether it was fixed at once.
    pub fixed_on_spot: Option<bool>,
    /// The one unit that answers for it: a division code or a department's name.
    #[schema(max_length = 100)]
    pub lead_unit: Option<String>,
    /// Units that help.
    #[schema(max_items = 20)]
    pub assisting_units: Option<Vec<String>>,
    /// Who sees to it, by role.
    #[schema(max_length = 100)]
    pub person: Option<String>,
    /// The county leader in charge of the township, by role.
    #[schema(max_length = 100)]
    pub sponsor: Option<String>,
    /// Last day, `YYYY-MM-DD`.
    pub due_on: Option<String>,
    /// What is to be done.
    #[schema(max_length = 4000)]
    pub measure: Option<String>,
    /// Remark.
    #[schema(max_length = 4000)]
    pub remark: Option<String>,
    /// Codes of root causes.
    #[schema(max_items = 10)]
    pub root_causes: Option<Vec<String>>,
}

/// An issue that the office enters itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIssue {
    /// Code of a category.
    #[schema(max_length = 40)]
    pub category: String,
    /// What is wrong.
    #[schema(min_length = 1, max_length = 4000)]
    pub description: String,
    /// `minor`, `major`, `grave`; `minor` if left out.
    #[serde(default)]
    pub severity: Option<String>,
    /// The site it was found at.
    #[serde(default)]
    pub site: Option<Uuid>,
    /// Township code.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub township: Option<String>,
    /// The place in words.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub place: String,
    /// Day it was found, `YYYY-MM-DD`; today if left out.
    #[serde(default)]
    pub found_on: Option<String>,
    /// Where.
    #[serde(default)]
    pub position: Option<PlaceE7>,
}

/// A step of the rectification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRequest {
    /// `assign`, `withdraw`, `report`, `reject`, `close`, `reopen`.
    #[serde(rename = "move")]
    pub made: String,
    /// The day of it, `YYYY-MM-DD`; today if left out.
    #[serde(default)]
    pub on: Option<String>,
    /// Who looked, by role; for `close`.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub verifier: Option<String>,
    /// Why; a step back needs it.
    #[serde(default)]
    #[schema(max_length = 400)]
    pub reason: String,
}

/// Two issues that may be one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IssuePair {
    /// The one found first.
    pub first: IssueHead,
    /// The other.
    pub second: IssueHead,
    /// How far apart, whole metres; none: the same site, one without position.
    pub metres: Option<u32>,
    /// How long apart, whole minutes.
    pub minutes: u32,
    /// Photos of the first.
    pub first_photos: Vec<PhotoView>,
    /// Photos of the other.
    pub second_photos: Vec<PhotoView>,
}

/// What a person says about two issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairRuling {
    /// They are one: `keep` stays, the other points to it.
    Same,
    /// They are two: not suggested again.
    Distinct,
    /// Takes either back.
    Open,
}

/// A decision about two issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairDecision {
    /// The issue that stays.
    pub keep: Uuid,
    /// The other.
    pub other: Uuid,
    /// What they are.
    pub ruling: PairRuling,
    /// Why; needed to take a decision back.
    #[serde(default)]
    #[schema(max_length = 400)]
    pub reason: String,
}

impl IssueHead {
    /// Day it was found, `YYYY-MM-DD`.
    pub fn found_on(&self) -> &str {
        self.found_at.get(..10).unwrap_or(&self.found_at)
    }

    /// When it was found, to the minute.
    pub fn found_minute(&self) -> String {
        let text = self.found_at.get(..16).unwrap_or(&self.found_at);
        text.replace('T', " ")
    }
}

impl PlaceE7 {
    /// For people: latitude, longitude.
    pub fn text(&self) -> String {
        let degrees = |e7: i64| format!("{:.6}", e7 as f64 / 1e7);
        format!("{}, {}", degrees(self.lat_e7), degrees(self.lon_e7))
    }
}

impl IssuePair {
    /// Both with their photos, in order.
    pub fn sides(&self) -> [(&IssueHead, &[PhotoView]); 2] {
        [
            (&self.first, &self.first_photos),
            (&self.second, &self.second_photos),
        ]
    }
}
