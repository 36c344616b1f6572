//! What the console pages read and do, as one trait.
//!
//! Invariant: the implementation decides what is sealed: a view model never carries a value that its viewer may not
//! read, so a page cannot leak one. Every action checks again what the page had shown.
//! Leaves out: signing in, the right to open a page (`auth::allows`), wording (`i18n`) and layout (templates).

use async_trait::async_trait;
use protocol::problem::Code;
use uuid::Uuid;

use super::model::*;
use crate::auth::Role;

/// Who looks at a page or acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The login's name, for history and audit.
    pub user_name: String,
    /// What the login may do.
    pub role: Role,
    /// The account of the roster the login belongs to, if any.
    pub account: Option<Uuid>,
}

/// Why a page or an action was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", .code.as_str(), .detail.as_deref().unwrap_or("-"))]
pub struct DataError {
    /// The stable code; its text is shown in the viewer's language.
    pub code: Code,
    /// What exactly, for people; shown as it is.
    pub detail: Option<String>,
}

impl From<Code> for DataError {
    fn from(code: Code) -> Self {
        Self { code, detail: None }
    }
}

/// Result of everything here.
pub type DataResult<T> = Result<T, DataError>;

/// Every read and every action of the console. An action writes its audit entry in its own transaction; the console
/// writes one for what was refused. `Code::NotFound` if an id is unknown; `Code::Internal` if storage fails
/// (the cause is logged by the implementation, never shown).
#[async_trait]
pub trait ConsoleData: Send + Sync + 'static {
    /// The campaign's name and state; `None` before one was made.
    async fn campaign(&self) -> DataResult<Option<CampaignHead>>;

    /// The live board: one row per township, then one per group for the county town. `missing` is in route order.
    async fn board(&self, viewer: &Viewer) -> DataResult<Board>;

    /// The lists the filter row of the records page offers.
    async fn filter_options(&self, viewer: &Viewer) -> DataResult<FilterOptions>;

    /// One page of records, newest arrival first, keyset cursor. A bad cursor is `Code::BadRequest`.
    async fn records(&self, viewer: &Viewer, filter: &RecordFilter) -> DataResult<RecordPage>;

    /// One record with its answers (unless sealed), photos, conflicts and history.
    async fn record(&self, viewer: &Viewer, id: Uuid) -> DataResult<RecordView>;

    /// Settles a field: supersedes exactly `shown`. `Code::Conflict` if other values are live by now,
    /// `Code::ReasonRequired`, `Code::Invalid` if the value does not fit, `Code::Forbidden` while sealed.
    async fn settle(&self, viewer: &Viewer, order: &Settlement) -> DataResult<()>;

    /// Every open conflict, oldest first. Sealed ones are listed without values.
    async fn conflicts(&self, viewer: &Viewer) -> DataResult<Vec<ConflictRow>>;

    /// The tour groups, by number.
    async fn groups(&self, viewer: &Viewer) -> DataResult<Vec<GroupHead>>;

    /// What stands in the way of a lock, and what the last lock fixed.
    async fn lock_check(&self, viewer: &Viewer, group: Uuid) -> DataResult<LockCheck>;

    /// Locks a group. `Code::ReasonRequired` if something is missing and no reason is given, `Code::Conflict` if what
    /// is missing differs from `shown`, `Code::Locked` if it is locked already.
    async fn lock(&self, viewer: &Viewer, order: &LockOrder) -> DataResult<LockDone>;

    /// The ranking as far as groups are locked.
    async fn ranking(&self, viewer: &Viewer) -> DataResult<Ranking>;

    /// How a township's number came about; `Code::NotReady` before its group is locked.
    async fn explain(&self, viewer: &Viewer, code: &str) -> DataResult<Explanation>;

    /// What came in but is not counted: late, rejected, quarantined. Undecided first, then newest.
    async fn held(&self, viewer: &Viewer) -> DataResult<Vec<HeldEntry>>;

    /// Takes a held entry in or leaves it out. `Code::ReasonRequired`, `Code::Conflict` if somebody decided meanwhile.
    async fn decide_held(&self, viewer: &Viewer, decision: &HeldDecision) -> DataResult<()>;

    /// The roster with its devices, by group and name.
    async fn people(&self, viewer: &Viewer) -> DataResult<Vec<Person>>;

    /// Revokes a device. `Code::ReasonRequired`; repeating it changes nothing.
    async fn revoke_device(&self, viewer: &Viewer, device: Uuid, reason: &str) -> DataResult<()>;
}
