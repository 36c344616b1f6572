//! Empty tables to fill in: an XLSX with the header, drop-down lists and an explanation.
//!
//! Invariant: the first sheet has the header and nothing else, so that a template sent back empty imports nothing; the
//! examples stand in the explanation, which an import passes over. Leaves out: filling it with what a campaign has.

mod help;

use rust_xlsxwriter::{
    Color, DataValidation, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet,
};

use crate::book;
use crate::error::WriteError;
use crate::export::Language;
use crate::import::columns::Column;
use crate::import::{Kind, MAX_ROWS};

/// The template of a table.
///
/// # Errors
/// If the workbook cannot be put together, which no input causes.
pub fn template(kind: Kind, language: Language) -> Result<Vec<u8>, WriteError> {
    let columns = kind.columns();
    let lists: Vec<(usize, Vec<String>)> = columns
        .iter()
        .enumerate()
        .filter_map(|(at, c)| Some((at, help::choices(c.key, language)?)))
        .collect();
    let mut workbook = book::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(language.pick(kind.zh(), kind.en()))?;
    data_sheet(sheet, columns, &lists, language)?;
    notes(workbook.add_worksheet(), kind, language)?;
    codes(&mut workbook, columns, &lists, language)?;
    Ok(workbook.save_to_buffer()?)
}

/// The name of a column in a language; needed ones have a star.
fn heading(column: &Column, language: Language) -> String {
    let star = if column.required { "*" } else { "" };
    format!("{}{star}", language.pick(column.zh, column.key))
}

fn data_sheet(
    sheet: &mut Worksheet,
    columns: &[Column],
    lists: &[(usize, Vec<String>)],
    language: Language,
) -> Result<(), WriteError> {
    let text = Format::new().set_num_format("@").set_font_size(12);
    let head = head_format();
    for (at, column) in columns.iter().enumerate() {
        let place = at as u16;
        let name = heading(column, language);
        // Text, or a spreadsheet turns long codes into 6.40422E+11.
        sheet.set_column_format(place, &text)?;
        sheet.set_column_width(place, book::width(&name).max(14.0))?;
        sheet.write_string_with_format(0, place, name, &head)?;
    }
    for (n, (at, choices)) in lists.iter().enumerate() {
        let letter = char::from(b'A' + n as u8);
        let name = language.pick("代码", "Codes");
        let area = format!("={name}!${letter}$2:${letter}${}", choices.len() + 1);
        let rule = DataValidation::new()
            .allow_list_formula(Formula::new(area))
            .set_error_title(language.pick("请从列表中选择", "Choose from the list"))?
            .set_error_message(language.pick(
                "此列只能填“代码”表中列出的内容。",
                "Only what the sheet Codes lists may stand here.",
            ))?;
        let place = *at as u16;
        sheet.add_data_validation(1, place, MAX_ROWS as u32, place, &rule)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn notes(sheet: &mut Worksheet, kind: Kind, language: Language) -> Result<(), WriteError> {
    let columns = kind.columns();
    let (head, body) = (head_format(), body_format());
    sheet.set_name(language.pick("说明", "Notes"))?;
    let names = language.pick(
        ["列名", "必填", "填什么", "例一", "例二"],
        ["Column", "Needed", "Content", "Example 1", "Example 2"],
    );
    let mut row = 0;
    for line in help::general(language) {
        sheet.write_string(row, 0, *line)?;
        row += 1;
    }
    row += 1;
    for (place, name) in names.iter().enumerate() {
        sheet.write_string_with_format(row, place as u16, *name, &head)?;
    }
    for (column, (content, examples)) in columns.iter().zip(help::lines(kind, language)) {
        row += 1;
        let needed = if column.required {
            language.pick("是", "yes")
        } else {
            ""
        };
        let cells = [heading(column, language), needed.to_owned(), content];
        for (place, text) in cells.into_iter().chain(examples).enumerate() {
            sheet.write_string_with_format(row, place as u16, text, &body)?;
        }
    }
    for (place, width) in [22, 7, 60, 24, 24].into_iter().enumerate() {
        sheet.set_column_width(place as u16, width)?;
    }
    Ok(())
}

/// What the drop-down lists are made of.
fn codes(
    workbook: &mut Workbook,
    columns: &[Column],
    lists: &[(usize, Vec<String>)],
    language: Language,
) -> Result<(), WriteError> {
    if lists.is_empty() {
        return Ok(());
    }
    let sheet = workbook.add_worksheet();
    sheet.set_name(language.pick("代码", "Codes"))?;
    let head = head_format();
    for (place, (at, choices)) in lists.iter().enumerate() {
        let place = place as u16;
        let name = language.pick(columns[*at].zh, columns[*at].key);
        sheet.set_column_width(place, 22)?;
        sheet.write_string_with_format(0, place, name, &head)?;
        for (row, choice) in (1..).zip(choices) {
            sheet.write_string(row, place, choice)?;
        }
    }
    Ok(())
}

fn head_format() -> Format {
    Format::new()
        .set_font_name(book::HEI)
        .set_font_size(12)
        .set_bold()
        .set_align(FormatAlign::Center)
        .set_background_color(Color::RGB(0xDCE6F1))
        .set_border(FormatBorder::Thin)
        .set_num_format("@")
}

fn body_format() -> Format {
    Format::new()
        .set_font_size(11)
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_border(FormatBorder::Thin)
        .set_num_format("@")
}
