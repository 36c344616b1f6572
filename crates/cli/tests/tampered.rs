//! `guanmo verify` as a command on folders that somebody changed: a sample of what `tests/proof` does by thousands.

mod common;

use common::guanmo;

#[test]
fn the_command_finds_each_kind_of_mutation_and_accuses_no_honest_folder() {
    let dir = proof::folder::temporary().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut pass = |_: &str, _: &std::path::Path| Ok(());
    let clean = runtime.block_on(proof::story::play(dir.path(), 5, &mut pass));
    let clean = clean.unwrap();
    let verify = |folder: &std::path::Path| {
        let data = folder.to_str().unwrap();
        guanmo(&["verify", "--rebuild", "--blobs", "--json", "--data", data])
    };
    let honest = dir.path().join("honest");
    proof::folder::copy(&clean, &honest).unwrap();
    let run = verify(&honest);
    assert_eq!(run.code, 0, "{} {}", run.stdout, run.stderr);
    // One number of each class: row, log, signed, audit, value; photo.
    for n in [2, 3, 4, 6, 8, 9] {
        let folder = dir.path().join(format!("tampered{n}"));
        let done = proof::tamper::mutate(&clean, &folder, 5, n).unwrap();
        let run = verify(&folder);
        assert_ne!(run.code, 0, "{done:?} went unnoticed: {}", run.stdout);
    }
}
