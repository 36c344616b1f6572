//! Rows of the server's own tables: state of devices, and projections of records for lists.
//!
//! Invariant: [`Entry`] and [`Photo`] follow from the registers and can be rebuilt (`services::project`).
//! Leaves out: accounts and configuration, which are read from the registers (`services::campaign`).

use merge::{Dot, LogId};
use uuid::Uuid;

/// A device as the server deals with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// The device.
    pub id: Uuid,
    /// The account it works for.
    pub account: Uuid,
    /// The account's campaign.
    pub campaign: Uuid,
    /// Ed25519 public key.
    pub key: [u8; 32],
    /// What its owner calls it.
    pub name: String,
    /// When it enrolled, ms UTC.
    pub enrolled_at_ms: i64,
    /// Last request counter.
    pub counter: u64,
    /// When it last synced, ms UTC.
    pub last_sync_ms: Option<i64>,
    /// Its clock less ours at the last sync.
    pub skew_ms: i64,
    /// When and why it was revoked.
    pub revoked: Option<(i64, String)>,
    /// Bytes it left in quarantine.
    pub quarantine_bytes: u64,
    /// What it said of itself at its last request; none: an older app, or it never synced.
    pub left: Option<Left>,
}

/// What a phone says that only it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Left {
    /// Changes that were not sent.
    pub changes: u64,
    /// Photos whose bytes were not all sent.
    pub photos: u64,
    /// Bytes of them.
    pub photo_bytes: u64,
}

/// A change whose writer's clock was wrong. Shown; nothing is refused or ordered by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockFlag {
    /// The record it wrote.
    pub record: Uuid,
    /// The change; for `off` the first of its segment.
    pub dot: Dot,
    /// `back`: the clock had gone back before it; `off`: it was wrong when the change was sent, or the change is
    /// from the future.
    pub kind: &'static str,
    /// By how much, ms; of `off`: the writer's less ours.
    pub by_ms: i64,
}

/// A filter of the records page that a login keeps under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFilter {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub login: Uuid,
    /// The campaign it is for.
    pub campaign: Uuid,
    /// What it is called.
    pub name: String,
    /// The query of the page's address.
    pub query: String,
    /// When it was kept, ms UTC.
    pub made_ms: i64,
}

/// A record as lists show it: sheets, issues, opinions, commendations, site facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub id: Uuid,
    /// The campaign.
    pub campaign: Uuid,
    /// `sheet`, `issue`, `opinion`, `commendation`, `site_facts`.
    pub kind: String,
    /// Its site.
    pub site: Option<Uuid>,
    /// Township code of site or place.
    pub township: Option<String>,
    /// The author's group.
    pub group: Option<Uuid>,
    /// The author's account.
    pub author: Uuid,
    /// First words or number.
    pub title: String,
    /// `draft` or `submitted`; empty if it has no state.
    pub state: String,
    /// `entered`, `refused`, `absent`, or empty.
    pub visit: String,
    /// `detailed`, `quick`, or empty.
    pub form: String,
    /// Lines answered.
    pub answered: u32,
    /// Lines of the checklist.
    pub items: u32,
    /// Fields with competing values.
    pub conflicts: u32,
    /// Score of a complete sheet; never shown while sealed.
    pub score_e4: Option<i64>,
    /// Latest time of a live value, ms UTC by the writers' clocks.
    pub written_ms: i64,
    /// When its last change arrived, ms UTC.
    pub arrived_ms: i64,
    /// True once deleted.
    pub deleted: bool,
    /// Earliest time of a live value, ms UTC by the writers' clocks.
    pub begun_ms: i64,
}

/// A photo record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Photo {
    /// The record.
    pub id: Uuid,
    /// Its scope's id.
    pub scope: Uuid,
    /// The campaign.
    pub campaign: Uuid,
    /// The record it belongs to.
    pub target: Uuid,
    /// Kind of that record.
    pub kind: String,
    /// Item it belongs to.
    pub item: Option<String>,
    /// Hash of the camera's file.
    pub original: Option<[u8; 32]>,
    /// Hash of the copy that is uploaded; none if the bytes are declared absent.
    pub stored: Option<[u8; 32]>,
    /// Its size in bytes.
    pub stored_bytes: Option<u64>,
    /// Hash of its thumbnail.
    pub thumb: Option<[u8; 32]>,
    /// Its size in bytes.
    pub thumb_bytes: Option<u64>,
    /// The author's account.
    pub author: Uuid,
    /// The device that took it.
    pub device: Uuid,
    /// When it was taken, by the phone.
    pub taken_ms: Option<i64>,
    /// When the picture itself says it was taken.
    pub exif_ms: Option<i64>,
    /// Latitude and longitude, 1e-7 degree.
    pub place_e7: Option<(i64, i64)>,
    /// True if it came from the album.
    pub album: bool,
    /// `before` or `after`.
    pub stage: Option<String>,
    /// When its record was written, by the writer's clock.
    pub written_ms: i64,
    /// When it first arrived here.
    pub arrived_ms: i64,
    /// True once deleted.
    pub deleted: bool,
}

/// A photo with what the list says of its target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhotoRow {
    /// The photo.
    pub photo: Photo,
    /// Site of the target.
    pub site: Option<Uuid>,
    /// Township of the target.
    pub township: Option<String>,
    /// Title of the target.
    pub title: String,
    /// From when to when the target was written to, by the writers' clocks.
    pub visit_ms: Option<(i64, i64)>,
    /// Other photos of the campaign with the same original, but for closed ones.
    pub duplicates: u32,
    /// Its place in the list.
    pub key: EntryKey,
}

