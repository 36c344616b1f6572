//! Score sheets: one author's answers for one site, and what may be answered.
//!
//! Invariant: an answer that `check_answer` accepted gives points between 0 and the item's maximum.
//! Leaves out: who may write a sheet, and how its fields are stored and merged.

mod mark;
mod points;
mod state;
mod tree;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use mark::{AnswerError, AnswerProblem, Mark, RawMark, check_answer, check_mark};
pub(crate) use points::percent;
pub use points::{LineScore, SectionScore, SheetScore, item_points, score, wants_photo};
pub use state::{SheetState, TransitionError, Visit, counts};
pub use tree::explain_sheet;

use crate::checklist::{Item, SiteChecklist};

/// An answer to one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Answer {
    /// What was found.
    pub mark: Mark,
    /// Free note.
    pub note: Option<String>,
    /// Reasons picked from the list.
    pub reasons: Vec<String>,
}

impl From<Mark> for Answer {
    fn from(mark: Mark) -> Self {
        Self {
            mark,
            note: None,
            reasons: vec![],
        }
    }
}

/// Answers by item id, in the quick form by section word. A cleared answer is not in the map.
pub type Answers = BTreeMap<String, Answer>;

/// The two forms of a sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Every item.
    #[default]
    Detailed,
    /// One line per section.
    Quick,
}

impl Form {
    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Detailed => "detailed",
            Self::Quick => "quick",
        }
    }

    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Detailed, Self::Quick]
            .into_iter()
            .find(|f| f.word() == word)
    }
}

impl SiteChecklist {
    /// The lines of a form.
    pub fn lines(&self, form: Form) -> &[Item] {
        match form {
            Form::Detailed => &self.items,
            Form::Quick => &self.quick,
        }
    }

    /// One line of a form.
    pub fn line(&self, form: Form, id: &str) -> Option<&Item> {
        self.lines(form).iter().find(|line| line.id == id)
    }
}
