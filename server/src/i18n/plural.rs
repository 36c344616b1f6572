//! English plurals: a text says `{n} sheet(s)`, a reader sees `1 sheet` or `2 sheets`.
//!
//! Invariant: only a word right after a number changes; what people typed stays. Leaves out: irregular plurals.

const MARK: &str = "(s)";

/// The number that a text ends with, before its last word.
fn number(text: &str) -> Option<&str> {
    let (before, word) = text.rsplit_once(' ')?;
    let begin = before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic());
    Some(&before[begin..]).filter(|n| is_word && !n.is_empty())
}

/// The text with each `(s)` after a number and a word as the number asks.
pub fn plurals(text: &str) -> String {
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match number(&out) {
            Some("1") => {}
            Some(_) => out.push('s'),
            None => out.push_str(MARK),
        }
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_the_rest_are_many() {
        assert_eq!(plurals("1 sheet(s) of 12 site(s)"), "1 sheet of 12 sites");
        assert_eq!(plurals("0 row(s), 21 error(s)."), "0 rows, 21 errors.");
        assert_eq!(plurals("file(s) of 甲 x(s)"), "file(s) of 甲 x(s)");
        assert_eq!(plurals("(s)"), "(s)");
    }
}
