//! Actions under an id, and actions between the steps of a sync: what a face in another process relies on.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use common::office::*;
use common::phones::*;
use mobile_core::sync::{Engine, drive};
use mobile_core::{
    Form, NewIssue, Replica, Saved, SyncOptions, Transport, TransportFuture, TransportRequest,
};
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0c0_0000 + n)
}

fn issue() -> NewIssue {
    NewIssue {
        site: Some(VILLAGE),
        place: "村口".into(),
        category: domain::builtin::issue_categories().categories[0]
            .code
            .clone(),
        description: "垃圾未清".into(),
        ..NewIssue::default()
    }
}

#[test]
fn what_is_asked_for_twice_under_one_id_is_done_once_and_answered_alike() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let first = phone.once(id(1), |p| p.log_issue(issue())).unwrap();
    let again = phone.once(id(1), |p| p.log_issue(issue())).unwrap();
    assert_eq!(first, again);
    assert_eq!(phone.issues().unwrap().len(), 1);
    drop(phone);
    let mut phone = open(&home, 2);
    let after_a_kill = phone.once(id(1), |p| p.log_issue(issue())).unwrap();
    assert_eq!(first, after_a_kill);
    // Another id is another action: the count above is not one by some other rule.
    phone.once(id(2), |p| p.log_issue(issue())).unwrap();
    assert_eq!(phone.issues().unwrap().len(), 2);
}

#[test]
fn an_answer_that_is_sent_again_late_does_not_undo_a_newer_one() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let say = |phone: &mut Replica, n: u128, e4| -> Saved {
        phone
            .once(id(n), |p| p.answer(sheet, "clear", points(e4)))
            .unwrap()
    };
    let old = say(&mut phone, 1, 5_000);
    say(&mut phone, 2, 10_000);
    assert_eq!(say(&mut phone, 1, 5_000), old);
    let view = phone.sheet(sheet).unwrap();
    let line = view.lines.iter().find(|l| l.item.id == "clear").unwrap();
    assert_eq!(line.points_e4, Some(10_000));
}

#[test]
fn a_refusal_is_not_kept_and_what_it_counts_is() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let mut say = |e4| phone.once(id(1), |p| p.answer(sheet, "clear", points(e4)));
    assert_eq!(say(1).unwrap_err().code(), "off_step");
    assert!(say(5_000).unwrap().changed);
    phone.once(id(2), |p| p.set_pin("293847")).unwrap();
    let wrong = phone.once(id(3), |p| p.change_pin("111222", "293848"));
    assert_eq!(wrong.unwrap_err().code(), "pin_wrong");
    drop(phone);
    let mut phone = open(&home, 2);
    match phone.pin_state().unwrap() {
        mobile_core::PinState::Locked { tries_left, .. } => assert_eq!(tries_left, 4),
        other => panic!("{other:?}"),
    }
}

#[test]
fn after_a_panic_nothing_of_the_action_is_there_and_the_next_one_is_saved() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let broken = catch_unwind(AssertUnwindSafe(|| {
        phone.once(id(1), |p| -> mobile_core::Result<()> {
            p.log_issue(issue())?;
            panic!("planted")
        })
    }));
    assert!(broken.is_err());
    assert_eq!(phone.issues().unwrap().len(), 0);
    let kept = phone.log_issue(issue()).unwrap();
    drop(phone);
    let mut phone = open(&home, 2);
    let ids: Vec<_> = phone.issues().unwrap().iter().map(|i| i.id).collect();
    assert_eq!(ids, [kept]);
}

#[test]
fn several_writes_under_one_id_are_undone_alone_or_together() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let done = phone.once(id(1), |p| {
        p.answer(sheet, "clear", points(5_000))?;
        // Refused inside: only this one is nothing.
        assert!(p.answer(sheet, "tidy", points(1)).is_err());
        p.answer(sheet, "green", points(5_000))
    });
    assert!(done.unwrap().changed);
    let view = phone.sheet(sheet).unwrap();
    let answered: Vec<_> = view
        .lines
        .iter()
        .filter(|l| l.answer.is_some())
        .map(|l| l.item.id.as_str())
        .collect();
    assert_eq!(answered, ["clear", "green"]);
}

#[test]
fn answers_are_kept_for_a_thousand_actions_and_no_more() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    for n in 0..1_003 {
        phone.once(id(n), |_| Ok(n as u64)).unwrap();
    }
    let asked = |phone: &mut Replica, n: u128| phone.once(id(n), |_| Ok(9_999_u64)).unwrap();
    assert_eq!(asked(&mut phone, 1_002), 1_002);
    assert_eq!(asked(&mut phone, 3), 3);
    assert_eq!(asked(&mut phone, 0), 9_999);
}

/// Answers a line of the sheet while each request is on its way.
struct Busy<'a> {
    net: &'a dyn Transport,
    phone: &'a Mutex<Replica>,
    sheet: Uuid,
    served: AtomicU32,
    refused: AtomicU32,
}

impl Transport for Busy<'_> {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        match self.phone.try_lock() {
            Ok(mut phone) => {
                let n = self.served.fetch_add(1, Ordering::Relaxed) + 1;
                let said = points(5_000 * i64::from(n));
                phone.answer(self.sheet, "clear", said).unwrap();
            }
            Err(_) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.net.send(request)
    }
}

#[test]
fn answers_are_taken_while_a_sync_waits_for_the_network() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let phone = Mutex::new(phone);
    let busy = Busy {
        net: &net,
        phone: &phone,
        sheet,
        served: AtomicU32::new(0),
        refused: AtomicU32::new(0),
    };
    let mut engine = Engine::new(SyncOptions::default(), 7);
    let step = |input| engine.step(&mut phone.lock().unwrap(), input);
    let report = wait(drive(step, &busy, &mut |_| {})).unwrap();
    let served = busy.served.load(Ordering::Relaxed);
    assert!(served > 0 && report.pushed_changes > 0);
    assert_eq!(busy.refused.load(Ordering::Relaxed), 0);
    // What was said meanwhile waits for the next sync, and is not called agreed before.
    assert!(!report.agreed.agreed);
    let report = wait(phone.lock().unwrap().sync(&net, &mut |_| {})).unwrap();
    assert!(report.agreed.agreed);
    let line = &phone.lock().unwrap().sheet(sheet).unwrap().lines[1];
    assert_eq!(line.points_e4, Some(5_000 * i64::from(served)));
}

#[test]
fn a_sync_that_keeps_the_phone_serves_nobody_meanwhile() {
    let (net, home) = (server(false), folder());
    let phone = Mutex::new(enrolled(&home, &net, "2", 1));
    let busy = Busy {
        net: &net,
        phone: &phone,
        sheet: Uuid::nil(),
        served: AtomicU32::new(0),
        refused: AtomicU32::new(0),
    };
    wait(phone.lock().unwrap().sync(&busy, &mut |_| {})).unwrap();
    assert!(busy.refused.load(Ordering::Relaxed) > 0);
    assert_eq!(busy.served.load(Ordering::Relaxed), 0);
}
