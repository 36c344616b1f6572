//! The core's types as they cross: field for field what `domain` and `mobile-core` declare.
//!
//! Written by `UPDATE=1 cargo test -p ffi --test mirror`; not to be edited. Invariant: the compiler checks every field
//! against the type it mirrors, and a test compares this file with the sources, their words included. Leaves out: what
//! has no counterpart over there (`types`).
//!
//! Long because it is one list.

use std::path::PathBuf;

use uuid::Uuid;

use crate::types::*;

pub use domain::builtin::IssueCategory;
pub use domain::checklist::{Area, Item, ItemType, PhotoRule, Section, SectionCode};
pub use domain::sheet::{
    Answer, Form, LineScore, Mark, SectionScore, SheetScore, SheetState, Visit,
};
pub use domain::{SiteKind, TownKind};
pub use mobile_core::{
    Agreement, BundleNote, BundleOptions, CampaignView, Carried, CarriedBundle, CheckReport,
    ClosingCheck, CommendationView, Counts, GroupView, Identity, IssueView, LineView, NewIssue,
    NewOpinion, OpinionView, Originals, PhotoMeta, PhotoSource, PhotoStage, PhotoState,
    PhotoTarget, PhotoView, PinState, Position, Progress, RecordState, RecordStatus, ReturnView,
    Ruled, SalvageReport, Saved, Severity, SheetView, Sibling, SiteFilter, SiteView, Status,
    SyncOptions, SyncReport,
};

/// A category of issues.
#[uniffi::remote(Record)]
pub struct IssueCategory {
    /// Code.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Proposed time limit: `1d` is one working day; other words are for people.
    pub default_due: String,
    /// Who usually sees to it.
    pub owner_zh: String,
    /// Time limit found in published standards.
    #[uniffi(default = None)]
    pub published_yardstick_zh: Option<String>,
}

/// How an item is answered.
#[uniffi::remote(Enum)]
pub enum ItemType {
    /// Points from 0 to the maximum.
    Score {
        /// Smallest difference.
        step_e4: i64,
    },
    /// All points or none.
    YesNo,
    /// The maximum less so much for each one found, not below 0.
    Deduct {
        /// Points off for each.
        per_unit_e4: i64,
    },
    /// The share that is in order.
    Ratio {
        /// How many to look at, if that is fixed.
        sample_size: Option<i64>,
    },
}

/// One line of a checklist.
#[uniffi::remote(Record)]
pub struct Item {
    /// Key of the answer, e.g. `V-C1`; in the quick form the section's word.
    pub id: String,
    /// Section it counts in.
    pub section: SectionCode,
    /// Short text.
    pub title_zh: String,
    /// Short text in English.
    pub title_en: String,
    /// What is asked for.
    pub standard_zh: String,
    /// The same in English; empty if the file has none.
    pub standard_en: String,
    /// How it is answered.
    pub kind: ItemType,
    /// Full points.
    pub max_e4: i64,
    /// When a photo is asked for.
    pub photo: PhotoRule,
    /// True if "does not apply" is an answer.
    pub na_allowed: bool,
    /// Where to look, for households.
    pub area: Option<Area>,
    /// True if printed as a prompt on the quick form.
    pub quick_form: bool,
    /// Source of a value filled in from the ledger.
    pub auto: Option<String>,
    /// Issue category of a finding.
    pub issue_category: String,
    /// Unit of a count.
    pub unit_zh: Option<String>,
}

/// A section with its points.
#[uniffi::remote(Record)]
pub struct Section {
    /// Which.
    pub code: SectionCode,
    /// Label, e.g. 依法拆.
    pub label_zh: String,
    /// Points of all its items.
    pub max_e4: i64,
}

/// The seven characters of the standard: 拆清整绿建亮管.
#[uniffi::remote(Enum)]
pub enum SectionCode {
    /// 拆 / Demolish
    Demolish,
    /// 清 / Clear
    Clear,
    /// 整 / Tidy
    Tidy,
    /// 绿 / Green
    Green,
    /// 建 / Build
    Build,
    /// 亮 / Light
    Light,
    /// 管 / Manage
    Manage,
}

/// Where an item is looked at.
#[uniffi::remote(Enum)]
pub enum Area {
    /// 院外 / Outside the yard
    OutsideYard,
    /// 院内 / Inside the yard
    InsideYard,
    /// 屋内 / Indoors
    Indoors,
}

