//! What the facade takes and shows: plain data, serialisable for bindings and the command line.
//!
//! Invariant: a view is a snapshot; nothing here changes anything. Times are ms UTC, points 1/10,000 point (`_e4`),
//! positions WGS-84 in 1e-7 degree (`_e7`).

use std::collections::BTreeMap;

use domain::checklist::Item;
use domain::sheet::{Answer, Form, SheetScore, SheetState, Visit};
use domain::{SiteKind, TownKind};
use merge::{Dot, Value};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

pub use crate::values::{dot_text, parse_dot, to_json};

fn dot_word<S: Serializer>(dot: &Dot, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&dot_text(dot))
}

fn value_json<S: Serializer>(value: &Value, s: S) -> Result<S::Ok, S::Error> {
    to_json(value).serialize(s)
}

/// What a saving action did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Saved {
    /// False if the field showed exactly this already and nothing was written.
    pub changed: bool,
    /// Hybrid time of the change, ms UTC.
    pub at_ms: i64,
}

/// One of several live values of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Sibling {
    /// The change that wrote it; [`crate::Replica::settle`] names it.
    #[serde(serialize_with = "dot_word")]
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    pub dot: Dot,
    /// When, by its writer's clock.
    pub at_ms: i64,
    /// True if this phone wrote it.
    pub own: bool,
    /// The value.
    #[serde(serialize_with = "value_json")]
    #[cfg_attr(feature = "ts", ts(type = "unknown"))]
    pub value: Value,
}

/// The campaign as this phone knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CampaignView {
    /// The campaign.
    pub id: Uuid,
    /// Its name; empty before the first sync.
    pub name: String,
    /// `tour`, `monthly` or `spot`.
    pub tour_kind: String,
    /// First and last day, `YYYY-MM-DD`, Asia/Shanghai.
    pub dates: Option<(String, String)>,
    /// `preparing`, `running`, `closed`, `archived`.
    pub state: String,
    /// True if the group sees all sheets at once.
    pub sheets_open: bool,
    /// 试填: true if this is a rehearsal, which the office may wipe; to be said loudly on every screen.
    pub rehearsal: bool,
    /// The groups.
    pub groups: Vec<GroupView>,
    /// Own group.
    pub group: Option<Uuid>,
    /// Own name as printed on papers.
    pub account_name: String,
    /// Own role id.
    pub role: String,
    /// Own form.
    pub form: Form,
    /// Code, version and title of each checklist.
    pub checklists: Vec<(String, u32, String)>,
}

/// A tour group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct GroupView {
    /// The group.
    pub id: Uuid,
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// True while it is locked.
    pub locked: bool,
    /// Version of the lock, 0 if it never was.
    pub lock_version: i64,
    /// Hash of the result it was locked with.
    pub result_hash: Option<String>,
}

/// Which sites to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SiteFilter {
    /// Of one township only.
    pub township: Option<String>,
    /// Of one kind only.
    pub kind: Option<SiteKind>,
    /// Name, code or township contains this.
    pub text: Option<String>,
    /// Only sites without a submitted sheet of mine.
    pub unfinished: bool,
    /// Also sites of other groups.
    pub all_groups: bool,
    /// Also sites that were struck off.
    pub struck: bool,
}

/// A site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SiteView {
    /// The site.
    pub id: Uuid,
    /// Its name: what the group found on the spot, else what the office wrote.
    pub name: String,
    /// Name the office wrote.
    pub planned_name: String,
    /// Household code or the like, found on the spot.
    pub code: String,
    /// Kind.
    pub kind: Option<SiteKind>,
    /// Kind of a town site.
    pub town_kind: Option<TownKind>,
    /// Township's code.
    pub township_code: Option<String>,
    /// Township's name.
    pub township: String,
    /// Village's code.
    pub village_code: Option<String>,
    /// Village's name.
    pub village: String,
    /// Number of the slot, for a site chosen on the spot.
    pub slot: Option<i64>,
    /// Group that visits it; none: every group.
    pub group: Option<Uuid>,
    /// Place in the route.
    pub stop: i64,
    /// Latitude.
    pub lat_e7: Option<i64>,
    /// Longitude.
    pub lon_e7: Option<i64>,
    /// Why it was struck off.
    pub struck: Option<String>,
    /// True if I may not score it.
    pub recused: bool,
    /// My sheet, if opened.
    pub sheet: Option<Uuid>,
    /// State of my sheet.
    pub sheet_state: Option<SheetState>,
    /// Lines answered.
    pub answered: usize,
    /// Lines of the form (of my own form if no sheet is opened).
    pub lines: usize,
    /// The group's record of facts about it.
    pub facts: Option<Uuid>,
    /// Facts found on the spot, displayed values by field.
    pub fact_values: BTreeMap<String, String>,
    /// Fields of the facts and of my sheet with differing values.
    pub conflicts: Vec<String>,
}

