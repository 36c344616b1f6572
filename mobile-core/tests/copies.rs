//! Copies: a phone restored from a backup, a cloned phone, a restored server.

mod common;

use common::Net;
use common::office::*;
use common::phones::*;
use mobile_core::{Form, Replica, SyncOptions, SyncReport};
use protocol::message::SyncResponse;
use uuid::Uuid;

/// Value of an answer on the server's side: all live ones.
fn live(net: &Net, sheet: Uuid, field: &str) -> usize {
    net.with(|s| s.ledger.live(&s.conn, sheet, field).unwrap().len())
}

fn answered(phone: &mut Replica, sheet: Uuid) -> usize {
    let view = phone.sheet(sheet).unwrap();
    view.lines.iter().filter(|l| l.answer.is_some()).count()
}

/// A sync paused after so many answers.
fn paused_after(answers: usize, phone: &mut Replica, net: &Net) -> SyncReport {
    net.requests();
    *net.pause_after.lock().unwrap() = Some((answers, phone.pause_handle()));
    let report = sync(phone, net).unwrap();
    *net.pause_after.lock().unwrap() = None;
    assert!(report.paused, "{report:?}");
    report
}

#[test]
fn a_phone_restored_from_an_old_copy_gets_its_own_records_back() {
    let (net, home, backup) = (server(false), folder(), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    phone.idle().unwrap();
    copy_database(&home.path, &backup.path);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    sync(&mut phone, &net).unwrap();
    drop(phone);
    let mut restored = open(&backup, 7);
    assert!(restored.status().unwrap().copied_at_ms.is_some());
    let report = sync(&mut restored, &net).unwrap();
    assert!(report.agreed.agreed && !report.forked);
    assert_eq!(answered(&mut restored, sheet), 1);
    // It goes on in a new epoch, so the two never write one log.
    restored.answer(sheet, "tidy", points(5_000)).unwrap();
    let report = sync(&mut restored, &net).unwrap();
    assert!(report.agreed.agreed && !report.forked);
    let logs = net.with(|s| {
        let device = restored.identity().unwrap().device;
        s.ledger.logs(&s.conn, Some(device)).unwrap()
    });
    assert_eq!(logs.len(), 2);
}

#[test]
fn a_copy_nobody_noticed_gets_its_own_records_back() {
    let (net, home, backup) = (server(false), folder(), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    sync(&mut phone, &net).unwrap();
    phone.idle().unwrap();
    copy_database(&home.path, &backup.path);
    std::fs::copy(home.path.join("install-id"), backup.path.join("install-id")).unwrap();
    phone.answer(sheet, "tidy", points(5_000)).unwrap();
    sync(&mut phone, &net).unwrap();
    drop(phone);
    let mut restored = open(&backup, 7);
    assert!(restored.status().unwrap().copied_at_ms.is_none());
    // The first request bears a number the server has seen; the second tells that the server holds more, and nothing of
    // what was safe is unsafe by that.
    let without_it = |reply: &mut SyncResponse| reply.segments.clear();
    net.fate(&[common::Fate::Pass, common::Fate::Changed(without_it)]);
    paused_after(2, &mut restored, &net);
    assert_eq!(restored.status().unwrap().unsent_changes, 0);
    let report = sync(&mut restored, &net).unwrap();
    assert!(report.agreed.agreed && !report.forked, "{report:?}");
    // Newly known to be held: what came back, and nothing else.
    assert_eq!((report.pushed_changes, report.reissued), (1, 0));
    assert_eq!(answered(&mut restored, sheet), 2);
}

#[test]
fn a_revoked_copy_asks_once_for_what_it_is_not_given() {
    let (net, home, backup) = (server(false), folder(), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    phone.idle().unwrap();
    copy_database(&home.path, &backup.path);
    std::fs::copy(home.path.join("install-id"), backup.path.join("install-id")).unwrap();
    phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    sync(&mut phone, &net).unwrap();
    let device = phone.identity().unwrap().device;
    drop(phone);
    net.with(|s| s.devices.get_mut(&device).unwrap().revoked = true);
    let report = sync(&mut open(&backup, 7), &net).unwrap();
    // The first one bears a number the server has seen.
    assert!(report.revoked && report.requests == 2, "{report:?}");
}

/// Two folders that are one phone, install id and all: only the server can tell. Each writes on by itself.
fn cloned(net: &Net) -> (Folder, Folder, Uuid) {
    let (home, clone) = (folder(), folder());
    let mut phone = enrolled(&home, net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    phone.answer(sheet, "demolish", points(5_000)).unwrap();
    sync(&mut phone, net).unwrap();
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    phone.idle().unwrap();
    copy_database(&home.path, &clone.path);
    std::fs::copy(home.path.join("install-id"), clone.path.join("install-id")).unwrap();
    drop(phone);
    (home, clone, sheet)
}

#[test]
fn a_clone_that_went_another_way_is_noticed_and_loses_nothing() {
    let net = server(false);
    let (home, clone, sheet) = cloned(&net);
    let mut one = open(&home, 21);
    let mut two = open(&clone, 22);
    one.answer(sheet, "tidy", points(10_000)).unwrap();
    one.answer(sheet, "green", points(5_000)).unwrap();
    two.answer(sheet, "tidy", points(15_000)).unwrap();
    two.answer(sheet, "tidy", points(20_000)).unwrap();
    two.answer(sheet, "green", points(5_000)).unwrap();
    let first = sync(&mut one, &net).unwrap();
    assert!(!first.forked && first.agreed.agreed);
    let second = sync(&mut two, &net).unwrap();
    assert!(second.forked && second.agreed.agreed, "{second:?}");
    // `clear` (written before the copy) and `green` are alike on both and travel once; `tidy` is a conflict.
    assert_eq!(second.reissued, 2);
    for (field, values) in [("clear", 1), ("green", 1), ("tidy", 2), ("demolish", 1)] {
        assert_eq!(
            live(&net, sheet, &format!("answer/{field}")),
            values,
            "{field}"
        );
    }
    // The first bears a number the server has seen; the answer to the second brings the other branch unasked.
    assert_eq!(second.requests, 3);
    let third = sync(&mut one, &net).unwrap();
    assert!(third.agreed.agreed && !third.forked, "{third:?}");
    for phone in [&mut one, &mut two] {
        let view = phone.sheet(sheet).unwrap();
        assert_eq!(view.siblings.keys().collect::<Vec<_>>(), ["answer/tidy"]);
    }
    // And both go on without another fork.
    one.answer(sheet, "light", points(5_000)).unwrap();
    two.answer(sheet, "build", points(5_000)).unwrap();
    for turn in 0..3 {
        let phone = if turn == 1 { &mut two } else { &mut one };
        let report = sync(phone, &net).unwrap();
        assert!(report.agreed.agreed, "{report:?}");
    }
    assert_eq!(answered(&mut two, sheet), 6);
    let differ = net.with(|s| s.ledger.compare(&s.conn).unwrap());
    assert!(differ.is_empty());
}

#[test]
fn a_fork_told_without_the_other_branch_is_healed_when_it_comes() {
    let net = server(false);
    let (home, clone, sheet) = cloned(&net);
    let mut one = open(&home, 21);
    let mut two = open(&clone, 22);
    one.answer(sheet, "green", points(5_000)).unwrap();
    two.answer(sheet, "tidy", points(5_000)).unwrap();
    two.answer(sheet, "green", points(5_000)).unwrap();
    sync(&mut one, &net).unwrap();
    let without_it = |reply: &mut SyncResponse| {
        assert!(!reply.forks.is_empty());
        reply.have = None;
        reply.segments.clear();
    };
    // The first bears a number the server has seen.
    net.fate(&[common::Fate::Pass, common::Fate::Changed(without_it)]);
    let report = paused_after(2, &mut two, &net);
    assert!(report.forked, "{report:?}");
    let report = sync(&mut two, &net).unwrap();
    assert!(report.agreed.agreed, "{report:?}");
    // `clear` and `green` are alike on both: left out again once the other branch was here.
    let history = net.with(|s| s.ledger.history(&s.conn, sheet).unwrap());
    for field in ["answer/clear", "answer/tidy", "answer/green"] {
        let said = history.iter().filter(|entry| entry.field == field);
        assert_eq!(said.count(), 1, "{field}");
    }
}

#[test]
fn another_history_of_a_colleagues_log_is_taken_and_the_first_one_handed_back() {
    let (net, home, other, clone) = (server(false), folder(), folder(), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let mut colleague = enrolled(&other, &net, "3", 2);
    colleague.edit_site_facts(VILLAGE, "remark", "一").unwrap();
    sync(&mut colleague, &net).unwrap();
    sync(&mut phone, &net).unwrap();
    net.back_up(&home.path);
    colleague.idle().unwrap();
    copy_database(&other.path, &clone.path);
    std::fs::copy(other.path.join("install-id"), clone.path.join("install-id")).unwrap();
    colleague.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    sync(&mut colleague, &net).unwrap();
    sync(&mut phone, &net).unwrap();
    drop(colleague);
    net.put_back(&home.path, 78);
    let mut colleague = open(&clone, 4);
    colleague.edit_site_facts(VILLAGE, "code", "乙").unwrap();
    sync(&mut colleague, &net).unwrap();
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.agreed.agreed, "{report:?}");
    assert_eq!((report.contradictions, report.handed_back), (0, 1));
    let facts = protocol::ids::site_facts(CAMPAIGN, VILLAGE, GROUP);
    assert_eq!(live(&net, facts, "code"), 1);
    let file = rusqlite::Connection::open(home.path.join("phone.db")).unwrap();
    let sql = "SELECT count(*) FROM segments s JOIN logs l ON l.no = s.log WHERE l.branch <> 0";
    let kept: i64 = file.query_row(sql, [], |r| r.get(0)).unwrap();
    assert_eq!(kept, 1);
}

#[test]
fn what_was_acknowledged_and_then_lost_with_another_branch_is_offered_again() {
    let net = server(false);
    let (home, clone, sheet) = cloned(&net);
    net.back_up(&home.path);
    let mut two = open(&clone, 22);
    two.answer(sheet, "tidy", points(5_000)).unwrap();
    sync(&mut two, &net).unwrap();
    // The server is put back and told nothing; the original takes the same numbers in the log.
    net.put_back(&home.path, 77);
    let mut one = open(&home, 21);
    one.answer(sheet, "green", points(5_000)).unwrap();
    sync(&mut one, &net).unwrap();
    // All of that log counts as unsent, so that the server finds the fork.
    let without_it = |reply: &mut SyncResponse| reply.segments.clear();
    net.fate(&[common::Fate::Pass, common::Fate::Changed(without_it)]);
    paused_after(2, &mut two, &net);
    assert!(two.status().unwrap().unsent_changes > 3);
    let report = sync(&mut two, &net).unwrap();
    assert!(report.forked && report.agreed.agreed, "{report:?}");
    for field in ["answer/clear", "answer/tidy", "answer/green"] {
        assert_eq!(live(&net, sheet, field), 1, "{field}");
    }
    assert_eq!(answered(&mut two, sheet), 4);
}

#[test]
fn a_fork_after_sealing_keeps_the_abandoned_branch_and_sends_its_changes_again() {
    let net = server(false);
    let (home, clone, sheet) = cloned(&net);
    let mut one = open(&home, 21);
    let mut two = open(&clone, 22);
    two.answer(sheet, "manage", points(5_000)).unwrap();
    // Sealed, never arrived.
    net.fate(&vec![common::Fate::LostRequest; 4]);
    assert_eq!(sync(&mut two, &net).unwrap_err().code(), "network");
    one.answer(sheet, "green", points(5_000)).unwrap();
    sync(&mut one, &net).unwrap();
    // Cut in the middle of healing: the next sync goes on.
    net.fate(&[
        common::Fate::Pass,
        common::Fate::LostRequest,
        common::Fate::LostRequest,
    ]);
    let report = sync(&mut two, &net).unwrap();
    assert!(report.forked && report.agreed.agreed, "{report:?}");
    assert_eq!(answered(&mut two, sheet), 4);
    assert_eq!(live(&net, sheet, "answer/manage"), 1);
    let file = rusqlite::Connection::open(clone.path.join("phone.db")).unwrap();
    let sql = "SELECT count(*) FROM segments s JOIN logs l ON l.no = s.log WHERE l.branch <> 0";
    let kept: i64 = file.query_row(sql, [], |r| r.get(0)).unwrap();
    assert_eq!(kept, 1);
}

#[test]
fn a_clone_with_an_unsealed_tail_that_asks_for_its_logs_first_heals_too() {
    let net = server(false);
    let (home, clone, sheet) = cloned(&net);
    // A backup without the install id: noticed here, before anything is sent.
    std::fs::remove_file(clone.path.join("install-id")).unwrap();
    let mut one = open(&home, 21);
    one.answer(sheet, "tidy", points(10_000)).unwrap();
    sync(&mut one, &net).unwrap();
    let mut two = open(&clone, 22);
    two.answer(sheet, "green", points(5_000)).unwrap();
    let report = sync(&mut two, &net).unwrap();
    assert!(report.agreed.agreed, "{report:?}");
    assert_eq!(live(&net, sheet, "answer/clear"), 1);
    assert_eq!(answered(&mut two, sheet), 4);
    assert!(sync(&mut one, &net).unwrap().agreed.agreed);
    assert_eq!(answered(&mut one, sheet), 4);
}

#[test]
fn own_logs_that_come_in_several_pages_are_waited_for() {
    let net = server(false);
    let (home, clone, sheet) = cloned(&net);
    std::fs::remove_file(clone.path.join("install-id")).unwrap();
    let mut one = open(&home, 21);
    for line in ["tidy", "green", "light"] {
        sync(&mut one, &net).unwrap();
        one.answer(sheet, line, points(5_000)).unwrap();
    }
    sync(&mut one, &net).unwrap();
    let mut two = open(&clone, 22);
    let options = SyncOptions {
        page_bytes: 1,
        ..SyncOptions::default()
    };
    let report = wait(two.sync_with(&net, options, &mut |_| {})).unwrap();
    assert!(report.agreed.agreed && report.requests > 6, "{report:?}");
    // Written before the copy, unsent on both: said once.
    let history = net.with(|s| s.ledger.history(&s.conn, sheet).unwrap());
    let said = history.iter().filter(|entry| entry.field == "answer/clear");
    assert_eq!(said.count(), 1);
}

#[test]
fn an_edit_of_what_was_copied_unsent_replaces_it_and_makes_no_conflict() {
    let net = server(false);
    let (home, clone, sheet) = cloned(&net);
    std::fs::remove_file(clone.path.join("install-id")).unwrap();
    let mut one = open(&home, 21);
    // The same number in the log as what the restored phone will write next would have had.
    one.answer(sheet, "tidy", points(10_000)).unwrap();
    sync(&mut one, &net).unwrap();
    let mut two = open(&clone, 22);
    two.answer(sheet, "clear", points(10_000)).unwrap();
    two.answer(sheet, "clear", points(5_000)).unwrap();
    let report = sync(&mut two, &net).unwrap();
    assert!(report.agreed.agreed && report.reissued == 0, "{report:?}");
    // Both edits arrived; the last one replaced the copied answer, and nothing of another field.
    assert_eq!(live(&net, sheet, "answer/clear"), 1);
    assert_eq!(live(&net, sheet, "answer/tidy"), 1);
    assert!(two.sheet(sheet).unwrap().siblings.is_empty());
    let values = net.with(|s| {
        let all = s.ledger.history(&s.conn, sheet).unwrap();
        all.iter().filter(|e| e.field == "answer/clear").count()
    });
    assert_eq!(values, 3);
}

#[test]
fn an_edit_of_a_re_issued_change_never_names_the_servers_change_of_the_same_number() {
    let net = server(false);
    let (home, clone, sheet) = cloned(&net);
    // As a clone it writes on under the old name …
    let mut two = open(&clone, 22);
    two.answer(sheet, "manage", points(5_000)).unwrap();
    drop(two);
    // … then it is restored from a backup, and edits what it had written.
    std::fs::remove_file(clone.path.join("install-id")).unwrap();
    let mut two = open(&clone, 23);
    two.answer(sheet, "manage", points(10_000)).unwrap();
    let mut one = open(&home, 21);
    one.answer(sheet, "tidy", points(10_000)).unwrap();
    sync(&mut one, &net).unwrap();
    let report = sync(&mut two, &net).unwrap();
    assert!(report.forked && report.agreed.agreed, "{report:?}");
    for field in ["answer/manage", "answer/tidy", "answer/clear"] {
        assert_eq!(live(&net, sheet, field), 1, "{field}");
    }
    net.with(|s| {
        for entry in s.ledger.history(&s.conn, sheet).unwrap() {
            for dot in &entry.supersedes {
                let place = s.ledger.change_place(&s.conn, dot).unwrap();
                assert_eq!(place, Some((sheet, entry.field.clone())));
            }
        }
    });
}

#[test]
fn a_restored_server_gets_back_what_it_lost_from_the_phones() {
    let (net, home, other) = (server(false), folder(), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let mut colleague = enrolled(&other, &net, "3", 2);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    sync(&mut phone, &net).unwrap();
    net.back_up(&home.path);
    phone.answer(sheet, "tidy", points(5_000)).unwrap();
    colleague.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    sync(&mut phone, &net).unwrap();
    sync(&mut colleague, &net).unwrap();
    sync(&mut phone, &net).unwrap();
    net.put_back(&home.path, 78);
    assert_eq!(live(&net, sheet, "answer/tidy"), 0);
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.new_generation && report.agreed.agreed, "{report:?}");
    assert!(report.handed_back >= 1);
    assert_eq!(live(&net, sheet, "answer/tidy"), 1);
    let facts = protocol::ids::site_facts(CAMPAIGN, VILLAGE, GROUP);
    assert_eq!(live(&net, facts, "code"), 1);
    let report = sync(&mut colleague, &net).unwrap();
    assert!(report.new_generation && report.agreed.agreed, "{report:?}");
    assert_eq!(report.handed_back, 0, "the server has it all");
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!((report.requests, report.new_generation), (1, false));
    let differ = net.with(|s| s.ledger.compare(&s.conn).unwrap());
    assert!(differ.is_empty());
}

#[test]
fn a_hand_back_that_was_given_up_is_taken_up_and_compared_by_the_next_sync() {
    let (net, home, other) = (server(false), folder(), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let mut colleague = enrolled(&other, &net, "3", 2);
    net.back_up(&home.path);
    colleague.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    sync(&mut colleague, &net).unwrap();
    sync(&mut phone, &net).unwrap();
    net.put_back(&home.path, 78);
    // Everything is pulled, nothing gets through after that.
    let mut fates = vec![common::Fate::Pass; 2];
    fates.extend(vec![common::Fate::LostRequest; 4]);
    net.fate(&fates);
    assert_eq!(sync(&mut phone, &net).unwrap_err().code(), "network");
    let report = sync(&mut phone, &net).unwrap();
    assert!(
        report.handed_back == 1 && report.agreed.agreed,
        "{report:?}"
    );
}

#[test]
fn a_new_generation_that_lost_nothing_is_given_nothing_back() {
    let (net, home, other) = (server(false), folder(), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let mut colleague = enrolled(&other, &net, "3", 2);
    colleague.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    sync(&mut colleague, &net).unwrap();
    sync(&mut phone, &net).unwrap();
    net.with(|s| s.generation = 78);
    let options = SyncOptions {
        page_bytes: 300,
        ..SyncOptions::default()
    };
    let report = wait(phone.sync_with(&net, options, &mut |_| {})).unwrap();
    assert!(report.new_generation && report.agreed.agreed, "{report:?}");
    assert!(report.requests > 5 && report.handed_back == 0, "{report:?}");
}

#[test]
fn what_is_handed_back_begins_with_the_roster() {
    let (net, home, other) = (server(false), folder(), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let mut colleague = enrolled(&other, &net, "3", 2);
    net.back_up(&home.path);
    let group = protocol::Scope::Group {
        campaign: CAMPAIGN,
        group: GROUP,
    };
    colleague.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    sync(&mut colleague, &net).unwrap();
    sync(&mut phone, &net).unwrap();
    net.with(|s| {
        let facts = protocol::ids::site_facts(CAMPAIGN, VILLAGE, GROUP);
        s.office(group, &[("site_facts", facts, "remark", "办".into())]);
        let scope = s.campaign_scope();
        s.office(scope, &[("site", VILLAGE, "name", "乙".into())]);
    });
    sync(&mut phone, &net).unwrap();
    net.put_back(&home.path, 78);
    let held: i64 = net.with(|s| {
        let sql = "SELECT max(no) FROM segments";
        s.conn.query_row(sql, [], |row| row.get(0)).unwrap()
    });
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(report.handed_back, 3, "{report:?}");
    let order: Vec<(Uuid, Uuid)> = net.with(|s| {
        let sql = "SELECT l.device, c.id FROM segments s JOIN logs l ON l.no = s.log
                   JOIN scopes c ON c.no = s.scope WHERE s.no > ?1 ORDER BY s.no";
        let mut stmt = s.conn.prepare(sql).unwrap();
        let id = |bytes: [u8; 16]| Uuid::from_bytes(bytes);
        let rows = stmt.query_map([held], |row| Ok((id(row.get(0)?), id(row.get(1)?))));
        rows.unwrap().map(Result::unwrap).collect()
    });
    let (server, campaign) = net.with(|s| (s.id, s.campaign_scope().id()));
    let device = colleague.identity().unwrap().device;
    assert_eq!(
        order,
        [
            (server, campaign),
            (server, group.id()),
            (device, group.id())
        ]
    );
}

#[test]
fn a_hand_back_that_was_cut_goes_on_and_a_segment_nobody_knows_holds_up_nothing() {
    let (net, home, other) = (server(false), folder(), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    net.back_up(&home.path);
    let mut colleague = enrolled(&other, &net, "3", 2);
    colleague.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    sync(&mut colleague, &net).unwrap();
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    sync(&mut phone, &net).unwrap();
    let device = colleague.identity().unwrap().device;
    net.put_back(&home.path, 78);
    // Not even its key is known any more.
    net.with(|s| s.devices.remove(&device));
    net.fate(&[
        common::Fate::Pass,
        common::Fate::Pass,
        common::Fate::LostReply,
    ]);
    let report = sync(&mut phone, &net).unwrap();
    assert!(
        report.new_generation && report.contradictions == 1,
        "{report:?}"
    );
    assert_eq!(live(&net, sheet, "answer/clear"), 1);
    assert_eq!(phone.status().unwrap().unsent_changes, 0);
}