/// When a photo is asked for.
#[uniffi::remote(Enum)]
pub enum PhotoRule {
    /// 扣分需拍照 / When points are taken off
    OnLoss,
    /// 可拍照 / Optional
    Optional,
    /// 须拍照或写明原因 / Required, or a reason
    Required,
    /// 不拍照 / No photo
    None,
}

/// An answer to one line.
#[uniffi::remote(Record)]
pub struct Answer {
    /// What was found.
    pub mark: Mark,
    /// Free note.
    #[uniffi(default = None)]
    pub note: Option<String>,
    /// Reasons picked from the list.
    #[uniffi(default = [])]
    pub reasons: Vec<String>,
}

/// The two forms of a sheet.
#[uniffi::remote(Enum)]
pub enum Form {
    /// Every item.
    Detailed,
    /// One line per section.
    Quick,
}

/// What was found at one item.
#[uniffi::remote(Enum)]
pub enum Mark {
    /// Does not apply here.
    NotApplicable,
    /// Points in e4, for `score` items and quick lines.
    Points(i64),
    /// How many were found, for `deduct` items.
    Count(i64),
    /// For `yes_no` items.
    YesNo(bool),
    /// For `ratio` items.
    Ratio {
        /// In order.
        ok: i64,
        /// Looked at.
        sampled: i64,
    },
}

/// One line of a scored sheet.
#[uniffi::remote(Record)]
pub struct LineScore {
    /// Item id, or section word in the quick form.
    pub id: String,
    /// Section.
    pub section: SectionCode,
    /// Full points.
    pub max_e4: i64,
    /// The answer; none if there is none yet.
    pub mark: Option<Mark>,
    /// Points; none if not answered or not applicable.
    pub points_e4: Option<i64>,
}

/// One section of a scored sheet.
#[uniffi::remote(Record)]
pub struct SectionScore {
    /// Which.
    pub code: SectionCode,
    /// Points of its answered lines.
    pub earned_e4: i64,
    /// Full points of its answered lines that apply.
    pub max_e4: i64,
    /// Lines answered, "not applicable" included.
    pub answered: usize,
    /// Lines.
    pub lines: usize,
}

/// A scored sheet. While lines are missing, the score is that of the lines answered so far.
#[uniffi::remote(Record)]
pub struct SheetScore {
    /// 0 to 100 points; none if nothing was answered that applies.
    pub score_e4: Option<i64>,
    /// Points of all answered lines.
    pub earned_e4: i64,
    /// Full points of the answered lines that apply.
    pub max_e4: i64,
    /// True if less than 70 % of the checklist's points apply.
    pub flagged: bool,
    /// By section, in the checklist's order.
    pub sections: Vec<SectionScore>,
    /// By line, in the checklist's order.
    pub lines: Vec<LineScore>,
    /// Lines without answer.
    pub missing: Vec<String>,
}

/// State of a sheet.
#[uniffi::remote(Enum)]
pub enum SheetState {
    /// 草稿 / Draft
    Draft,
    /// 已提交 / Submitted
    Submitted,
    /// 已退回 / Returned
    Returned,
    /// 已锁定 / Locked
    Locked,
    /// 已更正 / Amended
    Amended,
}

/// What became of a visit to a household.
#[uniffi::remote(Enum)]
pub enum Visit {
    /// 已入户 / Entered
    Entered,
    /// 谢绝入户 / Refused
    Refused,
    /// 家中无人 / Nobody at home
    Absent,
}

/// What a site is.
#[uniffi::remote(Enum)]
pub enum SiteKind {
    /// 示范村 / Demonstration village
    DemonstrationVillage,
    /// 农户 / Household
    Household,
    /// 沿途路段 / Route segment
    RouteSegment,
    /// 街道 / Street
    Street,
    /// 县城点位 / County-town site
    TownSite,
}

/// What a county-town site is.
#[uniffi::remote(Enum)]
pub enum TownKind {
    /// 市场 / Market
    Market,
    /// 道路广场 / Road or square
    Road,
    /// 居民小区 / Residential community
    Community,
    /// 老旧小区 / Old residential estate
    OldEstate,
    /// 服务中心 / Service centre
    Service,
}

/// Who this phone is.
#[uniffi::remote(Record)]
pub struct Identity {
    /// The device.
    pub device: Uuid,
    /// The account it works for.
    pub account: Uuid,
    /// The account's name as printed on papers.
    pub account_name: String,
    /// The campaign.
    pub campaign: Uuid,
    /// The group's record id, if the account has one.
    #[uniffi(default = None)]
    pub group: Option<Uuid>,
    /// The server's id.
    pub server: Uuid,
}