/// One line of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LineView {
    /// The line.
    pub item: Item,
    /// The answer displayed.
    pub answer: Option<Answer>,
    /// Its points; none if not answered or not applicable.
    pub points_e4: Option<i64>,
    /// True if a photo is asked for with this answer.
    pub wants_photo: bool,
    /// Photos of this line.
    pub photos: usize,
    /// Differing live values; empty if there is nothing to settle.
    pub siblings: Vec<Sibling>,
}

/// A score sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SheetView {
    /// The sheet.
    pub id: Uuid,
    /// Its site.
    pub site: Uuid,
    /// The site's name.
    pub site_name: String,
    /// Detailed or quick.
    pub form: Form,
    /// Code and version of the checklist.
    pub checklist: (String, u32),
    /// Draft, submitted or returned.
    pub state: SheetState,
    /// Why it was amended or returned.
    pub reason: Option<String>,
    /// What the office asks for, while it is returned: `amend`, mend, submit again.
    pub returned: Option<ReturnView>,
    /// Whether the household was entered.
    pub visit: Option<Visit>,
    /// Free note of the author.
    pub note: Option<String>,
    /// True if the group is locked.
    pub locked: bool,
    /// Score of what is answered so far, with sections and missing lines.
    pub score: SheetScore,
    /// Every line.
    pub lines: Vec<LineView>,
    /// Differing live values by field, answers included.
    pub siblings: BTreeMap<String, Vec<Sibling>>,
    /// Answers held that do not fit the form (of a newer app, or refused).
    pub unfitting: Vec<String>,
    /// Its photos.
    pub photos: Vec<PhotoView>,
}

/// A return of a sheet by the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ReturnView {
    /// The office's comment.
    pub comment: String,
    /// Lines it names, to be highlighted; may be empty.
    pub items: Vec<String>,
}

/// What a photo or note belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum PhotoTarget {
    /// A sheet.
    Sheet(Uuid),
    /// An issue.
    Issue(Uuid),
    /// An opinion.
    Opinion(Uuid),
    /// A practice worth copying.
    Commendation(Uuid),
}

impl PhotoTarget {
    /// The stored word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sheet(_) => "sheet",
            Self::Issue(_) => "issue",
            Self::Opinion(_) => "opinion",
            Self::Commendation(_) => "commendation",
        }
    }

    /// The record.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Sheet(id) | Self::Issue(id) | Self::Opinion(id) | Self::Commendation(id) => id,
        }
    }
}

/// A position as a receiver gives it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Position {
    /// Latitude.
    pub lat_e7: i64,
    /// Longitude.
    pub lon_e7: i64,
    /// Accuracy in metres.
    pub accuracy_m: Option<i64>,
}

/// Where a picture comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PhotoSource {
    /// Taken in the app.
    #[default]
    Camera,
    /// Chosen from the album.
    Album,
}

impl PhotoSource {
    /// The stored word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Album => "album",
        }
    }
}

/// Which half of a before–after pair a photo is. A pair is of one target and item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PhotoStage {
    /// As it was found.
    Before,
    /// As it was put right.
    After,
}

impl PhotoStage {
    /// The stored word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }

    /// The stage of a stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Before, Self::After]
            .into_iter()
            .find(|stage| stage.word() == word)
    }
}

/// What is said about a photo beside its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhotoMeta {
    /// Caption.
    pub caption: Option<String>,
    /// When the shutter was pressed, by the app; without it the picture's own time, else (camera) now.
    pub taken_at_ms: Option<i64>,
    /// Where, if known; the picture's own position counts only where this is none.
    pub position: Option<Position>,
    /// Camera or album.
    pub source: PhotoSource,
    /// Half of a before–after pair, if it is one.
    pub stage: Option<PhotoStage>,
}

/// How the copies of a photo are to be made, by a platform that decodes pictures itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhotoPlan {
    /// When it was taken, as the record will say.
    pub taken_at_ms: Option<i64>,
    /// Most pixels of the original, width × height.
    pub max_pixels: u64,
    /// Longer edge of the picture in the stored copy, pixels; its strip comes on top of that. Never enlarged.
    pub stored_long_edge: u32,
    /// JPEG quality of the stored copy, 1–100.
    pub stored_quality: u8,
    /// Longer edge of the thumbnail, pixels. Never enlarged.
    pub thumbnail_long_edge: u32,
    /// JPEG quality of the thumbnail, 1–100.
    pub thumbnail_quality: u8,
    /// The strip below the stored copy.
    pub strip: StripPlan,
}

