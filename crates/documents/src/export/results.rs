//! The ranking table (评比结果表), one row per township.
//!
//! Invariant: rows go by corrected rank, then code; those without a rank come last. Scores in CSV have two decimals, in
//! JSON they are e4 integers. Leaves out: the arithmetic (`domain::score`).

use std::collections::BTreeMap;
use std::io::Write;

use csv::{Terminator, WriterBuilder};
use domain::score::{Component, Input, Outcome, Township, TownshipResult};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet};
use serde_json::{Value, json};

use super::Language;
use super::sheet::{self, Line};
use super::sink::guarded;
use super::table::{Cell, REHEARSAL, rehearsal_mark};
use crate::book;
use crate::error::WriteError;

/// What stands around the table of a workbook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultsHead {
    /// Name of the campaign, the title's beginning.
    pub campaign: String,
    /// First and last day, `YYYY-MM-DD`.
    pub dates: Option<(String, String)>,
    /// True for a rehearsal, whose table must not be taken for the real one.
    pub rehearsal: bool,
}

/// The table as CSV for a spreadsheet. `previous` is the result before, for the column "较上期": places gained. Every row
/// of a rehearsal says so.
///
/// # Errors
/// `out`'s.
pub fn results_csv(
    head: &ResultsHead,
    input: &Input,
    outcome: &Outcome,
    previous: Option<&Outcome>,
    language: Language,
    mut out: impl Write,
) -> Result<(), WriteError> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(out);
    let parts = parts(input);
    let mut names = header(input, &parts, language);
    if head.rehearsal {
        names.push(language.pick(REHEARSAL.zh, REHEARSAL.en).to_owned());
    }
    writer.write_record(names)?;
    for (at, row) in rows_of(input, outcome, previous).iter().enumerate() {
        let mut cells = row.cells(at, &parts, language);
        cells.extend(head.rehearsal.then(|| Cell::text(rehearsal_mark(language))));
        writer.write_record(cells.iter().map(|cell| match cell {
            Cell::Text(text) => guarded(text),
            Cell::Int(number) => number.to_string(),
            Cell::Score(e4) => domain::points::show2(*e4),
            _ => String::new(),
        }))?;
    }
    writer.flush()?;
    Ok(())
}

/// The table as an office prints it: title in 小标宋 22, unit line, header repeated on every page, one page wide, red and
/// yellow with a word, signatures below.
///
/// # Errors
/// `out`'s.
pub fn results_xlsx(
    head: &ResultsHead,
    input: &Input,
    outcome: &Outcome,
    previous: Option<&Outcome>,
    language: Language,
    mut out: impl Write,
) -> Result<(), WriteError> {
    let parts = parts(input);
    let names = header(input, &parts, language);
    let last = names.len().saturating_sub(1) as u16;
    let mut workbook = book::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(match (head.rehearsal, language) {
        (false, Language::Zh) => "评比结果",
        (true, Language::Zh) => "评比结果（试填）",
        (false, Language::En) => "Results",
        (true, Language::En) => "Results (rehearsal)",
    })?;
    sheet::paper(sheet, head.rehearsal.then(|| rehearsal_mark(language)));
    sheet.set_print_center_horizontally(true);
    top(sheet, head, last, language)?;
    let look = sheet::head();
    for (place, name) in names.iter().enumerate() {
        sheet.write_string_with_format(HEADER, place as u16, name, &look)?;
        sheet.set_column_width(place as u16, width(place, last))?;
    }
    sheet.set_row_height(HEADER, 36)?;
    sheet.set_repeat_rows(HEADER, HEADER)?;
    sheet.set_freeze_panes(HEADER + 1, 2)?;
    let centred = sheet::body().set_align(FormatAlign::Center);
    let filled = |rgb: u32| Line::new(&centred.clone().set_background_color(Color::RGB(rgb)));
    let (plain, red, yellow) = (Line::new(&centred), filled(0xFF_C7_CE), filled(0xFF_EB_9C));
    let mut next = HEADER + 1;
    for (at, row) in rows_of(input, outcome, previous).iter().enumerate() {
        let line = match row.award {
            Some("red_flag") => &red,
            Some(_) => &yellow,
            None => &plain,
        };
        for (place, cell) in row.cells(at, &parts, language).iter().enumerate() {
            sheet::write(sheet, next, place as u16, cell, line)?;
        }
        sheet.set_row_height(next, 22)?;
        next += 1;
    }
    signatures(sheet, next, last, language)?;
    out.write_all(&workbook.save_to_buffer()?)?;
    Ok(())
}

