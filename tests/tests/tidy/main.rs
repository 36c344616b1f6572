//! The architecture rules and the house style, checked from the files and `cargo metadata`.
//!
//! Every rule is a pure function over text, one test that runs it on this repository, and one that shows it
//! complaining about a violation: a rule that cannot fail guards nothing.
//! Leaves out: what rustc, clippy and rustfmt check already.

mod imports;
mod layers;
mod plants;
mod rust;
mod style;
mod text;
mod tree;
