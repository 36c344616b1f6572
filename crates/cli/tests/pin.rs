//! `guanmo device pin`: a phone that asks for its PIN on the command line.
//!
//! Leaves out: waits and resets (`mobile-core/tests/pin.rs`, `tests/tests/e2e`).

mod common;

use common::phone::Phone;
use common::tour::{Serving, Tour};

#[test]
fn a_phone_with_a_pin_shows_nothing_without_it_and_still_syncs() {
    let tour = Tour::started();
    let code = tour.code("观摩员01");
    let serving = Serving::on(&tour.data());
    let phone = Phone::enrolled(&tour, "phone1", &code, &serving.url);
    phone.refused(&["pin", "--set", "123456"], 2, "pin_invalid");
    phone.ok(&["pin", "--set", "293847"]);
    assert_eq!(phone.json(&["pin"])["state"], "locked");
    phone.refused(&["sites"], 5, "pin_locked");
    phone.refused(&["sites", "--pin", "293848"], 1, "pin_wrong");
    phone.ok(&["sync"]);
    phone.ok(&["sites", "--pin", "293847"]);
    phone.refused(&["pin", "--set", "558013"], 1, "pin_wrong");
    phone.ok(&["pin", "--pin", "293847", "--set", "558013"]);
    phone.ok(&["pin", "--pin", "558013", "--remove"]);
    phone.ok(&["sites"]);
    assert!(serving.stop().success());
}
