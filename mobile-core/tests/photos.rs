//! Attaching photos through the facade: what the record says, with and without a font.

mod common;

use common::office::*;
use common::phones::*;
use mobile_core::photos::generate::TestPhoto;
use mobile_core::photos::{
    Copies, ImportLimits, MadeCopies, Original, PhotoFont, Strip, StripFont,
};
use mobile_core::{
    Form, PhotoMeta, PhotoSource, PhotoStage, PhotoTarget, PhotoView, Position, Replica,
};

const OLD_MS: i64 = 1_600_000_000_000;

fn picture() -> TestPhoto {
    TestPhoto {
        width: 800,
        height: 600,
        taken_at_ms: Some(OLD_MS),
        position_e7: Some((359_640_012, 1_057_290_345)),
        ..TestPhoto::new(3)
    }
}

fn attach(phone: &mut Replica, target: PhotoTarget, bytes: &[u8], meta: PhotoMeta) -> PhotoView {
    let id = phone.attach_photo(target, None, bytes, meta).unwrap();
    let mut all = phone.photos(target).unwrap().into_iter();
    all.find(|p| p.id == id).unwrap()
}

#[test]
fn the_record_keeps_the_pictures_own_time_apart_from_the_moment_of_capture() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let target = PhotoTarget::Sheet(sheet);
    let now = PhotoMeta {
        taken_at_ms: Some(common::START_MS),
        position: Some(Position {
            lat_e7: 1,
            lon_e7: 2,
            accuracy_m: Some(5),
        }),
        stage: Some(PhotoStage::Before),
        ..PhotoMeta::default()
    };
    let view = attach(&mut phone, target, &picture().jpeg(), now);
    assert_eq!(view.taken_at_ms, Some(common::START_MS));
    assert_eq!(view.exif_at_ms, Some(OLD_MS));
    assert_eq!(
        view.position.unwrap().lat_e7,
        1,
        "the phone's fix goes first"
    );
    assert_eq!(view.stage, Some(PhotoStage::Before));
    let album = PhotoMeta {
        source: PhotoSource::Album,
        ..PhotoMeta::default()
    };
    let view = attach(&mut phone, target, &picture().png(), album.clone());
    assert_eq!(
        (view.taken_at_ms, view.exif_at_ms),
        (Some(OLD_MS), Some(OLD_MS))
    );
    assert_eq!(view.position.unwrap().lat_e7, 359_640_012);
    // Nothing is known of a screenshot from the album; of one just taken, the moment is.
    let bare = TestPhoto {
        taken_at_ms: None,
        position_e7: None,
        ..picture()
    }
    .webp();
    let view = attach(&mut phone, target, &bare, album);
    assert_eq!(
        (view.taken_at_ms, view.exif_at_ms, view.position),
        (None, None, None)
    );
    let view = attach(&mut phone, target, &bare, PhotoMeta::default());
    assert!(view.taken_at_ms.is_some() && view.exif_at_ms.is_none());
}

#[test]
fn the_copy_has_a_strip_and_its_size_is_the_one_of_the_record() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let target = PhotoTarget::Sheet(sheet);
    let view = attach(&mut phone, target, &picture().jpeg(), PhotoMeta::default());
    let strip = view.strip_px.expect("install fonts-noto-cjk");
    assert!(!view.no_font);
    assert_eq!(view.size_pixels, Some((800, 600 + strip)));
    let bytes = phone.photo_bytes(view.id).unwrap().unwrap();
    let seen = image::load_from_memory(&bytes).unwrap();
    assert_eq!(
        (i64::from(seen.width()), i64::from(seen.height())),
        (800, 600 + strip)
    );
}

