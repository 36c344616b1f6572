//! Rules for every text file: no machine's own paths, no tabs, links that lead somewhere, a fixed top level.

use std::path::Path;

use crate::tree::{File, expect_clean, files, root, top_level};

/// Copied from others as they are, or written by a tool.
const NOT_OURS: &[&str] = &["Cargo.lock", "LICENSE-APACHE"];

fn is_ours(file: &File) -> bool {
    !NOT_OURS.contains(&file.path.as_str()) && !file.path.contains("/vendor/")
}

fn machine_paths(file: &File) -> Vec<String> {
    // Put together here, so that this file does not contain what it looks for.
    let folders = ["work", "root", "home", "Users"].map(|name| format!("/{name}/"));
    let starts_a_path = |line: &str, at: usize| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"_-./".contains(c))
    };
    let names_one = |line: &str| {
        folders.iter().any(|folder| {
            line.match_indices(folder.as_str())
                .any(|(at, _)| starts_a_path(line, at))
        })
    };
    numbered(file)
        .filter(|(_, line)| names_one(line))
        .map(|(number, _)| format!("{}:{number}: a path of one machine", file.path))
        .collect()
}

fn tabs(file: &File) -> Vec<String> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    if name == "Makefile" || name.ends_with(".tsv") {
        return Vec::new();
    }
    numbered(file)
        .filter(|(_, line)| line.contains('\t'))
        .map(|(number, _)| format!("{}:{number}: a tab", file.path))
        .collect()
}

fn numbered(file: &File) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(file.text.lines())
}

/// Relative links of a Markdown file that lead nowhere. `exists` is asked with paths from the root.
fn dead_links(file: &File, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    if !file.path.ends_with(".md") {
        return Vec::new();
    }
    let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    let mut complaints = Vec::new();
    let mut fenced = false;
    for (number, line) in numbered(file) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for link in links(line) {
            let path = link.split(['#', ' ']).next().unwrap_or_default();
            let elsewhere = link.contains("://") || link.starts_with("mailto:") || path.is_empty();
            if !elsewhere && !exists(&folder.join(path)) {
                complaints.push(format!("{}:{number}: dead link: {link}", file.path));
            }
        }
    }
    complaints
}

/// The targets of `[text](target)` and `[label]: target`, outside `code`.
fn links(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    if let Some((label, target)) = line.split_once("]: ")
        && label.starts_with('[')
    {
        found.push(target.trim());
    }
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("](") {
        let in_code = before.matches('`').count() % 2 == 1;
        if let Some((target, _)) = after.split_once(')')
            && !in_code
        {
            found.push(target.trim());
        }
        // An odd backtick before belongs to what follows.
        rest = if in_code {
            after.split_once('`').map_or("", |(_, rest)| rest)
        } else {
            after
        };
    }
    found
}

fn strangers(names: &[String]) -> Vec<String> {
    const PLACES: &[&str] = &[
        "Cargo.toml",
        "Cargo.lock",
        "crates",
        "server",
        "mobile-core",
        "tests",
        "docs",
    ];
    const USUAL: &[&str] = &[
        "README.md",
        "README.zh-CN.md",
        "README.en.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "THIRD-PARTY.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "rustfmt.toml",
        "clippy.toml",
        "rust-toolchain.toml",
        "Dockerfile",
    ];
    /// Ignored by git, so never part of a commit.
    const IGNORED: &[&str] = &["target", "data", "node_modules", "__pycache__"];
    names
        .iter()
        .filter(|name| !name.starts_with('.'))
        .filter(|name| ![PLACES, USUAL, IGNORED].concat().contains(&name.as_str()))
        .map(|name| format!("{name}: not one of the places this repository has"))
        .collect()
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    expect_clean(
        files()
            .iter()
            .filter(|f| is_ours(f))
            .flat_map(machine_paths)
            .collect(),
    );
}

#[test]
fn no_file_has_tabs() {
    expect_clean(
        files()
            .iter()
            .filter(|f| is_ours(f))
            .flat_map(tabs)
            .collect(),
    );
}

#[test]
fn every_relative_link_in_the_documents_leads_to_a_file() {
    let root = root();
    let exists = |path: &Path| root.join(path).exists();
    expect_clean(
        files()
            .iter()
            .flat_map(|file| dead_links(file, exists))
            .collect(),
    );
}

#[test]
fn the_top_level_has_only_its_fixed_places_and_the_usual_files() {
    expect_clean(strangers(&top_level()));
}

#[test]
fn a_machine_path_is_seen_and_a_url_is_not() {
    let seen = |text: String| machine_paths(&File::new("docs/a.md", &text)).len();
    assert_eq!(seen(format!("see `/{}/main`", "work")), 1);
    assert_eq!(seen(format!("a = \"/{}/me\"", "home")), 1);
    assert_eq!(seen(format!("/{}/.cargo", "root")), 1);
    assert_eq!(seen(format!("https://example.org/{}/page", "home")), 0);
    assert_eq!(seen("docs/work/page".into()), 0);
}

#[test]
fn a_tab_is_seen() {
    let tab = "a\n\tb\n";
    assert_eq!(tabs(&File::new("docs/a.md", tab)), ["docs/a.md:2: a tab"]);
    assert!(tabs(&File::new("docs/a.tsv", tab)).is_empty());
}

#[test]
fn a_dead_link_is_seen() {
    let exists = |path: &Path| path == Path::new("docs/b.md");
    let dead = |text| dead_links(&File::new("docs/a.md", text), exists);
    assert_eq!(dead("see [c](c.md)"), ["docs/a.md:1: dead link: c.md"]);
    assert_eq!(dead("[b](b.md) [c](c.md)").len(), 1);
    assert_eq!(dead("[b]: c.md").len(), 1);
    assert!(dead("[b](b.md#part) [w](https://a.b/c) [p](#part)").is_empty());
    assert!(dead("`a[0](x)` and ```\n").is_empty());
    assert!(dead("```\n[c](c.md)\n```\n").is_empty());
}

#[test]
fn a_new_place_at_the_top_is_seen() {
    let names = ["crates", "scripts", ".ci", "target"].map(String::from);
    assert_eq!(
        strangers(&names),
        ["scripts: not one of the places this repository has"]
    );
}
