//! The console's reads and actions on the current campaign.

use std::sync::Arc;

use async_trait::async_trait;
use protocol::problem::Code;
use uuid::Uuid;

use super::App;
use crate::blobs::BlobHash;
use crate::console::data::{ConsoleData, DataError, DataResult, Viewer};
use crate::console::model::*;
use crate::error::{Error, Result};
use crate::services::campaign::Campaign;
use crate::services::conflicts::Decision;
use crate::services::office::Actor;
use crate::services::sync::Context;
use crate::services::{board, conflicts, devices, held, lock, people, ranking, records, shown};
use crate::store::Tx;

impl From<Error> for DataError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self {
                code: refusal.code,
                detail: refusal.detail,
            },
            other => {
                tracing::error!(error = %other, "a page failed");
                Code::Internal.into()
            }
        }
    }
}

fn actor(viewer: &Viewer) -> Actor {
    Actor::new(viewer.user_name.clone(), viewer.role.word())
}

impl App {
    /// Reads from the current campaign.
    async fn look<T, F>(&self, job: F) -> DataResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Tx, &Context, &Campaign) -> Result<T> + Send + 'static,
    {
        let done = self
            .read(move |tx, ctx| {
                let c = ctx.cache.current(tx)?;
                let c = c.ok_or_else(|| Error::from(Code::NotFound))?;
                job(tx, ctx, &c)
            })
            .await;
        Ok(done?)
    }

    /// Acts on the current campaign.
    async fn act<T, F>(&self, job: F) -> DataResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Tx, &Context, &Arc<Campaign>) -> Result<T> + Send + 'static,
    {
        let done = self
            .write(move |tx, ctx| {
                let c = ctx.cache.current(tx)?;
                let c = c.ok_or_else(|| Error::from(Code::NotFound))?;
                job(tx, ctx, &c)
            })
            .await;
        Ok(done?)
    }
}

fn check(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, group: Uuid) -> Result<LockCheck> {
    let found = c.group(group).ok_or(Code::NotFound)?;
    let here = |hash: &[u8; 32]| {
        let hash = BlobHash::from_bytes(*hash);
        matches!(ctx.blobs.finished_size(hash), Ok(Some(_)))
    };
    let lacks = lock::missing(tx, c, group, &here)?;
    Ok(LockCheck {
        group: shown::group_head(found),
        missing: board::missing_of(tx, ctx, c, group)?,
        unsettled: conflicts::all(tx, ctx, c, Some(group))?,
        drafts: records::drafts(tx, ctx, c, group)?,
        held: held::open_of(tx, c, group)?,
        shown: lacks.shown(),
        done: done(tx, c, group)?,
    })
}

fn done(tx: &mut dyn Tx, c: &Campaign, group: Uuid) -> Result<Option<LockDone>> {
    let Some(found) = c.group(group).filter(|g| g.locked) else {
        return Ok(None);
    };
    let Some(set) = lock::closing_set(tx, c, group, found.version)? else {
        return Ok(None);
    };
    let counted = lock::latest(tx, c, group)?;
    let sheets = counted.map_or(0, |body| {
        let own = body.input.sheets.iter().filter(|s| s.group == found.number);
        own.count()
    });
    let name = |site: &Uuid| {
        let site = c.sites.get(site);
        site.map_or_else(String::new, |s| s.name.clone())
    };
    Ok(Some(LockDone {
        version: found.version,
        at_ms: found.locked_at_ms,
        result_hash: found.result_hash.clone().unwrap_or_default(),
        sheets_counted: sheets as u32,
        left_out: set
            .left_out
            .iter()
            .map(|l| {
                (
                    l.sheet,
                    name(&l.site),
                    c.account_name(l.author),
                    l.reason.clone(),
                )
            })
            .collect(),
        reason: set.reason,
    }))
}

#[async_trait]
impl ConsoleData for App {
    async fn campaign(&self) -> DataResult<Option<CampaignHead>> {
        let c = self.current_campaign().await?;
        Ok(c.map(|c| CampaignHead {
            name: c.name.clone(),
            dates: c.dates.clone(),
            state: c.state.clone(),
            proposal_checklists: c
                .checklists
                .values()
                .any(|e| e.checklist.status == domain::builtin::checklist_status()),
        }))
    }

    async fn board(&self, _viewer: &Viewer) -> DataResult<Board> {
        self.look(|tx, ctx, c| board::board(tx, ctx, c)).await
    }

    async fn filter_options(&self, _viewer: &Viewer) -> DataResult<FilterOptions> {
        self.look(|_, _, c| Ok(records::options(c))).await
    }

