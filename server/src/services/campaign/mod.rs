//! The campaign as the registers say: who takes part, what is visited, by which rules.
//!
//! Read once per state of the campaign scope and kept ([`Cache`]); the scope's digest says when it is stale.
//! Invariant: follows from the registers alone. Leaves out: sheets and everything else that phones write.

mod load;
mod prepare;
mod running;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use domain::score::Rules;
use domain::sheet::Form;
use domain::{Checklist, SiteChecklist, SiteKind, TownKind};
use protocol::chain::Hash;
use protocol::digest::Buckets;
use protocol::{Scope, ids};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::store::Tx;
use protocol::problem::Code;

pub(crate) use load::device as load_device;
pub use prepare::{
    NewAccount, NewCampaign, NewGroup, NewSite, NewTownship, Origin, add_accounts, add_checklists,
    add_divisions, add_sites, assign_townships, create, make, set_groups, set_site_facts,
};
pub use running::{AccountChange, change_account, recuse, set_ledger, set_veto, strike_site};

/// What the numbers of issues begin with unless the office says otherwise.
pub const NUMBER_PREFIX: &str = "西整";

/// A tour group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its record.
    pub id: Uuid,
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Version of its last lock, 0 if it never was locked.
    pub version: i64,
    /// True after its lock.
    pub locked: bool,
    /// When, ms UTC.
    pub locked_at_ms: i64,
    /// Result hash, hex.
    pub result_hash: Option<String>,
    /// Who leads it, as printed on papers.
    pub lead: Option<String>,
    /// The account that reports its result.
    pub rapporteur: Option<Uuid>,
}

impl Group {
    /// True once a first lock has opened the group's sheets to the office.
    pub fn was_opened(&self) -> bool {
        self.version > 0
    }
}

/// A township in the tour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Township {
    /// Its record.
    pub id: Uuid,
    /// Division code.
    pub code: String,
    /// Group, if it is in one.
    pub group: Option<Uuid>,
    /// True if several groups are named at once.
    pub unclear: bool,
    /// Issues due, of those closed, overdue.
    pub ledger: (i64, i64, i64),
    /// Vetoed, and veto notices.
    pub veto: (bool, i64),
}

/// An account of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its record.
    pub id: Uuid,
    /// Name as printed on papers.
    pub name: String,
    /// Role id.
    pub role: String,
    /// Home unit's code.
    pub home_unit: Option<String>,
    /// Group.
    pub group: Option<Uuid>,
    /// Form it fills.
    pub form: Form,
    /// False once taken off.
    pub active: bool,
    /// The substitute who goes on instead, since when (ms UTC), and why. Sheets submitted before stay his and count.
    pub replaced: Option<(Uuid, i64, String)>,
}

/// A device as its record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its record.
    pub id: Uuid,
    /// Account.
    pub account: Uuid,
    /// Public key.
    pub key: [u8; 32],
    /// Name.
    pub name: String,
    /// When it enrolled.
    pub enrolled_at_ms: i64,
    /// When and why it was revoked.
    pub revoked: Option<(i64, String)>,
    /// When and by whom its fingerprint was compared with what the phone shows.
    pub confirmed: Option<(i64, String)>,
    /// How often the office reset its PIN.
    pub pin_resets: i64,
}

/// A site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its record.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: SiteKind,
    /// Kind of town site.
    pub town_kind: Option<TownKind>,
    /// Township code; none for a town site.
    pub township: Option<String>,
    /// Village code.
    pub village: Option<String>,
    /// Number of a slot chosen on the spot.
    pub slot: Option<i64>,
    /// Latitude and longitude in 1e-7 degree.
    pub place_e7: Option<(i64, i64)>,
    /// Group that visits it; none: every group.
    pub group: Option<Uuid>,
    /// Order of the route.
    pub order: i64,
    /// Chosen by the township.
    pub nominated: bool,
    /// Why it was struck.
    pub struck: Option<String>,
}

/// A ruling that keeps somebody from scoring a township.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recusal {
    /// Account.
    pub account: Uuid,
    /// Township code.
    pub township: String,
}

