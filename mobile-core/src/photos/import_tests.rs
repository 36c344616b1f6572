//! Tests of [`super`] on generated photos.

use super::super::generate::TestPhoto;
use super::*;

/// What an import gives: the facts of the original, and the copies.
#[derive(Debug, Clone, PartialEq)]
struct Imported {
    original_hash: BlobHash,
    original_size_bytes: u64,
    original_width: u32,
    original_height: u32,
    stored: PictureCopy,
    thumbnail: PictureCopy,
    strip: StripOutcome,
    taken_at_ms: Option<i64>,
    lat_e7: Option<i64>,
    lon_e7: Option<i64>,
}

/// An import without strip, so that pictures can be compared.
fn import(bytes: &[u8], limits: ImportLimits) -> Result<Imported, PhotoError> {
    let original = Original::read(bytes, limits)?;
    let (original_hash, original_size_bytes) = (original.hash, original.size_bytes);
    let (original_width, original_height) = (original.width, original.height);
    let (taken_at_ms, position) = (original.exif_at_ms, original.position_e7);
    let copies = original.copies(&Strip::default())?;
    Ok(Imported {
        original_hash,
        original_size_bytes,
        original_width,
        original_height,
        stored: copies.stored,
        thumbnail: copies.thumbnail,
        strip: copies.strip,
        taken_at_ms,
        lat_e7: position.map(|p| p.0),
        lon_e7: position.map(|p| p.1),
    })
}

const LIMITS: ImportLimits = ImportLimits {
    max_bytes: 40_000_000,
    max_pixels: 60_000_000,
};
/// 2021-11-18 10:32:05.678 in Xiji.
const TAKEN_AT_MS: i64 = 1_637_202_725_678;
const XIJI_E7: (i64, i64) = (359_640_012, 1_057_290_345);

fn photo() -> TestPhoto {
    TestPhoto {
        width: 400,
        height: 300,
        taken_at_ms: Some(TAKEN_AT_MS),
        position_e7: Some(XIJI_E7),
        ..TestPhoto::new(7)
    }
}

fn decode(bytes: &[u8]) -> image::RgbImage {
    image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg)
        .unwrap()
        .into_rgb8()
}

fn code_of(bytes: &[u8]) -> &'static str {
    import(bytes, LIMITS).unwrap_err().code()
}

#[test]
fn an_import_keeps_hash_time_and_place_and_makes_both_copies() {
    let bytes = TestPhoto {
        width: 2_000,
        height: 1_500,
        ..photo()
    }
    .jpeg();
    let imported = import(&bytes, LIMITS).unwrap();
    assert_eq!(imported.original_hash, hash_of(&bytes));
    assert_eq!(imported.original_size_bytes, bytes.len() as u64);
    assert_eq!(
        (imported.original_width, imported.original_height),
        (2_000, 1_500)
    );
    assert_eq!(
        (imported.stored.width, imported.stored.height),
        (1_600, 1_200)
    );
    assert_eq!(
        (imported.thumbnail.width, imported.thumbnail.height),
        (320, 240)
    );
    assert_eq!(decode(&imported.stored.bytes).dimensions(), (1_600, 1_200));
    assert_eq!(decode(&imported.thumbnail.bytes).dimensions(), (320, 240));
    assert_eq!(imported.stored.hash, hash_of(&imported.stored.bytes));
    assert_eq!(imported.thumbnail.hash, hash_of(&imported.thumbnail.bytes));
    assert_eq!(imported.taken_at_ms, Some(TAKEN_AT_MS));
    assert_eq!(
        (imported.lat_e7, imported.lon_e7),
        (Some(XIJI_E7.0), Some(XIJI_E7.1))
    );
    assert_eq!(
        import(&bytes, LIMITS).unwrap(),
        imported,
        "same bytes, same copies"
    );
}

#[test]
fn copies_carry_no_exif() {
    let bytes = photo().jpeg();
    let has = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
    assert!(
        has(&bytes, b"SERIAL-") && has(&bytes, b"Exif"),
        "the original has a serial number"
    );
    let imported = import(&bytes, LIMITS).unwrap();
    for copy in [&imported.stored.bytes, &imported.thumbnail.bytes] {
        assert!(!has(copy, b"Exif") && !has(copy, b"SERIAL-") && !has(copy, b"GUANMO"));
    }
}

#[test]
fn a_small_picture_is_never_enlarged() {
    let imported = import(
        &TestPhoto {
            width: 200,
            height: 90,
            ..photo()
        }
        .jpeg(),
        LIMITS,
    );
    let imported = imported.unwrap();
    assert_eq!((imported.stored.width, imported.stored.height), (200, 90));
    assert_eq!(
        (imported.thumbnail.width, imported.thumbnail.height),
        (200, 90)
    );
}

