//! Reading a bundle: the clear header, whether the file is whole, and with the server's key what is in it.
//!
//! Invariant: nothing is allocated beyond a limit that was checked before; every byte that is given out was
//! authenticated by HPKE, but that the device meant exactly these parts is known only after `finish`. Leaves out:
//! whose key the device's is.

use std::io::{ErrorKind, Read};

use ed25519_dalek::{Signature, SigningKey, Verifier, VerifyingKey};
use hpke::{Deserializable, OpModeR};
use sha2::{Digest, Sha256};

use super::{
    Aead, BundleError, Envelope, KEY, Kdf, Kem, List, MAGIC, PIECE, PhotoFile, Result, SIGNATURE,
    SUM, TAG, open_key, seal_key, signed_bytes,
};
use crate::chain::{Hash, SignedSegment};
use crate::limits;
use crate::segment::{self, SegmentError};

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It ends too early: a copy that was not finished.
    Short,
    /// It goes on after its end.
    Long,
    /// Bytes of it are not as they were written.
    Changed,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Short => "the file ends too early",
            Self::Long => "the file goes on after its end",
            Self::Changed => "bytes of the file were changed",
        })
    }
}

impl From<Damage> for BundleError {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

/// Reads exactly `out`; an early end is damage, not an error of the disk.
fn fill(from: &mut impl Read, out: &mut [u8]) -> Result<()> {
    from.read_exact(out).map_err(|e| match e.kind() {
        ErrorKind::UnexpectedEof => Damage::Short.into(),
        _ => e.into(),
    })
}

/// The clear header of a file, and its bytes with the magic before it.
fn head(from: &mut impl Read) -> Result<(Envelope, Vec<u8>)> {
    let mut info = vec![0; MAGIC.len() + 2];
    fill(from, &mut info).map_err(|e| match e {
        BundleError::Damaged(_) => BundleError::NotOne,
        other => other,
    })?;
    if info[..14] != MAGIC[..14] {
        return Err(BundleError::NotOne);
    }
    if info[..16] != MAGIC[..] {
        return Err(BundleError::Newer);
    }
    let length = usize::from(u16::from_be_bytes([info[16], info[17]]));
    if length > limits::BUNDLE_HEADER_BYTES {
        return Err(BundleError::TooLarge("header"));
    }
    let mut header = vec![0; length];
    fill(from, &mut header)?;
    let envelope: Envelope = minicbor::decode(&header).map_err(|_| Damage::Changed)?;
    if envelope.body_bytes > limits::BUNDLE_BYTES {
        return Err(BundleError::TooLarge("bundle"));
    }
    if envelope.body_bytes < SIGNATURE + 4 || envelope.part == 0 || envelope.part > envelope.parts {
        return Err(Damage::Changed.into());
    }
    info.extend_from_slice(&header);
    Ok((envelope, info))
}

/// The clear header of a bundle and the bytes its file must have, without any key.
///
/// # Errors
/// `NotOne`, `Newer`, `TooLarge`, `Damaged`, the reader's.
pub fn peek(mut from: impl Read) -> Result<(Envelope, u64)> {
    let (envelope, info) = head(&mut from)?;
    let bytes = envelope.file_bytes(info.len() - MAGIC.len() - 2);
    Ok((envelope, bytes))
}

/// Checks that a copy is whole and as it was written, without any key; its header and the SHA-256 of the file.
///
/// # Errors
/// As [`peek`].
pub fn check_copy(mut from: impl Read) -> Result<(Envelope, Hash)> {
    let (envelope, info) = head(&mut from)?;
    let mut sum = Sha256::new_with_prefix(&info);
    let mut left = envelope.file_bytes(info.len() - MAGIC.len() - 2) - info.len() as u64 - SUM;
    let mut piece = vec![0; PIECE];
    while left > 0 {
        let n = (PIECE as u64).min(left) as usize;
        fill(&mut from, &mut piece[..n])?;
        sum.update(&piece[..n]);
        left -= n as u64;
    }
    ended(&mut from, &mut sum)?;
    Ok((envelope, sum.finalize().into()))
}

/// Checks the sum that ends a file, and that it does; `sum` goes on over it.
fn ended(from: &mut impl Read, sum: &mut Sha256) -> Result<()> {
    let expected: Hash = sum.clone().finalize().into();
    let mut found = [0; 32];
    fill(from, &mut found)?;
    if found != expected {
        return Err(Damage::Changed.into());
    }
    sum.update(found);
    match from.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(Damage::Long.into()),
    }
}

/// A bundle being read with the server's key.
pub struct Opening<R> {
    from: R,
    context: hpke::aead::AeadCtxR<Aead, Kdf, Kem>,
    envelope: Envelope,
    list: List,
    header: Hash,
    sum: Sha256,
    body: Sha256,
    piece: Vec<u8>,
    at: usize,
    /// Bytes of the body not yet unsealed.
    sealed: u64,
    segments: usize,
    photos: usize,
}

