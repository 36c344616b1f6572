//! The engine against a small server: what is sent, what is acknowledged, what a bad network may do.

mod common;

use common::office::*;
use common::phones::*;
use common::{Fate, Net, answer as reply, refusal};
use mobile_core::sync::{Engine, Input, Output};
use mobile_core::{Form, Progress, Replica, SyncOptions};
use protocol::Scope;
use uuid::Uuid;

fn sealed(author: Uuid) -> Scope {
    Scope::Sealed {
        campaign: CAMPAIGN,
        author,
    }
}

/// Segments of a scope as the server stores them: (header, payload, signature).
fn stored(net: &Net, scope: Scope) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    net.with(|s| {
        let sql = "SELECT s.header, s.payload, s.signature FROM segments s JOIN scopes c ON c.no = s.scope
                   JOIN logs l ON l.no = s.log WHERE c.id = ?1 AND l.device <> ?2 ORDER BY s.no";
        let mut stmt = s.conn.prepare(sql).unwrap();
        let ids = (scope.id().into_bytes(), s.id.into_bytes());
        let rows = stmt.query_map(ids, |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)));
        rows.unwrap().map(|r| r.unwrap()).collect()
    })
}

fn with_sheet(home: &Folder, net: &Net) -> (Replica, Uuid) {
    let mut phone = enrolled(home, net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Detailed).unwrap();
    fill(&mut phone, sheet);
    net.requests();
    (phone, sheet)
}

#[test]
fn a_sheet_reaches_the_server_and_both_sides_agree_on_the_counts() {
    let (net, home) = (server(false), folder());
    let (mut phone, sheet) = with_sheet(&home, &net);
    assert_eq!(phone.status().unwrap().sheets.only_here, 1);
    let mut seen = Vec::new();
    let report = wait(phone.sync(&net, &mut |p| seen.push(p))).unwrap();
    assert!(report.agreed.agreed && report.agreed.compared && report.agreed.differing.is_empty());
    assert_eq!((report.requests, report.pushed_changes), (1, 36));
    assert!(
        seen.iter()
            .any(|p| matches!(p, Progress::Sending { bytes_left } if *bytes_left > 0))
    );
    let status = phone.status().unwrap();
    assert_eq!(
        (
            status.sheets.held,
            status.sheets.only_here,
            status.unsent_changes
        ),
        (1, 0, 0)
    );
    let there = net
        .with(|s| s.ledger.view(&s.conn, sheet).unwrap())
        .unwrap();
    assert_eq!(there.fields.len(), 36);
    // The same query on both databases.
    let sql = "SELECT count(*) FROM records r JOIN names n ON n.no = r.kind WHERE n.name = 'sheet'";
    let server: i64 = net.with(|s| s.conn.query_row(sql, [], |r| r.get(0)).unwrap());
    let file = rusqlite::Connection::open(home.path.join("phone.db")).unwrap();
    let here: i64 = file.query_row(sql, [], |r| r.get(0)).unwrap();
    assert_eq!(
        (server as u64, here as u64),
        (status.sheets.held, status.sheets.total())
    );
}

#[test]
fn a_sync_with_nothing_new_is_one_small_request() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_sheet(&home, &net);
    sync(&mut phone, &net).unwrap();
    net.requests();
    let mut told = 0;
    net.fate(&[Fate::Changed(|reply| assert!(reply.token.is_empty()))]);
    let report = wait(phone.sync(&net, &mut |_| told += 1)).unwrap();
    assert_eq!((report.requests, told), (1, 0));
    assert!(report.agreed.agreed);
    let [(_, up, down)] = net.requests()[..] else {
        panic!("more than one request")
    };
    assert!(up <= 200 && down <= 200, "{up} B up, {down} B down");
    assert_eq!(
        (report.pushed_bytes, report.pulled_bytes),
        (up as u64, down as u64)
    );
}

