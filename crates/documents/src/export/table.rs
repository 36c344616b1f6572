//! What a table is made of: columns with a name in each language, rows of cells.
//!
//! Invariant: a column's type says what its cells are, so that text never becomes a number or a formula.
//! Leaves out: the files (`sink`).

use super::Language;

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// A whole number.
    Int(i64),
    /// A score in e4; shown at two decimals.
    Score(i64),
    /// A moment, ms UTC; shown in Beijing time to the minute.
    Time(i64),
    /// Degrees in 1e-7.
    Degrees(i64),
    /// Text.
    Text(String),
}

impl Cell {
    /// Text, nothing if there is none.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Empty
        } else {
            Self::Text(text)
        }
    }

    /// Text, if there is any.
    pub fn some(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    /// A whole number, if there is one.
    pub fn int(number: Option<i64>) -> Self {
        number.map_or(Self::Empty, Self::Int)
    }

    /// A score, if there is one.
    pub fn score(e4: Option<i64>) -> Self {
        e4.map_or(Self::Empty, Self::Score)
    }

    /// A moment, if there is one.
    pub fn time(ms: Option<i64>) -> Self {
        ms.map_or(Self::Empty, Self::Time)
    }
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its key in JSON; says the unit of what is no text (`_e4`, `_ms`, `_e7`).
    pub key: &'static str,
    /// Chinese heading.
    pub zh: &'static str,
    /// English heading.
    pub en: &'static str,
    /// Width in a workbook, in characters.
    pub width: u16,
}

pub(super) const fn column(
    key: &'static str,
    zh: &'static str,
    en: &'static str,
    width: u16,
) -> Column {
    Column { key, zh, en, width }
}

/// What a table is.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its word in addresses and file names.
    pub word: &'static str,
    /// Chinese name: of the sheet and the file.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
}

/// The column by which every row of a rehearsal's table says so.
pub(super) const REHEARSAL: Column = column("rehearsal", "试填", "Rehearsal", 16);

/// What stands in it, and in titles and footers.
pub(super) fn rehearsal_mark(language: Language) -> &'static str {
    language.pick("试填，非正式结果", "rehearsal, not a result")
}

/// The columns of a table, and of a rehearsal's.
pub(super) fn columns(spec: &Spec, rehearsal: bool) -> Vec<Column> {
    let mark = rehearsal.then_some(REHEARSAL);
    spec.columns.iter().copied().chain(mark).collect()
}

/// The name of a table's sheet.
pub(super) fn sheet_name(spec: &Spec, language: Language, rehearsal: bool) -> String {
    let name = language.pick(spec.zh, spec.en);
    if rehearsal {
        format!("{name}{}", language.pick("（试填）", " (rehearsal)"))
    } else {
        name.to_owned()
    }
}

/// Milliseconds that Beijing is ahead of UTC.
const BEIJING_MS: i64 = 8 * 3_600_000;

/// Seconds of Beijing's clock, as if they were UTC.
pub(super) fn beijing_seconds(ms: i64) -> i64 {
    ms.saturating_add(BEIJING_MS).div_euclid(1000)
}

/// `2021-11-18 10:32`, Beijing time.
pub(super) fn show_time(ms: i64) -> String {
    let seconds = beijing_seconds(ms);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute) = (rest / 3600, rest % 3600 / 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

/// The date that is so many days after 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let mp = (5 * of_year + 2) / 153;
    let day = of_year - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Degrees as a decimal with seven places.
pub(super) fn show_degrees(e7: i64) -> String {
    let sign = if e7 < 0 { "-" } else { "" };
    let e7 = e7.unsigned_abs();
    format!("{sign}{}.{:07}", e7 / 10_000_000, e7 % 10_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_beijing() {
        assert_eq!(show_time(1_637_200_800_000), "2021-11-18 10:00");
        assert_eq!(show_time(0), "1970-01-01 08:00");
        assert_eq!(show_time(1_709_136_000_000), "2024-02-29 00:00");
        assert_eq!(show_time(-86_400_000), "1969-12-31 08:00");
    }

    #[test]
    fn degrees_keep_every_place() {
        assert_eq!(show_degrees(359_640_000), "35.9640000");
        assert_eq!(show_degrees(-1), "-0.0000001");
    }
}
