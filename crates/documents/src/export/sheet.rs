//! Cells of a workbook: their looks, and each as what it is.
//!
//! Invariant: text is written as text, never as a formula, a link or a number. Fonts are named, not carried. Leaves out:
//! which cells there are.

use rust_xlsxwriter::{Color, ExcelDateTime, Format, FormatAlign, FormatBorder, Worksheet};

use super::table::{Cell, Column, beijing_seconds};
use crate::book;
use crate::error::WriteError;

/// Characters a cell of a workbook can hold, with room for those that count twice.
const MAX_TEXT: usize = 16_000;

/// The looks of one line of cells.
#[derive(Clone)]
pub(super) struct Line {
    text: Format,
    int: Format,
    score: Format,
    time: Format,
    degrees: Format,
}

impl Line {
    /// By the look they share.
    pub(super) fn new(base: &Format) -> Self {
        let number = |format: &str| {
            let number = base.clone().set_num_format(format);
            number.set_align(FormatAlign::Center)
        };
        Self {
            text: base.clone().set_num_format("@"),
            int: number("0"),
            score: number("0.00"),
            time: number("yyyy-mm-dd hh:mm"),
            degrees: number("0.0000000"),
        }
    }
}

/// The looks of a list.
pub(super) struct Styles {
    pub(super) head: Format,
    pub(super) plain: Line,
}

impl Styles {
    pub(super) fn new() -> Self {
        Self {
            head: head(),
            plain: Line::new(&body()),
        }
    }
}

/// A heading: 黑体 12, framed.
pub(super) fn head() -> Format {
    Format::new()
        .set_font_name(book::HEI)
        .set_font_size(12)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
        .set_border(FormatBorder::Thin)
        .set_background_color(Color::RGB(0xEAEFF5))
        .set_num_format("@")
}

/// A cell of the body: 仿宋 12, framed, wrapped.
pub(super) fn body() -> Format {
    Format::new()
        .set_font_name(book::FANGSONG)
        .set_font_size(12)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
        .set_border(FormatBorder::Thin)
}

/// Paper, widths, frozen and repeated header, page numbers of a list whose header is in row 1.
pub(super) fn set_up(sheet: &mut Worksheet, columns: &[Column]) -> Result<(), WriteError> {
    for (place, column) in columns.iter().enumerate() {
        sheet.set_column_width(place as u16, f64::from(column.width))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    Ok(())
}

/// Points of one line of 仿宋 12.
const LINE_POINTS: f64 = 16.0;
/// The most lines a row grows to: more is cut on paper, not in the cell.
const MAX_LINES: usize = 20;

/// The height a row needs so that its wrapped text shows; none for a single line. Programs differ in whether they work
/// it out when they open a file. A character of East Asia counts twice, and 12 points are wider than the default's 11.
pub(super) fn height<'a>(cells: impl Iterator<Item = &'a Cell>, columns: &[Column]) -> Option<f64> {
    let lines_of = |(cell, column): (&Cell, &Column)| {
        let Cell::Text(text) = cell else { return 1 };
        let width = usize::from(column.width).max(1) * 10;
        let lines = text.lines().map(|line| {
            let units = line.chars().map(|c| if c.is_ascii() { 11 } else { 22 });
            units.sum::<usize>().div_ceil(width).max(1)
        });
        lines.sum::<usize>().max(1)
    };
    let lines = cells.zip(columns).map(lines_of).max().unwrap_or(1);
    (lines > 1).then(|| LINE_POINTS * lines.min(MAX_LINES) as f64 + 2.0)
}

/// A4 landscape, one page wide, 第 X 页 共 Y 页; of a rehearsal every page says so.
pub(super) fn paper(sheet: &mut Worksheet, rehearsal: Option<&str>) {
    let mark = rehearsal.unwrap_or_default();
    sheet
        .set_paper_size(9)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_margins(0.4, 0.4, 0.6, 0.6, 0.3, 0.3)
        .set_footer(format!("&L{mark}&C第 &P 页 共 &N 页"));
}

/// The header row.
pub(super) fn header<'a>(
    sheet: &mut Worksheet,
    row: u32,
    names: impl Iterator<Item = &'a str>,
    styles: &Styles,
) -> Result<(), WriteError> {
    for (place, name) in names.enumerate() {
        sheet.write_string_with_format(row, place as u16, name, &styles.head)?;
    }
    Ok(())
}

/// One cell; an empty one has the look of text.
pub(super) fn write(
    sheet: &mut Worksheet,
    row: u32,
    place: u16,
    cell: &Cell,
    line: &Line,
) -> Result<(), WriteError> {
    match cell {
        Cell::Empty => sheet.write_blank(row, place, &line.text)?,
        Cell::Int(n) => sheet.write_number_with_format(row, place, *n as f64, &line.int)?,
        Cell::Score(e4) => {
            sheet.write_number_with_format(row, place, *e4 as f64 / 1e4, &line.score)?
        }
        Cell::Degrees(e7) => {
            sheet.write_number_with_format(row, place, *e7 as f64 / 1e7, &line.degrees)?
        }
        // A time that a spreadsheet cannot hold (a clock far off) is left empty.
        Cell::Time(ms) => match ExcelDateTime::from_timestamp(beijing_seconds(*ms)) {
            Ok(time) => sheet.write_datetime_with_format(row, place, &time, &line.time)?,
            Err(_) => sheet.write_blank(row, place, &line.text)?,
        },
        Cell::Text(text) if text.chars().count() > MAX_TEXT => {
            let cut: String = text.chars().take(MAX_TEXT).collect();
            sheet.write_string_with_format(row, place, cut, &line.text)?
        }
        Cell::Text(text) => sheet.write_string_with_format(row, place, text, &line.text)?,
    };
    Ok(())
}
