//! The types that cross are those of the core: `src/mirror.rs` is written from its sources and compared here.
//!
//! A type crosses if it has a form for TypeScript (`feature = "ts"`): what a page sees a phone app sees.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Where types that cross are declared: the crate's name in a `use`, and the files.
const SOURCES: &[(&str, &[&str])] = &[
    ("domain::builtin", &["crates/domain/src/builtin.rs"]),
    ("domain::checklist", &["crates/domain/src/checklist/mod.rs"]),
    (
        "domain::sheet",
        &[
            "crates/domain/src/sheet/mod.rs",
            "crates/domain/src/sheet/mark.rs",
            "crates/domain/src/sheet/points.rs",
            "crates/domain/src/sheet/state.rs",
        ],
    ),
    ("domain", &["crates/domain/src/site.rs"]),
    (
        "mobile_core",
        &[
            "mobile-core/src/replica.rs",
            "mobile-core/src/actions/pin.rs",
            "mobile-core/src/bundles/mod.rs",
            "mobile-core/src/salvage/mod.rs",
            "mobile-core/src/sync/report.rs",
            "mobile-core/src/views.rs",
        ],
    ),
];

/// Types that have no form of their own over there, and the alias in `types.rs` that has one.
const ALIASES: &[(&str, &str)] = &[
    ("BTreeMap<String, String>", "TextByField"),
    ("BTreeMap<String, Vec<Sibling>>", "SiblingsByField"),
    ("(String, u32, String)", "ChecklistName"),
    ("(String, u32)", "ChecklistVersion"),
    ("(String, String)", "Dates"),
    ("(String, Uuid)", "TargetName"),
    ("(Uuid, PhotoState)", "PhotoStanding"),
    ("(i64, i64)", "PixelSize"),
];

/// Types that cross although no page sees them: only native apps have what they are about.
const NATIVE_ONLY: &[&str] = &["pub struct SalvageReport {"];

/// Types that only a browser sees, which makes the copies of photos itself.
const BROWSER_ONLY: &[&str] = &["PhotoPlan", "StripPlan"];

/// The mark of a type that crosses.
const MARK: &str = "#[cfg_attr(feature = \"ts\", derive(ts_rs::TS))]";

const HEAD: &str = "\
//! The core's types as they cross: field for field what `domain` and `mobile-core` declare.
//!
//! Written by `UPDATE=1 cargo test -p ffi --test mirror`; not to be edited. Invariant: the compiler checks every field
//! against the type it mirrors, and a test compares this file with the sources, their words included. Leaves out: what
//! has no counterpart over there (`types`).
//!
//! Long because it is one list.

use std::path::PathBuf;

use uuid::Uuid;

use crate::types::*;
";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A declaration as it is mirrored.
struct Mirrored {
    name: String,
    text: String,
}

fn aliased(line: &str) -> String {
    ALIASES
        .iter()
        .fold(line.to_owned(), |line, (from, to)| line.replace(from, to))
}

