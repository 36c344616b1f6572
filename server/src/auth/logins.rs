//! What signed-in people do with logins: their own password and sessions, and those of others.
//!
//! Invariant: nobody changes what he himself may do, and one system and one security administrator always remain;
//! whatever weakens a login ends its sessions. Leaves out: who has the right (the gates), storage.

use std::sync::PoisonError;

use protocol::problem::Code;
use uuid::Uuid;

use super::AuthError;
use super::password::is_fit;
use super::service::{Auth, entropy};
use super::types::{
    AuditEntry, AuditFilter, AuditPage, Grant, Granted, Login, OwnPassword, PasswordChange,
    Suspended,
};
use crate::error::{Error, Result};
use crate::settings::Settings;
use crate::store::sqlite::auth::user_key;

const HOUR_MS: i64 = 3600 * 1000;
/// The longest that an invitation, a secret for a new password or an enrolment code may be valid: a week.
pub const MAX_VALID_HOURS: u32 = 168;

/// Milliseconds of a validity given in hours; none: as the office's settings say.
///
/// # Errors
/// `Invalid` below an hour or above a week.
pub fn valid_ms(hours: Option<u32>, settings: &Settings) -> Result<i64> {
    match hours.unwrap_or(settings.code_hours) {
        hours @ 1..=MAX_VALID_HOURS => Ok(i64::from(hours) * HOUR_MS),
        _ => Err(Error::because(Code::Invalid, "valid_hours: 1–168")),
    }
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// Refuses a reach that cannot be meant.
fn meant(grant: &Grant) -> Result<()> {
    let bad = |what: &str| Err(Error::because(Code::Invalid, what));
    if !grant.role.enters_console() {
        return bad("role");
    }
    if grant.expires_on.as_deref().is_some_and(|day| !is_day(day)) {
        return bad("expires_on: YYYY-MM-DD");
    }
    if grant
        .unit
        .as_deref()
        .is_some_and(|u| u.trim().is_empty() || u.chars().count() > 100)
    {
        return bad("unit");
    }
    if grant.group_number.is_some_and(|n| !(1..=1000).contains(&n)) {
        return bad("group_number");
    }
    Ok(())
}

fn said(done: Suspended) -> Result<()> {
    match done {
        Suspended::Done => Ok(()),
        Suspended::Changed => Err(Code::PreconditionFailed.into()),
        Suspended::Unknown => Err(Code::NotFound.into()),
        Suspended::LastAdministrator => Err(Code::LastAdministrator.into()),
    }
}

pub(super) fn reason_given(reason: &str) -> Result<&str> {
    Some(reason.trim())
        .filter(|r| !r.is_empty())
        .ok_or_else(|| Code::ReasonRequired.into())
}

impl Auth {
    pub(super) fn about(
        &self,
        by: &Login,
        action: &str,
        id: Uuid,
        detail: impl Into<String>,
    ) -> AuditEntry {
        AuditEntry {
            detail: detail.into(),
            ..self.entry(&by.user_name, by.role.word(), action, &id.to_string())
        }
    }

    /// A one-time secret for a new login and when it expires; shown once.
    ///
    /// # Errors
    /// `Invalid` for a role without business here, a reach or a time that cannot be meant.
    pub async fn invite(
        &self,
        by: &Login,
        grant: Grant,
        hours: Option<u32>,
    ) -> Result<(String, i64)> {
        meant(&grant)?;
        let ttl_ms = valid_ms(hours, &self.settings.get())?;
        let entry = AuditEntry {
            detail: detail_of(&grant),
            ..self.entry(&by.user_name, by.role.word(), "manage_logins", "")
        };
        let expires_at_ms = entry.at_ms + ttl_ms;
        let secret = self.store.invite(grant, ttl_ms, entropy()?, entry).await?;
        Ok((secret, expires_at_ms))
    }

    /// Closes or reopens a login, with a reason.
    ///
    /// # Errors
    /// `ReasonRequired`, `NotFound`, `Invalid` for the own one, `LastAdministrator`.
    pub async fn set_active(&self, by: &Login, id: Uuid, active: bool, reason: &str) -> Result<()> {
        let reason = reason_given(reason)?;
        not_own(by, id)?;
        let verb = if active { "open" } else { "close" };
        let entry = self.about(by, "suspend_login", id, format!("{verb}: {reason}"));
        said(self.store.suspend(id, active, entry).await?)
    }

    /// Changes what a login may do, how far it reaches and until when, if that still is as `seen` says it was read.
    ///
    /// # Errors
    /// `ReasonRequired`, `NotFound`, `Invalid` for the own one and as `invite`, `LastAdministrator`,
    /// `PreconditionFailed`.
    pub async fn regrant(
        &self,
        by: &Login,
        id: Uuid,
        (grant, reason): (Grant, &str),
        seen: impl FnOnce(&Granted) -> bool + Send + 'static,
    ) -> Result<()> {
        let reason = reason_given(reason)?;
        not_own(by, id)?;
        meant(&grant)?;
        let detail = format!("{}: {reason}", detail_of(&grant));
        let entry = self.about(by, "change_login", id, detail);
        said(self.store.regrant(id, grant, seen, entry).await?)
    }

    /// A one-time secret for somebody who forgot the password, and when it expires; shown once. The old password and
    /// the sessions end; what the login may do stays.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for the own one (change it instead) or the validity.
    pub async fn reset_password(
        &self,
        by: &Login,
        id: Uuid,
        hours: Option<u32>,
    ) -> Result<(String, i64)> {
        not_own(by, id)?;
        let ttl_ms = valid_ms(hours, &self.settings.get())?;
        let entry = self.about(by, "reset_password", id, "");
        let expires_at_ms = entry.at_ms + ttl_ms;
        let secret = self
            .store
            .reset_password(id, ttl_ms, entropy()?, entry)
            .await?;
        let secret = secret.ok_or_else(|| Error::from(Code::NotFound))?;
        Ok((secret, expires_at_ms))
    }

    /// Ends the sessions of a login, but for the one at hand; how many ended.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn sign_out_everywhere(
        &self,
        by: &Login,
        id: Uuid,
        keep: Option<[u8; 32]>,
    ) -> Result<usize> {
        if self.store.login(id).await?.is_none() {
            return Err(Code::NotFound.into());
        }
        let entry = self.about(by, "sign_out_everywhere", id, "");
        Ok(self.store.sign_out_everywhere(id, keep, entry).await?)
    }

    /// Changes the own password; every other session ends.
    ///
    /// # Errors
    /// The database's.
    pub async fn change_password(
        &self,
        me: &Login,
        old: String,
        new: String,
        keep: Option<[u8; 32]>,
    ) -> Result<PasswordChange> {
        if !is_fit(&new, &me.user_name) {
            return Ok(PasswordChange::Weak);
        }
        match self.own_password(me, old, "change_password").await? {
            OwnPassword::Right => {}
            OwnPassword::Wrong => return Ok(PasswordChange::Wrong),
            OwnPassword::Locked => return Ok(PasswordChange::Locked),
        }
        let (_, used) = self.store.password_hashes(me.id).await?;
        let again = self.passwords.fits_any(new.clone(), used).await;
        if again.map_err(AuthError::from)? {
            return Ok(PasswordChange::Used);
        }
        let phc = self.passwords.hash(new).await.map_err(AuthError::from)?;
        let entry = self.about(me, "change_password", me.id, "");
        self.store.set_password(me.id, phc, keep, entry).await?;
        Ok(PasswordChange::Done)
    }

    /// Checks the own password once more, for `action`.
    pub(super) async fn own_password(
        &self,
        me: &Login,
        password: String,
        action: &str,
    ) -> Result<OwnPassword> {
        // Counted apart from sign-ins: whoever found a desk unattended must not guess on.
        let key = format!("{}\nchange", user_key(&me.user_name));
        let begun = self
            .store
            .begin_sign_in(me.user_name.clone(), key.clone(), self.now_ms());
        let refused = self.about(me, action, me.id, "");
        if begun.await? == super::types::Attempt::Locked {
            self.refused(refused, "locked").await?;
            return Ok(OwnPassword::Locked);
        }
        let (own, _) = self.store.password_hashes(me.id).await?;
        let fits = self.passwords.fits(password, own).await;
        if !fits.map_err(AuthError::from)? {
            self.refused(refused, "wrong password").await?;
            return Ok(OwnPassword::Wrong);
        }
        self.store.forget_failures(key).await?;
        Ok(OwnPassword::Right)
    }

    /// A page of the audit that fits a filter, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn find_audit(
        &self,
        filter: AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<AuditPage> {
        Ok(self.store.find_audit(filter, before, limit).await?)
    }

    /// How many entries the audit has, and the chain after the last.
    ///
    /// # Errors
    /// The database's.
    pub async fn audit_head(&self) -> Result<(i64, [u8; 32])> {
        Ok(self.store.audit_head().await?)
    }

    /// Where the audit's chain breaks, if it does. What was found good in this run is not read again, unless `all`.
    ///
    /// # Errors
    /// The database's.
    pub async fn audit_broken_at(&self, all: bool) -> Result<Option<i64>> {
        let kept = || self.audited.lock().unwrap_or_else(PoisonError::into_inner);
        let from = if all { Default::default() } else { *kept() };
        match self.store.check_audit(from).await? {
            Ok(mark) => {
                let mut kept = kept();
                if mark.0 > kept.0 {
                    *kept = mark;
                }
                Ok(None)
            }
            Err(id) => Ok(Some(id)),
        }
    }
}

pub(super) fn not_own(by: &Login, id: Uuid) -> Result<()> {
    if by.id == id {
        return Err(Error::because(
            Code::Invalid,
            "不能对自己的账号操作 / not on your own account",
        ));
    }
    Ok(())
}

/// What a grant says, for the audit.
fn detail_of(grant: &Grant) -> String {
    let mut text = grant.role.word().to_owned();
    for part in [&grant.unit, &grant.expires_on].into_iter().flatten() {
        text = format!("{text} {part}");
    }
    match grant.group_number {
        Some(n) => format!("{text} group {n}"),
        None => text,
    }
}
