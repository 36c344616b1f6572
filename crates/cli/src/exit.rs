//! Exit codes, and what a failed command tells people.
//!
//! Invariant: a code never changes its meaning; `docs/howto/cli.md` has the same table, and a test compares them.
//! Leaves out: where the text of an error comes from.

use std::process::ExitCode;

/// The table of `guanmo exit-codes`.
pub const TABLE: &str = "\
0  完成 · done
1  未完成，或检查发现问题 · failed, or problems were found
2  输入或用法有误，未做任何更改 · bad input or usage; nothing was changed
3  没有找到 · not found
4  连不上服务器；本机数据安全 · the server cannot be reached; the phone's data is safe
5  正被占用或已锁定，稍后再试 · busy or locked; try again later
";

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Failed, or problems were found.
    Failed = 1,
    /// Bad input or usage.
    BadInput = 2,
    /// Not found.
    NotFound = 3,
    /// The server cannot be reached.
    Unreachable = 4,
    /// Busy or locked.
    Busy = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

impl Exit {
    /// The exit code that a stable error code stands for.
    pub fn of_code(code: &str) -> Self {
        match code {
            "network" | "not_our_server" => Self::Unreachable,
            "database_locked" | "locked" | "busy" | "sync_running" | "upload_busy"
            | "too_many_tries" | "too_many_requests" | "data_in_use" | "pin_locked"
            | "pin_wait" => Self::Busy,
            "not_found" | "file_not_found" | "unknown_record" | "unknown_item" | "blob_missing"
            | "not_enrolled" => Self::NotFound,
            "bad_request" | "invalid" | "code_invalid" | "reason_required" | "wrong_type"
            | "na_not_allowed" | "above_maximum" | "bad_number" | "off_step" | "bad_ratio"
            | "pin_invalid" | "password_weak" | "password_used" | "not_a_picture"
            | "heic_unsupported" | "format_unsupported" | "bad_font" | "not_utf8" | "malformed"
            | "not_a_bundle" | "bundle_damaged" | "bundle_forged" | "bundle_foreign" => {
                Self::BadInput
            }
            _ => Self::Failed,
        }
    }
}

/// What a command gives back.
pub type Outcome<T = Exit> = Result<T, Failure>;

/// A command that failed, with what to tell people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// Stable code.
    pub code: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Failure {
    /// A failure whose exit code follows from its code.
    pub fn new(code: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            exit: Exit::of_code(code),
            code: code.to_owned(),
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The same with another exit code.
    pub fn with_exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// What was given cannot be used.
    pub fn bad_input(code: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(code, zh, en).with_exit(Exit::BadInput)
    }

    /// Tells people on stderr.
    pub fn report(&self) {
        let Self { code, zh, en, .. } = self;
        eprintln!("错误 [{code}]：{zh}\nError [{code}]: {en}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_the_same_table_of_exit_codes() {
        let manual = include_str!("../../../docs/howto/cli.md");
        assert!(
            manual.contains(TABLE),
            "docs/howto/cli.md must contain:\n{TABLE}"
        );
    }
}
