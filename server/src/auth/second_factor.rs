//! The second factor: codes of a generator on the person's own phone (TOTP, RFC 6238), and recovery codes on paper.
//!
//! Invariant: it is offered to everybody and demanded of the roles that the office names; a code is taken once; wrong
//! ones are counted as wrong passwords are; it is turned on and off with the password and a code, or taken away by an
//! administrator with a reason. Leaves out: storage (`store::sqlite::second_factor`), pages and routes.

use protocol::chain::sha256;
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::service::{Auth, Pending, SignIn, entropy};
use super::types::{CodeTaken, FactorChange, Login, OwnPassword, TurnedOn};
use super::{AuthError, codes};
use crate::error::Result;
use crate::store::sqlite::auth::user_key;
use protocol::problem::Code;

/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;
/// How long a sign-in waits for its code.
pub const PENDING_MS: i64 = 5 * 60 * 1000;
/// As generators name us.
const ISSUER: &str = "Guanmo";

/// What a person puts into a generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The secret in letters, in groups of four.
    pub text: String,
    /// The same as an address for a QR code.
    pub url: String,
}

fn totp(secret: &[u8], account: &str) -> Option<Totp> {
    Builder::new()
        .with_secret(secret.to_vec())
        // A colon would end the issuer's name.
        .with_account_name(account.replace(':', " "))
        .with_issuer(Some(ISSUER))
        .build()
        .ok()
}

/// The 30-second step in which a secret's code is what was typed, now or one step beside.
pub fn step_of(secret: &[u8], typed: &str, now_ms: i64) -> Option<i64> {
    let seconds = u64::try_from(now_ms / 1000).ok()?;
    let step = totp(secret, "")?.check(&digits(typed), seconds)?;
    i64::try_from(step).ok()
}

/// What was typed without blanks, full-width digits as plain ones.
fn digits(typed: &str) -> String {
    let plain = typed.chars().filter(|c| !c.is_whitespace() && *c != '-');
    plain
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + (u32::from(c) - u32::from('０')) as u8),
            c => c,
        })
        .collect()
}

fn bytes_of(secret: &str) -> Option<Vec<u8>> {
    let bytes = Secret::try_from_base32(secret).ok()?.as_bytes().to_vec();
    (bytes.len() == 20).then_some(bytes)
}

/// The code of a time.
#[cfg(test)]
pub fn code_at(secret: &[u8], now_ms: i64) -> String {
    let totp = totp(secret, "").unwrap();
    totp.generate(u64::try_from(now_ms / 1000).unwrap())
        .to_string()
}

/// The code of a time for a secret in letters.
#[cfg(test)]
pub fn code_of(secret: &str, now_ms: i64) -> String {
    code_at(&bytes_of(&secret.replace(' ', "")).unwrap(), now_ms)
}

fn code_key(key: &str) -> String {
    format!("{key}\ncode")
}

impl Auth {
    /// True if the office demands a second factor of this login's role and it has none: it may do nothing before.
    pub fn lacks_second_factor(&self, login: &Login) -> bool {
        !login.has_second_factor && self.settings.get().demands_second_factor(login.role)
    }

    /// A secret for a generator, in letters; nothing is stored yet.
    ///
    /// # Errors
    /// The system's.
    pub fn new_factor_secret(&self) -> Result<String> {
        let mut bytes = [0; 20];
        bytes[..16].copy_from_slice(&entropy()?);
        bytes[16..].copy_from_slice(&entropy()?[..4]);
        Ok(Secret::from(bytes).to_base32())
    }

    /// A secret as it is shown; `None` if it is none.
    pub fn offer(&self, me: &Login, secret: &str) -> Option<Offer> {
        let url = totp(&bytes_of(secret)?, &me.user_name)?.to_url().ok()?;
        let letters: Vec<char> = secret.chars().collect();
        let groups = letters.chunks(4).map(|g| g.iter().collect::<String>());
        let text = groups.collect::<Vec<_>>().join(" ");
        Some(Offer { text, url })
    }

    /// Turns the own second factor on: the code shows that the generator has the secret. Other sessions end.
    ///
    /// # Errors
    /// The database's.
    pub async fn turn_on_factor(
        &self,
        me: &Login,
        secret: &str,
        (password, code): (String, &str),
        keep: Option<[u8; 32]>,
    ) -> Result<TurnedOn> {
        let Some(bytes) = bytes_of(secret) else {
            return Ok(TurnedOn::WrongCode);
        };
        let Some(step) = step_of(&bytes, code, self.now_ms()) else {
            return Ok(TurnedOn::WrongCode);
        };
        match self.own_password(me, password, "second_factor_on").await? {
            OwnPassword::Right => {}
            OwnPassword::Wrong => return Ok(TurnedOn::WrongPassword),
            OwnPassword::Locked => return Ok(TurnedOn::Locked),
        }
        let mut list = Vec::with_capacity(RECOVERY_CODES);
        for _ in 0..RECOVERY_CODES {
            list.push(codes::write_short(entropy()?));
        }
        let hashes = list.iter().map(|code| codes::hash(code)).collect();
        let entry = self.about(me, "second_factor_on", me.id, "");
        let on = self
            .store
            .turn_on_factor(me.id, (bytes, step), hashes, keep, entry)
            .await?;
        Ok(if on {
            TurnedOn::Done(list)
        } else {
            TurnedOn::Already
        })
    }

