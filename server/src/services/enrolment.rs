//! Codes for several people at once, and what the office says of a device after its enrolment: confirmed, PIN reset.
//!
//! Invariant: a device is confirmed only by the fingerprint read from the phone itself; whoever put another phone in
//! its place shows another one. A PIN reset travels as a signed change and takes nothing off the phone. Leaves out:
//! redeeming a code, revoking (`devices`).

use merge::Value;
use protocol::enrol::fingerprint;
use protocol::problem::Code;
use uuid::Uuid;

use super::campaign::{Campaign, Device};
use super::devices;
use super::office::{Actor, Office, reasoned};
use super::sync::Context;
use crate::error::{Error, Result};
use crate::model::{IssuedCode, Person};
use crate::store::Tx;

/// Most codes of one order.
const MAX_CODES: usize = 500;

/// For whom codes are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum For {
    /// Everybody active without a working phone.
    WithoutPhone,
    /// These accounts.
    Accounts(Vec<Uuid>),
}

/// Makes a code for each of several people, all or none, in the order of the roster.
///
/// # Errors
/// `NotFound` if one is unknown or inactive, `Invalid` if there are none or too many.
pub fn issue_codes(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    c: &Campaign,
    wanted: &For,
    ttl_ms: i64,
) -> Result<Vec<IssuedCode>> {
    let roster = super::people::people(tx, c)?;
    let people: Vec<Person> = match wanted {
        For::WithoutPhone => roster.into_iter().filter(Person::needs_phone).collect(),
        For::Accounts(ids) => {
            let people: Vec<Person> = roster
                .into_iter()
                .filter(|p| p.active && ids.contains(&p.account))
                .collect();
            if people.len() != ids.len() {
                return Err(Code::NotFound.into());
            }
            people
        }
    };
    if people.is_empty() || people.len() > MAX_CODES {
        return Err(Error::because(Code::Invalid, "1–500 people / 1–500 人"));
    }
    let mut codes = Vec::with_capacity(people.len());
    for person in people {
        let code = devices::issue_code(tx, ctx.cache, actor, person.account, ttl_ms, ctx.now_ms)?;
        codes.push(IssuedCode {
            account: person.account,
            name: person.name,
            role: person.role,
            group_number: person.group_number,
            code,
            expires_at_ms: ctx.now_ms + ttl_ms,
        });
    }
    Ok(codes)
}

fn working(c: &Campaign, device: Uuid) -> Result<&Device> {
    let found = c.devices.get(&device).ok_or(Code::NotFound)?;
    if found.revoked.is_some() {
        return Err(Error::because(Code::Conflict, "revoked / 设备已停用"));
    }
    Ok(found)
}

/// Hex digits of a fingerprint as it was typed: without regard to case, spaces and dashes.
fn digits(typed: &str) -> String {
    let kept = typed.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

/// Notes that the fingerprint was compared with what the phone shows. Repeating it changes nothing.
///
/// # Errors
/// `NotFound`, `Conflict` for a revoked device, `FingerprintDiffers`.
pub fn confirm(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    c: &Campaign,
    device: Uuid,
    typed: &str,
) -> Result<()> {
    let found = working(c, device)?;
    if digits(typed) != digits(&fingerprint(&found.key)) {
        return Err(Code::FingerprintDiffers.into());
    }
    if found.confirmed.is_some() {
        return Ok(());
    }
    let by: String = actor.user_name.chars().take(100).collect();
    let value = Value::List(vec![ctx.now_ms.into(), by.into()]);
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    office.set(c.scope(), "device", device, "confirmed", value)?;
    office.done("confirm_device", device, "")
}

/// Lets the phone set a new PIN after its next sync.
///
/// # Errors
/// `NotFound`, `ReasonRequired`, `Conflict` for a revoked device.
pub fn reset_pin(
    tx: &mut dyn Tx,
    ctx: &Context,
    actor: &Actor,
    c: &Campaign,
    device: Uuid,
    reason: &str,
) -> Result<()> {
    reasoned(reason)?;
    let found = working(c, device)?;
    let value = Value::List(vec![(found.pin_resets + 1).into(), ctx.now_ms.into()]);
    let mut office = Office::begin(tx, actor, ctx.now_ms);
    office.set(c.scope(), "device", device, "pin_reset", value)?;
    office.done("reset_pin", device, reason)
}
