//! A photo's files and its record.
//!
//! Invariant: a photo's bytes are hashed and durable before any record refers to them. Leaves out: the camera, who makes
//! the copies (`import`, `prepared`), the upload (`sync`).

use ledger::RecordView;
use merge::Value;
use protocol::Scope;
use uuid::Uuid;

use super::campaign::{text, unknown};
use super::notes::position_values;
use crate::error::{Error, Result};
use crate::photos::{BlobHash, Facts, StripOutcome, hash_of};
use crate::replica::Replica;
use crate::store::{BlobState, PhotoRow, StoreError};
use crate::views::{
    PhotoMeta, PhotoReference, PhotoSource, PhotoStage, PhotoState, PhotoTarget, PhotoView,
    Position,
};

/// Word of a record whose copy has no strip for want of a font.
const NO_FONT: &str = "no_font";

pub(super) fn disk(source: std::io::Error) -> Error {
    Error::File {
        what: "photos",
        source,
    }
}

/// The copies of a picture, ready to be kept.
pub(super) struct Made<'a> {
    pub stored: &'a [u8],
    /// Width and height of `stored`.
    pub edges: (u32, u32),
    pub thumbnail: &'a [u8],
    pub strip: StripOutcome,
}

/// The files of a photo as its record names them, and what was read from the original.
struct Taken {
    stored: (BlobHash, u64, u32, u32),
    thumbnail: (BlobHash, u64),
    exif_at_ms: Option<i64>,
    /// Where the record's position comes from.
    position_from: Option<&'static str>,
    strip: StripOutcome,
    format: &'static str,
}

/// Where a picture itself says it was taken.
fn own_position(facts: &Facts) -> Option<Position> {
    facts.position_e7.map(|(lat_e7, lon_e7)| Position {
        lat_e7,
        lon_e7,
        accuracy_m: None,
    })
}

impl Replica {
    /// What a photo's record will say: what the app knows, else what the picture says, else (camera) now.
    pub(super) fn known(&self, facts: &Facts, meta: PhotoMeta) -> PhotoMeta {
        // A picture of the album was not taken now.
        let now = (meta.source == PhotoSource::Camera).then(|| self.ports.clock.now_ms());
        PhotoMeta {
            taken_at_ms: meta.taken_at_ms.or(facts.exif_at_ms).or(now),
            position: meta.position.or(own_position(facts)),
            ..meta
        }
    }

    /// Keeps a picture and its copies, then records it. `meta` is as the app gave it.
    pub(super) fn attach(
        &mut self,
        (scope, target, item): (Scope, PhotoTarget, Option<&str>),
        (picture, facts): (&[u8], &Facts),
        made: &Made<'_>,
        meta: PhotoMeta,
    ) -> Result<Uuid> {
        let position_from = match (meta.position, facts.position_e7) {
            (Some(_), _) => Some("device"),
            (None, Some(_)) => Some("exif"),
            (None, None) => None,
        };
        let meta = self.known(facts, meta);
        // The original is kept on this phone as evidence until the office releases it.
        let new = self.keep_files(&[made.stored, made.thumbnail, picture])?;
        let (width, height) = made.edges;
        let size = |bytes: &[u8]| bytes.len() as u64;
        let taken = Taken {
            stored: (hash_of(made.stored), size(made.stored), width, height),
            thumbnail: (hash_of(made.thumbnail), size(made.thumbnail)),
            exif_at_ms: facts.exif_at_ms,
            position_from,
            strip: made.strip,
            format: facts.format.word(),
        };
        let original = (facts.hash, facts.size_bytes);
        let recorded = self.record_photo(scope, target, item, original, Some(&taken), meta);
        // After an error of the disk the record may be there at the next start: then its files must be, too.
        if let Err(error) = &recorded
            && !matches!(error, Error::Store(StoreError::Disk(_)))
        {
            self.give_back(&new);
        }
        recorded
    }

