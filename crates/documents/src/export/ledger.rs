//! The ledger of issues (工作台账): twenty columns, one row per issue, no merged body cells.
//!
//! Invariant: the columns are those of the county's ledger, in its order. The state is a colour and a word. Leaves out:
//! what the states mean (`server`).

use std::io::Write;

use domain::issue::Standing;
use rust_xlsxwriter::{Color, DataValidation, Formula};

use super::Language;
use super::sheet::{self, Line, Styles};
use super::table::{Cell, Spec, column, columns, rehearsal_mark, sheet_name};
use crate::book;
use crate::error::WriteError;

/// The colour of a standing: 红 overdue, 黄 under way, 绿 done.
fn colour(standing: Standing) -> Option<(&'static str, &'static str, u32)> {
    match standing {
        Standing::Overdue => Some(("红", "red", 0xFF_C7_CE)),
        Standing::ToAssign | Standing::InProgress | Standing::ToVerify => {
            Some(("黄", "yellow", 0xFF_EB_9C))
        }
        Standing::Closed | Standing::FixedOnSpot => Some(("绿", "green", 0xC6_EF_CE)),
        Standing::Merged => None,
    }
}

/// The colour's word and the standing's: `黄·整改中`.
fn progress(standing: Standing, language: Language) -> String {
    let word = language.pick(standing.zh(), standing.en());
    match colour(standing) {
        Some((zh, en, _)) => format!("{}·{word}", language.pick(zh, en)),
        None => word.to_owned(),
    }
}

/// One issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueRow {
    /// Its id; not in the table.
    pub id: String,
    /// Number in the ledger.
    pub number: String,
    /// Township.
    pub township: String,
    /// Village, village group or site.
    pub place: String,
    /// True if it is about a household.
    pub household: bool,
    /// Category, in the language asked for.
    pub category: String,
    /// What was found.
    pub description: String,
    /// When it was found.
    pub found_ms: Option<i64>,
    /// Who found it, as on the roster.
    pub found_by: String,
    /// Numbers of its photos.
    pub photos: String,
    /// Lead unit.
    pub lead_unit: String,
    /// Assisting units.
    pub assisting_units: String,
    /// Person responsible.
    pub responsible: String,
    /// County leader in charge of the township.
    pub sponsor_leader: String,
    /// Measures.
    pub measures: String,
    /// Due date, `YYYY-MM-DD`.
    pub due_on: String,
    /// How it stands.
    pub standing: Option<Standing>,
    /// When it was reported done, or done at once, `YYYY-MM-DD`.
    pub done_on: String,
    /// Who checked it.
    pub checked_by: String,
    /// When it was struck off, `YYYY-MM-DD`.
    pub closed: String,
    /// Remark: fixed on the spot, duplicate of, …
    pub remark: String,
    /// Latitude and longitude, WGS-84, 1e-7 degree; not in the table.
    pub place_e7: Option<(i64, i64)>,
}

/// The ledger.
pub static ISSUES: Spec = Spec {
    word: "ledger",
    zh: "问题整改台账",
    en: "Ledger of issues",
    columns: &[
        column("position", "序号", "No.", 6),
        column("number", "编号", "Number", 16),
        column("township", "乡镇", "Township", 11),
        column("place", "村(组)或点位", "Village or site", 18),
        column("category", "问题类别", "Category", 14),
        column("description", "问题描述", "Description", 34),
        column("found_ms", "发现时间", "Found", 18),
        column("found_by", "发现人", "Found by", 12),
        column("photos", "照片编号", "Photos", 14),
        column("lead_unit", "主办单位", "Lead unit", 14),
        column("assisting_units", "协办单位", "Assisting units", 14),
        column("responsible", "责任人", "Responsible", 12),
        column(
            "sponsor_leader",
            "包乡县级领导",
            "County leader in charge",
            14,
        ),
        column("measures", "整改措施", "Measures", 26),
        column("due_on", "整改时限", "Due", 13),
        column("progress", "进展(红黄绿)", "Progress", 14),
        column("done_on", "完成时间", "Done", 13),
        column("checked_by", "复核人", "Checked by", 12),
        column("closed", "销号", "Closed", 13),
        column("remark", "备注", "Remark", 20),
    ],
};

/// Place of the progress among the columns.
const PROGRESS: u16 = 15;

impl IssueRow {
    /// Without what says which household it is about, unless for the office only.
    #[must_use]
    pub fn shown(mut self, internal: bool, language: Language) -> Self {
        if self.household && !internal {
            super::rows::no_household(language).clone_into(&mut self.place);
            self.place_e7 = None;
        }
        self
    }

