//! `guanmo demo`: a whole tour on the real parts.

mod figures;
mod marks;
mod plan;
#[cfg(test)]
mod rehearsal;
mod steps;
mod words;
