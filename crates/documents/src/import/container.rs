//! What kind of file a workbook is, and whether it may be unpacked.
//!
//! Invariant: nothing hands a workbook to the reader before its real unpacked size was counted: sizes that the file
//! claims are not believed. Leaves out: what is in it (`xlsx`).

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::MAX_BYTES;
use super::error::Problem;

/// Bytes a workbook may unpack to, all parts together.
pub const MAX_UNPACKED: u64 = 64 << 20;
/// Parts (files) a workbook may have.
pub const MAX_PARTS: usize = 2_000;

const ZIP: &[u8] = b"PK\x03\x04";
/// Compound file: the old formats of Office and WPS, and every workbook with a password.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const ENTRY: &[u8] = b"PK\x01\x02";

/// True for a zip file.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP)
}

/// Refuses what is a workbook, but not XLSX, by its first bytes.
pub(super) fn other_workbook(bytes: &[u8]) -> Option<Problem> {
    if bytes.starts_with(COMPOUND) {
        let name: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        return Some(if contains(bytes, &name) {
            Problem::Encrypted
        } else {
            Problem::OtherWorkbook {
                what: "旧版 .xls 或 .et",
            }
        });
    }
    let start = bytes.get(..512).unwrap_or(bytes).to_ascii_lowercase();
    let start = start
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&start)
        .trim_ascii_start();
    let page = [&b"<html"[..], b"<!doctype html", b"<table"];
    if page.iter().any(|mark| start.starts_with(mark)) {
        return Some(Problem::OtherWorkbook {
            what: "网页(HTML)"
        });
    }
    let sheet = start.starts_with(b"<?xml") && contains(start, b"mso-application");
    sheet.then_some(Problem::OtherWorkbook { what: "XML 表格" })
}

/// Refuses what is no XLSX, or unpacks to too much.
pub(super) fn check(bytes: &[u8]) -> Result<(), Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::TooLarge {
            max_bytes: MAX_BYTES,
        });
    }
    if let Some(problem) = other_workbook(bytes) {
        return Err(problem);
    }
    if !is_zip(bytes) {
        let detail = "不是 .xlsx 工作簿 / not an .xlsx workbook".to_owned();
        return Err(Problem::Malformed { detail });
    }
    let too_much = Problem::Unpacked {
        max_mb: (MAX_UNPACKED >> 20) as usize,
        max_parts: MAX_PARTS,
    };
    // Counted before the list of parts is read, which costs memory for each.
    if count(bytes, ENTRY) > MAX_PARTS {
        return Err(too_much);
    }
    let damaged = |error: &dyn std::fmt::Display| Problem::Malformed {
        detail: error.to_string(),
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    if let Some(what) = other_archive(&mut archive) {
        return Err(Problem::OtherWorkbook { what });
    }
    let mut left = MAX_UNPACKED;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|e| damaged(&e))?;
        // One byte more than may be there, so that reaching the limit exactly is told from passing it.
        let taken = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        let taken = taken.map_err(|e| damaged(&e))?;
        left = left.checked_sub(taken).ok_or_else(|| too_much.clone())?;
    }
    Ok(())
}

/// Zip files that are no XLSX, by what is in them.
fn other_archive(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Option<&'static str> {
    let has = |archive: &ZipArchive<_>, name| archive.index_for_name(name).is_some();
    if has(archive, "xl/workbook.xml") {
        return None;
    }
    if has(archive, "xl/workbook.bin") {
        return Some(" .xlsb");
    }
    let mut mime = String::new();
    if let Ok(part) = archive.by_name("mimetype") {
        // Text that cannot be read is no mark of anything.
        let _ = part.take(100).read_to_string(&mut mime);
    }
    if mime.contains("opendocument.spreadsheet") {
        return Some(" .ods");
    }
    // Some writers put the workbook elsewhere; the content list says that it is one.
    let listed = has(archive, "[Content_Types].xml") && !has(archive, "word/document.xml");
    (!listed || has(archive, "ppt/presentation.xml")).then_some("压缩包或其他文档")
}

fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|w| w == mark)
}

fn count(bytes: &[u8], mark: &[u8]) -> usize {
    bytes.windows(mark.len()).filter(|w| *w == mark).count()
}