/// A checklist version with its forms for every kind of site.
#[derive(Clone, Debug)]
pub struct ChecklistEntry {
    /// Its record.
    pub id: Uuid,
    /// SHA-256 of the stored body, hex.
    pub hash: String,
    /// The checklist.
    pub checklist: Arc<Checklist>,
    forms: HashMap<(SiteKind, Option<TownKind>), Arc<SiteChecklist>>,
}

impl ChecklistEntry {
    /// As it applies to a site, if it does.
    pub fn for_site(&self, site: &Site) -> Option<&Arc<SiteChecklist>> {
        self.forms.get(&(site.kind, site.town_kind))
    }
}

/// A campaign.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// Its record.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// `tour`, `monthly`, `spot`.
    pub tour_kind: String,
    /// 试填: a rehearsal, which may be wiped.
    pub rehearsal: bool,
    /// The campaign its preparation was copied from.
    pub cloned_from: Option<Uuid>,
    /// Until when townships may nominate (ms UTC; none: not open), and how many villages each.
    pub nominations: (Option<i64>, i64),
    /// First and last day.
    pub dates: Option<(String, String)>,
    /// `preparing`, `running`, `closed`, `archived`.
    pub state: String,
    /// Rules.
    pub rules: Rules,
    /// SHA-256 of the rules as stored, hex.
    pub rules_hash: String,
    /// SHA-256 of every version of the rules since the start, hex: earlier results name theirs.
    pub rules_hashes: Vec<String>,
    /// True if sheets live in the group scope.
    pub sheets_open: bool,
    /// What the numbers of its issues begin with.
    pub number_prefix: String,
    /// Division names by code.
    pub divisions: BTreeMap<String, domain::Division>,
    /// By number.
    pub groups: Vec<Group>,
    /// By code.
    pub townships: BTreeMap<String, Township>,
    /// The roster.
    pub accounts: HashMap<Uuid, Account>,
    /// Devices.
    pub devices: HashMap<Uuid, Device>,
    /// Sites.
    pub sites: HashMap<Uuid, Site>,
    /// Sites in route order.
    pub route: Vec<Uuid>,
    /// Rulings in force.
    pub recusals: Vec<Recusal>,
    /// By code and version.
    pub checklists: BTreeMap<(String, i64), ChecklistEntry>,
}

impl Campaign {
    /// Its configuration's scope.
    pub fn scope(&self) -> Scope {
        Scope::Campaign { campaign: self.id }
    }

    /// Scope of a group.
    pub fn group_scope(&self, group: Uuid) -> Scope {
        Scope::Group {
            campaign: self.id,
            group,
        }
    }

    /// Scope of an author's sheets.
    pub fn sealed_scope(&self, author: Uuid) -> Scope {
        Scope::Sealed {
            campaign: self.id,
            author,
        }
    }

    /// Scope of the office.
    pub fn office_scope(&self) -> Scope {
        Scope::Office { campaign: self.id }
    }

    /// A group.
    pub fn group(&self, id: Uuid) -> Option<&Group> {
        self.groups.iter().find(|g| g.id == id)
    }

    /// Group of an account.
    pub fn group_of(&self, account: Uuid) -> Option<&Group> {
        self.group(self.accounts.get(&account)?.group?)
    }

    /// Name of an account.
    pub fn account_name(&self, account: Uuid) -> String {
        let found = self.accounts.get(&account);
        found.map_or_else(String::new, |a| a.name.clone())
    }

    /// Name of a township.
    pub fn township_name(&self, code: &str) -> String {
        let found = self.divisions.get(code);
        found.map_or_else(|| code.to_owned(), |d| d.label().to_owned())
    }

    /// The group a site is scored by; none: every group.
    pub fn group_of_site(&self, site: &Site) -> Option<Uuid> {
        match &site.township {
            Some(code) => self.townships.get(code).and_then(|t| t.group),
            None => site.group,
        }
    }

