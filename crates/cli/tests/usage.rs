//! Help, version, exit codes and wrong use.
//!
//! Leaves out: what each command does.

mod common;

use common::guanmo;

#[test]
fn a_wrong_use_ends_with_2_and_says_so_in_both_languages() {
    for args in [
        &[][..],
        &["fly"],
        &["score"],
        &["score", "a", "b"],
        &["score", "--jsn", "a"],
    ] {
        let run = guanmo(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert!(
            run.stderr.contains("错误 [usage]"),
            "{args:?}: {}",
            run.stderr
        );
        assert!(
            run.stderr.contains("Error [usage]"),
            "{args:?}: {}",
            run.stderr
        );
    }
}

#[test]
fn help_and_version_go_to_stdout_and_end_with_0() {
    for args in [
        &["--help"][..],
        &["--version"],
        &["help", "score"],
        &["help", "exit-codes"],
    ] {
        let run = guanmo(args);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}");
        assert!(!run.stdout.is_empty());
    }
    for args in [&["--help"][..], &["help", "exit-codes"], &["exit-codes"]] {
        assert!(
            guanmo(args).stdout.contains("cannot be reached"),
            "{args:?}"
        );
    }
}

#[test]
fn nothing_is_coloured_when_no_color_is_set() {
    for args in [&["--help"][..], &["fly"]] {
        let run = guanmo(args);
        assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'));
    }
}
