//! Tests of [`super`] answer by answer; against the real server see `tests/tests/tus.rs`.

use super::*;

const SIZE: u64 = 700_000;

fn tus(offset: u64) -> ResponseHeaders {
    ResponseHeaders {
        is_tus: true,
        upload_offset: Some(offset),
        retry_after_s: None,
    }
}

fn bare_tus() -> ResponseHeaders {
    ResponseHeaders {
        is_tus: true,
        ..ResponseHeaders::default()
    }
}

fn sending_at(offset: u64) -> Upload {
    let mut upload = Upload::new([7; 32], SIZE);
    assert_eq!(upload.on_response(201, &tus(offset)), Progress::Continue);
    upload
}

fn pause_of(progress: Progress) -> PauseReason {
    match progress {
        Progress::Pause { reason, .. } => reason,
        other => panic!("expected a pause, got {other:?}"),
    }
}

fn next_method(upload: &Upload) -> Method {
    upload.next().unwrap().method
}

#[test]
fn an_undisturbed_upload_creates_and_sends_growing_pieces_to_the_end() {
    let mut upload = Upload::new([7; 32], SIZE);
    let creation = upload.next().unwrap();
    assert_eq!(
        (creation.method, creation.path.as_str()),
        (Method::Post, "/api/v1/blobs")
    );
    assert!(
        creation
            .headers
            .contains(&("Upload-Length", SIZE.to_string()))
    );
    let hash = BASE64.encode("07".repeat(32));
    assert!(
        creation
            .headers
            .contains(&("Upload-Metadata", format!("sha256 {hash}")))
    );
    assert_eq!(upload.on_response(201, &bare_tus()), Progress::Continue);
    let mut pieces = Vec::new();
    loop {
        let request = upload.next().unwrap();
        assert_eq!(request.method, Method::Patch);
        let range = request.body_range.unwrap();
        assert!(
            request
                .headers
                .contains(&("Upload-Offset", range.start.to_string()))
        );
        pieces.push(range.end - range.start);
        match upload.on_response(204, &tus(range.end)) {
            Progress::Continue => {}
            Progress::Done => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(pieces, [131_072, 262_144, 262_144, 44_640]);
    assert_eq!(upload.next(), None);
}

#[test]
fn a_creation_that_finds_the_file_finished_is_done_at_once() {
    let mut upload = Upload::new([7; 32], SIZE);
    assert_eq!(upload.on_response(201, &tus(SIZE)), Progress::Done);
}

#[test]
fn an_empty_file_is_done_when_the_server_says_so() {
    let mut upload = Upload::new([7; 32], 0);
    assert_eq!(upload.on_response(201, &tus(0)), Progress::Done);
}

#[test]
fn a_conflict_asks_for_the_offset_and_goes_on_from_there() {
    for status in [409, 423] {
        let mut upload = sending_at(0);
        assert_eq!(upload.on_response(status, &bare_tus()), Progress::Continue);
        assert_eq!(next_method(&upload), Method::Head);
        assert_eq!(upload.on_response(200, &tus(1_000)), Progress::Continue);
        assert_eq!(upload.next().unwrap().body_range.unwrap().start, 1_000);
    }
}

#[test]
fn a_forgotten_upload_is_created_again() {
    for status in [404, 410] {
        let mut upload = sending_at(5);
        assert_eq!(upload.on_response(status, &bare_tus()), Progress::Continue);
        assert_eq!(next_method(&upload), Method::Post);
    }
}

#[test]
fn a_cut_halves_the_piece_and_asks_where_to_go_on() {
    let mut upload = sending_at(0);
    assert_eq!(upload.on_cut(), Progress::Continue);
    assert_eq!(next_method(&upload), Method::Head);
    assert_eq!(upload.on_response(200, &tus(10)), Progress::Continue);
    assert_eq!(
        upload.next().unwrap().body_range,
        Some(10..10 + MIN_CHUNK_BYTES)
    );
    let _ = upload.on_cut();
    let _ = upload.on_response(200, &tus(20));
    assert_eq!(
        upload.next().unwrap().body_range,
        Some(20..20 + MIN_CHUNK_BYTES)
    );
}

#[test]
fn endless_cuts_and_conflicts_pause_instead_of_spinning_and_then_go_on() {
    let mut upload = sending_at(0);
    let reason = (0..100).find_map(|_| match upload.on_cut() {
        Progress::Continue => None,
        other => Some(pause_of(other)),
    });
    assert_eq!(reason, Some(PauseReason::NoProgress));
    assert_eq!(next_method(&upload), Method::Head);
    let mut answers = 0;
    let paused = loop {
        answers += 1;
        let progress = match next_method(&upload) {
            Method::Head => upload.on_response(200, &tus(0)),
            _ => upload.on_response(409, &bare_tus()),
        };
        if progress != Progress::Continue {
            break progress;
        }
    };
    assert_eq!(pause_of(paused), PauseReason::NoProgress);
    assert!(answers <= 1 + MAX_FRUITLESS_ANSWERS);
    assert_eq!(upload.on_response(200, &tus(0)), Progress::Continue);
    assert_eq!(upload.on_response(204, &tus(131_072)), Progress::Continue);
}

#[test]
fn a_checksum_answer_checks_the_phones_own_file_first() {
    let mut upload = sending_at(0);
    assert_eq!(upload.on_response(460, &tus(0)), Progress::CheckFile);
    assert_eq!(upload.next(), None);
    assert_eq!(upload.on_file_checked(true), Progress::Continue);
    assert_eq!(next_method(&upload), Method::Head);
    let _ = upload.on_response(200, &tus(0));
    assert_eq!(upload.on_response(460, &tus(0)), Progress::CheckFile);
    let damaged = Progress::Attention(Attention::FileDamaged);
    assert_eq!(upload.on_file_checked(false), damaged);
    assert_eq!(upload.next(), None);
}

#[test]
fn an_intact_file_that_keeps_arriving_changed_pauses() {
    let mut upload = sending_at(0);
    let mut last = Progress::Continue;
    for _ in 0..MAX_MISMATCHES {
        assert_eq!(upload.on_response(460, &tus(0)), Progress::CheckFile);
        last = upload.on_file_checked(true);
        if last == Progress::Continue {
            let _ = upload.on_response(200, &tus(0));
        }
    }
    assert_eq!(pause_of(last), PauseReason::BytesChangedOnTheWay);
    assert_eq!(next_method(&upload), Method::Head, "and it goes on later");
}

#[test]
fn a_captive_portal_is_never_taken_for_the_server() {
    for status in [200, 204, 302, 403, 404, 460] {
        let mut upload = sending_at(0);
        let portal = ResponseHeaders {
            upload_offset: Some(SIZE),
            ..ResponseHeaders::default()
        };
        let progress = upload.on_response(status, &portal);
        assert_eq!(pause_of(progress), PauseReason::NotOurServer, "{status}");
        assert_eq!(next_method(&upload), Method::Head);
    }
    let mut upload = sending_at(0);
    assert_eq!(
        pause_of(upload.on_response(204, &bare_tus())),
        PauseReason::NotOurServer
    );
    let mut upload = sending_at(0);
    assert_eq!(
        pause_of(upload.on_response(204, &tus(SIZE + 1))),
        PauseReason::NotOurServer
    );
}

#[test]
fn answers_that_pass_pause_and_final_refusals_ask_for_a_person() {
    let busy = ResponseHeaders {
        retry_after_s: Some(30),
        ..bare_tus()
    };
    let cases = [
        (401, PauseReason::TokenExpired),
        (429, PauseReason::ServerBusy),
        (503, PauseReason::ServerBusy),
        (507, PauseReason::ServerFull),
        (500, PauseReason::ServerError),
    ];
    for (status, reason) in cases {
        let paused = Progress::Pause {
            reason,
            retry_after_s: Some(30),
        };
        assert_eq!(sending_at(0).on_response(status, &busy), paused, "{status}");
    }
    for status in [400, 403, 412, 413] {
        let refused = Progress::Attention(Attention::Refused(status));
        assert_eq!(sending_at(0).on_response(status, &bare_tus()), refused);
    }
}

#[test]
fn a_proxy_that_knows_no_patch_gets_a_post_with_override() {
    let mut upload = sending_at(0);
    assert_eq!(
        upload.on_response(405, &ResponseHeaders::default()),
        Progress::Continue
    );
    let request = upload.next().unwrap();
    assert_eq!(request.method, Method::Post);
    assert!(
        request
            .headers
            .contains(&("X-HTTP-Method-Override", "PATCH".to_owned()))
    );
    assert_eq!(request.path, format!("/api/v1/blobs/{}", "07".repeat(32)));
    let again = upload.on_response(405, &ResponseHeaders::default());
    assert_eq!(pause_of(again), PauseReason::NotOurServer);
}

#[test]
fn headers_are_read_in_any_case_and_nonsense_is_absent() {
    let pairs = [
        ("TUS-resumable", "1.0.0"),
        ("upload-OFFSET", " 12 "),
        ("Retry-After", "soon"),
    ];
    let expected = ResponseHeaders {
        is_tus: true,
        upload_offset: Some(12),
        retry_after_s: None,
    };
    assert_eq!(ResponseHeaders::from_pairs(pairs), expected);
    assert!(!ResponseHeaders::from_pairs([("Tus-Resumable", "0.2.2")]).is_tus);
}
