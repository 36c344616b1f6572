//! Findings in words.
//!
//! Leaves out: how they come about (`checks`).

use super::{Finding, Level};
use crate::exit::Failure;

/// A check that went well.
pub fn well(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Finding {
    Finding {
        code,
        level: Level::Ok,
        zh: [zh.into(), String::new(), String::new()],
        en: [en.into(), String::new(), String::new()],
    }
}

/// One that did not: what is, are the data safe, what to do; Chinese and English each.
pub fn ill(
    code: &'static str,
    level: Level,
    what: (String, String),
    safe: (&str, &str),
    act: (&str, &str),
) -> Finding {
    Finding {
        code,
        level,
        zh: [what.0, safe.0.to_owned(), act.0.to_owned()],
        en: [what.1, safe.1.to_owned(), act.1.to_owned()],
    }
}

/// Settings that cannot be meant.
pub fn bad_config(failure: &Failure) -> Finding {
    ill(
        "config",
        Level::Wrong,
        (failure.zh.clone(), failure.en.clone()),
        ("数据未受影响。", "Data are not affected."),
        (
            "改正这一项；guanmo config show 可列出全部设置及来源。",
            "Correct it; guanmo config show lists all settings and where they come from.",
        ),
    )
}

/// Data are not affected.
pub const UNHARMED: (&str, &str) = ("数据未受影响。", "Data are not affected.");
