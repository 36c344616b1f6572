//! `guanmo import`: what the office prepared in a spreadsheet, into a data folder.
//!
//! Invariant: nothing half-imported: a file with one error changes nothing, and neither does a refusal of the server.
//! Leaves out: reading the files (`documents::import`).

use std::io::IsTerminal;
use std::path::Path;

use documents::import::{self, Existing, Format, ImportErrors};
use domain::Divisions;
use serde_json::json;
use server::App;
use server::services::campaign::{Campaign, NewAccount, NewSite};

use super::args::{FileFormat, ImportArgs, Table};
use super::{actor, campaign_of, with};
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// What came of a file: how many came in, or why none did.
type Imported = Result<usize, ImportErrors>;

/// Imports one file.
pub fn run(args: &ImportArgs) -> Outcome {
    let format = format(&args.file, args.format)?;
    let bytes = out::read_file(&args.file)?;
    let imported = with(&args.data.data, async |app| {
        let campaign = campaign_of(app).await?;
        match args.what {
            Table::Divisions => divisions(app, &campaign, &bytes, format).await,
            Table::Sites => sites(app, &campaign, &bytes, format).await,
            Table::Roster => roster(app, &campaign, &bytes, format).await,
            Table::Checklist => checklists(app, &campaign, &bytes, format).await,
        }
    })?;
    match imported {
        Ok(count) => {
            if args.json {
                out::print_json(&json!({"imported": count}))?;
            } else {
                out::print(&format!("已导入 {count} 条 · imported {count}"))?;
            }
            Ok(Exit::Ok)
        }
        Err(errors) => refused(&errors, args.json),
    }
}

fn format(file: &Path, given: Option<FileFormat>) -> Outcome<Format> {
    let by_name = file.to_str().and_then(Format::of_name);
    match given {
        Some(FileFormat::Csv) => Ok(Format::Csv),
        Some(FileFormat::Json) => Ok(Format::Json),
        None => by_name.ok_or_else(|| {
            Failure::bad_input(
                "usage",
                "看不出文件格式，请加 --format csv 或 --format json",
                "the format is not clear; give --format csv or --format json",
            )
        }),
    }
}

async fn divisions(
    app: &App,
    campaign: &Campaign,
    bytes: &[u8],
    format: Format,
) -> Outcome<Imported> {
    let rows = match import::divisions(bytes, format) {
        Ok(rows) => rows,
        Err(errors) => return Ok(Err(errors)),
    };
    Ok(Ok(app.add_divisions(&actor(), campaign.id, rows).await?))
}

async fn sites(app: &App, campaign: &Campaign, bytes: &[u8], format: Format) -> Outcome<Imported> {
    let rows = match import::sites(bytes, format, &existing(campaign)?) {
        Ok(rows) => rows,
        Err(errors) => return Ok(Err(errors)),
    };
    let new = |row: import::SiteRow| NewSite {
        name: row.name,
        kind: row.kind,
        town_kind: row.town_kind,
        township: row.township_code,
        village: row.village_code,
        slot: row.slot,
        group: row.group,
        order: row.order.unwrap_or_default(),
        nominated: row.nominated,
        place_e7: row.lat_e7.zip(row.lon_e7),
    };
    let rows: Vec<NewSite> = rows.into_iter().map(new).collect();
    Ok(Ok(app.add_sites(&actor(), campaign.id, rows).await?.len()))
}

async fn roster(app: &App, campaign: &Campaign, bytes: &[u8], format: Format) -> Outcome<Imported> {
    let rows = match import::roster(bytes, format, &existing(campaign)?) {
        Ok(rows) => rows,
        Err(errors) => return Ok(Err(errors)),
    };
    let new = |row: import::RosterRow| NewAccount {
        name: row.name,
        role: row.role,
        group: row.group,
        home_unit: row.home_unit,
        form: row.form,
    };
    let rows: Vec<NewAccount> = rows.into_iter().map(new).collect();
    Ok(Ok(app
        .add_accounts(&actor(), campaign.id, rows)
        .await?
        .len()))
}

async fn checklists(
    app: &App,
    campaign: &Campaign,
    bytes: &[u8],
    format: Format,
) -> Outcome<Imported> {
    let files = match import::checklist(bytes, format) {
        Ok(files) => files,
        Err(errors) => return Ok(Err(errors)),
    };
    let bodies: Vec<String> = files.into_iter().map(|file| file.body).collect();
    let made = app.add_checklists(&actor(), campaign.id, bodies).await?;
    Ok(Ok(made.len()))
}

/// What the campaign has already.
fn existing(c: &Campaign) -> Outcome<Existing> {
    let divisions = Divisions::new(c.divisions.values().cloned()).map_err(|error| {
        Failure::new(error.code(), error.message_zh(), error.to_string()).with_exit(Exit::Failed)
    })?;
    let number = |group: Option<_>| group.and_then(|id| c.group(id)).map(|g| g.number);
    let townships = c.townships.values();
    Ok(Existing {
        divisions,
        groups: c.groups.iter().map(|g| g.number).collect(),
        townships: townships
            .map(|t| (t.code.clone(), number(t.group)))
            .collect(),
        people: c.accounts.values().map(|a| a.name.clone()).collect(),
        sites: c
            .sites
            .values()
            .map(|s| {
                (
                    s.kind,
                    s.township.clone(),
                    s.village.clone(),
                    s.name.clone(),
                )
            })
            .collect(),
    })
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
    let mut table = out::table(["行\nRow", "列\nColumn", "错误\nError", "代码\nCode"]);
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
        table.add_row([
            out::or_dash(error.row),
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
