//! Who this phone is, the campaign, its sites, and whether all is safe.

use mobile_core::{SalvageReport, SalvageStep};
use uuid::Uuid;

use crate::error::PhoneError;
use crate::mirror::{CampaignView, CheckReport, Identity, Saved, SiteFilter, SiteView, Status};
use crate::phone::Phone;

#[uniffi::export]
impl Phone {
    /// Who this phone is, once enrolled.
    ///
    /// # Errors
    /// `closed`.
    pub fn identity(&self) -> Result<Option<Identity>, PhoneError> {
        self.with(|f| Ok(f.phone.identity()))
    }

    /// The fingerprint of this device's key as the office compares it, once enrolled.
    ///
    /// # Errors
    /// `closed`.
    pub fn key_fingerprint(&self) -> Result<Option<String>, PhoneError> {
        self.with(|f| Ok(f.phone.key_fingerprint()))
    }

    /// Housekeeping while nothing is to be done.
    ///
    /// # Errors
    /// The disk's.
    pub fn idle(&self) -> Result<(), PhoneError> {
        self.with(|f| f.phone.idle())
    }

    /// Reads everything that is stored and says what is wrong with it. Takes its time.
    ///
    /// # Errors
    /// The disk's. Damage is in the report.
    pub fn check(&self) -> Result<CheckReport, PhoneError> {
        self.with(|f| f.phone.check())
    }

    /// Where every own record and photo stands.
    ///
    /// # Errors
    /// `not_enrolled`, `pin_locked`.
    pub fn status(&self) -> Result<Status, PhoneError> {
        self.with(|f| f.phone.status())
    }

    /// Removes everything of this phone, after the office ordered it and the server holds all of it; then it is a new one.
    ///
    /// # Errors
    /// `not_revoked`, `unsent`, `carrying`: nothing was removed.
    pub fn wipe(&self) -> Result<(), PhoneError> {
        self.end(mobile_core::Replica::wipe)
    }

    /// The campaign as this phone knows it.
    ///
    /// # Errors
    /// `not_enrolled`, `pin_locked`.
    pub fn campaign(&self) -> Result<CampaignView, PhoneError> {
        self.with(|f| f.phone.campaign())
    }

    /// The sites, in the order of the route.
    ///
    /// # Errors
    /// `not_enrolled`, `pin_locked`.
    #[uniffi::method(default(filter = None))]
    pub fn sites(&self, filter: Option<SiteFilter>) -> Result<Vec<SiteView>, PhoneError> {
        self.with(|f| f.phone.sites(&filter.unwrap_or_default()))
    }

    /// Notes what the group found at a site: name, code, contact, status or remark.
    ///
    /// # Errors
    /// `invalid`, `unknown_record`, `not_on_route`.
    pub fn edit_site_facts(
        &self,
        site: Uuid,
        field: String,
        value: String,
    ) -> Result<Saved, PhoneError> {
        self.with(|f| f.phone.edit_site_facts(site, &field, &value))
    }
}

/// Saves what can be read of a damaged phone whose folder no longer opens; its files are set aside. Then open it, and
/// sync. Takes its time.
///
/// # Errors
/// `not_damaged`, `identity_lost` (nothing was changed), `database_locked`, the disk's.
#[uniffi::export]
pub fn salvage(folder: String) -> Result<SalvageReport, PhoneError> {
    let mut nobody = |_: SalvageStep| {};
    let ports = mobile_core::Ports::system();
    Ok(mobile_core::salvage(folder.as_ref(), ports, &mut nobody)?)
}
