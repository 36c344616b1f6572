//! The TypeScript that is committed is what the Rust types say, and every facade method can be asked for.

#[path = "../../../mobile-core/tests/common/methods.rs"]
#[allow(dead_code, reason = "the other face asks for more")]
mod methods;

use std::collections::BTreeSet;
use std::path::PathBuf;

use wasm::commands::COMMANDS;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_typescript_that_is_committed_is_that_of_the_rust_types() {
    let file = root().join("server/web/inspector/src/core/types.ts");
    let written = wasm::types::typescript();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &written).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == written,
        "types.ts is of other Rust types. Write it anew: UPDATE=1 cargo test -p wasm --test types"
    );
}

#[test]
fn every_command_and_view_is_in_it() {
    let text = wasm::types::typescript();
    for command in COMMANDS {
        let name = wasm::table::camel(command.name);
        assert_eq!(text.matches(&format!("  {name}(")).count(), 1, "{name}");
    }
    for part in [
        "answer(sheet: string, item: string, answer: Answer): Saved;",
        "attachPhoto(target: PhotoTarget, item: string | null, picture: Bytes, meta: PhotoMeta): string;",
        "export type SheetView = {",
        "export type Progress = {",
        "export type Fault = {",
        "at_ms: number",
        "dot: string",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("bigint"));
}

/// Facade methods that are no command, and why.
const NOT_ASKED_FOR: &[(&str, &str)] = &[
    ("open", "the worker opens the phone, by open_with"),
    ("open_with", "the worker opens the phone"),
    ("once", "is what `once` commands are done by"),
    ("done", "is what `once` commands are done by"),
    ("is_enrolled", "identity says it"),
    ("enrol_request", "half of enrol"),
    ("enrol_answer", "half of enrol"),
    ("sync_with", "sync takes the options"),
    ("pause_handle", "pause_sync uses it"),
    (
        "settle",
        "takes a stored value; a page picks one or gives an answer",
    ),
    (
        "refer_photo",
        "a photo whose bytes are declared absent: for the demo",
    ),
    ("set_photo_font", "a browser draws the strip itself"),
];

#[test]
fn every_facade_method_is_a_command_or_says_why_not() {
    let facade = methods::facade(&root());
    assert!(facade.len() > 40, "{facade:?}");
    let listed: BTreeSet<String> = COMMANDS.iter().map(|c| c.name.to_owned()).collect();
    let excused: BTreeSet<String> = NOT_ASKED_FOR.iter().map(|(n, _)| (*n).to_owned()).collect();
    let forgotten: Vec<_> = facade
        .iter()
        .filter(|name| !listed.contains(*name) && !excused.contains(*name))
        .collect();
    assert!(forgotten.is_empty(), "no command: {forgotten:?}");
    let gone: Vec<_> = excused.difference(&facade).collect();
    assert!(gone.is_empty(), "excused, but not there: {gone:?}");
    /// Commands whose work is no method of the facade itself.
    const OWN: &[&str] = &["pause_sync"];
    let made_up: Vec<_> = listed
        .iter()
        .filter(|name| !facade.contains(*name) && !OWN.contains(&name.as_str()))
        .collect();
    assert!(made_up.is_empty(), "no such facade method: {made_up:?}");
}
