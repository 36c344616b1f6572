//! What people do: observers fill in, take pictures, change their minds; the office returns, settles, locks, decides.
//!
//! Invariant: knows nothing of faults and of checkers; every text typed is one that was never typed before, so that what
//! is lost or doubled can be told by it. A refusal is an answer; only a damaged disk is none.

use domain::sheet::SheetState;
use mobile_core::photos::generate::TestPhoto;
use mobile_core::{
    Answer, Form, IssueView, Mark, NewIssue, NewOpinion, PhotoMeta, PhotoTarget, SiteFilter,
    SiteView, Visit,
};
use mobile_core::{Error, Replica};
use uuid::Uuid;

use crate::phone::Phone;
use crate::rng::Rng;
use crate::witness::Witness;

/// What somebody did with a phone, in a word, and whether it was taken.
pub struct Act {
    /// The word.
    pub what: &'static str,
    /// Why it was refused, if it was.
    pub refused: Option<String>,
}

/// The observers.
pub struct People {
    rng: Rng,
    typed: u64,
    /// Whether they look at issues in the order a clock gave them.
    by_time: bool,
}

type Done = Result<Option<Uuid>, Error>;

impl People {
    /// People whose doings follow from a seed. Where runs with other clocks are compared they do not go `by_time`, else they
    /// delete another issue in each, and everything after it differs.
    #[must_use]
    pub fn new(seed: u64, by_time: bool) -> Self {
        Self {
            rng: Rng::stream(seed, "people"),
            typed: 0,
            by_time,
        }
    }

    /// Somebody does something with a phone.
    pub fn act(&mut self, phone: &mut Phone, witness: &mut Witness) -> Act {
        self.typed += 1;
        let text = format!("字条{}号{}", self.typed, phone.name);
        let Some(site) = self.site(phone.core()) else {
            return Act {
                what: "look",
                refused: None,
            };
        };
        let (what, marked, done) = match self.rng.below(100) {
            0..45 => ("answer", true, self.answer(phone.core(), &site, &text)),
            45..52 => ("submit", false, self.submit(phone.core(), &site)),
            52..57 => ("amend", true, self.amend(phone.core(), &site, &text)),
            57..70 => ("facts", true, self.facts(phone.core(), &site, &text)),
            70..78 => ("issue", true, issue(phone.core(), &site, &text)),
            78..82 => ("opinion", true, opinion(phone.core(), &site, &text)),
            82..86 => ("note", true, self.note(phone.core(), &site, &text)),
            86..89 => ("clear", false, self.clear(phone.core(), &site)),
            89..92 => ("settle", false, self.settle(phone.core(), &site)),
            92..94 => ("delete", false, self.delete(phone.core())),
            94..95 => ("visit", false, self.visit(phone.core(), &site)),
            _ => ("photo", true, self.photo(phone.core(), &site, &text)),
        };
        match done {
            Ok(made) => {
                witness.saved(phone, (marked && made.is_some()).then_some(&text));
                if let (true, Some(photo)) = (what == "photo", made) {
                    witness.pictured(phone, photo);
                }
                Act {
                    what,
                    refused: None,
                }
            }
            Err(error) => Act {
                what,
                refused: Some(error.code().to_owned()),
            },
        }
    }

    fn site(&mut self, core: &mut Replica) -> Option<SiteView> {
        let sites = core.sites(&SiteFilter::default()).ok()?;
        self.rng.pick(&sites).cloned()
    }

    fn sheet(&mut self, core: &mut Replica, site: &SiteView) -> Result<Uuid, Error> {
        core.open_sheet(site.id, Form::Quick)
    }

    fn answer(&mut self, core: &mut Replica, site: &SiteView, text: &str) -> Done {
        let sheet = self.sheet(core, site)?;
        let view = core.sheet(sheet)?;
        let Some(line) = self.rng.pick(&view.lines) else {
            return Ok(None);
        };
        let steps = self.rng.between(0, 5);
        let points = (line.item.max_e4 - steps * 10_000).max(0);
        let mut answer = Answer::from(Mark::Points(points));
        answer.note = Some(text.to_owned());
        core.answer(sheet, &line.item.id, answer)?;
        Ok(Some(sheet))
    }

