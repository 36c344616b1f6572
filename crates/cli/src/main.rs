//! The guanmo command.
fn main() {}
