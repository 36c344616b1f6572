//! Photos after records: order, cuts at any byte, pauses, damage.

mod common;

use std::sync::Arc;

use common::office::*;
use common::phones::*;
use common::{Fate, Net, START_MS, picture};
use mobile_core::{
    Form, PhotoMeta, PhotoState, PhotoTarget, Ports, Progress, Replica, SteppedClock, SyncOptions,
};
use uuid::Uuid;

fn with_photos(home: &Folder, net: &Net, n: u8) -> (Replica, Uuid) {
    let mut phone = enrolled(home, net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    for seed in 0..n {
        let target = PhotoTarget::Sheet(sheet);
        phone
            .attach_photo(target, None, &picture(seed), PhotoMeta::default())
            .unwrap();
    }
    net.requests();
    (phone, sheet)
}

fn held(phone: &mut Replica) -> (u64, u64, u64) {
    let photos = phone.status().unwrap().photos;
    (photos.held, photos.only_here, photos.needs_you)
}

#[test]
fn records_go_first_then_thumbnails_then_copies_smallest_first() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_photos(&home, &net, 3);
    let mut seen = Vec::new();
    let report = wait(phone.sync(&net, &mut |p| seen.push(p))).unwrap();
    assert_eq!((report.photos_sent, report.photos_waiting), (6, 0));
    assert_eq!(held(&mut phone), (3, 0, 0));
    let lines = net.requests();
    let kinds: Vec<&str> = lines
        .iter()
        .map(|(l, ..)| l.split('/').nth(3).unwrap())
        .collect();
    let first_blob = kinds.iter().position(|k| *k == "blobs").unwrap();
    assert!(kinds[..first_blob].iter().all(|k| *k == "sync"));
    assert_eq!(lines[first_blob].0, "POST /api/v1/blobs/have");
    let sizes: Vec<u64> = seen
        .iter()
        .filter_map(|p| match p {
            Progress::Photo {
                size_bytes,
                sent_bytes,
                ..
            } if sent_bytes == size_bytes => Some(*size_bytes),
            _ => None,
        })
        .collect();
    assert_eq!(sizes.len(), 6);
    assert!(sizes[..3].is_sorted() && sizes[3..].is_sorted());
    assert_eq!(net.with(|s| s.blobs.len()), 6);
    // Nothing left: one request again, without a token.
    assert_eq!(sync(&mut phone, &net).unwrap().requests, 1);
}

#[test]
fn a_cut_at_any_byte_goes_on_from_there() {
    for cut in [0, 1, 17, 400] {
        let (net, home) = (server(false), folder());
        let (mut phone, _) = with_photos(&home, &net, 1);
        net.with(|s| s.piece_cut = Some(cut));
        let report = sync(&mut phone, &net).unwrap();
        assert_eq!((report.photos_sent, report.retries), (2, 1), "cut at {cut}");
        assert_eq!(held(&mut phone), (1, 0, 0));
    }
}

#[test]
fn a_dead_link_leaves_photos_waiting_and_records_acknowledged() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_photos(&home, &net, 2);
    let mut fates = vec![Fate::Pass, Fate::Pass, Fate::Pass];
    fates.extend(vec![Fate::LostRequest; 10]);
    net.fate(&fates);
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(report.photos_paused.as_deref(), Some("network"));
    assert!(report.agreed.agreed);
    let status = phone.status().unwrap();
    assert_eq!((status.unsent_changes, status.photos.only_here), (0, 2));
    net.fate(&[]);
    drop(phone);
    let mut phone = open(&home, 2);
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(report.photos_waiting, 0);
    assert_eq!(held(&mut phone), (2, 0, 0));
}

#[test]
fn a_pause_stops_before_the_next_request_and_the_next_sync_goes_on() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_photos(&home, &net, 3);
    *net.pause_after.lock().unwrap() = Some((5, phone.pause_handle()));
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.paused && report.photos_waiting > 0);
    *net.pause_after.lock().unwrap() = None;
    let sent = net.requests().len();
    assert_eq!(sent, 5);
    let report = sync(&mut phone, &net).unwrap();
    assert!(!report.paused && report.photos_waiting == 0);
    assert_eq!(held(&mut phone), (3, 0, 0));
}

#[test]
fn without_wifi_only_records_go() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_photos(&home, &net, 2);
    let options = SyncOptions {
        photos: false,
        ..SyncOptions::default()
    };
    let report = wait(phone.sync_with(&net, options, &mut |_| {})).unwrap();
    assert_eq!((report.photos_sent, report.photos_waiting), (0, 4));
    assert!(
        net.requests()
            .iter()
            .all(|(l, ..)| l == "POST /api/v1/sync")
    );
    assert!(report.agreed.agreed);
}

