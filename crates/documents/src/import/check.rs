//! Cells into values, collecting what is wrong.
//!
//! Invariant: a value returned beside an error is a stand-in that never leaves: `finish` gives errors or rows, not both.
//! Leaves out: rules between cells, which each table has of its own.

use std::collections::BTreeMap;

use domain::Divisions;

use super::cell;
use super::error::{ImportErrors, Problem};
use super::sheet::{Row, Sheet};

/// Characters of a name (`schema`).
pub(super) const NAME: usize = 100;
/// Characters of a code (`schema`).
pub(super) const CODE: usize = 40;

/// Reads one table.
pub(super) struct Check<'s> {
    sheet: &'s Sheet,
    errors: ImportErrors,
    seen: BTreeMap<String, usize>,
}

impl<'s> Check<'s> {
    pub(super) fn new(sheet: &'s Sheet) -> Self {
        Self {
            sheet,
            errors: ImportErrors::default(),
            seen: BTreeMap::new(),
        }
    }

    /// All rows, or all errors.
    pub(super) fn finish<T>(self, rows: T) -> Result<T, ImportErrors> {
        if self.errors.is_empty() {
            Ok(rows)
        } else {
            Err(self.into_errors())
        }
    }

    /// The errors so far.
    pub(super) fn into_errors(self) -> ImportErrors {
        self.errors.in_sheet(self.sheet.name.as_deref())
    }

    /// True if nothing is wrong so far.
    pub(super) fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// Notes an error at a cell.
    pub(super) fn fail(&mut self, row: usize, key: &str, problem: &Problem) {
        let label = self.sheet.place(key).and_then(|at| {
            let label = self.sheet.labels.get(at)?;
            (!label.name.is_empty()).then(|| label.clone())
        });
        let name = match &label {
            Some(label) => label.name.clone(),
            None => key.to_owned(),
        };
        let letter = label.and_then(|label| label.letter);
        self.errors.push(problem.at(Some(row), Some(name), letter));
    }

    /// Notes an error about a row, or the file.
    pub(super) fn fail_row(&mut self, row: Option<usize>, problem: &Problem) {
        self.errors.push(problem.at(row, None, None));
    }

    /// The cell as it stands.
    pub(super) fn raw(&self, row: &'s Row, key: &str) -> &'s str {
        let at = self.sheet.place(key);
        at.and_then(|at| row.cells.get(at))
            .map_or("", String::as_str)
    }

    /// Text of at most so many characters; `None` if empty.
    pub(super) fn text(&mut self, row: &'s Row, key: &str, max: usize) -> Option<String> {
        let text = self.raw(row, key);
        if text.chars().count() > max {
            self.fail(row.number, key, &Problem::TooLong { max });
        }
        if cell::is_formula(text) {
            let text = text.to_owned();
            self.fail(row.number, key, &Problem::Formula { text });
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Text that must be there.
    pub(super) fn need(&mut self, row: &'s Row, key: &str, max: usize) -> String {
        self.text(row, key, max).unwrap_or_else(|| {
            self.fail(row.number, key, &Problem::Required);
            String::new()
        })
    }

    /// A code or number with ASCII digits; `None` if empty.
    pub(super) fn code(&mut self, row: &'s Row, key: &str) -> Option<String> {
        let text = self.text(row, key, CODE)?;
        Some(cell::half_width(&text))
    }

    /// A whole number within the bounds, both included.
    pub(super) fn int(&mut self, row: &'s Row, key: &str, min: i64, max: i64) -> Option<i64> {
        let text = cell::half_width(self.raw(row, key));
        if text.is_empty() {
            return None;
        }
        let plain = text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<i64>() {
            Ok(number) if plain && (min..=max).contains(&number) => Some(number),
            _ => {
                self.fail(row.number, key, &Problem::BadNumber { text, min, max });
                None
            }
        }
    }

    /// Degrees in 1e-7, at most so many to either side.
    pub(super) fn degrees_e7(&mut self, row: &'s Row, key: &str, max: i64) -> Option<i64> {
        let text = cell::half_width(self.raw(row, key));
        if text.is_empty() {
            return None;
        }
        match cell::e7(&text) {
            Some(e7) if e7.abs() <= max * 10_000_000 => Some(e7),
            _ => {
                self.fail(row.number, key, &Problem::BadDecimal { text, max });
                None
            }
        }
    }

    /// Yes or no; an empty cell is no.
    pub(super) fn flag(&mut self, row: &'s Row, key: &str) -> bool {
        let text = self.raw(row, key);
        cell::flag(text).unwrap_or_else(|| {
            let known = "是, 否 (yes, no)".into();
            let text = text.to_owned();
            self.fail(row.number, key, &Problem::UnknownWord { text, known });
            false
        })
    }

    /// A township's code.
    pub(super) fn township(&mut self, row: &'s Row, key: &str, all: &Divisions) -> Option<String> {
        let text = self.code(row, key)?;
        if all.get(&text).is_some_and(|unit| unit.level.is_township()) {
            return Some(text);
        }
        let meant = all.townships().find(|unit| unit.name == text);
        let meant = meant.map(|unit| unit.code.clone());
        self.fail(row.number, key, &Problem::UnknownTownship { text, meant });
        None
    }

    /// A village's or community's code.
    pub(super) fn village(&mut self, row: &'s Row, key: &str, all: &Divisions) -> Option<String> {
        let text = self.code(row, key)?;
        let is_village = |unit: &domain::Division| unit.level.digits() == 12;
        if all.get(&text).is_some_and(is_village) {
            return Some(text);
        }
        self.fail(row.number, key, &Problem::UnknownVillage { text });
        None
    }

    /// Refuses a key that an earlier row has.
    pub(super) fn unique(&mut self, row: &'s Row, key: &str, identity: String, value: String) {
        if identity.is_empty() {
            return;
        }
        match self.seen.get(&identity) {
            Some(&first_row) => {
                self.fail(row.number, key, &Problem::Duplicate { value, first_row });
            }
            None => {
                self.seen.insert(identity, row.number);
            }
        }
    }
}