    /// True if an account must not score a site: its own township, or a ruling.
    pub fn is_recused(&self, account: Uuid, site: &Site) -> bool {
        let Some(code) = &site.township else {
            return false;
        };
        let home = self
            .accounts
            .get(&account)
            .and_then(|a| a.home_unit.as_deref());
        // A home unit may be a village of the township.
        home.is_some_and(|h| h == code || h.starts_with(code.as_str()))
            || self
                .recusals
                .iter()
                .any(|r| r.account == account && r.township == *code)
    }

    /// Accounts whose sheet a site waits for, in one group, by name.
    pub fn expected(&self, site: &Site, group: Uuid) -> Vec<&Account> {
        let mut list: Vec<&Account> = self
            .accounts
            .values()
            .filter(|a| a.active && a.group == Some(group) && a.role == "observer")
            .filter(|a| !self.is_recused(a.id, site))
            .collect();
        list.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        list
    }

    /// Sites a group visits, in route order: its townships' and those every group visits. Struck ones too.
    pub fn sites_of(&self, group: Uuid) -> impl Iterator<Item = &Site> {
        self.route
            .iter()
            .filter_map(|id| self.sites.get(id))
            .filter(move |s| match self.group_of_site(s) {
                Some(g) => g == group,
                None => s.township.is_none(),
            })
    }

    /// A checklist as it applies to a site.
    pub fn checklist(&self, code: &str, version: i64, site: &Site) -> Option<&Arc<SiteChecklist>> {
        self.checklists
            .get(&(code.to_owned(), version))?
            .for_site(site)
    }

    /// The latest checklist for a site.
    pub fn checklist_for(&self, site: &Site) -> Option<&ChecklistEntry> {
        let fits = |e: &&ChecklistEntry| e.for_site(site).is_some();
        let own = |e: &&ChecklistEntry| e.checklist.site_kind == Some(site.kind);
        let all: Vec<&ChecklistEntry> = self.checklists.values().filter(fits).collect();
        let named = all.iter().rev().find(|e| own(e));
        named.or(all.last()).copied()
    }

    /// Refuses unless the campaign is being prepared.
    pub fn must_prepare(&self) -> Result<()> {
        if self.state == "preparing" {
            return Ok(());
        }
        Err(Code::Frozen.into())
    }

    /// Id of the record of a township.
    pub fn township_record(&self, code: &str) -> Uuid {
        ids::tour_township(self.id, code)
    }
}

/// Campaigns as read from one state of their registers.
#[derive(Default)]
pub struct Cache {
    campaigns: Mutex<HashMap<Uuid, (Buckets, Arc<Campaign>)>>,
    checklists: Mutex<HashMap<Hash, ChecklistEntry>>,
}

impl Cache {
    /// A campaign as this transaction sees it.
    ///
    /// # Errors
    /// `NotFound` if there is none of that id.
    pub fn campaign(&self, tx: &mut dyn Tx, id: Uuid) -> Result<Arc<Campaign>> {
        let digest = tx.digest(Scope::Campaign { campaign: id })?;
        let known = || {
            self.campaigns
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some((at, campaign)) = known().get(&id)
            && *at == digest
        {
            return Ok(Arc::clone(campaign));
        }
        let campaign = load::campaign(tx, id, &self.checklists)?;
        let campaign = Arc::new(campaign.ok_or_else(|| Error::from(Code::NotFound))?);
        known().insert(id, (digest, Arc::clone(&campaign)));
        Ok(campaign)
    }

    /// Forgets a campaign that was wiped.
    pub fn forget(&self, id: Uuid) {
        let mut known = self
            .campaigns
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.remove(&id);
    }

    /// The current campaign: the one made last, or chosen since.
    pub fn current(&self, tx: &mut dyn Tx) -> Result<Option<Arc<Campaign>>> {
        let Some(bytes) = tx.meta("campaign")? else {
            return Ok(None);
        };
        let id = Uuid::from_slice(&bytes).map_err(Error::storage)?;
        self.campaign(tx, id).map(Some)
    }
}