    /// Keeps files, all or none: space that a photo found too small belongs to the scores. Those that were not there.
    fn keep_files(&self, files: &[&[u8]]) -> Result<Vec<BlobHash>> {
        let mut new = Vec::new();
        for bytes in files {
            let hash = hash_of(bytes);
            let was_there = self.files.size_bytes(&hash);
            let kept = was_there.and_then(|was| self.files.put(bytes).map(|_| was.is_some()));
            match kept {
                Ok(true) => {}
                Ok(false) => new.push(hash),
                Err(error) => {
                    self.give_back(&new);
                    return Err(disk(error));
                }
            }
        }
        Ok(new)
    }

    fn give_back(&self, files: &[BlobHash]) {
        for hash in files {
            // A file that stays takes space and nothing else; the first error is the one to report.
            let _ = self.files.remove(hash);
        }
    }

    /// Refers to a photo whose bytes are declared absent.
    ///
    /// # Errors
    /// As `attach_photo`, but for the picture.
    pub fn refer_photo(
        &mut self,
        target: PhotoTarget,
        item: Option<&str>,
        reference: PhotoReference,
    ) -> Result<Uuid> {
        let scope = self.photo_scope(target, item)?;
        let original = (reference.original_hash, reference.original_size_bytes);
        self.record_photo(scope, target, item, original, None, reference.meta)
    }

    /// The scope a photo belongs to: its target's.
    pub(super) fn photo_scope(&mut self, target: PhotoTarget, item: Option<&str>) -> Result<Scope> {
        if let PhotoTarget::Sheet(id) = target {
            let context = self.writable(id)?;
            if let Some(item) = item
                && context.checklist.line(context.form, item).is_none()
            {
                return Err(domain::sheet::AnswerError {
                    item: item.to_owned(),
                    problem: domain::sheet::AnswerProblem::UnknownItem,
                }
                .into());
            }
            return Ok(context.scope);
        }
        Ok(self.shared_record(target.word(), target.id())?.scope)
    }

    fn record_photo(
        &mut self,
        scope: Scope,
        target: PhotoTarget,
        item: Option<&str>,
        original: (BlobHash, u64),
        taken: Option<&Taken>,
        meta: PhotoMeta,
    ) -> Result<Uuid> {
        let mut image = vec![
            target.word().into(),
            target.id().into(),
            item.map(str::to_owned).into(),
            bytes(&original.0),
            (original.1 as i64).into(),
        ];
        match taken {
            Some(c) => image.extend([
                bytes(&c.stored.0),
                (c.stored.1 as i64).into(),
                i64::from(c.stored.2).into(),
                i64::from(c.stored.3).into(),
                bytes(&c.thumbnail.0),
                (c.thumbnail.1 as i64).into(),
            ]),
            None => image.extend(std::iter::repeat_n(Value::Null, 6)),
        }
        image.push(meta.taken_at_ms.into());
        image.extend(position_values(meta.position));
        image.push(meta.source.word().into());
        image.push(meta.caption.into());
        // A reference ends here: the rest is known only of bytes.
        if let Some(t) = taken {
            image.extend([
                t.exif_at_ms.into(),
                t.position_from.map(str::to_owned).into(),
                strip_value(t.strip),
                t.format.into(),
            ]);
        }
        let mut fields = vec![("image", Value::List(image))];
        fields.extend(meta.stage.map(|stage| ("stage", stage.word().into())));
        self.write(|w| {
            let id = w.create(scope, "photo", fields)?;
            if let Some(c) = taken {
                w.tx.add_photo(id, (c.stored.0, c.stored.1), c.thumbnail)?;
            }
            Ok(id)
        })
    }