    async fn records(&self, _viewer: &Viewer, filter: &RecordFilter) -> DataResult<RecordPage> {
        let filter = filter.clone();
        self.look(move |tx, ctx, c| records::page(tx, ctx, c, &filter))
            .await
    }

    async fn record(&self, _viewer: &Viewer, id: Uuid) -> DataResult<RecordView> {
        self.look(move |tx, ctx, c| records::one(tx, ctx, c, id))
            .await
    }

    async fn settle(&self, viewer: &Viewer, order: &Settlement) -> DataResult<()> {
        let (actor, order) = (actor(viewer), order.clone());
        self.act(move |tx, ctx, c| {
            let dots = order.shown.iter().map(|dot| shown::parse_dot(dot));
            let dots: Option<Vec<_>> = dots.collect();
            let entry = records::entry(tx, c, order.record)?;
            if shown::is_sealed(c, &entry) {
                return Err(Code::Forbidden.into());
            }
            let decision = Decision {
                value: conflicts::chosen(tx, c, order.record, &order.field, &order.choice)?,
                record: order.record,
                field: order.field,
                shown: dots.ok_or_else(|| Error::from(Code::BadRequest))?,
                reason: order.reason,
            };
            conflicts::settle(tx, ctx, &actor, &decision)
        })
        .await
    }

    async fn conflicts(&self, _viewer: &Viewer) -> DataResult<Vec<ConflictRow>> {
        self.look(|tx, ctx, c| conflicts::all(tx, ctx, c, None))
            .await
    }

    async fn groups(&self, _viewer: &Viewer) -> DataResult<Vec<GroupHead>> {
        self.look(|_, _, c| Ok(c.groups.iter().map(shown::group_head).collect()))
            .await
    }

    async fn lock_check(&self, _viewer: &Viewer, group: Uuid) -> DataResult<LockCheck> {
        self.look(move |tx, ctx, c| check(tx, ctx, c, group)).await
    }

    async fn lock(&self, viewer: &Viewer, order: &LockOrder) -> DataResult<LockDone> {
        let (actor, order) = (actor(viewer), order.clone());
        self.act(move |tx, ctx, c| {
            let found = c.group(order.group).ok_or(Code::NotFound)?;
            if found.locked {
                return Err(Code::Locked.into());
            }
            let here = |hash: &[u8; 32]| {
                let hash = BlobHash::from_bytes(*hash);
                matches!(ctx.blobs.finished_size(hash), Ok(Some(_)))
            };
            let lacks = lock::missing(tx, c, order.group, &here)?;
            if lacks.shown() != order.shown {
                return Err(Code::Conflict.into());
            }
            let reason = order.reason.as_deref().map(str::trim);
            let reason = reason.filter(|r| !r.is_empty());
            if !lacks.is_empty() && reason.is_none() {
                return Err(Code::ReasonRequired.into());
            }
            lock::lock(tx, ctx.cache, &actor, c.id, order.group, reason, ctx.now_ms)?;
            let c = ctx.cache.campaign(tx, c.id)?;
            let done = done(tx, &c, order.group)?;
            done.ok_or_else(|| Error::storage("a lock that was just made is not there"))
        })
        .await
    }

    async fn ranking(&self, _viewer: &Viewer) -> DataResult<Ranking> {
        self.look(|tx, _, c| ranking::ranking(tx, c)).await
    }

    async fn explain(&self, _viewer: &Viewer, code: &str) -> DataResult<Explanation> {
        let code = code.to_owned();
        self.look(move |tx, _, c| ranking::explain(tx, c, &code))
            .await
    }

    async fn held(&self, _viewer: &Viewer) -> DataResult<Vec<HeldEntry>> {
        self.look(|tx, _, c| held::all(tx, c)).await
    }

    async fn decide_held(&self, viewer: &Viewer, decision: &HeldDecision) -> DataResult<()> {
        let (actor, d) = (actor(viewer), decision.clone());
        let id = Uuid::try_parse(&d.id).map_err(|_| DataError::from(Code::NotFound))?;
        self.act(move |tx, ctx, _| held::decide(tx, ctx, &actor, id, d.accept, &d.reason))
            .await
    }

    async fn people(&self, _viewer: &Viewer) -> DataResult<Vec<Person>> {
        self.look(|tx, _, c| people::people(tx, c)).await
    }

    async fn revoke_device(&self, viewer: &Viewer, device: Uuid, reason: &str) -> DataResult<()> {
        let (actor, reason) = (actor(viewer), reason.to_owned());
        self.act(move |tx, ctx, _| {
            devices::revoke(tx, ctx.cache, &actor, device, &reason, ctx.now_ms)
        })
        .await
    }
}