    fn submit(&mut self, core: &mut Replica, site: &SiteView) -> Done {
        let sheet = self.sheet(core, site)?;
        for line in core.sheet(sheet)?.lines {
            if line.answer.is_none() {
                let full = Answer::from(Mark::Points(line.item.max_e4));
                core.answer(sheet, &line.item.id, full)?;
            }
        }
        core.submit(sheet)?;
        Ok(Some(sheet))
    }

    fn amend(&mut self, core: &mut Replica, site: &SiteView, text: &str) -> Done {
        let sheet = self.sheet(core, site)?;
        if core.sheet(sheet)?.state == SheetState::Draft {
            return Ok(None);
        }
        core.amend(sheet, text)?;
        Ok(Some(sheet))
    }

    fn facts(&mut self, core: &mut Replica, site: &SiteView, text: &str) -> Done {
        let fields = ["name", "code", "remark"];
        let field = fields[self.rng.below(fields.len())];
        core.edit_site_facts(site.id, field, text)?;
        Ok(Some(site.id))
    }

    fn note(&mut self, core: &mut Replica, site: &SiteView, text: &str) -> Done {
        let sheet = self.sheet(core, site)?;
        core.set_sheet_note(sheet, text)?;
        Ok(Some(sheet))
    }

    fn clear(&mut self, core: &mut Replica, site: &SiteView) -> Done {
        let sheet = self.sheet(core, site)?;
        let view = core.sheet(sheet)?;
        let Some(line) = view.lines.iter().find(|l| l.answer.is_some()) else {
            return Ok(None);
        };
        core.clear_answer(sheet, &line.item.id)?;
        Ok(Some(sheet))
    }

    fn visit(&mut self, core: &mut Replica, site: &SiteView) -> Done {
        let sheet = self.sheet(core, site)?;
        let visits = [Visit::Entered, Visit::Refused, Visit::Absent];
        core.set_visit(sheet, visits[self.rng.below(3)])?;
        Ok(Some(sheet))
    }

    /// The author settles what differs in a sheet of his.
    fn settle(&mut self, core: &mut Replica, site: &SiteView) -> Done {
        let sheet = self.sheet(core, site)?;
        let view = core.sheet(sheet)?;
        let Some((field, values)) = view.siblings.iter().next() else {
            return Ok(None);
        };
        let chosen = &values[self.rng.below(values.len())];
        let shown: Vec<_> = values.iter().map(|v| v.dot).collect();
        core.settle(sheet, field, chosen.value.clone(), &shown)?;
        Ok(Some(sheet))
    }

    fn issues(&self, core: &mut Replica) -> Result<Vec<IssueView>, Error> {
        let mut issues = core.issues()?;
        if !self.by_time {
            issues.sort_by(|a, b| a.description.cmp(&b.description));
        }
        Ok(issues)
    }

    fn delete(&mut self, core: &mut Replica) -> Done {
        let issues = self.issues(core)?;
        let Some(issue) = self.rng.pick(&issues) else {
            return Ok(None);
        };
        core.delete_note(issue.id)?;
        Ok(Some(issue.id))
    }

    fn photo(&mut self, core: &mut Replica, site: &SiteView, text: &str) -> Done {
        let issues = self.issues(core)?;
        let target = match self.rng.pick(&issues) {
            Some(issue) if self.rng.chance(500) => PhotoTarget::Issue(issue.id),
            _ => PhotoTarget::Sheet(self.sheet(core, site)?),
        };
        let picture = TestPhoto {
            width: 96,
            height: 72,
            ..TestPhoto::new(self.typed)
        };
        let meta = PhotoMeta {
            caption: Some(text.to_owned()),
            ..PhotoMeta::default()
        };
        core.attach_photo(target, None, &picture.jpeg(), meta)
            .map(Some)
    }
}

fn issue(core: &mut Replica, site: &SiteView, text: &str) -> Done {
    core.log_issue(NewIssue {
        site: Some(site.id),
        category: "exposed_garbage".into(),
        description: text.to_owned(),
        ..NewIssue::default()
    })
    .map(Some)
}

fn opinion(core: &mut Replica, site: &SiteView, text: &str) -> Done {
    core.add_opinion(NewOpinion {
        site: Some(site.id),
        text: text.to_owned(),
        ..NewOpinion::default()
    })
    .map(Some)
}
