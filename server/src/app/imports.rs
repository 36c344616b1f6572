//! Importing the tables an office prepares.

use documents::import::{self, Format, Kind};
use uuid::Uuid;

use super::App;
use crate::auth::Viewer;
use crate::error::{Error, Result};
use crate::services::imports::{self, ImportOutcome, Imported};
use crate::services::office::Actor;

/// A file to import.
#[derive(Clone, Debug)]
pub struct ImportFile {
    /// What it is about.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its name, which tells the format where the bytes do not.
    pub name: Option<String>,
    /// Its format, if somebody said so.
    pub format: Option<Format>,
    /// True if it is to be checked only.
    pub dry_run: bool,
}

impl App {
    /// Reads a file against a campaign and, unless it is a dry run, stores it in one transaction.
    ///
    /// What is wrong with the file is a value ([`ImportOutcome::Refused`]), so that a page can list it by sheet, row
    /// and column. The file is read outside the transaction: a long roster holds up nobody.
    ///
    /// # Errors
    /// `NotFound`, `Frozen`, `Locked`; `Invalid` if the campaign changed while the file was read.
    pub async fn import(
        &self,
        actor: &Actor,
        campaign: Uuid,
        file: ImportFile,
    ) -> Result<ImportOutcome> {
        let (kind, dry_run) = (file.kind, file.dry_run);
        let c = self.campaign(campaign).await?;
        imports::allowed(&c, kind)?;
        let existing = imports::existing(&c)?;
        let read = tokio::task::spawn_blocking(move || {
            let format = match file.format {
                Some(format) => format,
                None => Format::detect(file.name.as_deref(), &file.bytes)?,
            };
            import::read(kind, &file.bytes, format, &existing)
        });
        let (rows, read) = match read.await.map_err(Error::storage)? {
            Ok(found) => found,
            Err(errors) => return Ok(ImportOutcome::Refused(errors)),
        };
        let done = |count| {
            ImportOutcome::Done(Imported {
                kind,
                count,
                read,
                dry_run,
            })
        };
        if dry_run {
            return Ok(done(rows.len()));
        }
        let actor = actor.clone();
        let stored = self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            imports::store(tx, ctx, &actor, &c, rows)
        });
        Ok(done(stored.await?))
    }

    /// [`App::import`] into the campaign a viewer looks at, in his name.
    ///
    /// # Errors
    /// `NotFound` without a campaign, and those of [`App::import`].
    pub async fn import_as(&self, viewer: &Viewer, file: ImportFile) -> Result<ImportOutcome> {
        let campaign = self.look(viewer, |_, _, c| Ok(c.id)).await?;
        self.import(&viewer.actor(), campaign, file).await
    }
}
