//! The arguments of the office's commands.
//!
//! Invariant: the data folder is `--data`, `./data` unless given. Leaves out: `serve`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Where the server's data is.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// 服务器数据目录 · The server's data folder
    #[arg(long, default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
}

/// `guanmo import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// 导入什么 · What it is
    pub what: Table,
    /// XLSX、CSV 或 JSON 文件，- 为标准输入 · XLSX, CSV or JSON file, - for stdin
    pub file: PathBuf,
    /// 文件格式（默认看内容和扩展名）· Format, else by its content and the ending of its name
    #[arg(long)]
    pub format: Option<InputFormat>,
    /// 只检查，不导入 · Check it only
    #[arg(long)]
    pub dry_run: bool,
    /// Where.
    #[command(flatten)]
    pub data: DataArgs,
    /// 结果和错误输出为 JSON · Print the outcome, errors too, as JSON
    #[arg(long)]
    pub json: bool,
}

/// Format of a file to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// Workbook.
    Xlsx,
    /// Separated by commas, semicolons or tabs.
    Csv,
    /// JSON.
    Json,
}

impl From<InputFormat> for documents::import::Format {
    fn from(format: InputFormat) -> Self {
        match format {
            InputFormat::Xlsx => Self::Xlsx,
            InputFormat::Csv => Self::Csv,
            InputFormat::Json => Self::Json,
        }
    }
}

impl From<Table> for documents::import::Kind {
    fn from(table: Table) -> Self {
        match table {
            Table::Divisions => Self::Divisions,
            Table::Groups => Self::Groups,
            Table::Sites => Self::Sites,
            Table::Roster => Self::Roster,
            Table::Checklist => Self::Checklist,
        }
    }
}

/// What can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Table {
    /// 行政区划 · Divisions
    Divisions,
    /// 乡镇分组 · Which township is in which tour group
    Groups,
    /// 点位 · Sites
    Sites,
    /// 人员名单 · Roster
    Roster,
    /// 评分表 · Checklists
    Checklist,
}

/// `guanmo export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// 导出什么 · What
    pub what: Exported,
    /// 格式（默认看 --out 的扩展名，否则 csv）· Format, else by the ending of --out, else csv
    #[arg(long)]
    pub format: Option<OutputFormat>,
    /// 写入文件（默认标准输出）· Write to this file, else to stdout
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// 英文表头 · English headings
    #[arg(long)]
    pub english: bool,
    /// 只要此乡镇（代码）· Only this township, by its code
    #[arg(long, value_name = "CODE")]
    pub township: Option<String>,
    /// 含农户编号和位置，仅供内部使用 · With household codes and positions, for the office only
    #[arg(long)]
    pub internal: bool,
    /// Where.
    #[command(flatten)]
    pub data: DataArgs,
}

impl ExportArgs {
    /// The ending of the file that is wanted.
    pub fn ending(&self) -> &str {
        if let Some(format) = self.format {
            return format.ending();
        }
        let named = self
            .out
            .as_deref()
            .and_then(|file| file.extension()?.to_str());
        match (named, self.what) {
            (Some(ending @ ("xlsx" | "csv" | "json" | "geojson")), _) => ending,
            (_, Exported::Places) => "geojson",
            _ => "csv",
        }
    }
}

/// Format of a file to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Workbook.
    Xlsx,
    /// Comma-separated.
    Csv,
    /// List of objects.
    Json,
    /// Places.
    Geojson,
}

impl OutputFormat {
    fn ending(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Geojson => "geojson",
        }
    }
}

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Exported {
    /// 检查记录（封存的只有进度）· Records; of sealed ones progress only
    Records,
    /// 逐项评分 · Answers of sheets that are not sealed
    Answers,
    /// 评比结果表 · The ranking table
    Results,
    /// 问题整改台账 · The ledger of issues
    Ledger,
    /// 点位 · Sites
    Sites,
    /// 有位置的点位、问题、照片（GeoJSON）· Sites, issues, photos with a position
    Places,
}

impl Exported {
    /// Its word in file names.
    pub fn word(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Answers => "answers",
            Self::Results => "results",
            Self::Ledger => "ledger",
            Self::Sites => "sites",
            Self::Places => "places",
        }
    }
}

/// `guanmo template`.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// 哪张表 · Which table
    pub what: Table,
    /// 写入文件（默认标准输出）· Write to this file, else to stdout
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// 英文 · In English
    #[arg(long)]
    pub english: bool,
}

/// `guanmo verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// 重建各投影表并比对 · Rebuild the projections and compare
    #[arg(long)]
    pub rebuild: bool,
    /// 逐张核对照片 · Check every photo's bytes
    #[arg(long)]
    pub blobs: bool,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub data: DataArgs,
}

/// `guanmo campaign`.
#[derive(Debug, Args)]
pub struct CampaignArgs {
    /// 服务器数据目录 · The server's data folder
    #[arg(long, global = true, default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: CampaignCommand,
}

/// What can be done with a campaign.
#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// 建立活动 · Make a campaign
    New(NewArgs),
    /// 设一组及其乡镇 · Set a tour group and its townships
    Group(GroupArgs),
    /// 开始：规则、评分表、分组从此冻结 · Start it: rules, checklists and groups are frozen from then on
    Start,
    /// 显示活动 · Show it
    Show {
        /// 输出 JSON · Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `guanmo campaign new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// 活动名称 · Name
    pub name: String,
    /// 第一天 · First day, YYYY-MM-DD
    #[arg(long)]
    pub from: String,
    /// 最后一天 · Last day, YYYY-MM-DD
    #[arg(long)]
    pub to: String,
    /// 规则文件（JSON；默认权重 50/20/20/10）· File with the rules, else the default ones
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// 种类：tour、monthly、spot · Kind
    #[arg(long, default_value = "tour")]
    pub kind: String,
    /// 评分单组内公开（不封存）· Sheets are open to the group, not sealed
    #[arg(long)]
    pub sheets_open: bool,
}

/// `guanmo campaign group`.
#[derive(Debug, Args)]
pub struct GroupArgs {
    /// 组号 · Number, from 1
    pub number: i64,
    /// 名称（默认“第 n 组”）· Name
    #[arg(long)]
    pub name: Option<String>,
    /// 乡镇代码，以逗号分隔 · Codes of its townships, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub townships: Vec<String>,
}

/// `guanmo bundle`.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: BundleCommand,
}

/// What can be done with bundles.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// 查看封面和文件是否完整（不需要密钥）· Show the cover, and whether the copy is whole; needs no key
    Show {
        /// 离线包 · The bundle
        file: PathBuf,
        /// 输出 JSON · Print JSON
        #[arg(long)]
        json: bool,
    },
    /// 导入离线包；重复导入不会改变什么 · Take bundles in; doing it again changes nothing
    Import {
        /// 离线包 · Bundles
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Where.
        #[command(flatten)]
        data: DataArgs,
        /// 输出 JSON · Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `guanmo code`.
#[derive(Debug, Args)]
pub struct CodeArgs {
    /// 名单中的名称 · Name in the roster
    pub name: String,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub data: DataArgs,
}
