//! Issues, opinions, commendations.

use uuid::Uuid;

use crate::error::PhoneError;
use crate::mirror::{
    CommendationView, IssueCategory, IssueView, NewIssue, NewOpinion, OpinionView, Saved,
};
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

    /// Takes such a removal back.
    ///
    /// # Errors
    /// `unknown_record`, `not_yours`.
    pub fn restore_note(&self, record: Uuid) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.restore_note(record))
    }

    /// The group's issues, oldest first.
    ///
    /// # Errors
    /// `not_enrolled`, `pin_locked`.
    pub fn issues(&self) -> Result<Vec<IssueView>, PhoneError> {
        self.with(|f| f.phone.issues())
    }

    /// The categories an issue may have, in the order of the list.
    ///
    /// # Errors
    /// None.
    pub fn issue_categories(&self) -> Result<Vec<IssueCategory>, PhoneError> {
        self.with(|f| Ok(f.phone.issue_categories()))
    }

    /// The group's opinions, oldest first.
    ///
    /// # Errors
    /// `not_enrolled`, `pin_locked`.
    pub fn opinions(&self) -> Result<Vec<OpinionView>, PhoneError> {
        self.with(|f| f.phone.opinions())
    }

    /// The group's practices worth copying, oldest first.
    ///
    /// # Errors
    /// `not_enrolled`, `pin_locked`.
    pub fn commendations(&self) -> Result<Vec<CommendationView>, PhoneError> {
        self.with(|f| f.phone.commendations())
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
