//! Clock and entropy of the browser, and word of a panic before the module is dead.
//!
//! Invariant: keys are made of `crypto.getRandomValues` alone.

use std::sync::Arc;

use mobile_core::{Clock, Entropy, Ports};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(out: &mut [u8]);
    /// Given by the worker: keeps the text of a panic for the report.
    #[wasm_bindgen(js_name = guanmoPanicked)]
    fn panicked(text: &str);
}

/// Most bytes `getRandomValues` fills at once.
const MOST: usize = 65_536;

struct BrowserClock;

impl Clock for BrowserClock {
    fn now_ms(&self) -> i64 {
        js_sys::Date::now() as i64
    }
}

struct BrowserEntropy;

impl Entropy for BrowserEntropy {
    fn fill(&self, out: &mut [u8]) {
        for piece in out.chunks_mut(MOST) {
            get_random_values(piece);
        }
    }
}

/// The browser's clock and entropy.
pub fn ports() -> Ports {
    Ports {
        clock: Arc::new(BrowserClock),
        entropy: Arc::new(BrowserEntropy),
    }
}

/// Tells the worker of every panic.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|info| panicked(&info.to_string())));
}
