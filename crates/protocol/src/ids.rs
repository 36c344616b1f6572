//! How record ids are made.
//!
//! Invariant: ids never depend on (device, epoch, seq), because a phone restored from a copy would mint another
//! record's id again. Leaves out: entropy, which the caller brings.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The seed one run of the app draws before its first new record.
pub type Seed = [u8; 16];

/// The `n`-th id of a run: UUIDv7 whose time is that of the record's first change and whose free bits come from
/// SHA-256(`"guanmo id v1"` ‖ seed ‖ n as 8 bytes big endian).
pub fn mint(seed: &Seed, n: u64, at_ms: i64) -> Uuid {
    let hash = Sha256::new()
        .chain_update(b"guanmo id v1")
        .chain_update(seed)
        .chain_update(n.to_be_bytes())
        .finalize();
    let mut free = [0u8; 10];
    free.copy_from_slice(&hash[..10]);
    uuid::Builder::from_unix_timestamp_millis(at_ms.max(0) as u64, &free).into_uuid()
}

/// An id derived from a name space and one id in it: UUIDv5(`ns`; the 16 bytes of `of`).
pub fn derived(ns: Uuid, of: Uuid) -> Uuid {
    Uuid::new_v5(&ns, of.as_bytes())
}

/// An id derived from a campaign and a code: UUIDv5(`campaign`; kind ‖ `":"` ‖ code).
pub fn coded(campaign: Uuid, kind: &str, code: &str) -> Uuid {
    Uuid::new_v5(&campaign, format!("{kind}:{code}").as_bytes())
}

/// The sheet of `author` for `site`: the same on every phone of that author.
pub fn sheet(campaign: Uuid, site: Uuid, author: Uuid) -> Uuid {
    derived(crate::Scope::Sealed { campaign, author }.id(), site)
}

/// What the phones of `group` note about `site`.
pub fn site_facts(campaign: Uuid, site: Uuid, group: Uuid) -> Uuid {
    derived(crate::Scope::Group { campaign, group }.id(), site)
}

/// The record of a township in a campaign.
pub fn tour_township(campaign: Uuid, code: &str) -> Uuid {
    coded(campaign, "township", code)
}

/// The record of a division in a campaign.
pub fn division(campaign: Uuid, code: &str) -> Uuid {
    coded(campaign, "division", code)
}

/// The record of a checklist version in a campaign.
pub fn checklist(campaign: Uuid, code: &str, version: i64) -> Uuid {
    coded(campaign, "checklist", &format!("{code}/{version}"))
}
