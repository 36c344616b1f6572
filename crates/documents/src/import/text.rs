//! The text of a file: UTF-8, GB18030 (and with it GBK), UTF-16 with its mark.
//!
//! Invariant: no byte is replaced: what cannot be decoded whole is refused. Leaves out: what the text means.

use std::borrow::Cow;

use encoding_rs::{Encoding as Decoder, GB18030};
use serde::Serialize;

use super::MAX_BYTES;
use super::error::Problem;

/// How the text of a file was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// GB18030, which GBK and GB 2312 are part of: what is not UTF-8 is taken for it.
    Gb18030,
    /// UTF-16 with byte order mark, as "Unicode text" of a spreadsheet.
    Utf16,
}

impl Encoding {
    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030 (GBK)",
            Self::Utf16 => "UTF-16",
        }
    }
}

/// The text of a file, without byte order mark, and how it was read.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::TooLarge {
            max_bytes: MAX_BYTES,
        });
    }
    let whole = |decoder: &'static Decoder, bytes| {
        decoder.decode_without_bom_handling_and_without_replacement(bytes)
    };
    let found = match Decoder::for_bom(bytes) {
        Some((decoder, mark)) if decoder != encoding_rs::UTF_8 => {
            whole(decoder, &bytes[mark..]).map(|text| (text, Encoding::Utf16))
        }
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                Some((Cow::Borrowed(text), Encoding::Utf8))
            }
            Err(_) => whole(GB18030, bytes).map(|text| (text, Encoding::Gb18030)),
        },
    };
    // UTF-16 without its mark is full of zeros.
    found
        .filter(|(text, _)| !text.contains('\0'))
        .ok_or(Problem::UnknownEncoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_utf8_is_read_as_gb18030() {
        let (gbk, _, _) = GB18030.encode("文垚市场,𠀀");
        let (text, encoding) = decode(&gbk).unwrap();
        assert_eq!(
            (text.as_ref(), encoding),
            ("文垚市场,𠀀", Encoding::Gb18030)
        );
        assert_eq!(decode("\u{feff}名称".as_bytes()).unwrap().1, Encoding::Utf8);
    }

    #[test]
    fn utf16_needs_its_mark() {
        let little: Vec<u8> = "\u{feff}名称"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let big: Vec<u8> = "\u{feff}名称"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        for bytes in [little, big] {
            let (text, encoding) = decode(&bytes).unwrap();
            assert_eq!((text.as_ref(), encoding), ("名称", Encoding::Utf16));
        }
        let bare: Vec<u8> = "name".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&bare), Err(Problem::UnknownEncoding));
        assert_eq!(decode(b"\xff\xff\xff"), Err(Problem::UnknownEncoding));
    }
}
