//! CSV into a table.
//!
//! Invariant: rows are numbered as a spreadsheet shows them, counting empty lines; a cell with line breaks is one row.
//! Leaves out: other delimiters than the comma.

use csv::{ReaderBuilder, StringRecord};

use super::cell;
use super::columns::Column;
use super::error::{ImportErrors, Problem};
use super::sheet::{Heading, Label, Row, Sheet, heading, missing, push_row};

pub(super) fn read(text: &str, columns: &'static [Column]) -> Result<Sheet, ImportErrors> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut errors = ImportErrors::default();
    let mut number = 0;
    let mut head: Option<Head> = None;
    let mut rows: Vec<Row> = vec![];
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
        let Some(head) = &head else {
            if record.iter().all(|text| cell::trim(text).is_empty()) {
                continue;
            }
            head = Some(Head::read(&record, number, columns, &mut errors)?);
            continue;
        };
        let cells = head.cells(&record, number, columns.len(), &mut errors);
        push_row(&mut rows, number, cells);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let labels = head.map(|head| head.labels).unwrap_or_default();
    Ok(Sheet {
        columns,
        labels,
        rows,
    })
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

/// The header row.
struct Head {
    /// The known column at each place of the file.
    at: Vec<Option<usize>>,
    /// By known column.
    labels: Vec<Label>,
}

impl Head {
    fn read(
        record: &StringRecord,
        number: usize,
        columns: &'static [Column],
        errors: &mut ImportErrors,
    ) -> Result<Self, ImportErrors> {
        let mut at = vec![None; record.len()];
        let mut labels = vec![Label::default(); columns.len()];
        let mut found = vec![false; columns.len()];
        for (place, name) in record.iter().enumerate() {
            let (name, letter) = (cell::trim(name), cell::letter(place));
            let problem = match heading(columns, &name) {
                _ if name.is_empty() => continue,
                Heading::PassedOver => continue,
                Heading::Known(known) if found[known] => {
                    Problem::DuplicateColumn { name: name.clone() }
                }
                Heading::Known(known) => {
                    at[place] = Some(known);
                    found[known] = true;
                    labels[known] = Label {
                        name,
                        letter: Some(letter),
                    };
                    continue;
                }
                Heading::Unknown => Problem::UnknownColumn { name: name.clone() },
            };
            errors.push(problem.at(Some(number), Some(name), Some(letter)));
        }
        for problem in missing(columns, |known| found[known]) {
            let Problem::MissingColumn { zh, .. } = &problem else {
                continue;
            };
            errors.push(problem.at(Some(number), Some((*zh).into()), None));
        }
        if errors.is_empty() {
            Ok(Self { at, labels })
        } else {
            Err(std::mem::take(errors))
        }
    }

    /// Cells by known column. What stands outside the header is an error, not lost.
    fn cells(
        &self,
        record: &StringRecord,
        number: usize,
        columns: usize,
        errors: &mut ImportErrors,
    ) -> Vec<String> {
        let mut cells = vec![String::new(); columns];
        for (place, text) in record.iter().enumerate() {
            match self.at.get(place) {
                Some(Some(known)) => cells[*known] = text.to_owned(),
                Some(None) => {}
                None if cell::trim(text).is_empty() => {}
                None => {
                    let text: String = cell::trim(text).chars().take(20).collect();
                    let problem = Problem::ExtraCell { text };
                    errors.push(problem.at(Some(number), None, Some(cell::letter(place))));
                }
            }
        }
        cells
    }
}
