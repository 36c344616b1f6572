//! The one sync request and its reply, as CBOR arrays (content type `application/vnd.guanmo.sync`).
//!
//! Invariant: positions are never reused; unknown trailing positions are ignored, so both ends may grow. "Acknowledged"
//! is only ever what [`Have`] says. Leaves out: the signature header (`request`) and the transport.

use minicbor::{Decode, Encode};

use crate::chain::{Hash, SignedSegment};
use crate::scope::ScopeInfo;
use crate::{cbor, limits};

/// Flag of a request: send me segments of my own logs too (this database may be a copy).
pub const WANT_OWN: u8 = 1;
/// Flag of a request: I need a token for photos.
pub const WANT_TOKEN: u8 = 2;
/// Flag of a request: tell me my scopes and your digests even if nothing moved.
pub const WANT_STATE: u8 = 4;

/// What a phone says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SyncRequest {
    /// `PROTOCOL_VERSION`.
    #[n(0)]
    pub protocol: u16,
    /// `SCHEMA_VERSION` of the app.
    #[n(1)]
    pub schema: u16,
    /// Generation of the server as this phone knows it.
    #[n(2)]
    pub generation: u64,
    /// Digest of the acknowledged heads of its own logs ([`heads_digest`]).
    #[n(3)]
    pub heads: u64,
    /// The cursor of the last reply; empty at first.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub cursor: Vec<u8>,
    /// Sealed segments to store, each log in order.
    #[n(5)]
    pub segments: Vec<SignedSegment>,
    /// Bytes of segments wanted back at most; 0: the server's default.
    #[n(6)]
    pub want_bytes: u32,
    /// The device's clock, ms UTC (shown, never trusted).
    #[n(7)]
    pub clock_ms: i64,
    /// `WANT_…`
    #[n(8)]
    pub flags: u8,
    /// What the phone says of itself; none from an older app. Shown, never trusted.
    #[n(9)]
    pub said: Option<Said>,
}

/// What a phone says of itself with a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Said {
    /// Own changes that are only on the phone, those in this request left out.
    #[n(0)]
    pub changes: u64,
    /// Photos whose bytes are not all sent.
    #[n(1)]
    pub photos: u64,
    /// Bytes of them still to send.
    #[n(2)]
    pub photo_bytes: u64,
    /// When its clock was set back: the time of the first change after it, and by how much, ms.
    #[n(3)]
    pub set_back: Vec<SetBack>,
}

/// A clock that was set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SetBack {
    /// Time of the first change after it, as it stands in the log.
    #[n(0)]
    pub at_ms: i64,
    /// By how much at least, ms.
    #[n(1)]
    pub by_ms: i64,
}

/// Clocks set back that are told at once: the latest.
pub const SET_BACKS: usize = 32;

/// Up to where the server holds a log of the asking device.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Have {
    /// Scope id.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub scope: [u8; 16],
    /// Epoch.
    #[n(1)]
    pub epoch: u64,
    /// Last seq held.
    #[n(2)]
    pub seq: u64,
    /// Chain after it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub chain: Hash,
}

/// The device's log and the server's went different ways: this database is a copy.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Fork {
    /// Scope id.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub scope: [u8; 16],
    /// Epoch.
    #[n(1)]
    pub epoch: u64,
    /// Last seq both hold (0: none), a boundary of the server's segments.
    #[n(2)]
    pub common_seq: u64,
    /// Chain after it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub common_chain: Hash,
}

/// Digest of one scope as the server holds it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ScopeDigest {
    /// Short index of the scope.
    #[n(0)]
    pub index: u32,
    /// The 16 buckets (`digest`), 8 bytes big endian each.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub buckets: Vec<u8>,
}

/// Order to a revoked device.
pub const ORDER_REVOKED: u8 = 1;

/// What the server answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SyncResponse {
    /// The server's generation.
    #[n(0)]
    pub generation: u64,
    /// The server's clock, ms UTC.
    #[n(1)]
    pub clock_ms: i64,
    /// More to pull: ask again with the new cursor.
    #[n(2)]
    pub more: bool,
    /// The new cursor; empty if unchanged.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub cursor: Vec<u8>,
    /// Every log of the device the server holds; none if the heads digest agreed.
    #[n(4)]
    pub have: Option<Vec<Have>>,
    /// Logs that went different ways; nothing of them in this request was stored.
    #[n(5)]
    pub forks: Vec<Fork>,
    /// Segments the device lacks, campaign scope first, verdicts ahead of what they judge.
    #[n(6)]
    pub segments: Vec<SignedSegment>,
    /// The device's scopes, if asked or changed.
    #[n(7)]
    pub scopes: Vec<ScopeInfo>,
    /// Digests of all its scopes, if something moved and nothing more is to come.
    #[n(8)]
    pub digests: Vec<ScopeDigest>,
    /// Bearer token for photos, valid 24 h; empty unless asked for.
    #[n(9)]
    pub token: String,
    /// 0, or `ORDER_…`.
    #[n(10)]
    pub order: u8,
    /// Drawn when the server was started. Its data folder may have been put back since another start, so a phone asks
    /// again about the photos it sent. None from a server that does not say.
    #[n(11)]
    pub started: Option<u32>,
}

/// A body that is not what it should be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a sync message: {0}")]
pub struct MessageError(pub String);

impl SyncRequest {
    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads a request within its limits.
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        if bytes.len() > limits::REQUEST_BYTES {
            return Err(MessageError("too large".into()));
        }
        cbor::check(bytes).map_err(|e| MessageError(e.to_string()))?;
        let r: Self = minicbor::decode(bytes).map_err(|e| MessageError(e.to_string()))?;
        if r.segments.len() > limits::REQUEST_SEGMENTS {
            return Err(MessageError("too many segments".into()));
        }
        Ok(r)
    }
}

impl SyncResponse {
    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads a reply within its limits.
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        if bytes.len() > limits::RESPONSE_BYTES {
            return Err(MessageError("too large".into()));
        }
        cbor::check(bytes).map_err(|e| MessageError(e.to_string()))?;
        minicbor::decode(bytes).map_err(|e| MessageError(e.to_string()))
    }
}

/// Digest of the heads of a device's own logs: the first 8 bytes, big endian, of SHA-256 over scope, epoch, seq and
/// chain of each, sorted by scope and epoch. 0 for none.
pub fn heads_digest(heads: &mut Vec<([u8; 16], u64, u64, Hash)>) -> u64 {
    if heads.is_empty() {
        return 0;
    }
    heads.sort();
    let mut bytes = Vec::with_capacity(heads.len() * 64);
    for (scope, epoch, seq, chain) in heads {
        bytes.extend_from_slice(scope);
        bytes.extend_from_slice(&epoch.to_be_bytes());
        bytes.extend_from_slice(&seq.to_be_bytes());
        bytes.extend_from_slice(chain);
    }
    let hash = crate::chain::sha256(&bytes);
    hash[..8].iter().fold(0, |a, b| a << 8 | u64::from(*b))
}
