//! What a service may do inside a transaction.
//!
//! Invariant: every method is part of the one transaction; ids and plain rows cross this line, never SQL or row numbers.
//! Leaves out: rules (the services').

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use ledger::{
    Admitted, BranchChange, Edit, HistoryEntry, Inspected, LiveValue, LogRow, Next, RecordView,
    Verdict,
};
use merge::{Dot, LogId};
use protocol::chain::{Hash, Header, SignedSegment};
use protocol::{Scope, digest};
use uuid::Uuid;

use super::idempotency::{KeptAnswer, KeyState};
use super::issues::{IssueFilter, IssueRow, StandingCounts};
use super::rows::{
    Act, Around, ClockFlag, DeviceRow, Entry, EntryFilter, EntryKey, EntryOrder, Erased, Held,
    HeldDecision, Left, Photo, PhotoFilter, PhotoRow, SavedFilter, SortKey,
};
use crate::auth::types::{AuditEntry, Redeemed};
use crate::error::Result;

/// A stored segment with its place.
#[derive(Clone, Debug)]
pub struct Segment {
    /// As it travelled.
    pub signed: SignedSegment,
    /// First and last seq as the table says.
    pub seqs: (u64, u64),
    /// Chain after it as the table says.
    pub chain: Hash,
    /// True if it is in the registers.
    pub applied: bool,
    /// When it arrived.
    pub arrived_ms: i64,
}

/// A page of a scope's feed.
#[derive(Clone, Debug, Default)]
pub struct FeedPage {
    /// Segments as stored.
    pub segments: Vec<SignedSegment>,
    /// Position after the last one looked at.
    pub gseq: i64,
    /// Their bytes.
    pub bytes: usize,
    /// True if there are more.
    pub more: bool,
}

/// A transaction.
pub trait Tx {
    // --- settings of the server ---
    /// A named setting.
    fn meta(&mut self, key: &str) -> Result<Option<Vec<u8>>>;
    /// Sets it.
    fn set_meta(&mut self, key: &str, value: &[u8]) -> Result<()>;

    // --- devices ---
    /// A device.
    fn device(&mut self, id: Uuid) -> Result<Option<DeviceRow>>;
    /// The devices of a campaign, latest enrolment first.
    fn devices(&mut self, campaign: Uuid) -> Result<Vec<DeviceRow>>;
    /// Adds a device, or brings what its record says up to date; counter and sync times stay.
    fn put_device(&mut self, device: &DeviceRow) -> Result<()>;
    /// Notes a request: counter, time, skew.
    fn device_seen(&mut self, id: Uuid, counter: u64, now_ms: i64, skew_ms: i64) -> Result<()>;
    /// Notes what a device said that only it holds.
    fn device_said(&mut self, id: Uuid, left: &Left) -> Result<()>;
    /// Time of the last change held of a log, by its writer's clock.
    fn log_clock(&mut self, log: LogId) -> Result<Option<i64>>;
    /// Notes it.
    fn set_log_clock(&mut self, log: LogId, last_ms: i64) -> Result<()>;
    /// Notes a change whose writer's clock was wrong.
    fn put_clock_flag(&mut self, flag: &ClockFlag) -> Result<()>;
    /// Such changes of a record.
    fn clock_flags(&mut self, record: Uuid) -> Result<Vec<ClockFlag>>;
    /// Adds to what a device left in quarantine.
    fn add_quarantine(&mut self, id: Uuid, bytes: u64) -> Result<()>;

    // --- reading records ---
    /// A record with its live values.
    fn view(&mut self, id: Uuid) -> Result<Option<RecordView>>;
    /// Live values of a field, the displayed one first.
    fn live(&mut self, id: Uuid, field: &str) -> Result<Vec<LiveValue>>;
    /// Ids of the records of a kind, in a scope or in all.
    fn ids(&mut self, kind: &str, scope: Option<Scope>) -> Result<Vec<Uuid>>;
    /// Scope and kind of a record.
    fn place(&mut self, id: Uuid) -> Result<Option<(Scope, String)>>;
    /// Record and field a held change wrote.
    fn change_place(&mut self, dot: &Dot) -> Result<Option<(Uuid, String)>>;
    /// Every change of a record, by time.
    fn history(&mut self, id: Uuid) -> Result<Vec<HistoryEntry>>;
    /// Fields in conflict.
    fn conflicts(&mut self) -> Result<Vec<(Uuid, String)>>;
    /// Records whose registers differ from a rebuild from the segments.
    fn compare(&mut self) -> Result<Vec<Uuid>>;

