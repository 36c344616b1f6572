//! Rows into a file, one by one: CSV, JSON or XLSX.
//!
//! Invariant: CSV is UTF-8 with byte order mark and CRLF; text that would start a formula gets a leading `'`, numbers are
//! written bare. JSON is a list of objects with the columns' keys, scores in e4, times in ms. A workbook keeps its rows
//! on disk while it grows, so its size costs no memory. Leaves out: tables with a layout of their own (`results`,
//! `ledger`).

use std::io::Write;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use rust_xlsxwriter::Workbook;

use super::Language;
use super::sheet::{self, Styles};
use super::table::{
    Cell, Column, Spec, columns, rehearsal_mark, sheet_name, show_degrees, show_time,
};
use crate::book;
use crate::error::WriteError;

/// Format of a file to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Workbook.
    Xlsx,
    /// Comma-separated.
    Csv,
    /// List of objects.
    Json,
}

impl Format {
    /// By the ending of a file's name.
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "xlsx" => Some(Self::Xlsx),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// Text that no spreadsheet takes for a formula, also behind full-width forms, blanks and control characters.
pub(super) fn guarded(text: &str) -> String {
    let risky = |c: char| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
        )
    };
    let first = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    if text.starts_with(risky) || first.starts_with(risky) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A file being written.
pub struct Sink<W: Write> {
    columns: Vec<Column>,
    /// What the last column of a rehearsal's rows holds.
    mark: Option<Cell>,
    kind: Kind<W>,
}

enum Kind<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json { out: W, any: bool },
    Xlsx { out: W, book: Box<Pages> },
}

impl<W: Write + Send> Sink<W> {
    /// Begins a file: byte order mark and headings, or what the format has instead.
    ///
    /// # Errors
    /// `out`'s, or the temporary folder's for a workbook.
    pub fn new(
        spec: &'static Spec,
        format: Format,
        language: Language,
        out: W,
    ) -> Result<Self, WriteError> {
        Self::of(spec, format, language, false, out)
    }

    /// The same, of a rehearsal if it is one: every row, sheet and page says so.
    ///
    /// # Errors
    /// As `new`.
    pub fn of(
        spec: &'static Spec,
        format: Format,
        language: Language,
        rehearsal: bool,
        mut out: W,
    ) -> Result<Self, WriteError> {
        let columns = columns(spec, rehearsal);
        let names = columns.iter().map(|c| language.pick(c.zh, c.en));
        let kind = match format {
            Format::Csv => {
                out.write_all("\u{feff}".as_bytes())?;
                let mut writer = WriterBuilder::new()
                    .terminator(Terminator::CRLF)
                    .quote_style(QuoteStyle::Necessary)
                    .from_writer(out);
                writer.write_record(names)?;
                Kind::Csv(Box::new(writer))
            }
            Format::Json => {
                out.write_all(b"[")?;
                Kind::Json { out, any: false }
            }
            Format::Xlsx => Kind::Xlsx {
                out,
                book: Box::new(Pages::new(spec, language, rehearsal)?),
            },
        };
        Ok(Self {
            columns,
            mark: rehearsal.then(|| Cell::text(rehearsal_mark(language))),
            kind,
        })
    }

