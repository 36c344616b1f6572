//! What services answer and take, for pages, interface and tables alike: plain data, no text to show except names.
//!
//! Invariant: scores are `_e4`, times ms UTC, words are those of the data model (the page translates them); nothing here
//! knows who asks. Leaves out: how it is gathered (`services`), sent (`routes`) and drawn (`console`).

mod board;
mod conflict;
mod held;
mod issue;
mod list;
mod lock;
mod people;
mod photos;
mod ranking;
mod record;
mod standing;
mod system;

use serde::Serialize;
use uuid::Uuid;

pub use board::*;
pub use conflict::*;
pub use held::*;
pub use issue::*;
pub use list::*;
pub use lock::*;
pub use people::*;
pub use photos::*;
pub use ranking::*;
pub use record::*;
pub use standing::*;
pub use system::*;

/// A text that exists in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Bilingual {
    /// Simplified Chinese.
    pub zh: String,
    /// English; empty: show the Chinese.
    pub en: String,
}

/// The campaign, for the head of every page.
#[derive(Clone, Debug, Serialize)]
pub struct CampaignHead {
    /// Its record.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// First and last day, `YYYY-MM-DD`.
    pub dates: Option<(String, String)>,
    /// `preparing`, `running`, `closed`, `archived`.
    pub state: String,
    /// 试填: a rehearsal, said loudly on every page.
    pub rehearsal: bool,
    /// True if its checklists are the built-in proposals, which the county office must confirm.
    pub proposal_checklists: bool,
}

/// A tour group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GroupHead {
    /// Its record.
    pub id: Uuid,
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// True after its lock.
    pub locked: bool,
}