    // --- logs and scopes ---
    /// Every scope known.
    fn scopes(&mut self) -> Result<Vec<Scope>>;
    /// Short index and last feed position of a scope; made if new when writing, `(0, 0)` if unknown when reading.
    fn position(&mut self, scope: Scope) -> Result<(u32, i64)>;
    /// Digest of a scope's registers.
    fn digest(&mut self, scope: Scope) -> Result<digest::Buckets>;
    /// The same, counted anew from every live value.
    fn recount_digest(&mut self, scope: Scope) -> Result<digest::Buckets>;
    /// Logs of a device, or all; main branches only.
    fn logs(&mut self, device: Option<Uuid>) -> Result<Vec<LogRow>>;
    /// Every log, branches too.
    fn all_logs(&mut self) -> Result<Vec<LogRow>>;
    /// Segments of a log that end after `seq`, in order.
    fn segments(&mut self, log: LogId, seq: u64) -> Result<Vec<Segment>>;
    /// The last seq of the segment of a log whose chain is `chain`; 0 for the log's origin.
    fn seq_of_chain(&mut self, log: LogId, chain: &Hash) -> Result<Option<u64>>;
    /// Segments of a scope after a position, but for those of `skip`'s logs.
    fn feed(
        &mut self,
        scope: Scope,
        after: i64,
        skip: Option<Uuid>,
        max_bytes: usize,
    ) -> Result<FeedPage>;
    /// Chain of the segment at a position of a scope's feed.
    fn chain_at(&mut self, scope: u32, gseq: i64) -> Result<Option<Hash>>;
    /// Scope behind a short index.
    fn scope_at(&mut self, index: u32) -> Result<Option<Scope>>;
    /// Looks at a segment.
    fn inspect(
        &mut self,
        segment: &SignedSegment,
        header: &Header,
        scope: Scope,
        key: &ed25519_dalek::VerifyingKey,
    ) -> Result<Inspected>;
    /// Looks at a segment of a forked log that somebody else than its author brought; see `ledger::inspect_branch`.
    fn inspect_branch(
        &mut self,
        segment: &SignedSegment,
        header: &Header,
        scope: Scope,
        key: &ed25519_dalek::VerifyingKey,
    ) -> Result<Inspected>;
    /// Every change a branch holds.
    fn branch_changes(&mut self, branch: LogId) -> Result<Vec<BranchChange>>;
    /// True if a change that replaces this one was here before it.
    fn replaced_before(&mut self, dot: &Dot) -> Result<bool>;
    /// Stores a segment; with `apply` it is applied and gets its place in the feed, else it stays in quarantine.
    fn admit(&mut self, next: &Next, arrived_ms: i64, apply: bool) -> Result<Admitted>;
    /// Takes the quarantined segments of a log up to a seq into the feed and the registers.
    fn accept_quarantined(&mut self, log: LogId, last: u64) -> Result<Admitted>;

    // --- the server's own changes ---
    /// The generation: epoch of the server's logs.
    fn generation(&mut self) -> Result<u64>;
    /// Begins a new one, greater than `beyond`.
    fn start_generation(&mut self, beyond: u64, now_ms: i64) -> Result<u64>;
    /// True if this server ever began another generation than its first.
    fn was_restored(&mut self) -> Result<bool>;
    /// Ends every session and every code that is not used: after a restore they may have been used since.
    fn end_sign_ins(&mut self, now_ms: i64) -> Result<()>;
    /// The server's log of a scope.
    fn own_log(&mut self, scope: Scope) -> Result<LogId>;
    /// A new record id, and how it was made.
    fn mint(&mut self) -> Result<(Uuid, Option<(protocol::ids::Seed, u64)>)>;
    /// Appends a change to the server's log; its seqs (`Ledger::append`), or none if the field shows that value already.
    fn append(&mut self, scope: Scope, edit: &Edit) -> Result<Option<RangeInclusive<u64>>>;
    /// Signs what was appended and gives it its place in the feed. Every job that appends ends with it.
    fn publish(&mut self) -> Result<()>;
    /// Takes a verdict record of a scope into force.
    fn take_verdict(&mut self, scope: Scope, id: Uuid) -> Result<()>;
    /// Verdicts of a scope, or all.
    fn verdicts(&mut self, scope: Option<Scope>) -> Result<Vec<Verdict>>;
    /// Notes who of the office made changes.
    fn put_act(&mut self, act: &Act) -> Result<()>;
    /// Who made a change of the server's log, and why.
    fn act(&mut self, dot: &Dot) -> Result<Option<(String, String)>>;

