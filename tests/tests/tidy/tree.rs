//! The repository's files, as the rules see them.
//!
//! Leaves out: what git ignores (`target`, `data`, `node_modules`, databases, the built app) and dot-folders other than `.ci`, `.cargo`.

use std::path::{Path, PathBuf};

/// A text file: its path from the root with `/`, and what is in it.
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    /// A made-up file, to show that a rule complains.
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }

    /// Whether it lies under one of these folders or is one of these files.
    pub fn under(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            self.path
                .strip_prefix(place)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Only compiled for tests, whatever it says inside.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.contains("/benches/")
            || self.path.contains("/examples/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("/testing.rs")
            || self.path.ends_with("_tests.rs")
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Every text file, in order of path. Files with a zero byte or not in UTF-8 are not text.
pub fn files() -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for (path, name) in entries(&folder) {
            if path.is_dir() {
                if wanted_folder(&name) && !path.ends_with("server/web/app") {
                    folders.push(path);
                }
                continue;
            }
            let bytes = std::fs::read(&path).expect("a file that was just listed");
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            let inside = path.strip_prefix(&root).expect("found under the root");
            let path = inside.to_string_lossy().replace('\\', "/");
            if !text.contains('\0') {
                found.push(File { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "found only {} files", found.len());
    found
}

/// The Rust files among them.
pub fn rust_files() -> Vec<File> {
    files().into_iter().filter(File::is_rust).collect()
}

/// The names at the top of the repository.
pub fn top_level() -> Vec<String> {
    entries(&root()).into_iter().map(|(_, name)| name).collect()
}

/// Fails with one line per complaint.
pub fn expect_clean(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn entries(folder: &Path) -> Vec<(PathBuf, String)> {
    std::fs::read_dir(folder)
        .expect("a folder of the repository")
        .map(|entry| entry.expect("an entry of it"))
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (entry.path(), name)
        })
        .collect()
}

fn wanted_folder(name: &str) -> bool {
    match name {
        ".ci" | ".cargo" => true,
        // `dist` and `pkg`: the inspector's app as it is built.
        "target" | "data" | "node_modules" | "__pycache__" | "dist" | "pkg" => false,
        _ => !name.starts_with('.'),
    }
}
