//! Lock (being written by the lead).