/// The strip below a stored copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct StripPlan {
    /// The fields in their order; as many in a line as fit, none broken in two.
    pub fields: Vec<String>,
    /// Between two fields of a line.
    pub separator: String,
    /// Ends a field that does not fit in a line.
    pub cut: String,
    /// Letters of a line, as a share of the picture's width.
    pub ems_per_width: u32,
    /// Smallest letters, pixels.
    pub min_em: u32,
    /// Narrowest picture that gets a strip, pixels.
    pub min_width: u32,
    /// Colour: red, green, blue.
    pub paper: [u8; 3],
    /// Colour of the letters.
    pub ink: [u8; 3],
}

/// A photo whose bytes are declared absent: only the camera original's hash and size are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhotoReference {
    /// SHA-256 of the camera original.
    pub original_hash: [u8; 32],
    /// Its bytes.
    pub original_size_bytes: u64,
    /// The rest.
    pub meta: PhotoMeta,
}

/// Where a photo stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PhotoState {
    /// On this phone only.
    OnlyHere,
    /// Partly sent.
    Sending {
        /// Bytes of the copy the server has.
        sent_bytes: u64,
        /// Bytes of the copy.
        size_bytes: u64,
    },
    /// The server holds record and bytes.
    HeldByServer,
    /// Its bytes are damaged here, or refused by the server.
    NeedsYou {
        /// Code: `file_damaged` or `refused`.
        why: String,
    },
    /// Its bytes are not on this phone: a reference, or taken on another phone.
    Elsewhere,
}

/// A photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PhotoView {
    /// The photo.
    pub id: Uuid,
    /// What it belongs to: kind word and id.
    pub target: (String, Uuid),
    /// The line it belongs to.
    pub item: Option<String>,
    /// Caption.
    pub caption: Option<String>,
    /// SHA-256 of the camera original, hex.
    pub original_hash: String,
    /// SHA-256 of the copy, hex.
    pub stored_hash: Option<String>,
    /// SHA-256 of the thumbnail, hex.
    pub thumbnail_hash: Option<String>,
    /// Width and height of the copy in pixels, its strip included.
    pub size_pixels: Option<(i64, i64)>,
    /// When it was taken.
    pub taken_at_ms: Option<i64>,
    /// When the picture itself says it was taken; apart, so that an old photo shows.
    pub exif_at_ms: Option<i64>,
    /// Height of the strip below the picture in pixels, if there is one.
    pub strip_px: Option<i64>,
    /// True if there is no strip because no font with Chinese characters was found.
    pub no_font: bool,
    /// Half of a before–after pair, if it is one.
    pub stage: Option<PhotoStage>,
    /// Where.
    pub position: Option<Position>,
    /// Where it stands.
    pub state: PhotoState,
}

/// A new issue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NewIssue {
    /// The site it was found at.
    pub site: Option<Uuid>,
    /// Township's code.
    pub township_code: Option<String>,
    /// The place in words.
    pub place: String,
    /// Code of the category (`issue-categories.json`).
    pub category: String,
    /// What is wrong.
    pub description: String,
    /// How grave.
    pub severity: Severity,
    /// Where the finder stood.
    pub position: Option<Position>,
    /// Fixed at once (立行立改), with an after-note.
    pub fixed_on_spot: Option<String>,
}

/// How grave an issue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 轻微
    #[default]
    Minor,
    /// 较重
    Major,
    /// 严重
    Grave,
}

impl Severity {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Minor, Self::Major, Self::Grave];

    /// The stored word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Grave => "grave",
        }
    }

    /// From the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// An issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct IssueView {
    /// The issue.
    pub id: Uuid,
    /// Ledger number, given by the server.
    pub number: Option<String>,
    /// The site.
    pub site: Option<Uuid>,
    /// Township's code.
    pub township_code: Option<String>,
    /// The place in words.
    pub place: String,
    /// Code of the category.
    pub category: String,
    /// What is wrong.
    pub description: String,
    /// How grave.
    pub severity: Option<Severity>,
    /// When it was found.
    pub found_at_ms: i64,
    /// True if fixed at once.
    pub fixed_on_spot: bool,
    /// After-note of that.
    pub fixed_note: Option<String>,
    /// Photos.
    pub photos: usize,
    /// Fields with differing values.
    pub conflicts: Vec<String>,
}