/// Which photos.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhotoFilter {
    /// The campaign.
    pub campaign: Uuid,
    /// Scopes whose photos are not shown, nor counted as duplicates.
    pub closed: Vec<Uuid>,
    /// Only this one.
    pub id: Option<Uuid>,
    /// Of this township.
    pub township: Option<String>,
    /// Of one of these sites.
    pub sites: Option<Vec<Uuid>>,
    /// In this village: of one of its sites, or of an issue found there.
    pub village: Option<(String, Vec<Uuid>)>,
    /// Of an issue of this category.
    pub category: Option<String>,
    /// Of this kind of target.
    pub kind: Option<String>,
    /// By this author.
    pub author: Option<Uuid>,
    /// `before` or `after`.
    pub stage: Option<String>,
    /// Taken at or after.
    pub from_ms: Option<i64>,
    /// Taken before.
    pub to_ms: Option<i64>,
}

/// Something that came in and is not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The verdict's record; for quarantine an id of its own.
    pub id: Uuid,
    /// The campaign.
    pub campaign: Uuid,
    /// The verdict's code, or `quarantined`.
    pub code: String,
    /// The judged log.
    pub log: LogId,
    /// First and last seq.
    pub seqs: (u64, u64),
    /// The record it is limited to, or that it is about.
    pub record: Option<Uuid>,
    /// Kind of that record.
    pub kind: String,
    /// Site of a held sheet.
    pub site: Option<Uuid>,
    /// Account of the device.
    pub account: Uuid,
    /// Why, for people.
    pub why: String,
    /// Changes.
    pub changes: u32,
    /// Earliest time by the writer's clock.
    pub written_ms: Option<i64>,
    /// When it arrived.
    pub arrived_ms: i64,
    /// The decision.
    pub decided: Option<HeldDecision>,
}

/// A decision on a held entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldDecision {
    /// Taken in.
    pub accepted: bool,
    /// Why.
    pub reason: String,
    /// Whose decision.
    pub by: String,
    /// When, ms UTC.
    pub at_ms: i64,
}

/// Which person of the office wrote a run of the server's changes, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The server's log.
    pub log: LogId,
    /// First and last seq.
    pub seqs: (u64, u64),
    /// The login's name.
    pub by: String,
    /// The reason given.
    pub reason: String,
    /// Number of its audit entry; none: an earlier version wrote it.
    pub audit: Option<i64>,
}

/// What was erased with a rehearsal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Logs.
    pub logs: usize,
    /// Segments.
    pub segments: usize,
    /// Records.
    pub records: usize,
    /// Devices, which are told at their next sync.
    pub devices: usize,
    /// Blobs that nothing refers to any more.
    pub blobs: Vec<[u8; 32]>,
}

/// What a list of entries is narrowed to; none of a field means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// The campaign.
    pub campaign: Uuid,
    /// Kind.
    pub kind: Option<String>,
    /// Township code.
    pub township: Option<String>,
    /// Group.
    pub group: Option<Uuid>,
    /// One of these sites.
    pub sites: Option<Vec<Uuid>>,
    /// Author.
    pub author: Option<Uuid>,
    /// State.
    pub state: Option<String>,
    /// Only with a conflict.
    pub conflict_only: bool,
    /// Only written by a clock that was wrong.
    pub clock_only: bool,
    /// Only with photos.
    pub photos_only: bool,
    /// Part of the title, or one of these sites or authors, or this id.
    pub search: Option<Search>,
}

/// What a search word may mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Part of a title.
    pub text: String,
    /// Sites whose name has it.
    pub sites: Vec<Uuid>,
    /// Authors whose name has it.
    pub authors: Vec<Uuid>,
    /// The id, if it is one.
    pub id: Option<Uuid>,
}

/// A place in a list ordered by arrival: (arrived_ms, row).
pub type EntryKey = (i64, i64);

/// What a list of entries is ordered by; rows that are alike go by their row number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryOrder {
    /// The column.
    pub by: EntryColumn,
    /// From the largest down.
    pub descending: bool,
}

impl Default for EntryOrder {
    fn default() -> Self {
        Self {
            by: EntryColumn::Arrived,
            descending: true,
        }
    }
}

/// A column to order by. A rank is given for each id, in the order people expect; without one a row comes last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryColumn {
    /// When its last change arrived.
    Arrived,
    /// When it was last written.
    Written,
    /// Township code.
    Township,
    /// State.
    State,
    /// Lines answered.
    Answered,
    /// Fields in conflict.
    Conflicts,
    /// Site.
    Site(Ranks),
    /// Group.
    Group(Ranks),
    /// Author.
    Author(Ranks),
    /// Score; sheets of other groups than these are as if they had none, so that no order tells what is sealed.
    Score {
        /// Groups whose sheets are open.
        open: Ranks,
        /// All are.
        all: bool,
    },
}

/// Ids in their order.
pub type Ranks = Vec<Uuid>;

/// What a row is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortValue {
    /// A number.
    Int(i64),
    /// A word.
    Text(String),
}

/// A place in a list in any order: what it is ordered by, and the row.
pub type SortKey = (SortValue, i64);

/// What stands beside a record in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// The one before.
    pub previous: Option<Uuid>,
    /// The one after.
    pub next: Option<Uuid>,
    /// How many come before it.
    pub before: u64,
    /// How many there are.
    pub total: u64,
}
