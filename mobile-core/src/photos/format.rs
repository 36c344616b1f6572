//! What a file is, by its first bytes; never by its name.
//!
//! Invariant: only a format named here ever reaches a decoder. Formats that people do try (HEIC above all) are told
//! apart so that the refusal can say what to do. Left out: whether the file is whole (`jpeg`,
//! `chunks`).

use super::PhotoError;

/// A format that is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JPEG: what cameras write.
    Jpeg,
    /// PNG: screenshots, mostly.
    Png,
    /// WebP: what messengers make of a photo.
    WebP,
}

impl Format {
    /// The word of the record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }
}

/// A format that is known and refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// AVIF still picture.
    Avif,
    /// A video or sound in an MP4-like container.
    Video,
    /// GIF.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// TIFF, and the raw files of cameras that are TIFF inside.
    Tiff,
    /// SVG: a program rather than a picture.
    Svg,
    /// PDF.
    Pdf,
    /// An animated WebP or PNG.
    Animated,
}

impl Foreign {
    /// Its name, in Chinese and English.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Avif => ("AVIF 图片", "an AVIF picture"),
            Self::Video => ("视频或录音", "a video or sound"),
            Self::Gif => ("GIF 图片", "a GIF picture"),
            Self::Bmp => ("BMP 位图", "a BMP bitmap"),
            Self::Tiff => ("TIFF 或相机 RAW 文件", "a TIFF or camera RAW file"),
            Self::Svg => ("SVG 图形", "an SVG drawing"),
            Self::Pdf => ("PDF 文档", "a PDF document"),
            Self::Animated => ("动图", "an animated picture"),
        }
    }
}

/// Brands of HEIF containers that hold HEVC pictures (ISO/IEC 23008-12, annex B) or any picture.
const HEIF_BRANDS: [&[u8; 4]; 10] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1",
];
/// How far a text is searched for `<svg`, bytes: longer than any usual preamble.
const PREAMBLE: usize = 4_096;

/// The format of `bytes`.
///
/// # Errors
/// `HeicUnsupported`, `Unsupported` for what is known, `NotAPicture` for the rest.
pub fn sniff(bytes: &[u8]) -> Result<Format, PhotoError> {
    let at = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Ok(Format::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Format::Png);
    }
    if bytes.starts_with(b"RIFF") && at(8, 12) == b"WEBP" {
        return Ok(Format::WebP);
    }
    let foreign = match bytes {
        _ if at(4, 8) == b"ftyp" => return Err(container(at(8, 12))),
        [b'G', b'I', b'F', b'8', ..] => Foreign::Gif,
        [b'B', b'M', ..] if at(6, 10) == [0; 4] => Foreign::Bmp,
        [b'I', b'I', 0x2a | 0x2b, 0, ..] | [b'M', b'M', 0, 0x2a | 0x2b, ..] => Foreign::Tiff,
        [b'%', b'P', b'D', b'F', ..] => Foreign::Pdf,
        _ if is_svg(bytes) => Foreign::Svg,
        _ => return Err(PhotoError::NotAPicture),
    };
    Err(PhotoError::Unsupported(foreign))
}

fn container(brand: &[u8]) -> PhotoError {
    if HEIF_BRANDS.iter().any(|heif| *heif == brand) {
        return PhotoError::HeicUnsupported;
    }
    let is_avif = brand == b"avif" || brand == b"avis";
    PhotoError::Unsupported(if is_avif {
        Foreign::Avif
    } else {
        Foreign::Video
    })
}

fn is_svg(bytes: &[u8]) -> bool {
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    let head = &text[..text.len().min(PREAMBLE)];
    head.starts_with(b"<")
        && head
            .windows(4)
            .any(|part| part.eq_ignore_ascii_case(b"<svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_told_by_its_first_bytes() {
        let code = |bytes: &[u8]| match sniff(bytes) {
            Ok(format) => format.word(),
            Err(error) => error.code(),
        };
        for (bytes, expected) in [
            (&b"\xff\xd8\xff\xe1"[..], "jpeg"),
            (b"\x89PNG\r\n\x1a\n", "png"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
            (b"RIFF\0\0\0\0WAVEfmt ", "not_a_picture"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "heic_unsupported"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0", "heic_unsupported"),
            (b"\0\0\0\x18ftypavif\0\0\0\0", "format_unsupported"),
            (b"\0\0\0\x18ftypisom\0\0\0\0", "format_unsupported"),
            (b"GIF89a\x01\0", "format_unsupported"),
            (b"BM\x46\0\0\0\0\0\0\0\x36", "format_unsupported"),
            (b"II\x2a\0\x08\0\0\0", "format_unsupported"),
            (b"MM\0\x2a\0\0\0\x08", "format_unsupported"),
            (b"%PDF-1.7", "format_unsupported"),
            (
                b"\xef\xbb\xbf<?xml version='1.0'?><!-- x --><SVG onload='x()'>",
                "format_unsupported",
            ),
            (b"<html>no picture</html>", "not_a_picture"),
            (b"PK\x03\x04", "not_a_picture"),
            (b"BM is how this text begins", "not_a_picture"),
            (b"", "not_a_picture"),
        ] {
            assert_eq!(code(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
