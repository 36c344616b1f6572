//! A new database of what could be read from a damaged one.
//!
//! Segments go in as if they arrived: chain and signature decide, whoever wrote them. Own changes the server may lack
//! follow (`own`), then photos and bundles; everything that is missing comes back by the next sync. Invariant: one
//! transaction; no segment is changed; an own log goes on only where nothing of it is missing, and the phone writes on in
//! new epochs. Leaves out: files around the database (`aside`).

use std::collections::{BTreeMap, HashSet};

use ed25519_dalek::VerifyingKey;
use ledger::Inspected;
use merge::LogId;
use protocol::Scope;
use protocol::chain::{Header, SignedSegment};
use uuid::Uuid;

use super::SalvageReport;
use super::own;
use super::pages::Field;
use super::rows::{Found, Segment};
use crate::error::Result;
use crate::keep::Kept;
use crate::photos::BlobHash;
use crate::photos::files::{BlobFiles, Verified};
use crate::ports::Ports;
use crate::replica::Identity;
use crate::store::{BlobState, CarriedRow, CarriedState, Store, Tx, key};

/// What survives as it is, if it was read.
const META_NUMBERS: &[&str] = &[
    key::GENERATION,
    key::COUNTER,
    key::HAND_BACK,
    key::CLOCK_MS,
    key::REVOKED_AT_MS,
    key::WIPED_AT_MS,
    key::SKEW_MS,
    key::PIN_FAILURES,
    key::PIN_WAIT_UNTIL_MS,
    key::PIN_RESETS,
    key::WALL_MS,
];

/// A segment that was read, with its header.
pub(super) struct Held {
    pub header: Header,
    pub stored: Segment,
}

impl Held {
    /// As it travelled, if this is the chain before it.
    fn after(&self, prev_chain: [u8; 32]) -> Option<SignedSegment> {
        let segment = SignedSegment {
            header: self.stored.header.clone(),
            payload: self.stored.payload.clone(),
            prev_chain,
            signature: self.stored.signature,
        };
        (segment.chain() == self.stored.chain).then_some(segment)
    }
}

/// The scopes a phone writes to, and reads.
pub(super) fn scopes_of(me: &Identity) -> Vec<Scope> {
    let (campaign, author) = (me.campaign, me.account);
    let group = me.group.map(|group| Scope::Group { campaign, group });
    let mut scopes = vec![
        Scope::Campaign { campaign },
        Scope::Sealed { campaign, author },
        Scope::Household { campaign, author },
    ];
    scopes.extend(group);
    scopes
}

/// What the transaction works with.
pub(super) struct Rescue<'a, 't> {
    pub tx: &'a mut Tx<'t>,
    pub me: &'a Identity,
    pub keys: (VerifyingKey, VerifyingKey),
    pub ports: &'a Ports,
    pub now_ms: i64,
    pub report: &'a mut SalvageReport,
    latest_ms: i64,
}

/// Fills a new database; `kept` is who this phone is.
pub(super) fn fill(
    store: &mut Store,
    found: &Found,
    kept: &Kept,
    install_id: &[u8; 16],
    files: &dyn BlobFiles,
    ports: &Ports,
) -> Result<SalvageReport> {
    let mut report = SalvageReport::default();
    let (me, keys) = (&kept.enrolment.identity, kept.keys()?);
    store.set_author(me.account);
    let now_ms = ports.clock.now_ms();
    store.write(|tx| {
        let mut rescue = Rescue {
            tx,
            me,
            keys,
            ports,
            now_ms,
            report: &mut report,
            latest_ms: 0,
        };
        rescue.who(found, kept, install_id)?;
        let left = rescue.segments(found)?;
        own::changes(&mut rescue, found, &left)?;
        rescue.time(found)?;
        rescue.photos(found, files)?;
        rescue.bundles(found, files)
    })?;
    Ok(report)
}

impl Rescue<'_, '_> {
    fn who(&mut self, found: &Found, kept: &Kept, install_id: &[u8; 16]) -> Result<()> {
        for name in META_NUMBERS {
            if let Some(Field::Int(n)) = found.meta.get(*name) {
                self.tx.put_meta_int(name, *n)?;
            }
        }
        if let Some(Field::Blob(bytes)) = found.meta.get(key::SET_BACKS) {
            self.tx.put_meta_bytes(key::SET_BACKS, bytes)?;
        }
        kept.write(self.tx)?;
        self.tx.put_meta_bytes(key::INSTALL_ID, install_id)?;
        // Own segments that could not be read come from the server.
        self.tx.put_meta_int(key::WANT_OWN, 1)?;
        for scope in found.scopes.values().copied().chain(scopes_of(self.me)) {
            if scope.campaign() == self.me.campaign {
                self.tx.know_scope(scope)?;
            }
        }
        Ok(())
    }

