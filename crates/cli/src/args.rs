//! The command line.
//!
//! Invariant: everything a command needs is an argument; only `serve`, `config` and `doctor` also read the environment
//! (`config`), and all of them `NO_COLOR`. Leaves out: what the arguments mean together, which each command checks.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

use crate::bench::BenchArgs;
use crate::config::ConfigArgs;
use crate::demo::DemoArgs;
use crate::device::args::DeviceArgs;
use crate::exit::{self, Exit};
use crate::office::args::{
    BundleArgs, CampaignArgs, CodeArgs, ExportArgs, ImportArgs, TemplateArgs, VerifyArgs,
};
use crate::operate::{BackupArgs, CertArgs, CompletionsArgs, DoctorArgs, ManArgs, RestoreArgs};
use crate::segment::SegmentArgs;
use crate::serve::ServeArgs;

/// 观摩通：离线优先的观摩评比系统 · Guanmo: offline-first field inspection
#[derive(Debug, Parser)]
#[command(name = "guanmo", version, after_long_help = after_help())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

fn after_help() -> String {
    format!("退出码 · Exit codes:\n{}", exit::TABLE)
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 启动服务器 · Run the server
    Serve(ServeArgs),
    /// 完整演示一次观摩 · A whole tour on the real parts
    Demo(DemoArgs),
    /// 由评分文件计算名次 · Compute ranks from a score file
    Score(ScoreArgs),
    /// 查看一个已签名的片段 · Look at one signed segment
    Segment(SegmentArgs),
    /// 命令行手机：登记、填写、拍照、同步 · A headless phone
    Device(DeviceArgs),
    /// 建立和准备活动 · Make and prepare a campaign
    Campaign(CampaignArgs),
    /// 导入区划、点位、名单、评分表 · Import divisions, sites, roster or checklists
    Import(ImportArgs),
    /// 离线包：查看，导入 · Bundles of phones: look at one, take them in
    Bundle(BundleArgs),
    /// 给名单中的人发登记码 · Issue a one-time enrolment code
    Code(CodeArgs),
    /// 导出表格：记录、逐项评分、结果、台账、点位、位置 · Export tables
    Export(ExportArgs),
    /// 导入用的空表（XLSX）· Empty tables to fill in for an import
    Template(TemplateArgs),
    /// 核对数据目录：链、签名、封存、结果 · Verify a data folder: chains, signatures, closing sets, results
    Verify(VerifyArgs),
    /// 测量性能 · Measure
    Bench(BenchArgs),
    /// 备份、密钥、核对 · Back up, make keys, check backups
    Backup(BackupArgs),
    /// 从备份恢复到新目录 · Restore a backup into a new folder
    Restore(RestoreArgs),
    /// 检查服务器是否正常、数据是否安全 · Is the server well, are the data safe
    Doctor(DoctorArgs),
    /// 设置及其来源 · Settings and where they come from
    Config(ConfigArgs),
    /// 本地 HTTPS 证书 · Certificates for HTTPS in a local network
    Cert(CertArgs),
    /// 生成手册页 · Write manual pages
    Man(ManArgs),
    /// 命令补全脚本 · Completions for a shell
    Completions(CompletionsArgs),
    /// 退出码一览 · List the exit codes
    #[command(long_about = after_help())]
    ExitCodes,
}

/// `guanmo score`.
#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// 评分文件（JSON），- 为标准输入 · Score file (JSON), - for stdin
    pub file: PathBuf,
    /// 输出 JSON（分数为万分之一分的整数）· Print JSON; scores are integers in 1/10,000 point
    #[arg(long)]
    pub json: bool,
}

/// Reads the command line. Help and version end with 0, a wrong use with 2.
pub fn parse() -> Result<Cli, Exit> {
    Cli::try_parse().map_err(|error| {
        let told = matches!(
            error.kind(),
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
        );
        if !told {
            eprintln!("错误 [usage]：命令用法有误，见下。\nError [usage]:");
        }
        // Nobody is left to tell if stderr is closed.
        let _ = error.print();
        if told { Exit::Ok } else { Exit::BadInput }
    })
}
