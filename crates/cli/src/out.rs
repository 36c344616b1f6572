//! Results on stdout: tables for people, JSON for programs; and files that are read.
//!
//! Invariant: a reader that closes the pipe (`| head`) ends the command quietly. Leaves out: colours; there are none.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::exit::{Exit, Failure, Outcome};

/// Writes text to stdout, with a line break at its end.
pub fn print(text: &str) -> Outcome<()> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    print_bytes(format!("{text}{end}").as_bytes())
}

/// Writes bytes to stdout as they are.
pub fn print_bytes(bytes: &[u8]) -> Outcome<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(
            "stdout",
            format!("无法输出：{error}"),
            format!("cannot write to stdout: {error}"),
        )),
        _ => Ok(()),
    }
}

/// Writes a value to stdout as indented JSON.
pub fn print_json(value: &impl Serialize) -> Outcome<()> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&text),
        Err(error) => Err(Failure::new("json", error.to_string(), error.to_string())),
    }
}

/// A time for people, in UTC.
pub fn day_and_time(at_ms: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A table with this header, wide characters counted as two.
pub fn table<'a>(header: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table
}

/// A line about long work on stderr, hidden where stderr is no terminal.
pub fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// A cell for a value that may be missing.
pub fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or("—".into(), |v| v.to_string())
}

/// The bytes of a file, of stdin if it is `-`.
pub fn read_file(path: &Path) -> Outcome<Vec<u8>> {
    let mut bytes = vec![];
    let read = if path == Path::new("-") {
        io::stdin().lock().read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map(|_| bytes).map_err(|error| {
        let path = path.display();
        if error.kind() == io::ErrorKind::NotFound {
            let zh = format!("没有文件 {path}");
            return Failure::new("file_not_found", zh, format!("there is no file {path}"));
        }
        Failure::new(
            "file",
            format!("无法读取 {path}：{error}"),
            format!("cannot read {path}: {error}"),
        )
        .with_exit(Exit::Failed)
    })
}

/// The text of a UTF-8 file, without byte order mark.
pub fn read_text(path: &Path) -> Outcome<String> {
    let text = String::from_utf8(read_file(path)?)
        .map_err(|_| Failure::new("not_utf8", "文件不是 UTF-8 编码", "the file is not UTF-8"))?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}
