//! The two languages, how one is chosen, and how times and points are written.
//!
//! Invariant: Chinese unless English is asked for. Times are shown in Asia/Shanghai, whatever the zone of the machine.
//! Leaves out: the texts (`messages`).

use std::borrow::Borrow;

use chrono::{DateTime, FixedOffset, Utc};

use crate::model::Bilingual;

/// Seconds that Asia/Shanghai is ahead of UTC; it has no summer time.
const SHANGHAI_S: i32 = 8 * 3600;

/// A language of the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// From `zh` or `en`, as in the cookie and in `?lang=`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The word of the cookie.
    pub fn word(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The value of `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The other language.
    pub fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// The first of our languages that an `Accept-Language` header prefers; Chinese if neither stands in it.
    pub fn from_header(header: &str) -> Self {
        let mut best: Option<(f32, Self)> = None;
        for part in header.split(',') {
            let mut fields = part.split(';').map(str::trim);
            let tag = fields.next().unwrap_or_default().to_ascii_lowercase();
            let Some(lang) = Self::parse(tag.split('-').next().unwrap_or_default()) else {
                continue;
            };
            let q = fields.find_map(|f| f.strip_prefix("q="));
            let q: f32 = q.and_then(|q| q.parse().ok()).unwrap_or(1.0);
            if q > 0.0 && best.is_none_or(|(b, _)| q > b) {
                best = Some((q, lang));
            }
        }
        best.map_or(Self::Zh, |(_, lang)| lang)
    }

    /// One of two texts.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// A text of the data; its Chinese if it has no English.
    pub fn both(self, text: &Bilingual) -> &str {
        match self {
            Self::En if !text.en.is_empty() => &text.en,
            _ => &text.zh,
        }
    }

    /// A time to the minute: `11-18 10:32`.
    pub fn short_time(self, at_ms: impl Borrow<i64>) -> String {
        format_time(*at_ms.borrow(), "%m-%d %H:%M")
    }

    /// A time with its year to the second: `2021-11-18 10:32:05`.
    pub fn full_time(self, at_ms: impl Borrow<i64>) -> String {
        format_time(*at_ms.borrow(), "%Y-%m-%d %H:%M:%S")
    }
}

/// The calendar day of a time in Shanghai, `YYYY-MM-DD`.
pub fn day(at_ms: i64) -> String {
    format_time(at_ms, "%Y-%m-%d")
}

/// A time as programs exchange it: RFC 3339 with the offset of Shanghai.
pub fn rfc3339(at_ms: i64) -> String {
    format_time(at_ms, "%Y-%m-%dT%H:%M:%S%:z")
}

fn format_time(at_ms: i64, pattern: &str) -> String {
    let zone = FixedOffset::east_opt(SHANGHAI_S);
    match (DateTime::<Utc>::from_timestamp_millis(at_ms), zone) {
        (Some(at), Some(zone)) => at.with_timezone(&zone).format(pattern).to_string(),
        _ => "—".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_unless_english_is_preferred() {
        for (header, lang) in [
            ("", Lang::Zh),
            ("fr-FR", Lang::Zh),
            ("zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh),
            ("en-GB,en;q=0.9", Lang::En),
            ("zh;q=0.5, en;q=0.7", Lang::En),
            ("en;q=0", Lang::Zh),
            (";;,q=,en;q=x", Lang::En),
        ] {
            assert_eq!(Lang::from_header(header), lang, "{header}");
        }
    }

    #[test]
    fn times_are_shown_in_shanghai_to_whatever_end() {
        assert_eq!(Lang::Zh.full_time(1_637_202_725_000), "2021-11-18 10:32:05");
        assert_eq!(Lang::Zh.short_time(1_637_202_725_000), "11-18 10:32");
        assert_eq!(Lang::En.full_time(i64::MAX), "—");
    }
}
