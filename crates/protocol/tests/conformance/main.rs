//! Golden vectors of `docs/sync-protocol.md`: `tests/conformance/vectors`, made by this suite and read by a reader that
//! knows only the document (`tests/conformance/reader.py`).
//!
//! Invariant: what is stored stays readable for ever, and the writers still write it byte for byte. Where they are meant to
//! write something else, `UPDATE=1 cargo test -p protocol --test conformance` writes the vectors anew; the old ones must
//! still be read, so look at the difference first. Leaves out: the Python side, which `cargo xtask conformance` runs.

mod files;
mod logs;
mod refused;
mod small;
mod sync;

use files::Vectors;
use protocol::chain::SignedSegment;
use protocol::show;

/// All vectors as the writers write them now.
fn written() -> Vectors {
    let mut vectors = Vectors::default();
    logs::write(&mut vectors);
    sync::write(&mut vectors);
    small::write(&mut vectors);
    refused::write(&mut vectors);
    vectors
}

#[test]
fn the_writers_still_write_the_stored_vectors() {
    let vectors = written();
    if std::env::var_os("UPDATE").is_some() {
        vectors.store();
    }
    let complaints = vectors.compare();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_stored_segment_says_what_its_json_says() {
    let mut compared = 0;
    for name in files::stored("segments", "bin") {
        let signed = SignedSegment::parse(&files::bytes(&format!("segments/{name}.bin"))).unwrap();
        let said = show::segment(&signed).unwrap();
        let expected = files::json(&format!("segments/{name}.json"));
        assert_eq!(said, expected, "{name}");
        compared += expected["changes"].as_array().unwrap().len();
    }
    assert!(
        compared > 300,
        "only {compared} changes: the vectors are not all there"
    );
}

#[test]
fn what_must_be_refused_is_refused_and_the_same_unharmed_is_read() {
    let (refused, read) = refused::check();
    assert!(refused >= 25, "only {refused} wrong vectors");
    assert!(read >= 3, "only {read} controls");
}
