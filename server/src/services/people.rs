//! The roster with its devices.

use protocol::enrol::fingerprint;
use uuid::Uuid;

use super::campaign::Campaign;
use super::shown::skew;
use crate::error::Result;
use crate::model::{DeviceLine, Person, UnconfirmedDevice};
use crate::store::Tx;

/// Phones that take part and whose fingerprint nobody compared, of one group or of all, by name.
pub fn unconfirmed(c: &Campaign, group: Option<Uuid>) -> Vec<UnconfirmedDevice> {
    let open = c
        .devices
        .values()
        .filter(|d| d.revoked.is_none() && d.confirmed.is_none());
    let mut list: Vec<UnconfirmedDevice> = open
        .filter_map(|d| Some((d, c.accounts.get(&d.account)?)))
        .filter(|(_, a)| a.active && (group.is_none() || a.group == group))
        .map(|(d, a)| UnconfirmedDevice {
            device: d.id,
            device_name: d.name.clone(),
            account: a.id,
            name: a.name.clone(),
            enrolled_at_ms: d.enrolled_at_ms,
        })
        .collect();
    list.sort_by(|a, b| (&a.name, a.enrolled_at_ms).cmp(&(&b.name, b.enrolled_at_ms)));
    list
}

/// Everybody, by group and name.
///
/// # Errors
/// The database's.
pub fn people(tx: &mut dyn Tx, c: &Campaign) -> Result<Vec<Person>> {
    let devices = tx.devices(c.id)?;
    let mut list: Vec<Person> = c
        .accounts
        .values()
        .map(|a| Person {
            account: a.id,
            name: a.name.clone(),
            role: a.role.clone(),
            home_unit: a.home_unit.as_deref().map(|u| c.township_name(u)),
            group_number: a.group.and_then(|g| c.group(g)).map(|g| g.number),
            active: a.active,
            devices: devices
                .iter()
                .filter(|d| d.account == a.id)
                .map(|d| DeviceLine {
                    id: d.id,
                    name: d.name.clone(),
                    fingerprint: fingerprint(&d.key),
                    enrolled_at_ms: d.enrolled_at_ms,
                    last_sync_ms: d.last_sync_ms,
                    skew_ms: skew(d),
                    revoked: d.revoked.clone(),
                    confirmed: c.devices.get(&d.id).and_then(|d| d.confirmed.clone()),
                    pin_resets: c.devices.get(&d.id).map_or(0, |d| d.pin_resets),
                    unsent: d.left.as_ref().map(|left| (left.changes, left.photos)),
                })
                .collect(),
        })
        .collect();
    let key = |p: &Person| {
        (
            p.group_number.unwrap_or(i64::MAX),
            p.name.clone(),
            p.account,
        )
    };
    list.sort_by_key(key);
    Ok(list)
}
