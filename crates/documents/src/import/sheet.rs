//! A table as every format gives it: labelled columns, numbered rows of text.
//!
//! Invariant: every row has one cell per known column, trimmed, empty if the file has none.
//! Leaves out: what the cells mean (`check`).

use super::columns::{Column, PASSED_OVER, find, plain};
use super::error::{ImportErrors, Problem};
use super::text::{self, Encoding};
use super::{Format, MAX_ROWS, cell, csv, json, xlsx};

/// What a column is called in the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Label {
    /// Its name there.
    pub name: String,
    /// Its letter in a spreadsheet.
    pub letter: Option<String>,
}

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Number as people see it.
    pub number: usize,
    /// One cell per known column.
    pub cells: Vec<String>,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    /// Known columns.
    pub columns: &'static [Column],
    /// Their names in the file.
    pub labels: Vec<Label>,
    /// Rows with anything in them.
    pub rows: Vec<Row>,
    /// Name of the sheet in a workbook.
    pub name: Option<String>,
    /// Cells whose text is the stored result of a formula.
    pub formulas: usize,
    /// How the text of the file was read; none for a workbook.
    pub encoding: Option<Encoding>,
}

impl Sheet {
    /// Reads a file into a table.
    pub(super) fn read(
        bytes: &[u8],
        format: Format,
        columns: &'static [Column],
    ) -> Result<Self, ImportErrors> {
        let mut encoding = None;
        let sheet = match format {
            Format::Xlsx => xlsx::read(bytes, columns)?,
            Format::Csv | Format::Json => {
                let of_file = |problem| ImportErrors::of_file(&problem);
                let (text, read) = text::decode(bytes).map_err(of_file)?;
                encoding = Some(read);
                match format {
                    Format::Json => json::read(&text, columns)?,
                    _ => csv::read(&text, columns)?,
                }
            }
        };
        let wrong = match sheet.rows.len() {
            0 => Problem::Empty,
            n if n > MAX_ROWS => Problem::TooManyRows { max: MAX_ROWS },
            _ => return Ok(Self { encoding, ..sheet }),
        };
        Err(ImportErrors::of_file(&wrong).in_sheet(sheet.name.as_deref()))
    }

    /// Place of a known column.
    pub(super) fn place(&self, key: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.key == key)
    }
}

/// What a header cell is.
pub(super) enum Heading {
    /// A known column.
    Known(usize),
    /// A column nobody reads.
    PassedOver,
    /// Neither.
    Unknown,
}

/// What a header cell is.
pub(super) fn heading(columns: &[Column], name: &str) -> Heading {
    match find(columns, name) {
        Some(at) => Heading::Known(at),
        None if PASSED_OVER.contains(&plain(name).as_str()) => Heading::PassedOver,
        None => Heading::Unknown,
    }
}

/// Needed columns that are not among `found`.
pub(super) fn missing(columns: &[Column], found: impl Fn(usize) -> bool) -> Vec<Problem> {
    let absent = columns.iter().enumerate();
    absent
        .filter(|(at, c)| c.required && !found(*at))
        .map(|(_, c)| Problem::MissingColumn {
            zh: c.zh,
            key: c.key,
        })
        .collect()
}

/// Adds a row unless it is empty.
pub(super) fn push_row(rows: &mut Vec<Row>, number: usize, cells: Vec<String>) {
    let cells: Vec<String> = cells.iter().map(|text| cell::trim(text)).collect();
    if cells.iter().any(|text| !text.is_empty()) {
        rows.push(Row { number, cells });
    }
}