    /// Writes a row; cells that are missing at its end are empty.
    ///
    /// # Errors
    /// `out`'s, or the temporary folder's for a workbook.
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), WriteError> {
        let own = self.columns.len() - usize::from(self.mark.is_some());
        let missing = own.saturating_sub(cells.len());
        let cells = cells.iter().take(own);
        let cells = cells.chain(std::iter::repeat_n(&Cell::Empty, missing));
        let cells = cells.chain(&self.mark);
        match &mut self.kind {
            Kind::Csv(writer) => {
                for cell in cells {
                    writer.write_field(show(cell))?;
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Kind::Json { out, any } => {
                out.write_all(if *any { b",\n{" } else { b"\n{" })?;
                *any = true;
                for (at, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    write!(out, "{comma}\"{}\":", column.key)?;
                    json(out, cell)?;
                }
                out.write_all(b"}")?;
            }
            Kind::Xlsx { book, .. } => book.row(cells)?,
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// `out`'s.
    pub fn finish(self) -> Result<W, WriteError> {
        match self.kind {
            Kind::Csv(writer) => Ok(writer.into_inner().map_err(|e| e.into_error())?),
            Kind::Json { mut out, .. } => {
                out.write_all(b"\n]\n")?;
                Ok(out)
            }
            Kind::Xlsx { mut out, book } => {
                let bytes = book.finish()?;
                out.write_all(&bytes)?;
                Ok(out)
            }
        }
    }
}

/// A cell in CSV.
fn show(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Int(number) => number.to_string(),
        Cell::Score(e4) => domain::points::show2(*e4),
        Cell::Time(ms) => show_time(*ms),
        Cell::Degrees(e7) => show_degrees(*e7),
        Cell::Text(text) => guarded(text),
    }
}

fn json(out: &mut impl Write, cell: &Cell) -> Result<(), WriteError> {
    match cell {
        Cell::Empty => out.write_all(b"null")?,
        Cell::Int(n) | Cell::Score(n) | Cell::Time(n) | Cell::Degrees(n) => write!(out, "{n}")?,
        Cell::Text(text) => serde_json::to_writer(out, text)?,
    }
    Ok(())
}

/// Rows a sheet takes below its header; the rest goes on another sheet.
const SHEET_ROWS: u32 = 1_000_000;

/// A workbook of one list, on as many sheets as it needs.
struct Pages {
    book: Workbook,
    styles: Styles,
    spec: &'static Spec,
    language: Language,
    rehearsal: bool,
    sheets: usize,
    next: u32,
}

impl Pages {
    fn new(spec: &'static Spec, language: Language, rehearsal: bool) -> Result<Self, WriteError> {
        let mut pages = Self {
            book: book::new(),
            styles: Styles::new(),
            spec,
            language,
            rehearsal,
            sheets: 0,
            next: 0,
        };
        pages.turn()?;
        Ok(pages)
    }

    /// Begins the next sheet.
    fn turn(&mut self) -> Result<(), WriteError> {
        self.end_sheet()?;
        self.sheets += 1;
        let name = sheet_name(self.spec, self.language, self.rehearsal);
        let name = match self.sheets {
            1 => name,
            n => format!("{name} {n}"),
        };
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        let columns = columns(self.spec, self.rehearsal);
        sheet::set_up(sheet, &columns)?;
        sheet::paper(sheet, self.rehearsal.then(|| rehearsal_mark(self.language)));
        let names = columns.iter().map(|c| self.language.pick(c.zh, c.en));
        sheet::header(sheet, 0, names, &self.styles)?;
        self.next = 1;
        Ok(())
    }

    fn end_sheet(&mut self) -> Result<(), WriteError> {
        let last = self.next.saturating_sub(1);
        if let Some(at) = self.sheets.checked_sub(1) {
            let columns = columns(self.spec, self.rehearsal).len().saturating_sub(1);
            let sheet = self.book.worksheet_from_index(at)?;
            sheet.autofilter(0, 0, last, columns as u16)?;
        }
        Ok(())
    }

    fn row<'a>(&mut self, cells: impl Iterator<Item = &'a Cell> + Clone) -> Result<(), WriteError> {
        if self.next > SHEET_ROWS {
            self.turn()?;
        }
        let sheet = self.book.worksheet_from_index(self.sheets - 1)?;
        let columns = columns(self.spec, self.rehearsal);
        if let Some(height) = sheet::height(cells.clone(), &columns) {
            sheet.set_row_height(self.next, height)?;
        }
        for (place, cell) in cells.enumerate() {
            sheet::write(sheet, self.next, place as u16, cell, &self.styles.plain)?;
        }
        self.next += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<u8>, WriteError> {
        self.end_sheet()?;
        Ok(self.book.save_to_buffer()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_be_a_formula_is_guarded() {
        for text in [
            "=1+1", "+1", "-1", "@a", "\ta", "\r=1", "＝1", " =1", "\u{a0}@x",
        ] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "一=1", "1-2", "文垚市场", " a"] {
            assert_eq!(guarded(text), text);
        }
    }
}
