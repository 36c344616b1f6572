//! Tests of [`super`] on other formats, and on files made to do harm.

use super::super::generate::TestPhoto;
use super::*;
use crate::photos::{PhotoFont, StripFont};

fn photo() -> TestPhoto {
    TestPhoto {
        width: 400,
        height: 300,
        orientation: 6,
        taken_at_ms: Some(1_637_202_725_678),
        position_e7: Some((359_640_012, 1_057_290_345)),
        ..TestPhoto::new(7)
    }
}

fn read(bytes: &[u8]) -> Result<Copies, PhotoError> {
    let strip = Strip {
        font: StripFont::system(),
        fields: vec!["西吉县".into(), "2021-11-18 10:32".into()],
    };
    Original::read(bytes, ImportLimits::default())?.copies(&strip)
}

fn code_of(bytes: &[u8]) -> &'static str {
    read(bytes).unwrap_err().code()
}

/// Markers of a JPEG's segments from its beginning to its end, and nothing after it.
fn segments(jpeg: &[u8]) -> Vec<u8> {
    let mut at = 2;
    let mut markers = Vec::new();
    loop {
        assert_eq!(jpeg[at], 0xff, "a marker at {at}");
        let marker = jpeg[at + 1];
        markers.push(marker);
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if marker == 0xda {
            // Pixels: no marker but restarts, until the end.
            let end = jpeg[at..]
                .windows(2)
                .position(|p| p[0] == 0xff && p[1] != 0 && !(0xd0..=0xd7).contains(&p[1]));
            at += end.unwrap();
            assert_eq!(&jpeg[at..], [0xff, 0xd9], "the end, and nothing after it");
            return markers;
        }
    }
}

/// Proves that a copy has pixels, tables and the JFIF header, and not one byte of anything else.
fn assert_only_pixels(copies: &Copies) {
    for copy in [&copies.stored, &copies.thumbnail] {
        // JFIF, quantisation, frame, Huffman, scan. No APP1 (EXIF, XMP), APP2 (ICC), APP13 (IPTC), no comment.
        let allowed = [0xe0, 0xdb, 0xc0, 0xc4, 0xda, 0xdd];
        let found = segments(&copy.bytes);
        assert!(found.iter().all(|m| allowed.contains(m)), "{found:x?}");
        assert_eq!(&copy.bytes[6..10], b"JFIF");
        for hidden in [
            &b"Exif"[..],
            b"SERIAL-",
            b"GUANMO",
            b"<script",
            b"PK\x03\x04",
            b"xmp",
        ] {
            let there = copy.bytes.windows(hidden.len()).any(|part| part == hidden);
            assert!(!there, "{}", String::from_utf8_lossy(hidden));
        }
    }
}

#[test]
fn jpeg_png_and_webp_give_the_same_facts_and_clean_copies() {
    let (jpeg, png, webp) = (photo().jpeg(), photo().png(), photo().webp());
    for (bytes, format) in [
        (&jpeg, Format::Jpeg),
        (&png, Format::Png),
        (&webp, Format::WebP),
    ] {
        let has_serial = bytes.windows(7).any(|part| part == b"SERIAL-");
        assert!(has_serial, "the original has a serial number");
        let original = Original::read(bytes, ImportLimits::default()).unwrap();
        assert_eq!(original.format, format);
        assert_eq!(original.hash, hash_of(bytes));
        assert_eq!((original.width, original.height), (300, 400), "turned");
        assert_eq!(original.exif_at_ms, photo().taken_at_ms);
        assert_eq!(original.position_e7, photo().position_e7);
        let copies = read(bytes).unwrap();
        assert_only_pixels(&copies);
        let StripOutcome::Drawn(strip) = copies.strip else {
            panic!("{:?}", copies.strip);
        };
        let size = (copies.stored.width, copies.stored.height);
        assert_eq!(size, (300, 400 + strip));
        let size = (copies.thumbnail.width, copies.thumbnail.height);
        assert_eq!(size, (240, 320), "no strip");
    }
}

