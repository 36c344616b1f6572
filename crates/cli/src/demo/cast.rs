//! Everybody's phones: enrolled before the tour, filled without network, synced after it.
//!
//! Invariant: a phone is open only while somebody works with it. Leaves out: what each does (`steps`, `faults`).

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, anyhow};
use mobile_core::{HttpTransport, Transport};
use protocol::Scope;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::faults::{self, COPIED, KILLED, LATE, RECUSED, TWO_PHONES, WRONG_CLOCK};
use super::journal::Entry;
use super::phone::Phone;
use super::plan::Tour;
use super::steps::{Step, Timed, steps};
use crate::bench::copy_folder;

/// Phones worked with at the same time.
const AT_ONCE: usize = 2;

/// One phone and what it did.
pub struct Member {
    /// Its folder.
    pub dir: PathBuf,
    /// Whose it is.
    pub observer: usize,
    /// How wrong its clock is, ms.
    pub off_ms: i64,
    /// What it does before the sync.
    pub steps: Vec<Timed>,
    /// What it acknowledged.
    pub journal: Vec<Entry>,
    /// Lost after its sync; a copy took its place.
    pub retired: bool,
    /// Restored from a copy of a folder.
    pub is_copy: bool,
    /// Scopes it may read.
    pub readable: Vec<Uuid>,
    /// What its syncs cost.
    pub traffic: Traffic,
}

/// Sums over a phone's syncs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    /// Bytes of request bodies with records.
    pub pushed_bytes: u64,
    /// Bytes of reply bodies with records.
    pub pulled_bytes: u64,
    /// Bytes of photos sent.
    pub photo_bytes: u64,
    /// Requests.
    pub requests: u64,
    /// Its database turned out to be a copy.
    pub forked: bool,
    /// Changes issued again.
    pub reissued: u64,
    /// Its clock was flagged.
    pub skew_flagged: bool,
    /// Both sides agreed at the end of the last sync.
    pub agreed: bool,
}

/// What came of the faults while phones were filled.
#[derive(Clone, Debug, Default)]
pub struct Happened {
    /// Steps acknowledged before the kill.
    pub killed_after: usize,
    /// Code with which the own township was refused.
    pub recused_code: String,
}

/// All phones of the tour.
pub struct Cast<'t> {
    /// The tour.
    pub tour: &'t Tour,
    /// Its seed.
    pub seed: u64,
    /// Midnight of the first day, ms UTC.
    pub midnight_ms: i64,
    /// Phones.
    pub members: Vec<Member>,
    /// The late inspector's sheet, written after the lock.
    pub late: Vec<Timed>,
}

fn client() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

impl<'t> Cast<'t> {
    /// Plans everybody's part; at most so many photos.
    ///
    /// # Errors
    /// If a kind of site has no checklist.
    pub fn new(
        tour: &'t Tour,
        seed: u64,
        midnight_ms: i64,
        dir: &Path,
        photos: usize,
    ) -> Result<Self> {
        let member = |name: String, observer: usize, off_ms: i64, steps: Vec<Timed>| Member {
            dir: dir.join(name),
            observer,
            off_ms,
            steps,
            journal: vec![],
            retired: false,
            is_copy: false,
            readable: vec![],
            traffic: Traffic::default(),
        };
        let (mut members, mut late) = (Vec::new(), Vec::new());
        for observer in 0..tour.observers.len() {
            let mut all = steps(tour, observer)?;
            if observer == LATE {
                (all, late) = faults::split_late(tour, all);
            }
            let off_ms = if observer == WRONG_CLOCK {
                faults::CLOCK_OFF_MS
            } else {
                0
            };
            members.push(member(
                format!("phone{:02}", observer + 1),
                observer,
                off_ms,
                all,
            ));
        }
        members.push(member(
            format!("phone{:02}b", TWO_PHONES + 1),
            TWO_PHONES,
            0,
            faults::second_phone(tour)?,
        ));
        limit_photos(&mut members, photos);
        Ok(Self {
            tour,
            seed,
            midnight_ms,
            members,
            late,
        })
    }

