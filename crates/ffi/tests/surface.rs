//! Every facade method can be called from an app, under its own name.

#[path = "../../../mobile-core/tests/common/methods.rs"]
mod methods;

use std::collections::BTreeSet;
use std::path::PathBuf;

use methods::{facade, methods_in, methods_of, rust_files};

/// Facade methods that no app calls, and why.
const NOT_CALLED: &[(&str, &str)] = &[
    ("open_with", "for platforms without a file system"),
    (
        "once",
        "for faces whose screens live in another process; here the call returns or fails",
    ),
    ("done", "half of once"),
    ("is_enrolled", "identity says it"),
    ("enrol_request", "half of enrol"),
    ("enrol_answer", "half of enrol"),
    ("sync_with", "sync takes the options"),
    ("pause_handle", "pause_sync uses it"),
    (
        "settle",
        "takes a stored value; an app picks one or gives an answer",
    ),
    (
        "plan_photo",
        "for browsers, which make the copies themselves",
    ),
    ("attach_prepared", "the other half of plan_photo"),
    (
        "refer_photo",
        "a photo whose bytes are declared absent: for the demo",
    ),
];

/// Methods whose work is no method of the facade itself.
const OWN: &[&str] = &["pause_sync"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn exported() -> BTreeSet<String> {
    let src = root().join("crates/ffi/src");
    let mut files = rust_files(&src);
    files.extend(rust_files(&src.join("calls")));
    methods_of(&files, "#[uniffi::export]\nimpl Phone {")
}

#[test]
fn every_facade_method_can_be_called_or_says_why_not() {
    let (facade, exported) = (facade(&root()), exported());
    assert!(facade.len() > 40, "{facade:?}");
    let excused: BTreeSet<String> = NOT_CALLED.iter().map(|(n, _)| (*n).to_owned()).collect();
    let forgotten: Vec<_> = facade
        .iter()
        .filter(|name| !exported.contains(*name) && !excused.contains(*name))
        .collect();
    assert!(forgotten.is_empty(), "cannot be called: {forgotten:?}");
    let gone: Vec<_> = excused.difference(&facade).collect();
    assert!(gone.is_empty(), "excused, but not there: {gone:?}");
    let made_up: Vec<_> = exported
        .iter()
        .filter(|name| !facade.contains(*name) && !OWN.contains(&name.as_str()))
        .collect();
    assert!(made_up.is_empty(), "no such facade method: {made_up:?}");
}

#[test]
fn a_method_outside_the_exported_block_does_not_count() {
    let text = "#[uniffi::export]\nimpl Phone {\n    pub fn a(&self) {}\n}\nimpl Phone {\n    pub fn b(&self) {}\n}\n";
    let found = methods_in(text, "#[uniffi::export]\nimpl Phone {");
    assert_eq!(found, BTreeSet::from(["a".to_owned()]));
}

/// Swift turns a panic behind a method without `Result` into a crash.
#[test]
fn every_exported_function_returns_a_result() {
    let src = root().join("crates/ffi/src");
    let mut files = rust_files(&src);
    files.extend(rust_files(&src.join("calls")));
    let (mut seen, mut bare) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for block in text.split("#[uniffi::export").skip(1) {
            // A block ends at the first line that closes it, a function at its own.
            let block = &block[..block.find("\n}\n").unwrap_or(block.len())];
            for function in block.split("fn ").skip(1) {
                let signature = function.split([';', '{']).next().unwrap();
                seen += 1;
                if !signature.contains("-> Result<") {
                    bare.push(signature.to_owned());
                }
            }
        }
    }
    assert!(seen > 40, "{seen}");
    assert!(bare.is_empty(), "no Result: {bare:?}");
}
