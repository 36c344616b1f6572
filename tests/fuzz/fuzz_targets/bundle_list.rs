//! The entry `bundle_list` of `tests::fuzz` under cargo-fuzz.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tests::fuzz::entry("bundle_list")(data));
