//! The table of divisions.
//!
//! Invariant: what is returned passes `Divisions::new`. An empty level follows from the code, an empty parent is the
//! code's prefix if that is listed. Leaves out: natural villages, which have no code.

use std::collections::{BTreeMap, BTreeSet};

use domain::divisions::{DivisionError, Level};
use domain::{Division, Divisions};

use super::check::{Check, NAME};
use super::error::{ImportErrors, Problem};
use super::sheet::{Row, Sheet};
use super::{Format, columns};

/// One division.
pub type DivisionRow = Division;

const LEVELS: &[(&str, Level)] = &[
    ("省", Level::Province),
    ("自治区", Level::Province),
    ("市", Level::Prefecture),
    ("地级市", Level::Prefecture),
    ("县", Level::County),
    ("区", Level::County),
    ("镇", Level::Town),
    ("乡", Level::Township),
    ("村", Level::Village),
    ("行政村", Level::Village),
    ("村委会", Level::Village),
    ("社区", Level::Community),
    ("居委会", Level::Community),
];

/// Reads divisions.
///
/// # Errors
/// Everything that is wrong, by row and column; also what breaks the list as a whole (a parent that is none).
pub fn divisions(bytes: &[u8], format: Format) -> Result<Vec<DivisionRow>, ImportErrors> {
    rows(&Sheet::read(bytes, format, columns::DIVISIONS)?)
}

pub(super) fn rows(sheet: &Sheet) -> Result<Vec<DivisionRow>, ImportErrors> {
    let mut check = Check::new(sheet);
    let codes = sheet.rows.iter().map(|row| check.raw(row, "code"));
    let listed: BTreeSet<String> = codes.map(super::cell::half_width).collect();
    let rows: Vec<Division> = sheet
        .rows
        .iter()
        .map(|row| division(&mut check, row, &listed))
        .collect();
    if check.is_clean()
        && let Err(error) = Divisions::new(rows.iter().cloned())
    {
        let numbers: BTreeMap<&str, usize> = rows
            .iter()
            .zip(&sheet.rows)
            .map(|(unit, row)| (unit.code.as_str(), row.number))
            .collect();
        let number = numbers.get(code_of(&error)).copied();
        check.fail_row(number, &Problem::Division(error));
    }
    check.finish(rows)
}

fn division<'s>(check: &mut Check<'s>, row: &'s Row, listed: &BTreeSet<String>) -> Division {
    let code = check.code(row, "code").unwrap_or_else(|| {
        check.fail(row.number, "code", &Problem::Required);
        String::new()
    });
    let digits = code.bytes().all(|b| b.is_ascii_digit());
    if !code.is_empty() && (!digits || !matches!(code.len(), 2 | 4 | 6 | 9 | 12)) {
        let problem = Problem::BadCode {
            text: code.clone(),
            digits: "2、4、6、9、12",
        };
        check.fail(row.number, "code", &problem);
    }
    check.unique(row, "code", code.clone(), code.clone());
    let parent = check.code(row, "parent").or_else(|| prefix(&code, listed));
    if let Some(text) = parent.as_ref().filter(|parent| !listed.contains(*parent)) {
        let problem = Problem::UnknownDivision { text: text.clone() };
        check.fail(row.number, "parent", &problem);
    }
    Division {
        name: check.need(row, "name", NAME),
        short_name: check.text(row, "short_name", NAME),
        level: level(check, row, &code),
        parent,
        code,
    }
}

/// The code one level up, if the list has it.
fn prefix(code: &str, listed: &BTreeSet<String>) -> Option<String> {
    let digits = match code.len() {
        12 => 9,
        9 => 6,
        6 => 4,
        4 => 2,
        _ => return None,
    };
    let above = code.get(..digits)?;
    listed.contains(above).then(|| above.to_owned())
}

/// The level as written, else by the code: 1xx is a town, 2xx a township; 0xx a community, 2xx a village.
fn level<'s>(check: &mut Check<'s>, row: &'s Row, code: &str) -> Level {
    let text = check.raw(row, "level");
    let by_name = LEVELS.iter().find(|(zh, _)| *zh == text);
    let written = Level::parse(&text.to_lowercase()).or(by_name.map(|(_, level)| *level));
    let by_code = match (code.len(), code.as_bytes()) {
        (2, _) => Level::Province,
        (4, _) => Level::Prefecture,
        (9, [.., b'1', _, _]) => Level::Town,
        (9, _) => Level::Township,
        (12, [.., b'0', _, _]) => Level::Community,
        (12, _) => Level::Village,
        _ => Level::County,
    };
    if text.is_empty() {
        return by_code;
    }
    written.unwrap_or_else(|| {
        let text = text.to_owned();
        let known = "省、市、县、镇、乡、村、社区 (province, prefecture, county, town, township, village, community)";
        let known = known.to_owned();
        check.fail(row.number, "level", &Problem::UnknownWord { text, known });
        by_code
    })
}

/// The division an error is about.
fn code_of(error: &DivisionError) -> &str {
    match error {
        DivisionError::Malformed { .. } => "",
        DivisionError::BadCode { code, .. }
        | DivisionError::NoName { code }
        | DivisionError::Duplicate { code }
        | DivisionError::UnknownParent { code, .. }
        | DivisionError::WrongParent { code, .. }
        | DivisionError::NoParent { code } => code,
    }
}
