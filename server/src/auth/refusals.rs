//! Keeps a flood of refusals from filling the audit, and with it the disk.
//!
//! Invariant: the first refusals of everybody in an hour are written one by one; what is not written is counted, and
//! the count stands in the next one that is. Leaves out: what is done, which is always written.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const HOUR_MS: i64 = 3600 * 1000;
/// Refusals written of one name and action an hour.
const EACH: u32 = 30;
/// Refusals written of all an hour.
const ALL: u32 = 2_000;

#[derive(Default)]
struct Window {
    hour: i64,
    written: u32,
    each: HashMap<(String, String), u32>,
    skipped: u64,
}

/// What was refused in this hour.
#[derive(Default)]
pub struct Refusals(Mutex<Window>);

impl Refusals {
    /// Whether one more is to be written; if so, how many were not since the last one.
    pub fn note(&self, user_name: &str, action: &str, now_ms: i64) -> Option<u64> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now_ms.div_euclid(HOUR_MS);
        if window.hour != hour {
            *window = Window {
                hour,
                skipped: window.skipped,
                ..Window::default()
            };
        }
        if window.written >= ALL {
            window.skipped += 1;
            return None;
        }
        let key = (user_name.trim().to_lowercase(), action.to_owned());
        let of_one = window.each.entry(key).or_insert(0);
        if *of_one >= EACH {
            window.skipped += 1;
            return None;
        }
        *of_one += 1;
        window.written += 1;
        Some(std::mem::take(&mut window.skipped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_its_count_is_written_with_the_next() {
        let refusals = Refusals::default();
        let written = |name: &str, at| refusals.note(name, "sign_in", at);
        let first = (0..1_000).filter(|_| written("甲", 0).is_some()).count();
        assert_eq!(first, EACH as usize);
        // Somebody else is still written, with what was left out.
        assert_eq!(written("乙", 1), Some(1_000 - u64::from(EACH)));
        assert_eq!(written("甲", HOUR_MS), Some(0));
    }

    #[test]
    fn ten_thousand_names_are_capped_as_well() {
        let refusals = Refusals::default();
        let note = |n: u32| refusals.note(&n.to_string(), "sign_in", 5);
        let written = (0..10_000).filter(|n| note(*n).is_some()).count();
        assert_eq!(written, ALL as usize);
        assert_eq!(refusals.note("x", "sign_in", HOUR_MS), Some(8_000));
    }
}