    /// Takes in every segment that fits its log; those of own logs that do not are returned.
    fn segments(&mut self, found: &Found) -> Result<Vec<Held>> {
        let mut logs: BTreeMap<(bool, bool, LogId), Vec<Held>> = BTreeMap::new();
        let campaign = Scope::Campaign {
            campaign: self.me.campaign,
        };
        for stored in found.segments.values() {
            let bare = SignedSegment {
                header: stored.header.clone(),
                payload: Vec::new(),
                prev_chain: [0; 32],
                signature: stored.signature,
            };
            let Ok(header) = bare.header() else {
                continue;
            };
            let log = header.log();
            // The roster first: by it the rest is known.
            let order = (
                log.device != self.me.server,
                log.scope != campaign.id(),
                log,
            );
            logs.entry(order).or_default().push(Held {
                header,
                stored: stored.clone(),
            });
        }
        let mut left = Vec::new();
        for ((_, _, log), mut held) in logs {
            held.sort_by_key(|h| h.header.first_seq);
            let rest = self.log(log, held)?;
            let rest = self.branches(log, rest)?;
            if log.device == self.me.device {
                left.extend(rest);
            }
        }
        Ok(left)
    }

    fn key_of(&mut self, device: Uuid) -> Result<Option<VerifyingKey>> {
        if device == self.me.server {
            return Ok(Some(self.keys.1));
        }
        if device == self.me.device {
            return Ok(Some(self.keys.0));
        }
        Ok(crate::sync::roster_key(self.tx, device)?)
    }

    /// A log as far as it goes without a gap; what is left.
    fn log(&mut self, id: LogId, held: Vec<Held>) -> Result<Vec<Held>> {
        let mut left = Vec::new();
        let scope = self.tx.find_scope(id.scope)?;
        let (Some(scope), Some(key)) = (scope, self.key_of(id.device)?) else {
            return Ok(held);
        };
        let origin = protocol::chain::origin(scope.campaign(), &id);
        for h in held {
            let chain = self.tx.find_log(id)?.map_or(origin, |l| l.chain);
            let Some(segment) = h.after(chain) else {
                left.push(h);
                continue;
            };
            // A segment that does not verify was damaged here: it comes again from the server.
            let seen = match self.tx.inspect(&segment, &h.header, scope, &key) {
                Ok(seen) => seen,
                Err(e) if !e.is_foreign() => return Err(e.into()),
                Err(_) => {
                    left.push(h);
                    continue;
                }
            };
            match seen {
                Inspected::Next(next) => {
                    let admitted = self.tx.admit(&next, self.now_ms)?;
                    self.latest_ms = self.latest_ms.max(admitted.latest_ms);
                    if id.device == self.me.device || self.is_mine(scope) {
                        for (record, kind) in &admitted.records {
                            if kind != "verdict" {
                                self.tx.add_own_record(*record)?;
                            }
                        }
                    }
                    if id.device != self.me.device {
                        self.report.others_changes += u64::from(h.header.count);
                    }
                }
                _ => left.push(h),
            }
        }
        Ok(left)
    }

    fn is_mine(&self, scope: Scope) -> bool {
        matches!(
            scope,
            Scope::Sealed { author, .. } | Scope::Household { author, .. } if author == self.me.account
        )
    }

    /// Segments that went another way, set aside as they were; what is left fits nowhere.
    fn branches(&mut self, id: LogId, mut left: Vec<Held>) -> Result<Vec<Held>> {
        let scope = self.tx.find_scope(id.scope)?;
        let (Some(scope), Some(key)) = (scope, self.key_of(id.device)?) else {
            return Ok(left);
        };
        let Some(main) = self.tx.find_log(id)? else {
            return Ok(left);
        };
        let mut chains =
            HashSet::from([protocol::chain::origin(scope.campaign(), &id), main.chain]);
        chains.extend(self.tx.chains_of(main.no)?);
        loop {
            let before = left.len();
            let mut rest = Vec::new();
            for h in left {
                let segment = chains.iter().find_map(|chain| h.after(*chain));
                let seen = segment.map(|s| self.tx.inspect_branch(&s, &h.header, scope, &key));
                match seen {
                    Some(Ok(Inspected::Next(next))) => {
                        self.tx.admit_branch(&next, self.now_ms)?;
                        chains.insert(next.chain);
                    }
                    Some(Err(e)) if !e.is_foreign() => return Err(e.into()),
                    _ => rest.push(h),
                }
            }
            if rest.len() == before {
                return Ok(rest);
            }
            left = rest;
        }
    }

