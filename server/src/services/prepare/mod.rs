//! Preparing a tour at the desk: campaigns side by side, rules, groups, route, roster, nominations, draws, rehearsals.
//!
//! One module per page of the console; `campaign` holds what imports use and what a campaign is. Every function takes
//! the transaction and leaves an audit entry in it.
//! Invariant: what decides a result is frozen at the start, or changed later only with a reason and as a new version.
//! Leaves out: reading files (`documents`), enrolment (`devices`), and who may do it (the gate before the handlers).

pub mod checklists;
pub mod clone;
pub mod draws;
pub mod edit;
pub mod groups;
pub mod list;
pub mod nominations;
pub mod readiness;
pub mod rehearsal;
pub mod roster;
pub mod rules;
pub mod sites;
#[cfg(test)]
mod tests;

use protocol::problem::Code;

use crate::error::{Error, Result};

/// Characters of a name at most; the same as `domain::schema`.
pub const NAME_CHARS: usize = 100;
/// Characters of a reason at most.
pub const REASON_CHARS: usize = 400;

/// Refuses a field: its id (as in forms), and what is wrong with it in both languages.
pub(crate) fn refuse(field: &str, zh: &str, en: &str) -> Error {
    Error::because(Code::Invalid, format!("{field}: {zh} / {en}"))
}

/// A typed name: trimmed, one line, 1 to 100 characters.
///
/// # Errors
/// `Invalid` naming the field.
pub(crate) fn name(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(refuse(field, "不能为空", "must not be empty"));
    }
    line(field, text, NAME_CHARS)
}

/// One line of text of at most so many characters, trimmed; may be empty.
///
/// # Errors
/// `Invalid` naming the field.
pub(crate) fn line(field: &str, text: &str, most: usize) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > most {
        let (zh, en) = (
            format!("最多 {most} 个字"),
            format!("at most {most} characters"),
        );
        return Err(refuse(field, &zh, &en));
    }
    if text.chars().any(char::is_control) {
        return Err(refuse(
            field,
            "不能换行或含控制字符",
            "one line, no control characters",
        ));
    }
    Ok(text.to_owned())
}

/// A reason: required, one line, at most 400 characters.
///
/// # Errors
/// `ReasonRequired`, `Invalid`.
pub(crate) fn reason(text: &str) -> Result<String> {
    crate::services::office::reasoned(text)?;
    line("reason", text, REASON_CHARS)
}
