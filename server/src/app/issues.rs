//! The ledger of issues, for pages and programs.
//!
//! Invariant: what is out of the viewer's reach is answered as if it were not there; a unit's login may only report.

use domain::issue::Party;
use protocol::problem::Code;
use uuid::Uuid;

use super::App;
use crate::auth::{Action, Viewer, allows};
use crate::blobs::BlobHash;
use crate::error::Result;
use crate::model::{
    IssueOptions, IssuePage, IssuePair, IssuePatch, IssueQuery, IssueView, NewIssue, PairDecision,
    StepRequest,
};
use crate::services::issues::{self, Change, TownshipCounts};

/// The office, or a unit that has to see to issues.
fn party(viewer: &Viewer) -> Party {
    if allows(viewer.role(), Action::EditIssues) {
        Party::Office
    } else {
        Party::Unit
    }
}

impl App {
    /// A page of the ledger.
    ///
    /// # Errors
    /// `BadRequest` for a filter or cursor that is none, `NotFound` without a campaign.
    pub async fn issues(&self, viewer: &Viewer, query: &IssueQuery) -> Result<IssuePage> {
        let (reach, query) = (viewer.reach.clone(), query.clone());
        self.look(viewer, move |tx, ctx, c| {
            issues::page(tx, ctx, c, &reach, &query)
        })
        .await
    }

    /// What the ledger's filters and forms offer.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn issue_options(&self, viewer: &Viewer) -> Result<IssueOptions> {
        let reach = viewer.reach.clone();
        self.look(viewer, move |tx, ctx, c| {
            issues::options(tx, ctx, c, &reach)
        })
        .await
    }

    /// One issue with its tag.
    ///
    /// # Errors
    /// `NotFound`, also for what is out of reach.
    pub async fn issue(&self, viewer: &Viewer, id: Uuid) -> Result<(IssueView, String)> {
        let (reach, party) = (viewer.reach.clone(), party(viewer));
        self.look(viewer, move |tx, ctx, c| {
            let seen = issues::view(tx, ctx, c, (&reach, party), id)?;
            let tag = issues::etag(&seen)?;
            Ok((seen, tag))
        })
        .await
    }

    /// Changes an issue, moves it on, or both in one act; `expected` are the tags it may have, none: any.
    ///
    /// # Errors
    /// As [`issues::change`].
    pub async fn change_issue(
        &self,
        viewer: &Viewer,
        id: Uuid,
        expected: Option<Vec<String>>,
        patch: &IssuePatch,
        step: Option<&StepRequest>,
    ) -> Result<(IssueView, String)> {
        let (actor, reach, party) = (viewer.actor(), viewer.reach.clone(), party(viewer));
        let (patch, step) = (patch.clone(), step.cloned());
        self.act(viewer, move |tx, ctx, c| {
            let by = Change {
                actor: &actor,
                reach: &reach,
                party,
                expected: expected.as_deref(),
            };
            let seen = issues::change(tx, ctx, c, &by, id, &patch, step.as_ref())?;
            let tag = issues::etag(&seen)?;
            Ok((seen, tag))
        })
        .await
    }

    /// Enters an issue as the office.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub async fn enter_issue(
        &self,
        viewer: &Viewer,
        new: &NewIssue,
    ) -> Result<(IssueView, String)> {
        let (actor, reach, party) = (viewer.actor(), viewer.reach.clone(), party(viewer));
        let new = new.clone();
        self.act(viewer, move |tx, ctx, c| {
            let id = issues::enter(tx, ctx, c, &actor, &new)?;
            let seen = issues::view(tx, ctx, c, (&reach, party), id)?;
            let tag = issues::etag(&seen)?;
            Ok((seen, tag))
        })
        .await
    }

    /// Pairs of issues that may be one, and how many there are.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn issue_pairs(
        &self,
        viewer: &Viewer,
        skip: usize,
        limit: usize,
    ) -> Result<(Vec<IssuePair>, usize)> {
        self.look(viewer, move |tx, ctx, c| {
            issues::suggestions(tx, ctx, c, (skip, limit))
        })
        .await
    }

    /// Writes down what a person says about two issues.
    ///
    /// # Errors
    /// As [`issues::decide`].
    pub async fn decide_issue_pair(&self, viewer: &Viewer, decision: &PairDecision) -> Result<()> {
        let (actor, decision) = (viewer.actor(), decision.clone());
        self.act(viewer, move |tx, ctx, c| {
            issues::decide(tx, ctx, c, &actor, &decision)
        })
        .await
    }

    /// The counts of every township, as recorded and as the ledger gives them.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn issue_counts(&self, viewer: &Viewer) -> Result<Vec<TownshipCounts>> {
        self.look(viewer, |tx, ctx, c| issues::count(tx, ctx, c))
            .await
    }

    /// Takes the ledger's counts over into the townships' records; returns how many changed.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn fill_issue_counts(&self, viewer: &Viewer) -> Result<usize> {
        let actor = viewer.actor();
        self.act(viewer, move |tx, ctx, c| issues::fill(tx, ctx, c, &actor))
            .await
    }

    /// What the numbers of issues begin with.
    ///
    /// # Errors
    /// `NotFound` without a campaign.
    pub async fn number_prefix(&self, viewer: &Viewer) -> Result<String> {
        self.look(viewer, |_, _, c| Ok(c.number_prefix.clone()))
            .await
    }

    /// Says what the numbers of issues begin with from now on. `fits` is asked about what they begin with now.
    ///
    /// # Errors
    /// `Invalid`, and what `fits` says.
    pub async fn set_number_prefix<F>(&self, viewer: &Viewer, prefix: &str, fits: F) -> Result<()>
    where
        F: FnOnce(&str) -> Result<()> + Send + 'static,
    {
        let (actor, prefix) = (viewer.actor(), prefix.to_owned());
        self.act(viewer, move |tx, ctx, c| {
            fits(&c.number_prefix)?;
            issues::set_number_prefix(tx, ctx, c, &actor, &prefix)
        })
        .await
    }

    /// Whether a photo belongs to an issue that the viewer may see, or to one merged into it.
    ///
    /// # Errors
    /// `NotFound`, also for what is out of reach.
    pub async fn issue_photo(&self, viewer: &Viewer, id: Uuid, hash: BlobHash) -> Result<()> {
        let (seen, _) = self.issue(viewer, id).await?;
        let named = format!("sha256:{hash}");
        let mut all = seen.photo_list.iter();
        let known = all.any(|p| [&p.thumbnail, &p.stored].contains(&&Some(named.clone())));
        known.then_some(()).ok_or_else(|| Code::BlobMissing.into())
    }
}
