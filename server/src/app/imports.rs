//! Importing the tables an office prepares: checked first, then taken in without sending the file again.

use documents::import::{self, Format, ImportErrors, Kind, Reading, Rows};
use protocol::chain::sha256;
use protocol::digest::Buckets;
use protocol::problem::Code;
use std::sync::Arc;
use uuid::Uuid;

use super::App;
use super::kept::{Checked, KEEP_MS};
use crate::auth::Viewer;
use crate::error::{Error, Result};
use crate::services::campaign::Campaign;
use crate::services::imports::{self, ImportOutcome, Imported, Plan, Step};
use crate::services::office::Actor;
use crate::store::sqlite::entropy;

/// How often a file is read again because the campaign changed meanwhile.
const TRIES: usize = 5;

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

/// What came of importing a checked file.
#[derive(Clone, Debug)]
pub enum Applied {
    /// It came in.
    Done(Imported),
    /// It would do something else than the check said, because the campaign changed: nothing was changed, the new plan
    /// is kept, and what fares otherwise is told.
    Changed(Box<Checked>, Vec<(Step, Step)>),
    /// It does not fit any more, with everything that is wrong; nothing was changed.
    Refused(ImportErrors),
}

/// A file read against one state of a campaign.
struct Read {
    rows: Rows,
    reading: Reading,
    format: Format,
    plan: Plan,
    /// The state it was read against.
    at: Buckets,
}

