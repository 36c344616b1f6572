//! The hash chain and signature of a log.
//!
//! `chain_0 = H("guanmo log v1" ‖ campaign ‖ device ‖ scope ‖ epoch)`,
//! `chain_n = H(chain_{n-1} ‖ H(header) ‖ H(payload))`; Ed25519 signs `"guanmo segment v1" ‖ chain_n`. H is SHA-256.
//! Invariant: header and payload are hashed as the bytes that travelled; they are never re-encoded.

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use merge::LogId;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::segment::SegmentError;
use crate::{PROTOCOL_VERSION, SCHEMA_VERSION, cbor};

/// A SHA-256.
pub type Hash = [u8; 32];

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// The chain before a log's first segment.
pub fn origin(campaign: Uuid, log: &LogId) -> Hash {
    Sha256::new()
        .chain_update(b"guanmo log v1")
        .chain_update(campaign)
        .chain_update(log.device)
        .chain_update(log.scope)
        .chain_update(log.epoch.to_be_bytes())
        .finalize()
        .into()
}

/// The chain after a segment.
pub fn next(prev: &Hash, header: &[u8], payload: &[u8]) -> Hash {
    Sha256::new()
        .chain_update(prev)
        .chain_update(sha256(header))
        .chain_update(sha256(payload))
        .finalize()
        .into()
}

fn signed_bytes(chain: &Hash) -> [u8; 49] {
    let mut out = [0; 49];
    out[..17].copy_from_slice(b"guanmo segment v1");
    out[17..].copy_from_slice(chain);
    out
}

/// The first seq a segment of a log holds, what it was written under, and what its writer had seen.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Header {
    /// Container version, `PROTOCOL_VERSION`.
    #[n(0)]
    pub version: u16,
    /// Signature and hash algorithms: 1 = Ed25519 with SHA-256.
    #[n(1)]
    pub algorithm: u8,
    /// The writing device.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub device: [u8; 16],
    /// The scope.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub scope: [u8; 16],
    /// The epoch.
    #[n(4)]
    pub epoch: u64,
    /// Seq of the first change, from 1.
    #[n(5)]
    pub first_seq: u64,
    /// Number of changes, at least 1.
    #[n(6)]
    pub count: u32,
    /// Schema version of its changes.
    #[n(7)]
    pub schema: u16,
    /// Head of the server's campaign log its writer had applied: seq, 0 if none.
    #[n(8)]
    pub seen_seq: u64,
    /// Chain of that head; empty if none.
    #[cbor(n(9), with = "minicbor::bytes")]
    pub seen_chain: Vec<u8>,
}

impl Header {
    /// Of the next changes of a log in the layout and schema of this version; its writer had seen nothing.
    pub fn of(log: &LogId, first_seq: u64, count: u32) -> Self {
        Self {
            version: PROTOCOL_VERSION,
            algorithm: 1,
            device: log.device.into_bytes(),
            scope: log.scope.into_bytes(),
            epoch: log.epoch,
            first_seq,
            count,
            schema: SCHEMA_VERSION,
            seen_seq: 0,
            seen_chain: Vec::new(),
        }
    }

    /// The log, main branch.
    pub fn log(&self) -> LogId {
        LogId::new(
            Uuid::from_bytes(self.device),
            Uuid::from_bytes(self.scope),
            self.epoch,
        )
    }

    /// Seq of the last change.
    pub fn last_seq(&self) -> u64 {
        self.first_seq
            .saturating_add(u64::from(self.count))
            .saturating_sub(1)
    }
}

/// A sealed segment as it is stored, sent and relayed, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SignedSegment {
    /// CBOR of [`Header`].
    #[cbor(n(0), with = "minicbor::bytes")]
    pub header: Vec<u8>,
    /// The columns ([`crate::segment`]).
    #[cbor(n(1), with = "minicbor::bytes")]
    pub payload: Vec<u8>,
    /// Chain before it.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub prev_chain: Hash,
    /// Ed25519 signature of the chain after it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

