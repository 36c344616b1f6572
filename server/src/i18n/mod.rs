//! Texts of the console in Simplified Chinese and English.
//!
//! Invariant: every text is a method that holds both languages, so the compiler refuses a template that asks for a text
//! that does not exist and a text without one of its languages; a message file could only be checked when it runs.
//! Leaves out: texts of the data itself (names, questions) and of problem codes (`protocol::problem`).

mod lang;
mod messages;
mod plural;
mod words;

pub use lang::{Lang, day, rfc3339};
pub use messages::all;
pub use plural::plurals;
