//! `guanmo device pin`, and the PIN that other commands need on a phone that has one.
//!
//! Invariant: a wrong PIN counts as on a phone. Leaves out: the rules (`mobile_core`).

use mobile_core::{PinState, Replica};

use super::args::{DeviceArgs, PinArgs};
use super::done;
use crate::exit::{Exit, Outcome};
use crate::out;

/// The PIN as given: `--pin`, else the environment, where other users of the machine do not see it.
pub fn typed(args: &DeviceArgs) -> Option<String> {
    args.pin
        .clone()
        .or_else(|| std::env::var("GUANMO_PIN").ok())
}

/// Unlocks a phone that has a PIN, if one was given; without one the command itself is refused.
pub fn unlock(phone: &mut Replica, pin: Option<&str>) -> Outcome<()> {
    if let (PinState::Locked { .. }, Some(pin)) = (phone.pin_state()?, pin) {
        phone.unlock(pin)?;
    }
    Ok(())
}

/// Sets, changes, removes or shows it.
pub fn run(phone: &mut Replica, old: Option<&str>, args: &PinArgs) -> Outcome {
    let old = old.unwrap_or_default();
    if args.remove {
        phone.remove_pin(old)?;
        return done("已取消 PIN", "the PIN is gone");
    }
    if let Some(new) = &args.set {
        match phone.pin_state()? {
            PinState::None | PinState::MustSet => phone.set_pin(new)?,
            _ => phone.change_pin(old, new)?,
        }
        return done("已设置 PIN；请记住它", "the PIN is set; remember it");
    }
    let state = phone.pin_state()?;
    if args.json {
        out::print_json(&state)?;
        return Ok(Exit::Ok);
    }
    match state {
        PinState::None => done("没有设置 PIN", "no PIN is set"),
        PinState::Unlocked => done("已解锁", "unlocked"),
        PinState::MustSet => done(
            "督查室已重设，请另设 PIN",
            "the office reset it: set a new one",
        ),
        PinState::Locked {
            wait_until_ms: Some(_),
            ..
        } => done(
            "已锁；输错过多，请稍后再试",
            "locked; too many wrong PINs: wait",
        ),
        PinState::Locked { tries_left, .. } => done(
            &format!("已锁；还可试 {tries_left} 次"),
            &format!("locked; {tries_left} tries left"),
        ),
    }
}
