//! Appending changes to own logs.
//!
//! Invariant: nothing is appended that `protocol::check` would call bad. Leaves out: who may write what.

use ledger::{Edit, Supersede};
use merge::{Dot, HybridClock, LogId, Value};
use protocol::check::{self, Fit};
use protocol::ids::{self, Seed};
use protocol::{Scope, value};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ports::Entropy;
use crate::store::Tx;
use crate::views::Saved;

/// One user action's transaction.
pub(crate) struct Writer<'a, 't> {
    pub tx: &'a mut Tx<'t>,
    pub device: Uuid,
    pub now_ms: i64,
    pub clock: &'a mut HybridClock,
    pub run: &'a mut (Option<Seed>, u64),
    pub entropy: &'a dyn Entropy,
}

impl Writer<'_, '_> {
    /// A normal edit: replaces the value displayed.
    pub fn edit(
        &mut self,
        scope: Scope,
        kind: &str,
        record: Uuid,
        field: &str,
        value: impl Into<Value>,
    ) -> Result<Saved> {
        self.put(scope, Edit::new(kind, record, field, value))
    }

    /// A settlement: replaces exactly what was shown.
    pub fn settle(
        &mut self,
        scope: Scope,
        kind: &str,
        record: Uuid,
        field: &str,
        value: Value,
        shown: &[Dot],
    ) -> Result<Saved> {
        let edit = Edit {
            supersedes: Supersede::These(shown.to_vec()),
            ..Edit::new(kind, record, field, value)
        };
        self.put(scope, edit)
    }

    /// A new record under a new id.
    pub fn create(
        &mut self,
        scope: Scope,
        kind: &str,
        fields: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Uuid> {
        let at_ms = self.clock.tick(self.now_ms);
        let seed = match self.run.0 {
            Some(seed) => seed,
            None => {
                let mut seed = [0; 16];
                self.entropy.fill(&mut seed);
                self.run.0 = Some(seed);
                seed
            }
        };
        let n = self.run.1;
        self.run.1 += 1;
        let id = ids::mint(&seed, n, at_ms);
        for (i, (field, value)) in fields.into_iter().enumerate() {
            let edit = Edit {
                minted: (i == 0).then_some((seed, n)),
                ..Edit::new(kind, id, field, value)
            };
            let at_ms = if i == 0 {
                at_ms
            } else {
                self.clock.tick(self.now_ms)
            };
            self.put_at(scope, edit, at_ms)?;
        }
        Ok(id)
    }

    fn put(&mut self, scope: Scope, edit: Edit) -> Result<Saved> {
        let at_ms = self.clock.tick(self.now_ms);
        self.put_at(scope, edit, at_ms)
    }

    fn put_at(&mut self, scope: Scope, edit: Edit, at_ms: i64) -> Result<Saved> {
        if let Fit::Bad(why) = check::fit(edit.kind, edit.field, &value::encode(&edit.value)) {
            return Err(Error::invalid(why));
        }
        let own = self.own_log(scope)?;
        let seq = self.tx.append(scope, own, at_ms, &edit)?;
        if seq.is_some() {
            self.tx.add_own_record(edit.record)?;
            self.tx.note_clock(self.now_ms, at_ms)?;
        }
        Ok(Saved {
            changed: seq.is_some(),
            at_ms,
        })
    }

    /// The own log of a scope, in the epoch this phone writes now.
    fn own_log(&mut self, scope: Scope) -> Result<LogId> {
        let id = scope.id();
        let epoch = match self.tx.epoch(id)? {
            Some(epoch) => epoch,
            None => {
                let epoch = fresh_epoch(self.entropy);
                self.tx.put_epoch(id, epoch)?;
                epoch
            }
        };
        Ok(LogId::new(self.device, id, epoch))
    }
}

/// A random epoch, never 0.
pub(crate) fn fresh_epoch(entropy: &dyn Entropy) -> u64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    u64::from_be_bytes(bytes).max(1)
}
