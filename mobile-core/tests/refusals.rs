//! Refusals of the server, and inputs the engine does not wait for.
//!
//! Invariant: a refusal that asks for another try gets it a counted number of times; any other ends the sync with the
//! server's own words, and nothing is lost. Leaves out: photos and bundles (`photo_answers`).

mod common;

use std::sync::Arc;

use common::office::*;
use common::phones::*;
use common::{Fate, Net, START_MS, answer, problem, refusal};
use mobile_core::sync::{Engine, Input, Output};
use mobile_core::{FixedClock, Form, Progress, Replica, SyncOptions, TransportRequest};
use protocol::enrol::CERTIFICATE_HEADER;
use protocol::message::SyncResponse;
use protocol::problem::{Code, Problem};
use protocol::request::CONTENT_TYPE;

fn refused(code: Code) -> Fate {
    Fate::Instead(refusal(code))
}

/// A phone with two changes unsent.
fn with_changes(home: &Folder, net: &Net) -> Replica {
    let mut phone = enrolled(home, net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    net.requests();
    phone
}

/// The code a sync ends with if all its requests meet this fate, and how many there were.
fn always(fate: &Fate) -> (String, usize) {
    let (net, home) = (server(false), folder());
    let mut phone = with_changes(&home, &net);
    net.fate(&vec![fate.clone(); 20]);
    let error = sync(&mut phone, &net).unwrap_err();
    let requests = net.requests().len();
    net.fate(&[]);
    assert_eq!(phone.status().unwrap().unsent_changes, 2);
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed, "{fate:?}");
    (error.code().to_owned(), requests)
}

#[test]
fn each_refusal_is_tried_again_as_often_as_it_makes_sense() {
    let mut restored = Problem::new(Code::WrongServer, true);
    restored.generation = Some(78);
    let html = Fate::Instead(answer(502, "text/html", Vec::new()));
    let beyond = Fate::Instead(answer(505, "text/html", Vec::new()));
    // A reply that would do, from somebody else.
    let whole = SyncResponse::default().to_bytes();
    let portal = Fate::Instead(answer(200, "text/html", whole.clone()));
    let cached = Fate::Instead(answer(203, CONTENT_TYPE, whole));
    for (fate, code, requests) in [
        (portal, "not_our_server", 1),
        (cached, "not_our_server", 1),
        (refused(Code::Replayed), "replayed", 4),
        (refused(Code::UnknownDevice), "unknown_device", 2),
        (refused(Code::WrongServer), "wrong_server", 1),
        (Fate::Instead(problem(restored)), "wrong_server", 4),
        (refused(Code::Busy), "busy", 4),
        (refused(Code::TooManyTries), "too_many_tries", 4),
        (refused(Code::Internal), "internal", 4),
        (refused(Code::BadSegment), "bad_segment", 1),
        (refused(Code::BadSignature), "bad_signature", 1),
        (refused(Code::CampaignWiped), "campaign_wiped", 1),
        (html, "network", 4),
        (beyond, "not_our_server", 1),
    ] {
        assert_eq!(always(&fate), (code.to_owned(), requests), "{fate:?}");
    }
}

