//! What the office does while phones sync: settle, return, lock, unlock, decide, revoke.
//!
//! Invariant: as `workload`: knows nothing of faults and checkers.

use std::collections::BTreeMap;

use merge::{Dot, LogId};
use protocol::value;
use server::Error;
use uuid::Uuid;

use crate::books::{Books, Log};
use crate::county::County;
use crate::office::{Office, supervisor};
use crate::rng::Rng;

/// The people of the office.
pub struct Desk {
    rng: Rng,
    typed: u64,
    campaign: Uuid,
    groups: Vec<Uuid>,
}

/// Live values of a field: their dots, and what they say.
type Values = Vec<(Dot, Vec<u8>)>;

fn dot(log: Log, seq: u64) -> Dot {
    let log = LogId {
        branch: log.3 as u64,
        ..LogId::new(log.0, log.1, log.2 as u64)
    };
    Dot { log, seq }
}

impl Desk {
    /// People whose doings follow from a seed.
    #[must_use]
    pub fn new(seed: u64, county: &County) -> Self {
        Self {
            rng: Rng::stream(seed, "desk"),
            typed: 0,
            campaign: county.campaign,
            groups: county.groups.clone(),
        }
    }

    /// Somebody at the office does something; a word for it, and why it was refused, if it was.
    pub fn act(&mut self, office: &Office, devices: &[Uuid]) -> (&'static str, Option<String>) {
        self.typed += 1;
        let (what, done) = match self.rng.below(100) {
            0..40 => ("settle", self.settle(office)),
            40..60 => ("return", self.send_back(office)),
            60..66 => ("lock", self.lock(office)),
            66..70 => ("unlock", self.unlock(office)),
            70..97 => ("decide", self.decide(office)),
            _ => ("revoke", self.revoke(office, devices)),
        };
        (what, done.err().map(|e| e.code().to_string()))
    }

    fn reason(&self) -> String {
        format!("督查意见{}", self.typed)
    }

    fn settle(&mut self, office: &Office) -> Result<(), Error> {
        let books = Books::open(&office.database());
        let mut contested: BTreeMap<(Uuid, String), Values> = BTreeMap::new();
        for (at, said) in books.registers().into_values().flatten() {
            let place = contested.entry((said.0, said.1)).or_default();
            place.push((dot(at.0, at.1), said.2));
        }
        contested.retain(|_, values| values.iter().any(|v| v.1 != values[0].1));
        let open: Vec<_> = contested.into_iter().collect();
        let Some(((record, field), values)) = self.rng.pick(&open).cloned() else {
            return Ok(());
        };
        let chosen = &values[self.rng.below(values.len())];
        let chosen = value::decode(&chosen.1).map_err(Error::storage)?;
        let shown = values.iter().map(|v| v.0).collect();
        let (reason, by) = (self.reason(), supervisor());
        let app = office.app();
        office.run(app.settle_field(&by, record, &field, chosen, shown, &reason))
    }

    fn send_back(&mut self, office: &Office) -> Result<(), Error> {
        let books = Books::open(&office.database());
        let records = books.records().into_iter();
        let sheets: Vec<Uuid> = records
            .filter(|(_, (_, kind))| kind == "sheet")
            .map(|(id, _)| id)
            .collect();
        let Some(sheet) = self.rng.pick(&sheets).copied() else {
            return Ok(());
        };
        let (reason, by) = (self.reason(), supervisor());
        office.run(office.app().return_sheet(&by, sheet, &reason, &[]))
    }

    fn lock(&mut self, office: &Office) -> Result<(), Error> {
        let group = self.groups[self.rng.below(self.groups.len())];
        let (reason, by) = (self.reason(), supervisor());
        let locking = office
            .app()
            .lock_group(&by, self.campaign, group, Some(&reason));
        office.run(locking).map(drop)
    }

    fn unlock(&mut self, office: &Office) -> Result<(), Error> {
        let group = self.groups[self.rng.below(self.groups.len())];
        let (reason, by) = (self.reason(), supervisor());
        office.run(
            office
                .app()
                .unlock_group(&by, self.campaign, group, &reason),
        )
    }

    fn decide(&mut self, office: &Office) -> Result<(), Error> {
        let held = office.run(office.app().held_entries(self.campaign))?;
        let open: Vec<_> = held.iter().filter(|h| h.decided.is_none()).collect();
        let Some(entry) = self.rng.pick(&open) else {
            return Ok(());
        };
        let id = Uuid::parse_str(&entry.id).map_err(Error::storage)?;
        let (accept, reason, by) = (self.rng.chance(500), self.reason(), supervisor());
        office.run(office.app().decide_held_entry(&by, id, accept, &reason))
    }

    fn revoke(&mut self, office: &Office, devices: &[Uuid]) -> Result<(), Error> {
        let Some(device) = self.rng.pick(devices) else {
            return Ok(());
        };
        let (reason, by) = (self.reason(), supervisor());
        office.run(office.app().revoke_device(&by, *device, &reason))
    }
}