/// The lines of an item: from its first line of words to the brace that closes it.
fn item<'a>(lines: &'a [&'a str], mark: usize) -> (&'a [&'a str], &'a [&'a str]) {
    let above = lines[..mark].iter().rev();
    let words = above
        .take_while(|l| l.starts_with("///") || l.starts_with("#["))
        .count();
    let end = lines[mark..]
        .iter()
        .position(|l| *l == "}")
        .expect("its end");
    (&lines[mark - words..mark], &lines[mark..=mark + end])
}

/// A struct or enum that bears the mark.
fn declared(lines: &[&str], mark: usize) -> Mirrored {
    let (above, body) = item(lines, mark);
    let taken = above.iter().any(|l| l.contains("Deserialize")) && body[0] == MARK;
    let head = body
        .iter()
        .find(|l| l.starts_with("pub "))
        .expect("a declaration");
    let mut words = head.split_whitespace().skip(1);
    let kind = words.next().expect("struct or enum");
    let name = words.next().expect("a name").to_owned();
    let form = if kind == "struct" { "Record" } else { "Enum" };
    let mut text = String::new();
    for line in above.iter().filter(|l| l.starts_with("///")) {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "#[uniffi::remote({form})]");
    for line in body.iter().filter(|l| !l.trim_start().starts_with("#[")) {
        let line = aliased(line);
        if taken && kind == "struct" {
            // What is taken in may be left out.
            if line.contains(": Option<") {
                text.push_str("    #[uniffi(default = None)]\n");
            } else if line.contains(": Vec<") {
                text.push_str("    #[uniffi(default = [])]\n");
            }
        }
        let _ = writeln!(text, "{line}");
    }
    Mirrored { name, text }
}

/// The enums of `words! { … }`: their variants' words become their documentation.
fn word_lists(lines: &[&str]) -> Vec<Mirrored> {
    let mut found = Vec::new();
    let begins = lines.iter().enumerate().filter(|(_, l)| **l == "words! {");
    for (begin, _) in begins {
        let mut text = String::new();
        let mut name = String::new();
        for line in lines[begin + 1..].iter().take_while(|l| **l != "}") {
            let line = line.trim();
            if line.starts_with("///") {
                let _ = writeln!(text, "{line}");
            } else if let Some(word) = line.strip_suffix(" {") {
                name = word.to_owned();
                let _ = writeln!(text, "#[uniffi::remote(Enum)]\npub enum {word} {{");
            } else if let Some((variant, rest)) = line.split_once(" = ") {
                let said: Vec<&str> = rest.split('"').skip(1).step_by(2).collect();
                let _ = writeln!(text, "    /// {} / {}\n    {variant},", said[1], said[2]);
            }
        }
        text.push_str("}\n");
        found.push(Mirrored { name, text });
    }
    found
}

fn mirrored_of(file: &Path) -> Vec<Mirrored> {
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let marks = lines.iter().enumerate();
    let marks = marks.filter(|(_, l)| **l == MARK || NATIVE_ONLY.contains(l));
    let mut all: Vec<_> = marks.map(|(mark, _)| declared(&lines, mark)).collect();
    all.retain(|one| !BROWSER_ONLY.contains(&one.name.as_str()));
    all.extend(word_lists(&lines));
    all
}

fn mirror() -> (String, usize) {
    let (mut uses, mut body, mut count) = (String::new(), String::new(), 0);
    for (place, files) in SOURCES {
        let mut names = Vec::new();
        for file in *files {
            for one in mirrored_of(&root().join(file)) {
                let _ = write!(body, "\n{}", one.text);
                names.push(one.name);
            }
        }
        count += names.len();
        names.sort();
        let names = match names.as_slice() {
            [one] => one.clone(),
            many => format!("{{{}}}", many.join(", ")),
        };
        let _ = writeln!(uses, "pub use {place}::{names};");
    }
    (format!("{HEAD}\n{uses}{body}"), count)
}

/// As `cargo fmt` would leave it.
fn formatted(text: &str) -> String {
    use std::io::Write as _;
    let mut fmt = std::process::Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("rustfmt starts");
    let mut stdin = fmt.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    String::from_utf8(fmt.wait_with_output().unwrap().stdout).unwrap()
}

/// Without what formatting changes.
fn bare(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace());
    kept.collect::<String>().replace(",}", "}")
}

#[test]
fn the_mirror_that_is_committed_is_that_of_the_core() {
    let (written, count) = mirror();
    assert!(count > 45, "only {count} types");
    let file = root().join("crates/ffi/src/mirror.rs");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, formatted(&written)).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        bare(&committed) == bare(&written),
        "mirror.rs is of other types. Write it anew: UPDATE=1 cargo test -p ffi --test mirror"
    );
}

#[test]
fn a_field_more_in_the_core_is_noticed() {
    let source = format!(
        "/// One.\n#[derive(Clone)]\n{MARK}\npub struct One {{\n    /// A.\n    pub a: i64,\n}}\n"
    );
    let more = source.replace(
        "    pub a: i64,\n",
        "    pub a: i64,\n    /// B.\n    pub b: Option<i64>,\n",
    );
    let mirrored = |text: &str| {
        let lines: Vec<&str> = text.lines().collect();
        declared(&lines, 2).text
    };
    assert_eq!(
        mirrored(&source),
        "/// One.\n#[uniffi::remote(Record)]\npub struct One {\n    /// A.\n    pub a: i64,\n}\n"
    );
    assert_ne!(mirrored(&source), mirrored(&more));
}
