//! Building a request: what is sealed, what is sent, and what is asked for.
//!
//! Invariant: the counter is on disk before the request leaves; sealed bytes are sent as they are stored.

use ed25519_dalek::SigningKey;
use ledger::Seen;
use merge::LogId;
use protocol::chain::SignedSegment;
use protocol::message::{Said, SyncRequest, heads_digest};
use protocol::request::{CONTENT_TYPE, HEADER, RequestSignature};
use protocol::{PROTOCOL_VERSION, SCHEMA_VERSION, Scope, limits};

use crate::error::Result;
use crate::replica::Identity;
use crate::store::{OwnHead, Tx, key};
use crate::transport::TransportRequest;

/// Where records are exchanged.
const PATH: &str = "/api/v1/sync";

/// A request ready to leave.
pub(super) struct Built {
    pub request: TransportRequest,
    /// Own segments in it.
    pub own: usize,
    /// Segments of others in it, handed back to a restored server.
    pub others: usize,
    /// Bytes of own segments not acknowledged, these included.
    pub bytes_left: u64,
    pub flags: u8,
}

/// What a request is made of.
pub(super) struct Build<'a, 't> {
    pub tx: &'a mut Tx<'t>,
    pub me: &'a Identity,
    pub key: &'a SigningKey,
    pub now_ms: i64,
    /// Bytes of segments sent at most, the first one apart.
    pub push_bytes: usize,
    /// Bytes of segments wanted in the reply; 0: what the server thinks right.
    pub want_bytes: u32,
    pub flags: u8,
    /// False while own logs are pulled: what forked must not be sent before it is re-issued.
    pub push: bool,
    /// Rows of segments to hand back, first to go first.
    pub hand_back: &'a [i64],
}

impl Build<'_, '_> {
    /// Builds, signs and counts a request.
    pub fn request(self) -> Result<Built> {
        let generation = self.tx.meta_int(key::GENERATION)?.unwrap_or(0) as u64;
        let counter = self.tx.meta_int(key::COUNTER)?.unwrap_or(0) as u64 + 1;
        self.tx.put_meta_int(key::COUNTER, counter as i64)?;
        let mut load = Load::of_at_most(self.push_bytes);
        let mut heads = Vec::new();
        for log in self.tx.own_heads(self.me.device)? {
            if log.acked > 0 {
                let scope = log.id.scope.into_bytes();
                heads.push((scope, log.id.epoch, log.acked, log.acked_chain));
            }
            if log.acked < log.head && self.push {
                load.own_log(self.tx, &log)?;
            }
        }
        let own = load.segments.len();
        let said = said(self.tx, self.me, &load)?;
        for no in self.hand_back {
            let segment = self.tx.segment(*no)?;
            if !load.fits(segment.wire_bytes()) {
                break;
            }
            load.segments.push(segment);
        }
        let others = load.segments.len() - own;
        let body = SyncRequest {
            protocol: PROTOCOL_VERSION,
            schema: SCHEMA_VERSION,
            generation,
            heads: heads_digest(&mut heads),
            cursor: self.tx.meta_bytes(key::CURSOR)?.unwrap_or_default(),
            segments: load.segments,
            want_bytes: self.want_bytes,
            clock_ms: self.now_ms,
            flags: self.flags,
            said: Some(said),
        }
        .to_bytes();
        let (device, server) = (self.me.device, self.me.server);
        let signature =
            RequestSignature::sign(self.key, device, server, generation, counter, &body);
        Ok(Built {
            request: TransportRequest {
                method: "POST",
                path: PATH.into(),
                headers: vec![
                    ("content-type".into(), CONTENT_TYPE.into()),
                    (HEADER.into(), signature.to_header()),
                ],
                body,
            },
            own,
            others,
            bytes_left: load.bytes_left,
            flags: self.flags,
        })
    }
}

/// What the office is told of this phone: what is still only here once this request arrived, and what its clock did.
fn said(tx: &mut Tx, me: &Identity, load: &Load) -> Result<Said> {
    let (photos, photo_bytes) = tx.photos_to_send()?;
    Ok(Said {
        changes: tx.unsent_changes(me.device)?.saturating_sub(load.changes),
        photos,
        photo_bytes,
        set_back: if load.changes > 0 {
            tx.set_backs()?
        } else {
            Vec::new()
        },
    })
}

/// The segments of one request.
#[derive(Default)]
struct Load {
    segments: Vec<SignedSegment>,
    /// Changes in the own ones.
    changes: u64,
    bytes: usize,
    most_bytes: usize,
    /// Of all own segments not acknowledged, also those that wait for the next request.
    bytes_left: u64,
}

impl Load {
    fn of_at_most(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            ..Self::default()
        }
    }

    /// Makes room for so many bytes; false if the request is full. The first segment always fits.
    fn fits(&mut self, bytes: usize) -> bool {
        let full = !self.segments.is_empty() && self.bytes + bytes > self.most_bytes;
        if full || self.segments.len() >= limits::REQUEST_SEGMENTS {
            return false;
        }
        self.bytes += bytes;
        true
    }

    /// Takes what the server does not hold of an own log, in order.
    fn own_log(&mut self, tx: &mut Tx, log: &OwnHead) -> Result<()> {
        let mut open = true;
        for stored in tx.segments_after(log.no, log.acked)? {
            self.bytes_left += stored.bytes as u64;
            open = open && self.fits(stored.bytes);
            if open {
                self.segments.push(tx.segment(stored.no)?);
                self.changes += stored.count;
            }
        }
        Ok(())
    }
}

/// Seals the tails of all own logs.
pub(crate) fn seal_all(
    tx: &mut Tx,
    me: &Identity,
    key: &SigningKey,
    now_ms: i64,
    clock_ms: i64,
    level: i32,
) -> Result<()> {
    let own: Vec<LogId> = tx.logs_with_tail()?;
    if own.is_empty() {
        return Ok(());
    }
    let seen = seen(tx, me)?;
    for log in own {
        tx.seal(log, key, &seen, now_ms, level)?;
    }
    // The tails told the time to resume from; they are gone.
    let kept = tx.meta_int(key::CLOCK_MS)?.unwrap_or(0);
    Ok(tx.put_meta_int(key::CLOCK_MS, clock_ms.max(kept))?)
}

/// Head of the server's campaign log as applied here: of this generation, else of the one before.
fn seen(tx: &mut Tx, me: &Identity) -> Result<Seen> {
    let scope = Scope::Campaign {
        campaign: me.campaign,
    }
    .id();
    let generation = tx.meta_int(key::GENERATION)?.unwrap_or(0) as u64;
    let of_this = tx.find_log(LogId::new(me.server, scope, generation))?;
    let log = match of_this.filter(|l| l.head > 0) {
        Some(log) => Some(log),
        None => tx
            .logs(Some(me.server))?
            .into_iter()
            .rfind(|l| l.id.scope == scope && l.head > 0),
    };
    Ok(log.map_or_else(Seen::default, |l| Seen {
        seq: l.head,
        chain: Some(l.chain),
    }))
}
