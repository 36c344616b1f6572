//! The HTTP interface: one file per group of endpoints.

pub mod blobs;
mod console;
pub mod office;
mod phones;
mod router;
mod serve;
#[cfg(test)]
mod tests;

pub use router::router;
pub use serve::serve;
