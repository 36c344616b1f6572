//! `guanmo bench`: the figures of `docs/benchmarks.md`, measured on the real parts.

pub mod cpu;
pub mod random;
pub mod raw;
pub mod workload;
pub mod syncs;
