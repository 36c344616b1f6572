//! Writing a bundle: bytes of the body in, sealed pieces out.
//!
//! Invariant: a writer that did not `finish` leaves a file that every reader refuses. Leaves out: what goes in.

use std::io::Write;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use hpke::{Deserializable, OpModeS, Serializable, rand_core};
use sha2::{Digest, Sha256};

use super::{
    Aead, BundleError, Envelope, Kdf, Kem, List, MAGIC, PIECE, Result, SIGNATURE, seal_key,
    signed_bytes,
};
use crate::limits;

/// A bundle being written. After the list, which `begin` writes, come the segments and photos of the list, in its order.
pub struct Sealing<W> {
    out: Summing<W>,
    context: hpke::aead::AeadCtxS<Aead, Kdf, Kem>,
    header: super::Hash,
    body: Sha256,
    piece: Vec<u8>,
    left: u64,
    file_bytes: u64,
}

/// Passes bytes on and keeps their hash.
struct Summing<W> {
    inner: W,
    sum: Sha256,
}

impl<W: Write> Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.sum.update(bytes);
        self.inner.write_all(bytes)
    }
}

/// Entropy passed in, given out once: what HPKE makes its one-time key of.
pub(super) struct Once<'a>(pub(super) &'a [u8; 32]);

impl rand_core::TryRng for Once<'_> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        // HPKE draws exactly the 32 bytes its key is made of.
        debug_assert_eq!(out.len(), self.0.len());
        for (to, from) in out.iter_mut().zip(self.0.iter().cycle()) {
            *to = *from;
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Once<'_> {}

impl<W: Write> Sealing<W> {
    /// Begins a bundle for the server with this key. Of `envelope`, keys and length are filled in here; `entropy` is
    /// fresh for every bundle.
    ///
    /// # Errors
    /// `TooLarge`, the writer's.
    pub fn begin(
        out: W,
        server: &VerifyingKey,
        mut envelope: Envelope,
        list: &List,
        entropy: &[u8; 32],
    ) -> Result<Self> {
        list.check()?;
        let bytes = list.to_bytes();
        envelope.body_bytes = list.body_bytes();
        if bytes.len() > limits::BUNDLE_LIST_BYTES || envelope.body_bytes > limits::BUNDLE_BYTES {
            return Err(BundleError::TooLarge("bundle"));
        }
        envelope.to = seal_key(server);
        let other = |_| BundleError::OtherServer;
        let to = <Kem as hpke::Kem>::PublicKey::from_bytes(&envelope.to).map_err(other)?;
        let (mode, info) = (OpModeS::Base, head(&envelope));
        let (key, context) =
            hpke::setup_sender_with_rng(&mode, &to, &info, &mut Once(entropy)).map_err(other)?;
        let file_bytes = envelope.file_bytes(info.len() - MAGIC.len() - 2);
        let mut sealing = Self {
            out: Summing {
                inner: out,
                sum: Sha256::new(),
            },
            context,
            header: crate::chain::sha256(&info),
            body: Sha256::new(),
            piece: Vec::with_capacity(PIECE),
            left: envelope.body_bytes,
            file_bytes,
        };
        sealing.out.write(&info)?;
        sealing.out.write(&key.to_bytes())?;
        sealing.write(&(bytes.len() as u32).to_be_bytes())?;
        sealing.write(&bytes)?;
        Ok(sealing)
    }

    /// Bytes the file will have.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Adds bytes of the body.
    ///
    /// # Errors
    /// `TooLarge` if they are more than the list promised, the writer's.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() as u64 > self.left.saturating_sub(SIGNATURE) {
            return Err(BundleError::TooLarge("more than the list says"));
        }
        self.body.update(bytes);
        self.add(bytes)
    }

    fn add(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.left = self.left.saturating_sub(bytes.len() as u64);
        while !bytes.is_empty() {
            let n = bytes.len().min(PIECE - self.piece.len());
            self.piece.extend_from_slice(&bytes[..n]);
            bytes = &bytes[n..];
            if self.piece.len() == PIECE {
                self.seal()?;
            }
        }
        Ok(())
    }

    fn seal(&mut self) -> Result<()> {
        let sealed = self.context.seal(&self.piece, &[]);
        let sealed = sealed.map_err(|_| BundleError::TooLarge("pieces"))?;
        self.piece.clear();
        Ok(self.out.write(&sealed)?)
    }

    /// Signs the whole and ends it; gives the writer back, which is still to be synced, and the SHA-256 of the file.
    ///
    /// # Errors
    /// `Damaged` if the list promised more, the writer's.
    pub fn finish(mut self, device: &SigningKey) -> Result<(W, super::Hash)> {
        if self.left != SIGNATURE {
            return Err(BundleError::Damaged(super::Damage::Short));
        }
        let body = self.body.clone().finalize().into();
        let signature = device.sign(&signed_bytes(&self.header, &body)).to_bytes();
        self.add(&signature)?;
        if !self.piece.is_empty() {
            self.seal()?;
        }
        let sum = self.out.sum.clone().finalize();
        self.out.write(&sum)?;
        self.out.inner.flush()?;
        Ok((self.out.inner, self.out.sum.finalize().into()))
    }
}

/// Magic, length and header.
pub(super) fn head(envelope: &Envelope) -> Vec<u8> {
    // Encoding to a Vec cannot fail.
    let header = minicbor::to_vec(envelope).unwrap_or_default();
    let length = (header.len() as u16).to_be_bytes();
    [&MAGIC[..], &length, &header].concat()
}