#[test]
fn a_photo_damaged_on_the_phone_needs_a_person_and_holds_up_no_other() {
    let (net, home) = (server(false), folder());
    let (mut phone, sheet) = with_photos(&home, &net, 2);
    let list = phone.photos(PhotoTarget::Sheet(sheet)).unwrap();
    let hash = list[0].stored_hash.clone().unwrap();
    let file = home
        .path
        .join("photos")
        .join(&hash[..2])
        .join(format!("{}.jpg", &hash[2..]));
    std::fs::write(&file, b"short").unwrap();
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(report.photos_sent, 3);
    assert_eq!(held(&mut phone), (1, 0, 1));
    let list = phone.photos(PhotoTarget::Sheet(sheet)).unwrap();
    let why = PhotoState::NeedsYou {
        why: "file_damaged".into(),
    };
    assert_eq!(list[0].state, why);
    assert_eq!(list[1].state, PhotoState::HeldByServer);
}

#[test]
fn the_same_picture_twice_is_sent_once_and_both_are_held() {
    let (net, home) = (server(false), folder());
    let (mut phone, sheet) = with_photos(&home, &net, 1);
    let target = PhotoTarget::Sheet(sheet);
    phone
        .attach_photo(target, None, &picture(0), PhotoMeta::default())
        .unwrap();
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(report.photos_sent, 2);
    assert_eq!(held(&mut phone), (2, 0, 0));
}

#[test]
fn a_restored_server_is_asked_for_every_photo_again() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_photos(&home, &net, 2);
    sync(&mut phone, &net).unwrap();
    net.with(|s| {
        s.generation = 78;
        let lost = s.blobs.keys().next().unwrap().clone();
        s.blobs.remove(&lost);
    });
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.new_generation && report.agreed.agreed);
    assert_eq!((report.photos_sent, report.photos_waiting), (1, 0));
    assert_eq!(held(&mut phone), (2, 0, 0));
    assert_eq!(net.with(|s| s.blobs.len()), 4);
}

#[test]
fn after_a_start_the_server_is_asked_for_every_photo_again_and_sent_what_is_missing() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_photos(&home, &net, 2);
    net.with(|s| s.started = Some(1));
    sync(&mut phone, &net).unwrap();
    assert_eq!(sync(&mut phone, &net).unwrap().requests, 1);
    // An older folder was put back, and nobody told.
    net.with(|s| {
        s.started = Some(2);
        let lost = s.blobs.keys().next().unwrap().clone();
        s.blobs.remove(&lost);
    });
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!((report.photos_sent, report.photos_waiting), (1, 0));
    assert_eq!(net.with(|s| s.blobs.len()), 4);
    // Nothing lost: one question, and nothing is sent.
    net.with(|s| s.started = Some(3));
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!((report.photos_sent, report.photos_waiting), (0, 0));
    assert_eq!(held(&mut phone), (2, 0, 0));
    assert_eq!(sync(&mut phone, &net).unwrap().requests, 1);
}

#[test]
fn a_refused_photo_needs_a_person_and_is_offered_again_at_each_sync() {
    let (net, home) = (server(false), folder());
    let (mut phone, _) = with_photos(&home, &net, 2);
    net.with(|s| s.refuses = true);
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(report.photos_sent, 0);
    assert_eq!(held(&mut phone), (0, 0, 2));
    net.with(|s| s.refuses = false);
    let report = sync(&mut phone, &net).unwrap();
    assert_eq!(report.photos_sent, 4);
    assert_eq!(held(&mut phone), (2, 0, 0));
    assert_eq!(sync(&mut phone, &net).unwrap().requests, 1);
}

/// The hash of the original of each photo of a sheet.
fn originals(phone: &mut Replica, sheet: Uuid) -> Vec<String> {
    let photos = phone.photos(PhotoTarget::Sheet(sheet)).unwrap();
    photos.into_iter().map(|p| p.original_hash).collect()
}

fn on_disk(home: &Folder, hash: &str) -> bool {
    let name = format!("{}.jpg", &hash[2..]);
    home.path
        .join("photos")
        .join(&hash[..2])
        .join(name)
        .exists()
}

