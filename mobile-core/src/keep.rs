//! Who this phone is, a second time: what a damaged database must not take with it.
//!
//! The file `identity` beside the database holds the key's seed, the enrolment and the PIN's hash, no more than the database
//! does. Invariant: the database is what counts; the file follows it, and is only read where the database cannot be.
//! Leaves out: protected storage of the key (the platform's).

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Refusal, Result};
use crate::replica::Enrolment;
use crate::store::{StoreError, Tx, key};

/// What is kept twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Hex of 32 bytes.
    seed: String,
    pub enrolment: Enrolment,
    /// PHC string.
    pub pin: Option<String>,
}

impl Kept {
    /// From their stored forms, if they are whole and belong together: the server's certificate names the key.
    pub fn check(seed: &[u8], enrolment: &[u8], pin: Option<&[u8]>) -> Option<Self> {
        let enrolment: Enrolment = serde_json::from_slice(enrolment).ok()?;
        let pin = pin.and_then(|p| String::from_utf8(p.to_vec()).ok());
        let kept = Self {
            seed: hex::encode(seed),
            enrolment,
            pin: pin.filter(|p| argon2::password_hash::phc::PasswordHash::new(p).is_ok()),
        };
        kept.belongs().then_some(kept)
    }

    /// From the file.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let kept: Self = serde_json::from_slice(json).ok()?;
        kept.belongs().then_some(kept)
    }

    /// What the database says, once enrolled.
    pub fn read(tx: &Tx) -> Result<Option<Self>, StoreError> {
        let (seed, enrolment) = (tx.meta_bytes(key::SEED)?, tx.meta_bytes(key::ENROLMENT)?);
        let pin = tx.meta_bytes(key::PIN)?;
        Ok(match (seed, enrolment) {
            (Some(seed), Some(enrolment)) => {
                Self::check(&Zeroizing::new(seed), &enrolment, pin.as_deref())
            }
            _ => None,
        })
    }

    /// Into a new database.
    pub fn write(&self, tx: &mut Tx) -> Result<()> {
        let enrolment = serde_json::to_vec(&self.enrolment);
        let enrolment = enrolment.map_err(|e| StoreError::Other(e.to_string()))?;
        tx.put_meta_bytes(key::SEED, &*self.seed()?)?;
        tx.put_meta_bytes(key::ENROLMENT, &enrolment)?;
        if let Some(pin) = &self.pin {
            tx.put_meta_bytes(key::PIN, pin.as_bytes())?;
        }
        Ok(())
    }

    fn seed(&self) -> Result<Zeroizing<[u8; 32]>> {
        let mut seed = Zeroizing::new([0; 32]);
        hex::decode_to_slice(&self.seed, &mut *seed).map_err(|_| Refusal::IdentityLost)?;
        Ok(seed)
    }

    /// The keys by which own and the server's segments are checked.
    pub fn keys(&self) -> Result<(VerifyingKey, VerifyingKey)> {
        let own = SigningKey::from_bytes(&*self.seed()?).verifying_key();
        let server = protocol::enrol::public_key(&self.enrolment.server_key);
        Ok((own, server.ok_or(Refusal::IdentityLost)?))
    }

    fn belongs(&self) -> bool {
        let Ok((own, server)) = self.keys() else {
            return false;
        };
        let (e, me) = (&self.enrolment, &self.enrolment.identity);
        let signed = protocol::enrol::certificate_bytes(
            me.server,
            me.campaign,
            me.device,
            me.account,
            own.as_bytes(),
            e.enrolled_at_ms,
        );
        protocol::enrol::certified(&server, &signed, &e.certificate)
    }
}
