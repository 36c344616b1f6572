//! Attaching a photo whose copies the platform makes: a browser has a decoder of its own and letters for the strip.
//!
//! First the plan, by which the copies are made; then the copies with the original. Invariant: the hash, the facts and
//! the words of the strip come from here, and what is attached was checked here, as far as it can be without decoding.
//! Leaves out: copies made here (`import`).

use uuid::Uuid;

use super::photos::Made;
use crate::error::Result;
use crate::photos::facts::{
    STORED_LONG_EDGE, STORED_QUALITY, THUMBNAIL_LONG_EDGE, THUMBNAIL_QUALITY,
};
use crate::photos::{Facts, ImportLimits, MadeCopies, StripOutcome, style};
use crate::replica::Replica;
use crate::views::{PhotoMeta, PhotoPlan, PhotoTarget, StripPlan};

impl Replica {
    /// What the strip of a photo taken now would say, but for the hash: for the picture of the camera before it is taken.
    ///
    /// # Errors
    /// `unknown_record`, `locked`, `not_yours`.
    pub fn photo_strip(&mut self, target: PhotoTarget, meta: PhotoMeta) -> Result<Vec<String>> {
        self.photo_scope(target, None)?;
        let now = PhotoMeta {
            taken_at_ms: Some(self.ports.clock.now_ms()),
            ..meta
        };
        let mut fields = self.strip_fields(target, &[0; 32], &now)?;
        fields.pop();
        Ok(fields)
    }

    /// How the copies of a camera's file (JPEG, PNG, WebP) are to be made.
    ///
    /// # Errors
    /// As `attach_photo`, but for the storage.
    pub fn plan_photo(
        &mut self,
        target: PhotoTarget,
        item: Option<&str>,
        picture: &[u8],
        meta: PhotoMeta,
    ) -> Result<PhotoPlan> {
        self.photo_scope(target, item)?;
        let limits = ImportLimits::default();
        let facts = Facts::read(picture, limits)?;
        let known = self.known(&facts, meta);
        Ok(PhotoPlan {
            taken_at_ms: known.taken_at_ms,
            max_pixels: limits.max_pixels,
            stored_long_edge: STORED_LONG_EDGE,
            stored_quality: STORED_QUALITY,
            thumbnail_long_edge: THUMBNAIL_LONG_EDGE,
            thumbnail_quality: THUMBNAIL_QUALITY,
            strip: StripPlan {
                fields: self.strip_fields(target, &facts.hash, &known)?,
                separator: style::SEPARATOR.into(),
                cut: style::CUT.into(),
                ems_per_width: style::EMS_PER_WIDTH,
                min_em: style::MIN_EM,
                min_width: style::MIN_WIDTH,
                paper: style::PAPER,
                ink: style::INK,
            },
        })
    }

    /// Takes a camera's file in with the copies made by its plan: hash of the original, check of the copies, then the
    /// record.
    ///
    /// # Errors
    /// As `attach_photo`; `damaged` also for a copy that is not what was asked for.
    pub fn attach_prepared(
        &mut self,
        target: PhotoTarget,
        item: Option<&str>,
        picture: &[u8],
        copies: MadeCopies<'_>,
        meta: PhotoMeta,
    ) -> Result<Uuid> {
        self.store.make_room()?;
        let scope = self.photo_scope(target, item)?;
        let facts = Facts::read(picture, ImportLimits::default())?;
        let edges = copies.check()?;
        let made = Made {
            stored: copies.stored,
            edges,
            thumbnail: copies.thumbnail,
            strip: match copies.strip_px {
                Some(height) => StripOutcome::Drawn(height),
                None if edges.0 < style::MIN_WIDTH => StripOutcome::TooNarrow,
                None => StripOutcome::NoFont,
            },
        };
        self.attach((scope, target, item), (picture, &facts), &made, meta)
    }
}
