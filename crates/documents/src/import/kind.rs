//! Which table, in which format: one entrance for all of them.
//!
//! Invariant: what was assumed while reading (format, encoding, sheet, results of formulas) is told with the rows.
//! Leaves out: storing the rows.

use std::fmt;

use serde::Serialize;

use super::columns::{self, Column};
use super::error::ImportErrors;
use super::sheet::Sheet;
use super::text::Encoding;
use super::{
    ChecklistFile, DivisionRow, Existing, GroupRow, RosterRow, SiteRow, checklist, container,
    divisions, groups, roster, sites,
};

/// Format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A workbook of Excel or WPS (2007 and later).
    Xlsx,
    /// Separated by commas, semicolons or tabs, first row is the header.
    Csv,
    /// A list of objects, or an object that holds the list.
    Json,
}

impl Format {
    /// By the ending of a file's name: `.xlsx`, `.csv` or `.json`, in any case.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "xlsx" | "xlsm" => Some(Self::Xlsx),
            "csv" | "txt" | "tsv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// By what is in the file, and by its name where that does not say.
    ///
    /// # Errors
    /// A workbook of another kind (.xls, .et, .ods, with a password), with what to do.
    pub fn detect(name: Option<&str>, bytes: &[u8]) -> Result<Self, ImportErrors> {
        if container::is_zip(bytes) {
            return Ok(Self::Xlsx);
        }
        if let Some(problem) = container::other_workbook(bytes) {
            return Err(ImportErrors::of_file(&problem));
        }
        if let Some(format) = name.and_then(Self::of_name) {
            return Ok(format);
        }
        let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
        Ok(match first {
            Some(b'[' | b'{') => Self::Json,
            _ => Self::Csv,
        })
    }
}

/// What a table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Divisions.
    Divisions,
    /// Townships and their tour groups.
    Groups,
    /// Sites.
    Sites,
    /// People of the tour.
    Roster,
    /// Checklists.
    Checklist,
}

impl Kind {
    /// All of them, in the order an office needs them.
    pub const ALL: &'static [Self] = &[
        Self::Divisions,
        Self::Groups,
        Self::Checklist,
        Self::Sites,
        Self::Roster,
    ];

    /// Its word in addresses and commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Divisions => "divisions",
            Self::Groups => "groups",
            Self::Sites => "sites",
            Self::Roster => "roster",
            Self::Checklist => "checklist",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }

    /// Its Chinese name.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Divisions => "行政区划",
            Self::Groups => "分组",
            Self::Sites => "点位",
            Self::Roster => "人员名单",
            Self::Checklist => "评分表",
        }
    }

    /// Its English name.
    pub fn en(self) -> &'static str {
        match self {
            Self::Divisions => "divisions",
            Self::Groups => "groups",
            Self::Sites => "sites",
            Self::Roster => "roster",
            Self::Checklist => "checklist",
        }
    }

    /// Its columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Divisions => columns::DIVISIONS,
            Self::Groups => columns::GROUPS,
            Self::Sites => columns::SITES,
            Self::Roster => columns::ROSTER,
            Self::Checklist => columns::CHECKLIST,
        }
    }
}

/// The rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is the rows of the kind it is named after"
)]
pub enum Rows {
    Divisions(Vec<DivisionRow>),
    Groups(Vec<GroupRow>),
    Sites(Vec<SiteRow>),
    Roster(Vec<RosterRow>),
    Checklist(Vec<ChecklistFile>),
}

impl Rows {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Divisions(rows) => rows.len(),
            Self::Groups(rows) => rows.len(),
            Self::Sites(rows) => rows.len(),
            Self::Roster(rows) => rows.len(),
            Self::Checklist(rows) => rows.len(),
        }
    }

    /// True if there are none, which no file that was read gives.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How a file was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Its format.
    pub format: Format,
    /// The encoding of its text; none for a workbook.
    pub encoding: Option<Encoding>,
    /// The sheet that was read; none outside workbooks.
    pub sheet: Option<String>,
    /// Cells whose stored formula result was taken.
    pub formulas: usize,
}

impl Reading {
    /// In Chinese: `XLSX，表“名单”，其中 3 格取公式的计算结果`.
    pub fn zh(&self) -> String {
        let mut parts = vec![self.format.to_string()];
        parts.extend(self.encoding.map(|e| format!("{} 编码", e.name())));
        parts.extend(self.sheet.as_ref().map(|s| format!("表“{s}”")));
        if self.formulas > 0 {
            parts.push(format!("其中 {} 格取公式的计算结果", self.formulas));
        }
        parts.join("，")
    }

    /// In English.
    pub fn en(&self) -> String {
        let mut parts = vec![self.format.to_string()];
        parts.extend(self.encoding.map(|e| e.name().to_owned()));
        parts.extend(self.sheet.as_ref().map(|s| format!("sheet \"{s}\"")));
        if self.formulas > 0 {
            parts.push(format!("{} results of formulas taken", self.formulas));
        }
        parts.join(", ")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Xlsx => "XLSX",
            Self::Csv => "CSV",
            Self::Json => "JSON",
        })
    }
}

/// Reads a table of a kind, and says how it was read.
///
/// # Errors
/// Everything that is wrong, by sheet, row and column.
pub fn read(
    kind: Kind,
    bytes: &[u8],
    format: Format,
    existing: &Existing,
) -> Result<(Rows, Reading), ImportErrors> {
    if let Some(problem) = container::other_workbook(bytes).filter(|_| format != Format::Xlsx) {
        return Err(ImportErrors::of_file(&problem));
    }
    if kind == Kind::Checklist && format == Format::Json {
        let files = checklist(bytes, format)?;
        let reading = Reading {
            format,
            encoding: super::text::decode(bytes).ok().map(|(_, e)| e),
            sheet: None,
            formulas: 0,
        };
        return Ok((Rows::Checklist(files), reading));
    }
    let sheet = Sheet::read(bytes, format, kind.columns())?;
    let rows = match kind {
        Kind::Divisions => Rows::Divisions(divisions::rows(&sheet)?),
        Kind::Groups => Rows::Groups(groups::rows(&sheet, existing)?),
        Kind::Sites => Rows::Sites(sites::rows(&sheet, existing)?),
        Kind::Roster => Rows::Roster(roster::rows(&sheet, existing)?),
        Kind::Checklist => Rows::Checklist(checklist::rows(&sheet)?),
    };
    let reading = Reading {
        format,
        encoding: sheet.encoding,
        sheet: sheet.name,
        formulas: sheet.formulas,
    };
    Ok((rows, reading))
}