/// Row of the header, from 0: title and unit line stand above.
const HEADER: u32 = 2;

fn width(place: usize, last: u16) -> f64 {
    match place {
        0 => 6.0,
        1 => 14.0,
        2 => 7.0,
        _ if place == usize::from(last) => 16.0,
        _ => 11.0,
    }
}

/// Title and unit line.
fn top(
    sheet: &mut Worksheet,
    head: &ResultsHead,
    last: u16,
    language: Language,
) -> Result<(), WriteError> {
    let title = Format::new()
        .set_font_name(book::XIAOBIAOSONG)
        .set_font_size(22)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter);
    let mark = match (head.rehearsal, language) {
        (true, Language::Zh) => format!("（{}）", rehearsal_mark(language)),
        (true, Language::En) => format!(" ({})", rehearsal_mark(language)),
        (false, _) => String::new(),
    };
    let name = language.pick("结果表", ": results");
    let text = format!("{}{name}{mark}", head.campaign);
    sheet.merge_range(0, 0, 0, last, &text, &title)?;
    sheet.set_row_height(0, 42)?;
    let right = Format::new()
        .set_font_name(book::FANGSONG)
        .set_font_size(12)
        .set_align(FormatAlign::Right);
    let unit = language.pick("单位：分", "Unit: points");
    let time = head.dates.as_ref().map(|dates| match language {
        Language::Zh => format!("统计时间：{}　", period(dates)),
        Language::En => format!("Period: {} to {}   ", dates.0, dates.1),
    });
    let line = format!("{}{unit}", time.unwrap_or_default());
    sheet.merge_range(1, 0, 1, last, &line, &right)?;
    sheet.set_row_height(1, 20)?;
    Ok(())
}

/// `2021年11月18日—20日`; what is the same on both days stands once.
fn period((from, to): &(String, String)) -> String {
    let parts = |day: &str| {
        let mut numbers = day
            .splitn(3, '-')
            .map(|n| n.trim_start_matches('0').to_owned());
        Some((numbers.next()?, numbers.next()?, numbers.next()?))
    };
    let (Some(a), Some(b)) = (parts(from), parts(to)) else {
        return format!("{from}—{to}");
    };
    let first = format!("{}年{}月{}日", a.0, a.1, a.2);
    match (a == b, a.0 == b.0, a.1 == b.1) {
        (true, _, _) => first,
        (_, true, true) => format!("{first}—{}日", b.2),
        (_, true, false) => format!("{first}—{}月{}日", b.1, b.2),
        _ => format!("{first}—{}年{}月{}日", b.0, b.1, b.2),
    }
}

/// The last line: who filled it in, who checked it, when.
fn signatures(
    sheet: &mut Worksheet,
    row: u32,
    last: u16,
    language: Language,
) -> Result<(), WriteError> {
    let look = Format::new()
        .set_font_name(book::FANGSONG)
        .set_font_size(12)
        .set_align(FormatAlign::Left)
        .set_align(FormatAlign::VerticalCenter)
        .set_border_top(FormatBorder::Thin);
    let text = language.pick(
        "填表人：　　　　　　　　　　　　审核人：　　　　　　　　　　　　填表时间：　　　　年　　月　　日",
        "Filled in by:                              Checked by:                              Date:",
    );
    sheet.merge_range(row, 0, row, last, text, &look)?;
    sheet.set_row_height(row, 34)?;
    Ok(())
}

/// The table as JSON: whether it is a rehearsal's, rules, method, δ, rows in the order of the table, sites with too few sheets.
pub fn results_json(
    head: &ResultsHead,
    input: &Input,
    outcome: &Outcome,
    previous: Option<&Outcome>,
) -> Value {
    let row = |(at, row): (usize, &Row)| {
        json!({
            "position": at + 1,
            "code": row.result.code,
            "name": row.name,
            "group": row.group,
            "components_e4": row.result.components_e4,
            "raw_e4": row.result.raw_e4,
            "rank_in_group": row.result.rank_in_group,
            "corrected_e4": row.result.corrected_e4,
            "rank_corrected": row.result.rank_corrected,
            "places_gained": row.gained,
            "award": row.award,
        })
    };
    let rows = rows_of(input, outcome, previous);
    json!({
        "rehearsal": head.rehearsal,
        "rules": input.rules,
        "method": outcome.method,
        "groups": outcome.groups,
        "delta_limited": outcome.delta_limited,
        "rows": rows.iter().enumerate().map(row).collect::<Vec<Value>>(),
        "too_few_sheets": outcome.too_few_sheets,
    })
}

