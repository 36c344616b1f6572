//! What a request says: what it carries, what stays on the phone, and what the phone had seen.
//!
//! Invariant: a request is looked at as the server gets it. Leaves out: its signature and form (`protocol`).

mod common;

use std::sync::Arc;

use common::office::*;
use common::phones::*;
use common::{Net, START_MS, picture};
use mobile_core::sync::{Engine, Input};
use mobile_core::{FixedClock, Form, PhotoMeta, PhotoTarget, Replica, SyncOptions};
use protocol::message::{SyncRequest, WANT_OWN};

/// The first request of a sync that goes no further.
fn first(phone: &mut Replica, options: SyncOptions) -> SyncRequest {
    let mut engine = Engine::new(options, 1);
    let request = sent(engine.step(phone, Input::Start));
    SyncRequest::parse(&request.body).unwrap()
}

fn by_one() -> SyncOptions {
    SyncOptions {
        page_bytes: 1,
        ..SyncOptions::default()
    }
}

/// A phone whose clock can be set.
fn with_clock(home: &Folder, net: &Net) -> (Replica, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(START_MS + 10_000));
    let mut phone = open_by(&clock, home);
    wait(phone.enrol(net, "2", "手机")).unwrap();
    sync(&mut phone, net).unwrap();
    (phone, clock)
}

#[test]
fn it_says_what_is_still_only_on_the_phone_once_it_arrived() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    phone.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    let target = PhotoTarget::Sheet(sheet);
    let photo = phone
        .attach_photo(target, None, &picture(1), PhotoMeta::default())
        .unwrap();
    let changes = phone.status().unwrap().unsent_changes;
    // Two logs, of which one goes.
    let request = first(&mut phone, by_one());
    let said = request.said.unwrap();
    let [segment] = &request.segments[..] else {
        panic!("{} segments", request.segments.len())
    };
    let header = segment.header().unwrap();
    assert_eq!(said.changes + u64::from(header.count), changes);
    assert!(said.changes > 0);
    let copy = phone.photo_bytes(photo).unwrap().unwrap();
    assert_eq!((said.photos, said.photo_bytes), (1, copy.len() as u64));
    // What its author had seen of the office when it was sealed.
    assert!(header.seen_seq > 0 && header.seen_chain.len() == 32);
}

#[test]
fn it_tells_that_the_clock_was_set_back_beside_the_changes_that_bear_it() {
    let (net, home) = (server(false), folder());
    let (mut phone, clock) = with_clock(&home, &net);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    clock.advance(-3_600_000);
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    let said = first(&mut phone, SyncOptions::default()).said.unwrap();
    assert_eq!(said.set_back.len(), 1);
    phone.idle().unwrap();
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed);
    let said = first(&mut phone, SyncOptions::default()).said.unwrap();
    assert!(said.set_back.is_empty(), "no change, no need to tell");
}

#[test]
fn a_copy_that_asks_for_its_own_logs_sends_none_before_they_are_here() {
    let (net, home, copy) = (server(false), folder(), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    phone.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    // Sealed, and not on its way.
    first(&mut phone, SyncOptions::default());
    drop(phone);
    copy_database(&home.path, &copy.path);
    let mut phone = open(&copy, 7);
    let request = first(&mut phone, SyncOptions::default());
    assert!(request.flags & WANT_OWN != 0);
    assert!(request.segments.is_empty());
    assert_eq!(sync(&mut phone, &net).unwrap().pushed_changes, 1);
}

#[test]
fn what_was_seen_of_the_office_is_of_this_generation_or_of_the_one_before() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    // A later log of the office's, which is not the campaign's.
    let group = protocol::Scope::Group {
        campaign: CAMPAIGN,
        group: GROUP,
    };
    let facts = protocol::ids::site_facts(CAMPAIGN, MARKET, GROUP);
    net.with(|s| s.office(group, &[("site_facts", facts, "remark", "办".into())]));
    net.with(|s| s.generation = 78);
    sync(&mut phone, &net).unwrap();
    for (n, generation) in [(1, 77), (2, 78)] {
        let held = net.with(|s| {
            let (server, scope) = (s.id, s.campaign_scope().id());
            let log = merge::LogId::new(server, scope, generation);
            let row = s.ledger.find_log(&s.conn, log).unwrap().unwrap();
            (row.head, row.chain.to_vec())
        });
        phone
            .edit_site_facts(VILLAGE, "code", &n.to_string())
            .unwrap();
        let request = first(&mut phone, SyncOptions::default());
        let header = request.segments[0].header().unwrap();
        assert_eq!((header.seen_seq, header.seen_chain), held, "{generation}");
        phone.idle().unwrap();
        drop(phone);
        phone = open(&home, n);
        net.with(|s| {
            let scope = s.campaign_scope();
            s.office(scope, &[("site", VILLAGE, "name", "乙".into())]);
        });
        sync(&mut phone, &net).unwrap();
    }
}
