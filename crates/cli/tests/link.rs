//! Sync over a weak and a broken link, one phone: the short form of `guanmo bench link`, which also has thirty.
//!
//! Leaves out: a real TCP stack (`cargo xtask link`).

mod common;

use common::guanmo;
use serde_json::Value;

#[test]
fn a_tour_is_on_the_server_in_time_over_a_weak_link_and_gets_there_over_one_that_is_cut() {
    let run = guanmo(&["bench", "link", "--one", "--json"]);
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
    let figures: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    let [plain, _, cut, control] = figures.as_slice() else {
        panic!("{figures:#?}");
    };
    assert!(plain["records_s"].as_f64().unwrap() <= 8.0);
    assert!(plain["changes"].as_u64().unwrap() > 2_000);
    assert!(cut["cuts"].as_u64().unwrap() >= 1 && cut["again_bytes"].as_u64().unwrap() > 0);
    assert_eq!(cut["photos"], 2);
    assert!(
        control["records_s"].is_null(),
        "the control was in time: {control}"
    );
    assert!(control["changes"].as_u64().unwrap() > 0);
}