impl App {
    /// A campaign and the mark of its state.
    async fn state_of(&self, campaign: Uuid) -> Result<(Arc<Campaign>, Buckets)> {
        self.read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            let at = tx.digest(c.scope())?;
            Ok((c, at))
        })
        .await
    }

    /// Reads a file outside any transaction: a long roster holds up nobody.
    async fn read_table(
        &self,
        campaign: Uuid,
        (kind, format): (Kind, Option<Format>),
        (bytes, name): (Arc<[u8]>, Option<String>),
    ) -> Result<std::result::Result<Read, ImportErrors>> {
        let (c, at) = self.state_of(campaign).await?;
        imports::allowed(&c, kind)?;
        let existing = imports::existing(&c)?;
        let read = tokio::task::spawn_blocking(move || {
            let format = match format {
                Some(format) => format,
                None => Format::detect(name.as_deref(), &bytes)?,
            };
            let (rows, reading) = import::read(kind, &bytes, format, &existing)?;
            let plan = imports::plan(&c, &rows);
            Ok(Read {
                rows,
                reading,
                format,
                plan,
                at,
            })
        });
        read.await.map_err(Error::storage)
    }

    /// Stores what was read, unless the campaign is in another state by now; none then.
    async fn store_rows(&self, actor: &Actor, campaign: Uuid, read: Read) -> Result<Option<usize>> {
        let actor = actor.clone();
        self.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            if tx.digest(c.scope())? != read.at {
                return Ok(None);
            }
            imports::store(tx, ctx, &actor, &c, read.rows).map(Some)
        })
        .await
    }

    /// Reads a file against a campaign and, unless it is a dry run, stores it in one transaction.
    ///
    /// What is wrong with the file is a value ([`ImportOutcome::Refused`]), so that a page can list it by sheet, row
    /// and column.
    ///
    /// # Errors
    /// `NotFound`, `Frozen`, `Locked`; `Busy` if the campaign kept changing while the file was read.
    pub async fn import(
        &self,
        actor: &Actor,
        campaign: Uuid,
        file: ImportFile,
    ) -> Result<ImportOutcome> {
        let bytes: Arc<[u8]> = file.bytes.into();
        for _ in 0..TRIES {
            let how = (file.kind, file.format);
            let what = (Arc::clone(&bytes), file.name.clone());
            let read = match self.read_table(campaign, how, what).await? {
                Ok(read) => read,
                Err(errors) => return Ok(ImportOutcome::Refused(errors)),
            };
            let reading = read.reading.clone();
            let count = match file.dry_run {
                true => Some(read.rows.len()),
                false => self.store_rows(actor, campaign, read).await?,
            };
            if let Some(count) = count {
                return Ok(ImportOutcome::Done(Imported {
                    kind: file.kind,
                    count,
                    read: reading,
                    dry_run: file.dry_run,
                }));
            }
        }
        Err(Code::Busy.into())
    }

    /// [`App::import`] into the campaign a viewer looks at, in his name.
    ///
    /// # Errors
    /// `NotFound` without a campaign, and those of [`App::import`].
    pub async fn import_as(&self, viewer: &Viewer, file: ImportFile) -> Result<ImportOutcome> {
        let campaign = self.look(viewer, |_, _, c| Ok(c.id)).await?;
        self.import(&viewer.actor(), campaign, file).await
    }

    /// Checks a file against the campaign a viewer looks at and keeps it for [`App::apply_checked`].
    ///
    /// # Errors
    /// `NotFound` without a campaign, `Frozen`, and the disk's.
    pub async fn check_import(
        &self,
        viewer: &Viewer,
        file: ImportFile,
    ) -> Result<std::result::Result<(Checked, Imported), ImportErrors>> {
        let campaign = self.look(viewer, |_, _, c| Ok(c.id)).await?;
        let bytes: Arc<[u8]> = file.bytes.into();
        let how = (file.kind, file.format);
        let what = (Arc::clone(&bytes), file.name.clone());
        let read = match self.read_table(campaign, how, what).await? {
            Ok(read) => read,
            Err(errors) => return Ok(Err(errors)),
        };
        let now_ms = self.now_ms();
        let name = file.name.unwrap_or_default();
        let checked = Checked {
            id: uuid::Builder::from_random_bytes(entropy()?).into_uuid(),
            login: viewer.login.id,
            campaign,
            kind: file.kind,
            format: read.format,
            name: name.chars().filter(|c| !c.is_control()).take(100).collect(),
            hash: sha256(&bytes),
            until_ms: now_ms + KEEP_MS,
            plan: read.plan,
        };
        let (kept, file) = (Arc::clone(&self.kept), checked.clone());
        let put = tokio::task::spawn_blocking(move || kept.put(file, &bytes, now_ms));
        put.await.map_err(Error::storage)??;
        let would = Imported {
            kind: checked.kind,
            count: read.rows.len(),
            read: read.reading,
            dry_run: true,
        };
        Ok(Ok((checked, would)))
    }

    /// Takes a checked file in: whole, in one transaction, and only if it still does what its check said.
    ///
    /// # Errors
    /// `ImportGone` if it expired, came in already or is somebody else's; `Conflict` if another campaign is looked at
    /// by now; `Frozen`, `Locked`; `Busy` if the campaign kept changing meanwhile.
    pub async fn apply_checked(&self, viewer: &Viewer, id: Uuid) -> Result<Applied> {
        let campaign = self.look(viewer, |_, _, c| Ok(c.id)).await?;
        let (kept, login, now_ms) = (Arc::clone(&self.kept), viewer.login.id, self.now_ms());
        let got = tokio::task::spawn_blocking(move || kept.get(id, login, now_ms));
        let got = got.await.map_err(Error::storage)?;
        let (mut checked, bytes) = got.ok_or_else(|| Error::from(Code::ImportGone))?;
        if checked.campaign != campaign {
            let why = "这份文件是为另一个活动检查的，请先进入那个活动 / it was checked for another campaign: go there first";
            return Err(Error::because(Code::Conflict, why));
        }
        let bytes: Arc<[u8]> = bytes.into();
        for _ in 0..TRIES {
            let how = (checked.kind, Some(checked.format));
            let read = match self
                .read_table(campaign, how, (Arc::clone(&bytes), None))
                .await?
            {
                Ok(read) => read,
                Err(errors) => return Ok(Applied::Refused(errors)),
            };
            let differences = read.plan.differences(&checked.plan);
            if !differences.is_empty() {
                self.kept.plan_anew(id, read.plan.clone());
                checked.plan = read.plan;
                return Ok(Applied::Changed(Box::new(checked), differences));
            }
            let reading = read.reading.clone();
            if let Some(count) = self.store_rows(&viewer.actor(), campaign, read).await? {
                self.kept.remove(id);
                return Ok(Applied::Done(Imported {
                    kind: checked.kind,
                    count,
                    read: reading,
                    dry_run: false,
                }));
            }
        }
        Err(Code::Busy.into())
    }

    /// Forgets the checked files that nobody imported in time.
    pub(super) async fn forget_checked(&self) {
        let (kept, now_ms) = (Arc::clone(&self.kept), self.now_ms());
        let done = tokio::task::spawn_blocking(move || kept.expire(now_ms));
        if let Err(error) = done.await {
            tracing::error!(%error, "checked files could not be forgotten");
        }
    }
}