/// Mean difference per channel, in thousandths of a step, between `turned` and the stored picture read through `map`.
fn difference(
    stored: &image::RgbImage,
    turned: &image::RgbImage,
    map: impl Fn(u32, u32) -> (u32, u32),
) -> u64 {
    let mut sum = 0;
    for (x, y, pixel) in turned.enumerate_pixels() {
        let from = stored.get_pixel(map(x, y).0, map(x, y).1);
        sum += (0..3)
            .map(|c| u64::from(pixel.0[c].abs_diff(from.0[c])))
            .sum::<u64>();
    }
    sum * 1_000 / (turned.as_raw().len() as u64)
}

#[test]
fn the_copies_show_what_the_original_shows() {
    let bytes = photo().jpeg();
    let imported = import(&bytes, LIMITS).unwrap();
    let original = decode(&bytes);
    let apart = difference(&original, &decode(&imported.stored.bytes), |x, y| (x, y));
    assert!(apart <= 2_500, "stored copy: {apart}");
    // Every fifth pixel of the original is every fourth of the thumbnail.
    let apart = difference(&original, &decode(&imported.thumbnail.bytes), |x, y| {
        (x * 5 / 4, y * 5 / 4)
    });
    assert!(apart <= 5_000, "thumbnail: {apart}");
}

#[test]
fn every_orientation_stands_upright() {
    let stored = decode(&photo().jpeg());
    let (right, low) = (399, 299);
    // EXIF 2.32, tag 274: which stored pixel is shown at (x, y).
    type Map = fn(u32, u32, u32, u32) -> (u32, u32);
    let maps: [Map; 8] = [
        |x, y, _, _| (x, y),
        |x, y, right, _| (right - x, y),
        |x, y, right, low| (right - x, low - y),
        |x, y, _, low| (x, low - y),
        |x, y, _, _| (y, x),
        |x, y, _, low| (y, low - x),
        |x, y, right, low| (right - y, low - x),
        |x, y, right, _| (right - y, x),
    ];
    for orientation in 1..=8 {
        let imported = import(
            &TestPhoto {
                orientation,
                ..photo()
            }
            .jpeg(),
            LIMITS,
        )
        .unwrap();
        let turned = decode(&imported.stored.bytes);
        let size = if orientation >= 5 {
            (300, 400)
        } else {
            (400, 300)
        };
        assert_eq!(turned.dimensions(), size, "orientation {orientation}");
        assert_eq!((imported.original_width, imported.original_height), size);
        let same_shape = if orientation >= 5 { 4..8 } else { 0..4 };
        let apart =
            |index: &usize| difference(&stored, &turned, |x, y| maps[*index](x, y, right, low));
        let nearest = same_shape.min_by_key(apart).unwrap();
        assert_eq!(nearest + 1, usize::from(orientation));
        assert!(
            apart(&nearest) <= 2_500,
            "orientation {orientation}: {}",
            apart(&nearest)
        );
    }
}

#[test]
fn a_picture_without_exif_is_taken_with_time_and_place_unknown() {
    let plain = TestPhoto {
        taken_at_ms: None,
        position_e7: None,
        ..photo()
    };
    let imported = import(&plain.jpeg(), LIMITS).unwrap();
    assert_eq!(
        (imported.taken_at_ms, imported.lat_e7, imported.lon_e7),
        (None, None, None)
    );
    // A copy has no EXIF at all and can be imported again.
    let again = import(&imported.stored.bytes, LIMITS).unwrap();
    assert_eq!(again.taken_at_ms, None);
}

#[test]
fn a_camera_without_a_zone_is_taken_to_show_the_time_of_xiji() {
    let mut bytes = photo().jpeg();
    let at = bytes.windows(6).position(|part| part == b"+08:00").unwrap();
    bytes[at..at + 6].copy_from_slice(b"      ");
    assert_eq!(
        import(&bytes, LIMITS).unwrap().taken_at_ms,
        Some(TAKEN_AT_MS)
    );
    bytes[at..at + 6].copy_from_slice(b"+00:00");
    let utc = import(&bytes, LIMITS).unwrap().taken_at_ms;
    assert_eq!(utc, Some(TAKEN_AT_MS + 8 * 3_600_000));
    bytes[at..at + 6].copy_from_slice(b"+99:99");
    assert_eq!(
        import(&bytes, LIMITS).unwrap().taken_at_ms,
        Some(TAKEN_AT_MS)
    );
}

#[test]
fn southern_and_western_positions_are_negative_and_zero_is_no_fix() {
    let at = |position_e7| {
        let photo = TestPhoto {
            position_e7: Some(position_e7),
            ..photo()
        };
        let imported = import(&photo.jpeg(), LIMITS).unwrap();
        imported.lat_e7.zip(imported.lon_e7)
    };
    assert_eq!(
        at((-123_456_789, -1_799_999_999)),
        Some((-123_456_789, -1_799_999_999))
    );
    assert_eq!(at((0, 0)), None);
}

