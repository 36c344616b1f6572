//! Looking at a campaign, and acting on it: the one the viewer chose, else the current one.
//!
//! Invariant: one transaction each; a viewer sees nothing beyond his reach. Leaves out: the topics' own methods.

use std::sync::Arc;

use protocol::problem::Code;
use uuid::Uuid;

use super::App;
use crate::auth::{Action, On, Viewer, allows};
use crate::error::{Error, Result};
use crate::model::{Board, CampaignHead, FilterOptions, GroupHead};
use crate::services::campaign::{Campaign, Group};
use crate::services::sync::Context;
use crate::services::units::Divisions;
use crate::services::{board, records, shown};
use crate::store::Tx;

/// The campaign a viewer looks at.
fn chosen(tx: &mut dyn Tx, ctx: &Context, viewer: &Viewer) -> Result<Option<Arc<Campaign>>> {
    match viewer.campaign {
        Some(id) => ctx.cache.campaign(tx, id).map(Some),
        None => ctx.cache.current(tx),
    }
}

impl App {
    /// Reads from the campaign a viewer looks at.
    ///
    /// # Errors
    /// `NotFound` if there is none, and the job's.
    pub(crate) async fn look<T, F>(&self, viewer: &Viewer, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Tx, &Context, &Campaign) -> Result<T> + Send + 'static,
    {
        let viewer = viewer.clone();
        self.read(move |tx, ctx| {
            let c = chosen(tx, ctx, &viewer)?;
            job(tx, ctx, &*c.ok_or(Code::NotFound)?)
        })
        .await
    }

    /// The divisions of the campaign a viewer looks at; before there is one, those that come with the program.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn divisions(&self, viewer: &Viewer) -> Result<Divisions> {
        let found = self.look(viewer, |_, _, c| Ok(c.divisions.clone())).await;
        match found {
            Err(Error::Refused(r)) if r.code == Code::NotFound => {
                let all = domain::builtin::divisions().iter();
                Ok(all.map(|d| (d.code.clone(), d.clone())).collect())
            }
            other => other,
        }
    }

    /// Acts on the campaign a viewer looks at.
    ///
    /// # Errors
    /// `NotFound` if there is none, and the job's.
    pub(crate) async fn act<T, F>(&self, viewer: &Viewer, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Tx, &Context, &Arc<Campaign>) -> Result<T> + Send + 'static,
    {
        let viewer = viewer.clone();
        self.write(move |tx, ctx| {
            let c = chosen(tx, ctx, &viewer)?;
            job(tx, ctx, &c.ok_or(Code::NotFound)?)
        })
        .await
    }

    /// Name and state of the campaign looked at; none before one was made.
    ///
    /// # Errors
    /// The database's.
    pub async fn campaign_head(&self, viewer: &Viewer) -> Result<Option<CampaignHead>> {
        let viewer = viewer.clone();
        let found = self.read(move |tx, ctx| chosen(tx, ctx, &viewer)).await;
        let c = match found {
            // Wiped or never there: the page then offers the list of campaigns.
            Err(Error::Refused(r)) if r.code == Code::NotFound => None,
            other => other?,
        };
        Ok(c.map(|c| CampaignHead {
            id: c.id,
            name: c.name.clone(),
            dates: c.dates.clone(),
            state: c.state.clone(),
            rehearsal: c.rehearsal,
            proposal_checklists: c
                .checklists
                .values()
                .any(|e| e.checklist.status == domain::builtin::checklist_status()),
        }))
    }

    /// The live board: one row per township, then one per group for the county town; within the viewer's reach.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn board(&self, viewer: &Viewer) -> Result<Board> {
        let reach = viewer.reach.clone();
        let with_scores = allows(viewer.login.role, Action::ViewRanking);
        self.look(viewer, move |tx, ctx, c| {
            let wanted = |group: Option<Uuid>| {
                let group = group.and_then(|id| c.group(id)).map(|g| g.number);
                reach.covers(On { group, units: &[] })
            };
            let mut board = board::board(tx, ctx, c, &wanted, with_scores)?;
            board.rows.retain(|row| {
                let code = row.code.as_deref();
                reach.covers(On {
                    group: row.group.as_ref().map(|g| g.number),
                    units: code.as_slice(),
                })
            });
            Ok(board)
        })
        .await
    }

    /// The lists the filter row of the records page offers.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn filter_options(&self, viewer: &Viewer) -> Result<FilterOptions> {
        self.look(viewer, |_, _, c| Ok(records::options(c))).await
    }

    /// The tour groups, by number.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn groups(&self, viewer: &Viewer) -> Result<Vec<GroupHead>> {
        let reach = viewer.reach.clone();
        self.look(viewer, move |_, _, c| {
            let within = |g: &&Group| {
                let group = Some(g.number);
                reach.covers(On { group, units: &[] })
            };
            Ok(c.groups
                .iter()
                .filter(within)
                .map(shown::group_head)
                .collect())
        })
        .await
    }
}
