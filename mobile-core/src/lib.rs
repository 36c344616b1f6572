//! To be written.

pub mod photos;
