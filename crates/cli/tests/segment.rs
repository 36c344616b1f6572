//! `guanmo segment show` on the golden vectors.

mod common;

use common::{guanmo, guanmo_with_input};

const VECTORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/conformance/vectors/segments"
);

#[test]
fn a_segment_is_shown_as_its_vector_says() {
    let mut shown = 0;
    for name in ["campaign-1", "sealed-2", "values-1"] {
        let run = guanmo(&["segment", "show", &format!("{VECTORS}/{name}.bin")]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        let said: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let vector = std::fs::read(format!("{VECTORS}/{name}.json")).unwrap();
        assert_eq!(
            said,
            serde_json::from_slice::<serde_json::Value>(&vector).unwrap()
        );
        shown += said["changes"].as_array().unwrap().len();
    }
    assert!(shown > 300);
}

#[test]
fn what_is_no_segment_is_refused_in_both_languages() {
    let mut cut = std::fs::read(format!("{VECTORS}/campaign-1.bin")).unwrap();
    cut.pop();
    for bytes in [&b"{}"[..], &cut, &[]] {
        let run = guanmo_with_input(&["segment", "show", "-"], bytes);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""));
        assert!(
            run.stderr.contains("错误 [not_a_segment]")
                && run.stderr.contains("Error [not_a_segment]")
        );
    }
    assert_eq!(guanmo(&["segment", "show", "no-such-file"]).code, 3);
}
