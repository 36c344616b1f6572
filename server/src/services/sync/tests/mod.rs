//! The server's side of a round trip, with a phone that can also lie.

mod clocks;
mod forks;
mod framing;
mod judgement;
mod restore;
mod trip;