#[test]
fn a_lost_reply_costs_a_repeat_of_the_same_bytes_and_nothing_twice() {
    let (net, home) = (server(false), folder());
    let (mut phone, sheet) = with_sheet(&home, &net);
    net.fate(&[Fate::LostReply, Fate::LostRequest]);
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!((report.retries, report.requests), (2, 3));
    assert!(report.agreed.agreed && !report.forked);
    let once = stored(&net, sealed(account(2)));
    assert_eq!(once.len(), 1);
    phone.clear_answer(sheet, "V-C1").unwrap();
    sync(&mut phone, &net).unwrap();
    let twice = stored(&net, sealed(account(2)));
    assert_eq!((twice.len(), &twice[0]), (2, &once[0]));
}

#[test]
fn an_interrupted_sync_keeps_the_sealed_bytes_for_the_next_one() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_sheet(&home, &net);
    net.fate(&[
        Fate::LostRequest,
        Fate::LostRequest,
        Fate::LostRequest,
        Fate::LostRequest,
    ]);
    assert_eq!(sync(&mut phone, &net).unwrap_err().code(), "network");
    let file = rusqlite::Connection::open(home.path.join("phone.db")).unwrap();
    let sql = "SELECT s.payload FROM segments s JOIN logs l ON l.no = s.log WHERE l.device = ?1";
    let me = phone.identity().unwrap().device;
    let kept: Vec<u8> = file.query_row(sql, [me.as_bytes()], |r| r.get(0)).unwrap();
    drop(phone);
    let mut phone = open(&home, 2);
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed);
    assert_eq!(stored(&net, sealed(account(2)))[0].1, kept);
}

#[test]
fn a_captive_portal_and_a_mangling_proxy_change_nothing() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_sheet(&home, &net);
    let page = |kind: &str, body: &[u8]| Fate::Instead(reply(200, kind, body.to_vec()));
    let sync_type = protocol::request::CONTENT_TYPE;
    let redirect = Fate::Instead(reply(302, "text/html", Vec::new()));
    for fate in [
        page("text/html; charset=utf-8", b"<html>please sign in"),
        page(sync_type, b"<html>please sign in"),
        page(sync_type, b""),
        redirect,
        Fate::Mangled,
    ] {
        let before = phone.status().unwrap();
        net.fate(std::slice::from_ref(&fate));
        let error = sync(&mut phone, &net).unwrap_err();
        assert_eq!(error.code(), "not_our_server", "{fate:?}");
        assert!(error.zh().contains("先在浏览器里登录"));
        let after = phone.status().unwrap();
        assert_eq!(after.unsent_changes, before.unsent_changes);
    }
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed);
}

#[test]
fn a_busy_server_is_asked_again_after_the_time_it_wants() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_sheet(&home, &net);
    let mut busy = refusal(protocol::problem::Code::Busy);
    busy.headers.push(("Retry-After".into(), "4".into()));
    net.fate(&[Fate::Instead(busy.clone())]);
    let mut seen = Vec::new();
    wait(phone.sync(&net, &mut |p| seen.push(p))).unwrap();
    assert!(seen.contains(&Progress::Waiting { ms: 4_000 }));
    net.fate(&vec![Fate::Instead(busy); 9]);
    assert_eq!(sync(&mut phone, &net).unwrap_err().code(), "busy");
}

#[test]
fn a_counter_the_server_has_seen_is_passed_over() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_sheet(&home, &net);
    let me = phone.identity().unwrap().device;
    net.with(|s| s.devices.get_mut(&me).unwrap().counter = 5_000);
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.agreed.agreed);
    assert_eq!(report.requests, 2);
    assert_eq!(net.with(|s| s.devices[&me].counter), 5_001);
}

fn carried(net: &Net, request: mobile_core::TransportRequest) -> Input {
    use mobile_core::Transport;
    Input::Reply(wait(net.send(request)).unwrap())
}

