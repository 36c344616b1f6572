//! `guanmo doctor`: is the server well, are the data safe, what is to be done. In plain words.
//!
//! Invariant: changes nothing and needs no server to stop; every finding says what is, whether data are safe, and what
//! to do. Ends with 1 if something is wrong, with 0 if there are only hints. Leaves out: chains, signatures and results,
//! which `guanmo verify` checks.

mod checks;
mod words;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::json;

use crate::config::{self, Flags};
use crate::exit::{Exit, Outcome};
use crate::out;

/// `guanmo doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// 设置文件 (TOML) · File of settings (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// 数据目录 · Data folder
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// 语言（默认看 LANG）· Language, else by LANG
    #[arg(long)]
    lang: Option<Lang>,
    /// 输出 JSON（两种语言）· Print JSON, both languages
    #[arg(long)]
    json: bool,
}

/// What it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// 中文 · Chinese
    Zh,
    /// English.
    En,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// Well.
    Ok,
    /// Not urgent.
    Hint,
    /// To be mended.
    Wrong,
}

/// A check with its outcome.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    /// Stable code.
    code: &'static str,
    /// How it went.
    level: Level,
    /// In Chinese: what is; are the data safe; what to do (empty if nothing).
    zh: [String; 3],
    /// The same in English.
    en: [String; 3],
}

/// Looks at everything and tells.
pub fn run(args: &DoctorArgs) -> Outcome {
    let flags = Flags {
        config: args.config.clone(),
        data: args.data.clone(),
        ..Flags::default()
    };
    let findings = match config::settings(&flags) {
        Ok(settings) => checks::all(&settings, server::system_clock()()),
        Err(failure) => vec![words::bad_config(&failure)],
    };
    let wrong = findings.iter().any(|f| f.level == Level::Wrong);
    if args.json {
        out::print_json(&json!({"well": !wrong, "findings": findings}))?;
    } else {
        out::print(&told(&findings, language(args.lang)))?;
    }
    Ok(if wrong { Exit::Failed } else { Exit::Ok })
}

fn language(asked: Option<Lang>) -> Lang {
    let by_env = || {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let set = names
            .iter()
            .find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
        match set {
            Some(lang) if lang.starts_with("en") => Lang::En,
            _ => Lang::Zh,
        }
    };
    asked.unwrap_or_else(by_env)
}

fn told(findings: &[Finding], lang: Lang) -> String {
    let mut text = String::new();
    for finding in findings {
        let sign = match finding.level {
            Level::Ok => '✓',
            Level::Hint => '!',
            Level::Wrong => '✕',
        };
        let [what, safe, act] = match lang {
            Lang::Zh => &finding.zh,
            Lang::En => &finding.en,
        };
        text += &format!("{sign} {what}\n");
        for line in [safe, act].into_iter().filter(|line| !line.is_empty()) {
            text += &format!("    {line}\n");
        }
    }
    let count = |level| findings.iter().filter(|f| f.level == level).count();
    let (wrong, hints) = (count(Level::Wrong), count(Level::Hint));
    text += &match (lang, wrong) {
        (Lang::Zh, 0) => format!("没有发现问题；提示 {hints} 条。"),
        (Lang::Zh, _) => format!("发现问题 {wrong} 个，提示 {hints} 条。"),
        (Lang::En, 0) => format!("Nothing is wrong; {hints} hints."),
        (Lang::En, _) => format!("{wrong} things are wrong, {hints} hints."),
    };
    text
}
