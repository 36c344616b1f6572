//! `guanmo export`: tables out of a data folder, as the console gives them; `guanmo template`: empty ones to fill in.
//!
//! Invariant: the rows are those of the console: nothing sealed leaves, and every export is in the audit; a file appears
//! whole or not at all. Leaves out: results of groups that are not locked.

use std::io::{Read, Write};
use std::path::Path;

use server::model::{IssueQuery, RecordFilter};
use server::services::exports::{File, Wanted, language};

use super::args::{ExportArgs, TemplateArgs};
use super::{actor, campaign_of, with};
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Exports.
pub fn run(args: &ExportArgs) -> Outcome {
    let name = format!("{}.{}", args.what.word(), args.ending());
    let file = File::parse(&name).ok_or_else(|| {
        Failure::bad_input(
            "usage",
            format!("没有 {name}：geojson 只用于 ledger、sites、places，places 只有 geojson"),
            format!("there is no {name}: geojson is for ledger, sites and places, places is geojson only"),
        )
    })?;
    let wanted = Wanted {
        file,
        lang: lang(args.english),
        internal: args.internal,
        filter: RecordFilter {
            township: args.township.clone(),
            ..RecordFilter::default()
        },
        issues: IssueQuery {
            township: args.township.clone(),
            ..IssueQuery::default()
        },
    };
    let mut exported = with(&args.data.data, async |app| {
        let campaign = campaign_of(app).await?.id;
        Ok(app.export_whole(&actor(), campaign, wanted).await?)
    })?;
    let mut bytes = Vec::new();
    exported.file.read_to_end(&mut bytes).map_err(|error| {
        Failure::new(
            "file",
            format!("无法读取临时文件：{error}"),
            format!("cannot read the temporary file: {error}"),
        )
    })?;
    give(args.out.as_deref(), &bytes)
}

/// Gives a template.
pub fn template(args: &TemplateArgs) -> Outcome {
    let written = documents::template(args.what.into(), language(lang(args.english)));
    let bytes =
        written.map_err(|error| Failure::new("file", error.message_zh(), error.to_string()))?;
    give(args.out.as_deref(), &bytes)
}

fn lang(english: bool) -> server::i18n::Lang {
    if english {
        server::i18n::Lang::En
    } else {
        server::i18n::Lang::Zh
    }
}

/// To a file, or to stdout.
fn give(out: Option<&Path>, bytes: &[u8]) -> Outcome {
    let Some(file) = out else {
        out::print_bytes(bytes)?;
        return Ok(Exit::Ok);
    };
    write(file, bytes).map_err(|error| {
        let file = file.display();
        Failure::new(
            "file",
            format!("无法写入 {file}：{error}"),
            format!("cannot write {file}: {error}"),
        )
    })?;
    eprintln!("已写入 · written: {}", file.display());
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
