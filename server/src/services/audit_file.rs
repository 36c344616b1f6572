//! The audit as a file, and the filter as people type it.
//!
//! Invariant: an export is itself in the audit; a text that a spreadsheet would compute stays text. Leaves out: the
//! chain's check (`auth::Auth::audit_broken_at`).

use std::fmt::Write;

use chrono::NaiveDate;
use protocol::problem::Code;

use crate::auth::Auth;
use crate::auth::types::{AuditEntry, AuditFilter, Login};
use crate::error::{Error, Result};

const DAY_MS: i64 = 24 * 3600 * 1000;
/// Asia/Shanghai less UTC.
const SHANGHAI_MS: i64 = 8 * 3600 * 1000;
/// Entries read at a time.
const STEP: u32 = 500;
/// Most entries of one file; more are asked for by time.
const MOST: usize = 200_000;

/// The form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditForm {
    /// With a byte order mark and CRLF, as spreadsheets here want it.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl AuditForm {
    /// From the word in the address.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::Jsonl),
            _ => None,
        }
    }

    /// Of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// What it is.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/jsonl",
        }
    }
}

/// A filter as typed: empty means any; days are those of Asia/Shanghai, both included.
#[derive(Clone, Copy, Debug, Default)]
pub struct DayFilter<'a> {
    /// Who.
    pub user: &'a str,
    /// What.
    pub action: &'a str,
    /// Part of the object.
    pub object: &'a str,
    /// `1`, `0`.
    pub ok: &'a str,
    /// First day, `YYYY-MM-DD`.
    pub from: &'a str,
    /// Last day.
    pub to: &'a str,
}

fn day_start(day: &str) -> Result<Option<i64>> {
    if day.trim().is_empty() {
        return Ok(None);
    }
    let bad = || Error::because(Code::Invalid, "YYYY-MM-DD");
    let day = NaiveDate::parse_from_str(day.trim(), "%Y-%m-%d").map_err(|_| bad())?;
    let midnight = day.and_hms_opt(0, 0, 0).ok_or_else(bad)?.and_utc();
    Ok(Some(midnight.timestamp_millis() - SHANGHAI_MS))
}

impl DayFilter<'_> {
    /// As the database is asked.
    ///
    /// # Errors
    /// `Invalid` for a day that is none.
    pub fn filter(&self) -> Result<AuditFilter> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        Ok(AuditFilter {
            user_name: text(self.user),
            action: text(self.action),
            object: text(self.object),
            ok: match self.ok {
                "1" => Some(true),
                "0" => Some(false),
                _ => None,
            },
            from_ms: day_start(self.from)?,
            to_ms: day_start(self.to)?.map(|start| start + DAY_MS),
        })
    }
}

/// A value for an address.
pub fn encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => text.push(byte.into()),
            _ => write!(text, "%{byte:02X}").unwrap_or_default(),
        }
    }
    text
}

fn cell(text: &str) -> String {
    let computes = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if computes { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

fn csv_row(id: i64, e: &AuditEntry, chain: &[u8; 32]) -> String {
    let at = chrono::DateTime::from_timestamp_millis(e.at_ms.saturating_add(SHANGHAI_MS));
    let at = at.unwrap_or_default().format("%Y-%m-%d %H:%M:%S");
    let ok = if e.ok { "1" } else { "0" };
    let texts = [&e.user_name, &e.role, &e.action, &e.object];
    let texts: Vec<String> = texts.into_iter().map(|t| cell(t)).collect();
    let (texts, detail) = (texts.join(","), cell(&e.detail));
    format!("{id},{at},{texts},{ok},{detail},{}\r\n", hex::encode(chain))
}

fn json_row(id: i64, e: &AuditEntry, chain: &[u8; 32]) -> String {
    let row = serde_json::json!({
        "id": id, "at_ms": e.at_ms, "user_name": e.user_name, "role": e.role, "action": e.action,
        "object": e.object, "ok": e.ok, "detail": e.detail, "chain": hex::encode(chain),
    });
    format!("{row}\n")
}

/// Everything that fits a filter, newest first.
///
/// # Errors
/// The database's.
pub async fn export(
    auth: &Auth,
    by: &Login,
    filter: AuditFilter,
    form: AuditForm,
) -> Result<String> {
    let mut file = match form {
        AuditForm::Csv => "\u{feff}编号,时间,用户,角色,操作,对象,成功,说明,链值\r\n".to_owned(),
        AuditForm::Jsonl => String::new(),
    };
    let (mut before, mut rows) = (None, 0);
    loop {
        let page = auth.find_audit(filter.clone(), before, STEP).await?;
        for ((id, entry), chain) in page.entries.iter().zip(&page.chains) {
            file += &match form {
                AuditForm::Csv => csv_row(*id, entry, chain),
                AuditForm::Jsonl => json_row(*id, entry, chain),
            };
        }
        rows += page.entries.len();
        before = page.before;
        if before.is_none() || rows >= MOST {
            break;
        }
    }
    let what = format!("{rows} {}", form.extension());
    auth.audit(by, "export_audit", "", true, &what).await?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_of_the_county_and_both_ends_count() {
        let days = DayFilter {
            from: "2026-05-01",
            to: "2026-05-01",
            ok: "0",
            user: " ducha01 ",
            ..DayFilter::default()
        };
        let filter = days.filter().unwrap();
        assert_eq!(filter.from_ms, Some(1_777_564_800_000));
        assert_eq!(filter.to_ms, Some(1_777_564_800_000 + DAY_MS));
        assert_eq!(filter.ok, Some(false));
        assert_eq!(filter.user_name.as_deref(), Some("ducha01"));
        let bad = DayFilter {
            from: "2026-02-30",
            ..DayFilter::default()
        };
        assert!(bad.filter().is_err());
    }

    #[test]
    fn a_formula_in_the_audit_stays_text() {
        let entry = AuditEntry {
            user_name: "=1+1".to_owned(),
            detail: "a \"b\",\r\nc".to_owned(),
            ..AuditEntry::default()
        };
        let row = csv_row(7, &entry, &[0; 32]);
        assert!(row.contains("\"'=1+1\""), "{row}");
        for begin in ["=", "+", "-", "@", "\t", "\r"] {
            let text = format!("{begin}1");
            let everywhere = AuditEntry {
                user_name: text.clone(),
                role: text.clone(),
                action: text.clone(),
                object: text.clone(),
                detail: text.clone(),
                ..AuditEntry::default()
            };
            let row = csv_row(7, &everywhere, &[0; 32]);
            assert_eq!(row.matches(&format!("\"'{text}\"")).count(), 5, "{row:?}");
        }
        assert!(row.contains("\"a \"\"b\"\",\r\nc\""), "{row}");
        assert_eq!(encoded("督查 01&x"), "%E7%9D%A3%E6%9F%A5%2001%26x");
    }
}