/// One township with what the table says of it.
struct Row<'a> {
    result: &'a TownshipResult,
    name: &'a str,
    group: Option<i64>,
    gained: Option<i64>,
    award: Option<&'static str>,
}

impl Row<'_> {
    /// Its cells; `at` counts from 0.
    fn cells(&self, at: usize, parts: &[Component], language: Language) -> Vec<Cell> {
        let place = |rank: Option<usize>| Cell::int(rank.and_then(|n| i64::try_from(n).ok()));
        let mut cells = vec![
            place(Some(at + 1)),
            Cell::text(self.name),
            Cell::int(self.group),
        ];
        cells.extend(parts.iter().map(|c| Cell::score(self.component(*c))));
        cells.extend([
            Cell::score(self.result.raw_e4),
            place(self.result.rank_in_group),
            Cell::score(self.result.corrected_e4),
            Cell::int(self.rank()),
            Cell::int(self.gained),
            Cell::text(self.mark(language)),
        ]);
        cells
    }

    fn rank(&self) -> Option<i64> {
        i64::try_from(self.result.rank_corrected?).ok()
    }

    fn component(&self, component: Component) -> Option<i64> {
        self.result.components_e4.get(&component).copied()
    }

    fn mark(&self, language: Language) -> &'static str {
        match (self.award, language) {
            (Some("red_flag"), Language::Zh) => "流动红旗",
            (Some("red_flag"), Language::En) => "red flag",
            (Some(_), Language::Zh) => "警告黄牌",
            (Some(_), Language::En) => "yellow card",
            (None, _) => "",
        }
    }
}

fn rows_of<'a>(input: &'a Input, outcome: &'a Outcome, previous: Option<&Outcome>) -> Vec<Row<'a>> {
    let known: BTreeMap<&str, &Township> = input
        .townships
        .iter()
        .map(|t| (t.code.as_str(), t))
        .collect();
    let award = |code: &String| {
        if outcome.awards.red_flag.contains(code) {
            Some("red_flag")
        } else if outcome.awards.yellow_card.contains(code) {
            Some("yellow_card")
        } else {
            None
        }
    };
    let gained = |result: &TownshipResult| {
        let before = previous?.township(&result.code)?.rank_corrected?;
        let now = result.rank_corrected?;
        Some(i64::try_from(before).ok()? - i64::try_from(now).ok()?)
    };
    let mut rows: Vec<Row> = outcome
        .townships
        .iter()
        .map(|result| {
            let township = known.get(result.code.as_str());
            Row {
                result,
                name: township.map_or(result.code.as_str(), |t| &t.name),
                group: township.map(|t| t.group),
                gained: gained(result),
                award: award(&result.code),
            }
        })
        .collect();
    rows.sort_by_key(|row| {
        let rank = row.result.rank_corrected;
        (rank.is_none(), rank, row.result.code.clone())
    });
    rows
}

/// Components that count.
fn parts(input: &Input) -> Vec<Component> {
    let counts = |c: &Component| input.rules.weights.of(*c) > 0;
    Component::ALL.into_iter().filter(counts).collect()
}

fn header(input: &Input, parts: &[Component], language: Language) -> Vec<String> {
    let weights = &input.rules.weights;
    let sum: i64 = parts.iter().map(|c| weights.of(*c)).sum();
    let part = |c: &Component| {
        let percent = share(weights.of(*c), sum);
        match language {
            Language::Zh => format!("{}({percent}%)", c.zh()),
            Language::En => format!("{} ({percent}%)", c.en()),
        }
    };
    let (before, after): (&[&str], &[&str]) = match language {
        Language::Zh => (
            &["序号", "乡镇", "组别"],
            &["得分", "组内名次", "校正分", "总名次", "较上期", "备注"],
        ),
        Language::En => (
            &["No.", "Township", "Group"],
            &[
                "Score",
                "Rank in group",
                "Corrected score",
                "Overall rank",
                "Places gained",
                "Remark",
            ],
        ),
    };
    let texts = before.iter().map(|s| (*s).to_owned());
    let texts = texts.chain(parts.iter().map(part));
    let texts = texts.chain(after.iter().map(|s| (*s).to_owned()));
    texts.collect()
}

/// A share in percent, at most one decimal: `50`, `33.3`.
fn share(weight: i64, sum: i64) -> String {
    let tenths = domain::points::div_round(i128::from(weight) * 1000, i128::from(sum));
    let tenths = tenths.unwrap_or_default();
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        part => format!("{}.{part}", tenths / 10),
    }
}