#[test]
fn an_answer_given_while_a_sync_runs_is_neither_lost_nor_acknowledged_by_it() {
    let (net, home) = (server(false), folder());
    let (mut phone, sheet) = with_sheet(&home, &net);
    let mut engine = Engine::new(SyncOptions::default(), 7);
    let request = sent(engine.step(&mut phone, Input::Start));
    phone.clear_answer(sheet, "V-C1").unwrap();
    let outputs = engine.step(&mut phone, carried(&net, request));
    let Some(Output::Done(report)) = outputs.into_iter().last() else {
        panic!("not done")
    };
    assert_eq!(report.pushed_changes, 36);
    assert!(!report.agreed.agreed && !report.agreed.compared);
    // What is not said yet is no difference.
    assert!(report.agreed.differing.is_empty());
    let status = phone.status().unwrap();
    assert_eq!((status.unsent_changes, status.sheets.only_here), (1, 1));
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(report.pushed_changes, 1);
    assert!(report.agreed.agreed);
}

#[test]
fn two_syncs_at_once_are_one_and_a_dead_one_holds_nothing() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_sheet(&home, &net);
    let mut first = Engine::new(SyncOptions::default(), 7);
    let request = sent(first.step(&mut phone, Input::Start));
    let mut second = Engine::new(SyncOptions::default(), 8);
    let refused = second.step(&mut phone, Input::Start);
    let Some(Output::Failed(error)) = refused.into_iter().last() else {
        panic!("two at once")
    };
    assert_eq!(error.code(), "sync_running");
    first.step(&mut phone, carried(&net, request));
    assert!(sync(&mut phone, &net).is_ok());
    // One that died with its process.
    let mut third = Engine::new(SyncOptions::default(), 9);
    sent(third.step(&mut phone, Input::Start));
    drop(phone);
    assert!(sync(&mut open(&home, 3), &net).is_ok());
}

#[test]
fn an_answer_that_arrived_before_a_pause_is_not_thrown_away() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_sheet(&home, &net);
    *net.pause_after.lock().unwrap() = Some((1, phone.pause_handle()));
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!((report.requests, report.pushed_changes), (1, 36));
    assert_eq!(phone.status().unwrap().unsent_changes, 0);
    // A wait and a lost connection end at once.
    for fate in [
        Fate::LostRequest,
        Fate::Instead(refusal(protocol::problem::Code::Busy)),
    ] {
        net.fate(&[fate]);
        let report = sync(&mut phone, &net).unwrap();
        assert!(report.paused && report.requests == 1, "{report:?}");
        assert_eq!(report.retries, 0, "nothing is waited for");
    }
}

#[test]
fn what_comes_is_counted_and_told() {
    let (net, home) = (server(false), folder());
    let mut phone = open(&home, 1);
    wait(phone.enrol(&net, "2", "测试机")).unwrap();
    net.requests();
    let options = SyncOptions {
        page_bytes: 2_000,
        ..SyncOptions::default()
    };
    let mut told = Vec::new();
    let mut watch = |p| {
        if let Progress::Received { changes, more } = p {
            told.push((changes, more));
        }
    };
    let report = wait(phone.sync_with(&net, options, &mut watch)).unwrap();
    let moved = net.requests();
    let sum = |of: fn(&(String, usize, usize)) -> usize| moved.iter().map(of).sum::<usize>();
    assert_eq!(report.pulled_bytes as usize, sum(|r| r.2));
    assert_eq!(report.pushed_bytes as usize, sum(|r| r.1));
    assert!(told.len() > 2 && told.is_sorted(), "{told:?}");
    assert_eq!(told.last(), Some(&(report.pulled_changes, false)));
    assert!(told[..told.len() - 1].iter().all(|(_, more)| *more));
}

#[test]
fn a_skew_of_more_than_five_minutes_is_flagged() {
    let (net, home) = (server(false), folder());
    let clock = std::sync::Arc::new(mobile_core::FixedClock::at(common::START_MS));
    let mut phone = open_by(&clock, &home);
    wait(phone.enrol(&net, "2", "手机")).unwrap();
    for (skew_ms, flagged) in [
        (300_000, false),
        (300_001, true),
        (-300_000, false),
        (-300_001, true),
    ] {
        clock.set(net.with(|s| s.now_ms) + skew_ms);
        let report = sync(&mut phone, &net).unwrap();
        assert_eq!((report.skew_ms, report.skew_flagged), (skew_ms, flagged));
    }
}

