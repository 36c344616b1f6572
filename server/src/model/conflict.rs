//! Fields with competing values, and decisions on them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Bilingual, Origin, PhotoView, RecordRow, Shown};

/// What the office may type to settle a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldInput {
    /// Only choose one of the values.
    ChooseOnly,
    /// Points up to this, with a note.
    Points {
        /// Largest, e4.
        max_e4: i64,
    },
    /// A count, with a note.
    Count,
    /// Yes or no, with a note.
    YesNo,
    /// Ok of sampled, with a note.
    Ratio,
    /// Text.
    Text,
}

/// One of several competing values.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Sibling {
    /// Its dot, opaque; sent back with the decision.
    pub dot: String,
    /// The value.
    pub value: Shown,
    /// Who and when.
    pub by: Origin,
    /// Photos its writer took of the line (of the record, if it is no answer).
    pub photos: Vec<PhotoView>,
}

/// Both values as one, to be edited and decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Both {
    /// The texts joined.
    pub text: String,
    /// The mark they share, if they are notes of an answer.
    pub mark: Option<Shown>,
}

/// A field with competing values.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldConflict {
    /// Field (`answer/V-C1`, `remark`).
    pub field: String,
    /// The item's question, for an answer.
    pub label: Option<Bilingual>,
    /// What may be typed instead.
    pub input: FieldInput,
    /// All of them as one, where that makes sense: texts, or notes of the same mark.
    pub both: Option<Both>,
    /// The live values, in the order of display, the displayed one first.
    pub siblings: Vec<Sibling>,
    /// True if it cannot be settled yet (sealed).
    pub sealed: bool,
}

/// A conflict in the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConflictRow {
    /// The record.
    pub record: RecordRow,
    /// Field.
    pub field: String,
    /// The item's question, for an answer.
    pub label: Option<Bilingual>,
    /// Competing values with their authors and devices.
    pub values: Vec<(Shown, String, String)>,
    /// Since when, by arrival.
    pub since_ms: i64,
}

/// What is written to settle a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The value of this dot.
    Take(String),
    /// Another text.
    Text(String),
    /// Another answer.
    Answer {
        /// Points, count, yes/no or ratio, as `FieldInput` says; `Shown::NotApplicable` is allowed.
        mark: Shown,
        /// Note.
        note: Option<String>,
    },
}

/// A decision on a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settlement {
    /// The record.
    pub record: Uuid,
    /// Field.
    pub field: String,
    /// Exactly the dots that were shown.
    pub shown: Vec<String>,
    /// What is written.
    pub choice: Choice,
    /// Why.
    pub reason: String,
}
