//! Lock, result, late sheets, verification.