    /// Turns the own second factor off. Other sessions end.
    ///
    /// # Errors
    /// The database's.
    pub async fn turn_off_factor(
        &self,
        me: &Login,
        password: String,
        code: &str,
        keep: Option<[u8; 32]>,
    ) -> Result<FactorChange> {
        let action = "second_factor_off";
        match self.own_password(me, password, action).await? {
            OwnPassword::Right => {}
            OwnPassword::Wrong => return Ok(FactorChange::WrongPassword),
            OwnPassword::Locked => return Ok(FactorChange::Locked),
        }
        // Counted with the password of this desk, apart from sign-ins.
        let key = code_key(&format!("{}\nchange", user_key(&me.user_name)));
        let entry = self.about(me, action, me.id, "");
        let taken = self
            .store
            .turn_off_factor(me.id, key, code.to_owned(), keep, entry);
        let (said, why) = match taken.await? {
            CodeTaken::Generated | CodeTaken::Recovery { .. } => return Ok(FactorChange::Done),
            CodeTaken::Wrong => (FactorChange::WrongCode, "wrong code"),
            CodeTaken::Locked => (FactorChange::Locked, "locked"),
        };
        self.refused(self.about(me, action, me.id, ""), why).await?;
        Ok(said)
    }

    /// Takes somebody's second factor away, with a reason; the sessions end.
    ///
    /// # Errors
    /// `ReasonRequired`, `Invalid` for the own one, `NotFound` if there is none.
    pub async fn remove_factor(&self, by: &Login, id: Uuid, reason: &str) -> Result<()> {
        let reason = super::logins::reason_given(reason)?;
        super::logins::not_own(by, id)?;
        let entry = self.about(by, "remove_second_factor", id, reason);
        match self.store.remove_factor(id, entry).await? {
            true => Ok(()),
            false => Err(Code::NotFound.into()),
        }
    }

    /// Keeps a sign-in that waits for its code; the token is for the browser.
    ///
    /// # Errors
    /// The database's.
    pub async fn hold(&self, pending: &Pending) -> std::result::Result<String, AuthError> {
        let (token, now_ms) = (self.token()?, self.now_ms());
        let key = pending.key.clone();
        self.store
            .hold_sign_in(
                pending_hash(&token),
                pending.login.id,
                key,
                now_ms,
                now_ms + PENDING_MS,
            )
            .await?;
        Ok(token)
    }

    /// The sign-in that a token stands for, while it waits.
    ///
    /// # Errors
    /// The database's.
    pub async fn held(&self, token: &str) -> std::result::Result<Option<Pending>, AuthError> {
        let now_ms = self.now_ms();
        let found = self.store.held_sign_in(pending_hash(token), now_ms).await?;
        Ok(found
            .filter(|(login, _)| login.is_usable(now_ms))
            .map(|(login, key)| Pending { login, key }))
    }

    /// The second step of signing in.
    ///
    /// # Errors
    /// The database's.
    pub async fn sign_in_with_code(
        &self,
        pending: Pending,
        code: &str,
    ) -> std::result::Result<SignIn, AuthError> {
        let Pending { login, key } = pending;
        let entry = self.entry(&login.user_name, login.role.word(), "sign_in", "");
        let keys = (key.clone(), code_key(&key));
        let taken =
            self.store
                .finish_with_code(login.clone(), keys, code.to_owned(), entry.clone());
        let (said, why) = match taken.await? {
            CodeTaken::Generated | CodeTaken::Recovery { .. } => {
                return self.signed_in(login).await.map(SignIn::Done);
            }
            CodeTaken::Wrong => (SignIn::WrongCode, "wrong code"),
            CodeTaken::Locked => (SignIn::Locked, "locked, code"),
        };
        self.refused(entry, why).await?;
        Ok(said)
    }
}

fn pending_hash(token: &str) -> [u8; 32] {
    sha256(format!("pending {token}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six of eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step_of(secret, code, seconds * 1000), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_one_step_around_and_however_it_is_typed() {
        let (secret, now) = ([3; 20], 1_800_000_000_000);
        let code = code_at(&secret, now);
        for beside in [-30_000, 0, 30_000] {
            assert!(step_of(&secret, &code, now + beside).is_some(), "{beside}");
        }
        for far in [-60_000, 60_000] {
            assert_eq!(step_of(&secret, &code, now + far), None, "{far}");
        }
        let wide: String = code
            .chars()
            .map(|c| char::from_u32(u32::from(c) - u32::from('0') + u32::from('０')).unwrap())
            .collect();
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        assert_eq!(step_of(&secret, &wide, now), step_of(&secret, &spaced, now));
        assert!(step_of(&secret, &wide, now).is_some());
        for bad in ["", "12345", "abcdef", "1234567"] {
            assert_eq!(step_of(&secret, bad, now), None, "{bad}");
        }
    }
}
