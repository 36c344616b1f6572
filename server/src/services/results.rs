//! Results (being written by the lead; verify.rs too).
