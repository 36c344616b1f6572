//! A phone on the command line.
//!
//! Leaves out: what it fills in.

use std::path::PathBuf;

use serde_json::Value;

use super::tour::Tour;
use super::{Run, guanmo};

/// A phone's folder.
pub struct Phone {
    pub dir: PathBuf,
}

impl Phone {
    pub fn run(&self, args: &[&str]) -> Run {
        guanmo(&[&["device", "--phone", self.dir.to_str().unwrap()], args].concat())
    }

    pub fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
        run.stdout
    }

    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[args, &["--json"]].concat())).unwrap()
    }

    pub fn refused(&self, args: &[&str], exit: i32, code: &str) {
        let run = self.run(args);
        assert_eq!(run.code, exit, "{args:?}: {}", run.stderr);
        assert!(
            run.stderr.contains(&format!("[{code}]")),
            "{args:?}: {}",
            run.stderr
        );
        assert_eq!(run.stdout, "");
    }

    /// Enrolled and synced.
    pub fn enrolled(tour: &Tour, dir: &str, code: &str, url: &str) -> Self {
        let phone = Self {
            dir: tour.path(dir),
        };
        phone.ok(&["enrol", "--server", url, "--code", code, "--name", dir]);
        phone.ok(&["sync"]);
        phone
    }
}

/// A mark that fits an item, as it is typed.
pub fn mark(item: &Value) -> &'static str {
    match item["type"].as_str().unwrap() {
        "score" => "1",
        "yes_no" => "yes",
        "deduct" => "0",
        "ratio" => "4/5",
        other => panic!("{other}"),
    }
}
