//! What can be done inside one look at, or one transaction of, the database.
//!
//! Invariant: no type of the database library gets out of here. Leaves out: beginning and ending (`Store`).

use std::ops::RangeInclusive;

use ed25519_dalek::{SigningKey, VerifyingKey};
use ledger::{
    Admitted, Edit, Inspected, Ledger, LiveValue, LogRow, Next, RecordView, Seen, Verdict,
};
use merge::{Dot, LogId, Value};
use protocol::Scope;
use protocol::chain::{Hash, Header, SignedSegment};
use protocol::digest::Buckets;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::error::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// The connection and the ledger's caches over it.
pub(crate) struct Tx<'a> {
    pub(super) conn: &'a Connection,
    pub(super) ledger: &'a mut Ledger,
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a Connection, ledger: &'a mut Ledger) -> Self {
        Self { conn, ledger }
    }

    /// Appends a change to an own log; its seqs (`Ledger::append`), or none if the field shows exactly this value already.
    pub fn append(
        &mut self,
        scope: Scope,
        own: LogId,
        at_ms: i64,
        edit: &Edit,
    ) -> Result<Option<RangeInclusive<u64>>> {
        Ok(self.ledger.append(self.conn, scope, own, at_ms, edit)?)
    }

    /// A record, if known.
    pub fn view(&mut self, id: Uuid) -> Result<Option<RecordView>> {
        let view = self.ledger.view(self.conn, id)?;
        let fields = view.iter().flat_map(|v| v.fields.values().flatten());
        let odd = fields.map(|l| &l.value).any(holds_zero);
        self.doubt(id, odd)?;
        Ok(view)
    }

    /// A damaged page of zeros reads as text of zeros, which no other check notices. Nobody types them: a text that has
    /// some is compared with the change that wrote it.
    fn doubt(&mut self, id: Uuid, odd: bool) -> Result<()> {
        if odd && !self.ledger.is_as_stored(self.conn, id)? {
            return Err(StoreError::Corrupt(format!("record {id}")));
        }
        Ok(())
    }

    /// Live values of a field, the displayed one first.
    pub fn live(&mut self, id: Uuid, field: &str) -> Result<Vec<LiveValue>> {
        let live = self.ledger.live(self.conn, id, field)?;
        self.doubt(id, live.iter().any(|l| holds_zero(&l.value)))?;
        Ok(live)
    }

    /// The displayed value of a field.
    pub fn value(&mut self, id: Uuid, field: &str) -> Result<Option<Value>> {
        let value = self.ledger.value(self.conn, id, field)?;
        self.doubt(id, value.as_ref().is_some_and(holds_zero))?;
        Ok(value)
    }

    /// Ids of all records of a kind, in one scope or in all.
    pub fn ids(&mut self, kind: &str, scope: Option<Scope>) -> Result<Vec<Uuid>> {
        let no = match scope {
            None => None,
            Some(scope) => match self.ledger.find_scope(self.conn, scope.id())? {
                Some(no) => Some(no),
                None => return Ok(Vec::new()),
            },
        };
        Ok(self.ledger.ids(self.conn, kind, no)?)
    }

    /// Record and field that a change held here wrote.
    pub fn change_place(&mut self, dot: &Dot) -> Result<Option<(Uuid, String)>> {
        Ok(self.ledger.change_place(self.conn, dot)?)
    }

    /// Every verdict held.
    pub fn verdicts(&mut self) -> Result<Vec<Verdict>> {
        Ok(self.ledger.verdicts(self.conn, None)?)
    }

    /// The scope of an id, if it was ever announced or written to.
    pub fn find_scope(&mut self, id: Uuid) -> Result<Option<Scope>> {
        let Some(no) = self.ledger.find_scope(self.conn, id)? else {
            return Ok(None);
        };
        Ok(Some(self.ledger.scope_of(self.conn, no)?))
    }

    /// Remembers a scope the server announced, with its short index.
    pub fn note_scope(&mut self, index: u32, scope: Scope) -> Result<()> {
        self.ledger.scope(self.conn, scope)?;
        self.conn
            .prepare_cached("INSERT INTO server_scopes (idx, scope) VALUES (?1, ?2) ON CONFLICT (idx) DO UPDATE SET scope = excluded.scope")?
            .execute((index, scope.id().as_bytes()))?;
        Ok(())
    }

    /// Forgets all short indexes: a new generation numbers anew.
    pub fn forget_indexes(&mut self) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM server_scopes")?
            .execute([])?;
        Ok(())
    }

    /// The scope the server means by a short index.
    pub fn scope_by_index(&mut self, index: u32) -> Result<Option<Scope>> {
        let id: Option<[u8; 16]> = self
            .conn
            .prepare_cached("SELECT scope FROM server_scopes WHERE idx = ?1")?
            .query_row([index], |r| r.get(0))
            .optional()?;
        match id {
            Some(id) => self.find_scope(Uuid::from_bytes(id)),
            None => Ok(None),
        }
    }

    /// True if no scope was announced yet.
    pub fn knows_no_index(&self) -> Result<bool> {
        let n: i64 = self
            .conn
            .prepare_cached("SELECT count(*) FROM server_scopes")?
            .query_row([], |r| r.get(0))?;
        Ok(n == 0)
    }

    /// Looks at a segment that arrived.
    pub fn inspect(
        &mut self,
        segment: &SignedSegment,
        header: &Header,
        scope: Scope,
        key: &VerifyingKey,
    ) -> Result<Inspected> {
        self.ledger
            .inspect(self.conn, segment, header, scope, key)
            .map_err(StoreError::of_arrival)
    }

    /// Stores and applies a segment that is next in its log.
    pub fn admit(&mut self, next: &Next, arrived_ms: i64) -> Result<Admitted> {
        Ok(self.ledger.admit(self.conn, next, arrived_ms, 0, true)?)
    }

    /// A log, if known.
    pub fn find_log(&mut self, id: LogId) -> Result<Option<LogRow>> {
        Ok(self.ledger.find_log(self.conn, id)?)
    }

    /// Main branches of a device's logs, or of all.
    pub fn logs(&mut self, device: Option<Uuid>) -> Result<Vec<LogRow>> {
        Ok(self.ledger.logs(self.conn, device)?)
    }

    /// Notes up to where the server holds an own log.
    pub fn set_acked(&mut self, log: ledger::LogNo, seq: u64) -> Result<()> {
        Ok(self.ledger.set_acked(self.conn, log, seq)?)
    }

    /// The seq after which a log's chain is `chain`.
    pub fn seq_of_chain(&mut self, log: ledger::LogNo, chain: &Hash) -> Result<Option<u64>> {
        Ok(self.ledger.seq_of_chain(self.conn, log, chain)?)
    }

    /// Chain before the segment that starts at `first`.
    pub fn chain_before(&mut self, log: ledger::LogNo, first: u64) -> Result<Hash> {
        Ok(self.ledger.chain_before(self.conn, log, first)?)
    }

    /// A stored segment as it travelled.
    pub fn segment(&mut self, no: i64) -> Result<SignedSegment> {
        Ok(self.ledger.segment(self.conn, no)?)
    }

    /// Applies what was kept unread, as far as this version reads it.
    pub fn read_kept(&mut self) -> Result<()> {
        self.ledger.read_kept(self.conn)?;
        Ok(())
    }

    /// Seals the unsent tail of an own log.
    pub fn seal(
        &mut self,
        own: LogId,
        key: &SigningKey,
        seen: &Seen,
        now_ms: i64,
        level: i32,
    ) -> Result<usize> {
        Ok(self.ledger.seal(self.conn, own, key, seen, now_ms, level)?)
    }

    /// Leaves the branch after the common point and re-issues it in a new epoch.
    pub fn reissue(
        &mut self,
        log: LogId,
        common_seq: u64,
        common_chain: &Hash,
        epoch: u64,
    ) -> Result<u64> {
        let done = self
            .ledger
            .reissue(self.conn, log, common_seq, common_chain, epoch)?;
        self.put_epoch(log.scope, epoch)?;
        Ok(done)
    }

    /// Sets aside what a colleague's log holds after the common point: the server holds another continuation.
    pub fn set_aside(&mut self, log: LogId, common_seq: u64, common_chain: &Hash) -> Result<()> {
        Ok(self
            .ledger
            .set_aside(self.conn, log, common_seq, common_chain)?)
    }

    /// Digest of a scope's live values.
    pub fn digest(&mut self, scope: Scope) -> Result<Buckets> {
        let no = self.ledger.scope(self.conn, scope)?;
        Ok(self.ledger.digest(self.conn, no)?)
    }

    /// Rebuilds a scope's registers from what is stored.
    pub fn rebuild_scope(&mut self, scope: Scope) -> Result<u64> {
        let no = self.ledger.scope(self.conn, scope)?;
        Ok(self.ledger.rebuild_scope(self.conn, no)?)
    }

    /// Takes out of an own tail what another log holds alike; how many changes.
    pub fn thin_tail(&mut self, own: LogId) -> Result<u64> {
        Ok(self.ledger.thin_tail(self.conn, own)?)
    }

    /// The epoch this phone writes a scope in now, if it has one.
    pub fn epoch(&self, scope: Uuid) -> Result<Option<u64>> {
        let found: Option<i64> = self
            .conn
            .prepare_cached("SELECT epoch FROM epochs WHERE scope = ?1")?
            .query_row([scope.as_bytes()], |r| r.get(0))
            .optional()?;
        Ok(found.map(|e| e as u64))
    }

    /// Sets it.
    pub fn put_epoch(&mut self, scope: Uuid, epoch: u64) -> Result<()> {
        self.conn
            .prepare_cached("INSERT INTO epochs (scope, epoch) VALUES (?1, ?2) ON CONFLICT (scope) DO UPDATE SET epoch = excluded.epoch")?
            .execute((scope.as_bytes(), epoch as i64))?;
        Ok(())
    }

    /// Forgets all epochs: the next change of each scope starts a new one.
    pub fn forget_epochs(&mut self) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM epochs")?
            .execute([])?;
        Ok(())
    }
}

fn holds_zero(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.contains('\0'),
        Value::List(items) => items.iter().any(holds_zero),
        _ => false,
    }
}
