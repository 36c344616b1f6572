//! R11 in small: bits that turn, and what is answered afterwards.

use proof::rot::Outcome;

#[test]
fn no_bit_that_turns_gives_a_wrong_answer_that_nothing_tells_of() {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let report = proof::rot::run(11, 150, threads).unwrap();
    assert_eq!(report.silent, Vec::<String>::new());
    assert_eq!(report.flips(), 150);
    // The control: without `verify` wrong answers are there.
    assert!(report.count(Outcome::WrongFound) > 10, "{report:?}");
    for (file, outcome) in [
        ("database", Outcome::WrongFound),
        ("wal", Outcome::WrongFound),
        ("photo", Outcome::Error),
        ("backup", Outcome::Error),
    ] {
        assert!(
            report.outcomes.contains_key(&(file, outcome)),
            "{file}: {report:?}"
        );
    }
}
