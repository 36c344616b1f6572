//! The view models of the console: plain data, no text to show except names.
//!
//! Invariant: scores are `_e4`, times ms UTC, words are those of the data model (the page translates them).
//! Leaves out: how they are gathered (`ConsoleData`) and drawn (templates).

use domain::SiteKind;
use domain::score::{AwardScope, Component, Correction, Weights};
use uuid::Uuid;

/// A text that exists in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bilingual {
    /// Simplified Chinese.
    pub zh: String,
    /// English; empty: show the Chinese.
    pub en: String,
}

/// The campaign, for the head of every page.
#[derive(Clone, Debug)]
pub struct CampaignHead {
    /// Its name.
    pub name: String,
    /// First and last day, `YYYY-MM-DD`.
    pub dates: Option<(String, String)>,
    /// `preparing`, `running`, `closed`, `archived`.
    pub state: String,
    /// True if its checklists are the built-in proposals, which the county office must confirm.
    pub proposal_checklists: bool,
}

/// A tour group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupHead {
    /// Its record.
    pub id: Uuid,
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// True after its lock.
    pub locked: bool,
}

/// The live board.
#[derive(Clone, Debug)]
pub struct Board {
    /// When it was computed.
    pub at_ms: i64,
    /// Rows.
    pub rows: Vec<BoardRow>,
}

/// One township, or the county town as one group scores it.
#[derive(Clone, Debug)]
pub struct BoardRow {
    /// Division code; `None` for the county-town sites of `group`.
    pub code: Option<String>,
    /// Township name; unused for the county town.
    pub name: String,
    /// Its group.
    pub group: Option<GroupHead>,
    /// Sites with every expected sheet submitted.
    pub sites_done: u32,
    /// Sites planned and not struck.
    pub sites_planned: u32,
    /// Sheets per kind of site that is planned here.
    pub sheets: Vec<KindCount>,
    /// Photos whose bytes are here.
    pub photos_arrived: u32,
    /// Photos that records refer to.
    pub photos_promised: u32,
    /// Fields with competing values.
    pub conflicts: u32,
    /// Held entries not decided.
    pub held: u32,
    /// When the last change about it arrived.
    pub last_arrival_ms: Option<i64>,
    /// What is missing, site by site.
    pub missing: Vec<Missing>,
}

/// Sheets of one kind of site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindCount {
    /// Kind of site.
    pub kind: SiteKind,
    /// Submitted.
    pub submitted: u32,
    /// Expected.
    pub expected: u32,
}

/// What one site lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The site.
    pub site: Uuid,
    /// Its name.
    pub site_name: String,
    /// Sheets not submitted.
    pub sheets: u32,
    /// Whose sheets.
    pub authors: Vec<String>,
    /// Photos promised and not arrived.
    pub photos: u32,
}

/// Filters of the records list, as they stand in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// `sheet`, `issue`, `opinion`, `commendation` or `site_facts`.
    pub record_kind: Option<String>,
    /// Township code.
    pub township: Option<String>,
    /// Group.
    pub group: Option<Uuid>,
    /// Kind of site.
    pub site_kind: Option<SiteKind>,
    /// Author's account.
    pub author: Option<Uuid>,
    /// `draft` or `submitted`.
    pub state: Option<String>,
    /// Only records with a conflict.
    pub conflict_only: bool,
    /// Part of a site's name, an author's name, a number or an id.
    pub q: Option<String>,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// Rows a page, 1 to 200.
    pub limit: u32,
}

/// Choices of the filter row.
#[derive(Clone, Debug, Default)]
pub struct FilterOptions {
    /// Code and name.
    pub townships: Vec<(String, String)>,
    /// Groups.
    pub groups: Vec<GroupHead>,
    /// Account and name.
    pub authors: Vec<(Uuid, String)>,
}

/// One page of records.
#[derive(Clone, Debug, Default)]
pub struct RecordPage {
    /// Rows.
    pub rows: Vec<RecordRow>,
    /// Records that fit the filter.
    pub total: u64,
    /// Cursor of the next page.
    pub next_cursor: Option<String>,
}

