//! Mistakes planted into the source are patches (`tests/simulation/plants`): each must still fit what it changes.
//!
//! Leaves out: whether the simulation finds them, which `cargo xtask plants` runs.

use crate::tree::{File, expect_clean, files};

/// The lines a hunk expects in the source, joined: those it keeps and those it takes out.
fn expected(hunk: &str) -> String {
    let lines = hunk.lines().skip(1);
    let old = lines.filter_map(|l| l.strip_prefix(' ').or_else(|| l.strip_prefix('-')));
    old.fold(String::new(), |all, line| all + line + "\n")
}

fn misfits(patch: &File, source: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let said = |what: &str| vec![format!("{}: {what}; write the patch anew", patch.path)];
    let Some((_, changes)) = patch.text.split_once("\n--- a/") else {
        return said("changes no file");
    };
    let mut wrong = Vec::new();
    for file in changes.split("\n--- a/") {
        let path = file.lines().next().unwrap_or_default();
        let Some(text) = source(path) else {
            wrong.extend(said(&format!("{path} is gone")));
            continue;
        };
        let of_file = file.split("\ndiff --git").next().unwrap_or_default();
        let mut hunks = of_file.split("\n@@ ").skip(1);
        if !hunks.all(|hunk| text.contains(&expected(hunk))) {
            wrong.extend(said(&format!("{path} went on")));
        }
    }
    wrong
}

#[test]
fn every_planted_mistake_fits_the_source() {
    let all = files();
    let source = |path: &str| all.iter().find(|f| f.path == path).map(|f| f.text.clone());
    let is_patch = |f: &&File| f.path.starts_with("tests/simulation/plants/");
    let patches: Vec<&File> = all.iter().filter(is_patch).collect();
    assert!(patches.len() >= 15, "{} patches", patches.len());
    expect_clean(
        patches
            .into_iter()
            .flat_map(|p| misfits(p, &source))
            .collect(),
    );
}

#[test]
fn a_patch_of_lines_that_moved_is_found() {
    let text = "diff --git a/x.rs b/x.rs\n--- a/x.rs\n+++ b/x.rs\n@@ -1,2 +1,2 @@ fn f\n one\n-two\n+zwei\n";
    let patch = File::new("tests/simulation/plants/p.patch", text);
    assert!(misfits(&patch, &|_| Some("one\ntwo\n".into())).is_empty());
    assert_eq!(misfits(&patch, &|_| Some("one\n\ntwo\n".into())).len(), 1);
    assert_eq!(misfits(&patch, &|_| None).len(), 1);
}
