//! The live board.

use domain::SiteKind;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::GroupHead;

/// The live board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Board {
    /// When it was computed.
    pub at_ms: i64,
    /// Rows.
    pub rows: Vec<BoardRow>,
    /// Phones whose fingerprint nobody confirmed.
    pub unconfirmed: u32,
    /// Phones that take part and did not sync for a day.
    pub silent: u32,
}

/// One township, or the county town as one group scores it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BoardRow {
    /// Division code; `None` for the county-town sites of `group`.
    pub code: Option<String>,
    /// Township name; unused for the county town.
    pub name: String,
    /// Its group.
    pub group: Option<GroupHead>,
    /// Sites with every expected sheet submitted.
    pub sites_done: u32,
    /// Sites planned and not struck.
    pub sites_planned: u32,
    /// Sheets per kind of site that is planned here.
    pub sheets: Vec<KindCount>,
    /// Photos whose bytes are here.
    pub photos_arrived: u32,
    /// Photos that records refer to.
    pub photos_promised: u32,
    /// Fields with competing values.
    pub conflicts: u32,
    /// Held entries not decided.
    pub held: u32,
    /// When the last change about it arrived.
    pub last_arrival_ms: Option<i64>,
    /// What is missing, site by site.
    pub missing: Vec<Missing>,
    /// Its score T while its group is locked; for who may see results.
    pub score_e4: Option<i64>,
    /// Issues of the ledger that are not closed; overdue ones too.
    pub issues_open: u32,
    /// Issues that are overdue.
    pub issues_overdue: u32,
}

/// Sheets of one kind of site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct KindCount {
    /// Kind of site.
    pub kind: SiteKind,
    /// Submitted.
    pub submitted: u32,
    /// Expected.
    pub expected: u32,
}

/// What one site lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Missing {
    /// The site.
    pub site: Uuid,
    /// Its name.
    pub site_name: String,
    /// Sheets not submitted.
    pub sheets: u32,
    /// Whose sheets.
    pub authors: Vec<String>,
    /// Photos promised and not arrived.
    pub photos: u32,
}

impl BoardRow {
    /// True if every planned sheet and photo is here and nothing waits for a decision.
    pub fn is_complete(&self) -> bool {
        self.sites_planned > 0 && self.missing.is_empty() && self.conflicts == 0 && self.held == 0
    }

    /// Sheets of a kind of site, if any is planned.
    pub fn count(&self, kind: &SiteKind) -> Option<KindCount> {
        self.sheets
            .iter()
            .copied()
            .find(|c| c.kind == *kind && c.expected > 0)
    }

    /// Sheets submitted.
    pub fn submitted(&self) -> u32 {
        self.sheets.iter().map(|c| c.submitted).sum()
    }

    /// Sheets expected.
    pub fn expected(&self) -> u32 {
        self.sheets.iter().map(|c| c.expected).sum()
    }

    /// The code for a link.
    pub fn code_or_empty(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }
}
