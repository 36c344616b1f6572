//! A table as both formats give it: labelled columns, numbered rows of text.
//!
//! Invariant: every row has one cell per known column, trimmed, empty if the file has none.
//! Leaves out: what the cells mean (`check`).

use super::columns::{Column, PASSED_OVER, find, plain};
use super::error::{ImportErrors, Problem};
use super::{Format, MAX_BYTES, MAX_ROWS, cell, csv, json};

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
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    /// Known columns.
    pub columns: &'static [Column],
    /// Their names in the file.
    pub labels: Vec<Label>,
    /// Rows with anything in them.
    pub rows: Vec<Row>,
}

impl Sheet {
    /// Reads a file into a table.
    pub(super) fn read(
        bytes: &[u8],
        format: Format,
        columns: &'static [Column],
    ) -> Result<Self, ImportErrors> {
        let text = decode(bytes).map_err(|problem| ImportErrors::of_file(&problem))?;
        let sheet = match format {
            Format::Csv => csv::read(text, columns)?,
            Format::Json => json::read(text, columns)?,
        };
        if sheet.rows.is_empty() {
            return Err(ImportErrors::of_file(&Problem::Empty));
        }
        if sheet.rows.len() > MAX_ROWS {
            let problem = Problem::TooManyRows { max: MAX_ROWS };
            return Err(ImportErrors::of_file(&problem));
        }
        Ok(sheet)
    }

    /// Place of a known column.
    pub(super) fn place(&self, key: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.key == key)
    }
}

/// The text of a file, without byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::TooLarge {
            max_bytes: MAX_BYTES,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::NotUtf8)?;
    if text.contains('\0') {
        return Err(Problem::NotUtf8);
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
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