    /// Every act, in the order of each log.
    fn acts(&mut self) -> Result<Vec<Act>>;

    // --- projections ---
    /// Adds or replaces an entry.
    fn put_entry(&mut self, entry: &Entry) -> Result<()>;
    /// Takes an entry away.
    fn remove_entry(&mut self, id: Uuid) -> Result<()>;
    /// An entry.
    fn entry(&mut self, id: Uuid) -> Result<Option<Entry>>;
    /// Entries of a kind, in order of arrival.
    fn entries(&mut self, campaign: Uuid, kind: Option<&str>) -> Result<Vec<Entry>>;
    /// A page of entries in an order, after a place in it, and how many fit.
    fn entry_page(
        &mut self,
        filter: &EntryFilter,
        order: &EntryOrder,
        after: Option<&SortKey>,
        limit: u32,
    ) -> Result<(Vec<(SortKey, Entry)>, u64)>;
    /// What stands beside an entry in that list; none if there is no such entry.
    fn entry_around(
        &mut self,
        filter: &EntryFilter,
        order: &EntryOrder,
        id: Uuid,
    ) -> Result<Option<Around>>;
    /// Adds or replaces a photo.
    fn put_photo(&mut self, photo: &Photo) -> Result<()>;
    /// Takes a photo away.
    fn remove_photo(&mut self, id: Uuid) -> Result<()>;
    /// Photos of a record, or of a whole campaign.
    fn photos(&mut self, campaign: Uuid, target: Option<Uuid>) -> Result<Vec<Photo>>;
    /// Photos of a campaign with the same original, in order of arrival.
    fn photos_of_original(&mut self, campaign: Uuid, hash: [u8; 32]) -> Result<Vec<Photo>>;
    /// A page of photos, newest arrival first.
    fn photo_page(
        &mut self,
        filter: &PhotoFilter,
        before: Option<EntryKey>,
        limit: u32,
    ) -> Result<Vec<PhotoRow>>;
    /// Photos that refer to a blob, as copy or thumbnail.
    fn photos_of_blob(&mut self, hash: [u8; 32]) -> Result<Vec<Photo>>;

    // --- the ledger of issues ---
    /// Adds or replaces an issue.
    fn put_issue(&mut self, issue: &IssueRow) -> Result<()>;
    /// Takes an issue away.
    fn remove_issue(&mut self, id: Uuid) -> Result<()>;
    /// An issue, deleted ones too.
    fn issue(&mut self, id: Uuid) -> Result<Option<IssueRow>>;
    /// Issues of a filter by number, after a place in that order.
    fn issue_page(
        &mut self,
        filter: &IssueFilter,
        after: Option<&(String, Uuid)>,
        limit: u32,
    ) -> Result<Vec<IssueRow>>;
    /// How many issues of a filter stand how, whatever standing it asks for.
    fn issue_counts(&mut self, filter: &IssueFilter) -> Result<StandingCounts>;
    /// Issues that carry a number.
    fn issues_numbered(&mut self, campaign: Uuid, number: &str) -> Result<Vec<Uuid>>;

    // --- held entries ---
    /// Adds a held entry.
    fn put_held(&mut self, held: &Held) -> Result<()>;
    /// A held entry.
    fn held(&mut self, id: Uuid) -> Result<Option<Held>>;
    /// Held entries of a campaign: undecided first, then newest.
    fn all_held(&mut self, campaign: Uuid) -> Result<Vec<Held>>;
    /// Writes the decision down.
    fn decide_held(&mut self, id: Uuid, decision: &HeldDecision) -> Result<()>;

