//! How a Rust file is laid out: opening words, size, table of contents, nothing left for later.

use crate::rust::Source;
use crate::tree::{File, expect_clean, rust_files};

const LONG: usize = 800;

fn opens_without_words(file: &File) -> Vec<String> {
    if file.text.starts_with("//! ") {
        return Vec::new();
    }
    vec![format!(
        "{}: must begin with `//! ` and what the module is for",
        file.path
    )]
}

fn long_without_a_reason(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    if lines <= LONG || file.text.contains("Long because") {
        return Vec::new();
    }
    vec![format!(
        "{}: {lines} lines; split it, or say `Long because …`",
        file.path
    )]
}

fn left_for_later(file: &File) -> Vec<String> {
    // Put together here, so that this file does not contain what it looks for.
    let in_code = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    let ignored = format!("#[{}", "ignore");
    let in_comments = [
        ["FIX", "ME"].concat(),
        ["TO", "DO"].concat(),
        ["XX", "X:"].concat(),
    ];
    let source = Source::read(&file.text);
    let by_code = |line: &str| {
        line.contains(&ignored) || in_code.iter().any(|banned| line.contains(banned.as_str()))
    };
    let by_words = |line: &str| {
        in_comments
            .iter()
            .any(|banned| line.contains(banned.as_str()))
    };
    (0..source.raw.len())
        .filter(|at| by_code(&source.code[*at]) || by_words(&source.raw[*at]))
        .map(|at| format!("{}:{}: do it or open an issue", file.path, at + 1))
        .collect()
}

/// `lib.rs` is a table of contents: documentation, `mod` and `use`.
fn code_in_lib_rs(file: &File) -> Vec<String> {
    if !file.path.ends_with("/lib.rs") {
        return Vec::new();
    }
    let code = Source::read(&file.text).code.join("\n");
    without_attributes(&code)
        .split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty() && !is_mod_or_use(statement))
        .map(|statement| {
            let start: String = statement.chars().take(40).collect();
            format!(
                "{}: only documentation, mod and use belong here, not `{start}`",
                file.path
            )
        })
        .collect()
}

fn is_mod_or_use(statement: &str) -> bool {
    let after_pub = match statement.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')').map_or(rest, |(_, rest)| rest),
        Some(rest) => rest,
        None => statement,
    };
    let item = after_pub.trim_start();
    let name = item.strip_prefix("mod ").map(str::trim);
    item.starts_with("use ")
        || name.is_some_and(|n| n.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

fn without_attributes(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once('#') {
        kept.push_str(before);
        let mut depth = 0;
        let end = after.find(|c| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            c == ']' && depth == 0
        });
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    kept + rest
}

#[test]
fn every_module_begins_with_what_it_is_for() {
    expect_clean(rust_files().iter().flat_map(opens_without_words).collect());
}

#[test]
fn a_file_over_800_lines_says_why() {
    expect_clean(
        rust_files()
            .iter()
            .flat_map(long_without_a_reason)
            .collect(),
    );
}

#[test]
fn nothing_is_left_for_later_and_no_test_is_ignored() {
    expect_clean(rust_files().iter().flat_map(left_for_later).collect());
}

#[test]
fn lib_rs_is_a_table_of_contents() {
    expect_clean(rust_files().iter().flat_map(code_in_lib_rs).collect());
}

#[test]
fn a_module_without_opening_words_is_seen() {
    let seen = |text| opens_without_words(&File::new("a/src/b.rs", text)).len();
    assert_eq!(seen("use a;\n//! Late.\n"), 1);
    assert_eq!(seen("/// Of an item.\nfn a() {}\n"), 1);
    assert_eq!(seen("//! What it is for.\n"), 0);
}

#[test]
fn the_line_after_the_800th_is_seen() {
    let seen = |lines: usize, head: &str| {
        let text = format!("{head}\n{}", "a\n".repeat(lines - 1));
        long_without_a_reason(&File::new("a/src/b.rs", &text)).len()
    };
    assert_eq!(seen(800, "//! A."), 0);
    assert_eq!(seen(801, "//! A."), 1);
    assert_eq!(seen(801, "//! A. Long because it is a table."), 0);
}

#[test]
fn work_left_for_later_is_seen() {
    let seen = |text: String| left_for_later(&File::new("a/src/b.rs", &text)).len();
    for name in ["todo", "unimplemented", "dbg"] {
        assert_eq!(seen(format!("{name}!(\"x\")")), 1, "{name}");
    }
    assert_eq!(seen(format!("#[{}]", "ignore")), 1);
    assert_eq!(seen(format!("#[{} = \"slow\"]", "ignore")), 1);
    assert_eq!(seen(format!("// {}: later", ["FIX", "ME"].concat())), 1);
    assert_eq!(seen("let todos = ignore(dbg);".into()), 0);
}

#[test]
fn code_in_a_lib_rs_is_seen() {
    let seen = |text| code_in_lib_rs(&File::new("a/src/lib.rs", text)).len();
    let contents = "//! A.\n#![allow(a, reason = \"b; c\")]\nmod a;\npub mod b;\n#[cfg(test)]\npub(crate) mod c;\npub use b::{D, E};\n";
    assert_eq!(seen(contents), 0);
    assert_eq!(seen("//! A.\nmod a;\npub fn b() {}\n"), 1);
    assert_eq!(seen("//! A.\npub mod a { }\n"), 1);
    assert_eq!(seen("//! A.\npub struct B;\n"), 1);
}
