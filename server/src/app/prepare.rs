//! Preparing and steering a campaign.

use domain::Division;
use uuid::Uuid;

use super::App;
use crate::error::Result;
use crate::services::campaign::{
    self, AccountChange, NewAccount, NewCampaign, NewGroup, NewSite, NewTownship,
};
use crate::services::office::Actor;
use crate::services::prepare::readiness;

impl App {
    /// Makes a campaign and makes it the current one.
    ///
    /// # Errors
    /// `Invalid`.
    pub async fn create_campaign(&self, actor: &Actor, new: NewCampaign) -> Result<Uuid> {
        let actor = actor.clone();
        self.write(move |tx, ctx| campaign::create(tx, &actor, &new, ctx.now_ms))
            .await
    }

    /// Adds divisions; returns how many.
    ///
    /// # Errors
    /// `Frozen`, `Invalid`; nothing is half-imported.
    pub async fn add_divisions(
        &self,
        actor: &Actor,
        id: Uuid,
        rows: Vec<Division>,
    ) -> Result<usize> {
        let actor = actor.clone();
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::add_divisions(tx, &actor, &c, &rows, ctx.now_ms)
        })
        .await
    }

    /// Adds checklist versions from their JSON, all or none; returns their records.
    ///
    /// # Errors
    /// `Frozen`, `Invalid`.
    pub async fn add_checklists(
        &self,
        actor: &Actor,
        id: Uuid,
        files: Vec<String>,
    ) -> Result<Vec<Uuid>> {
        let actor = actor.clone();
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::add_checklists(tx, &actor, &c, &files, ctx.now_ms)
        })
        .await
    }

    /// Writes down what the office knows of sites before the tour: site, field of `site_facts`, text.
    ///
    /// # Errors
    /// `Invalid` naming the row.
    pub async fn set_site_facts(
        &self,
        actor: &Actor,
        id: Uuid,
        rows: Vec<(Uuid, String, String)>,
    ) -> Result<usize> {
        let actor = actor.clone();
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::set_site_facts(tx, &actor, &c, &rows, ctx.now_ms)
        })
        .await
    }

    /// Makes tour groups; returns their records in the order of `rows`.
    ///
    /// # Errors
    /// `Frozen`, `Invalid`.
    pub async fn set_groups(
        &self,
        actor: &Actor,
        id: Uuid,
        rows: Vec<NewGroup>,
    ) -> Result<Vec<Uuid>> {
        let actor = actor.clone();
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::set_groups(tx, &actor, &c, &rows, ctx.now_ms)
        })
        .await
    }

    /// Puts townships into groups.
    ///
    /// # Errors
    /// `Frozen`, `Invalid` naming the row.
    pub async fn assign_townships(
        &self,
        actor: &Actor,
        id: Uuid,
        rows: Vec<NewTownship>,
    ) -> Result<usize> {
        let actor = actor.clone();
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::assign_townships(tx, &actor, &c, &rows, ctx.now_ms)
        })
        .await
    }

    /// Adds people to the roster; returns their accounts in the order of `rows`.
    ///
    /// # Errors
    /// `Frozen`, `Locked`, `Invalid` naming the row.
    pub async fn add_accounts(
        &self,
        actor: &Actor,
        id: Uuid,
        rows: Vec<NewAccount>,
    ) -> Result<Vec<Uuid>> {
        let actor = actor.clone();
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::add_accounts(tx, &actor, &c, &rows, ctx.now_ms)
        })
        .await
    }

    /// Adds sites; returns their records in the order of `rows`.
    ///
    /// # Errors
    /// `Frozen`, `Locked`, `Invalid` naming the row.
    pub async fn add_sites(
        &self,
        actor: &Actor,
        id: Uuid,
        rows: Vec<NewSite>,
    ) -> Result<Vec<Uuid>> {
        let actor = actor.clone();
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::add_sites(tx, &actor, &c, &rows, ctx.now_ms)
        })
        .await
    }

    /// Starts a campaign.
    ///
    /// # Errors
    /// `Frozen`, `NotReady` naming what is missing.
    pub async fn start_campaign(&self, actor: &Actor, id: Uuid) -> Result<()> {
        let actor = actor.clone();
        self.write(move |tx, ctx| readiness::start(tx, &actor, ctx.cache, id, ctx.now_ms))
            .await
    }

    /// Changes somebody's place in the roster (substitutes), with a reason.
    ///
    /// # Errors
    /// `NotFound`, `ReasonRequired`, `Locked`, `Invalid`.
    pub async fn change_account(
        &self,
        actor: &Actor,
        id: Uuid,
        account: Uuid,
        change: AccountChange,
        reason: &str,
    ) -> Result<()> {
        let (actor, reason) = (actor.clone(), reason.to_owned());
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::change_account(tx, &actor, &c, account, &change, &reason, ctx.now_ms)
        })
        .await
    }

    /// Rules that somebody must not score a township; returns the ruling's record.
    ///
    /// # Errors
    /// `NotFound`, `ReasonRequired`, `Locked`.
    pub async fn recuse(
        &self,
        actor: &Actor,
        id: Uuid,
        account: Uuid,
        township: &str,
        reason: &str,
    ) -> Result<Uuid> {
        let (actor, township, reason) = (actor.clone(), township.to_owned(), reason.to_owned());
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            let who = (account, township.as_str());
            campaign::recuse(tx, &actor, &c, who, &reason, ctx.now_ms)
        })
        .await
    }

    /// Strikes a site (or takes the strike back), with a reason.
    ///
    /// # Errors
    /// `NotFound`, `ReasonRequired`, `Locked`.
    pub async fn strike_site(
        &self,
        actor: &Actor,
        id: Uuid,
        site: Uuid,
        strike: bool,
        reason: &str,
    ) -> Result<()> {
        let (actor, reason) = (actor.clone(), reason.to_owned());
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::strike_site(tx, &actor, &c, site, strike, &reason, ctx.now_ms)
        })
        .await
    }

    /// Writes down a township's issues: due, of those closed, overdue.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`, `Locked`.
    pub async fn set_ledger(
        &self,
        actor: &Actor,
        id: Uuid,
        township: &str,
        counts: (i64, i64, i64),
    ) -> Result<()> {
        let (actor, township) = (actor.clone(), township.to_owned());
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::set_ledger(tx, &actor, &c, &township, counts, ctx.now_ms)
        })
        .await
    }

    /// Writes down a veto finding: vetoed, and notices so far.
    ///
    /// # Errors
    /// `NotFound`, `ReasonRequired`, `Locked`.
    pub async fn set_veto(
        &self,
        actor: &Actor,
        id: Uuid,
        township: &str,
        veto: (bool, i64),
        reason: &str,
    ) -> Result<()> {
        let (actor, township) = (actor.clone(), township.to_owned());
        let reason = reason.to_owned();
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            campaign::set_veto(tx, &actor, &c, &township, veto, &reason, ctx.now_ms)
        })
        .await
    }
}