/// One record in a list.
#[derive(Clone, Debug)]
pub struct RecordRow {
    /// The record.
    pub id: Uuid,
    /// Its kind: `sheet`, `issue`, …
    pub kind: String,
    /// What people call it: the site's name, the number or first words.
    pub title: String,
    /// Kind of its site.
    pub site_kind: Option<SiteKind>,
    /// Township name.
    pub township: Option<String>,
    /// Group number.
    pub group_number: Option<i64>,
    /// Author's name.
    pub author: String,
    /// `draft` or `submitted` for a sheet.
    pub state: Option<String>,
    /// `refused` or `absent` if nobody was met.
    pub visit: Option<String>,
    /// Items answered.
    pub answered: u32,
    /// Items of the checklist; 0 if it has none.
    pub items: u32,
    /// Photos here.
    pub photos_arrived: u32,
    /// Photos referred to.
    pub photos_promised: u32,
    /// Fields with competing values.
    pub conflicts: u32,
    /// True while its values are closed to the office.
    pub sealed: bool,
    /// The sheet's score, after the lock.
    pub score_e4: Option<i64>,
    /// When it was last written, by the writer's clock.
    pub written_ms: Option<i64>,
    /// When its last change arrived.
    pub arrived_ms: Option<i64>,
}

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Closed to the office until the lock.
    Sealed,
    /// Null: cleared.
    Empty,
    /// Yes or no.
    Bool(bool),
    /// Points.
    Points(i64),
    /// A count.
    Count(i64),
    /// So many of so many.
    Ratio(i64, i64),
    /// Not applicable.
    NotApplicable,
    /// A word of the data model (`submitted`, `minor`).
    Word(String),
    /// A time.
    Time(i64),
    /// Text of a person.
    Text(String),
    /// A mark with its note and reasons.
    Answer {
        /// The mark.
        mark: Box<Shown>,
        /// Note.
        note: Option<String>,
        /// Reasons of a deduction.
        reasons: Vec<String>,
    },
}

/// What the office may type to settle a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldInput {
    /// Only choose one of the values.
    ChooseOnly,
    /// Points up to this, with a note.
    Points {
        /// Largest, e4.
        max_e4: i64,
    },
    /// A count, with a note.
    Count,
    /// Yes or no, with a note.
    YesNo,
    /// Ok of sampled, with a note.
    Ratio,
    /// Text.
    Text,
}

/// One record in full.
#[derive(Clone, Debug)]
pub struct RecordView {
    /// Its row.
    pub head: RecordRow,
    /// The checklist, for a sheet.
    pub checklist: Option<ChecklistHead>,
    /// Answers by section; empty if sealed or none.
    pub sections: Vec<Section>,
    /// Other fields; empty if sealed.
    pub fields: Vec<FieldLine>,
    /// Photos; empty if sealed.
    pub photos: Vec<PhotoView>,
    /// Fields with competing values.
    pub conflicts: Vec<FieldConflict>,
    /// Every change of it, newest first; values are `Shown::Sealed` while sealed.
    pub history: Vec<HistoryLine>,
    /// Held entries about it.
    pub held: Vec<HeldEntry>,
}

/// A checklist.
#[derive(Clone, Debug)]
pub struct ChecklistHead {
    /// Its title.
    pub title: Bilingual,
    /// Version.
    pub version: i64,
    /// True if it is a built-in proposal.
    pub proposal: bool,
}

/// One section of a checklist.
#[derive(Clone, Debug)]
pub struct Section {
    /// Title.
    pub title: Bilingual,
    /// Points earned and reachable, if every answer is settled.
    pub earned_e4: Option<(i64, i64)>,
    /// Its items, in order.
    pub items: Vec<ItemLine>,
}

