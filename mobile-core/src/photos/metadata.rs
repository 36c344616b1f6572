//! What is read from a camera's EXIF: orientation, capture time, position.
//!
//! Broken or absent EXIF never refuses a picture: each fact is simply unknown. Everything else in EXIF (serial
//! numbers, owner, maker notes) is never looked at, and nothing of it is written into a copy.

use chrono::{NaiveDate, TimeDelta};
use exif::{Exif, In, Reader, Tag, Value};

/// A camera that wrote no offset is taken to show the time of Asia/Shanghai (+08:00, no summer time).
const DEFAULT_OFFSET_MINUTES: i64 = 8 * 60;
/// No place on Earth is further from UTC; a larger offset is a camera's mistake.
const LARGEST_OFFSET_MINUTES: i64 = 14 * 60;

/// The facts kept from EXIF.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metadata {
    /// How the pixels must be turned to stand upright, as EXIF numbers it: 1 (as they are) to 8.
    pub orientation: u8,
    /// Capture time in milliseconds UTC.
    pub taken_at_ms: Option<i64>,
    /// Latitude and longitude, WGS-84, 1e-7 degree.
    pub position_e7: Option<(i64, i64)>,
}

/// Reads a raw EXIF block (a TIFF structure); `None` or nonsense gives "unknown".
pub(super) fn read(raw: Option<Vec<u8>>) -> Metadata {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    let parsed = raw.and_then(|raw| {
        let partial = |error: exif::Error| error.distill_partial_result(|_| ());
        reader.read_raw(raw).or_else(partial).ok()
    });
    let Some(exif) = parsed else {
        return Metadata {
            orientation: 1,
            taken_at_ms: None,
            position_e7: None,
        };
    };
    Metadata {
        orientation: orientation(&exif),
        taken_at_ms: taken_at_ms(&exif),
        position_e7: position_e7(&exif),
    }
}

fn orientation(exif: &Exif) -> u8 {
    exif.get_field(Tag::Orientation, In::PRIMARY)
        .and_then(|field| field.value.get_uint(0))
        .and_then(|value| u8::try_from(value).ok())
        .filter(|turn| (1..=8).contains(turn))
        .unwrap_or(1)
}

fn ascii(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => lines.first().map(Vec::as_slice),
        _ => None,
    }
}

fn taken_at_ms(exif: &Exif) -> Option<i64> {
    // A scanned or converted picture may have only the second one.
    let original =
        ascii(exif, Tag::DateTimeOriginal).or_else(|| ascii(exif, Tag::DateTimeDigitized));
    let mut at = exif::DateTime::from_ascii(original?).ok()?;
    if let Some(fraction) = ascii(exif, Tag::SubSecTimeOriginal) {
        // A malformed fraction leaves whole seconds.
        let _ = at.parse_subsec(fraction);
    }
    if let Some(offset) =
        ascii(exif, Tag::OffsetTimeOriginal).or_else(|| ascii(exif, Tag::OffsetTime))
    {
        // A malformed offset is no offset.
        let _ = at.parse_offset(offset);
    }
    let local = NaiveDate::from_ymd_opt(at.year.into(), at.month.into(), at.day.into())?
        .and_hms_nano_opt(
            at.hour.into(),
            at.minute.into(),
            at.second.into(),
            at.nanosecond.unwrap_or(0),
        )?;
    let offset_minutes = at
        .offset
        .map(i64::from)
        .filter(|minutes| minutes.abs() <= LARGEST_OFFSET_MINUTES)
        .unwrap_or(DEFAULT_OFFSET_MINUTES);
    let utc = local.checked_sub_signed(TimeDelta::minutes(offset_minutes))?;
    Some(utc.and_utc().timestamp_millis())
}

fn position_e7(exif: &Exif) -> Option<(i64, i64)> {
    let lat = degrees_e7(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b"S", 90.0)?;
    let lon = degrees_e7(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b"W", 180.0)?;
    // Phones without a fix write zeros; nobody photographs a village at 0° N 0° E.
    (lat != 0 || lon != 0).then_some((lat, lon))
}

fn degrees_e7(exif: &Exif, tag: Tag, sign_tag: Tag, negative: &[u8], limit: f64) -> Option<i64> {
    let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else {
        return None;
    };
    let [degrees, minutes, seconds] = parts.as_slice() else {
        return None;
    };
    let magnitude = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
    // Also refuses NaN and infinity, which a zero denominator gives.
    if !(0.0..=limit).contains(&magnitude) {
        return None;
    }
    let sign = if ascii(exif, sign_tag)? == negative {
        -1.0
    } else {
        1.0
    };
    // Within ±1.8e9 by the check above, so the cast is exact.
    Some((sign * magnitude * 1e7).round() as i64)
}