#[test]
fn without_a_font_a_photo_is_taken_in_without_strip() {
    let (bytes, limits) = (photo().jpeg(), ImportLimits::default());
    let original = Original::read(&bytes, limits).unwrap();
    let strip = Strip {
        font: PhotoFont::None.get(),
        fields: vec!["西吉县".into()],
    };
    let copies = original.copies(&strip).unwrap();
    assert_eq!(copies.strip, StripOutcome::NoFont);
    assert_eq!((copies.stored.width, copies.stored.height), (300, 400));
    assert_only_pixels(&copies);
}

#[test]
fn transparency_becomes_white_paper() {
    let clear = image::RgbaImage::from_pixel(64, 64, image::Rgba([0, 0, 0, 0]));
    let mut png = std::io::Cursor::new(Vec::new());
    clear.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let copies = read(png.get_ref()).unwrap();
    let seen = image::load_from_memory(&copies.stored.bytes).unwrap();
    assert!(
        seen.into_rgb8()
            .pixels()
            .all(|p| p.0.iter().all(|c| *c >= 250))
    );
}

#[test]
fn a_picture_that_is_also_a_page_or_an_archive_leaves_only_its_pixels() {
    let page = b"<html><script>alert(1)</script></html>";
    let zip = b"PK\x03\x04\x14\0\0\0\0\0 evil.html";
    for tail in [&page[..], zip] {
        for picture in [photo().jpeg(), photo().png(), photo().webp()] {
            let polyglot = [&picture, tail].concat();
            assert_only_pixels(&read(&polyglot).unwrap());
        }
    }
    // Inside the file: a comment of a JPEG, a text of a PNG.
    let mut jpeg = photo().jpeg();
    let length = u16::try_from(page.len() + 2).unwrap().to_be_bytes();
    let comment = [&[0xff, 0xfe], &length[..], page].concat();
    jpeg.splice(2..2, comment);
    assert_only_pixels(&read(&jpeg).unwrap());
    let mut png = photo().png();
    png.splice(33..33, chunk(b"iTXt", page));
    assert_only_pixels(&read(&png).unwrap());
    // A page before the picture is a page.
    let polyglot = [&page[..], &photo().jpeg()].concat();
    assert_eq!(code_of(&polyglot), "not_a_picture");
}

/// A PNG chunk with its checksum (CRC-32, as the format wants it).
fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in name.iter().chain(data) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], name, data, &(!crc).to_be_bytes()].concat()
}

/// A PNG whose header claims so many pixels of 8-bit RGB, followed by `rest`.
fn claimed_png(width: u32, height: u32, rest: &[Vec<u8>]) -> Vec<u8> {
    let header = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, 2, 0, 0, 0],
    ]
    .concat();
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(chunk(b"IHDR", &header));
    rest.iter().for_each(|part| bytes.extend(part));
    bytes.extend(chunk(b"IEND", b""));
    bytes
}

/// A WebP that claims so many pixels: an extended header, then lossless pixels of `size`.
fn claimed_webp(width: u32, height: u32) -> Vec<u8> {
    let canvas = |edge: u32| (edge - 1).to_le_bytes()[..3].to_vec();
    let vp8x = [vec![0; 4], canvas(width), canvas(height)].concat();
    let bits = (width - 1) & 0x3fff | ((height - 1) & 0x3fff) << 14;
    let vp8l = [&[0x2f][..], &bits.to_le_bytes(), &[0; 7]].concat();
    let mut body = b"WEBP".to_vec();
    for (name, data) in [(b"VP8X", vp8x), (b"VP8L", vp8l)] {
        body.extend(name);
        body.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        body.extend(data);
    }
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [&b"RIFF"[..], &length, &body].concat()
}

/// The test JPEG with another size in its frame header.
fn claimed_jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = TestPhoto {
        width: 16,
        height: 16,
        ..photo()
    }
    .jpeg();
    let frame = bytes
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

