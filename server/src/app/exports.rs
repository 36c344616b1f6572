//! Taking tables out.

use std::io::{BufWriter, Seek, SeekFrom};

use protocol::problem::Code;
use uuid::Uuid;

use super::App;
use crate::auth::{Action, On, Reach, Viewer, may};
use crate::error::{Error, Result};
use crate::services::exports::{self, Wanted};
use crate::services::office::{Actor, Office};

/// A file that was written, ready to be sent.
#[derive(Debug)]
pub struct Exported {
    /// Its content, at the beginning; a temporary file that is gone when this is dropped.
    pub file: std::fs::File,
    /// Its length.
    pub size_bytes: u64,
    /// Rows in it.
    pub rows: usize,
    /// Its name without ending: the campaign and what it is, a rehearsal's first of all that.
    pub name: String,
    /// True if it is of a rehearsal.
    pub rehearsal: bool,
}

impl App {
    /// Writes a table of the campaign a viewer looks at into a temporary file, and notes in the audit who took what.
    ///
    /// The file is written from one snapshot and sent afterwards, so that a slow download holds nothing up and a
    /// failure is told as one.
    ///
    /// # Errors
    /// `Forbidden` for an internal file without the right; `NotReady` for results before the first lock.
    pub async fn export_table(&self, viewer: &Viewer, wanted: Wanted) -> Result<Exported> {
        let internal = Action::ExportInternal;
        if wanted.internal && !may(viewer, internal, On::default()) {
            let about = wanted.file.word();
            let noted =
                self.auth()
                    .audit(&viewer.login, internal.word(), about, false, "forbidden");
            noted.await.map_err(Error::storage)?;
            return Err(Code::Forbidden.into());
        }
        let campaign = self.look(viewer, |_, _, c| Ok(c.id)).await?;
        let reach = viewer.reach.clone();
        self.export_within(&viewer.actor(), campaign, reach, wanted)
            .await
    }

    /// The same of a whole campaign, for whoever has the data folder.
    ///
    /// # Errors
    /// `NotFound`; `NotReady` for results before the first lock.
    pub async fn export_whole(
        &self,
        actor: &Actor,
        campaign: Uuid,
        wanted: Wanted,
    ) -> Result<Exported> {
        self.export_within(actor, campaign, Reach::County, wanted)
            .await
    }

    async fn export_within(
        &self,
        actor: &Actor,
        campaign: Uuid,
        reach: Reach,
        wanted: Wanted,
    ) -> Result<Exported> {
        let asked = wanted.clone();
        let written = self.read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            let mut out = BufWriter::new(tempfile::tempfile()?);
            let rows = exports::write(tx, ctx, &c, &reach, &asked, &mut out)?;
            let mut file = out.into_inner().map_err(|e| Error::Io(e.into_error()))?;
            let size_bytes = file.seek(SeekFrom::End(0))?;
            file.rewind()?;
            let mark = match c.rehearsal {
                true => asked.lang.pick("（试填）", "(rehearsal) "),
                false => "",
            };
            let name = format!("{mark}{}-{}", c.name, asked.file.label(asked.lang));
            Ok(Exported {
                file,
                size_bytes,
                rows,
                name,
                rehearsal: c.rehearsal,
            })
        });
        let exported = written.await?;
        self.note_export(actor, &wanted, exported.rows).await?;
        Ok(exported)
    }

    async fn note_export(&self, actor: &Actor, wanted: &Wanted, rows: usize) -> Result<()> {
        let (actor, file) = (actor.clone(), wanted.file);
        let action = if wanted.internal {
            Action::ExportInternal
        } else {
            Action::Export
        };
        self.write(move |tx, ctx| {
            let about = format!("{}.{} ({rows})", file.word(), file.ending());
            Office::begin(tx, &actor, ctx.now_ms).done(action.word(), about, "")
        })
        .await
    }
}