/// So many letters of noise, which do not compress.
fn noise(letters: usize) -> String {
    let mut seed = letters as u64;
    let mut letter = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from_u32(0x4e00 + ((seed >> 33) % 20_000) as u32).unwrap()
    };
    (0..letters).map(|_| letter()).collect()
}

#[test]
fn a_link_cut_every_second_gets_smaller_pages_both_ways() {
    smaller_pages_get_through(&server(false));
}

#[test]
fn a_gateway_that_gives_up_on_long_requests_gets_smaller_pages() {
    let net = server(false);
    *net.gateway.lock().unwrap() = true;
    smaller_pages_get_through(&net);
}

fn smaller_pages_get_through(net: &Net) {
    let (home, other) = (folder(), folder());
    let mut phone = enrolled(&home, net, "2", 1);
    // A segment for each sync that did not get through.
    for round in 0..12 {
        phone
            .edit_site_facts(VILLAGE, "remark", &noise(3_000 + round))
            .unwrap();
        net.fate(&vec![Fate::LostRequest; 4]);
        assert!(sync(&mut phone, net).is_err());
    }
    *net.longest.lock().unwrap() = 24_000;
    net.requests();
    let report = sync(&mut phone, net).unwrap();
    assert_eq!(report.pushed_changes, 12);
    assert!(report.retries >= 2, "control: whole pages were cut");
    let longest = |log: &[(String, usize, usize)]| log.iter().map(|r| r.1.max(r.2)).max();
    let sent = net.requests();
    assert!(longest(&sent).unwrap() > 48_000, "control: {sent:?}");

    let mut second = open(&other, 2);
    wait(second.enrol(net, "2b", "二号机")).unwrap();
    let report = sync(&mut second, net).unwrap();
    assert!(report.agreed.agreed && report.retries >= 2, "{report:?}");

    // Also where somebody wished for pages of a size.
    let third = folder();
    let mut third = open(&third, 3);
    wait(third.enrol(net, "2c", "三号机")).unwrap();
    let options = SyncOptions {
        page_bytes: 100_000,
        ..SyncOptions::default()
    };
    let report = wait(third.sync_with(net, options, &mut |_| {})).unwrap();
    assert!(report.agreed.agreed && report.retries >= 1, "{report:?}");
}

#[test]
fn a_large_tail_goes_in_several_requests_and_a_cut_costs_one() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    // About 1.3 MB in segments of at most 600 kB.
    for round in 0..40 {
        let text = noise(3_900 + round);
        for site in [VILLAGE, MARKET, HOUSEHOLD] {
            phone
                .edit_site_facts(site, "remark", &format!("{}{round}", &text[..9_000]))
                .unwrap();
        }
    }
    net.requests();
    net.fate(&[Fate::Pass, Fate::LostReply]);
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.agreed.agreed, "{report:?}");
    assert!(report.requests >= 3, "{}", report.requests);
    assert_eq!(report.pushed_changes, 120);
    // So much in the write-ahead log goes into the database; a small sync leaves it.
    let wal = || std::fs::metadata(home.path.join("phone.db-wal")).map_or(0, |m| m.len());
    let after = wal();
    assert!(after < 1 << 14, "{after}");
    phone.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    sync(&mut phone, &net).unwrap();
    assert!(wal() > after);
}

#[test]
fn pulling_in_small_pages_ends_in_the_same_registers() {
    let (net, home, other) = (server(false), folder(), folder());
    let (mut phone, _) = with_sheet(&home, &net);
    phone.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    sync(&mut phone, &net).unwrap();
    let mut second = open(&other, 2);
    wait(second.enrol(&net, "2b", "二号机")).unwrap();
    let options = SyncOptions {
        page_bytes: 300,
        ..SyncOptions::default()
    };
    let report = wait(second.sync_with(&net, options, &mut |_| {})).unwrap();
    assert!(report.requests > 5, "{}", report.requests);
    assert!(report.agreed.agreed);
    assert_eq!(second.status().unwrap().sheets.held, 1);
    let sheet = second.open_sheet(VILLAGE, Form::Quick).unwrap();
    assert!(second.sheet(sheet).unwrap().score.is_complete());
}