#[test]
fn a_small_file_that_claims_50_megapixels_is_refused_before_decoding() {
    for bytes in [
        claimed_jpeg(8_165, 6_124),
        claimed_png(8_165, 6_124, &[chunk(b"IDAT", &[0; 100])]),
        claimed_webp(8_165, 6_124),
    ] {
        assert!(bytes.len() < 2_000, "{}", bytes.len());
        // `read` alone: no pixel is decoded yet.
        let error = Original::read(&bytes, ImportLimits::default())
            .err()
            .unwrap();
        assert_eq!(error.code(), "damaged", "{error}");
        assert!(error.to_string().contains("cannot hold"), "{error}");
    }
    for bytes in [
        claimed_jpeg(u16::MAX, u16::MAX),
        claimed_png(1 << 30, 1 << 30, &[chunk(b"IDAT", &[0; 100])]),
        claimed_webp(16_383, 16_383),
    ] {
        let error = Original::read(&bytes, ImportLimits::default())
            .err()
            .unwrap();
        assert!(
            ["too_many_pixels", "damaged"].contains(&error.code()),
            "{error}"
        );
    }
}

#[test]
fn what_is_packed_beside_the_pixels_of_a_png_is_never_unpacked() {
    // 1 MB of zeros in a kilobyte, a thousand times over, as text and as colour profile.
    let zeros = include_bytes!("testdata/zeros-1mb.zlib");
    let text = chunk(b"zTXt", &[&b"k\0\0"[..], zeros].concat());
    let profile = chunk(b"iCCP", &[&b"k\0\0"[..], zeros].concat());
    let mut png = photo().png();
    let bombs: Vec<u8> = (0..1_000)
        .flat_map(|_| text.clone())
        .chain(profile)
        .collect();
    png.splice(33..33, bombs);
    let found = chunks::png(&png).unwrap();
    assert!(found.pixels.len() <= photo().png().len());
    assert_only_pixels(&read(&png).unwrap());
    // Absurdly many chunks.
    let mut png = photo().png();
    let crumbs: Vec<u8> = (0..30_000).flat_map(|_| chunk(b"tEXt", b"")).collect();
    png.splice(33..33, crumbs);
    assert_eq!(code_of(&png), "damaged");
}

#[test]
fn what_moves_is_refused() {
    let mut png = photo().png();
    png.splice(33..33, chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]));
    assert_eq!(code_of(&png), "format_unsupported");
    let mut webp = photo().webp();
    let frame = [&b"ANMF\x10\0\0\0"[..], &[0; 16]].concat();
    webp.extend(frame);
    let length = u32::try_from(webp.len() - 8).unwrap().to_le_bytes();
    webp[4..8].copy_from_slice(&length);
    assert_eq!(code_of(&webp), "format_unsupported");
}

#[test]
fn a_cut_off_png_or_webp_is_damaged_wherever_it_is_cut() {
    for whole in [photo().png(), photo().webp()] {
        for permille in [20, 100, 500, 900, 999] {
            let cut = &whole[..whole.len() * permille / 1_000];
            assert_eq!(code_of(cut), "damaged", "cut at {permille} permille");
        }
    }
}

#[test]
fn random_damage_of_a_png_or_webp_never_panics() {
    let small = TestPhoto {
        width: 48,
        height: 32,
        ..photo()
    };
    let mut state = 7_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    for whole in [small.png(), small.webp()] {
        let mut refused = 0;
        for _ in 0..1_500 {
            let mut bytes = whole.clone();
            for _ in 0..1 + random() % 6 {
                let at = random() % bytes.len();
                bytes[at] = random() as u8;
            }
            let limits = ImportLimits {
                max_pixels: 1_000_000,
                ..ImportLimits::default()
            };
            let read = Original::read(&bytes, limits);
            refused += u32::from(read.and_then(|o| o.copies(&Strip::default())).is_err());
        }
        assert!(refused > 100, "only {refused} were refused");
    }
}
