//! One phone does its part of W without network, through the facade.
//!
//! `insp`/`ans` → sheet and answers `B-1`…`B-30`, score and note one value; `site` → a shared text of the site;
//! `photo` → a reference whose bytes are declared absent. Leaves out: sync.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::points::POINT;
use domain::sheet::{Answer, Form, Mark};
use mobile_core::{
    FixedClock, PhotoMeta, PhotoReference, PhotoTarget, Position, Replica, SiteFilter,
};
use uuid::Uuid;

use super::raw::Raw;
use super::workload::Op;

/// Bytes a camera original would have; only declared.
const ORIGINAL_BYTES: u64 = 3_200_000;
/// Autosaves timed in a row before the other side has its turn.
const BATCH: usize = 50;

/// The field of `site_facts` that stands for a field of W.
pub fn fact(field: &str) -> &str {
    match field {
        "phone" => "code",
        other => other,
    }
}

/// A phone at work.
pub struct Filler<'a> {
    /// The phone.
    pub replica: &'a mut Replica,
    /// Its clock.
    pub clock: &'a Arc<FixedClock>,
    sites: HashMap<Uuid, Uuid>,
    sheets: HashMap<Uuid, Uuid>,
}

impl<'a> Filler<'a> {
    /// A phone that has synced once; `names` are the planned site names by W's site id.
    ///
    /// # Errors
    /// If a site of W is not on the phone.
    pub fn new(
        replica: &'a mut Replica,
        clock: &'a Arc<FixedClock>,
        names: &HashMap<Uuid, String>,
    ) -> Result<Self> {
        let views = replica.sites(&SiteFilter {
            all_groups: true,
            ..SiteFilter::default()
        })?;
        let by_name: HashMap<String, Uuid> =
            views.into_iter().map(|v| (v.planned_name, v.id)).collect();
        let known = |(of_w, name): (&Uuid, &String)| {
            let id = by_name
                .get(name)
                .with_context(|| format!("site {name} is not on the phone"))?;
            Ok((*of_w, *id))
        };
        let sites = names.iter().map(known).collect::<Result<_>>()?;
        Ok(Self {
            replica,
            clock,
            sites,
            sheets: HashMap::new(),
        })
    }

    /// Does one thing.
    ///
    /// # Errors
    /// The facade's.
    pub fn play(&mut self, op: &Op) -> Result<()> {
        self.clock.set(op.ts());
        match op {
            Op::Insp { id, site, .. } => {
                let sheet = self.replica.open_sheet(self.site(site)?, Form::Detailed)?;
                self.sheets.insert(*id, sheet);
            }
            Op::Ans {
                insp,
                item,
                score,
                note,
                ..
            } => {
                let answer = Answer {
                    note: note.clone(),
                    ..Answer::from(Mark::Points(score * POINT))
                };
                let saved = self
                    .replica
                    .answer(self.sheet(insp)?, &format!("B-{item}"), answer)?;
                ensure!(saved.changed, "an answer was not saved");
            }
            Op::Photo {
                insp,
                hash,
                lat,
                lon,
                cap,
                ts,
                ..
            } => {
                let mut original_hash = [0; 32];
                hex::decode_to_slice(hash, &mut original_hash)?;
                let position = Position {
                    lat_e7: (lat * 1e7).round() as i64,
                    lon_e7: (lon * 1e7).round() as i64,
                    accuracy_m: None,
                };
                let meta = PhotoMeta {
                    caption: Some(cap.clone()),
                    taken_at_ms: Some(*ts),
                    position: Some(position),
                    ..PhotoMeta::default()
                };
                let reference = PhotoReference {
                    original_hash,
                    original_size_bytes: ORIGINAL_BYTES,
                    meta,
                };
                let target = PhotoTarget::Sheet(self.sheet(insp)?);
                self.replica.refer_photo(target, None, reference)?;
            }
            Op::Site {
                site, field, value, ..
            } => {
                self.replica
                    .edit_site_facts(self.site(site)?, fact(field), value)?;
            }
        }
        Ok(())
    }

    /// A sheet it opened; none before the first.
    pub fn a_sheet(&self) -> Option<Uuid> {
        self.sheets.values().min().copied()
    }

    fn site(&self, of_w: &Uuid) -> Result<Uuid> {
        self.sites
            .get(of_w)
            .copied()
            .context("an edit of an unknown site")
    }

    fn sheet(&self, of_w: &Uuid) -> Result<Uuid> {
        self.sheets
            .get(of_w)
            .copied()
            .context("an answer before its inspection")
    }
}

/// Wall times of single autosaves, ours and raw, taken in turns on the same disk.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// Through the facade.
    pub ours: Vec<Duration>,
    /// One-row commits.
    pub raw: Vec<Duration>,
}

/// Plays a phone's part, timing its answers in turns with the same rows committed one by one to a plain database.
///
/// # Errors
/// Either side's.
pub fn play_timed(filler: &mut Filler, ops: &[Op], raw: &mut Raw, times: &mut Times) -> Result<()> {
    let mut waiting = Vec::new();
    for op in ops {
        let is_answer = matches!(op, Op::Ans { .. });
        let before = Instant::now();
        filler.play(op)?;
        if is_answer {
            times.ours.push(before.elapsed());
            waiting.push(op);
        }
        if waiting.len() == BATCH {
            for op in waiting.drain(..) {
                if let Op::Ans {
                    insp,
                    item,
                    score,
                    note,
                    ts,
                } = op
                {
                    let before = Instant::now();
                    raw.answer(*insp, *item, *score, note.as_deref(), *ts)?;
                    times.raw.push(before.elapsed());
                }
            }
        }
    }
    Ok(())
}