#[test]
fn a_damaged_register_is_found_by_the_digests_and_rebuilt() {
    let (net, home) = (server(false), folder());
    let (mut phone, sheet) = with_sheet(&home, &net);
    sync(&mut phone, &net).unwrap();
    drop(phone);
    let file = rusqlite::Connection::open(home.path.join("phone.db")).unwrap();
    let sql =
        "DELETE FROM cells WHERE seq % 5 = 0 AND log IN (SELECT no FROM logs WHERE acked > 0)";
    let n = file.execute(sql, []).unwrap();
    assert!(n > 5);
    file.execute("UPDATE scopes SET digest = zeroblob(128)", [])
        .unwrap();
    drop(file);
    let mut phone = open(&home, 2);
    assert!(!phone.sheet(sheet).unwrap().score.is_complete());
    phone.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.agreed.agreed && report.agreed.differing.is_empty());
    assert!(phone.sheet(sheet).unwrap().score.is_complete());
}

#[test]
fn a_difference_that_stays_is_told_with_its_scope() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_sheet(&home, &net);
    sync(&mut phone, &net).unwrap();
    let group = Scope::Group {
        campaign: CAMPAIGN,
        group: GROUP,
    };
    net.with(|s| {
        s.conn
            .execute(
                "UPDATE scopes SET digest = randomblob(128) WHERE id = ?1",
                [group.id().as_bytes()],
            )
            .unwrap();
        s.ledger.rolled_back();
    });
    phone.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(report.agreed.differing, [group.id()]);
    assert!(!report.agreed.agreed && report.agreed.compared);
}

#[test]
fn a_revoked_phone_is_told_and_wiped_only_when_all_is_held() {
    let (net, home) = (server(false), folder());
    let (mut phone, sheet) = with_sheet(&home, &net);
    let me = phone.identity().unwrap().device;
    net.with(|s| s.devices.get_mut(&me).unwrap().revoked = true);
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.revoked && report.may_wipe);
    assert!(phone.status().unwrap().revoked_at_ms.is_some());
    phone.clear_answer(sheet, "V-C1").unwrap();
    assert_eq!(phone.wipe().unwrap_err().code(), "unsent");
    let mut phone = open(&home, 2);
    sync(&mut phone, &net).unwrap();
    phone.wipe().unwrap();
    assert!(!home.path.exists());
}

#[test]
fn a_phone_that_was_not_revoked_is_not_wiped() {
    let (net, home) = (server(false), folder());
    let (phone, _) = with_sheet(&home, &net);
    assert_eq!(phone.wipe().unwrap_err().code(), "not_revoked");
    assert!(home.path.join("phone.db").exists());
}

#[test]
fn a_clock_two_days_off_is_flagged_and_refuses_nothing() {
    let (net, home) = (server(false), folder());
    let mut phone = {
        let mut ports = ports(1);
        let clock = mobile_core::FixedClock::at(common::START_MS + 2 * 86_400_000);
        ports.clock = std::sync::Arc::new(clock);
        Replica::open(&home.path, ports).unwrap()
    };
    wait(phone.enrol(&net, "2", "快钟")).unwrap();
    sync(&mut phone, &net).unwrap();
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.skew_flagged && report.agreed.agreed);
    assert!(report.skew_ms > 86_400_000);
    assert_eq!(report.pushed_changes, 2);
}

#[test]
fn a_verdict_shows_what_needs_a_person() {
    let (net, home) = (server(false), folder());
    let (mut phone, sheet) = with_sheet(&home, &net);
    sync(&mut phone, &net).unwrap();
    let log = net.with(|s| {
        let me = phone.identity().unwrap().device;
        let logs = s.ledger.logs(&s.conn, Some(me)).unwrap();
        logs[0].id
    });
    let verdict = ledger::Verdict {
        id: Uuid::from_u128(0x7e),
        log,
        first: 1,
        last: 36,
        record: Some(sheet),
        code: "late".into(),
        in_force: true,
    };
    let (target, ruling) = (
        verdict.target_value(),
        verdict.ruling_value(Some("锁定后"), None),
    );
    net.with(|s| {
        let scope = sealed(account(2));
        s.office(
            scope,
            &[
                ("verdict", verdict.id, "target", target),
                ("verdict", verdict.id, "ruling", ruling),
            ],
        );
        let no = s.ledger.scope(&s.conn, scope).unwrap();
        s.ledger.take_verdict(&s.conn, no, verdict.id).unwrap();
    });
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.agreed.agreed, "{report:?}");
    let status = phone.status().unwrap();
    assert_eq!((status.sheets.needs_you, status.sheets.held), (1, 0));
}

