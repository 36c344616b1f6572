//! Photos.

use std::sync::Arc;

use mobile_core::photos::{PhotoFont, StripFont};
use uuid::Uuid;

use crate::error::PhoneError;
use crate::mirror::{Originals, PhotoMeta, PhotoTarget, PhotoView};
use crate::phone::Phone;

#[uniffi::export]
impl Phone {
    /// Takes a camera's file in: hash of the original, upright copy with its strip, thumbnail, then the record. Takes a
    /// second or so: not on a screen's thread.
    ///
    /// # Errors
    /// `Picture`: why it cannot be taken in; `disk_full`; those of the target.
    #[uniffi::method(default(item = None, meta = None))]
    pub fn attach_photo(
        &self,
        target: PhotoTarget,
        picture: Vec<u8>,
        item: Option<String>,
        meta: Option<PhotoMeta>,
    ) -> Result<Uuid, PhoneError> {
        let meta = meta.unwrap_or_default();
        self.with(|f| {
            f.phone
                .attach_photo(target, item.as_deref(), &picture, meta)
        })
    }

    /// The photos of a sheet, issue, opinion or commendation, oldest first.
    ///
    /// # Errors
    /// `unknown_record`.
    pub fn photos(&self, target: PhotoTarget) -> Result<Vec<PhotoView>, PhoneError> {
        self.with(|f| f.phone.photos(target))
    }

    /// The JPEG of a photo's copy, if it is on this phone.
    ///
    /// # Errors
    /// `unknown_record`, the disk's.
    pub fn photo_bytes(&self, photo: Uuid) -> Result<Option<Vec<u8>>, PhoneError> {
        self.with(|f| f.phone.photo_bytes(photo))
    }

    /// The JPEG of a photo's thumbnail, without strip, if it is on this phone.
    ///
    /// # Errors
    /// `unknown_record`, the disk's.
    pub fn photo_thumbnail(&self, photo: Uuid) -> Result<Option<Vec<u8>>, PhoneError> {
        self.with(|f| f.phone.photo_thumbnail(photo))
    }

    /// The camera's files that may go: recorded so many days ago, record and copies confirmed by the server.
    ///
    /// # Errors
    /// `not_enrolled`, `pin_locked`, `file`.
    pub fn releasable_originals(&self, older_than_days: u32) -> Result<Originals, PhoneError> {
        self.with(|f| f.phone.releasable_originals(older_than_days))
    }

    /// Lets them go; records, copies and thumbnails stay.
    ///
    /// # Errors
    /// As `releasable_originals`; after one of the disk some may be gone.
    pub fn release_originals(&self, older_than_days: u32) -> Result<Originals, PhoneError> {
        self.with(|f| f.phone.release_originals(older_than_days))
    }

    /// What the strip of a photo taken now would say, but for the hash: for a camera's preview.
    ///
    /// # Errors
    /// Those of the target.
    #[uniffi::method(default(meta = None))]
    pub fn photo_strip(
        &self,
        target: PhotoTarget,
        meta: Option<PhotoMeta>,
    ) -> Result<Vec<String>, PhoneError> {
        self.with(|f| f.phone.photo_strip(target, meta.unwrap_or_default()))
    }

    /// The font of the strip below photos (TTF, OTF, TTC), where the system's is not found.
    ///
    /// # Errors
    /// `bad_argument`: it is no font with Chinese characters.
    pub fn set_photo_font(&self, font: Vec<u8>) -> Result<(), PhoneError> {
        let font = StripFont::from_bytes(font).map_err(|e| PhoneError::bad_argument("font", e))?;
        self.with(|f| {
            f.phone.set_photo_font(PhotoFont::Given(Arc::new(font)));
            Ok(())
        })
    }
}
