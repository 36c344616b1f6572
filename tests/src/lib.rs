//! Tests of the whole: each file or folder in `tests/tests` is one suite.
//!
//! | suite | what it guards |
//! |---|---|
//! | `tidy` | the architecture rules and the house style, from the files themselves |
//! | `decoders` | every decoder of foreign bytes against changed ones; `tests/fuzz` goes on for longer |
//!
//! Leaves out: tests of one crate, which live in that crate.

pub mod fuzz;