    /// Enrols all phones by their codes at `now_ms` and lets them fetch the tour.
    ///
    /// # Errors
    /// The facade's.
    pub fn enrol(&mut self, url: &str, codes: &[String], now_ms: i64) -> Result<()> {
        let (tour, midnight_ms, runtime) = (self.tour, self.midnight_ms, client()?);
        for (member, code) in self.members.iter_mut().zip(codes) {
            let mut phone = Phone::open(
                &member.dir,
                tour,
                member.observer,
                midnight_ms,
                member.off_ms,
            )?;
            phone.clock.set(now_ms);
            let transport = HttpTransport::new(url)?;
            let name = format!("{}的手机", tour.observers[member.observer].name);
            let me = runtime.block_on(phone.replica.enrol(&transport, code, &name))?;
            runtime.block_on(phone.replica.sync(&transport, &mut |_| {}))?;
            let (campaign, author) = (me.campaign, me.account);
            let mut scopes = vec![
                Scope::Campaign { campaign },
                Scope::Sealed { campaign, author },
                Scope::Household { campaign, author },
            ];
            scopes.extend(me.group.map(|group| Scope::Group { campaign, group }));
            member.readable = scopes.iter().map(Scope::id).collect();
        }
        Ok(())
    }

    /// Everybody works for two days, without a server.
    ///
    /// # Errors
    /// The facade's, or a fault that did not happen.
    pub fn fill(&mut self) -> Result<Happened> {
        let (tour, seed, midnight_ms) = (self.tour, self.seed, self.midnight_ms);
        let happened = Mutex::new(Happened::default());
        let members = std::mem::take(&mut self.members);
        let work = |mut member: Member| -> Result<Vec<Member>> {
            let open =
                |dir: &Path| Phone::open(dir, tour, member.observer, midnight_ms, member.off_ms);
            let mut phone = match member.observer {
                KILLED => {
                    let (phone, after) =
                        faults::play_killed(&member.dir, tour, &member.steps, (seed, midnight_ms))?;
                    lock(&happened).killed_after = after;
                    phone
                }
                COPIED => return fill_copied(member, tour, midnight_ms),
                _ => {
                    let mut phone = open(&member.dir)?;
                    phone.play(&member.steps)?;
                    phone
                }
            };
            if member.observer == RECUSED {
                lock(&happened).recused_code = faults::try_own_township(&mut phone, tour)?;
            }
            phone.replica.idle()?;
            member.journal.append(&mut phone.journal);
            Ok(vec![member])
        };
        self.members = in_parallel(members, work)?.into_iter().flatten().collect();
        self.members.sort_by(|a, b| a.dir.cmp(&b.dir));
        Ok(happened
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The phones that are wanted sync over HTTP.
    ///
    /// # Errors
    /// The facade's.
    pub fn sync(&mut self, url: &str, wanted: impl Fn(&Member) -> bool) -> Result<()> {
        let (tour, midnight_ms) = (self.tour, self.midnight_ms);
        let (chosen, rest): (Vec<Member>, Vec<Member>) = std::mem::take(&mut self.members)
            .into_iter()
            .partition(wanted);
        let work = |mut member: Member| -> Result<Member> {
            let mut phone = Phone::open(
                &member.dir,
                tour,
                member.observer,
                midnight_ms,
                member.off_ms,
            )?;
            sync_one(&mut phone, &mut member, url)
                .with_context(|| member.dir.display().to_string())?;
            phone.replica.idle()?;
            Ok(member)
        };
        self.members = in_parallel(chosen, work)?;
        self.members.extend(rest);
        self.members.sort_by(|a, b| a.dir.cmp(&b.dir));
        Ok(())
    }

    /// Somebody does something with his (first) phone, then syncs.
    ///
    /// # Errors
    /// What he meets, and the facade's.
    pub fn with_phone<T>(
        &mut self,
        observer: usize,
        url: &str,
        act: impl FnOnce(&mut Phone) -> Result<T>,
    ) -> Result<T> {
        let (tour, midnight_ms) = (self.tour, self.midnight_ms);
        let is_his = |m: &&mut Member| m.observer == observer && !m.retired;
        let member = self
            .members
            .iter_mut()
            .find(is_his)
            .context("no such phone")?;
        let mut phone = Phone::open(&member.dir, tour, observer, midnight_ms, member.off_ms)?;
        let done = act(&mut phone)?;
        member.journal.append(&mut phone.journal);
        phone.clock.set(0);
        sync_one(&mut phone, member, url)?;
        phone.replica.idle()?;
        Ok(done)
    }

    /// Requests and larger body of a sync with nothing new.
    ///
    /// # Errors
    /// The facade's.
    pub fn noop(&mut self, url: &str) -> Result<(u64, u64)> {
        let member = self.members.first().context("no phone")?;
        let mut phone = Phone::open(
            &member.dir,
            self.tour,
            member.observer,
            self.midnight_ms,
            member.off_ms,
        )?;
        let (runtime, transport) = (client()?, HttpTransport::new(url)?);
        runtime.block_on(phone.replica.sync(&transport, &mut |_| {}))?;
        let before = transport.counters();
        runtime.block_on(phone.replica.sync(&transport, &mut |_| {}))?;
        let after = transport.counters();
        let sent = after.sent_bytes - before.sent_bytes;
        Ok((
            after.requests - before.requests,
            sent.max(after.received_bytes - before.received_bytes),
        ))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn sync_one(phone: &mut Phone, member: &mut Member, url: &str) -> Result<()> {
    let (runtime, transport) = (client()?, HttpTransport::new(url)?);
    let report = runtime.block_on(phone.replica.sync(&transport, &mut |_| {}))?;
    let sum = &mut member.traffic;
    sum.pushed_bytes += report.pushed_bytes;
    sum.pulled_bytes += report.pulled_bytes;
    sum.photo_bytes += report.photo_bytes;
    sum.requests += report.requests;
    sum.forked |= report.forked;
    sum.reissued += report.reissued;
    sum.skew_flagged |= report.skew_flagged;
    sum.agreed = report.agreed.agreed;
    Ok(())
}

/// The first half on one phone; its folder is copied; the phone goes on, and so does the copy, with other sheets.
fn fill_copied(mut member: Member, tour: &Tour, midnight_ms: i64) -> Result<Vec<Member>> {
    let all = std::mem::take(&mut member.steps);
    let cut = |part: usize| {
        let near = all.len() * part / 4;
        all[near..]
            .iter()
            .position(|t| matches!(t.step, Step::Open))
            .map_or(all.len(), |at| near + at)
    };
    let (half, three) = (cut(2), cut(3));
    let open = |dir: &Path| Phone::open(dir, tour, member.observer, midnight_ms, 0);
    let mut phone = open(&member.dir)?;
    phone.play(&all[..half])?;
    let mut journal = std::mem::take(&mut phone.journal);
    drop(phone);
    let mut name = member.dir.clone().into_os_string();
    name.push("-copy");
    let copy_dir = PathBuf::from(name);
    copy_folder(&member.dir, &copy_dir)?;
    let mut phone = open(&member.dir)?;
    phone.play(&all[half..three])?;
    journal.append(&mut phone.journal);
    let mut copy = open(&copy_dir)?;
    copy.play(&all[three..])?;
    let copied = Member {
        dir: copy_dir,
        observer: member.observer,
        off_ms: 0,
        steps: vec![],
        journal: std::mem::take(&mut copy.journal),
        retired: false,
        is_copy: true,
        readable: member.readable.clone(),
        traffic: Traffic::default(),
    };
    member.journal = journal;
    member.retired = true;
    Ok(vec![member, copied])
}

/// Leaves out photos beyond the limit, each phone its share.
fn limit_photos(members: &mut [Member], limit: usize) {
    let has = |t: &Timed| match &t.step {
        Step::Photo(..) => true,
        Step::Issue(issue) => issue.photo.is_some(),
        _ => false,
    };
    let planned: usize = members
        .iter()
        .flat_map(|m| &m.steps)
        .filter(|t| has(t))
        .count();
    let (mut seen, mut kept) = (0, 0);
    for member in members.iter_mut().filter(|_| planned > limit) {
        member.steps.retain_mut(|timed| {
            if !has(timed) {
                return true;
            }
            seen += 1;
            if kept < seen * limit / planned {
                kept += 1;
                return true;
            }
            match &mut timed.step {
                Step::Issue(issue) => {
                    issue.photo = None;
                    true
                }
                _ => false,
            }
        });
    }
}

/// Does work on two threads; the results in no particular order.
fn in_parallel<T: Send, R: Send>(
    items: Vec<T>,
    work: impl Fn(T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (queue, done) = (Mutex::new(items), Mutex::new(Vec::new()));
    let next = || lock(&queue).pop();
    let run = || -> Result<()> {
        while let Some(item) = next() {
            let result = work(item)?;
            lock(&done).push(result);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(run)).collect();
        threads
            .into_iter()
            .try_for_each(|t| t.join().map_err(|_| anyhow!("a phone panicked"))?)
    })?;
    Ok(done
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner))
}
