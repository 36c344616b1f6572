//! `guanmo config show` and `check`.
//!
//! Leaves out: whether the server would start with them (`doctor`).

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Flags, environment, gather};
use crate::exit::{Exit, Outcome};
use crate::out;

/// `guanmo config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 每项设置的值和来源 · Every setting, its value and where it comes from
    Show(ShowArgs),
    /// 检查设置 · Check the settings
    Check(Flags),
}

#[derive(Debug, Args)]
struct ShowArgs {
    #[command(flatten)]
    flags: Flags,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

/// Shows or checks.
pub fn run(args: &ConfigArgs) -> Outcome {
    match &args.what {
        What::Show(args) => show(args),
        What::Check(flags) => {
            let given = gather(flags, &environment())?;
            given.settings()?;
            for name in &given.unknown_env {
                eprintln!("未知的环境变量 · Unknown environment variable: {name}");
            }
            if !given.unknown_env.is_empty() {
                return Ok(Exit::Failed);
            }
            out::print("设置可用 · The settings are good")?;
            Ok(Exit::Ok)
        }
    }
}

fn show(args: &ShowArgs) -> Outcome {
    let given = gather(&args.flags, &environment())?;
    if args.json {
        let rows = given.all().map(|(name, value)| {
            let value =
                value.map(|(text, origin)| json!({"value": text, "from": origin.to_string()}));
            (name.to_owned(), value.unwrap_or_default())
        });
        out::print_json(&rows.collect::<serde_json::Map<_, _>>())?;
        return Ok(Exit::Ok);
    }
    let mut table = out::table(["设置 · Setting", "值 · Value", "来源 · From"]);
    for (name, value) in given.all() {
        let (text, origin) = value.map_or_else(
            || ("—".to_owned(), String::new()),
            |(text, origin)| (text.clone(), origin.to_string()),
        );
        table.add_row([name.to_owned(), text, origin]);
    }
    out::print(&table.to_string())?;
    Ok(Exit::Ok)
}
