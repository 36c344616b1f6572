//! Replies that are unusual, and what the engine makes of each: the server's history changed, parts missing, other
//! campaigns.
//!
//! Invariant: what the server says is the stand-in's own reply, changed in the one thing a test is about. Leaves out: bad
//! networks (`sync`) and copies (`copies`).

mod common;

use common::office::*;
use common::phones::*;
use common::{Fate, Net};
use mobile_core::{Form, Replica, SiteFilter};
use protocol::Scope;
use protocol::message::SyncResponse;
use protocol::scope::ScopeInfo;
use uuid::Uuid;

/// The server's, from its start.
const GENERATION: u64 = 77;
const OTHER_CAMPAIGN: Uuid = Uuid::from_u128(0xcb);

/// A page the office turns in its own log.
fn rename(net: &Net, name: &str) {
    net.with(|s| {
        let scope = s.campaign_scope();
        s.office(scope, &[("site", VILLAGE, "name", name.into())]);
    });
}

fn name_here(phone: &mut Replica) -> String {
    let sites = phone.sites(&SiteFilter::default()).unwrap();
    let found = sites.into_iter().find(|s| s.id == VILLAGE);
    found.unwrap().name
}

#[test]
fn another_history_of_the_offices_log_is_an_alarm_and_is_not_taken() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    net.back_up(&home.path);
    rename(&net, "甲");
    sync(&mut phone, &net).unwrap();
    net.put_back(&home.path, GENERATION);
    rename(&net, "乙");
    rename(&net, "丙");
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(report.contradictions, 1, "{report:?}");
    assert!(!report.agreed.agreed);
    assert_eq!(name_here(&mut phone), "甲");
}

#[test]
fn what_was_left_out_of_a_reply_is_fetched_from_the_start() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    rename(&net, "甲");
    rename(&net, "乙");
    net.fate(&[Fate::Changed(|reply| drop(reply.segments.remove(0)))]);
    let report = sync(&mut phone, &net).unwrap();
    assert!(
        report.agreed.agreed && report.contradictions == 0,
        "{report:?}"
    );
    assert_eq!(report.requests, 2);
    assert_eq!(name_here(&mut phone), "乙");
}

/// One number of the phone's database.
fn number(home: &Folder, sql: &str) -> i64 {
    let file = rusqlite::Connection::open(home.path.join("phone.db")).unwrap();
    file.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn scopes_of_another_campaign_are_none_of_this_phones() {
    let (net, home) = (server(false), folder());
    let mut phone = open(&home, 1);
    wait(phone.enrol(&net, "2", "测试机")).unwrap();
    net.fate(&[Fate::Changed(|reply| {
        let campaign = OTHER_CAMPAIGN;
        reply
            .scopes
            .push(ScopeInfo::new(99, Scope::Campaign { campaign }));
    })]);
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed);
    assert_eq!(number(&home, "SELECT count(*) FROM scopes"), 4);
}

#[test]
fn without_digests_nothing_is_called_equal() {
    let (net, home) = (server(false), folder());
    let mut phone = open(&home, 1);
    wait(phone.enrol(&net, "2", "测试机")).unwrap();
    let none = Fate::Changed(|reply| reply.digests.clear());
    net.fate(&[none.clone(), none]);
    let report = sync(&mut phone, &net).unwrap();
    assert!(
        !report.agreed.agreed && !report.agreed.compared,
        "{report:?}"
    );
    // Asked for once more, and not for ever.
    assert_eq!(report.requests, 2);
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed);
}

#[test]
fn what_is_written_after_a_sync_is_later_than_what_came_with_it() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    net.with(|s| s.now_ms += 3_600_000);
    rename(&net, "甲");
    let told_ms = net.with(|s| s.now_ms);
    sync(&mut phone, &net).unwrap();
    drop(phone);
    let mut phone = open(&home, 2);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    sync(&mut phone, &net).unwrap();
    let history = net.with(|s| s.ledger.history(&s.conn, sheet).unwrap());
    assert!(
        history.iter().all(|entry| entry.at_ms > told_ms),
        "{history:?}"
    );
}

#[test]
fn the_skew_is_written_anew_where_its_minute_changed() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let kept = "SELECT value FROM meta WHERE key = 'skew_ms'";
    let first_ms = number(&home, kept);
    // By less than a minute in all, in both directions.
    net.with(|s| s.now_ms += 20_000);
    sync(&mut phone, &net).unwrap();
    assert_eq!(number(&home, kept), first_ms);
    net.with(|s| s.now_ms += 120_000);
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(number(&home, kept), report.skew_ms);
    assert!(
        (first_ms - report.skew_ms - 140_000).abs() < 1_000,
        "{report:?}"
    );
}

/// Another server, which holds nothing of this phone.
fn deaf(reply: &mut SyncResponse, generation: u64) {
    reply.generation = generation;
    reply.have = Some(Vec::new());
}

#[test]
fn a_server_that_is_another_one_each_time_ends_the_sync() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let others: [fn(&mut SyncResponse); 8] = [
        |reply| deaf(reply, 78),
        |reply| deaf(reply, 79),
        |reply| deaf(reply, 80),
        |reply| deaf(reply, 81),
        |reply| deaf(reply, 82),
        |reply| deaf(reply, 83),
        |reply| deaf(reply, 84),
        |reply| deaf(reply, 85),
    ];
    phone.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    net.requests();
    net.fate(&others.map(Fate::Changed));
    let error = sync(&mut phone, &net).unwrap_err();
    assert_eq!(error.code(), "not_acknowledged");
    assert_eq!(net.requests().len(), 6);
    net.fate(&[]);
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.new_generation && report.agreed.agreed, "{report:?}");
}

#[test]
fn a_server_that_always_leaves_something_out_ends_the_sync() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    rename(&net, "甲");
    rename(&net, "乙");
    net.requests();
    let holed = Fate::Changed(|reply| {
        let last_but_one = reply.segments.len() - 2;
        reply.segments.remove(last_but_one);
    });
    net.fate(&vec![holed; 20]);
    let report = sync(&mut phone, &net).unwrap();
    assert!(!report.agreed.agreed, "{report:?}");
    assert_eq!(net.requests().len(), 4);
    net.fate(&[]);
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed);
    assert_eq!(name_here(&mut phone), "乙");
}
