//! R7 and R8 in small: the program killed as a process, phone and server, and what is there afterwards.

use std::path::Path;
use std::time::Duration;

const TIMES: u64 = 40;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_guanmo"))
}

fn good(report: &proof::kill::Report, usable: Duration) {
    assert_eq!(report.wrong, Vec::<String>::new());
    assert!(report.killed() >= TIMES, "{report:?}");
    assert!(report.acked > 0, "nothing was acknowledged: {report:?}");
    // The control: a driver that takes what it began for acknowledged finds losses.
    assert!(report.unacked_missing > 0, "{report:?}");
    assert!(report.percentile(99) <= usable, "{report:?}");
}

#[test]
fn a_phone_killed_forty_times_loses_nothing_and_doubles_nothing() {
    let report = proof::kill::phone(program(), TIMES, 7).unwrap();
    // Ten times the figure to reach: other tests run beside it.
    good(&report, Duration::from_secs(10));
    for what in ["answer", "photo", "sync"] {
        assert!(report.kills.contains_key(what), "{report:?}");
    }
}

#[test]
fn a_server_killed_forty_times_loses_nothing_and_doubles_nothing() {
    let report = proof::kill::server(program(), TIMES, 8).unwrap();
    good(&report, Duration::from_secs(20));
    for what in ["pushing", "backing up", "starting"] {
        assert!(report.kills.contains_key(what), "{report:?}");
    }
}