/// One item and its answer.
#[derive(Clone, Debug)]
pub struct ItemLine {
    /// Item id, e.g. `V-C1`.
    pub item: String,
    /// The question.
    pub text: Bilingual,
    /// Points it is worth.
    pub max_e4: i64,
    /// The displayed answer; `None`: not answered.
    pub answer: Option<Shown>,
    /// Points earned; `None` if not answered, not applicable or unsettled.
    pub earned_e4: Option<i64>,
    /// True if values compete.
    pub conflict: bool,
    /// Photos of it.
    pub photos: u32,
}

/// A field that is no answer.
#[derive(Clone, Debug)]
pub struct FieldLine {
    /// Field name of the data model.
    pub field: String,
    /// Displayed value.
    pub value: Shown,
    /// True if values compete.
    pub conflict: bool,
}

/// A photo.
#[derive(Clone, Debug)]
pub struct PhotoView {
    /// Its record.
    pub id: Uuid,
    /// `sha256:hex` of the thumbnail, if its bytes are here.
    pub thumbnail: Option<String>,
    /// `sha256:hex` of the stored copy, if its bytes are here.
    pub stored: Option<String>,
    /// Caption.
    pub caption: String,
    /// Item it belongs to.
    pub item: Option<String>,
    /// By the phone's clock.
    pub taken_ms: Option<i64>,
    /// True if it came from the album, not from the camera.
    pub from_album: bool,
    /// Latitude, longitude in 1e-7 degree.
    pub place_e7: Option<(i64, i64)>,
}

/// One of several competing values.
#[derive(Clone, Debug)]
pub struct Sibling {
    /// Its dot, opaque; sent back with the decision.
    pub dot: String,
    /// The value.
    pub value: Shown,
    /// Who and when.
    pub by: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Author's name; the login's for the office.
    pub who: String,
    /// Device name.
    pub device: String,
    /// True if the office wrote it.
    pub office: bool,
    /// Writer's clock.
    pub written_ms: i64,
    /// When it arrived here.
    pub arrived_ms: i64,
    /// How far the writer's clock was off, if over 5 minutes.
    pub skew_ms: Option<i64>,
}

/// A field with competing values.
#[derive(Clone, Debug)]
pub struct FieldConflict {
    /// Field (`answer/V-C1`, `remark`).
    pub field: String,
    /// The item's question, for an answer.
    pub label: Option<Bilingual>,
    /// What may be typed instead.
    pub input: FieldInput,
    /// The live values, in the order of display, the displayed one first.
    pub siblings: Vec<Sibling>,
    /// True if it cannot be settled yet (sealed).
    pub sealed: bool,
}

/// One change in the history of a record.
#[derive(Clone, Debug)]
pub struct HistoryLine {
    /// Field.
    pub field: String,
    /// The item's question, for an answer.
    pub label: Option<Bilingual>,
    /// Who and when.
    pub by: Origin,
    /// Values it replaced.
    pub old: Vec<Shown>,
    /// The value.
    pub new: Shown,
    /// Code of a verdict in force against it.
    pub verdict: Option<String>,
    /// Reason, for a decision of the office.
    pub reason: Option<String>,
}

/// A conflict in the list.
#[derive(Clone, Debug)]
pub struct ConflictRow {
    /// The record.
    pub record: RecordRow,
    /// Field.
    pub field: String,
    /// The item's question, for an answer.
    pub label: Option<Bilingual>,
    /// Competing values with their authors.
    pub values: Vec<(Shown, String)>,
    /// Since when, by arrival.
    pub since_ms: i64,
}

/// What is written to settle a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The value of this dot.
    Take(String),
    /// Another text.
    Text(String),
    /// Another answer.
    Answer {
        /// Points, count, yes/no or ratio, as `FieldInput` says; `Shown::NotApplicable` is allowed.
        mark: Shown,
        /// Note.
        note: Option<String>,
    },
}

/// A decision on a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The record.
    pub record: Uuid,
    /// Field.
    pub field: String,
    /// Exactly the dots that were shown.
    pub shown: Vec<String>,
    /// What is written.
    pub choice: Choice,
    /// Why.
    pub reason: String,
}

