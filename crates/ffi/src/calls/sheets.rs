//! Score sheets, and what contradicts in them.

use mobile_core::Dot;
use uuid::Uuid;

use crate::error::PhoneError;
use crate::mirror::{Answer, Form, Saved, SheetView, Sibling, Visit};
use crate::phone::Phone;

#[uniffi::export]
impl Phone {
    /// Opens the own sheet for a site, or finds it opened.
    ///
    /// # Errors
    /// `recused`, `locked`, `struck`, `not_on_route`, `no_group`, `no_checklist`.
    pub fn open_sheet(&self, site: Uuid, form: Form) -> Result<Uuid, PhoneError> {
        self.with(|f| f.phone.open_sheet(site, form))
    }

    /// A sheet with answers, live score, what is missing, and what is to be settled.
    ///
    /// # Errors
    /// `unknown_record`.
    pub fn sheet(&self, id: Uuid) -> Result<SheetView, PhoneError> {
        self.with(|f| f.phone.sheet(id))
    }

    /// Answers a line. When this returns, the answer is on disk.
    ///
    /// # Errors
    /// Why the mark does not fit the line; `not_draft`, `returned`, `locked`, `disk_full`.
    pub fn answer(&self, sheet: Uuid, item: String, answer: Answer) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.answer(sheet, &item, answer))
    }

    /// Takes an answer back.
    ///
    /// # Errors
    /// As `answer`.
    pub fn clear_answer(&self, sheet: Uuid, item: String) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.clear_answer(sheet, &item))
    }

    /// Whether the household was entered.
    ///
    /// # Errors
    /// As `answer`.
    pub fn set_visit(&self, sheet: Uuid, visit: Visit) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.set_visit(sheet, visit))
    }

    /// The author's free note.
    ///
    /// # Errors
    /// As `answer`.
    pub fn set_sheet_note(&self, sheet: Uuid, note: String) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.set_sheet_note(sheet, &note))
    }

    /// Hands a complete sheet in.
    ///
    /// # Errors
    /// `incomplete` with the lines that are missing, `unsettled`, `not_draft`, `locked`.
    pub fn submit(&self, id: Uuid) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.submit(id))
    }

    /// Opens a submitted or returned sheet again, with a reason.
    ///
    /// # Errors
    /// `reason_required`, `not_submitted`, `locked`.
    pub fn amend(&self, id: Uuid, reason: String) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.amend(id, &reason))
    }

    /// Every live value of a field, the displayed one first.
    ///
    /// # Errors
    /// `unknown_record`.
    pub fn live_values(&self, record: Uuid, field: String) -> Result<Vec<Sibling>, PhoneError> {
        self.with(|f| f.phone.live_values(record, &field))
    }

    /// Decides between the values shown by picking one.
    ///
    /// # Errors
    /// `not_shown`, `not_yours`, `locked`.
    pub fn settle_by_choice(
        &self,
        record: Uuid,
        field: String,
        chosen: Dot,
        shown: Vec<Dot>,
    ) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.settle_by_choice(record, &field, &chosen, &shown))
    }

    /// Decides between the answers shown by a new one.
    ///
    /// # Errors
    /// As `settle_by_choice` and `answer`.
    pub fn settle_by_answer(
        &self,
        sheet: Uuid,
        item: String,
        answer: Answer,
        shown: Vec<Dot>,
    ) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.settle_by_answer(sheet, &item, &answer, &shown))
    }
}
