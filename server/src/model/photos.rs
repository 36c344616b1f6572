//! The photo wall: one photo in a list, one in full, and the filters.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Bilingual;

/// Words of a photo's state, from nothing to everything.
pub const PHOTO_STATES: &[&str] = &["announced", "thumbnail", "uploading", "here", "reference"];
/// Words of a photo's flags.
pub const PHOTO_FLAGS: &[&str] = &[
    "duplicate",
    "old_photo",
    "far",
    "no_position",
    "outside_dates",
];

/// Filters of the photo wall, as they stand in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WallFilter {
    /// Township code.
    pub township: Option<String>,
    /// Village code.
    pub village: Option<String>,
    /// Code of an issue's category.
    pub category: Option<String>,
    /// One site.
    pub site: Option<Uuid>,
    /// Part of a site's name.
    pub q: Option<String>,
    /// `sheet`, `issue`, `opinion` or `commendation`.
    pub kind: Option<String>,
    /// Author's account.
    pub author: Option<Uuid>,
    /// First day, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// Last day, `YYYY-MM-DD`.
    pub to: Option<String>,
    /// One of [`PHOTO_STATES`].
    pub state: Option<String>,
    /// One of [`PHOTO_FLAGS`].
    pub flag: Option<String>,
    /// `before` or `after`.
    pub stage: Option<String>,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// Photos a page, 1 to 200.
    pub limit: u32,
}

/// One photo in a list.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct PhotoTile {
    /// Its record.
    pub id: Uuid,
    /// The record it belongs to.
    pub record: Uuid,
    /// Kind of that record.
    pub record_kind: String,
    /// What people call that record.
    pub title: String,
    /// Site.
    pub site: Option<Uuid>,
    /// Township name.
    pub township: Option<String>,
    /// Item it belongs to.
    pub item: Option<String>,
    /// What that item asks.
    pub item_title: Option<Bilingual>,
    /// Author's name.
    pub author: String,
    /// Caption.
    pub caption: String,
    /// `before` or `after`.
    pub stage: Option<String>,
    /// `sha256:hex` of the thumbnail, if its bytes are here.
    pub thumbnail: Option<String>,
    /// `sha256:hex` of the copy, if its bytes are here.
    pub stored: Option<String>,
    /// `announced`, `thumbnail` (only that is here), `uploading`, `here`, or `reference` (no bytes were promised).
    pub state: String,
    /// Bytes of the copy that are here.
    pub here_bytes: u64,
    /// Bytes of the copy.
    pub size_bytes: Option<u64>,
    /// Since when bytes that were promised are missing.
    pub missing_since_ms: Option<i64>,
    /// When it was taken, by the phone's clock.
    pub taken_ms: Option<i64>,
    /// When the picture itself says it was taken.
    pub exif_ms: Option<i64>,
    /// When its record arrived.
    pub arrived_ms: i64,
    /// True if it came from the album.
    pub from_album: bool,
    /// Latitude and longitude, 1e-7 degree.
    pub lat_e7: Option<i64>,
    /// See `lat_e7`.
    pub lon_e7: Option<i64>,
    /// Metres from the site, if both positions are known.
    pub distance_m: Option<u32>,
    /// Other photos with the same original.
    pub duplicates: u32,
    /// What somebody should look at: `duplicate`, `old_photo`, `far`, `no_position`, `outside_dates`.
    pub flags: Vec<String>,
}

/// Photos that are closed until the lock: only how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClosedPhotos {
    /// Whose bytes are here.
    pub arrived: u32,
    /// Whose bytes were promised.
    pub promised: u32,
}

/// One page of photos.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct PhotoPage {
    /// Photos, newest arrival first.
    pub items: Vec<PhotoTile>,
    /// Cursor of the next page.
    pub next_cursor: Option<String>,
    /// Closed ones, of the whole campaign.
    pub closed: ClosedPhotos,
}

/// A tile of the wall: a photo, and beside a "before" its "after".
#[derive(Clone, Debug)]
pub struct PhotoCard {
    /// The photo.
    pub photo: PhotoTile,
    /// How it was put right.
    pub after: Option<PhotoTile>,
}

/// Another photo, as a link.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct PhotoLink {
    /// The photo.
    pub id: Uuid,
    /// What people call the record it belongs to.
    pub title: String,
    /// Author's name.
    pub author: String,
}

/// One photo in full.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct PhotoDetail {
    /// As in the list.
    pub tile: PhotoTile,
    /// SHA-256 of the camera's file, hex.
    pub original_hash: String,
    /// Size of the camera's file in bytes.
    pub original_bytes: Option<i64>,
    /// SHA-256 of the copy, hex.
    pub stored_hash: Option<String>,
    /// Width of the copy in pixels.
    pub width: Option<i64>,
    /// Height of the copy in pixels, its strip included.
    pub height: Option<i64>,
    /// Height of the strip in pixels; none: see `no_strip`.
    pub strip_px: Option<i64>,
    /// Why there is no strip: `no_font` or `too_narrow`.
    pub no_strip: Option<String>,
    /// `jpeg`, `png` or `webp`.
    pub format: Option<String>,
    /// Where the position comes from: `device` or `exif`.
    pub position_from: Option<String>,
    /// Accuracy of the position in metres.
    pub accuracy_m: Option<i64>,
    /// Device that took it.
    pub device: String,
    /// Other photos with the same original.
    pub same_original: Vec<PhotoLink>,
}