    /// The photos of a sheet, issue, opinion or commendation that are not deleted, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn photos(&mut self, target: PhotoTarget) -> Result<Vec<PhotoView>> {
        let device = self.me()?.device;
        let account = self.me()?.account;
        self.store.read(|tx| {
            let Some(scope) = tx.view(target.id())?.map(|v| v.scope) else {
                return Ok(Vec::new());
            };
            let mut list = Vec::new();
            for id in tx.ids("photo", Some(scope))? {
                let Some(view) = tx.view(id)? else { continue };
                let image = view.get("image");
                let of = image.at(1).as_id() == Some(target.id());
                if of && view.get("deleted").as_bool() != Some(true) {
                    list.push(photo_view(&view));
                }
            }
            if list.is_empty() {
                return Ok(list);
            }
            let records = tx.own_records(device, account)?;
            let files = tx.own_photos()?;
            for photo in &mut list {
                let only_here = records.iter().any(|r| r.id == photo.id && r.only_here);
                let file = files.iter().find(|f| f.id == photo.id);
                photo.state = photo_state(only_here, file);
            }
            Ok(list)
        })
    }

    /// The JPEG of a photo's copy, if it is on this phone.
    ///
    /// # Errors
    /// `unknown_record`, `file`.
    pub fn photo_bytes(&mut self, photo: Uuid) -> Result<Option<Vec<u8>>> {
        self.photo_file(photo, 5)
    }

    /// The JPEG of a photo's thumbnail, without strip, if it is on this phone.
    ///
    /// # Errors
    /// `unknown_record`, `file`.
    pub fn photo_thumbnail(&mut self, photo: Uuid) -> Result<Option<Vec<u8>>> {
        self.photo_file(photo, 9)
    }

    /// The file whose hash is at this place of the photo's `image`.
    fn photo_file(&mut self, photo: Uuid, at: usize) -> Result<Option<Vec<u8>>> {
        self.shown()?;
        let view = self.store.read(|tx| tx.view(photo))?;
        let view = view.ok_or_else(|| unknown("photo", photo))?;
        match hash(view.get("image").at(at)) {
            Some(hash) => self.files.get(&hash).map_err(disk),
            None => Ok(None),
        }
    }
}

fn bytes(hash: &BlobHash) -> Value {
    Value::Bytes(hash.to_vec())
}

pub(super) fn hash(value: &Value) -> Option<BlobHash> {
    value.as_bytes()?.try_into().ok()
}

fn strip_value(strip: StripOutcome) -> Value {
    match strip {
        StripOutcome::Drawn(height) => i64::from(height).into(),
        StripOutcome::NoFont => NO_FONT.into(),
        StripOutcome::TooNarrow => "too_narrow".into(),
    }
}

/// Where a photo stands, from its record and its files.
pub(crate) fn photo_state(only_here: bool, files: Option<&PhotoRow>) -> PhotoState {
    let Some(f) = files else {
        return PhotoState::Elsewhere;
    };
    let both = [f.copy, f.thumbnail];
    if both.contains(&BlobState::Damaged) {
        let why = "file_damaged".into();
        return PhotoState::NeedsYou { why };
    }
    if both.contains(&BlobState::Refused) {
        let status = f.status.map_or(String::new(), |s| format!("_{s}"));
        let why = format!("refused{status}");
        return PhotoState::NeedsYou { why };
    }
    if !only_here && both == [BlobState::Held; 2] {
        return PhotoState::HeldByServer;
    }
    if f.copy == BlobState::Sending {
        return PhotoState::Sending {
            sent_bytes: f.sent_bytes,
            size_bytes: f.size_bytes,
        };
    }
    PhotoState::OnlyHere
}

fn photo_view(view: &RecordView) -> PhotoView {
    let image = view.get("image");
    let hex_of = |at: usize| image.at(at).as_bytes().map(hex::encode);
    let position = image.at(12).as_int().zip(image.at(13).as_int());
    PhotoView {
        id: view.id,
        target: (
            text(image.at(0)).unwrap_or_default(),
            image.at(1).as_id().unwrap_or_default(),
        ),
        item: text(image.at(2)),
        caption: text(view.get("caption")).or_else(|| text(image.at(16))),
        original_hash: hex_of(3).unwrap_or_default(),
        stored_hash: hex_of(5),
        thumbnail_hash: hex_of(9),
        size_pixels: image.at(7).as_int().zip(image.at(8).as_int()),
        taken_at_ms: image.at(11).as_int(),
        exif_at_ms: image.at(17).as_int(),
        strip_px: image.at(19).as_int(),
        no_font: image.at(19).as_text() == Some(NO_FONT),
        stage: view.get("stage").as_text().and_then(PhotoStage::parse),
        position: position.map(|(lat_e7, lon_e7)| Position {
            lat_e7,
            lon_e7,
            accuracy_m: image.at(14).as_int(),
        }),
        state: PhotoState::Elsewhere,
    }
}
