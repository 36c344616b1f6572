//! Pictures as a camera or an album hands them over.

use std::sync::LazyLock;

use mobile_core::photos::generate::TestPhoto;
use mobile_core::photos::{ImportLimits, Original, Strip};

/// Small, so that many are tried; the code is the same.
const LIMITS: ImportLimits = ImportLimits {
    max_bytes: 1 << 20,
    max_pixels: 300_000,
};

/// A small JPEG without facts.
static PLAIN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let small = TestPhoto {
        width: 16,
        height: 16,
        ..TestPhoto::new(1)
    };
    small.jpeg()
});

/// A whole picture: JPEG, PNG or WebP.
pub fn picture(bytes: &[u8]) {
    let strip = Strip {
        font: None,
        fields: vec!["西吉县".into()],
    };
    if let Ok(copies) = Original::read(bytes, LIMITS).and_then(|original| original.copies(&strip)) {
        let again = Original::read(&copies.stored.bytes, ImportLimits::default());
        assert!(again.is_ok(), "a copy of ours is no picture");
    }
}

/// The block of facts in an otherwise good JPEG.
pub fn exif(bytes: &[u8]) {
    let length = bytes.len() + 8;
    let Ok(length) = u16::try_from(length) else {
        return;
    };
    let parts: [&[u8]; 5] = [
        &[0xff, 0xd8, 0xff, 0xe1],
        &length.to_be_bytes(),
        b"Exif\0\0",
        bytes,
        &PLAIN[2..],
    ];
    let _ = Original::read(&parts.concat(), LIMITS);
}
