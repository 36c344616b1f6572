//! Attaching a photo whose copies are made here.
//!
//! Leaves out: a browser, which decodes pictures itself (`prepared`).

use uuid::Uuid;

use super::photos::Made;
use crate::error::Result;
use crate::photos::{Facts, ImportLimits, Original, PhotoFont, Strip};
use crate::replica::Replica;
use crate::views::{PhotoMeta, PhotoTarget};

impl Replica {
    /// Takes a camera's file (JPEG, PNG, WebP) in: hash of the original, upright copy with its strip, thumbnail, then
    /// the record. Without a font the copy has no strip, and the record says so.
    ///
    /// # Errors
    /// The picture's code (`not_a_picture`, `damaged`, `too_large` …), `locked`, `not_yours`, `unknown_record`, `file`
    /// when the storage is full; nothing is recorded then.
    pub fn attach_photo(
        &mut self,
        target: PhotoTarget,
        item: Option<&str>,
        picture: &[u8],
        meta: PhotoMeta,
    ) -> Result<Uuid> {
        self.store.make_room()?;
        let scope = self.photo_scope(target, item)?;
        let original = Original::read(picture, ImportLimits::default())?;
        let facts = Facts {
            hash: original.hash,
            size_bytes: original.size_bytes,
            format: original.format,
            exif_at_ms: original.exif_at_ms,
            position_e7: original.position_e7,
        };
        let known = self.known(&facts, meta.clone());
        let copies = original.copies(&Strip {
            font: self.font.get(),
            fields: self.strip_fields(target, &facts.hash, &known)?,
        })?;
        let made = Made {
            stored: &copies.stored.bytes,
            edges: (copies.stored.width, copies.stored.height),
            thumbnail: &copies.thumbnail.bytes,
            strip: copies.strip,
        };
        self.attach((scope, target, item), (picture, &facts), &made, meta)
    }

    /// Which font the strips are written in from now on; the system's unless this is called.
    pub fn set_photo_font(&mut self, font: PhotoFont) {
        self.font = font;
    }
}
