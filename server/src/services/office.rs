//! Writing as the office: changes of the server's own logs, who made them and why.
//!
//! Invariant: every act ends with [`Office::done`]: sealed, published, attributed and audited in one transaction.
//! Leaves out: whether the act is allowed (the services).

use std::collections::BTreeMap;

use ledger::{Edit, Supersede};
use merge::{Dot, Value};
use protocol::Scope;
use protocol::ids::Seed;
use protocol::problem::Code;
use uuid::Uuid;

use crate::auth::types::AuditEntry;
use crate::error::Result;
use crate::store::{Act, Tx};

/// Who acts, for history and audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The login's name.
    pub user_name: String,
    /// Its role word.
    pub role: String,
}

impl Actor {
    /// Somebody with a role word.
    pub fn new(user_name: impl Into<String>, role: impl Into<String>) -> Self {
        Self {
            user_name: user_name.into(),
            role: role.into(),
        }
    }

    /// The program itself: imports from the command line, numbers given at arrival.
    pub fn system() -> Self {
        Self::new("guanmo", "system")
    }
}

/// A record id with how it was minted, for its first change.
#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    /// The id.
    pub id: Uuid,
    minted: Option<(Seed, u64)>,
}

/// One act of the office.
pub struct Office<'t> {
    /// The transaction.
    pub tx: &'t mut dyn Tx,
    actor: Actor,
    now_ms: i64,
    wrote: BTreeMap<Scope, (u64, u64)>,
}

impl<'t> Office<'t> {
    /// Begins an act.
    pub fn begin(tx: &'t mut dyn Tx, actor: &Actor, now_ms: i64) -> Self {
        Self {
            tx,
            actor: actor.clone(),
            now_ms,
            wrote: BTreeMap::new(),
        }
    }

    /// Draws an id for a new record.
    pub fn fresh(&mut self) -> Result<Fresh> {
        let (id, minted) = self.tx.mint()?;
        Ok(Fresh { id, minted })
    }

    /// Writes a field of a new record.
    pub fn put(
        &mut self,
        scope: Scope,
        kind: &str,
        record: &mut Fresh,
        field: &str,
        value: impl Into<Value>,
    ) -> Result<()> {
        let minted = record.minted.take();
        self.edit(
            scope,
            kind,
            record.id,
            field,
            value.into(),
            Supersede::All,
            minted,
        )
    }

    /// Writes a field, replacing every live value of it.
    pub fn set(
        &mut self,
        scope: Scope,
        kind: &str,
        record: Uuid,
        field: &str,
        value: impl Into<Value>,
    ) -> Result<()> {
        self.edit(
            scope,
            kind,
            record,
            field,
            value.into(),
            Supersede::All,
            None,
        )
    }

    /// Writes a field, replacing exactly these values.
    pub fn settle(
        &mut self,
        scope: Scope,
        kind: &str,
        record: Uuid,
        field: &str,
        value: Value,
        shown: Vec<Dot>,
    ) -> Result<()> {
        let supersedes = Supersede::These(shown);
        self.edit(scope, kind, record, field, value, supersedes, None)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a change")]
    fn edit(
        &mut self,
        scope: Scope,
        kind: &str,
        record: Uuid,
        field: &str,
        value: Value,
        supersedes: Supersede,
        minted: Option<(Seed, u64)>,
    ) -> Result<()> {
        let edit = Edit {
            kind,
            record,
            field,
            value,
            supersedes,
            minted,
        };
        if let Some(written) = self.tx.append(scope, &edit)? {
            let (first, last) = written.into_inner();
            self.wrote.entry(scope).or_insert((first, last)).1 = last;
        }
        Ok(())
    }

    /// Seals and publishes what was written so far, so that what follows in the feed comes after it.
    pub fn publish(&mut self) -> Result<()> {
        self.tx.publish()
    }

    /// Ends the act: signs, publishes, notes who and why, and writes the audit entry.
    pub fn done(mut self, action: &str, object: impl ToString, reason: &str) -> Result<()> {
        let object = object.to_string();
        if !reason.is_empty()
            && let Some(scope) = self.wrote.keys().next().copied()
            && scope
                != (Scope::Office {
                    campaign: scope.campaign(),
                })
        {
            let office = Scope::Office {
                campaign: scope.campaign(),
            };
            let mut ruling = self.fresh()?;
            let note = format!("{action} {object} {}: {reason}", self.actor.user_name);
            self.put(office, "ruling", &mut ruling, "note", note)?;
        }
        let entry = self.tx.audit_head()?.0 + 1;
        for (scope, seqs) in std::mem::take(&mut self.wrote) {
            let act = Act {
                log: self.tx.own_log(scope)?,
                seqs,
                by: self.actor.user_name.clone(),
                reason: reason.to_owned(),
                audit: Some(entry),
            };
            self.tx.put_act(&act)?;
        }
        self.tx.publish()?;
        self.tx.audit(&AuditEntry {
            at_ms: self.now_ms,
            user_name: self.actor.user_name,
            role: self.actor.role,
            action: action.to_owned(),
            object,
            ok: true,
            detail: reason.to_owned(),
        })
    }
}

/// Refuses an empty reason.
pub fn reasoned(reason: &str) -> Result<()> {
    if reason.trim().is_empty() {
        return Err(Code::ReasonRequired.into());
    }
    Ok(())
}
