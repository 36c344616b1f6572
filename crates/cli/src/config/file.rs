//! The file of settings, TOML.
//!
//! Invariant: an unknown name is an error with its line, never passed over. Leaves out: what values mean.

use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::Value;

use crate::exit::{Failure, Outcome};
use crate::out;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<String>,
    listen: Option<String>,
    public_url: Option<String>,
    tls: Option<Tls>,
    log: Option<Log>,
    metrics: Option<Metrics>,
    backup: Option<Backup>,
    limits: Option<Limits>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    cert: Option<String>,
    key: Option<String>,
    redirect_from: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Log {
    level: Option<String>,
    format: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Metrics {
    listen: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Backup {
    dir: Option<String>,
    recipient: Option<String>,
    every: Option<String>,
    keep: Option<u32>,
    photos: Option<bool>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    connections: Option<u32>,
    head_timeout: Option<String>,
    body_timeout: Option<String>,
    grace: Option<String>,
    disk_reserve: Option<String>,
}

/// The settings of a file by name, as text.
pub fn read(path: &Path) -> Outcome<Vec<(String, String)>> {
    let text = out::read_text(path)?;
    let file: File = toml::from_str(&text).map_err(|error| refused(path, &text, &error))?;
    let table = Value::try_from(&file);
    let table =
        table.map_err(|e| Failure::bad_input("bad_config", e.to_string(), e.to_string()))?;
    let mut found = Vec::new();
    flatten("", &table, &mut found);
    Ok(found)
}

fn flatten(prefix: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                let dot = if prefix.is_empty() { "" } else { "." };
                flatten(&format!("{prefix}{dot}{name}"), value, found);
            }
        }
        Value::String(text) => found.push((prefix.to_owned(), text.clone())),
        other => found.push((prefix.to_owned(), other.to_string())),
    }
}

fn refused(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let at = error.span().map_or(0, |span| span.start);
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    let (path, why) = (path.display(), error.message());
    Failure::bad_input(
        "bad_config",
        format!("{path} 第 {line} 行第 {column} 列：{why}；未启动，未做任何更改"),
        format!("{path}, line {line}, column {column}: {why}; nothing was started or changed"),
    )
}
