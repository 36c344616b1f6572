//! One entry for each decoder of foreign bytes, for the suite `decoders` and for cargo-fuzz (`tests/fuzz`).
//!
//! Invariant: whatever the bytes, an entry returns: no panic, no long run, no memory beyond its limit. What is read must
//! survive being written and read again, so that an entry also fails where a decoder reads one thing in two ways.
//! Leaves out: where bytes come from.

mod bundles;
mod documents;
mod pictures;
mod tus;
mod wire;

pub use bundles::{DEVICE as BUNDLE_DEVICE, device as bundle_key, seal as seal_bundle};
pub use tus::AnyDevice;

/// Runs one decoder; panics if it is wrong.
pub type Entry = fn(&[u8]);

/// Name of each entry (of its fuzz target and folders too), and how often the suite runs it in a row of 200.
pub const ENTRIES: &[(&str, Entry, usize)] = &[
    ("segment", wire::segment, 30),
    ("payload", wire::payload, 30),
    ("value", wire::value, 40),
    ("request", wire::request, 20),
    ("reply", wire::reply, 20),
    ("headers", wire::headers, 20),
    ("closing", wire::closing, 10),
    ("bundle", bundles::file, 10),
    ("bundle_list", bundles::list, 5),
    ("bundle_body", bundles::body, 5),
    ("table", documents::table, 10),
    ("checklist", documents::checklist, 5),
    ("score", documents::score, 5),
    ("draw", documents::draw, 4),
    ("exif", pictures::exif, 2),
    ("picture", pictures::picture, 1),
    ("tus", tus::requests, 3),
];

/// The entry of this name.
///
/// # Panics
/// If there is none: a target of cargo-fuzz without entry.
pub fn entry(name: &str) -> Entry {
    let found = ENTRIES.iter().find(|(known, ..)| *known == name);
    found
        .map(|(_, entry, _)| *entry)
        .expect("an entry of this name")
}
