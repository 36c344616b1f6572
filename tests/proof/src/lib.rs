//! What happens to a data folder behind the program's back, and whether it is noticed.
//!
//! - [`tamper`]: somebody who has the disk changes anything; `verify` must find it, and must find nothing in folders
//!   that are honest ([`honest`]).
//! - [`rot`]: one bit of a database, a photo or a backup turns; nothing wrong may be answered.
//! - [`kill`]: phone and server are killed as processes, again and again; nothing that was acknowledged may be lost.
//!
//! Invariant: what counts as changed, acknowledged or true is kept here, apart from the program that is looked at; every
//! part has a control that must fail. Leaves out: power loss (`crash`), faults of the network (`simulation`).

pub mod columns;
pub mod county;
pub mod folder;
pub mod honest;
pub mod judge;
pub mod kill;
pub mod logs;
pub mod mutate;
pub mod office;
pub mod rot;
pub mod story;
pub mod tamper;
pub mod workers;
