//! One-time codes that people read and type: 128 bits in base 32.
//!
//! Invariant: only the hash is stored. A code is compared without regard to case, spaces, dashes and the letters that
//! look like digits. Leaves out: who may issue and redeem one.

/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The code of 16 random bytes: 26 characters, `XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX`.
pub fn write(entropy: [u8; 16]) -> String {
    let number = u128::from_be_bytes(entropy);
    let mut code = String::with_capacity(30);
    for at in 0..26 {
        if at % 5 == 0 && (1..25).contains(&at) {
            code.push('-');
        }
        let digit = (number >> (125 - 5 * at)) & 31;
        code.push(char::from(ALPHABET[digit as usize]));
    }
    code
}

/// A shorter one of 10 of 16 random bytes, for what is asked for besides a password: `XXXX-XXXX-XXXX-XXXX`.
pub fn write_short(entropy: [u8; 16]) -> String {
    let number = u128::from_be_bytes(entropy) & ((1 << 80) - 1);
    let mut code = String::with_capacity(19);
    for at in 0..16 {
        if at % 4 == 0 && at > 0 {
            code.push('-');
        }
        let digit = (number >> (75 - 5 * at)) & 31;
        code.push(char::from(ALPHABET[digit as usize]));
    }
    code
}

/// SHA-256 of a code as it was typed or scanned; what is stored.
pub fn hash(code: &str) -> [u8; 32] {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect();
    protocol::chain::sha256(plain.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_holds_all_128_bits() {
        assert_eq!(write([0; 16]), "00000-00000-00000-00000-000000");
        assert_eq!(write([255; 16]), "7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZZ");
        let mut last = [0; 16];
        last[15] = 1;
        assert!(write(last).ends_with('1'));
    }

    #[test]
    fn a_short_code_holds_eighty_bits() {
        assert_eq!(write_short([0; 16]), "0000-0000-0000-0000");
        assert_eq!(write_short([255; 16]), "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
        let mut last = [0; 16];
        last[6] = 0x80;
        assert!(write_short(last).starts_with('G'));
    }

    #[test]
    fn a_code_typed_sloppily_is_the_same_code() {
        let code = write([0x10; 16]);
        let sloppy = code.to_lowercase().replace('-', "  ").replace('0', "o");
        assert_eq!(hash(&code), hash(&sloppy));
        assert_ne!(hash(&code), hash(&write([0x11; 16])));
    }
}