/// Whether a phone shows what it holds.
#[uniffi::remote(Enum)]
pub enum PinState {
    /// No PIN is set: everything is shown.
    None,
    /// The PIN was typed.
    Unlocked,
    /// Nothing is shown before the PIN is typed.
    Locked {
        /// Tries before there is a wait; 0 while one lasts and for the single try after it.
        tries_left: u32,
        /// Until when no PIN is looked at, ms UTC by this phone's clock.
        wait_until_ms: Option<i64>,
    },
    /// The office reset it: a new one is to be set, then everything is shown again.
    MustSet,
}

/// What goes into a bundle.
#[uniffi::remote(Record)]
pub struct BundleOptions {
    /// With photos; without them the file is small, and says how many are missing.
    pub photos: bool,
    /// Everything of this phone, also what the server acknowledged: for a server that lost it.
    pub all: bool,
    /// Bytes of a part, about: one file may be larger by a photo. 0: one file.
    pub part_bytes: u64,
}

/// The last bundle, as long as the server has not confirmed all of it.
#[uniffi::remote(Record)]
pub struct BundleNote {
    /// When it was made, ms UTC.
    pub made_ms: i64,
    /// Changes in it that the server has not confirmed.
    pub changes: u64,
    /// Photo files in it that the server has not confirmed.
    pub photo_files: u64,
}

/// A bundle of another phone that this one carries.
#[uniffi::remote(Record)]
pub struct CarriedBundle {
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// The phone it is of.
    pub device: Uuid,
    /// When it was made, ms UTC by that phone's clock.
    pub made_ms: i64,
    /// Its size.
    pub size_bytes: u64,
    /// When it was taken along, ms UTC.
    pub taken_ms: i64,
    /// What became of it.
    pub state: Carried,
}

/// What became of a carried bundle.
#[uniffi::remote(Enum)]
pub enum Carried {
    /// Goes with the next sync.
    Waiting {
        /// Why the last try did not do it, if there was one.
        code: Option<String>,
    },
    /// The server has it; the file is gone from here.
    Delivered,
    /// The server refused it; the file is still here.
    Refused {
        /// The server's code.
        code: String,
    },
}

/// What a salvage saved and what it could not.
#[uniffi::remote(Record)]
pub struct SalvageReport {
    /// The folder of the damaged files; nothing in it is changed or removed.
    pub copy: PathBuf,
    /// Own changes the server may lack, saved: the next sync sends them.
    pub saved: u64,
    /// Those of them that are written again under new numbers, because something before them could not be read.
    pub reissued: u64,
    /// Those of them that were read where a checksum did not fit, and that nothing else confirms: to be looked over.
    pub doubtful: u64,
    /// Own changes the server had acknowledged; what of them is not here comes back by the next sync.
    pub held: u64,
    /// Own changes that are known to have been there and could not be read. What left no trace at all is in no number.
    pub unreadable: u64,
    /// Pages of the database of which nothing could be read.
    pub pages_lost: u64,
    /// Changes of others and of the office that are here again without a network.
    pub others_changes: u64,
    /// Own photos whose record is here.
    pub photos: u64,
    /// Those of them that are sent at the next sync.
    pub photos_unsent: u64,
    /// Files of photos that are missing or damaged.
    pub files_damaged: u64,
    /// Files in the photo folder nothing refers to any more, by their SHA-256 in hex. They are kept.
    pub loose_files: Vec<String>,
    /// Bundles of other phones that are still carried.
    pub bundles: u64,
    /// True if key and enrolment came from the file beside the database.
    pub identity_from_file: bool,
    /// True if a PIN is set afterwards.
    pub pin: bool,
}

/// How a sync goes about its work.
#[uniffi::remote(Record)]
pub struct SyncOptions {
    /// zstd level of new segments.
    pub level: i32,
    /// Bytes of segments sent in one request and wanted in one reply; 0: what is usual. A quarter after a lost
    /// connection, twice as much after each answer.
    pub page_bytes: u32,
    /// Send photos too (false: records only, e.g. without Wi-Fi).
    pub photos: bool,
    /// Retries after a lost connection or a busy server, each time it happens in a row.
    pub retries: u32,
}

