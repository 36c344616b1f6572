//! Typed ids, and the ids that are derived so that two devices that mean the same thing write to one record.
//!
//! A derived id is the UUIDv5 in [`NAMESPACE`] over the campaign's 16 bytes followed by the parts: an id as its
//! 16 bytes, a code as UTF-8, a version as 4 bytes big-endian.
//!
//! Invariant: a derivation never changes; records of finished campaigns are found by it. Two kinds may share an id
//! (a division and its tour township do): a record is named by kind and id.
//! Leaves out: minting of v7 ids, which needs a clock and entropy.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Namespace of all derived ids of Guanmo.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x8f1d_2c6e_5b7a_4e39_9a04_67a2_c3d8_11f5);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// A campaign.
    CampaignId;
    /// A tour group.
    GroupId;
    /// An account: an observer, a lead, a member of the office.
    AccountId;
    /// A site.
    SiteId;
    /// One author's sheet for one site.
    SheetId;
    /// One group's facts about a site.
    SiteFactsId;
    /// A township in a tour.
    TourTownshipId;
    /// A division.
    DivisionId;
    /// One version of a checklist.
    ChecklistId;
    /// An issue.
    IssueId;
    /// A photo.
    PhotoId;
}

fn derive(campaign: CampaignId, parts: &[&[u8]]) -> Uuid {
    let mut name = campaign.0.as_bytes().to_vec();
    parts.iter().for_each(|part| name.extend_from_slice(part));
    Uuid::new_v5(&NAMESPACE, &name)
}

impl SheetId {
    /// The sheet of an author for a site.
    pub fn derive(campaign: CampaignId, site: SiteId, author: AccountId) -> Self {
        Self(derive(campaign, &[site.0.as_bytes(), author.0.as_bytes()]))
    }
}

impl SiteFactsId {
    /// The facts a group enters about a site.
    pub fn derive(campaign: CampaignId, site: SiteId, group: GroupId) -> Self {
        Self(derive(campaign, &[site.0.as_bytes(), group.0.as_bytes()]))
    }
}

impl TourTownshipId {
    /// A township of the tour by its code.
    pub fn derive(campaign: CampaignId, code: &str) -> Self {
        Self(derive(campaign, &[code.as_bytes()]))
    }
}

impl DivisionId {
    /// A division by its code.
    pub fn derive(campaign: CampaignId, code: &str) -> Self {
        Self(derive(campaign, &[code.as_bytes()]))
    }
}

impl ChecklistId {
    /// A version of a checklist.
    pub fn derive(campaign: CampaignId, code: &str, version: u32) -> Self {
        Self(derive(campaign, &[code.as_bytes(), &version.to_be_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMPAIGN: CampaignId = CampaignId(Uuid::from_u128(1));

    #[test]
    fn derived_ids_never_change() {
        let site = SiteId(Uuid::from_u128(2));
        let sheet = SheetId::derive(CAMPAIGN, site, AccountId(Uuid::from_u128(3)));
        let facts = SiteFactsId::derive(CAMPAIGN, site, GroupId(Uuid::from_u128(4)));
        let division = DivisionId::derive(CAMPAIGN, "640422215");
        let checklist = ChecklistId::derive(CAMPAIGN, "village_demo", 1);
        assert_eq!(sheet.to_string(), "23313b80-bfba-5544-9307-826e0d4c4786");
        assert_eq!(facts.to_string(), "17c1c04d-1110-5ee1-b842-a1ff3b4063ca");
        assert_eq!(division.to_string(), "8563173b-66d8-5590-a451-6a19822556ba");
        assert_eq!(
            checklist.to_string(),
            "102fc535-ff78-5c9a-aba9-153e6480333f"
        );
    }

    #[test]
    fn other_parts_give_another_id() {
        let one = ChecklistId::derive(CAMPAIGN, "a", 1);
        assert_ne!(one, ChecklistId::derive(CAMPAIGN, "a", 2));
        assert_ne!(
            one,
            ChecklistId::derive(CampaignId(Uuid::from_u128(2)), "a", 1)
        );
        let township = TourTownshipId::derive(CAMPAIGN, "640422215");
        assert_eq!(township.0, DivisionId::derive(CAMPAIGN, "640422215").0);
    }
}