#[test]
fn originals_are_released_once_the_server_confirmed_and_not_before() {
    let (net, home) = (server(false), folder());
    let (mut phone, sheet) = with_photos(&home, &net, 2);
    let none = mobile_core::Originals::default();
    assert_eq!(phone.releasable_originals(0).unwrap(), none);
    assert_eq!(phone.release_originals(0).unwrap(), none);
    let records_only = SyncOptions {
        photos: false,
        ..SyncOptions::default()
    };
    wait(phone.sync_with(&net, records_only, &mut |_| {})).unwrap();
    assert_eq!(
        phone.release_originals(0).unwrap(),
        none,
        "copies are not there"
    );
    sync(&mut phone, &net).unwrap();
    let confirmed = originals(&mut phone, sheet);
    let target = PhotoTarget::Sheet(sheet);
    phone
        .attach_photo(target, None, &picture(9), PhotoMeta::default())
        .unwrap();
    let size = |seed| picture(seed).len() as u64;
    let due = mobile_core::Originals {
        photos: 2,
        size_bytes: size(0) + size(1),
    };
    assert_eq!(phone.releasable_originals(0).unwrap(), due);
    assert_eq!(phone.release_originals(0).unwrap(), due);
    assert_eq!(phone.releasable_originals(0).unwrap(), none);
    let all = originals(&mut phone, sheet);
    assert_eq!(all.len(), 3);
    for hash in &all {
        assert_eq!(on_disk(&home, hash), !confirmed.contains(hash), "{hash}");
    }
    for photo in phone.photos(target).unwrap() {
        assert!(phone.photo_bytes(photo.id).unwrap().is_some());
        assert!(phone.photo_thumbnail(photo.id).unwrap().is_some());
    }
    assert_eq!(sync(&mut phone, &net).unwrap().photos_waiting, 0);
    assert_eq!(held(&mut phone), (3, 0, 0));
}

#[test]
fn an_original_of_two_photos_stays_until_both_are_confirmed() {
    let (net, home) = (server(false), folder());
    let (mut phone, sheet) = with_photos(&home, &net, 1);
    sync(&mut phone, &net).unwrap();
    let target = PhotoTarget::Sheet(sheet);
    let again = PhotoMeta {
        caption: Some("again".into()),
        ..PhotoMeta::default()
    };
    phone
        .attach_photo(target, None, &picture(0), again)
        .unwrap();
    assert_eq!(phone.releasable_originals(0).unwrap().photos, 0);
    let all = originals(&mut phone, sheet);
    assert_eq!(all[0], all[1]);
    sync(&mut phone, &net).unwrap();
    assert_eq!(phone.release_originals(0).unwrap().photos, 1);
    assert!(!on_disk(&home, &all[0]));
}

#[test]
fn an_original_is_kept_for_as_many_days_as_are_asked_for() {
    const DAY_MS: i64 = 86_400_000;
    let (net, home) = (server(false), folder());
    let clock = Arc::new(SteppedClock::new(START_MS + 10_000, 7));
    let ports = Ports {
        clock: clock.clone(),
        ..ports(1)
    };
    let mut phone = Replica::open(&home.path, ports).unwrap();
    wait(phone.enrol(&net, "2", "测试机")).unwrap();
    sync(&mut phone, &net).unwrap();
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let target = PhotoTarget::Sheet(sheet);
    let take = |phone: &mut Replica, seed, meta| {
        phone
            .attach_photo(target, None, &picture(seed), meta)
            .unwrap();
        sync(phone, &net).unwrap();
    };
    take(&mut phone, 0, PhotoMeta::default());
    take(&mut phone, 1, PhotoMeta::default());
    clock.set(START_MS + 6 * DAY_MS);
    let again = PhotoMeta {
        caption: Some("again".into()),
        ..PhotoMeta::default()
    };
    // The first picture once more: the later record keeps it.
    take(&mut phone, 0, again);
    take(&mut phone, 2, PhotoMeta::default());
    assert_eq!(phone.releasable_originals(7).unwrap().photos, 0);
    assert_eq!(phone.releasable_originals(0).unwrap().photos, 3);
    clock.set(START_MS + 8 * DAY_MS);
    assert_eq!(phone.release_originals(7).unwrap().photos, 1);
    let here: Vec<bool> = originals(&mut phone, sheet)
        .iter()
        .map(|hash| on_disk(&home, hash))
        .collect();
    assert_eq!(here, [true, false, true, true]);
    clock.set(START_MS + 14 * DAY_MS);
    assert_eq!(phone.release_originals(7).unwrap().photos, 2);
}
