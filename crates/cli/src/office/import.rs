//! `guanmo import`: what the office prepared in a spreadsheet, into a data folder.
//!
//! Invariant: nothing half-imported: a file with one error changes nothing, and neither does a refusal of the server.
//! Leaves out: reading the files (`documents::import`).

use std::io::IsTerminal;

use documents::import::{ImportErrors, Reading};
use serde_json::json;
use server::app::ImportFile;
use server::services::imports::ImportOutcome;

use super::args::ImportArgs;
use super::{actor, campaign_of, with};
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Imports one file.
pub fn run(args: &ImportArgs) -> Outcome {
    let file = ImportFile {
        kind: args.what.into(),
        bytes: out::read_file(&args.file)?,
        name: args.file.to_str().map(str::to_owned),
        format: args.format.map(Into::into),
        dry_run: args.dry_run,
    };
    let outcome = with(&args.data.data, async |app| {
        let campaign = campaign_of(app).await?;
        Ok(app.import(&actor(), campaign.id, file).await?)
    })?;
    match outcome {
        ImportOutcome::Done(done) => told(args, done.count, &done.read),
        ImportOutcome::Refused(errors) => refused(&errors, args.json),
    }
}

fn told(args: &ImportArgs, count: usize, reading: &Reading) -> Outcome {
    if args.json {
        let done = if args.dry_run { "checked" } else { "imported" };
        out::print_json(&json!({done: count, "read": reading}))?;
        return Ok(Exit::Ok);
    }
    let (zh, en) = if args.dry_run {
        ("检查无误", "checked, nothing changed:")
    } else {
        ("已导入", "imported")
    };
    let (read_zh, read_en) = (reading.zh(), reading.en());
    out::print(&format!(
        "{zh} {count} 条（{read_zh}） · {en} {count} ({read_en})"
    ))?;
    Ok(Exit::Ok)
}

/// Tells every error by row and column.
fn refused(errors: &ImportErrors, json: bool) -> Outcome {
    if json {
        out::print_json(errors)?;
    } else {
        eprintln!("{}", table(errors));
    }
    let count = errors.len();
    Err(Failure::bad_input(
        "import",
        format!("文件有 {count} 处错误，未导入任何内容"),
        format!("the file has {count} errors; nothing was imported"),
    ))
}

fn table(errors: &ImportErrors) -> String {
    let mut table = out::table(["位置\nPlace", "列\nColumn", "错误\nError", "代码\nCode"]);
    if !std::io::stderr().is_terminal() {
        // Lines stay whole for whoever reads them from a file.
        table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
    }
    for error in &errors.errors {
        let column = match (&error.column, &error.letter) {
            (Some(name), Some(letter)) => format!("{letter} {name}"),
            (Some(name), None) => name.clone(),
            (None, Some(letter)) => letter.clone(),
            (None, None) => "—".into(),
        };
        let row = out::or_dash(error.row);
        let place = match &error.sheet {
            Some(sheet) => format!("{sheet}!{row}"),
            None => row,
        };
        table.add_row([
            place,
            column,
            format!("{}\n{}", error.zh, error.en),
            error.code.to_owned(),
        ]);
    }
    if errors.more > 0 {
        let more = errors.more;
        table.add_row([
            "…".to_owned(),
            String::new(),
            format!("另有 {more} 处\nand {more} more"),
            String::new(),
        ]);
    }
    table.to_string()
}
