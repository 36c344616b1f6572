//! The form every CBOR item of the protocol has, checked before anything is read from it.
//!
//! Invariant: what passes has one encoding only (shortest integers and lengths, definite lengths), nests no deeper than
//! [`limits::CBOR_DEPTH`], uses only what `docs/sync-protocol.md` names, and ends where the bytes end. Walks without
//! allocating. Leaves out: what the items mean.

use crate::limits;
use crate::value::TAG_UUID;

/// Why bytes are not exactly one item of that form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// They end within it.
    #[error("cut short")]
    Short,
    /// Something follows.
    #[error("bytes left over")]
    LeftOver,
    /// A length that is only known at its end, or a reserved one.
    #[error("no definite length")]
    Indefinite,
    /// An integer or length in more bytes than it needs.
    #[error("not the shortest form")]
    Overlong,
    /// Lists within lists beyond the limit.
    #[error("nested too deep")]
    TooDeep,
    /// A map, a float, or a tag or simple value that is not used.
    #[error("an item that is not used")]
    Unused,
}

/// Checks that `bytes` are exactly one item.
///
/// # Errors
/// What is wrong with them.
pub fn check(bytes: &[u8]) -> Result<(), FormError> {
    let mut walk = Walk { rest: bytes };
    walk.item(0)?;
    if walk.rest.is_empty() {
        Ok(())
    } else {
        Err(FormError::LeftOver)
    }
}

struct Walk<'b> {
    rest: &'b [u8],
}

impl Walk<'_> {
    fn take(&mut self, n: u64) -> Result<&[u8], FormError> {
        let n = usize::try_from(n).map_err(|_| FormError::Short)?;
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(FormError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Major type and number of the next head.
    fn head(&mut self) -> Result<(u8, u64), FormError> {
        let first = self.take(1)?[0];
        let (major, info) = (first >> 5, first & 31);
        if info < 24 {
            return Ok((major, u64::from(info)));
        }
        if major == 7 {
            return Err(FormError::Unused);
        }
        let (width, least) = match info {
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return Err(FormError::Indefinite),
        };
        let bytes = self.take(width)?;
        let number = bytes.iter().fold(0, |a, b| a << 8 | u64::from(*b));
        if number < least {
            return Err(FormError::Overlong);
        }
        Ok((major, number))
    }

    fn item(&mut self, depth: usize) -> Result<(), FormError> {
        if depth > limits::CBOR_DEPTH {
            return Err(FormError::TooDeep);
        }
        match self.head()? {
            (0 | 1, _) => Ok(()),
            (2 | 3, length) => self.take(length).map(drop),
            (4, items) => (0..items).try_for_each(|_| self.item(depth + 1)),
            (6, TAG_UUID) => match self.head()? {
                (2, 16) => self.take(16).map(drop),
                _ => Err(FormError::Unused),
            },
            (7, 20..=22) => Ok(()),
            _ => Err(FormError::Unused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_form_is_told_by_its_cause() {
        let bytes = |hex: &str| hex::decode(hex).unwrap();
        for good in ["00", "1818", "3903e7", "f6", "83010203", "8180", "63e8a782"] {
            assert_eq!(check(&bytes(good)), Ok(()), "{good}");
        }
        // The smallest of each width, the largest of all, and a UUID.
        let uuid = format!("d82550{}", "07".repeat(16));
        for good in [
            "190100",
            "1a00010000",
            "1b0000000100000000",
            "3bffffffffffffffff",
            &uuid,
        ] {
            assert_eq!(check(&bytes(good)), Ok(()), "{good}");
        }
        for overlong in ["1900ff", "1a0000ffff", "1b00000000ffffffff"] {
            assert_eq!(check(&bytes(overlong)), Err(FormError::Overlong));
        }
        assert_eq!(check(&bytes("1817")), Err(FormError::Overlong));
        assert_eq!(check(&bytes("580100")), Err(FormError::Overlong));
        assert_eq!(check(&bytes("9fff")), Err(FormError::Indefinite));
        assert_eq!(check(&bytes("8200")), Err(FormError::Short));
        assert_eq!(check(&bytes("9bffffffffffffffff")), Err(FormError::Short));
        assert_eq!(check(&bytes("0000")), Err(FormError::LeftOver));
        let short = format!("d8254f{}", "07".repeat(15));
        assert_eq!(check(&bytes(&short)), Err(FormError::Unused));
        for unused in ["a0", "f90000", "f7", "c000", "d82500"] {
            assert_eq!(check(&bytes(unused)), Err(FormError::Unused), "{unused}");
        }
        let deep = [vec![0x81; limits::CBOR_DEPTH + 1], vec![0]].concat();
        assert_eq!(check(&deep), Err(FormError::TooDeep));
        assert_eq!(check(&deep[1..]), Ok(()));
    }
}