/// How far a sync is.
#[uniffi::remote(Enum)]
pub enum Progress {
    /// A request with changes leaves.
    Sending {
        /// Bytes of segments still to send, this request's included.
        bytes_left: u64,
    },
    /// A reply was applied.
    Received {
        /// Changes pulled so far.
        changes: u64,
        /// True if there is more.
        more: bool,
    },
    /// A piece of a photo was taken by the server.
    Photo {
        /// Files done in this sync.
        done: u64,
        /// Files still to send, this one included.
        left: u64,
        /// Bytes of this file the server has.
        sent_bytes: u64,
        /// Bytes of this file.
        size_bytes: u64,
    },
    /// Waits before a retry.
    Waiting {
        /// How long, ms.
        ms: u64,
    },
}

/// Do phone and server hold the same?
#[uniffi::remote(Record)]
pub struct Agreement {
    /// True if every scope was compared after this phone's last change reached the server, and all agree.
    pub agreed: bool,
    /// False if there was nothing to compare with: changes made during the sync are still to be sent.
    pub compared: bool,
    /// Scopes (ids) whose registers differ even after they were rebuilt here.
    #[uniffi(default = [])]
    pub differing: Vec<Uuid>,
    /// Scopes not compared because segments of a newer app wait for the update.
    #[uniffi(default = [])]
    pub unread: Vec<Uuid>,
    /// My sheets.
    pub sheets: Counts,
    /// My photos.
    pub photos: Counts,
}

/// What a sync did.
#[uniffi::remote(Record)]
pub struct SyncReport {
    /// Requests, photos included.
    pub requests: u64,
    /// Bytes of request bodies with records.
    pub pushed_bytes: u64,
    /// Bytes of reply bodies with records.
    pub pulled_bytes: u64,
    /// Bytes of request bodies with photos.
    pub photo_bytes: u64,
    /// Own changes the server newly acknowledged.
    pub pushed_changes: u64,
    /// Changes pulled and applied.
    pub pulled_changes: u64,
    /// Segments of others handed back to a restored server.
    pub handed_back: u64,
    /// Bundles of other phones the server took from this one.
    pub bundles_delivered: u64,
    /// Bytes of request bodies with bundles.
    pub bundle_bytes: u64,
    /// Photo files sent.
    pub photos_sent: u64,
    /// Photo files still waiting.
    pub photos_waiting: u64,
    /// Why photos wait: code of the pause, if not all were sent.
    pub photos_paused: Option<String>,
    /// Do both sides agree?
    pub agreed: Agreement,
    /// True if this database turned out to be a copy and its tail was re-issued.
    pub forked: bool,
    /// Changes re-issued in a new epoch.
    pub reissued: u64,
    /// True if the server is in a new generation (restored from a backup).
    pub new_generation: bool,
    /// Segments of others that contradict what this phone holds: an alarm, the server's history was changed.
    pub contradictions: u64,
    /// Segments kept unread because a newer app wrote them.
    pub unread_segments: u64,
    /// Own clock less the server's, ms.
    pub skew_ms: i64,
    /// True if the skew is beyond 5 minutes and should be shown.
    pub skew_flagged: bool,
    /// True if the office revoked this phone.
    pub revoked: bool,
    /// True if it may be wiped: revoked, and everything own is held by the server.
    pub may_wipe: bool,
    /// True if the sync was paused before it was through.
    pub paused: bool,
    /// Times the connection was lost or the server busy.
    pub retries: u64,
}

/// What a saving action did.
#[uniffi::remote(Record)]
pub struct Saved {
    /// False if the field showed exactly this already and nothing was written.
    pub changed: bool,
    /// Hybrid time of the change, ms UTC.
    pub at_ms: i64,
}

/// One of several live values of a field.
#[uniffi::remote(Record)]
pub struct Sibling {
    /// The change that wrote it; [`crate::Replica::settle`] names it.
    pub dot: Dot,
    /// When, by its writer's clock.
    pub at_ms: i64,
    /// True if this phone wrote it.
    pub own: bool,
    /// The value.
    pub value: Value,
}

/// The campaign as this phone knows it.
#[uniffi::remote(Record)]
pub struct CampaignView {
    /// The campaign.
    pub id: Uuid,
    /// Its name; empty before the first sync.
    pub name: String,
    /// `tour`, `monthly` or `spot`.
    pub tour_kind: String,
    /// First and last day, `YYYY-MM-DD`, Asia/Shanghai.
    pub dates: Option<Dates>,
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
    pub checklists: Vec<ChecklistName>,
}

/// A tour group.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
pub struct SiteFilter {
    /// Of one township only.
    #[uniffi(default = None)]
    pub township: Option<String>,
    /// Of one kind only.
    #[uniffi(default = None)]
    pub kind: Option<SiteKind>,
    /// Name, code or township contains this.
    #[uniffi(default = None)]
    pub text: Option<String>,
    /// Only sites without a submitted sheet of mine.
    pub unfinished: bool,
    /// Also sites of other groups.
    pub all_groups: bool,
    /// Also sites that were struck off.
    pub struck: bool,
}

