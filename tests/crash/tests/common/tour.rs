//! A phone's life: what a person does with it, step by step, against the real office.

use std::sync::Mutex;

use crash::{Disk, Image};
use mobile_core::photos::generate::TestPhoto;
use mobile_core::{
    Answer, Error, Form, Mark, NewIssue, PhotoMeta, PhotoTarget, Replica, SiteFilter, Transport,
    TransportFuture, TransportRequest,
};
use uuid::Uuid;

use super::book::{Book, What};
use super::{Office, phone};

/// Something a person does.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Opens the quick form of the n-th site.
    Open(usize),
    /// Answers the n-th line of the open sheet with so many steps less than all.
    Answer(usize, i64),
    Photo(u64),
    Issue,
    Submit,
    Amend,
    Sync,
    /// Housekeeping.
    Idle,
    /// Closes the app and opens it again.
    Restart,
}

/// A tour: two sheets with photos, an issue, two syncs, housekeeping, restarts, a correction.
pub fn steps(rounds: i64) -> Vec<Step> {
    let mut steps = vec![Step::Open(0)];
    for round in 0..rounds {
        // Now one value, now the other: each is a change.
        steps.extend((0..8).map(|line| Step::Answer(line, round % 2)));
        if round == 0 {
            steps.extend([Step::Photo(1), Step::Issue, Step::Restart]);
        }
    }
    steps.extend((8..30).map(|line| Step::Answer(line, 0)));
    steps.extend([Step::Submit, Step::Sync, Step::Idle, Step::Open(1)]);
    steps.extend((0..12).map(|line| Step::Answer(line, 1)));
    steps.extend([
        Step::Photo(2),
        Step::Open(0),
        Step::Amend,
        Step::Sync,
        Step::Restart,
    ]);
    steps.extend((0..6).map(|line| Step::Answer(line, 2)));
    steps.extend([Step::Idle, Step::Answer(0, 3)]);
    steps
}

/// A phone on its way.
pub struct Tour<'a> {
    pub disk: Disk,
    pub office: &'a Watched<'a>,
    pub phone: Option<Replica>,
    pub book: Book,
    sheet: Option<Uuid>,
    starts: u64,
}

impl<'a> Tour<'a> {
    /// A phone that is enrolled already.
    pub fn on(disk: Disk, office: &'a Watched<'a>) -> Self {
        Self {
            disk,
            office,
            phone: None,
            book: Book::default(),
            sheet: None,
            starts: 1,
        }
    }

    /// Does one step and writes down what came of it.
    pub async fn go(&mut self, step: Step) -> Result<(), Error> {
        let asked = self.disk.recorded_so_far();
        let mut what = What::Other("nothing");
        let done = self.step(step, &mut what).await;
        let saved = done.is_ok().then(|| self.disk.recorded_so_far());
        self.book.note(asked, saved, what);
        done
    }

    fn phone(&mut self) -> Result<&mut Replica, Error> {
        if self.phone.is_none() {
            self.starts += 1;
            self.phone = Some(phone(&self.disk, self.starts)?);
        }
        // invariant: it was put there just now.
        Ok(self.phone.as_mut().unwrap())
    }

    async fn step(&mut self, step: Step, what: &mut What) -> Result<(), Error> {
        match step {
            Step::Restart => self.phone = None,
            Step::Open(nth) => {
                let site = self.phone()?.sites(&SiteFilter::default())?[nth].id;
                self.sheet = Some(self.phone()?.open_sheet(site, Form::Quick)?);
            }
            Step::Idle => self.phone()?.idle()?,
            Step::Sync => {
                let office = self.office;
                let report = self.phone()?.sync(office, &mut |_| {}).await?;
                assert!(report.agreed.agreed, "{report:?}");
            }
            Step::Issue => {
                *what = What::Issue(None);
                let issue = NewIssue {
                    place: "村口".into(),
                    category: "exposed_garbage".into(),
                    description: "沟边垃圾".into(),
                    ..NewIssue::default()
                };
                *what = What::Issue(Some(self.phone()?.log_issue(issue)?));
            }
            _ => self.of_the_sheet(step, what)?,
        }
        Ok(())
    }

    fn of_the_sheet(&mut self, step: Step, what: &mut What) -> Result<(), Error> {
        // A sheet that could not be opened: nothing to do on it.
        let Some(sheet) = self.sheet else {
            return Ok(());
        };
        let phone = self.phone()?;
        match step {
            Step::Answer(nth, less) => {
                let lines = phone.sheet(sheet)?.lines;
                let Some(line) = lines.get(nth) else {
                    return Ok(());
                };
                let e4 = (line.item.max_e4 - 5_000 * less).max(0);
                *what = What::Answer(sheet, line.item.id.clone(), e4);
                phone.answer(sheet, &line.item.id, Answer::from(Mark::Points(e4)))?;
            }
            Step::Photo(n) => {
                *what = What::Photo(sheet, None);
                let jpeg = TestPhoto {
                    width: 160,
                    height: 120,
                    ..TestPhoto::new(n)
                };
                let target = PhotoTarget::Sheet(sheet);
                let meta = PhotoMeta::default();
                let photo = phone.attach_photo(target, None, &jpeg.jpeg(), meta)?;
                *what = What::Photo(sheet, Some(photo));
            }
            Step::Submit => drop(phone.submit(sheet)?),
            Step::Amend => drop(phone.amend(sheet, "看错了")?),
            _ => {}
        }
        Ok(())
    }
}

/// The office, with its database remembered after each request.
pub struct Watched<'a> {
    office: &'a Office,
    phone: Disk,
    /// Changes of the phone's disk, and the office's database from then on.
    pub seen: Mutex<Vec<(usize, Image)>>,
}

impl<'a> Watched<'a> {
    pub fn new(office: &'a Office, phone: &Disk) -> Self {
        Self {
            office,
            phone: phone.clone(),
            seen: Mutex::new(vec![(0, office.image())]),
        }
    }

    /// The office's database when the phone's disk had gone through so many changes.
    pub fn at(&self, moment: usize) -> Image {
        let seen = self.seen.lock().unwrap();
        let found = seen.iter().rev().find(|(at, _)| *at <= moment);
        found.unwrap_or(&seen[0]).1.clone()
    }
}

impl Transport for Watched<'_> {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            let answer = self.office.send(request).await;
            let now = (self.phone.recorded_so_far(), self.office.image());
            self.seen.lock().unwrap().push(now);
            answer
        })
    }
}

/// A phone enrolled and synced once, as a disk to begin from.
pub async fn enrolled(office: &Office, account: Uuid) -> Image {
    let disk = Disk::new(0);
    let mut phone = phone(&disk, 1).unwrap();
    let code = office.code(account).await;
    phone.enrol(office, &code, "测试机").await.unwrap();
    phone.sync(office, &mut |_| {}).await.unwrap();
    drop(phone);
    disk.snapshot()
}