#[test]
fn what_is_no_picture_is_refused_with_its_own_code() {
    assert_eq!(code_of(b""), "not_a_picture");
    assert_eq!(code_of(b"\x89PNG\r\n\x1a\n0000"), "damaged");
    assert_eq!(code_of(b"\0\0\0\x18ftypheic\0\0\0\0"), "heic_unsupported");
    assert_eq!(code_of(b"\0\0\0\x18ftypmif1\0\0\0\0"), "heic_unsupported");
    assert_eq!(
        code_of(b"\0\0\0\x18ftypisom\0\0\0\0"),
        "format_unsupported",
        "a video"
    );
    assert_eq!(code_of(b"\xff\xd8\xff\xe0"), "damaged");
}

#[test]
fn limits_hold_at_the_limit_and_refuse_one_past_it() {
    let bytes = photo().jpeg();
    let size = bytes.len() as u64;
    let with = |max_bytes, max_pixels| {
        import(
            &bytes,
            ImportLimits {
                max_bytes,
                max_pixels,
            },
        )
        .map_err(|error| error.code())
    };
    assert!(with(size, 120_000).is_ok());
    assert_eq!(with(size - 1, 120_000).unwrap_err(), "too_large");
    assert_eq!(with(size, 119_999).unwrap_err(), "too_many_pixels");
}

#[test]
fn a_header_that_announces_4_gigapixels_is_refused_before_decoding() {
    let mut bytes = photo().jpeg();
    let frame = bytes
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert_eq!(code_of(&bytes), "too_many_pixels");
}

#[test]
fn a_cut_off_picture_is_damaged_wherever_it_is_cut() {
    let bytes = photo().jpeg();
    for permille in [1, 10, 100, 300, 500, 900, 999] {
        let cut = 3.max(bytes.len() * permille / 1_000);
        assert_eq!(
            code_of(&bytes[..cut]),
            "damaged",
            "cut at {permille} permille"
        );
    }
    assert_eq!(code_of(&bytes[..bytes.len() - 1]), "damaged");
}

#[test]
fn a_picture_the_decoder_would_paint_as_stripes_is_refused() {
    let original = decode(&photo().jpeg());
    let encode = |has_scan_per_component| {
        let mut bytes = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
        encoder.set_optimized_huffman_tables(has_scan_per_component);
        encoder
            .encode(original.as_raw(), 400, 300, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        bytes
    };
    assert!(import(&encode(false), LIMITS).is_ok());
    assert_eq!(code_of(&encode(true)), "damaged");
    let painted = decode(&encode(true));
    let apart = difference(&original, &painted, |x, y| (x, y));
    assert!(
        apart > 10_000,
        "{apart}: the decoder reads it now; take the refusal out"
    );
}

#[test]
fn a_progressive_picture_is_taken() {
    let original = decode(&photo().jpeg());
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.set_progressive(true);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder
        .encode(original.as_raw(), 400, 300, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    let imported = import(&bytes, LIMITS).unwrap();
    let apart = difference(&original, &decode(&imported.stored.bytes), |x, y| (x, y));
    assert!(apart <= 2_500, "{apart}");
}

#[test]
fn a_video_appended_by_the_phone_does_not_matter() {
    let mut bytes = photo().jpeg();
    bytes.extend_from_slice(b"\0\0\0\x18ftypmp42 motion photo");
    assert!(import(&bytes, LIMITS).is_ok());
}

#[test]
fn random_damage_never_panics() {
    let whole = TestPhoto {
        width: 64,
        height: 48,
        ..photo()
    }
    .jpeg();
    let mut state = 1_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    let mut refused = 0;
    for _ in 0..3_000 {
        let mut bytes = whole.clone();
        for _ in 0..1 + random() % 8 {
            let at = random() % bytes.len();
            bytes[at] = random() as u8;
        }
        // A small pixel limit keeps damaged headers from asking for much work.
        let limits = ImportLimits {
            max_bytes: 40_000_000,
            max_pixels: 1_000_000,
        };
        refused += u32::from(import(&bytes, limits).is_err());
    }
    assert!(
        refused > 100,
        "only {refused} were refused: the damage does not reach the decoder"
    );
}

#[test]
fn every_refusal_says_what_to_do_in_both_languages() {
    let errors = [
        PhotoError::NotAPicture,
        PhotoError::HeicUnsupported,
        PhotoError::Unsupported(crate::photos::format::Foreign::Svg),
        PhotoError::TooLarge {
            size_bytes: 40_000_001,
            limit_bytes: 40_000_000,
        },
        PhotoError::TooManyPixels {
            width: 10_000,
            height: 8_000,
            limit_pixels: 60_000_000,
        },
        PhotoError::Damaged {
            detail: "secret path".into(),
        },
    ];
    for error in errors {
        assert!(error.text_zh().contains("请"), "{}", error.code());
        assert!(error.text_en().contains('.') && !error.text_en().contains("secret path"));
    }
    let too_large = PhotoError::TooLarge {
        size_bytes: 40_000_001,
        limit_bytes: 40_000_000,
    };
    assert!(too_large.text_zh().contains("41 MB，超过上限 40 MB"));
}
