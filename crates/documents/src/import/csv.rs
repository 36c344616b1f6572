//! CSV into a table; commas, semicolons or tabs, whichever the header has most of.
//!
//! Invariant: rows are numbered as a spreadsheet shows them, counting empty lines; a cell with line breaks is one row.
//! Leaves out: decoding (`text`), the header (`grid`).

use csv::{ReaderBuilder, StringRecord};

use super::columns::Column;
use super::error::{ImportErrors, Problem};
use super::grid::{Grid, RawCell};
use super::sheet::Sheet;

pub(super) fn read(text: &str, columns: &'static [Column]) -> Result<Sheet, ImportErrors> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut grid = Grid::new(columns);
    let mut number = 0;
    let mut record = StringRecord::new();
    loop {
        let start = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let detail = error.to_string();
                return Err(ImportErrors::of_file(&Problem::Malformed { detail }));
            }
        }
        number += 1 + empty_lines(text, start);
        grid.line(number, record.iter().map(RawCell::from).collect())?;
    }
    grid.finish()
}

/// By the first line that has any of them; a table of one column has none.
fn delimiter(text: &str) -> u8 {
    let count = |line: &str, mark: char| {
        let mut quoted = false;
        let outside = line.chars().filter(|c| {
            quoted ^= *c == '"';
            !quoted && *c == mark
        });
        outside.count()
    };
    for line in text.lines().take(20) {
        let most = [',', ';', '\t'].map(|mark| (count(line, mark), mark));
        // Of equals the first: a comma.
        let best = most.into_iter().rev().max_by_key(|(n, _)| *n);
        if let Some((1.., mark)) = best {
            return mark as u8;
        }
    }
    b','
}

/// Empty lines from `start` to the next record: the reader passes over them, a spreadsheet numbers them.
fn empty_lines(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut rest = bytes.get(start..).unwrap_or_default();
    // The reader stops between CR and LF.
    let after_cr = start > 0 && bytes.get(start - 1) == Some(&b'\r');
    if after_cr && rest.first() == Some(&b'\n') {
        rest = &rest[1..];
    }
    let mut count = 0;
    loop {
        rest = match rest {
            [b'\r', b'\n', after @ ..] | [b'\n' | b'\r', after @ ..] => after,
            _ => return count,
        };
        count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_between_cells_is_the_one_the_header_has_most_of() {
        assert_eq!(delimiter("a,b;c,d\n"), b',');
        assert_eq!(delimiter("\n\na;b\n"), b';');
        assert_eq!(delimiter("a\tb\tc,d\n"), b'\t');
        assert_eq!(delimiter("\"a;b;c\",d\n"), b',');
        assert_eq!(delimiter("a\n"), b',');
    }
}
