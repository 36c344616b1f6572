//! Points as integers: 1/10,000 point (`_e4`), rounded half away from zero.
//!
//! Invariant: no floating point; a decimal text that does not fit four places is refused, never rounded.
//! Leaves out: where points are rounded (that is said where it happens).

/// One point in e4.
pub const POINT: i64 = 10_000;
/// One hundred points in e4: a full sheet.
pub const HUNDRED: i64 = 1_000_000;

/// `num / den` rounded half away from zero; `None` if `den` is 0 or the result does not fit.
pub fn div_round(num: i128, den: i128) -> Option<i64> {
    if den == 0 {
        return None;
    }
    let (num, den) = if den < 0 {
        (num.checked_neg()?, den.checked_neg()?)
    } else {
        (num, den)
    };
    let whole = num / den;
    let rest = (num % den).unsigned_abs();
    // rest >= den - rest is 2 * rest >= den without the risk of overflow.
    let away = i128::from(rest >= den.unsigned_abs() - rest);
    i64::try_from(whole.checked_add(away * num.signum())?).ok()
}

/// A value in e4 at two decimals, as an integer in 1/100 point: what people see and compare.
pub fn cents(e4: i64) -> i64 {
    div_round(i128::from(e4), 100).unwrap_or_default()
}

/// A value in e4 as text with two decimals: `90.80`.
pub fn show2(e4: i64) -> String {
    let c = cents(e4);
    let sign = if c < 0 { "-" } else { "" };
    format!(
        "{sign}{}.{:02}",
        c.unsigned_abs() / 100,
        c.unsigned_abs() % 100
    )
}

/// A value in e4 as exact text with two to four decimals: `89.00`, `81.3889`.
pub fn show(e4: i64) -> String {
    let sign = if e4 < 0 { "-" } else { "" };
    let (whole, part) = (e4.unsigned_abs() / 10_000, e4.unsigned_abs() % 10_000);
    let text = format!("{sign}{whole}.{part:04}");
    if part % 100 == 0 {
        text[..text.len() - 2].to_owned()
    } else {
        text.strip_suffix('0').unwrap_or(&text).to_owned()
    }
}

/// Reads a plain decimal (`88.5`, `-0.25`) into e4; `None` if it is not one or has more than four places.
pub fn parse(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((whole, part)) if !part.is_empty() => (whole, part.trim_end_matches('0')),
        Some(_) => return None,
        None => (digits, ""),
    };
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > 4 || !plain(whole) || !plain(part) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<4}").parse().ok()?;
    let value = whole.checked_mul(POINT)?.checked_add(part)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(div_round(5, 2), Some(3));
        assert_eq!(div_round(-5, 2), Some(-3));
        assert_eq!(div_round(5, -2), Some(-3));
        assert_eq!(div_round(4, 3), Some(1));
        assert_eq!(div_round(-4, 3), Some(-1));
        assert_eq!(div_round(1, 0), None);
        assert_eq!(div_round(i128::MAX, 1), None);
        assert_eq!(cents(893_950), 8940);
        assert_eq!(cents(-50), -1);
    }

    #[test]
    fn decimal_text_goes_to_e4_exactly_or_not_at_all() {
        assert_eq!(parse("88.5"), Some(885_000));
        assert_eq!(parse("-0.25"), Some(-2_500));
        assert_eq!(parse("7"), Some(70_000));
        assert_eq!(parse("1.00000"), Some(10_000));
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "1.00001",
            "1e3",
            "+1",
            "--1",
            "999999999999999999",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn text_shows_two_decimals_or_all_of_them() {
        assert_eq!(show2(813_889), "81.39");
        assert_eq!(show2(-14_071), "-1.41");
        assert_eq!(show(890_000), "89.00");
        assert_eq!(show(813_889), "81.3889");
        assert_eq!(show(813_880), "81.388");
        assert_eq!(show(-5_000), "-0.50");
    }
}
