//! The PIN: what a locked phone refuses, what goes on, how it is reset without losing anything.

mod common;

use std::sync::Arc;

use common::office::*;
use common::phones::*;
use common::{Net, START_MS};
use mobile_core::{
    Error, Form, PhotoTarget, PinState, Ports, Replica, SeededEntropy, SiteFilter, SteppedClock,
    Value,
};
use uuid::Uuid;

const PIN: &str = "293847";
const MINUTE_MS: i64 = 60_000;

fn code<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(e) => e.code().to_owned(),
    }
}

/// A phone whose clock the test holds.
fn timed(folder: &Folder) -> (Replica, Arc<SteppedClock>) {
    let clock = Arc::new(SteppedClock::new(START_MS + 20_000, 1));
    let ports = Ports {
        clock: clock.clone(),
        entropy: Arc::new(SeededEntropy::new(9)),
    };
    (Replica::open(&folder.path, ports).unwrap(), clock)
}

/// A phone with one unsent sheet and a PIN, opened anew: locked.
fn locked(folder: &Folder, net: &Net) -> (Replica, Arc<SteppedClock>, Uuid) {
    let mut phone = enrolled(folder, net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Detailed).unwrap();
    fill(&mut phone, sheet);
    phone.set_pin(PIN).unwrap();
    drop(phone);
    let (phone, clock) = timed(folder);
    (phone, clock, sheet)
}

fn reset_by_office(net: &Net, device: Uuid, n: i64) {
    net.with(|office| {
        let scope = office.campaign_scope();
        let value = Value::List(vec![n.into(), office.now_ms.into()]);
        office.office(scope, &[("device", device, "pin_reset", value)]);
    });
}

#[test]
fn a_locked_phone_shows_and_writes_nothing_and_still_syncs() {
    let (net, home) = (server(false), folder());
    let (mut phone, _, sheet) = locked(&home, &net);
    let site = VILLAGE;
    let refused = [
        code(phone.campaign()),
        code(phone.sites(&SiteFilter::default())),
        code(phone.sheet(sheet)),
        code(phone.status()),
        code(phone.issues()),
        code(phone.photos(PhotoTarget::Sheet(sheet))),
        code(phone.photo_bytes(sheet)),
        code(phone.live_values(sheet, "state")),
        code(phone.open_sheet(site, Form::Detailed)),
        code(phone.answer(sheet, "V-C1", points(0))),
        code(phone.submit(sheet)),
        code(phone.edit_site_facts(site, "name", "x")),
        code(phone.delete_note(sheet)),
        code(phone.add_commendation(site, "x")),
        code(phone.settle(sheet, "state", Value::Null, &[])),
        code(phone.set_pin("111222")),
    ];
    assert!(refused.iter().all(|c| c == "pin_locked"), "{refused:?}");
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.agreed.agreed && report.pushed_changes > 0);
    assert_eq!(code(phone.sheet(sheet)), "pin_locked");
    phone.unlock(PIN).unwrap();
    assert!(phone.sheet(sheet).unwrap().score.missing.is_empty());
    phone.lock();
    assert_eq!(code(phone.sheet(sheet)), "pin_locked");
}

#[test]
fn five_wrong_pins_begin_a_wait_that_grows_and_erases_nothing() {
    let (net, home) = (server(false), folder());
    let (mut phone, _, sheet) = locked(&home, &net);
    for n in 1..=5 {
        assert_eq!(code(phone.unlock("293848")), "pin_wrong", "{n}");
    }
    assert_eq!(code(phone.unlock(PIN)), "pin_wait");
    // Ending the app wins nothing.
    drop(phone);
    let (mut phone, clock) = timed(&home);
    assert!(matches!(
        phone.pin_state().unwrap(),
        PinState::Locked {
            tries_left: 0,
            wait_until_ms: Some(_)
        }
    ));
    // A clock that is set back does not make the wait longer than it is.
    let back = START_MS - 400 * 24 * 60 * MINUTE_MS;
    clock.set(back);
    assert_eq!(code(phone.unlock(PIN)), "pin_wait");
    let until = back + 16 * MINUTE_MS;
    clock.set(until);
    assert_eq!(code(phone.unlock("000000")), "pin_wrong");
    clock.set(until + 29 * MINUTE_MS);
    assert_eq!(code(phone.unlock(PIN)), "pin_wait");
    clock.set(until + 31 * MINUTE_MS);
    phone.unlock(PIN).unwrap();
    assert_eq!(phone.sheet(sheet).unwrap().id, sheet);
    let PinState::Unlocked = phone.pin_state().unwrap() else {
        panic!("{:?}", phone.pin_state());
    };
    phone.lock();
    assert!(matches!(
        phone.pin_state().unwrap(),
        PinState::Locked {
            tries_left: 5,
            wait_until_ms: None
        }
    ));
}

#[test]
fn a_reset_by_the_office_lets_a_new_pin_be_set_and_nothing_is_lost() {
    let (net, home) = (server(false), folder());
    let (mut phone, _, sheet) = locked(&home, &net);
    let device = phone.identity().unwrap().device;
    for _ in 0..5 {
        assert_eq!(code(phone.unlock("293848")), "pin_wrong");
    }
    reset_by_office(&net, device, 1);
    assert_eq!(code(phone.set_pin("558013")), "pin_locked");
    sync(&mut phone, &net).unwrap();
    assert_eq!(phone.pin_state().unwrap(), PinState::MustSet);
    assert_eq!(code(phone.sheet(sheet)), "pin_locked");
    assert_eq!(code(phone.set_pin("123456")), "pin_invalid");
    phone.set_pin("558013").unwrap();
    assert!(phone.sheet(sheet).unwrap().score.missing.is_empty());
    assert_eq!(phone.status().unwrap().unsent_changes, 0);
    drop(phone);
    // The same reset is good for one PIN only.
    let (mut phone, _) = timed(&home);
    assert!(matches!(
        phone.pin_state().unwrap(),
        PinState::Locked { tries_left: 5, .. }
    ));
    assert_eq!(code(phone.set_pin("771204")), "pin_locked");
    assert_eq!(code(phone.unlock(PIN)), "pin_wrong");
    phone.unlock("558013").unwrap();
}

#[test]
fn a_pin_is_changed_and_removed_only_by_who_knows_it() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    assert_eq!(phone.pin_state().unwrap(), PinState::None);
    assert_eq!(code(phone.unlock(PIN)), "pin_missing");
    phone.set_pin(PIN).unwrap();
    assert_eq!(code(phone.change_pin("558013", "771204")), "pin_wrong");
    phone.change_pin(PIN, "771204").unwrap();
    assert_eq!(code(phone.remove_pin(PIN)), "pin_wrong");
    phone.remove_pin("771204").unwrap();
    drop(phone);
    assert_eq!(open(&home, 1).pin_state().unwrap(), PinState::None);
}

#[test]
fn neither_the_pin_nor_its_plain_hash_stands_in_the_database() {
    let (net, home) = (server(false), folder());
    let (phone, _, _) = locked(&home, &net);
    drop(phone);
    let mut bytes = Vec::new();
    for name in ["phone.db", "phone.db-wal"] {
        bytes.extend(std::fs::read(home.path.join(name)).unwrap_or_default());
    }
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
    assert!(has(b"$argon2id$"));
    assert!(!has(PIN.as_bytes()));
    assert!(!has(&protocol::chain::sha256(PIN.as_bytes())));
}
