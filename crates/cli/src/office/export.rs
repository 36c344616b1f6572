//! `guanmo export results`: the ranking table for a spreadsheet, or as JSON.
//!
//! Invariant: the numbers are those of the last lock, as the console shows them; a file appears whole
//! or not at all. Leaves out: results of groups that are not locked.

use std::io::Write;
use std::path::Path;

use documents::export::{Language, results_csv, results_json};

use super::args::{ExportArgs, Exported, FileFormat};
use super::{campaign_of, with};
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Exports.
pub fn run(args: &ExportArgs) -> Outcome {
    let Exported::Results = args.what;
    let (input, outcome) = with(&args.data.data, async |app| {
        let campaign = campaign_of(app).await?.id;
        Ok(app.results(campaign).await?)
    })?;
    let bytes = match args.format {
        FileFormat::Csv => {
            let language = if args.english {
                Language::En
            } else {
                Language::Zh
            };
            results_csv(&input, &outcome, None, language)
        }
        FileFormat::Json => {
            let value = results_json(&input, &outcome, None);
            format!("{value:#}\n").into_bytes()
        }
    };
    match &args.out {
        None => out::print_bytes(&bytes)?,
        Some(file) => {
            write(file, &bytes).map_err(|error| {
                let file = file.display();
                Failure::new(
                    "file",
                    format!("无法写入 {file}：{error}"),
                    format!("cannot write {file}: {error}"),
                )
            })?;
            eprintln!("已写入 · written: {}", file.display());
        }
    }
    Ok(Exit::Ok)
}

/// Beside its place first, so that a full disk leaves no half file.
fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = file.with_extension("part");
    let mut part = std::fs::File::create(&aside)?;
    part.write_all(bytes)?;
    part.sync_all()?;
    std::fs::rename(&aside, file)
}
