//! What people were told, kept apart from the program: the list by which every checker judges.
//!
//! Invariant: an entry is made when an action returned without an error, from what was then on the phone's disk; the
//! server counts as holding it only once the phone's own screen said so, and for as long as nobody put an older server
//! in its place. Leaves out: whether it is true (`check`).

use std::collections::{BTreeMap, BTreeSet};

use mobile_core::{PhotoState, RecordState};
use uuid::Uuid;

use crate::books::{Books, Dot, Said};
use crate::office::Office;
use crate::phone::Phone;

/// What the server was said to hold.
#[derive(Clone, Default)]
pub struct Held {
    /// Changes: numbers of [`Witness::said`].
    pub changes: BTreeSet<usize>,
    /// Photos.
    pub photos: BTreeSet<Uuid>,
}

/// The list.
#[derive(Default)]
pub struct Witness {
    /// Every change that was told to be saved.
    pub said: Vec<Said>,
    numbers: BTreeMap<Said, usize>,
    /// Each photo's copy: hash and bytes.
    pub pictures: BTreeMap<Uuid, ([u8; 32], Vec<u8>)>,
    /// What the server was said to hold.
    pub server: Held,
    /// What was found wrong at once.
    pub wrong: Vec<String>,
    /// Times a phone's screen said that the server holds something, and it was looked up.
    pub looked_up: u64,
}

impl Witness {
    /// After an action that returned without an error: what it wrote.
    pub fn saved(&mut self, phone: &mut Phone, marker: Option<&str>) {
        let fresh = phone.fresh_changes();
        if let Some(marker) = marker {
            let shows = |said: &Said| said.2.windows(marker.len()).any(|w| w == marker.as_bytes());
            if !fresh.iter().any(|c| shows(&c.said)) {
                let what = format!("{}: {marker} was saved and is not on its disk", phone.name);
                self.wrong.push(what);
            }
        }
        let held = phone.books().last();
        let own: BTreeSet<Dot> = phone.books().tail().iter().map(|c| c.dot).collect();
        for change in fresh {
            for dot in &change.supersedes {
                let seen = held.get(&dot.0).is_some_and(|last| dot.1 <= *last);
                if !seen && !own.contains(dot) {
                    let what = format!("{}: replaced {dot:?}, which it never held", phone.name);
                    self.wrong.push(what);
                }
            }
            let no = self.number(change.said);
            phone.holds.insert(no);
        }
    }

    /// The server said at once that it holds these.
    pub fn told(&mut self, said: Vec<Said>) {
        for said in said {
            let no = self.number(said);
            self.server.changes.insert(no);
        }
    }

    fn number(&mut self, said: Said) -> usize {
        let next = self.said.len();
        let no = *self.numbers.entry(said.clone()).or_insert(next);
        if no == next {
            self.said.push(said);
        }
        no
    }

    /// After a photo was attached: its copy as the phone has it now.
    pub fn pictured(&mut self, phone: &mut Phone, photo: Uuid) {
        let bytes = phone.core().photo_bytes(photo).unwrap();
        let Some(bytes) = bytes else {
            self.wrong
                .push(format!("{}: photo {photo} has no bytes", phone.name));
            return;
        };
        let hash = protocol::chain::sha256(&bytes);
        self.pictures.insert(photo, (hash, bytes));
        phone.photos.insert(photo);
    }

    /// Looks at a phone's screen: what it calls held must be on the server now, and counts as held from now on.
    pub fn looks_at(&mut self, phone: &mut Phone, office: &Office) {
        let status = phone.core().status().unwrap();
        if phone.heard_of != office.incarnation {
            // The phone cannot know yet that the server is an older one.
            return;
        }
        let held = status
            .records
            .iter()
            .filter(|r| r.status == RecordState::HeldByServer);
        let held: BTreeSet<Uuid> = held.map(|r| r.id).collect();
        let there = Books::open(&office.database()).everything_said();
        for no in &phone.holds {
            let said = &self.said[*no];
            if !held.contains(&said.0) {
                continue;
            }
            self.looked_up += 1;
            if !there.contains(said) {
                let what = format!("{}: {} {} is called held", phone.name, said.0, said.1);
                self.wrong.push(what);
            }
            self.server.changes.insert(*no);
        }
        if status.unsent_changes == 0 {
            let absent = phone
                .holds
                .iter()
                .filter(|no| !there.contains(&self.said[**no]));
            for no in absent {
                let said = &self.said[*no];
                let what = format!(
                    "{}: nothing is unsent, but {} {}",
                    phone.name, said.0, said.1
                );
                self.wrong.push(what);
            }
        }
        let states = status.photo_states.iter();
        for (photo, _) in states.filter(|(_, state)| *state == PhotoState::HeldByServer) {
            self.looked_up += 1;
            if let Some((hash, bytes)) = self.pictures.get(photo)
                && stored(office, hash).as_ref() != Some(bytes)
            {
                let there = stored(office, hash).map(|b| b.len());
                let what = format!(
                    "{}: photo {photo} of {} bytes is called held at {}, there {there:?}",
                    phone.name,
                    bytes.len(),
                    office.app().now_ms()
                );
                self.wrong.push(what);
            }
            self.server.photos.insert(*photo);
        }
    }
}

/// The bytes the server keeps under a hash.
#[must_use]
pub fn stored(office: &Office, hash: &[u8; 32]) -> Option<Vec<u8>> {
    let name = hex::encode(hash);
    let path = office.photos().join("finished").join(&name[..2]);
    std::fs::read(path.join(&name[2..])).ok()
}