/// What a lock would meet.
#[derive(Clone, Debug)]
pub struct LockCheck {
    /// The group.
    pub group: GroupHead,
    /// Township name (`None`: county town) and what it lacks.
    pub missing: Vec<(Option<String>, Missing)>,
    /// Open conflicts in the group's sheets.
    pub unsettled: Vec<ConflictRow>,
    /// Sheets still drafts.
    pub drafts: Vec<RecordRow>,
    /// Undecided held entries.
    pub held: Vec<HeldEntry>,
    /// Digest of all this, sent back with the order.
    pub shown: String,
    /// The last lock.
    pub done: Option<LockDone>,
}

/// An order to lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockOrder {
    /// The group.
    pub group: Uuid,
    /// `LockCheck::shown`.
    pub shown: String,
    /// Why, if something is missing.
    pub reason: Option<String>,
}

/// What a lock fixed.
#[derive(Clone, Debug)]
pub struct LockDone {
    /// From 1.
    pub version: i64,
    /// When.
    pub at_ms: i64,
    /// Result hash, hex.
    pub result_hash: String,
    /// Sheets counted.
    pub sheets_counted: u32,
    /// Sheets left out: record, site name, author, reason code of `LeftOut`.
    pub left_out: Vec<(Uuid, String, String, String)>,
    /// Reason given.
    pub reason: Option<String>,
}

/// The ranking.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// SHA-256 of the frozen rules, hex.
    pub rules_hash: String,
    /// Weights.
    pub weights: Weights,
    /// The correction used.
    pub correction: Correction,
    /// Over whom awards are given.
    pub award_scope: AwardScope,
    /// Groups, by number.
    pub groups: Vec<GroupRanking>,
    /// All townships by corrected score; empty until every group is locked.
    pub overall: Vec<RankRow>,
    /// The sites every group scored, with each group's score.
    pub shared: Vec<SharedSiteRow>,
    /// True if a δ was cut at 5 points.
    pub delta_limited: bool,
}

/// One group's table.
#[derive(Clone, Debug)]
pub struct GroupRanking {
    /// The group.
    pub group: GroupHead,
    /// Result hash of its lock.
    pub result_hash: Option<String>,
    /// δ, once every group is locked.
    pub delta_e4: Option<i64>,
    /// By raw score; empty until it is locked.
    pub rows: Vec<RankRow>,
}

/// An award.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwardKind {
    /// 流动红旗
    RedFlag,
    /// 警告黄牌
    YellowCard,
}

/// One township in a ranking.
#[derive(Clone, Debug)]
pub struct RankRow {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Group number.
    pub group_number: i64,
    /// Components that exist.
    pub components: Vec<(Component, i64)>,
    /// T.
    pub raw_e4: Option<i64>,
    /// T'.
    pub corrected_e4: Option<i64>,
    /// Place in this table; equal places are equal.
    pub rank: Option<usize>,
    /// Award.
    pub award: Option<AwardKind>,
}

/// A site every group scored.
#[derive(Clone, Debug)]
pub struct SharedSiteRow {
    /// Name.
    pub name: String,
    /// Score by group number.
    pub scores: Vec<(i64, Option<i64>)>,
}

/// How a township's number came about.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// The township's number at the root, sheets and items at the leaves.
    pub tree: ExplainNode,
}

/// A number and what it is made of.
#[derive(Clone, Debug)]
pub struct ExplainNode {
    /// What it is.
    pub label: Bilingual,
    /// The number; `None` if there is none (too few sheets).
    pub value_e4: Option<i64>,
    /// How it follows from its children: a formula or a remark.
    pub how: Bilingual,
    /// False if it is shown but not counted (dropped highest or lowest).
    pub counted: bool,
    /// The record to look at.
    pub record: Option<Uuid>,
    /// Parts.
    pub children: Vec<ExplainNode>,
}

