//! One record in full, and values as they are shown.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Bilingual, ConflictRow, FieldConflict, HeldEntry, RecordRow};

/// The kind that has a household's code, and the field.
const FACTS: &str = "site_facts";
const CODE: &str = "code";

impl Shown {
    /// Makes it one for the supervision office only.
    pub fn withhold(&mut self) {
        if *self != Self::Empty {
            *self = Self::Internal;
        }
    }
}

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Closed to the office until the lock.
    Sealed,
    /// For the supervision office only: a household's code.
    Internal,
    /// Null: cleared.
    Empty,
    /// Yes or no.
    Bool(bool),
    /// Points.
    Points(i64),
    /// A count.
    Count(i64),
    /// So many of so many.
    Ratio(i64, i64),
    /// Not applicable.
    NotApplicable,
    /// A word of the data model (`submitted`, `minor`).
    Word(String),
    /// A time.
    Time(i64),
    /// Text of a person.
    Text(String),
    /// The name of something known in both languages.
    Named(Bilingual),
    /// A mark with its note and reasons.
    Answer {
        /// The mark.
        #[schema(no_recursion)]
        mark: Box<Shown>,
        /// Note.
        note: Option<String>,
        /// Reasons of a deduction.
        reasons: Vec<String>,
    },
}

impl Shown {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Empty => Some(""),
            _ => None,
        }
    }

    /// Mark and note, if it is an answer.
    pub fn answer(&self) -> Option<(&Self, Option<&str>)> {
        match self {
            Self::Answer { mark, note, .. } => Some((mark, note.as_deref())),
            _ => None,
        }
    }
}

/// One record in full.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordView {
    /// Its row.
    pub head: RecordRow,
    /// The checklist, for a sheet.
    pub checklist: Option<ChecklistHead>,
    /// Answers by section; empty if sealed or none.
    pub sections: Vec<Section>,
    /// Other fields; empty if sealed.
    pub fields: Vec<FieldLine>,
    /// Photos; empty if sealed.
    pub photos: Vec<PhotoView>,
    /// Fields with competing values.
    pub conflicts: Vec<FieldConflict>,
    /// Every change of it, newest first; values are `Shown::Sealed` while sealed.
    pub history: Vec<HistoryLine>,
    /// Held entries about it.
    pub held: Vec<HeldEntry>,
    /// Clocks that were wrong when something of it was written.
    pub clocks: Vec<ClockLine>,
}

/// True for a field whose values are for the supervision office only.
pub fn is_internal(kind: &str, field: &str) -> bool {
    kind == FACTS && field == CODE
}

/// Takes out of a list of conflicts what is for the supervision office only.
pub fn withhold_internal(rows: &mut [ConflictRow]) {
    let codes = rows
        .iter_mut()
        .filter(|r| is_internal(&r.record.kind, &r.field));
    codes
        .flat_map(|r| &mut r.values)
        .for_each(|(value, _, _)| value.withhold());
}

impl RecordView {
    /// Takes out what is for the supervision office only.
    pub fn withhold_internal(&mut self) {
        if self.head.kind != FACTS {
            return;
        }
        for line in self.fields.iter_mut().filter(|l| l.field == CODE) {
            line.value.withhold();
        }
        for conflict in self.conflicts.iter_mut().filter(|c| c.field == CODE) {
            conflict.both = None;
            conflict
                .siblings
                .iter_mut()
                .for_each(|s| s.value.withhold());
        }
        for line in self.history.iter_mut().filter(|l| l.field == CODE) {
            line.old.iter_mut().for_each(Shown::withhold);
            line.new.withhold();
        }
    }
}

/// A clock that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClockLine {
    /// Whose.
    pub who: String,
    /// Device name.
    pub device: String,
    /// True if it had gone back; else it was off.
    pub went_back: bool,
    /// By how much, ms; of one that was off: fast if positive.
    pub by_ms: i64,
}

/// A checklist.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChecklistHead {
    /// Its title.
    pub title: Bilingual,
    /// Version.
    pub version: i64,
    /// True if it is a built-in proposal.
    pub proposal: bool,
}

/// One section of a checklist.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Section {
    /// Title.
    pub title: Bilingual,
    /// Points earned and reachable, if every answer is settled.
    pub earned_e4: Option<(i64, i64)>,
    /// Its items, in order.
    pub items: Vec<ItemLine>,
}

/// One item and its answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ItemLine {
    /// Item id, e.g. `V-C1`.
    pub item: String,
    /// The question.
    pub text: Bilingual,
    /// Points it is worth.
    pub max_e4: i64,
    /// The displayed answer; `None`: not answered.
    pub answer: Option<Shown>,
    /// Points earned; `None` if not answered, not applicable or unsettled.
    pub earned_e4: Option<i64>,
    /// True if values compete.
    pub conflict: bool,
    /// Photos of it.
    pub photos: u32,
}

/// A field that is no answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldLine {
    /// Field name of the data model.
    pub field: String,
    /// Displayed value.
    pub value: Shown,
    /// True if values compete.
    pub conflict: bool,
}

/// A photo.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PhotoView {
    /// Its record.
    pub id: Uuid,
    /// `sha256:hex` of the thumbnail, if its bytes are here.
    pub thumbnail: Option<String>,
    /// `sha256:hex` of the stored copy, if its bytes are here.
    pub stored: Option<String>,
    /// Caption.
    pub caption: String,
    /// Item it belongs to.
    pub item: Option<String>,
    /// By the phone's clock.
    pub taken_ms: Option<i64>,
    /// True if it came from the album, not from the camera.
    pub from_album: bool,
    /// Latitude, longitude in 1e-7 degree.
    pub place_e7: Option<(i64, i64)>,
}

/// Where a value comes from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Origin {
    /// Author's name; the login's for the office.
    pub who: String,
    /// Device name.
    pub device: String,
    /// True if the office wrote it.
    pub office: bool,
    /// Writer's clock.
    pub written_ms: i64,
    /// When it arrived here.
    pub arrived_ms: i64,
    /// How far the writer's clock was off, if over 5 minutes.
    pub skew_ms: Option<i64>,
    /// By how much the writer's clock had gone back just before.
    pub back_ms: Option<i64>,
}

/// One change in the history of a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistoryLine {
    /// Field.
    pub field: String,
    /// The item's question, for an answer.
    pub label: Option<Bilingual>,
    /// Who and when.
    pub by: Origin,
    /// Values it replaced.
    pub old: Vec<Shown>,
    /// The value.
    pub new: Shown,
    /// Code of a verdict in force against it.
    pub verdict: Option<String>,
    /// Reason, for a decision of the office.
    pub reason: Option<String>,
}
