//! Redeeming a one-time code.
//!
//! Invariant: the private key is on disk before the request leaves and never leaves itself, so a lost answer can be
//! asked for again with the same code and key. Leaves out: scanning the code.

use ed25519_dalek::SigningKey;
use protocol::enrol::{self, Certificate, EnrolRequest, EnrolResponse};
use protocol::problem::Problem;
use zeroize::Zeroizing;

use crate::error::{Error, Refusal, Result};
use crate::replica::{Enrolment, Identity, Replica};
use crate::store::key;
use crate::transport::{Transport, TransportRequest, TransportResponse};

/// Where codes are redeemed.
const PATH: &str = "/api/v1/enrol";

impl Replica {
    /// Redeems a one-time code; afterwards this phone can sync.
    ///
    /// # Errors
    /// `already_enrolled`, `network`, `not_our_server`, `bad_certificate`, and the server's `code_invalid`.
    pub async fn enrol(
        &mut self,
        transport: &dyn Transport,
        code: &str,
        device_name: &str,
    ) -> Result<Identity> {
        let request = self.enrol_request(code, device_name)?;
        let answer = transport.send(request).await?;
        self.enrol_answer(&answer, device_name)
    }

    /// The first half of [`Self::enrol`], for whoever shares the phone while the request is on its way.
    ///
    /// # Errors
    /// `already_enrolled`.
    pub fn enrol_request(&mut self, code: &str, device_name: &str) -> Result<TransportRequest> {
        if self.is_enrolled() {
            return Err(Refusal::AlreadyEnrolled.into());
        }
        let key = SigningKey::from_bytes(&*self.key_seed()?);
        let request = EnrolRequest {
            code: code.trim().to_owned(),
            public_key: hex::encode(key.verifying_key().as_bytes()),
            device_name: device_name.to_owned(),
        };
        Ok(TransportRequest {
            method: "POST",
            path: PATH.into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: serde_json::to_vec(&request).map_err(|e| Error::invalid(e.to_string()))?,
        })
    }

    /// The second half of [`Self::enrol`]: takes the server's answer.
    ///
    /// # Errors
    /// As `enrol`.
    pub fn enrol_answer(
        &mut self,
        answer: &TransportResponse,
        device_name: &str,
    ) -> Result<Identity> {
        if self.is_enrolled() {
            return Err(Refusal::AlreadyEnrolled.into());
        }
        let response = read(answer)?;
        let seed = self.key_seed()?;
        let enrolment = checked(&response, &SigningKey::from_bytes(&seed), device_name)?;
        let json = serde_json::to_vec(&enrolment).map_err(|e| Error::invalid(e.to_string()))?;
        self.store.write(|tx| {
            tx.put_meta_bytes(key::ENROLMENT, &json)?;
            tx.put_meta_int(key::GENERATION, response.generation as i64)?;
            Ok::<_, Error>(())
        })?;
        let identity = enrolment.identity.clone();
        self.take_identity(enrolment, &*seed)?;
        self.keep_identity();
        Ok(identity)
    }

    /// The certificate of the enrolment, to show to a server that was restored from an older backup.
    pub(crate) fn certificate(&self) -> Result<Certificate> {
        let (Some(e), Some(key)) = (&self.enrolment, &self.key) else {
            return Err(Refusal::NotEnrolled.into());
        };
        Ok(Certificate {
            campaign: e.identity.campaign,
            device: e.identity.device,
            account: e.identity.account,
            public_key: hex::encode(key.verifying_key().as_bytes()),
            device_name: e.device_name.clone(),
            enrolled_at_ms: e.enrolled_at_ms,
            signature: e.certificate.clone(),
        })
    }

    /// The seed of the device key, drawn and kept at the first try.
    fn key_seed(&mut self) -> Result<Zeroizing<[u8; 32]>> {
        let kept = self.store.read(|tx| tx.meta_bytes(key::SEED))?;
        if let Some(Ok(seed)) = kept.map(|s| <[u8; 32]>::try_from(s.as_slice())) {
            return Ok(Zeroizing::new(seed));
        }
        let mut seed = Zeroizing::new([0; 32]);
        self.ports.entropy.fill(&mut *seed);
        self.store
            .write(|tx| tx.put_meta_bytes(key::SEED, &*seed))?;
        Ok(seed)
    }
}

fn read(answer: &TransportResponse) -> Result<EnrolResponse> {
    if answer.is_of_type("application/problem+json")
        && let Ok(problem) = serde_json::from_slice::<Problem>(&answer.body)
    {
        return Err(Error::Server {
            problem: Box::new(problem),
        });
    }
    let foreign = |detail: String| Error::NotOurServer { detail };
    if answer.status != 200 || !answer.is_of_type("application/json") {
        return Err(foreign(format!(
            "status {}, {}",
            answer.status,
            answer.header("content-type").unwrap_or("no content type")
        )));
    }
    serde_json::from_slice(&answer.body).map_err(|e| foreign(e.to_string()))
}

fn checked(r: &EnrolResponse, key: &SigningKey, device_name: &str) -> Result<Enrolment> {
    let server_key = enrol::public_key(&r.server_key).ok_or(Refusal::Certificate)?;
    let signed = enrol::certificate_bytes(
        r.server,
        r.campaign,
        r.device,
        r.account,
        key.verifying_key().as_bytes(),
        r.enrolled_at_ms,
    );
    if !enrol::certified(&server_key, &signed, &r.certificate) {
        return Err(Refusal::Certificate.into());
    }
    Ok(Enrolment {
        identity: Identity {
            device: r.device,
            account: r.account,
            account_name: r.account_name.clone(),
            campaign: r.campaign,
            group: r.group,
            server: r.server,
        },
        server_key: r.server_key.clone(),
        certificate: r.certificate.clone(),
        enrolled_at_ms: r.enrolled_at_ms,
        device_name: device_name.trim().to_owned(),
    })
}
