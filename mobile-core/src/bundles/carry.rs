//! Taking a bundle of another phone along.
//!
//! Invariant: a file is taken only if it is whole and for this phone's server: a bad copy is noticed while the phone it
//! came from is still at hand. It leaves this phone only after the server said that it has it, or by its owner's hand.

use protocol::bundle::check_copy;
use protocol::limits;
use uuid::Uuid;

use super::{Carried, CarriedBundle};
use crate::error::{Error, Refusal, Result};
use crate::photos::BlobHash;
use crate::replica::Replica;
use crate::store::{CarriedRow, CarriedState};

impl Replica {
    /// Takes a bundle along, to be handed over at the next sync. Taking the same one again changes nothing.
    ///
    /// # Errors
    /// `not_enrolled`, `not_a_bundle`, `bundle_damaged`, `bundle_foreign`, `bundle_too_large`, the disk's.
    pub fn carry_bundle(&mut self, file: &[u8]) -> Result<CarriedBundle> {
        let me = self.itself()?.clone();
        if file.len() as u64 > limits::CARRY_BYTES {
            return Err(Refusal::BundleTooLarge.into());
        }
        let (envelope, hash) = check_copy(file)?;
        if envelope.server != me.server.into_bytes() {
            return Err(Refusal::BundleForeign.into());
        }
        let held = self.store.read(|tx| tx.carried())?;
        let waiting = held.iter().filter(|r| r.state == CarriedState::Waiting);
        if waiting.count() >= limits::CARRIED {
            return Err(Refusal::BundleTooLarge.because(limits::CARRIED.to_string()));
        }
        self.files.put(file).map_err(disk)?;
        let row = CarriedRow {
            hash,
            device: Uuid::from_bytes(envelope.device),
            made_ms: envelope.made_ms,
            size_bytes: file.len() as u64,
            taken_ms: self.ports.clock.now_ms(),
            state: CarriedState::Waiting,
            code: None,
        };
        self.store
            .write(|tx| Ok::<_, Error>(tx.add_carried(&row)?))?;
        Ok(view(row))
    }

    /// The bundles this phone carries, those that wait first.
    ///
    /// # Errors
    /// The database's.
    pub fn carried_bundles(&mut self) -> Result<Vec<CarriedBundle>> {
        let rows = self.store.read(|tx| tx.carried())?;
        Ok(rows.into_iter().map(view).collect())
    }

    /// The file of a carried bundle, to hand it on to a stick.
    ///
    /// # Errors
    /// `unknown_record` if it is not (or no longer) here, the disk's.
    pub fn carried_file(&mut self, sha256: &str) -> Result<Vec<u8>> {
        let hash = parse(sha256)?;
        let file = self.files.get(&hash).map_err(disk)?;
        file.ok_or_else(|| Refusal::UnknownRecord.into())
    }

    /// Lets go of a carried bundle; its own phone may still have what is in it.
    ///
    /// # Errors
    /// `unknown_record`, the disk's.
    pub fn drop_carried(&mut self, sha256: &str) -> Result<()> {
        let hash = parse(sha256)?;
        let rows = self.store.read(|tx| tx.carried())?;
        if !rows.iter().any(|r| r.hash == hash) {
            return Err(Refusal::UnknownRecord.into());
        }
        self.files.remove(&hash).map_err(disk)?;
        self.store.write(|tx| Ok(tx.forget_carried(&hash)?))
    }
}

fn parse(sha256: &str) -> Result<BlobHash> {
    let bytes = hex::decode(sha256).ok().and_then(|b| b.try_into().ok());
    bytes.ok_or_else(|| Refusal::UnknownRecord.into())
}

fn view(row: CarriedRow) -> CarriedBundle {
    CarriedBundle {
        sha256: hex::encode(row.hash),
        device: row.device,
        made_ms: row.made_ms,
        size_bytes: row.size_bytes,
        taken_ms: row.taken_ms,
        state: match row.state {
            CarriedState::Waiting => Carried::Waiting { code: row.code },
            CarriedState::Delivered => Carried::Delivered,
            CarriedState::Refused => Carried::Refused {
                code: row.code.unwrap_or_default(),
            },
        },
    }
}

fn disk(source: std::io::Error) -> Error {
    Error::File {
        what: "bundle",
        source,
    }
}