#[test]
fn a_segment_of_a_newer_app_is_kept_counted_and_holds_up_nothing() {
    use protocol::chain::{Header, SignedSegment};
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_sheet(&home, &net);
    let scope = Scope::Group {
        campaign: CAMPAIGN,
        group: GROUP,
    };
    net.with(|s| {
        let log = s.own_log(scope);
        let origin = protocol::chain::origin(CAMPAIGN, &log);
        let header = Header {
            schema: 99,
            ..Header::of(&log, 1, 3)
        };
        let segment = SignedSegment::sign(&s.key, origin, &header, vec![200, 1, 2, 3]);
        let key = s.key.verifying_key();
        let found = s.ledger.inspect(&s.conn, &segment, &header, scope, &key);
        let ledger::Inspected::Next(next) = found.unwrap() else {
            panic!("not the next one")
        };
        let no = s.ledger.scope(&s.conn, scope).unwrap();
        let gseq = s.ledger.next_gseq(&s.conn, no).unwrap();
        s.ledger
            .admit(&s.conn, &next, s.now_ms, gseq, true)
            .unwrap();
    });
    phone.edit_site_facts(VILLAGE, "code", "甲").unwrap();
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!((report.unread_segments, report.pushed_changes), (1, 37));
    assert_eq!(report.agreed.unread, [scope.id()]);
    assert!(report.agreed.differing.is_empty() && !report.agreed.agreed);
    assert_eq!(phone.status().unwrap().unread_segments, 1);
}

#[test]
fn in_an_open_campaign_the_whole_group_sees_every_sheet() {
    let (net, home, other) = (server(true), folder(), folder());
    let (mut phone, sheet) = with_sheet(&home, &net);
    let mut colleague = enrolled(&other, &net, "3", 2);
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed);
    assert!(sync(&mut colleague, &net).unwrap().agreed.agreed);
    assert!(colleague.sheet(sheet).unwrap().score.is_complete());
    let refused = colleague.clear_answer(sheet, "V-C1").unwrap_err();
    assert_eq!(refused.code(), "not_yours");
    assert_eq!(colleague.status().unwrap().sheets.total(), 0);
    assert_eq!(phone.status().unwrap().sheets.held, 1);
}

#[test]
fn the_status_says_when_the_server_last_answered_and_since_when_something_waits() {
    const DAY_MS: i64 = 86_400_000;
    let (net, home) = (server(false), folder());
    let clock = std::sync::Arc::new(mobile_core::FixedClock::at(common::START_MS));
    let mut phone = open_by(&clock, &home);
    wait(phone.enrol(&net, "2", "手机")).unwrap();
    let said = |phone: &mut Replica| {
        let status = phone.status().unwrap();
        let days = |ms: Option<i64>| ms.map(|ms| (ms - common::START_MS) / DAY_MS);
        (days(status.last_sync_ms), days(status.oldest_unsent_ms))
    };
    assert_eq!(said(&mut phone), (None, None));
    sync(&mut phone, &net).unwrap();
    assert_eq!(said(&mut phone), (Some(0), None));
    clock.advance(DAY_MS);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    clock.advance(DAY_MS);
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    assert_eq!(said(&mut phone), (Some(0), Some(1)));
    // A try that fails seals what waits; it still waits since then.
    net.fate(&[Fate::LostRequest]);
    let options = SyncOptions {
        retries: 0,
        ..SyncOptions::default()
    };
    wait(phone.sync_with(&net, options, &mut |_| ())).unwrap_err();
    assert_eq!(said(&mut phone), (Some(0), Some(1)));
    sync(&mut phone, &net).unwrap();
    assert_eq!(said(&mut phone), (Some(2), None));
}
