//! The result the planned sheets would give, without phone or server: for the tests of the plan.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use domain::score::{Input, Outcome, Rectification, Rules, Sheet, Site, Township, compute};
use domain::sheet::{Answers, score};

use super::plan::Tour;
use super::steps::{Step, checklist, steps};

/// Scores every planned sheet and computes.
pub fn rehearse(tour: &Tour) -> Result<Outcome> {
    let mut sheets = Vec::new();
    for (no, person) in tour.observers.iter().enumerate() {
        let mut filled: BTreeMap<usize, Answers> = BTreeMap::new();
        for timed in steps(tour, no)? {
            if let Step::Answer(item, answer) = timed.step {
                filled.entry(timed.site).or_default().insert(item, answer);
            }
        }
        for (at, answers) in filled {
            let scored = score(&checklist(&tour.sites[at])?, person.form, &answers)?;
            sheets.push(Sheet {
                site: tour.sites[at].name.clone(),
                observer: person.name.clone(),
                group: person.group,
                score_e4: scored.score_e4.context("a sheet without score")?,
            });
        }
    }
    let townships = tour.townships.iter().map(|t| Township {
        code: t.code.clone(),
        name: t.name.clone(),
        group: t.target.group,
        vetoed: false,
        overdue_issues: t.target.ledger[2],
        veto_notices: 0,
    });
    let sites = tour.sites.iter().map(|s| Site {
        id: s.name.clone(),
        kind: s.kind,
        township: s.township.clone(),
    });
    let rectification = tour.townships.iter().map(|t| Rectification {
        township: t.code.clone(),
        due: t.target.ledger[0],
        closed: t.target.ledger[1],
    });
    let input = Input {
        rules: Rules::default(),
        townships: townships.collect(),
        sites: sites.collect(),
        sheets,
        rectification: rectification.collect(),
    };
    Ok(compute(&input)?)
}