/// A new opinion (意见建议).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NewOpinion {
    /// The site, or none for the whole campaign.
    pub site: Option<Uuid>,
    /// Category.
    pub category: String,
    /// What is suggested.
    pub text: String,
    /// Whom it addresses.
    pub addressed: Option<String>,
}

/// An opinion of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OpinionView {
    /// The opinion.
    pub id: Uuid,
    /// The site, or none for the whole campaign.
    pub site: Option<Uuid>,
    /// Category.
    pub category: String,
    /// What is suggested.
    pub text: String,
    /// Whom it addresses.
    pub addressed: Option<String>,
    /// Photos.
    pub photos: usize,
}

/// A practice worth copying that the group noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CommendationView {
    /// The commendation.
    pub id: Uuid,
    /// The site.
    pub site: Option<Uuid>,
    /// What is worth copying.
    pub what: String,
    /// Photos.
    pub photos: usize,
}

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RecordState {
    /// Something of it is on this phone only.
    OnlyHere,
    /// The server holds all of it.
    HeldByServer,
    /// A person has to do something.
    NeedsYou {
        /// `unsettled`, `returned`, or the code of a verdict: `invalid`, `unauthorised`, `recused`, `late`.
        why: String,
    },
}

/// What the office decided on something of this phone's that was held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Ruled {
    /// Why it was held: `invalid`, `unauthorised`, `recused`, `late`.
    pub code: String,
    /// True: 已采纳, it counts; false: 未采纳.
    pub accepted: bool,
    /// The office's reason.
    pub reason: String,
    /// When, ms UTC.
    pub at_ms: i64,
}

/// A record with its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RecordStatus {
    /// The record.
    pub id: Uuid,
    /// Its kind.
    pub kind: String,
    /// Where it stands.
    pub status: RecordState,
    /// The office's decisions about it, oldest first. A record left out stays held by the server.
    pub ruled: Vec<Ruled>,
}

/// Files of the camera of which the server confirmed everything it is to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Originals {
    /// How many.
    pub photos: u64,
    /// Their size, bytes.
    pub size_bytes: u64,
}

/// How many stand where. The three add up to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Counts {
    /// On this phone only.
    pub only_here: u64,
    /// Held by the server.
    pub held: u64,
    /// Waiting for a person.
    pub needs_you: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.only_here + self.held + self.needs_you
    }
}

/// Is everything safe?
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Status {
    /// My sheets.
    pub sheets: Counts,
    /// Issues this phone wrote to.
    pub issues: Counts,
    /// Everything else this phone wrote to: facts, opinions, commendations, household texts, photo references.
    pub others: Counts,
    /// Photos whose bytes are on this phone.
    pub photos: Counts,
    /// Bytes of photos still to send.
    pub photo_bytes_to_send: u64,
    /// Own changes the server does not hold.
    pub unsent_changes: u64,
    /// When the oldest own value that the server does not hold was written, ms UTC.
    pub oldest_unsent_ms: Option<i64>,
    /// When the server last answered that there is nothing more to fetch, ms UTC by this phone's clock.
    pub last_sync_ms: Option<i64>,
    /// Segments of a newer app that wait for the update.
    pub unread_segments: u64,
    /// Every record.
    pub records: Vec<RecordStatus>,
    /// Every photo.
    pub photo_states: Vec<(Uuid, PhotoState)>,
    /// When this database was noticed to be a copy or a restored backup.
    pub copied_at_ms: Option<i64>,
    /// When the server said this phone is revoked.
    pub revoked_at_ms: Option<i64>,
    /// When the server said that the rehearsal this phone took part in was wiped: [`crate::Replica::wipe`], then enrol anew.
    pub wiped_at_ms: Option<i64>,
    /// Own clock less the server's at the last sync, ms; beyond 5 minutes it is shown.
    pub skew_ms: Option<i64>,
    /// The last bundle, as long as the server has not confirmed all that is in it.
    pub bundle: Option<crate::BundleNote>,
    /// Bundles of other phones that wait here for a sync.
    pub bundles_carried: u64,
    /// What the last lock of the own group says of this phone; none before it.
    pub closing: Option<ClosingCheck>,
}

/// The closing set's lines about this phone, compared with its own logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ClosingCheck {
    /// Version of the lock.
    pub version: u64,
    /// When it was made, ms UTC.
    pub locked_at_ms: i64,
    /// Own logs it counts.
    pub lines: usize,
    /// 与本机一致: every line is what this phone wrote.
    pub agrees: bool,
    /// Scopes of lines that are not: an alarm.
    pub differing: Vec<Uuid>,
}

/// What a full check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CheckReport {
    /// In words for the office; empty if nothing is wrong.
    pub problems: Vec<String>,
}

impl CheckReport {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }
}
