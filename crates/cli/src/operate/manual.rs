//! `guanmo man` and `guanmo completions`: made from the command line itself, so they are never behind it.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::disk;
use crate::args::Cli;
use crate::exit::{Exit, Outcome};
use crate::out;

/// `guanmo man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// 写到哪个目录 · Folder to write to
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// `guanmo completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// 哪种命令行 · Which shell
    shell: Shell,
}

/// Writes a manual page for every command.
pub fn man(args: &ManArgs) -> Outcome {
    let failed = |error: std::io::Error| disk(args.to.display(), &error);
    std::fs::create_dir_all(&args.to).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &args.to).map_err(failed)?;
    Ok(Exit::Ok)
}

/// Prints the completions.
pub fn completions(args: &CompletionsArgs) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "guanmo", &mut script);
    out::print_bytes(&script)?;
    Ok(Exit::Ok)
}
