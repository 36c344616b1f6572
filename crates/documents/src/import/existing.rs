//! What a campaign has already, to check rows against.
//!
//! Invariant: the office is told the row and the column of what the server would refuse. Leaves out: locks and the state
//! of the campaign, which the server checks when the rows come in.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Divisions, SiteKind};

use super::check::Check;
use super::error::Problem;
use super::sheet::Row;

/// What makes a site the same: kind, township, village, number, name.
pub type SiteKey = (
    SiteKind,
    Option<String>,
    Option<String>,
    Option<i64>,
    String,
);

/// What a campaign has already.
#[derive(Clone, Debug, Default)]
pub struct Existing {
    /// Its divisions.
    pub divisions: Divisions,
    /// Numbers of its tour groups.
    pub groups: BTreeSet<i64>,
    /// Codes of the townships that take part, with the number of their group.
    pub townships: BTreeMap<String, Option<i64>>,
    /// Names on the roster.
    pub people: BTreeSet<String>,
    /// Its sites.
    pub sites: BTreeSet<SiteKey>,
}

impl Existing {
    /// The number of a tour group that is there.
    pub(super) fn group<'s>(&self, check: &mut Check<'s>, row: &'s Row, max: i64) -> Option<i64> {
        let number = check.int(row, "group", 1, max)?;
        if self.groups.contains(&number) {
            return Some(number);
        }
        check.fail(row.number, "group", &Problem::UnknownGroup { number });
        None
    }

    /// A township that takes part, and the group named beside it is its own.
    pub(super) fn township<'s>(
        &self,
        check: &mut Check<'s>,
        row: &'s Row,
        group: Option<i64>,
    ) -> Option<String> {
        let code = check.township(row, "township_code", &self.divisions)?;
        match (self.townships.get(&code), group) {
            (None, _) => {
                let township = code.clone();
                check.fail(
                    row.number,
                    "township_code",
                    &Problem::NotInTour { township },
                );
            }
            (Some(Some(expected)), Some(number)) if *expected != number => {
                let expected = *expected;
                check.fail(
                    row.number,
                    "group",
                    &Problem::OtherGroup { number, expected },
                );
            }
            _ => {}
        }
        Some(code)
    }
}
