//! The facade's methods as the sources have them: for the tests of each face that all of them can be asked for there.
//!
//! Invariant: a method outside the wanted `impl` block does not count. Leaves out: which of them a face may leave out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Names of the methods of `Replica` that others may call; `root` is the workspace.
pub fn facade(root: &Path) -> BTreeSet<String> {
    let src = root.join("mobile-core/src");
    let mut files = vec![src.join("replica.rs"), src.join("sync/mod.rs")];
    files.extend(rust_files(&src.join("actions")));
    files.extend(rust_files(&src.join("bundles")));
    methods_of(&files, "impl Replica {")
}

/// The methods in the `impl` blocks of these files that begin with exactly `head`.
pub fn methods_of(files: &[PathBuf], head: &str) -> BTreeSet<String> {
    let texts = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap());
    texts.flat_map(|text| methods_in(&text, head)).collect()
}

/// The same of a text.
pub fn methods_in(text: &str, head: &str) -> BTreeSet<String> {
    let (mut found, mut inside, mut above) = (BTreeSet::new(), false, "");
    for line in text.lines() {
        if line.starts_with("impl ") {
            inside = format!("{above}\n{line}").ends_with(head);
        }
        above = line;
        let rest = line
            .strip_prefix("    pub fn ")
            .or_else(|| line.strip_prefix("    pub async fn "));
        if let Some(rest) = rest.filter(|_| inside) {
            found.insert(rest.split(['(', '<']).next().unwrap().to_owned());
        }
    }
    found
}

/// The Rust files of a folder.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|e| e.unwrap().path());
    paths
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .collect()
}
