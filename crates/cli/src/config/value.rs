//! Values as people write them: `6h`, `1GB`, `true`.
//!
//! Leaves out: which setting they are of.

use std::time::Duration;

/// `30s`, `15m`, `6h`, `7d`; more than nothing.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, seconds) = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))?;
    let number: u64 = number.trim().parse().ok()?;
    let seconds = number.checked_mul(seconds).filter(|s| *s > 0)?;
    Some(Duration::from_secs(seconds))
}

/// `500MB`, `1GB`, `4096`: decimal units, bytes without one.
pub fn bytes(text: &str) -> Option<u64> {
    let units = [("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3), ("KB", 3)];
    let found = units
        .into_iter()
        .find_map(|(unit, power)| Some((text.strip_suffix(unit)?, power)));
    let (number, power) = found.unwrap_or((text, 0));
    let number: u64 = number.trim().parse().ok()?;
    number.checked_mul(10_u64.checked_pow(power)?)
}

/// `true` or `false`.
pub fn flag(text: &str) -> Option<bool> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read_as_people_write_them_and_rubbish_is_not() {
        assert_eq!(duration("6h"), Some(Duration::from_secs(21_600)));
        assert_eq!(duration("90s"), Some(Duration::from_secs(90)));
        assert_eq!(bytes("1GB"), Some(1_000_000_000));
        assert_eq!(bytes("4096"), Some(4_096));
        for bad in ["", "6", "h", "-1h", "0s", "6 weeks", "99999999999999999d"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
        for bad in ["", "GB", "-1", "1.5GB", "1 PB", "99999999999TB"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
