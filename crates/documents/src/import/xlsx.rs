//! XLSX into a table: the one visible sheet with something in it.
//!
//! Invariant: cells are read one by one, so that a far-off cell costs no memory; the stored result of a formula counts,
//! a formula without one is refused. Leaves out: other workbooks (`container`), styles, hidden sheets.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};

use super::columns::{Column, plain};
use super::error::{ImportErrors, Problem};
use super::grid::{Grid, RawCell};
use super::sheet::Sheet;
use super::{cell, container};

/// Sheets that explain a table: passed over, whatever is in them.
pub const NOTES: &[&str] = &[
    "说明",
    "填写说明",
    "代码",
    "代码表",
    "notes",
    "codes",
    "readme",
];
/// Places a row may have; none of the tables has a tenth of it.
const MAX_WIDTH: usize = 256;
/// Merged ranges that are named; the rest is counted.
const MERGED_NAMED: usize = 5;

type Book<'b> = Xlsx<Cursor<&'b [u8]>>;

pub(super) fn read(bytes: &[u8], columns: &'static [Column]) -> Result<Sheet, ImportErrors> {
    container::check(bytes).map_err(|problem| ImportErrors::of_file(&problem))?;
    // The reader is written for files that a spreadsheet wrote and panics on some that are made up.
    let read = catch_unwind(AssertUnwindSafe(|| read_checked(bytes, columns)));
    read.unwrap_or_else(|_| Err(malformed("内部结构损坏 / damaged inside")))
}

fn malformed(detail: impl ToString) -> ImportErrors {
    let detail = detail.to_string();
    ImportErrors::of_file(&Problem::Malformed { detail })
}

fn read_checked(bytes: &[u8], columns: &'static [Column]) -> Result<Sheet, ImportErrors> {
    let mut book: Book = Xlsx::new(Cursor::new(bytes)).map_err(malformed)?;
    let name = only_sheet(&mut book)?;
    merged(&mut book, &name)?;
    let read = rows(&mut book, &name, columns);
    let mut sheet = read.map_err(|errors| errors.in_sheet(Some(&name)))?;
    sheet.name = Some(name);
    Ok(sheet)
}

/// The one sheet to read.
fn only_sheet(book: &mut Book) -> Result<String, ImportErrors> {
    let shown = |sheet: &&calamine::Sheet| {
        let note = NOTES.contains(&plain(&sheet.name).as_str());
        sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible && !note
    };
    let names = book.sheets_metadata().iter().filter(shown);
    let names: Vec<String> = names.map(|sheet| sheet.name.clone()).collect();
    let mut filled = vec![];
    for name in names {
        if has_content(book, &name)? {
            filled.push(name);
        }
    }
    match filled.len() {
        0 => Err(ImportErrors::of_file(&Problem::Empty)),
        1 => Ok(filled.remove(0)),
        _ => {
            let names: Vec<String> = filled.iter().map(|name| format!("“{name}”")).collect();
            let names = names.join("、");
            Err(ImportErrors::of_file(&Problem::SeveralSheets { names }))
        }
    }
}

fn has_content(book: &mut Book, name: &str) -> Result<bool, ImportErrors> {
    let mut cells = book.worksheet_cells_reader(name).map_err(malformed)?;
    while let Some(found) = cells.next_cell().map_err(malformed)? {
        if *found.get_value() != DataRef::Empty {
            return Ok(true);
        }
    }
    Ok(false)
}

fn merged(book: &mut Book, name: &str) -> Result<(), ImportErrors> {
    let found = book.merge_cells_by_sheet_name(name).map_err(malformed)?;
    if found.is_empty() {
        return Ok(());
    }
    let place = |(row, column): (u32, u32)| {
        let letter = cell::letter(column as usize);
        format!("{letter}{}", u64::from(row) + 1)
    };
    let named = found.iter().take(MERGED_NAMED);
    let named = named.map(|area| format!("{}:{}", place(area.start), place(area.end)));
    let mut ranges = named.collect::<Vec<String>>().join("、");
    if found.len() > MERGED_NAMED {
        ranges.push_str(&format!("…({})", found.len()));
    }
    let row = found.first().map(|area| area.start.0 as usize + 1);
    let mut errors = ImportErrors::default();
    errors.push(Problem::Merged { ranges }.at(row, None, None));
    Err(errors.in_sheet(Some(name)))
}

fn rows(book: &mut Book, name: &str, columns: &'static [Column]) -> Result<Sheet, ImportErrors> {
    let mut cells = book.worksheet_cells_reader(name).map_err(malformed)?;
    let mut grid = Grid::new(columns);
    let mut at = 0;
    let mut line: Vec<RawCell> = vec![];
    while let Some(record) = cells.next_cell_with_formula_metadata().map_err(malformed)? {
        let (row, column) = (record.pos.0 as usize, record.pos.1 as usize);
        if row < at {
            return Err(malformed("行的次序不对 / rows out of order"));
        }
        if row > at {
            grid.line(at + 1, std::mem::take(&mut line))?;
            at = row;
        }
        let raw = raw(&record.value, record.formula.is_some());
        if raw.text.is_empty() && raw.problem.is_none() {
            continue;
        }
        if column >= MAX_WIDTH {
            let text = raw.text.chars().take(20).collect();
            let problem = Problem::ExtraCell { text };
            let letter = Some(cell::letter(column));
            let mut errors = ImportErrors::default();
            errors.push(problem.at(Some(row + 1), None, letter));
            return Err(errors);
        }
        if line.len() <= column {
            line.resize(column + 1, RawCell::default());
        }
        line[column] = raw;
    }
    grid.line(at + 1, line)?;
    grid.finish()
}

/// A cell's text as a person would type it.
fn raw(value: &DataRef, formula: bool) -> RawCell {
    let mut problem = None;
    let text = match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => decimal(*number),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second) == (0, 0, 0) {
                date
            } else {
                format!("{date} {hour:02}:{minute:02}:{second:02}")
            }
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => {
            let text = error.to_string();
            problem = Some(Problem::Formula { text: text.clone() });
            text
        }
        DataRef::Empty => {
            problem = formula.then_some(Problem::FormulaWithoutValue);
            String::new()
        }
    };
    RawCell {
        text,
        problem,
        formula,
    }
}

/// As a spreadsheet shows it: whole numbers whole, else at most 15 digits, which hides the noise of binary fractions.
fn decimal(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let short = format!("{number:.14e}").parse::<f64>();
    short.unwrap_or(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_spreadsheet_shows_them() {
        assert_eq!(decimal(640_422_100.0), "640422100");
        assert_eq!(decimal(640_422_215_208.0), "640422215208");
        assert_eq!(decimal(105.729), "105.729");
        assert_eq!(decimal(0.1 + 0.2), "0.3");
        assert_eq!(decimal(105.729_000_000_000_01), "105.729");
        assert_eq!(decimal(-35.5), "-35.5");
    }
}
