//! Scopes: who may read what.
//!
//! Invariant: a record belongs to one scope for life. A scope's id is derived from what it is, so that anybody who
//! knows the roster can name every scope of a campaign. Leaves out: which account may read which scope (`server::auth`).

use domain::schema::ScopeClass;
use minicbor::{Decode, Encode};
use uuid::Uuid;

/// A scope of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Configuration; read by every enrolled phone, written by the office.
    Campaign {
        /// The campaign.
        campaign: Uuid,
    },
    /// Shared notes of one tour group.
    Group {
        /// The campaign.
        campaign: Uuid,
        /// The tour group's record id.
        group: Uuid,
    },
    /// One author's sheets.
    Sealed {
        /// The campaign.
        campaign: Uuid,
        /// The account, not the device: a new phone goes on with it.
        author: Uuid,
    },
    /// One author's free text about households.
    Household {
        /// The campaign.
        campaign: Uuid,
        /// The account.
        author: Uuid,
    },
    /// The office's own records.
    Office {
        /// The campaign.
        campaign: Uuid,
    },
}

impl Scope {
    /// The id that logs carry: UUIDv5(campaign; class letter ‖ owner bytes).
    pub fn id(&self) -> Uuid {
        let (letter, campaign, owner) = self.parts();
        let mut name = vec![letter];
        name.extend_from_slice(owner.map_or(&[][..], |o| &o.as_bytes()[..]));
        Uuid::new_v5(&campaign, &name)
    }

    fn parts(&self) -> (u8, Uuid, Option<&Uuid>) {
        match self {
            Scope::Campaign { campaign } => (b'c', *campaign, None),
            Scope::Group { campaign, group } => (b'g', *campaign, Some(group)),
            Scope::Sealed { campaign, author } => (b's', *campaign, Some(author)),
            Scope::Household { campaign, author } => (b'h', *campaign, Some(author)),
            Scope::Office { campaign } => (b'o', *campaign, None),
        }
    }

    /// The campaign.
    pub fn campaign(&self) -> Uuid {
        self.parts().1
    }

    /// The group or author; nil for campaign and office.
    pub fn owner(&self) -> Uuid {
        self.parts().2.copied().unwrap_or_default()
    }

    /// The class, as `domain::schema` uses it.
    pub fn class(&self) -> ScopeClass {
        match self {
            Scope::Campaign { .. } => ScopeClass::Campaign,
            Scope::Group { .. } => ScopeClass::Group,
            Scope::Sealed { .. } => ScopeClass::Sealed,
            Scope::Household { .. } => ScopeClass::Household,
            Scope::Office { .. } => ScopeClass::Office,
        }
    }

    /// The class letter: `c`, `g`, `s`, `h` or `o`.
    pub fn letter(&self) -> u8 {
        self.parts().0
    }

    /// The scope of a class letter, campaign and owner.
    pub fn from_parts(letter: u8, campaign: Uuid, owner: Uuid) -> Option<Self> {
        Some(match letter {
            b'c' => Scope::Campaign { campaign },
            b'g' => Scope::Group {
                campaign,
                group: owner,
            },
            b's' => Scope::Sealed {
                campaign,
                author: owner,
            },
            b'h' => Scope::Household {
                campaign,
                author: owner,
            },
            b'o' => Scope::Office { campaign },
            _ => return None,
        })
    }
}

/// A scope as a reply announces it; the short index stands for it in cursors, `have` and digests.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ScopeInfo {
    /// The short index, as the server numbers its scopes.
    #[n(0)]
    pub index: u32,
    /// Class letter.
    #[n(1)]
    pub letter: u8,
    /// Campaign (16 bytes).
    #[cbor(n(2), with = "minicbor::bytes")]
    pub campaign: [u8; 16],
    /// Group or author, or zeros (16 bytes).
    #[cbor(n(3), with = "minicbor::bytes")]
    pub owner: [u8; 16],
}

impl ScopeInfo {
    /// Announces `scope` under `index`.
    pub fn new(index: u32, scope: Scope) -> Self {
        Self {
            index,
            letter: scope.letter(),
            campaign: scope.campaign().into_bytes(),
            owner: scope.owner().into_bytes(),
        }
    }

    /// The scope, if this version knows the class.
    pub fn scope(&self) -> Option<Scope> {
        Scope::from_parts(
            self.letter,
            Uuid::from_bytes(self.campaign),
            Uuid::from_bytes(self.owner),
        )
    }
}
