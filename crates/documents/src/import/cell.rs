//! Text of cells: blanks, full-width digits, spreadsheet letters, decimals.
//!
//! Invariant: numbers are read from their decimal text, never through a float.
//! Leaves out: which cell needs what (`check`).

/// Without blanks around it, full-width and invisible ones too; line breaks and tabs inside become a space.
pub(super) fn trim(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}');
    let text = text.trim_matches(blank);
    text.replace("\r\n", " ")
        .replace(|c: char| c.is_control(), " ")
}

/// With ASCII letters, digits, point and sign for their full-width forms: what codes and numbers are read from.
pub(super) fn half_width(text: &str) -> String {
    let fold = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '−' => '-',
        other => other,
    };
    text.chars().map(fold).collect()
}

/// Letter of a column, from 0: `A`, `Z`, `AA`.
pub(super) fn letter(mut at: usize) -> String {
    let mut letters = vec![];
    loop {
        letters.push(b'A' + (at % 26) as u8);
        if at < 26 {
            break;
        }
        at = at / 26 - 1;
    }
    letters.iter().rev().map(|b| char::from(*b)).collect()
}

/// A decimal with at most 7 places, in 1e-7.
pub(super) fn e7(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = part.trim_end_matches('0');
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 4 || part.len() > 7 || !plain(whole) || !plain(part) {
        return None;
    }
    let value: i64 = format!("{whole}{part:0<7}").parse().ok()?;
    Some(if negative { -value } else { value })
}

/// Yes or no; an empty cell is no.
pub(super) fn flag(text: &str) -> Option<bool> {
    match half_width(text).to_lowercase().as_str() {
        "是" | "true" | "yes" | "y" | "1" | "√" | "✓" => Some(true),
        "" | "否" | "false" | "no" | "n" | "0" | "×" => Some(false),
        _ => None,
    }
}

/// A formula, or what a spreadsheet writes where one failed.
pub(super) fn is_formula(text: &str) -> bool {
    let failed = [
        "#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!",
    ];
    text.starts_with('=') || failed.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_spreadsheets_do() {
        let seen: Vec<String> = [0, 1, 25, 26, 27, 51, 52, 701, 702].map(letter).to_vec();
        assert_eq!(seen, ["A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn blanks_and_full_width_digits_do_not_matter() {
        assert_eq!(trim("\u{3000}平峰镇 \u{200b}\t"), "平峰镇");
        assert_eq!(trim("一\r\n二"), "一 二");
        assert_eq!(half_width("６４０４２２１０２"), "640422102");
        assert_eq!(half_width("1 2"), "1 2");
        assert_eq!(half_width("−３．５"), "-3.5");
    }

    #[test]
    fn degrees_are_exact_or_refused() {
        assert_eq!(e7("35.964"), Some(359_640_000));
        assert_eq!(e7("-105.7290001"), Some(-1_057_290_001));
        assert_eq!(e7("105.72900010"), Some(1_057_290_001));
        for bad in ["", ".5", "35.12345678", "1e2", "+1", "35,9", "--1", "99999"] {
            assert_eq!(e7(bad), None, "{bad}");
        }
    }
}
