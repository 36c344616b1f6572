//! The mark of a browser in which somebody signed in before.
//!
//! Whoever knows a name can use up its five tries and lock its owner out, and a flood of guesses fills the strangers'
//! queue. A browser with this mark has its own tries and does not queue with strangers. Invariant: it opens nothing; it
//! is for one name, and only this server can make it. Leaves out: the cookie (`console::sign_in`).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const NONCE_BYTES: usize = 16;
const MAC_BYTES: usize = 16;

fn mac(secret: &[u8; 32], user_key: &str, nonce: &[u8]) -> [u8; MAC_BYTES] {
    // invariant: HMAC takes a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)
        .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    mac.update(b"familiar");
    mac.update(nonce);
    mac.update(user_key.as_bytes());
    let mut short = [0; MAC_BYTES];
    short.copy_from_slice(&mac.finalize().into_bytes()[..MAC_BYTES]);
    short
}

/// Makes a mark for a name.
pub fn make(secret: &[u8; 32], user_key: &str, nonce: [u8; NONCE_BYTES]) -> String {
    let mut bytes = nonce.to_vec();
    bytes.extend_from_slice(&mac(secret, user_key, &nonce));
    hex::encode(bytes)
}

/// The mark's own key for counting tries, if it is one of ours for this name.
pub fn key(secret: &[u8; 32], user_key: &str, mark: &str) -> Option<String> {
    use subtle::ConstantTimeEq;
    let bytes = hex::decode(mark)
        .ok()
        .filter(|b| b.len() == NONCE_BYTES + MAC_BYTES)?;
    let (nonce, sent) = bytes.split_at(NONCE_BYTES);
    let fits: bool = mac(secret, user_key, nonce).ct_eq(sent).into();
    fits.then(|| format!("{user_key}\n{}", hex::encode(nonce)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_good_for_its_name_and_server_only() {
        let mark = make(&[1; 32], "ducha01", [7; 16]);
        assert!(key(&[1; 32], "ducha01", &mark).is_some());
        assert!(key(&[1; 32], "ducha02", &mark).is_none());
        assert!(key(&[2; 32], "ducha01", &mark).is_none());
        assert!(key(&[1; 32], "ducha01", &mark[2..]).is_none());
        assert!(key(&[1; 32], "ducha01", "rubbish").is_none());
    }
}