/// A site.
#[uniffi::remote(Record)]
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
    pub fact_values: TextByField,
    /// Fields of the facts and of my sheet with differing values.
    pub conflicts: Vec<String>,
}

/// One line of a sheet.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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
    pub checklist: ChecklistVersion,
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
    pub siblings: SiblingsByField,
    /// Answers held that do not fit the form (of a newer app, or refused).
    pub unfitting: Vec<String>,
    /// Its photos.
    pub photos: Vec<PhotoView>,
}

/// A return of a sheet by the office.
#[uniffi::remote(Record)]
pub struct ReturnView {
    /// The office's comment.
    pub comment: String,
    /// Lines it names, to be highlighted; may be empty.
    pub items: Vec<String>,
}

/// What a photo or note belongs to.
#[uniffi::remote(Enum)]
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

/// A position as a receiver gives it.
#[uniffi::remote(Record)]
pub struct Position {
    /// Latitude.
    pub lat_e7: i64,
    /// Longitude.
    pub lon_e7: i64,
    /// Accuracy in metres.
    #[uniffi(default = None)]
    pub accuracy_m: Option<i64>,
}

/// Where a picture comes from.
#[uniffi::remote(Enum)]
pub enum PhotoSource {
    /// Taken in the app.
    Camera,
    /// Chosen from the album.
    Album,
}

/// Which half of a before–after pair a photo is. A pair is of one target and item.
#[uniffi::remote(Enum)]
pub enum PhotoStage {
    /// As it was found.
    Before,
    /// As it was put right.
    After,
}

/// What is said about a photo beside its bytes.
#[uniffi::remote(Record)]
pub struct PhotoMeta {
    /// Caption.
    #[uniffi(default = None)]
    pub caption: Option<String>,
    /// When the shutter was pressed, by the app; without it the picture's own time, else (camera) now.
    #[uniffi(default = None)]
    pub taken_at_ms: Option<i64>,
    /// Where, if known; the picture's own position counts only where this is none.
    #[uniffi(default = None)]
    pub position: Option<Position>,
    /// Camera or album.
    pub source: PhotoSource,
    /// Half of a before–after pair, if it is one.
    #[uniffi(default = None)]
    pub stage: Option<PhotoStage>,
}

/// Where a photo stands.
#[uniffi::remote(Enum)]
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
#[uniffi::remote(Record)]
pub struct PhotoView {
    /// The photo.
    pub id: Uuid,
    /// What it belongs to: kind word and id.
    pub target: TargetName,
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
    pub size_pixels: Option<PixelSize>,
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
#[uniffi::remote(Record)]
pub struct NewIssue {
    /// The site it was found at.
    #[uniffi(default = None)]
    pub site: Option<Uuid>,
    /// Township's code.
    #[uniffi(default = None)]
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
    #[uniffi(default = None)]
    pub position: Option<Position>,
    /// Fixed at once (立行立改), with an after-note.
    #[uniffi(default = None)]
    pub fixed_on_spot: Option<String>,
}

/// How grave an issue is.
#[uniffi::remote(Enum)]
pub enum Severity {
    /// 轻微
    Minor,
    /// 较重
    Major,
    /// 严重
    Grave,
}

/// An issue.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
pub struct NewOpinion {
    /// The site, or none for the whole campaign.
    #[uniffi(default = None)]
    pub site: Option<Uuid>,
    /// Category.
    pub category: String,
    /// What is suggested.
    pub text: String,
    /// Whom it addresses.
    #[uniffi(default = None)]
    pub addressed: Option<String>,
}

/// An opinion of the group.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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
#[uniffi::remote(Enum)]
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
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
pub struct Originals {
    /// How many.
    pub photos: u64,
    /// Their size, bytes.
    pub size_bytes: u64,
}

/// How many stand where. The three add up to all.
#[uniffi::remote(Record)]
pub struct Counts {
    /// On this phone only.
    pub only_here: u64,
    /// Held by the server.
    pub held: u64,
    /// Waiting for a person.
    pub needs_you: u64,
}

/// Is everything safe?
#[uniffi::remote(Record)]
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
    pub photo_states: Vec<PhotoStanding>,
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
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
pub struct CheckReport {
    /// In words for the office; empty if nothing is wrong.
    pub problems: Vec<String>,
}
