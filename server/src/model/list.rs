//! Records in a list, and its filters.

use domain::SiteKind;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::GroupHead;

/// Filters of the records list, as they stand in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecordFilter {
    /// `sheet`, `issue`, `opinion`, `commendation` or `site_facts`.
    pub record_kind: Option<String>,
    /// Township code.
    pub township: Option<String>,
    /// Group.
    pub group: Option<Uuid>,
    /// Kind of site.
    pub site_kind: Option<SiteKind>,
    /// Author's account.
    pub author: Option<Uuid>,
    /// `draft` or `submitted`.
    pub state: Option<String>,
    /// Only records with a conflict.
    pub conflict_only: bool,
    /// Part of a site's name, an author's name, a number or an id.
    pub q: Option<String>,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// Rows a page, 1 to 200.
    pub limit: u32,
}

/// Choices of the filter row.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FilterOptions {
    /// Code and name.
    pub townships: Vec<(String, String)>,
    /// Groups.
    pub groups: Vec<GroupHead>,
    /// Account and name.
    pub authors: Vec<(Uuid, String)>,
}

/// One page of records.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct RecordPage {
    /// Rows.
    #[serde(rename = "items")]
    pub rows: Vec<RecordRow>,
    /// Records that fit the filter.
    pub total: u64,
    /// Cursor of the next page.
    pub next_cursor: Option<String>,
}

/// One record in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordRow {
    /// The record.
    pub id: Uuid,
    /// Its kind: `sheet`, `issue`, …
    pub kind: String,
    /// What people call it: the site's name, the number or first words.
    pub title: String,
    /// Kind of its site.
    pub site_kind: Option<SiteKind>,
    /// Township name.
    pub township: Option<String>,
    /// Group number.
    pub group_number: Option<i64>,
    /// Author's name.
    pub author: String,
    /// `draft` or `submitted` for a sheet.
    pub state: Option<String>,
    /// `refused` or `absent` if nobody was met.
    pub visit: Option<String>,
    /// Items answered.
    pub answered: u32,
    /// Items of the checklist; 0 if it has none.
    pub items: u32,
    /// Photos here.
    pub photos_arrived: u32,
    /// Photos referred to.
    pub photos_promised: u32,
    /// Fields with competing values.
    pub conflicts: u32,
    /// True while its values are closed to the office.
    pub sealed: bool,
    /// The sheet's score, after the lock.
    pub score_e4: Option<i64>,
    /// When it was last written, by the writer's clock.
    pub written_ms: Option<i64>,
    /// When its last change arrived.
    pub arrived_ms: Option<i64>,
}
