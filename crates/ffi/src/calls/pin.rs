//! The PIN.

use crate::error::PhoneError;
use crate::mirror::PinState;
use crate::phone::Phone;

#[uniffi::export]
impl Phone {
    /// Whether this phone shows what it holds.
    ///
    /// # Errors
    /// The disk's.
    pub fn pin_state(&self) -> Result<PinState, PhoneError> {
        self.with(|f| f.phone.pin_state())
    }

    /// Sets a PIN where there is none, or where the office reset it.
    ///
    /// # Errors
    /// `pin_invalid`, `pin_locked`.
    pub fn set_pin(&self, pin: String) -> Result<(), PhoneError> {
        self.with(|f| f.phone.set_pin(&pin))
    }

    /// Replaces the PIN.
    ///
    /// # Errors
    /// `pin_wrong`, `pin_wait`, `pin_invalid`.
    pub fn change_pin(&self, old_pin: String, new_pin: String) -> Result<(), PhoneError> {
        self.with(|f| f.phone.change_pin(&old_pin, &new_pin))
    }

    /// Takes the PIN away.
    ///
    /// # Errors
    /// `pin_wrong`, `pin_wait`.
    pub fn remove_pin(&self, old_pin: String) -> Result<(), PhoneError> {
        self.with(|f| f.phone.remove_pin(&old_pin))
    }

    /// Shows again what the phone holds.
    ///
    /// # Errors
    /// `pin_wrong`, `pin_wait`.
    pub fn unlock(&self, pin: String) -> Result<(), PhoneError> {
        self.with(|f| f.phone.unlock(&pin))
    }

    /// Hides everything until the PIN is typed; for an app that leaves the screen.
    ///
    /// # Errors
    /// `closed`.
    pub fn lock(&self) -> Result<(), PhoneError> {
        self.with(|f| {
            f.phone.lock();
            Ok(())
        })
    }
}
