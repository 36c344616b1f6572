//! Issues, opinions, commendations.

use uuid::Uuid;

use crate::error::PhoneError;
use crate::mirror::{IssueView, NewIssue, NewOpinion, Saved};
use crate::phone::Phone;

#[uniffi::export]
impl Phone {
    /// Logs a problem found on site.
    ///
    /// # Errors
    /// `invalid`.
    pub fn log_issue(&self, issue: NewIssue) -> Result<Uuid, PhoneError> {
        self.with(|f| f.phone.log_issue(issue))
    }

    /// Notes that an issue was fixed at once, with an after-note.
    ///
    /// # Errors
    /// `unknown_record`.
    pub fn fix_on_spot(&self, issue: Uuid, note: String) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.fix_on_spot(issue, &note))
    }

    /// Removes an issue, opinion, commendation or photo.
    ///
    /// # Errors
    /// `unknown_record`, `not_yours`.
    pub fn delete_note(&self, record: Uuid) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.delete_note(record))
    }

    /// The group's issues, newest first.
    ///
    /// # Errors
    /// `not_enrolled`, `pin_locked`.
    pub fn issues(&self) -> Result<Vec<IssueView>, PhoneError> {
        self.with(|f| f.phone.issues())
    }

    /// Adds an opinion.
    ///
    /// # Errors
    /// `invalid`.
    pub fn add_opinion(&self, opinion: NewOpinion) -> Result<Uuid, PhoneError> {
        self.with(|f| f.phone.add_opinion(opinion))
    }

    /// Adds a practice worth copying.
    ///
    /// # Errors
    /// `invalid`.
    pub fn add_commendation(&self, site: Uuid, what: String) -> Result<Uuid, PhoneError> {
        self.with(|f| f.phone.add_commendation(site, &what))
    }
}
