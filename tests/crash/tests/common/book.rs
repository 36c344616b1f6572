//! The test's own list of what it was told was saved.
//!
//! Invariant: kept beside the program under test, from its answers alone. What was asked for and not answered, or
//! answered with an error, may be there or not; what was answered must be.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use mobile_core::{Mark, PhotoTarget, Replica};
use uuid::Uuid;

/// Something that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Sheet, line, points in e4.
    Answer(Uuid, String, i64),
    /// Sheet; known once it is saved.
    Photo(Uuid, Option<Uuid>),
    /// An issue; known once it is saved.
    Issue(Option<Uuid>),
    /// Opening, submitting, syncing: nothing to look for.
    Other(&'static str),
}

#[derive(Clone, Debug)]
struct Line {
    /// Changes of the disk before it was asked for, and when the answer came; none: no answer, or an error.
    asked: usize,
    saved: Option<usize>,
    what: What,
}

/// The list.
#[derive(Clone, Debug, Default)]
pub struct Book(Vec<Line>);

impl Book {
    /// Notes something that was asked for and what came of it.
    pub fn note(&mut self, asked: usize, saved: Option<usize>, what: What) {
        self.0.push(Line { asked, saved, what });
    }

    /// True if the last thing asked for was an answer, and it was saved.
    pub fn ends_with_an_answer(&self) -> bool {
        let last = self.0.last();
        last.is_some_and(|e| e.saved.is_some() && matches!(e.what, What::Answer(..)))
    }

    /// How much was saved.
    pub fn len(&self) -> usize {
        self.0.iter().filter(|e| e.saved.is_some()).count()
    }

    /// When the last thing before `moment` was saved.
    pub fn last_saved(&self, moment: usize) -> usize {
        let saved = self.0.iter().filter_map(|e| e.saved);
        saved.filter(|at| *at <= moment).max().unwrap_or(0)
    }

    /// What of this is not on the phone, if everything after `moment` never happened.
    pub fn lost(&self, phone: &mut Replica, moment: usize) -> mobile_core::Result<Vec<String>> {
        let mut lost = Vec::new();
        let mut answers: BTreeMap<(Uuid, &str), Vec<i64>> = BTreeMap::new();
        for entry in self.0.iter().filter(|e| e.asked <= moment) {
            let saved = entry.saved.is_some_and(|at| at <= moment);
            match &entry.what {
                What::Answer(sheet, line, e4) => {
                    let may_be = answers.entry((*sheet, line)).or_default();
                    if saved {
                        may_be.clear();
                    } else if may_be.is_empty() {
                        may_be.push(i64::MIN);
                    }
                    may_be.push(*e4);
                }
                What::Photo(sheet, Some(id)) if saved => {
                    let shown = phone.photos(PhotoTarget::Sheet(*sheet))?;
                    let whole =
                        shown.iter().any(|p| p.id == *id) && phone.photo_bytes(*id)?.is_some();
                    lost.extend((!whole).then(|| format!("photo {id}")));
                }
                What::Issue(Some(id)) if saved => {
                    let there = phone.issues()?.iter().any(|i| i.id == *id);
                    lost.extend((!there).then(|| format!("issue {id}")));
                }
                _ => {}
            }
        }
        let mut shown = BTreeMap::new();
        for ((sheet, line), may_be) in answers {
            // A sheet whose opening was never answered need not be there.
            if may_be.contains(&i64::MIN) && phone.sheet(sheet).is_err() {
                continue;
            }
            let view = match shown.entry(sheet) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(phone.sheet(sheet)?),
            };
            let lines = &view.lines;
            let found = lines.iter().find(|l| l.item.id == line);
            let mark = found.and_then(|l| l.answer.as_ref()).map(|a| a.mark);
            let e4 = match mark {
                Some(Mark::Points(e4)) => e4,
                _ => i64::MIN,
            };
            if !may_be.contains(&e4) {
                lost.push(format!(
                    "line {line}: {e4} is shown, {may_be:?} was asked for"
                ));
            }
        }
        Ok(lost)
    }
}