/// Why something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldKind {
    /// A sheet that arrived, or went on, after the lock.
    Late,
    /// A change that does not fit or was not allowed.
    Rejected,
    /// From a revoked person or device.
    Quarantined,
}

/// Something that came in and is not counted.
#[derive(Clone, Debug)]
pub struct HeldEntry {
    /// Opaque; sent back with the decision.
    pub id: String,
    /// Why, in short.
    pub kind: HeldKind,
    /// Verdict code, if one was given.
    pub code: Option<String>,
    /// Author's name.
    pub who: String,
    /// Device name.
    pub device: String,
    /// What it is about: the site's or record's name.
    pub what: String,
    /// The record, if it can be opened.
    pub record: Option<Uuid>,
    /// Number of changes.
    pub changes: u32,
    /// Earliest, by the writer's clock.
    pub written_ms: Option<i64>,
    /// When it arrived.
    pub arrived_ms: i64,
    /// The decision, if there is one.
    pub decided: Option<HeldDecided>,
}

/// A decision that was made.
#[derive(Clone, Debug)]
pub struct HeldDecided {
    /// Taken in.
    pub accepted: bool,
    /// Why.
    pub reason: String,
    /// When.
    pub at_ms: i64,
}

/// A decision on a held entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldDecision {
    /// `HeldEntry::id`.
    pub id: String,
    /// Take it in, or leave it out.
    pub accept: bool,
    /// Why.
    pub reason: String,
}

/// A person of the roster.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account.
    pub account: Uuid,
    /// Name as printed on papers.
    pub name: String,
    /// Role id.
    pub role: String,
    /// Home unit's name (recusal follows it).
    pub home_unit: Option<String>,
    /// Group number.
    pub group_number: Option<i64>,
    /// False once taken off.
    pub active: bool,
    /// Devices, newest first.
    pub devices: Vec<DeviceLine>,
}

/// A device.
#[derive(Clone, Debug)]
pub struct DeviceLine {
    /// The device.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// Fingerprint of its key.
    pub fingerprint: String,
    /// When it enrolled.
    pub enrolled_at_ms: i64,
    /// When it last synced.
    pub last_sync_ms: Option<i64>,
    /// How far its clock was off, if over 5 minutes.
    pub skew_ms: Option<i64>,
    /// When and why it was revoked.
    pub revoked: Option<(i64, String)>,
}

impl BoardRow {
    /// True if every planned sheet and photo is here and nothing waits for a decision.
    pub fn is_complete(&self) -> bool {
        self.sites_planned > 0 && self.missing.is_empty() && self.conflicts == 0 && self.held == 0
    }

    /// Sheets of a kind of site, if any is planned.
    pub fn count(&self, kind: &domain::SiteKind) -> Option<KindCount> {
        self.sheets
            .iter()
            .copied()
            .find(|c| c.kind == *kind && c.expected > 0)
    }

    /// Sheets submitted.
    pub fn submitted(&self) -> u32 {
        self.sheets.iter().map(|c| c.submitted).sum()
    }

    /// Sheets expected.
    pub fn expected(&self) -> u32 {
        self.sheets.iter().map(|c| c.expected).sum()
    }

    /// The code for a link.
    pub fn code_or_empty(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }
}

impl RankRow {
    /// The value of a component, if it exists.
    pub fn component(&self, component: &Component) -> Option<i64> {
        let found = self.components.iter().find(|(c, _)| c == component);
        found.map(|(_, value)| *value)
    }
}

impl SharedSiteRow {
    /// The score a group gave.
    pub fn of(&self, group_number: &i64) -> Option<i64> {
        let found = self.scores.iter().find(|(n, _)| n == group_number);
        found.and_then(|(_, score)| *score)
    }

    /// Highest less lowest, if at least two groups scored it.
    pub fn spread(&self) -> Option<i64> {
        let scores = || self.scores.iter().filter_map(|(_, score)| *score);
        let both = scores().count() >= 2;
        both.then(|| Some(scores().max()? - scores().min()?))?
    }
}