    /// Its cells, in the order of [`ISSUES`]; `position` counts from 1.
    pub fn cells(&self, position: usize, language: Language) -> Vec<Cell> {
        vec![
            Cell::int(i64::try_from(position).ok()),
            Cell::text(&self.number),
            Cell::text(&self.township),
            Cell::text(&self.place),
            Cell::text(&self.category),
            Cell::text(&self.description),
            Cell::time(self.found_ms),
            Cell::text(&self.found_by),
            Cell::text(&self.photos),
            Cell::text(&self.lead_unit),
            Cell::text(&self.assisting_units),
            Cell::text(&self.responsible),
            Cell::text(&self.sponsor_leader),
            Cell::text(&self.measures),
            Cell::text(&self.due_on),
            Cell::some(self.standing.map(|s| progress(s, language))),
            Cell::text(&self.done_on),
            Cell::text(&self.checked_by),
            Cell::text(&self.closed),
            Cell::text(&self.remark),
        ]
    }
}

/// Writes the ledger as a workbook: filter, frozen header, colours with words, lists to choose from on a second sheet.
///
/// # Errors
/// `out`'s.
pub fn ledger_xlsx(
    rows: &[IssueRow],
    language: Language,
    rehearsal: bool,
    mut out: impl Write,
) -> Result<(), WriteError> {
    let mut workbook = book::new();
    let styles = Styles::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(sheet_name(&ISSUES, language, rehearsal))?;
    let columns = columns(&ISSUES, rehearsal);
    let mark = rehearsal.then(|| rehearsal_mark(language));
    sheet::set_up(sheet, &columns)?;
    sheet::paper(sheet, mark);
    sheet.set_freeze_panes(1, 2)?;
    let names = columns.iter().map(|c| language.pick(c.zh, c.en));
    sheet::header(sheet, 0, names, &styles)?;
    sheet.set_row_height(0, 32)?;
    let looks: Vec<(Standing, Line)> = Standing::ALL
        .iter()
        .filter_map(|standing| {
            let (_, _, fill) = colour(*standing)?;
            let look = sheet::body().set_background_color(Color::RGB(fill));
            Some((*standing, Line::new(&look)))
        })
        .collect();
    for (at, issue) in rows.iter().enumerate() {
        let row = at as u32 + 1;
        let own = looks.iter().find(|(s, _)| issue.standing == Some(*s));
        let mut cells = issue.cells(at + 1, language);
        cells.extend(mark.map(Cell::text));
        if let Some(height) = sheet::height(cells.iter(), &columns) {
            sheet.set_row_height(row, height)?;
        }
        for (place, cell) in cells.iter().enumerate() {
            let place = place as u16;
            let line = match own {
                Some((_, line)) if place == PROGRESS => line,
                _ => &styles.plain,
            };
            sheet::write(sheet, row, place, cell, line)?;
        }
    }
    let last = rows.len() as u32;
    sheet.autofilter(0, 0, last, columns.len() as u16 - 1)?;
    let codes = language.pick("代码", "Codes");
    let area = format!("={codes}!$A$2:$A${}", Standing::ALL.len() + 1);
    let rule = DataValidation::new().allow_list_formula(Formula::new(area));
    sheet.add_data_validation(1, PROGRESS, last + 1000, PROGRESS, &rule)?;
    code_lists(&mut workbook, language, &styles)?;
    out.write_all(&workbook.save_to_buffer()?)?;
    Ok(())
}

/// The second sheet: states and categories.
fn code_lists(
    workbook: &mut rust_xlsxwriter::Workbook,
    language: Language,
    styles: &Styles,
) -> Result<(), WriteError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name(language.pick("代码", "Codes"))?;
    let names = language.pick(
        ["进展", "问题类别代码", "问题类别"],
        ["Progress", "Category code", "Category"],
    );
    sheet::header(sheet, 0, names.into_iter(), styles)?;
    for (row, standing) in (1..).zip(Standing::ALL) {
        sheet.write_string(row, 0, progress(*standing, language))?;
    }
    let categories = &domain::builtin::issue_categories().categories;
    for (row, category) in (1..).zip(categories) {
        sheet.write_string(row, 1, &category.code)?;
        sheet.write_string(row, 2, language.pick(&category.zh, &category.en))?;
    }
    for place in 0..3 {
        sheet.set_column_width(place, 22)?;
    }
    Ok(())
}
