//! Where the vectors are, and whether they are what was just written.
//!
//! Invariant: nothing is written but by [`Vectors::store`]. Leaves out: what is in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// Files by their name below the folder of vectors.
#[derive(Default)]
pub struct Vectors(BTreeMap<String, Vec<u8>>);

impl Vectors {
    pub fn bytes(&mut self, name: &str, bytes: Vec<u8>) {
        let before = self.0.insert(name.to_owned(), bytes);
        assert!(before.is_none(), "{name} is written twice");
    }

    pub fn json(&mut self, name: &str, value: &Json) {
        let text = serde_json::to_string_pretty(value).unwrap() + "\n";
        self.bytes(name, text.into_bytes());
    }

    /// Writes the files; what is no longer made goes.
    pub fn store(&self) {
        for folder in ["", "segments", "sync"] {
            std::fs::create_dir_all(folder_of(folder)).unwrap();
            for entry in std::fs::read_dir(folder_of(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    std::fs::remove_file(path).unwrap();
                }
            }
        }
        for (name, bytes) in &self.0 {
            std::fs::write(folder_of(name), bytes).unwrap();
        }
    }

    /// What differs from the stored files.
    pub fn compare(&self) -> Vec<String> {
        let differs = |(name, bytes): (&String, &Vec<u8>)| {
            let stored = std::fs::read(folder_of(name)).unwrap_or_default();
            (stored != *bytes).then(|| {
                format!(
                    "{name}: written differently now (meant? UPDATE=1, then read the difference)"
                )
            })
        };
        self.0.iter().filter_map(differs).collect()
    }
}

fn folder_of(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/conformance/vectors")
        .join(name)
}

/// Names without ending of the stored files of a folder.
pub fn stored(folder: &str, ending: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder_of(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder_of(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

pub fn json(name: &str) -> Json {
    serde_json::from_slice(&bytes(name)).unwrap()
}