#[test]
fn waits_double_and_end_at_half_a_minute() {
    let (net, home) = (server(false), folder());
    let mut phone = with_changes(&home, &net);
    let options = SyncOptions {
        retries: 9,
        ..SyncOptions::default()
    };
    let mut waits = Vec::new();
    let mut watch = |p| {
        if let Progress::Waiting { ms } = p {
            waits.push(ms);
        }
    };
    net.fate(&vec![Fate::LostRequest; 8]);
    let report = wait(phone.sync_with(&net, options, &mut watch)).unwrap();
    assert_eq!(
        waits,
        [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
    );
    assert_eq!((report.retries, report.requests), (8, 9));
}

/// The code of the error a step ends with.
fn failed(outputs: Vec<Output>) -> String {
    match outputs.into_iter().last() {
        Some(Output::Failed(error)) => error.code().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_phone_the_server_does_not_know_shows_its_certificate_from_then_on() {
    let (net, home) = (server(false), folder());
    let mut phone = with_changes(&home, &net);
    let shows = |r: &TransportRequest| r.headers.iter().any(|(n, _)| n == CERTIFICATE_HEADER);
    let mut engine = Engine::new(SyncOptions::default(), 7);
    assert!(!shows(&sent(engine.step(&mut phone, Input::Start))));
    let unknown = Input::Reply(refusal(Code::UnknownDevice));
    assert!(shows(&sent(engine.step(&mut phone, unknown))));
    let replayed = Input::Reply(refusal(Code::Replayed));
    assert!(shows(&sent(engine.step(&mut phone, replayed))));
}

#[test]
fn an_input_nobody_waits_for_is_refused() {
    let (net, home) = (server(false), folder());
    let mut phone = with_changes(&home, &net);
    let mut engine = Engine::new(SyncOptions::default(), 7);
    assert_eq!(failed(engine.step(&mut phone, Input::Tick)), "sync_running");
    let mut engine = Engine::new(SyncOptions::default(), 7);
    sent(engine.step(&mut phone, Input::Start));
    assert_eq!(failed(engine.step(&mut phone, Input::Tick)), "sync_running");
    assert_eq!(
        failed(engine.step(&mut phone, Input::Start)),
        "sync_running"
    );
}

#[test]
fn a_lease_ends_by_itself_and_a_clock_set_back_does_not_lengthen_it() {
    const LEASE_MS: i64 = 120_000;
    let (net, home) = (server(false), folder());
    let clock = Arc::new(FixedClock::at(START_MS));
    let mut phone = open_by(&clock, &home);
    wait(phone.enrol(&net, "2", "手机")).unwrap();
    for (moved_ms, refused) in [
        (0, true),
        (LEASE_MS - 1, true),
        (LEASE_MS, false),
        (-1, false),
    ] {
        clock.set(START_MS);
        let mut first = Engine::new(SyncOptions::default(), 7);
        sent(first.step(&mut phone, Input::Start));
        clock.advance(moved_ms);
        let mut second = Engine::new(SyncOptions::default(), 8);
        let last = second.step(&mut phone, Input::Start).into_iter().last();
        let was = matches!(last, Some(Output::Failed(e)) if e.code() == "sync_running");
        assert_eq!(was, refused, "{moved_ms}");
        // The next round begins without a lease.
        drop(phone);
        phone = open_by(&clock, &home);
    }
}

#[test]
fn only_a_rehearsal_is_told_to_be_wiped() {
    for rehearsal in [true, false] {
        let (net, home) = (server(false), folder());
        net.with(|s| {
            let scope = s.campaign_scope();
            s.office(
                scope,
                &[("campaign", CAMPAIGN, "rehearsal", rehearsal.into())],
            );
        });
        let mut phone = with_changes(&home, &net);
        net.fate(&[refused(Code::CampaignWiped)]);
        let error = sync(&mut phone, &net).unwrap_err();
        assert_eq!(error.code(), "campaign_wiped");
        assert_eq!(phone.status().unwrap().wiped_at_ms.is_some(), rehearsal);
    }
}

#[test]
fn a_server_that_acknowledges_nothing_is_not_pressed_for_ever() {
    let (net, home) = (server(false), folder());
    let mut phone = with_changes(&home, &net);
    let deaf = Fate::Changed(|reply| {
        reply.have = Some(Vec::new());
        reply.digests.clear();
    });
    net.fate(&vec![deaf; 20]);
    let error = sync(&mut phone, &net).unwrap_err();
    assert_eq!(error.code(), "not_acknowledged");
    assert_eq!(net.requests().len(), 2);
    net.fate(&[]);
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed);
}

#[test]
fn a_revoked_phone_keeps_what_was_said_meanwhile_and_one_in_use_is_never_wiped() {
    let (net, home) = (server(false), folder());
    let mut phone = with_changes(&home, &net);
    let me = phone.identity().unwrap().device;
    for revoked in [true, false] {
        net.with(|s| s.devices.get_mut(&me).unwrap().revoked = revoked);
        let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
        for meanwhile in [true, false] {
            let mut engine = Engine::new(SyncOptions::default(), 7);
            let mut outputs = engine.step(&mut phone, Input::Start);
            if meanwhile {
                let value = 5_000 * (1 + i64::from(revoked));
                phone.answer(sheet, "tidy", points(value)).unwrap();
            }
            let report = loop {
                match outputs.pop() {
                    Some(Output::Send(request)) => {
                        use mobile_core::Transport;
                        let reply = wait(net.send(request)).unwrap();
                        outputs = engine.step(&mut phone, Input::Reply(reply));
                    }
                    Some(Output::Done(report)) => break report,
                    other => panic!("{other:?}"),
                }
            };
            assert_eq!(report.revoked, revoked);
            assert_eq!(report.may_wipe, revoked && !meanwhile, "{report:?}");
        }
    }
}
