//! What leaves as a table: records, answers, results, the ledger of issues, sites, places.
//!
//! Invariant: of a sealed sheet only progress leaves, of a group that is not locked no number; household codes and
//! positions only when asked for by name; what is of a rehearsal says so in its name and in every row. The rows follow the same rules as the pages. Leaves out: the files' layout
//! (`documents::export`), who may ask (`auth`).

mod issues;
mod lists;
mod places;
mod results;

use std::io::Write;

use documents::export::{self, Format, Language};
use protocol::problem::Code;

use super::campaign::Campaign;
use super::sync::Context;
use crate::auth::Reach;
use crate::error::{Error, Result};
use crate::i18n::Lang;
use crate::model::{IssueQuery, RecordFilter};
use crate::store::Tx;

pub use results::{previous, visible};

/// A table that can be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// One row per record.
    Records,
    /// One row per answer.
    Answers,
    /// The ranking.
    Results,
    /// The ledger of issues.
    Ledger,
    /// Sites.
    Sites,
    /// Sites, issues and photos with a position.
    Places,
}

/// A file: a list in a format, or places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Which table.
    pub table: Table,
    /// In which format; none: GeoJSON.
    pub format: Option<Format>,
}

impl File {
    /// By its name in an address: `records.xlsx`, `ledger.geojson`.
    pub fn parse(name: &str) -> Option<Self> {
        let (word, ending) = name.split_once('.')?;
        let table = match word {
            "records" => Table::Records,
            "answers" => Table::Answers,
            "results" => Table::Results,
            "ledger" | "issues" => Table::Ledger,
            "sites" => Table::Sites,
            "places" => Table::Places,
            _ => return None,
        };
        let format = match ending {
            "geojson" => None,
            other => Some(Format::of_ending(other)?),
        };
        let places = matches!(table, Table::Ledger | Table::Sites | Table::Places);
        match format {
            None if !places => None,
            Some(_) if table == Table::Places => None,
            _ => Some(Self { table, format }),
        }
    }

    /// Every name, as an address has it.
    pub fn names() -> Vec<String> {
        let words = ["records", "answers", "results", "ledger", "sites", "places"];
        let endings = ["xlsx", "csv", "json", "geojson"];
        let names = words
            .iter()
            .flat_map(|word| endings.map(|ending| format!("{word}.{ending}")));
        names.filter(|name| Self::parse(name).is_some()).collect()
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self.table {
            Table::Records => "records",
            Table::Answers => "answers",
            Table::Results => "results",
            Table::Ledger => "ledger",
            Table::Sites => "sites",
            Table::Places => "places",
        }
    }

    /// Its name for people.
    pub fn label(self, t: Lang) -> &'static str {
        let names = match self.table {
            Table::Records => ("检查记录", "records"),
            Table::Answers => ("逐项评分", "answers"),
            Table::Results => ("评比结果", "results"),
            Table::Ledger => ("问题整改台账", "ledger"),
            Table::Sites => ("点位", "sites"),
            Table::Places => ("位置", "places"),
        };
        language(t).pick(names.0, names.1)
    }

    /// The ending of its name.
    pub fn ending(self) -> &'static str {
        self.format.map_or("geojson", Format::ending)
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        self.format
            .map_or("application/geo+json", Format::media_type)
    }
}

/// What somebody asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The file.
    pub file: File,
    /// Language of headings and words.
    pub lang: Lang,
    /// With household codes and positions.
    pub internal: bool,
    /// Which records; for records and answers.
    pub filter: RecordFilter,
    /// Which issues; for the ledger.
    pub issues: IssueQuery,
}

/// The language of a table.
pub fn language(t: Lang) -> Language {
    match t {
        Lang::Zh => Language::Zh,
        Lang::En => Language::En,
    }
}

/// Writes a file; returns its rows.
///
/// # Errors
/// `NotReady` for results before the first lock, `BadRequest` for a filter that cannot be read, and `out`'s.
pub fn write(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    reach: &Reach,
    wanted: &Wanted,
    out: impl Write + Send,
) -> Result<usize> {
    let lang = language(wanted.lang);
    match (wanted.file.table, wanted.file.format) {
        (Table::Records, Some(format)) => {
            let mut sink = export::Sink::of(&export::RECORDS, format, lang, c.rehearsal, out)?;
            let rows = lists::records(tx, ctx, c, reach, wanted, |row| {
                Ok(sink.row(&row.cells(lang))?)
            })?;
            sink.finish()?;
            Ok(rows)
        }
        (Table::Answers, Some(format)) => {
            let mut sink = export::Sink::of(&export::ANSWERS, format, lang, c.rehearsal, out)?;
            let rows = lists::answers(tx, c, reach, wanted, |row| Ok(sink.row(&row.cells(lang))?))?;
            sink.finish()?;
            Ok(rows)
        }
        (Table::Sites, Some(format)) => {
            let mut sink = export::Sink::of(&export::SITES, format, lang, c.rehearsal, out)?;
            let sites = lists::sites(tx, c, reach, wanted)?;
            for site in &sites {
                sink.row(&site.cells(lang))?;
            }
            sink.finish()?;
            Ok(sites.len())
        }
        (Table::Results, Some(format)) => results::write(tx, ctx, c, format, lang, out),
        (Table::Ledger, Some(Format::Xlsx)) => {
            let issues = issues::issues(tx, ctx, c, reach, wanted)?;
            export::ledger_xlsx(&issues, lang, c.rehearsal, out)?;
            Ok(issues.len())
        }
        (Table::Ledger, Some(format)) => {
            let issues = issues::issues(tx, ctx, c, reach, wanted)?;
            let mut sink = export::Sink::of(&export::ISSUES, format, lang, c.rehearsal, out)?;
            for (at, issue) in issues.iter().enumerate() {
                sink.row(&issue.cells(at + 1, lang))?;
            }
            sink.finish()?;
            Ok(issues.len())
        }
        (_, None) => places::write(tx, ctx, c, reach, wanted, out),
        (Table::Places, Some(_)) => Err(Code::NotFound.into()),
    }
}

impl From<documents::WriteError> for Error {
    fn from(error: documents::WriteError) -> Self {
        match error {
            documents::WriteError::File(error) => Self::Io(error),
            documents::WriteError::Workbook(error) => Self::storage(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_table_and_format() {
        let file = File::parse("records.xlsx").unwrap();
        assert_eq!((file.word(), file.ending()), ("records", "xlsx"));
        assert_eq!(File::parse("issues.geojson").unwrap().table, Table::Ledger);
        for none in [
            "records",
            "records.geojson",
            "places.csv",
            "people.csv",
            "../a.csv",
            "",
        ] {
            assert_eq!(File::parse(none), None, "{none}");
        }
    }
}
