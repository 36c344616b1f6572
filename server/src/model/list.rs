//! Records in a list, and its filters.

use domain::SiteKind;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{GroupHead, PhotoView};

/// Columns the records list can be sorted by.
pub const RECORD_COLUMNS: &[&str] = &[
    "record",
    "township",
    "group",
    "author",
    "state",
    "answered",
    "score",
    "conflicts",
    "written",
    "arrived",
];

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
    /// Only records written by a clock that was wrong.
    pub clock_only: bool,
    /// Only records with photos.
    pub photos_only: bool,
    /// Part of a site's name, an author's name, a number or an id.
    pub q: Option<String>,
    /// One of [`RECORD_COLUMNS`], with `-` before it from the largest down; none: newest arrival first.
    pub sort: Option<String>,
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
    /// Villages with a site: code and name, township before it.
    pub villages: Vec<(String, String)>,
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
    /// True if something of it was written by a clock that was wrong.
    pub clock_flagged: bool,
}

impl RecordRow {
    /// True for a sheet that was submitted: it can be returned.
    pub fn is_returnable(&self) -> bool {
        self.kind == "sheet" && self.state.as_deref() == Some("submitted")
    }
}

/// A record with the first of its photos; none while they are closed.
#[derive(Clone, Debug, Serialize)]
pub struct RecordTile {
    /// The record.
    pub row: RecordRow,
    /// Its first photos.
    pub photos: Vec<PhotoView>,
    /// How many more it has.
    pub more: u32,
}

/// What stands beside a record in the list it was opened from.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Neighbours {
    /// The one before.
    pub previous: Option<Uuid>,
    /// The one after.
    pub next: Option<Uuid>,
    /// Its place, from 1.
    pub place: u64,
    /// Records in the list.
    pub total: u64,
}

/// A filter kept under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SavedFilterLine {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// The query of the records page's address.
    pub query: String,
}
