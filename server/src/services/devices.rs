//! Enrolment by a one-time code, and revocation.
//!
//! Invariant: a code is redeemed exactly once, in the transaction that writes the device's record; the certificate lets
//! a restored server know the device again. Leaves out: the code's page (`console`).

use merge::Value;
use protocol::enrol::{
    Certificate, EnrolRequest, EnrolResponse, certificate_bytes, certify, fingerprint, public_key,
};
use protocol::problem::Code;
use uuid::Uuid;

use super::campaign::Cache;
use super::office::{Actor, Office, reasoned};
use super::project;
use super::sync::Context;
use crate::auth::types::{AuditEntry, Redeemed};
use crate::error::{Error, Result};
use crate::store::Tx;

/// What to tell a device that is not on the list: that its rehearsal was wiped, or that nobody knows it.
///
/// # Errors
/// The database's.
pub fn unknown(tx: &mut dyn Tx, device: Uuid) -> Result<Code> {
    Ok(match tx.was_wiped(device)? {
        true => Code::CampaignWiped,
        false => Code::UnknownDevice,
    })
}

/// Makes an enrolment code for somebody who is on the roster.
///
/// # Errors
/// `NotFound` for an unknown or inactive account.
pub fn issue_code(
    tx: &mut dyn Tx,
    cache: &Cache,
    actor: &Actor,
    account: Uuid,
    ttl_ms: i64,
    now_ms: i64,
) -> Result<String> {
    let Some((scope, kind)) = tx.place(account)? else {
        return Err(Code::NotFound.into());
    };
    let c = cache.campaign(tx, scope.campaign())?;
    let active = c.accounts.get(&account).is_some_and(|a| a.active);
    if kind != "account" || !active {
        return Err(Code::NotFound.into());
    }
    let code = tx.issue_code(account, &actor.user_name, ttl_ms, now_ms)?;
    tx.audit(&AuditEntry {
        at_ms: now_ms,
        user_name: actor.user_name.clone(),
        role: actor.role.clone(),
        action: "issue_code".to_owned(),
        object: account.to_string(),
        ok: true,
        detail: String::new(),
    })?;
    Ok(code)
}

/// Enrols a device. `None`: the code is unknown, used or expired (noted in the audit).
///
/// # Errors
/// `BadRequest` if key or name cannot be meant.
pub fn enrol(
    tx: &mut dyn Tx,
    ctx: &Context,
    request: &EnrolRequest,
) -> Result<Option<EnrolResponse>> {
    let bad = |what: &str| Error::because(Code::BadRequest, what);
    let key = public_key(&request.public_key).ok_or_else(|| bad("public_key"))?;
    let name = request.device_name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(bad("device_name"));
    }
    let key = key.to_bytes();
    let redeemed = tx.redeem(&request.code, ctx.now_ms)?;
    let place = match redeemed {
        Redeemed::Account(account) => tx.place(account)?.map(|(scope, _)| (account, scope)),
        Redeemed::Refused => None,
    };
    let Some((account, scope)) = place else {
        tx.audit(&AuditEntry {
            at_ms: ctx.now_ms,
            user_name: name.to_owned(),
            action: "enrol".to_owned(),
            ok: false,
            detail: "code_invalid".to_owned(),
            ..AuditEntry::default()
        })?;
        return Ok(None);
    };
    let c = ctx.cache.campaign(tx, scope.campaign())?;
    let person = c.accounts.get(&account).filter(|a| a.active);
    let Some(person) = person else {
        return Ok(None);
    };
    let (server, now_ms) = (ctx.identity.server, ctx.now_ms);
    let mut office = Office::begin(tx, &Actor::system(), now_ms);
    let mut record = office.fresh()?;
    let device = record.id;
    let enrolment = Value::List(vec![
        account.into(),
        Value::Bytes(key.to_vec()),
        name.into(),
        now_ms.into(),
    ]);
    office.put(scope, "device", &mut record, "enrolment", enrolment)?;
    office.done("enrol", device, &fingerprint(&key))?;
    let c2 = ctx.cache.campaign(tx, c.id)?;
    project::records(tx, &c2, &[(device, "device".to_owned())], now_ms)?;
    let certificate = certificate_bytes(server, c.id, device, account, &key, now_ms);
    Ok(Some(EnrolResponse {
        server,
        server_key: hex::encode(ctx.identity.key.verifying_key().to_bytes()),
        generation: tx.generation()?,
        campaign: c.id,
        device,
        account,
        account_name: person.name.clone(),
        group: person.group,
        enrolled_at_ms: now_ms,
        certificate: certify(&ctx.identity.key, &certificate),
        clock_ms: now_ms,
    }))
}

/// Knows a device again that was enrolled after the backup this server was restored from: its certificate, which this
/// server signed, is the proof. `key` is the device's. What was given out since is lost here, so a new generation begins
/// before anything is written. Listed in the audit: a revocation since the backup has to be repeated.
///
/// # Errors
/// `UnknownDevice` if its account is not on the roster (it may have been added since, too) or not active.
pub fn know_again(
    tx: &mut dyn Tx,
    ctx: &Context,
    shown: &Certificate,
    key: [u8; 32],
) -> Result<()> {
    if tx.device(shown.device)?.is_some() {
        return Ok(());
    }
    let unknown = || Error::from(Code::UnknownDevice);
    let place = tx.place(shown.account)?.ok_or_else(unknown)?;
    let c = ctx.cache.campaign(tx, place.0.campaign())?;
    let active = c.accounts.get(&shown.account).is_some_and(|a| a.active);
    if !active || c.id != shown.campaign {
        return Err(unknown());
    }
    let generation = tx.generation()?;
    tx.start_generation(generation, ctx.now_ms)?;
    let mut office = Office::begin(tx, &Actor::system(), ctx.now_ms);
    let name: String = shown.device_name.chars().take(100).collect();
    let enrolment = Value::List(vec![
        shown.account.into(),
        Value::Bytes(key.to_vec()),
        name.into(),
        shown.enrolled_at_ms.into(),
    ]);
    office.set(c.scope(), "device", shown.device, "enrolment", enrolment)?;
    office.done("know_again", shown.device, &fingerprint(&key))?;
    let c = ctx.cache.campaign(tx, c.id)?;
    project::records(tx, &c, &[(shown.device, "device".to_owned())], ctx.now_ms)
}

/// Revokes a device: from now on it gets nothing, and what it sends waits in quarantine. Repeating it changes nothing.
///
/// # Errors
/// `NotFound`, `ReasonRequired`.
pub fn revoke(
    tx: &mut dyn Tx,
    cache: &Cache,
    actor: &Actor,
    device: Uuid,
    reason: &str,
    now_ms: i64,
) -> Result<()> {
    reasoned(reason)?;
    let found = tx.device(device)?;
    let found = found.ok_or_else(|| Error::from(Code::NotFound))?;
    if found.revoked.is_some() {
        return Ok(());
    }
    let c = cache.campaign(tx, found.campaign)?;
    let mut office = Office::begin(tx, actor, now_ms);
    let why: String = reason.chars().take(400).collect();
    let value = Value::List(vec![now_ms.into(), why.into()]);
    office.set(c.scope(), "device", device, "revoked", value)?;
    office.done("revoke_device", device, reason)?;
    let c = cache.campaign(tx, c.id)?;
    project::records(tx, &c, &[(device, "device".to_owned())], now_ms)
}
