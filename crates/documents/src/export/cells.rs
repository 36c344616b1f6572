//! CSV as spreadsheets of Chinese offices open it: UTF-8 with byte order mark, CRLF, formulas guarded.
//!
//! Invariant: text that would start a formula gets a leading `'`; numbers are written bare.
//! Leaves out: which columns there are.

use csv::{QuoteStyle, Terminator, WriterBuilder};

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// Nothing.
    Empty,
    /// A whole number.
    Int(i64),
    /// A score at two decimals.
    Score(i64),
    /// Text.
    Text(String),
}

impl Cell {
    /// Text, empty if there is none.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn show(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Int(number) => number.to_string(),
            Self::Score(e4) => domain::points::show2(*e4),
            Self::Text(text) => guarded(text),
        }
    }
}

/// Text that no spreadsheet takes for a formula, also behind full-width forms and control characters.
fn guarded(text: &str) -> String {
    let risky = |c: char| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
        )
    };
    if text.starts_with(risky) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The bytes of a file.
pub(super) fn csv_bytes(rows: &[Vec<Cell>]) -> Vec<u8> {
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .flexible(true)
        .from_writer(&mut bytes);
    for row in rows {
        let cells: Vec<String> = row.iter().map(Cell::show).collect();
        // invariant: a Vec<u8> takes every write, and rows of any length are allowed
        writer.write_record(&cells).expect("memory takes it");
    }
    // invariant: as above
    writer.flush().expect("memory takes it");
    drop(writer);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_be_a_formula_is_guarded_and_numbers_are_not() {
        let row = ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "＝1"].map(Cell::text);
        let bytes = csv_bytes(&[row.to_vec(), vec![Cell::Int(-3), Cell::Score(-14_071)]]);
        let text = String::from_utf8(bytes).unwrap();
        let expected = "\u{feff}'=1+1,'+1,'-1,'@a,'\ta,\"'\ra\",'＝1\r\n-3,-1.41\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn quotes_commas_and_line_breaks_stay_in_their_cell() {
        let bytes = csv_bytes(&[vec![Cell::text("a,\"b\"\nc"), Cell::Empty]]);
        assert_eq!(bytes, "\u{feff}\"a,\"\"b\"\"\nc\",\r\n".as_bytes());
    }
}
