//! Tests of the whole: each file or folder in `tests/tests` is one suite.
//!
//! | suite | what it guards |
//! |---|---|
//! | `tidy` | the architecture rules and the house style, from the files themselves |
//!
//! Leaves out: tests of one crate, which live in that crate.
