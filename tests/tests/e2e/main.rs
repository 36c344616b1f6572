//! End to end: real phones (`mobile-core`) and a real server over HTTP on this machine.
//!
//! Everything goes through public interfaces. What a test counts it counts in the databases of both sides.
//! Left out: screens and the command line, which are tested where they live.

mod bad_changes;
mod bad_folders;
mod bad_photos;
mod bad_segments;
mod branches;
mod bundles;
mod clocks;
mod counts;
mod county;
mod faults;
mod forks;
mod greedy;
mod logs;
mod pin;
mod raw_phone;
mod rehearsal;
mod results;
mod returns;
mod review;
mod sealed;
mod sign_in;
mod tour;
