//! What UniFFI needs once in a library: the marks by which its parts find each other.

uniffi::setup_scaffolding!("guanmo");