impl<R: Read> Opening<R> {
    /// Reads header and list.
    ///
    /// # Errors
    /// `NotOne`, `Newer`, `OtherServer`, `TooLarge`, `Damaged`, the reader's.
    pub fn begin(mut from: R, server: &SigningKey) -> Result<Self> {
        let (envelope, info) = head(&mut from)?;
        if envelope.to != seal_key(&server.verifying_key()) {
            return Err(BundleError::OtherServer);
        }
        let changed = |_| BundleError::from(Damage::Changed);
        let key = open_key(server);
        let secret = <Kem as hpke::Kem>::PrivateKey::from_bytes(&key[..]).map_err(changed)?;
        let mut enc = [0; KEY];
        fill(&mut from, &mut enc)?;
        let sum = Sha256::new_with_prefix(&info).chain_update(enc);
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&enc).map_err(changed)?;
        let context = hpke::setup_receiver(&OpModeR::Base, &secret, &enc, &info);
        let mut opening = Self {
            from,
            context: context.map_err(changed)?,
            list: List::default(),
            header: crate::chain::sha256(&info),
            sum,
            body: Sha256::new(),
            piece: Vec::new(),
            at: 0,
            sealed: envelope.body_bytes,
            segments: 0,
            photos: 0,
            envelope,
        };
        let mut length = [0; 4];
        opening.read(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > limits::BUNDLE_LIST_BYTES {
            return Err(BundleError::TooLarge("list"));
        }
        let mut bytes = vec![0; length];
        opening.read(&mut bytes)?;
        opening.list = List::parse(&bytes)?;
        // By the bytes that travelled: a later version may say more in its list.
        let said = opening.list.body_bytes() - opening.list.to_bytes().len() as u64;
        if said + length as u64 != opening.envelope.body_bytes {
            return Err(Damage::Changed.into());
        }
        Ok(opening)
    }

    /// The clear header.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// What is in it.
    #[must_use]
    pub fn list(&self) -> &List {
        &self.list
    }

    /// Reads bytes of the body.
    fn read(&mut self, out: &mut [u8]) -> Result<()> {
        let mut done = 0;
        while done < out.len() {
            if self.at == self.piece.len() {
                self.next_piece()?;
            }
            let n = (out.len() - done).min(self.piece.len() - self.at);
            out[done..done + n].copy_from_slice(&self.piece[self.at..self.at + n]);
            self.at += n;
            done += n;
        }
        self.body.update(out);
        Ok(())
    }

    fn next_piece(&mut self) -> Result<()> {
        let n = (PIECE as u64).min(self.sealed) as usize;
        if n == 0 {
            return Err(Damage::Short.into());
        }
        let mut sealed = vec![0; n + TAG];
        fill(&mut self.from, &mut sealed)?;
        self.sum.update(&sealed);
        let piece = self.context.open(&sealed, &[]);
        self.piece = piece.map_err(|_| Damage::Changed)?;
        (self.at, self.sealed) = (0, self.sealed - n as u64);
        Ok(())
    }

    /// The next segment; none after the last. It is one of the device and decodes, or is of a newer layout.
    ///
    /// # Errors
    /// `Damaged`, `Segment`, `OtherDevice`, the reader's.
    pub fn segment(&mut self) -> Result<Option<SignedSegment>> {
        let Some(length) = self.list.segments.get(self.segments) else {
            return Ok(None);
        };
        let mut bytes = vec![0; *length as usize];
        self.read(&mut bytes)?;
        self.segments += 1;
        let framing = |e: minicbor::decode::Error| SegmentError::Framing(e.to_string());
        let segment: SignedSegment = minicbor::decode(&bytes).map_err(framing)?;
        if segment.wire_bytes() > limits::SEGMENT_BYTES {
            return Err(BundleError::TooLarge("a segment"));
        }
        let header = segment.header()?;
        if header.device != self.envelope.device {
            return Err(BundleError::OtherDevice);
        }
        match segment::decode(&segment.payload, &header.log(), header.count) {
            Ok(_) | Err(SegmentError::Newer(_)) => Ok(Some(segment)),
            Err(e) => Err(e.into()),
        }
    }

    /// The next photo, in pieces to `take`; none after the last. Comes after all segments.
    ///
    /// # Errors
    /// `Damaged` if its bytes do not have its hash, those of `take`, the reader's.
    pub fn photo(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<Option<PhotoFile>> {
        let Some(photo) = self.list.photos.get(self.photos).copied() else {
            return Ok(None);
        };
        let mut hash = Sha256::new();
        let mut left = photo.size_bytes;
        let mut piece = vec![0; PIECE];
        while left > 0 {
            let n = (PIECE as u64).min(left) as usize;
            self.read(&mut piece[..n])?;
            hash.update(&piece[..n]);
            take(&piece[..n])?;
            left -= n as u64;
        }
        self.photos += 1;
        if <Hash>::from(hash.finalize()) != photo.hash {
            return Err(Damage::Changed.into());
        }
        Ok(Some(photo))
    }

    /// Reads what is left, checking every segment's signature and every photo's hash, then the signature of the whole;
    /// the SHA-256 of the file. Nothing of a bundle is to be believed before this.
    ///
    /// # Errors
    /// `Signature`, and those of [`Self::segment`] and [`Self::photo`].
    pub fn check(mut self, device: &VerifyingKey) -> Result<Hash> {
        while let Some(segment) = self.segment()? {
            segment.verify(device)?;
        }
        while self.photo(|_| Ok(()))?.is_some() {}
        let body = self.body.clone().finalize().into();
        let mut signature = [0; SIGNATURE as usize];
        self.read(&mut signature)?;
        ended(&mut self.from, &mut self.sum)?;
        let signature = Signature::from_bytes(&signature);
        device
            .verify(&signed_bytes(&self.header, &body), &signature)
            .map_err(|_| BundleError::Signature)?;
        Ok(self.sum.finalize().into())
    }
}
