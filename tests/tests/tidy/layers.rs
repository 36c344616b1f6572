//! What each layer may do inside: SQL, HTTP status codes, the outside world, panics.
//!
//! Leaves out: imports between packages (`imports.rs`). Code under `#[cfg(test)]` and test folders is not held to these.

use crate::rust::Source;
use crate::tree::{File, expect_clean, files, rust_files};

const SQL_PLACES: &[&str] = &[
    "crates/ledger/src",
    "mobile-core/src/store",
    "server/src/store",
    // The raw bound the benchmark compares with, and the demo's own count beside the programs it counts.
    "crates/cli/src/bench",
    "crates/cli/src/demo/count",
];
const STATUS_PLACES: &[&str] = &[
    "server/src/routes",
    "server/src/routes.rs",
    "server/src/middleware",
    "server/src/middleware.rs",
    "server/src/console",
    "server/src/console.rs",
    "server/src/error.rs",
];
const PURE: &[&str] = &["crates/domain/src", "crates/merge/src"];
/// Last segments of what a pure package must not name from `std`, and their callers.
const OUTSIDE: &[&str] = &[
    "fs",
    "net",
    "thread",
    "process",
    "env",
    "SystemTime",
    "Instant",
];

fn sql_outside_the_stores(file: &File) -> Vec<String> {
    const SQL: &[&str] = &[
        "INSERT INTO ",
        "INSERT OR ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "CREATE INDEX ",
        "SELECT ",
        "PRAGMA ",
    ];
    if file.is_test() || file.under(SQL_PLACES) {
        return Vec::new();
    }
    if file.path.ends_with(".sql") {
        return vec![format!("{}: SQL belongs in a store", file.path)];
    }
    if !file.is_rust() {
        return Vec::new();
    }
    let source = Source::read(&file.text);
    source
        .shipped(&source.code_and_strings)
        .filter(|(_, line)| {
            has_word(line, "rusqlite") || SQL.iter().any(|keyword| line.contains(keyword))
        })
        .map(|(number, _)| format!("{}:{number}: SQL belongs in a store", file.path))
        .collect()
}

fn status_codes_outside_the_edge(file: &File) -> Vec<String> {
    if !file.under(&["server/src"]) || file.is_test() || file.under(STATUS_PLACES) {
        return Vec::new();
    }
    let source = Source::read(&file.text);
    source
        .shipped(&source.code)
        .filter(|(_, line)| has_word(line, "StatusCode"))
        .map(|(number, _)| {
            let path = &file.path;
            format!(
                "{path}:{number}: HTTP status codes belong in routes, middleware, console, error.rs"
            )
        })
        .collect()
}

fn outside_world_in_pure_packages(file: &File) -> Vec<String> {
    if !file.under(PURE) || file.is_test() {
        return Vec::new();
    }
    let source = Source::read(&file.text);
    // A `use std::{…}` may run over several lines: inside one, the segments stand alone.
    let mut in_use_std = false;
    let mut complaints = Vec::new();
    for (number, line) in source.shipped(&source.code) {
        in_use_std |= line.trim_start().starts_with("use std::") || line.contains(" use std::");
        let named = OUTSIDE.iter().find(|name| {
            let in_path = line.contains(&format!("std::{name}")) && has_word(line, name);
            let is_clock = ["SystemTime", "Instant"].contains(name);
            in_path || ((in_use_std || is_clock) && has_word(line, name))
        });
        if let Some(name) = named {
            complaints.push(format!(
                "{}:{number}: a pure package must not use {name}",
                file.path
            ));
        }
        in_use_std &= !line.contains(';');
    }
    complaints
}

/// A service answers whoever asks: it must not know the edge that draws or sends what it says.
fn edges_known_to_services(file: &File) -> Vec<String> {
    const EDGES: &[&str] = &["crate::console", "crate::routes", "crate::middleware"];
    if !file.under(&["server/src/services", "server/src/model"]) {
        return Vec::new();
    }
    let source = Source::read(&file.text);
    let numbered = source.code.iter().enumerate();
    numbered
        .filter_map(|(index, line)| {
            let edge = EDGES.iter().find(|edge| has_word(line, edge))?;
            let (path, number) = (&file.path, index + 1);
            Some(format!(
                "{path}:{number}: services and models must not know {edge}; shared types belong in model"
            ))
        })
        .collect()
}

fn panics_on_input(file: &File) -> Vec<String> {
    if !file.is_rust() || file.is_test() || !file.path.contains("src/") {
        return Vec::new();
    }
    let source = Source::read(&file.text);
    source
        .shipped(&source.code)
        .filter(|(_, line)| line.contains(".unwrap()") || line.contains(".expect("))
        .filter(|(number, _)| !explained(&source, number - 1))
        .map(|(number, _)| {
            format!(
                "{}:{number}: return an error, or say why it cannot fail: `// invariant: …`",
                file.path
            )
        })
        .collect()
}

