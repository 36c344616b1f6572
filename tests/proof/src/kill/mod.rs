//! R7 and R8: the real program, killed as a process at random moments.
//!
//! Invariant: what counts as acknowledged is kept here: what a command ended with 0 for, what a phone had sent when its
//! sync ended well. After each kill the folder is opened, everything acknowledged must be there, nothing twice; then it
//! goes on in the same folder. Leaves out: power loss (`crash`): a killed process leaves the disk's cache as it is.

mod phone;
mod process;
mod server;
mod tally;

pub use phone::run as phone;
pub use server::run as server;
pub use tally::{Book, Report};
