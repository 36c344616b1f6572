//! A full check of a phone's data, on demand.
//!
//! Invariant: changes nothing and needs no network. Leaves out: photos whose files are damaged (a sync finds them).

use crate::error::{Error, Result};
use crate::replica::Replica;
use crate::store::StoreError;
use crate::views::CheckReport;

impl Replica {
    /// Reads everything that is stored: pages, rows, indexes, the chain and signature of every segment whose writer is
    /// known, and whether what is shown is what the changes say. Takes as long as reading the database does.
    ///
    /// # Errors
    /// The disk's. Damage is in the report, not an error.
    pub fn check(&mut self) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        let complaints = self.store.read(|tx| tx.complaints());
        note(&mut report, complaints, |all| all)?;
        if !report.is_whole() {
            // Further looks would only find the same again.
            return Ok(report);
        }
        let differing = self.store.read(|tx| tx.differing());
        note(&mut report, differing, |ids| {
            ids.iter().map(|id| format!("record {id}")).collect()
        })?;
        let segments = self.bad_segments();
        note(&mut report, segments, |all| all)?;
        Ok(report)
    }

    /// Segments whose chain or signature does not fit what is stored.
    fn bad_segments(&mut self) -> Result<Vec<String>, StoreError> {
        let Some(enrolment) = &self.enrolment else {
            return Ok(Vec::new());
        };
        let (me, own) = (enrolment.identity.clone(), self.key.as_ref());
        let (own, server) = (own.map(|k| k.verifying_key()), self.server_key);
        self.store.read(|tx| {
            let mut bad = Vec::new();
            for log in tx.logs(None)? {
                let key = if log.id.device == me.device {
                    own
                } else if log.id.device == me.server {
                    server
                } else {
                    crate::sync::roster_key(tx, log.id.device)?
                };
                for stored in tx.segments_after(log.no, 0)? {
                    let segment = tx.segment(stored.no)?;
                    let header = segment.header();
                    let chain = header
                        .ok()
                        .zip(key)
                        .and_then(|(_, k)| segment.verify(&k).ok());
                    let said = chain.map(|c| tx.seq_of_chain(log.no, &c)).transpose()?;
                    if key.is_some() && said.flatten().is_none() {
                        bad.push(format!("segment {}", stored.no));
                    }
                }
            }
            Ok(bad)
        })
    }
}

/// Takes a look's result into the report: damage met while looking is a finding.
fn note<T>(
    report: &mut CheckReport,
    seen: Result<T, StoreError>,
    words: impl FnOnce(T) -> Vec<String>,
) -> Result<()> {
    match seen {
        Ok(found) => report.problems.extend(words(found)),
        Err(StoreError::Corrupt(what)) => report.problems.push(what),
        Err(other) => return Err(Error::from(other)),
    }
    Ok(())
}
