//! What every workbook we write shares: fonts by name, widths, no clock.
//!
//! Invariant: the same rows give the same bytes: the day in the file's properties is fixed. Fonts are named, not
//! carried: office computers own them. Leaves out: what is in the sheets.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

/// Body text of official papers.
pub(crate) const FANGSONG: &str = "仿宋_GB2312";
/// Titles of official papers.
pub(crate) const XIAOBIAOSONG: &str = "方正小标宋简体";
/// Headings.
pub(crate) const HEI: &str = "黑体";

/// An empty workbook.
pub(crate) fn new() -> Workbook {
    let mut workbook = Workbook::new();
    let mut properties = DocProperties::new().set_author("Guanmo 观摩通");
    if let Ok(day) = ExcelDateTime::from_ymd(2000, 1, 1) {
        properties = properties.set_creation_datetime(&day);
    }
    workbook.set_properties(&properties);
    workbook
}

/// Width of a column that shows a text whole; Chinese characters are two wide.
pub(crate) fn width(text: &str) -> f64 {
    let wide = |c: char| if c.is_ascii() { 1.1 } else { 2.2 };
    text.chars().map(wide).sum::<f64>() + 2.0
}