impl SignedSegment {
    /// The segment alone, as a file holds it; in a message it looks the same.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Encoding to a Vec cannot fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// The segment whose bytes these are, and nothing else. Its header and payload are not looked into.
    ///
    /// # Errors
    /// `Framing` if they are none.
    pub fn parse(bytes: &[u8]) -> Result<Self, SegmentError> {
        let framing = |e: String| SegmentError::Framing(e);
        cbor::check(bytes).map_err(|e| framing(e.to_string()))?;
        minicbor::decode(bytes).map_err(|e| framing(e.to_string()))
    }

    /// Signs a segment.
    pub fn sign(key: &SigningKey, prev_chain: Hash, header: &Header, payload: Vec<u8>) -> Self {
        // Encoding to a Vec cannot fail.
        let header = minicbor::to_vec(header).unwrap_or_default();
        let chain = next(&prev_chain, &header, &payload);
        let signature = key.sign(&signed_bytes(&chain)).to_bytes();
        Self {
            header,
            payload,
            prev_chain,
            signature,
        }
    }

    /// The chain after it.
    pub fn chain(&self) -> Hash {
        next(&self.prev_chain, &self.header, &self.payload)
    }

    /// Its header, checked for what a receiver relies on.
    pub fn header(&self) -> Result<Header, SegmentError> {
        cbor::check(&self.header).map_err(|e| SegmentError::Framing(format!("header: {e}")))?;
        let h: Header = minicbor::decode(&self.header)
            .map_err(|e| SegmentError::Framing(format!("header: {e}")))?;
        if h.version != PROTOCOL_VERSION {
            return Err(SegmentError::Framing(format!(
                "version {} is unknown",
                h.version
            )));
        }
        if h.algorithm != 1 {
            return Err(SegmentError::Framing(format!(
                "algorithm {} is unknown",
                h.algorithm
            )));
        }
        if h.first_seq == 0 || h.count == 0 || h.count as usize > crate::limits::SEGMENT_CHANGES {
            return Err(SegmentError::Framing("seq or count out of range".into()));
        }
        if h.first_seq > 1 << 48 || !(h.seen_chain.is_empty() || h.seen_chain.len() == 32) {
            return Err(SegmentError::Framing("header out of range".into()));
        }
        Ok(h)
    }

    /// Checks the signature of the chain after it, and returns that chain.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Hash, SegmentError> {
        let chain = self.chain();
        key.verify(
            &signed_bytes(&chain),
            &Signature::from_bytes(&self.signature),
        )
        .map_err(|_| SegmentError::Signature)?;
        Ok(chain)
    }

    /// Bytes it takes on the wire, near enough to plan a request.
    pub fn wire_bytes(&self) -> usize {
        self.header.len() + self.payload.len() + 32 + 64 + 12
    }
}

#[cfg(test)]
mod tests {
    //! The bytes that `docs/sync-protocol.md` names, put together by hand.

    use super::*;

    #[test]
    fn what_is_hashed_and_signed_is_as_the_document_says() {
        let ids = [1, 2, 3].map(Uuid::from_u128);
        let [campaign, device, scope] = ids;
        let log = LogId::new(device, scope, 0x0102);
        let mut bytes = b"guanmo log v1".to_vec();
        bytes.extend(ids.iter().flat_map(Uuid::as_bytes));
        bytes.extend([0, 0, 0, 0, 0, 0, 1, 2]);
        let before = origin(campaign, &log);
        assert_eq!(before, sha256(&bytes));

        let key = SigningKey::from_bytes(&[7; 32]);
        let header = Header::of(&log, 1, 1);
        let segment = SignedSegment::sign(&key, before, &header, vec![1, 2, 3]);
        let parts = [before, sha256(&segment.header), sha256(&[1, 2, 3])];
        let chain = sha256(&parts.concat());
        let signed = [&b"guanmo segment v1"[..], &chain].concat();
        let signature = ed25519_dalek::Signature::from_bytes(&segment.signature);
        let checked = key.verifying_key().verify_strict(&signed, &signature);
        assert!(checked.is_ok());
        assert_eq!(SignedSegment::parse(&segment.to_bytes()).unwrap(), segment);
    }
}
