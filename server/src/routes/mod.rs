//! The HTTP interface: one file per group of endpoints.

pub mod blobs;
