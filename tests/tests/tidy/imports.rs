//! Who may import whom, from `cargo metadata`.
//!
//! Invariant: the table names every package; a new package is a new row, decided on purpose.

use std::process::Command;

use serde_json::Value;

use crate::tree::{expect_clean, root};

/// Each package of this workspace and the ones it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("merge", &[]),
    ("protocol", &["domain", "merge"]),
    ("ledger", &["domain", "merge", "protocol"]),
    ("documents", &["domain"]),
    ("mobile-core", &["domain", "merge", "protocol", "ledger"]),
    (
        "server",
        &["domain", "merge", "protocol", "ledger", "documents"],
    ),
    (
        "guanmo",
        &[
            "domain",
            "merge",
            "protocol",
            "ledger",
            "documents",
            "mobile-core",
            "server",
            "proof",
        ],
    ),
    (
        "tests",
        &[
            "domain",
            "merge",
            "protocol",
            "ledger",
            "documents",
            "mobile-core",
            "server",
            "guanmo",
            "crash",
        ],
    ),
    (
        "crash",
        &[
            "domain",
            "merge",
            "protocol",
            "ledger",
            "mobile-core",
            "server",
        ],
    ),
    (
        "simulation",
        &["domain", "merge", "protocol", "mobile-core", "server"],
    ),
    (
        "proof",
        &[
            "domain",
            "merge",
            "protocol",
            "ledger",
            "mobile-core",
            "server",
        ],
    ),
    ("ffi", &["domain", "mobile-core"]),
    // Itself: its tests switch on its types.
    ("wasm", &["protocol", "mobile-core", "wasm"]),
    ("xtask", &[]),
];

const NETWORK: &[&str] = &["tokio", "axum", "reqwest", "hyper"];
const RANDOM: &[&str] = &["getrandom", "rand", "rand_core", "fastrand"];
/// Features that bring a clock or a random source into a crate that has none otherwise.
const IMPURE_FEATURES: &[(&str, &[&str])] = &[
    (
        "uuid",
        &[
            "v1",
            "v4",
            "v6",
            "v7",
            "rng",
            "rng-rand",
            "rng-getrandom",
            "fast-rng",
            "js",
        ],
    ),
    ("chrono", &["clock", "now", "default"]),
];

/// One line of a package's dependency tables.
struct Import {
    from: String,
    to: String,
    features: Vec<String>,
    only_for_tests: bool,
}

fn imports(metadata: &Value) -> Vec<Import> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut found = Vec::new();
    for package in list(&metadata["packages"]) {
        for dependency in list(&package["dependencies"]) {
            let mut features: Vec<String> =
                list(&dependency["features"]).iter().map(text).collect();
            if dependency["uses_default_features"] == true {
                features.push("default".into());
            }
            found.push(Import {
                from: text(&package["name"]),
                to: text(&dependency["name"]),
                features,
                only_for_tests: dependency["kind"] == "dev",
            });
        }
    }
    found
}

fn this_workspace() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// Packages of the workspace that import each other against the table, tests included.
fn against_the_table(metadata: &Value) -> Vec<String> {
    let members: Vec<&str> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|package| package["name"].as_str())
        .collect();
    let row = |name: &str| MAY_IMPORT.iter().find(|(from, _)| *from == name);
    let unknown = members
        .iter()
        .filter(|name| row(name).is_none())
        .map(|name| format!("{name}: not in the table of who may import whom"));
    let wrong = imports(metadata).into_iter().filter_map(|import| {
        let (_, allowed) = row(&import.from)?;
        let inside = members.contains(&import.to.as_str());
        (inside && !allowed.contains(&import.to.as_str()))
            .then(|| format!("{} must not import {}", import.from, import.to))
    });
    unknown.chain(wrong).collect()
}

/// Libraries that a layer must not use outside its tests.
fn forbidden_libraries(metadata: &Value) -> Vec<String> {
    let forbidden = |from: &str, to: &str| match from {
        "domain" | "merge" => {
            NETWORK.contains(&to) || RANDOM.contains(&to) || to.starts_with("rusqlite")
        }
        "protocol" => NETWORK.contains(&to) || to.starts_with("rusqlite"),
        "ledger" => NETWORK.contains(&to),
        "documents" => NETWORK.contains(&to) || to.starts_with("rusqlite"),
        _ => false,
    };
    imports(metadata)
        .into_iter()
        .filter(|import| !import.only_for_tests && forbidden(&import.from, &import.to))
        .map(|import| format!("{} must not use {}", import.from, import.to))
        .collect()
}

/// Features by which a pure package would get a clock or a random source through the back door.
fn impure_features(metadata: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    for import in imports(metadata) {
        let pure = ["domain", "merge"].contains(&import.from.as_str());
        let Some((_, banned)) = IMPURE_FEATURES.iter().find(|(name, _)| *name == import.to) else {
            continue;
        };
        for feature in import
            .features
            .iter()
            .filter(|f| banned.contains(&f.as_str()))
        {
            if pure && !import.only_for_tests {
                complaints.push(format!(
                    "{} must not use {} with {feature}",
                    import.from, import.to
                ));
            }
        }
    }
    complaints
}

#[test]
fn packages_import_only_what_the_architecture_allows() {
    expect_clean(against_the_table(&this_workspace()));
}

#[test]
fn layers_do_not_use_libraries_that_belong_to_others() {
    expect_clean(forbidden_libraries(&this_workspace()));
}

#[test]
fn pure_packages_switch_on_neither_clock_nor_randomness() {
    expect_clean(impure_features(&this_workspace()));
}

#[cfg(test)]
fn made_up(from: &str, to: &str, kind: Value) -> Value {
    serde_json::json!({ "packages": [
        { "name": from, "dependencies": [
            { "name": to, "kind": kind, "features": ["v7"], "uses_default_features": false }
        ] },
        { "name": "server", "dependencies": [] },
    ] })
}

#[test]
fn an_import_against_the_direction_is_seen() {
    let phone_to_server = made_up("mobile-core", "server", Value::Null);
    assert_eq!(
        against_the_table(&phone_to_server),
        ["mobile-core must not import server"]
    );
    let even_in_tests = made_up("domain", "server", "dev".into());
    assert_eq!(against_the_table(&even_in_tests).len(), 1);
    let new_package = made_up("newcomer", "serde", Value::Null);
    assert_eq!(against_the_table(&new_package).len(), 1);
}

#[test]
fn a_library_of_another_layer_is_seen_unless_it_is_for_tests() {
    let is_seen = |from, to| !forbidden_libraries(&made_up(from, to, Value::Null)).is_empty();
    assert!(is_seen("merge", "getrandom"));
    assert!(is_seen("domain", "tokio"));
    assert!(is_seen("protocol", "rusqlite"));
    assert!(is_seen("ledger", "reqwest"));
    assert!(!is_seen("ledger", "rusqlite"));
    let for_tests = made_up("merge", "rand", "dev".into());
    assert!(forbidden_libraries(&for_tests).is_empty());
}

#[test]
fn a_random_source_by_way_of_a_feature_is_seen() {
    let v7 = made_up("merge", "uuid", Value::Null);
    assert_eq!(impure_features(&v7), ["merge must not use uuid with v7"]);
    assert!(impure_features(&made_up("server", "uuid", Value::Null)).is_empty());
}