    /// Hybrid time never goes back, even if what said it is lost.
    fn time(&mut self, found: &Found) -> Result<()> {
        let said = self.tx.meta_int(key::CLOCK_MS)?.unwrap_or(0);
        let tail = found.tail.values().chain(found.cells.values());
        // What lies far ahead is no time but damage.
        let ahead = self.now_ms.saturating_add(merge::SKEW_FLAG_MS);
        let seen = tail.map(|c| c.at_ms).filter(|at| *at <= ahead).max();
        let latest = said.max(self.latest_ms).max(seen.unwrap_or(0));
        Ok(self.tx.put_meta_int(key::CLOCK_MS, latest)?)
    }

    /// Own photos, from their records; their files are sent again unless they are known to be held.
    fn photos(&mut self, found: &Found, files: &dyn BlobFiles) -> Result<()> {
        let mut named: HashSet<BlobHash> = HashSet::new();
        for record in self.tx.own_records(self.me.device, self.me.account)? {
            if record.kind != "photo" {
                continue;
            }
            let Some(image) = self.tx.value(record.id, "image")? else {
                continue;
            };
            let hash = |at: usize| {
                let bytes = image.at(at).as_bytes();
                bytes.and_then(|b| BlobHash::try_from(b).ok())
            };
            named.extend(hash(3));
            let (Some(stored), Some(thumbnail)) = (hash(5), hash(9)) else {
                continue;
            };
            named.extend([stored, thumbnail]);
            let size = |h: &BlobHash| files.size_bytes(h).map(|s| s.unwrap_or(0));
            let sizes = (size(&stored), size(&thumbnail));
            let (Ok(of_stored), Ok(of_thumbnail)) = sizes else {
                continue;
            };
            // A colleague's phone, or another one of this author, took it: its files were never here.
            let here = [&stored, &thumbnail].map(|h| found.files.contains_key(h));
            if of_stored == 0 && of_thumbnail == 0 && here == [false; 2] {
                continue;
            }
            self.tx
                .add_photo(record.id, (stored, of_stored), (thumbnail, of_thumbnail))?;
            self.report.photos += 1;
            let mut unsent = false;
            for file in [stored, thumbnail] {
                unsent |= self.file(file, found, files)?;
            }
            self.report.photos_unsent += u64::from(unsent);
        }
        self.report.loose_files = loose(files, &named, found);
        Ok(())
    }

    /// Where a file stands; true if it is to be sent.
    fn file(&mut self, hash: BlobHash, found: &Found, files: &dyn BlobFiles) -> Result<bool> {
        let held = matches!(found.files.get(&hash), Some((2, _)));
        let state = match files.verify(&hash) {
            _ if held => BlobState::Held,
            Ok(Verified::Intact) => BlobState::Waiting,
            _ => {
                self.report.files_damaged += 1;
                BlobState::Damaged
            }
        };
        self.tx.set_blob(&hash, state, 0, None)?;
        Ok(state == BlobState::Waiting)
    }

    /// Bundles of others whose files are here.
    fn bundles(&mut self, found: &Found, files: &dyn BlobFiles) -> Result<()> {
        for (hash, row) in &found.carried {
            if !matches!(files.verify(hash), Ok(Verified::Intact)) {
                continue;
            }
            let (state, code) = match row.state {
                1 => (CarriedState::Delivered, None),
                2 => (CarriedState::Refused, row.code.as_deref()),
                _ => (CarriedState::Waiting, None),
            };
            self.tx.add_carried(&CarriedRow {
                hash: *hash,
                device: row.device,
                made_ms: row.made_ms,
                size_bytes: row.size_bytes,
                taken_ms: row.taken_ms,
                state,
                code: None,
            })?;
            self.tx.set_carried(hash, state, code)?;
            self.report.bundles += 1;
        }
        Ok(())
    }
}

/// Files nothing refers to any more, as they are named in the folder.
fn loose(files: &dyn BlobFiles, named: &HashSet<BlobHash>, found: &Found) -> Vec<String> {
    // What cannot be listed is kept all the same.
    let all = files.list().unwrap_or_default();
    let mut loose: Vec<String> = all
        .into_iter()
        .filter(|h| !named.contains(h) && !found.carried.contains_key(h))
        .map(hex::encode)
        .collect();
    loose.sort();
    loose
}