/// Whether `// invariant:` stands in the statement that this line ends, or in the comment above it.
fn explained(source: &Source, index: usize) -> bool {
    let says = |at: usize| source.raw[at].contains("// invariant:");
    if says(index) {
        return true;
    }
    for at in (0..index).rev() {
        let code = source.code[at].trim_end();
        let raw = source.raw[at].trim();
        let ends_before = code.ends_with([';', '{', '}', ',']) || raw.is_empty();
        if ends_before && !raw.starts_with("//") {
            return false;
        }
        if says(at) {
            return true;
        }
    }
    false
}

/// Whether the name stands in the line by itself, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(part_of_name) && !line[at + word.len()..].starts_with(part_of_name)
    })
}

#[test]
fn sql_lives_only_in_the_stores() {
    expect_clean(files().iter().flat_map(sql_outside_the_stores).collect());
}

#[test]
fn http_status_codes_live_only_at_the_servers_edge() {
    expect_clean(
        rust_files()
            .iter()
            .flat_map(status_codes_outside_the_edge)
            .collect(),
    );
}

#[test]
fn services_know_neither_pages_nor_routes() {
    expect_clean(
        rust_files()
            .iter()
            .flat_map(edges_known_to_services)
            .collect(),
    );
}

#[test]
fn pure_packages_touch_neither_clock_nor_file_nor_network_nor_thread() {
    expect_clean(
        rust_files()
            .iter()
            .flat_map(outside_world_in_pure_packages)
            .collect(),
    );
}

#[test]
fn shipped_code_explains_every_unwrap_and_expect() {
    expect_clean(rust_files().iter().flat_map(panics_on_input).collect());
}

#[test]
fn sql_in_a_route_is_seen() {
    let seen = |path, text| sql_outside_the_stores(&File::new(path, text)).len();
    assert_eq!(
        seen("server/src/routes/a.rs", "let q = \"SELECT id FROM t\";"),
        1
    );
    assert_eq!(
        seen("mobile-core/src/replica.rs", "use rusqlite::Connection;"),
        1
    );
    assert_eq!(seen("server/src/a.sql", ""), 1);
    assert_eq!(
        seen("server/src/store/a.rs", "let q = \"SELECT id FROM t\";"),
        0
    );
    assert_eq!(
        seen("server/src/routes/a.rs", "// SELECT is for stores\n"),
        0
    );
    assert_eq!(
        seen("server/src/store_front.rs", "let q = \"DELETE FROM t\";"),
        1
    );
}

#[test]
fn a_status_code_in_a_service_is_seen() {
    let seen = |path| status_codes_outside_the_edge(&File::new(path, "StatusCode::OK;")).len();
    assert_eq!(seen("server/src/services/push.rs"), 1);
    assert_eq!(seen("server/src/routes/push.rs"), 0);
    assert_eq!(seen("server/src/error.rs"), 0);
}

#[test]
fn a_page_in_a_service_is_seen() {
    let seen = |path, text| edges_known_to_services(&File::new(path, text)).len();
    let import = "use crate::console::Page;";
    assert_eq!(seen("server/src/services/held.rs", import), 1);
    assert_eq!(
        seen("server/src/model/held.rs", "fn a() { crate::routes::b(); }"),
        1
    );
    assert_eq!(seen("server/src/services/a/tests.rs", import), 1);
    assert_eq!(seen("server/src/console/held.rs", import), 0);
    assert_eq!(seen("server/src/services/a.rs", "// crate::console"), 0);
    assert_eq!(
        seen("server/src/services/a.rs", "use crate::model::Board;"),
        0
    );
}

#[test]
fn a_clock_or_a_file_in_a_pure_package_is_seen() {
    let seen =
        |text| outside_world_in_pure_packages(&File::new("crates/merge/src/a.rs", text)).len();
    assert_eq!(seen("let t = std::time::SystemTime::now();"), 1);
    assert_eq!(seen("use std::time::Instant;"), 1);
    assert_eq!(
        seen("use std::{\n    collections::BTreeMap,\n    fs,\n};"),
        1
    );
    assert_eq!(seen("fn a() { std::thread::spawn(b); }"), 1);
    assert_eq!(seen("use std::fmt;\nlet env = 1; // std::fs"), 0);
    assert_eq!(seen("#[cfg(test)]\nmod tests { use std::fs; }"), 0);
}

#[test]
fn an_unexplained_unwrap_is_seen() {
    let seen = |text| panics_on_input(&File::new("server/src/a.rs", text)).len();
    assert_eq!(seen("let a = b.unwrap();"), 1);
    assert_eq!(
        seen("// invariant: c is about another line\nlet c = d;\nlet a = b\n    .expect(\"b\");"),
        1
    );
    assert_eq!(
        seen("// invariant: b was set above\nlet a = b.unwrap();"),
        0
    );
    assert_eq!(
        seen("// invariant: b was set\n// two lines up\nlet a = b\n    .c()\n    .expect(\"b\");"),
        0
    );
    assert_eq!(seen("let a = b.unwrap_or(1); // .unwrap()"), 0);
    assert_eq!(
        seen("#[cfg(test)]\nmod tests {\n    fn t() { b.unwrap(); }\n}"),
        0
    );
}