    // --- filters that logins keep ---
    /// Those of a login for a campaign, by name.
    fn saved_filters(&mut self, login: Uuid, campaign: Uuid) -> Result<Vec<SavedFilter>>;
    /// Adds one, or gives it another name and query.
    fn put_filter(&mut self, filter: &SavedFilter) -> Result<()>;
    /// Takes one away; false if the login has no such filter.
    fn remove_filter(&mut self, login: Uuid, id: Uuid) -> Result<bool>;

    // --- rehearsals ---
    /// Notes that a campaign will be a rehearsal; must come before its first record.
    fn begin_rehearsal(&mut self, campaign: Uuid, now_ms: i64) -> Result<()>;
    /// True if a campaign was made as a rehearsal.
    fn is_rehearsal(&mut self, campaign: Uuid) -> Result<bool>;
    /// Erases everything of a rehearsal: registers, logs, projections, devices, codes. The database refuses it for any
    /// other campaign.
    fn erase_rehearsal(&mut self, campaign: Uuid, now_ms: i64) -> Result<Erased>;
    /// True if a device went with a rehearsal.
    fn was_wiped(&mut self, device: Uuid) -> Result<bool>;

    // --- requests done once ---
    /// Takes the key of a request of a login, or says what became of it; `request` is the hash of what was sent.
    fn take_key(
        &mut self,
        login: Uuid,
        key: &str,
        request: [u8; 32],
        now_ms: i64,
    ) -> Result<KeyState>;
    /// Keeps the answer of a taken key.
    fn keep_answer(&mut self, login: Uuid, key: &str, answer: &KeptAnswer) -> Result<()>;
    /// Gives a key back, because its request was refused.
    fn free_key(&mut self, login: Uuid, key: &str) -> Result<()>;

    // --- people ---
    /// Makes an enrolment code.
    fn issue_code(&mut self, account: Uuid, by: &str, ttl_ms: i64, now_ms: i64) -> Result<String>;
    /// Uses an enrolment code up, exactly once.
    fn redeem(&mut self, code: &str, now_ms: i64) -> Result<Redeemed>;
    /// Writes an audit entry.
    fn audit(&mut self, entry: &AuditEntry) -> Result<()>;
    /// Number of the last audit entry (they count from 1 without gaps) and the chain after it; zeros before the first.
    fn audit_head(&mut self) -> Result<(i64, Hash)>;
    /// The chain after an audit entry, if it is there.
    fn audit_chain(&mut self, id: i64) -> Result<Option<Hash>>;
    /// An audit entry.
    fn audit_entry(&mut self, id: i64) -> Result<Option<AuditEntry>>;
    /// True if the audit has an entry by somebody with this action and detail.
    fn audit_tells(&mut self, user_name: &str, action: &str, detail: &str) -> Result<bool>;
    /// Id of the first audit entry that is missing or does not fit its chain.
    fn audit_broken_at(&mut self) -> Result<Option<i64>>;
    /// Photos of a campaign whose records are deleted: no list shows them.
    fn deleted_photos(&mut self, campaign: Uuid) -> Result<Vec<Photo>>;
    /// Ids in the tables that lists show, whatever campaign a row says: entries, photos, issues, devices, held entries.
    fn listed_ids(&mut self) -> Result<Vec<(&'static str, Uuid)>>;
    /// Rows that are read as something they do not quite say: no part of the program writes them so.
    fn odd_rows(&mut self) -> Result<Vec<(&'static str, Uuid)>>;
    /// Campaigns made as rehearsals, and whether they were wiped.
    fn rehearsals(&mut self) -> Result<Vec<(Uuid, bool)>>;
    /// Rows of the ledger's tables that do not follow from the segments; see `ledger::Ledger::unsound`.
    fn unsound(&mut self) -> Result<Vec<ledger::Unsound>>;
    /// Tables, indexes and triggers that are not as this version makes them.
    fn misshapen(&mut self) -> Result<BTreeSet<String>>;
    /// What the database itself says is damaged: pages, indexes, references. Empty: nothing.
    fn damage(&mut self) -> Result<Vec<String>>;
}
