//! Rows of the ledger of issues.
//!
//! Invariant: an [`IssueRow`] follows from the registers of the issue and its case and can be rebuilt
//! (`services::project`). Leaves out: what an issue's photos are, and whether it is overdue today.

use domain::issue::{Standing, State};
use uuid::Uuid;

/// An issue with what the office added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueRow {
    /// The issue's record.
    pub id: Uuid,
    /// The campaign.
    pub campaign: Uuid,
    /// The number people use; empty until it is given.
    pub number: String,
    /// Its site.
    pub site: Option<Uuid>,
    /// Code of the township.
    pub township: Option<String>,
    /// Code of the village.
    pub village: Option<String>,
    /// The group that found it; none: entered by the office.
    pub group: Option<Uuid>,
    /// The place in words.
    pub place: String,
    /// Code of the category.
    pub category: String,
    /// `minor`, `major`, `grave`.
    pub severity: String,
    /// What is wrong.
    pub description: String,
    /// When it was found, ms UTC by the finder's clock.
    pub found_ms: i64,
    /// Where the finder stood, WGS-84 in 1e-7 degree: latitude, longitude.
    pub at_e7: Option<(i64, i64)>,
    /// How sure that is, metres.
    pub accuracy_m: Option<i64>,
    /// The finder's account; nil: the office.
    pub author: Uuid,
    /// Fixed at once.
    pub fixed: bool,
    /// What was done at once.
    pub fixed_note: String,
    /// The one unit that answers for it: a division code or a department's name.
    pub lead_unit: Option<String>,
    /// Units that help.
    pub assisting_units: Vec<String>,
    /// Who sees to it, by role.
    pub person: Option<String>,
    /// The county leader in charge of the township, by role.
    pub sponsor: Option<String>,
    /// Last day, `YYYY-MM-DD`.
    pub due_on: Option<String>,
    /// What is to be done.
    pub measure: String,
    /// Remark.
    pub remark: String,
    /// Codes of root causes.
    pub root_causes: Vec<String>,
    /// State of the rectification.
    pub state: State,
    /// Day it was reported done.
    pub reported_on: Option<String>,
    /// Day it was closed.
    pub closed_on: Option<String>,
    /// Who looked at the end, by role.
    pub verifier: Option<String>,
    /// The issue that stands for it.
    pub duplicate_of: Option<Uuid>,
    /// Issues it was found not to be the same as.
    pub distinct: Vec<Uuid>,
    /// True once deleted.
    pub deleted: bool,
}

/// What the ledger is narrowed to; none of a field means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueFilter {
    /// The campaign.
    pub campaign: Uuid,
    /// Only what concerns this unit: a division code (with what is in it) or a department's name.
    pub unit: Option<String>,
    /// Only of this group.
    pub within_group: Option<Uuid>,
    /// Township code.
    pub township: Option<String>,
    /// Group that found it.
    pub group: Option<Uuid>,
    /// Code of the category.
    pub category: Option<String>,
    /// Lead unit.
    pub lead_unit: Option<String>,
    /// How it stands.
    pub standing: Option<Standing>,
    /// Those that were merged into this one.
    pub merged_into: Option<Uuid>,
    /// Part of number, description or place, or the id.
    pub q: Option<String>,
    /// Today, `YYYY-MM-DD`.
    pub today: String,
}

/// How many issues stand how, in the order of [`Standing::ALL`].
pub type StandingCounts = Vec<(Standing, u64)>;
