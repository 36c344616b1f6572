//! Seeded simulation: phones, network, server and people of a whole tour in one process and virtual time.
//!
//! Real are the merge, the protocol, the phone's core with its database and photos, the server's router, services,
//! database and photo store. Simulated are time, the network, the machines' lives and the people. One seed gives one run.
//! Invariant: workload and faults know nothing of the checkers, and the checkers nothing of them.
//! Leaves out: sockets and threads (`tests/tests/e2e`), what a disk does when the power fails (`tests/crash`).

pub mod books;
pub mod check;
pub mod clock;
pub mod county;
pub mod desk;
pub mod disk;
pub mod faults;
pub mod files;
pub mod network;
pub mod office;
pub mod phone;
pub mod plant;
pub mod rng;
pub mod stranger;
pub mod trace;
pub mod witness;
pub mod workload;
pub mod world;

pub use county::County;
pub use plant::Plant;
pub use world::{Outcome, Plan, Trouble, run};
