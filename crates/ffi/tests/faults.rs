//! A fault inside the core is an error of that call, and nothing that was saved is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use guanmo_ffi::{Phone, PhoneError, PinState};
use mobile_core::{Clock, Entropy, Ports, SystemClock};

/// The system's clock, until it is told to panic.
#[derive(Default)]
struct Trap(AtomicBool);

impl Clock for Trap {
    fn now_ms(&self) -> i64 {
        assert!(!self.0.load(Ordering::Relaxed), "the planted fault");
        SystemClock.now_ms()
    }
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, out: &mut [u8]) {
        out.fill(7);
    }
}

fn phone(folder: &std::path::Path) -> (Phone, Arc<Trap>) {
    let trap = Arc::new(Trap::default());
    let ports = Ports {
        clock: Arc::clone(&trap) as Arc<dyn Clock>,
        entropy: Arc::new(Zeros),
    };
    (Phone::open_with(folder.join("phone"), ports).unwrap(), trap)
}

#[test]
fn a_panic_is_an_error_and_the_phone_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (phone, trap) = phone(folder.path());
    phone.set_pin("274951".into()).unwrap();
    trap.0.store(true, Ordering::Relaxed);
    let error = phone.unlock("274951".into()).unwrap_err();
    // The phone could not even be opened with such a clock.
    assert!(matches!(error, PhoneError::Internal { .. }), "{error:?}");
    assert!(error.problem().detail.contains("the planted fault"));
    assert!(!error.problem().text_zh.is_empty() && !error.problem().text_en.is_empty());
    trap.0.store(false, Ordering::Relaxed);
    // Opened again from its files: the PIN is there, and has to be typed.
    assert!(matches!(
        phone.pin_state().unwrap(),
        PinState::Locked { .. }
    ));
    phone.unlock("274951".into()).unwrap();
}

#[test]
fn a_second_opening_of_a_folder_is_refused_with_words() {
    let folder = tempfile::tempdir().unwrap();
    let (_phone, _) = phone(folder.path());
    let place = folder.path().join("phone").display().to_string();
    let Err(PhoneError::Storage { problem }) = Phone::open(place) else {
        panic!("opened twice");
    };
    assert_eq!(problem.code, "database_locked");
}

#[test]
fn what_is_not_there_yet_is_refused_with_code_and_words() {
    let folder = tempfile::tempdir().unwrap();
    let (phone, _) = phone(folder.path());
    let Err(PhoneError::Refused { problem }) = phone.status() else {
        panic!("not enrolled");
    };
    assert_eq!(problem.code, "not_enrolled");
    assert!(problem.text_zh.contains("登记") && problem.text_en.contains("enrol"));
    assert!(matches!(
        phone.write_bundle(0),
        Err(PhoneError::BadArgument { .. })
    ));
}