#[test]
fn without_a_font_attaching_works_and_the_record_says_that_there_is_no_strip() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    phone.set_photo_font(PhotoFont::None);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let target = PhotoTarget::Sheet(sheet);
    let view = attach(&mut phone, target, &picture().jpeg(), PhotoMeta::default());
    assert_eq!((view.strip_px, view.no_font), (None, true));
    assert_eq!(view.size_pixels, Some((800, 600)));
    // A font that the app brings.
    let font = StripFont::system().expect("install fonts-noto-cjk");
    phone.set_photo_font(PhotoFont::Given(font));
    let view = attach(&mut phone, target, &picture().jpeg(), PhotoMeta::default());
    assert!(view.strip_px.is_some() && !view.no_font);
    // What the record says reaches the server like any other change.
    assert!(sync(&mut phone, &net).unwrap().agreed.agreed);
}

/// The copies as a browser hands them over: here of the core's own making.
fn copies(bytes: &[u8]) -> Copies {
    let original = Original::read(bytes, ImportLimits::default()).unwrap();
    original.copies(&Strip::default()).unwrap()
}

#[test]
fn a_photo_whose_copies_are_made_elsewhere_has_the_same_record_and_reaches_the_server() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let target = PhotoTarget::Sheet(sheet);
    let bytes = picture().jpeg();
    let here = attach(&mut phone, target, &bytes, PhotoMeta::default());

    let plan = phone.plan_photo(target, None, &bytes, PhotoMeta::default());
    let plan = plan.unwrap();
    assert_eq!(plan.taken_at_ms, here.taken_at_ms);
    let beginning = here.original_hash[..8].to_uppercase();
    assert_eq!(plan.strip.fields.last(), Some(&format!("#{beginning}")));
    assert!(plan.strip.fields.contains(&"2020-09-13 20:26".to_owned()));
    let made = copies(&bytes);
    let handed = MadeCopies {
        stored: &made.stored.bytes,
        thumbnail: &made.thumbnail.bytes,
        strip_px: Some(40),
    };
    let id = phone.attach_prepared(target, None, &bytes, handed, PhotoMeta::default());
    let id = id.unwrap();
    let all = phone.photos(target).unwrap();
    let there = all.iter().find(|p| p.id == id).unwrap();
    assert_eq!(there.original_hash, here.original_hash);
    assert_eq!(there.exif_at_ms, here.exif_at_ms);
    assert_eq!(there.position, here.position);
    assert_eq!(
        (there.strip_px, there.size_pixels),
        (Some(40), Some((800, 600)))
    );
    assert_eq!(
        phone.photo_bytes(id).unwrap(),
        Some(made.stored.bytes.clone())
    );
    let report = sync(&mut phone, &net).unwrap();
    assert!(report.agreed.agreed);
    assert_eq!(report.agreed.photos.held, 2);
}

#[test]
fn copies_that_are_not_what_was_asked_for_are_refused_and_nothing_is_recorded() {
    let (net, home) = (server(false), folder());
    let mut phone = enrolled(&home, &net, "2", 1);
    let sheet = phone.open_sheet(VILLAGE, Form::Quick).unwrap();
    let target = PhotoTarget::Sheet(sheet);
    let bytes = picture().jpeg();
    let made = copies(&bytes);
    let good = MadeCopies {
        stored: &made.stored.bytes,
        thumbnail: &made.thumbnail.bytes,
        strip_px: None,
    };
    let mut attach = |picture: &[u8], copies: MadeCopies<'_>| {
        let done = phone.attach_prepared(target, None, picture, copies, PhotoMeta::default());
        let count = phone.photos(target).unwrap().len();
        (done.err().map(|e| e.code().to_owned()), count)
    };
    // The original with its camera's notes is no copy; a file that is no picture has none.
    let with_notes = MadeCopies {
        stored: &bytes,
        ..good
    };
    assert_eq!(attach(&bytes, with_notes), (Some("damaged".into()), 0));
    assert_eq!(attach(b"<html>", good), (Some("not_a_picture".into()), 0));
    assert_eq!(attach(&bytes, good), (None, 1));
}
