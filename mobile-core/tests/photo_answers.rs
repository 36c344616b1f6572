//! What a server, or somebody in its place, may answer about photos and carried bundles.
//!
//! Invariant: whatever it is, records are through, nothing is called held that is not, and the rest goes on. Leaves out:
//! order, cuts and damage (`photo_sync`).

mod common;

use common::office::*;
use common::phones::*;
use common::{Fate, Net, answer, picture, refusal};
use mobile_core::sync::{Engine, Input, Output};
use mobile_core::{
    BundleOptions, Carried, Form, PhotoMeta, PhotoTarget, Progress, Replica, SyncOptions,
    SyncReport, Transport, TransportResponse,
};
use protocol::problem::Code;

/// Two photos: four files.
fn with_photos(home: &Folder, net: &Net) -> Replica {
    let mut phone = enrolled(home, net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    for seed in 0..2 {
        let target = PhotoTarget::Sheet(sheet);
        phone
            .attach_photo(target, None, &picture(seed), PhotoMeta::default())
            .unwrap();
    }
    net.requests();
    phone
}

fn tus(status: u16) -> Fate {
    let mut said = answer(status, "text/plain", Vec::new());
    said.headers.push(("Tus-Resumable".into(), "1.0.0".into()));
    Fate::Instead(said)
}

fn json(body: &str) -> Fate {
    Fate::Instead(answer(200, "application/json", body.into()))
}

fn later(mut said: TransportResponse, seconds: &str) -> Fate {
    said.headers.push(("Retry-After".into(), seconds.into()));
    Fate::Instead(said)
}

/// Syncs with these fates after the records' request; what was waited, ms.
fn synced(phone: &mut Replica, net: &Net, fates: &[Fate]) -> (SyncReport, Vec<u64>) {
    let mut all = vec![Fate::Pass];
    all.extend_from_slice(fates);
    net.fate(&all);
    let mut waits = Vec::new();
    let mut watch = |p| {
        if let Progress::Waiting { ms } = p {
            waits.push(ms);
        }
    };
    let report = wait(phone.sync(net, &mut watch)).unwrap();
    net.fate(&[]);
    assert!(report.agreed.agreed, "records come first: {report:?}");
    (report, waits)
}

/// Photos (held, only here, need a person).
fn counted(phone: &mut Replica) -> (u64, u64, u64) {
    let photos = phone.status().unwrap().photos;
    (photos.held, photos.only_here, photos.needs_you)
}

fn kinds(net: &Net) -> Vec<String> {
    let last = |line: &str| line.split('/').nth(3).unwrap().to_owned();
    net.requests().iter().map(|(line, ..)| last(line)).collect()
}

#[test]
fn an_expired_token_is_renewed_and_what_was_under_way_goes_on() {
    let expired = || Fate::Instead(refusal(Code::Unauthorised));
    // At the question which are missing, and at a file.
    for fates in [vec![expired()], vec![Fate::Pass, expired()]] {
        let (net, home) = (server(false), folder());
        let mut phone = with_photos(&home, &net);
        let (report, waits) = synced(&mut phone, &net, &fates);
        assert_eq!((report.photos_sent, report.photos_waiting), (4, 0));
        assert!(report.photos_paused.is_none() && waits.is_empty());
        assert_eq!(kinds(&net).iter().filter(|k| *k == "sync").count(), 2);
    }
}

#[test]
fn a_token_that_is_never_taken_stops_photos_after_three_others() {
    let expired = || Fate::Instead(refusal(Code::Unauthorised));
    let again = [
        expired(),
        Fate::Pass,
        expired(),
        Fate::Pass,
        expired(),
        Fate::Pass,
    ];
    for first in [vec![], vec![Fate::Pass]] {
        let (net, home) = (server(false), folder());
        let mut phone = with_photos(&home, &net);
        let fates = [first.clone(), again.to_vec(), vec![expired()]].concat();
        let (report, _) = synced(&mut phone, &net, &fates);
        assert_eq!(report.photos_paused.as_deref(), Some("token_expired"));
        assert_eq!(report.requests as usize, 1 + fates.len());
        assert_eq!(counted(&mut phone), (0, 2, 0));
        assert_eq!(sync(&mut phone, &net).unwrap().photos_sent, 4);
    }
}

#[test]
fn a_busy_server_is_asked_again_after_the_time_it_wants() {
    for (code, seconds, ms) in [(Code::Busy, "7", 7_000), (Code::Internal, "x", 500)] {
        for before in [vec![], vec![Fate::Pass]] {
            let (net, home) = (server(false), folder());
            let mut phone = with_photos(&home, &net);
            let fates = [before, vec![later(refusal(code), seconds)]].concat();
            let (report, waits) = synced(&mut phone, &net, &fates);
            assert_eq!((waits, report.retries), (vec![ms], 1), "{code:?}");
            assert_eq!((report.photos_sent, report.photos_waiting), (4, 0));
        }
    }
}

#[test]
fn a_server_that_stays_busy_keeps_photos_waiting() {
    for (code, before, why) in [
        (Code::Busy, vec![], "server_busy"),
        (Code::Busy, vec![Fate::Pass], "server_busy"),
        (Code::Internal, vec![Fate::Pass], "server_error"),
    ] {
        let (net, home) = (server(false), folder());
        let mut phone = with_photos(&home, &net);
        let fates = [before, vec![Fate::Instead(refusal(code)); 9]].concat();
        let (report, waits) = synced(&mut phone, &net, &fates);
        assert_eq!(report.photos_paused.as_deref(), Some(why));
        assert_eq!(waits, [500, 1_000, 2_000]);
        assert_eq!((report.photos_sent, report.photos_waiting), (0, 4));
        assert_eq!(counted(&mut phone), (0, 2, 0));
    }
}

#[test]
fn a_full_server_is_not_pressed() {
    let (net, home) = (server(false), folder());
    let mut phone = with_photos(&home, &net);
    let (report, waits) = synced(&mut phone, &net, &[Fate::Pass, tus(507)]);
    assert_eq!(report.photos_paused.as_deref(), Some("server_full"));
    assert!(waits.is_empty() && report.requests == 3);
    assert_eq!(sync(&mut phone, &net).unwrap().photos_sent, 4);
}

#[test]
fn a_file_that_never_arrives_whole_holds_up_no_other() {
    let (net, home) = (server(false), folder());
    let mut phone = with_photos(&home, &net);
    // Creation, piece: changed; where are we, piece: changed; …
    let mut fates = vec![Fate::Pass];
    for _ in 0..3 {
        fates.extend([Fate::Pass, tus(460)]);
    }
    let (report, _) = synced(&mut phone, &net, &fates);
    assert_eq!(report.photos_paused.as_deref(), Some("bytes_changed"));
    assert_eq!((report.photos_sent, report.photos_waiting), (3, 1));
    assert_eq!(sync(&mut phone, &net).unwrap().photos_sent, 1);
    assert_eq!(counted(&mut phone), (2, 0, 0));
}

#[test]
fn a_file_that_changed_on_the_phone_needs_a_person() {
    let (net, home) = (server(false), folder());
    let mut phone = with_photos(&home, &net);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let photo = phone.photos(PhotoTarget::Sheet(sheet)).unwrap().remove(0);
    let hash = photo.stored_hash.unwrap();
    let folder = home.path.join("photos").join(&hash[..2]);
    let file = folder.join(format!("{}.jpg", &hash[2..]));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.reverse();
    std::fs::write(&file, bytes).unwrap();
    let each = [Fate::Pass, tus(460)];
    let (report, _) = synced(
        &mut phone,
        &net,
        &[vec![Fate::Pass; 5], each.to_vec()].concat(),
    );
    assert_eq!(counted(&mut phone), (1, 0, 1), "{report:?}");
}

#[test]
fn patience_begins_anew_after_each_answer() {
    let (net, home) = (server(false), folder());
    let mut phone = with_photos(&home, &net);
    let busy = || Fate::Instead(refusal(Code::Busy));
    let mut fates = Vec::new();
    for _ in 0..4 {
        fates.extend([busy(), busy(), busy(), Fate::Pass]);
    }
    let (report, waits) = synced(&mut phone, &net, &fates);
    assert_eq!((report.photos_sent, report.photos_waiting), (4, 0));
    assert_eq!(waits, [500, 1_000, 2_000].repeat(4));
}

#[test]
fn somebody_elses_answer_about_photos_means_nothing() {
    let page = Fate::Instead(answer(200, "text/html", b"{\"missing\":[]}".to_vec()));
    let gone = Fate::Instead(answer(
        404,
        "application/json",
        b"{\"missing\":[]}".to_vec(),
    ));
    let others = json(r#"{"missing":["00"]}"#);
    for fate in [page.clone(), gone, json("{}"), json("nonsense"), others] {
        let (net, home) = (server(false), folder());
        let mut phone = with_photos(&home, &net);
        let (report, _) = synced(&mut phone, &net, &[fate]);
        assert_eq!(report.photos_paused.as_deref(), Some("not_our_server"));
        assert_eq!((report.requests, report.photos_sent), (2, 0));
        assert_eq!(counted(&mut phone), (0, 2, 0));
    }
    // And in the middle of a file.
    let (net, home) = (server(false), folder());
    let mut phone = with_photos(&home, &net);
    let (report, _) = synced(&mut phone, &net, &[Fate::Pass, page]);
    assert_eq!(report.photos_paused.as_deref(), Some("not_our_server"));
    assert_eq!(counted(&mut phone), (0, 2, 0));
}

#[test]
fn what_was_sent_is_counted_and_told() {
    let (net, home) = (server(false), folder());
    let mut phone = with_photos(&home, &net);
    net.with(|s| s.piece_cut = Some(17));
    let mut told = Vec::new();
    let mut watch = |p| {
        if let Progress::Photo {
            done,
            left,
            sent_bytes,
            ..
        } = p
        {
            told.push((done, left, sent_bytes));
        }
    };
    let report = wait(phone.sync(&net, &mut watch)).unwrap();
    let bodies: usize = net.requests()[1..].iter().map(|(_, sent, _)| sent).sum();
    assert_eq!(report.photo_bytes as usize, bodies);
    assert_eq!(told[0], (0, 4, 17), "found again after the cut");
    let ends: Vec<(u64, u64)> = told[1..]
        .iter()
        .map(|(done, left, _)| (*done, *left))
        .collect();
    assert_eq!(ends, [(1, 3), (2, 2), (3, 1), (4, 0)]);
}

/// A bundle of a colleague with one answer.
fn bundle(net: &Net, code: &str, seed: u64) -> Vec<u8> {
    let home = folder();
    let mut phone = enrolled(&home, net, code, seed);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    phone.answer(sheet, "clear", points(5_000)).unwrap();
    let plan = phone.plan_bundle(&BundleOptions::default()).unwrap();
    let mut file = Vec::new();
    phone.write_bundle(&plan, 0, &mut file).unwrap();
    file
}

/// A phone that carries a bundle, and the bundle's size.
fn carrier(home: &Folder, net: &Net) -> (Replica, u64) {
    let file = bundle(net, "3", 5);
    let mut phone = enrolled(home, net, "2", 1);
    phone.carry_bundle(&file).unwrap();
    net.requests();
    (phone, file.len() as u64)
}

/// What became of the one bundle, and whether its file is here.
fn carried(phone: &mut Replica) -> (Carried, bool) {
    let one = phone.carried_bundles().unwrap().remove(0);
    let here = phone.carried_file(&one.sha256).is_ok();
    (one.state, here)
}

#[test]
fn a_bundle_goes_once_the_server_has_it() {
    for taken in [
        r#"{"complete":true,"kept":false,"stopped":null}"#,
        r#"{"complete":false,"kept":true,"stopped":"late"}"#,
    ] {
        let (net, home) = (server(false), folder());
        let (mut phone, size) = carrier(&home, &net);
        let (report, _) = synced(&mut phone, &net, &[json(taken)]);
        assert_eq!((report.bundles_delivered, report.bundle_bytes), (1, size));
        assert_eq!(carried(&mut phone), (Carried::Delivered, false));
        assert_eq!(kinds(&net), ["sync", "bundles"]);
        assert_eq!(sync(&mut phone, &net).unwrap().requests, 1);
    }
}

#[test]
fn a_bundle_the_server_has_not_waits_or_is_refused_by_what_it_says() {
    let waits = |code: &str| Carried::Waiting {
        code: Some(code.into()),
    };
    let refused = |code: &str| Carried::Refused { code: code.into() };
    let said = |code| Fate::Instead(refusal(code));
    let page = Fate::Instead(answer(
        200,
        "text/html",
        b"{\"complete\":true,\"kept\":true}".to_vec(),
    ));
    let lost = Fate::Instead(answer(
        502,
        "application/json",
        b"{\"complete\":true,\"kept\":true}".to_vec(),
    ));
    let partly = |why: &str| {
        json(&format!(
            r#"{{"complete":false,"kept":false,"stopped":{why}}}"#
        ))
    };
    for (fate, state) in [
        (partly("null"), waits("busy")),
        (partly("\"quota\""), waits("quota")),
        (page, waits("not_our_server")),
        (lost, waits("not_our_server")),
        (Fate::LostRequest, waits("network")),
        (said(Code::Busy), waits("busy")),
        (said(Code::BadRequest), waits("bad_request")),
        (said(Code::BundleDamaged), refused("bundle_damaged")),
        (said(Code::BundleForeign), refused("bundle_foreign")),
    ] {
        let (net, home) = (server(false), folder());
        let (mut phone, _) = carrier(&home, &net);
        let (report, _) = synced(&mut phone, &net, std::slice::from_ref(&fate));
        assert_eq!(report.bundles_delivered, 0);
        assert_eq!(carried(&mut phone), (state, true), "{fate:?}");
    }
}

#[test]
fn a_bundle_whose_file_is_gone_holds_up_no_other_and_no_photo_goes_without_leave() {
    let (net, home) = (server(false), folder());
    let mut phone = with_photos(&home, &net);
    let gone = phone.carry_bundle(&bundle(&net, "3", 5)).unwrap();
    let good = phone.carry_bundle(&bundle(&net, "3b", 6)).unwrap();
    let hash = gone.sha256;
    let file = home.path.join("photos").join(&hash[..2]);
    std::fs::remove_file(file.join(format!("{}.jpg", &hash[2..]))).unwrap();
    net.requests();
    let delivered = json(r#"{"complete":true,"kept":true,"stopped":null}"#);
    net.fate(&[Fate::Pass, delivered]);
    let options = SyncOptions {
        photos: false,
        ..SyncOptions::default()
    };
    let report = wait(phone.sync_with(&net, options, &mut |_| {})).unwrap();
    assert_eq!((report.bundles_delivered, report.photos_waiting), (1, 4));
    assert_eq!(kinds(&net), ["sync", "bundles"]);
    for one in phone.carried_bundles().unwrap() {
        let state = match one.sha256 == good.sha256 {
            true => Carried::Delivered,
            false => Carried::Refused {
                code: "file".into(),
            },
        };
        assert_eq!(one.state, state);
    }
}

#[test]
fn a_pause_keeps_a_bundle_for_the_next_sync() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = carrier(&home, &net);
    *net.pause_after.lock().unwrap() = Some((1, phone.pause_handle()));
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.paused && kinds(&net) == ["sync"]);
    assert_eq!(carried(&mut phone), (Carried::Waiting { code: None }, true));
}

#[test]
fn without_a_token_neither_bundles_nor_photos_go() {
    let (net, home) = (server(false), folder());
    let mut phone = with_photos(&home, &net);
    phone.carry_bundle(&bundle(&net, "3", 5)).unwrap();
    net.requests();
    net.fate(&[Fate::Changed(|reply| reply.token.clear())]);
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.agreed.agreed && report.photos_waiting == 4);
    assert_eq!(kinds(&net), ["sync"]);
    assert_eq!(carried(&mut phone), (Carried::Waiting { code: None }, true));
}

#[test]
fn what_is_said_while_photos_go_is_not_called_equal() {
    let (net, home) = (server(false), folder());
    let mut phone = with_photos(&home, &net);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let mut engine = Engine::new(SyncOptions::default(), 7);
    let mut outputs = engine.step(&mut phone, Input::Start);
    let report = loop {
        match outputs.pop() {
            Some(Output::Send(request)) => {
                let answer = wait(net.send(request)).unwrap();
                outputs = engine.step(&mut phone, Input::Reply(answer));
                if net.log.lock().unwrap().len() == 3 {
                    phone.answer(sheet, "clear", points(5_000)).unwrap();
                }
            }
            Some(Output::Done(report)) => break report,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(report.photos_sent, 4);
    assert!(
        !report.agreed.agreed && !report.agreed.compared,
        "{report:?}"
    );
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed);
}
