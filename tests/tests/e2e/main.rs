//! End to end: real phones (`mobile-core`) and a real server over HTTP on this machine.
//!
//! Everything goes through public interfaces. What a test counts it counts in the databases of both sides.
//! Left out: screens and the command line, which are tested where they live.

mod county;
mod faults;
mod forks;
mod results;
mod sealed;
mod tour;
