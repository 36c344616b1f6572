//! The arguments of `guanmo device`.
//!
//! Invariant: a site or sheet may be named by its id, the beginning or end of it, or the site's name (`find`).
//! Leaves out: what they do.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `guanmo device`: a headless phone.
#[derive(Debug, Args)]
pub struct DeviceArgs {
    /// 手机数据目录 · The phone's folder
    #[arg(long, global = true, default_value = "phone", value_name = "DIR")]
    pub phone: PathBuf,
    /// 本机 PIN（也可用环境变量 GUANMO_PIN）· The phone's PIN; better in the variable GUANMO_PIN
    #[arg(long, global = true, value_name = "PIN")]
    pub pin: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: DeviceCommand,
}

/// What a phone can do.
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// 用登记码登记本机 · Enrol this phone with a one-time code
    Enrol(EnrolArgs),
    /// 列出点位和进度 · List sites with progress
    Sites(SitesArgs),
    /// 打开点位的评分单 · Open the score sheet of a site
    Open(OpenArgs),
    /// 显示评分单 · Show a score sheet
    Show(ShowArgs),
    /// 填写一项 · Answer one item
    Answer(AnswerArgs),
    /// 入户情况 · Say whether a household was entered
    Visit(VisitArgs),
    /// 添加照片 · Attach a photo
    Photo(PhotoArgs),
    /// 登记问题 · Log an issue
    Issue(IssueArgs),
    /// 填写点位实情（共享）· Write down facts of a site, shared by the group
    Facts(FactsArgs),
    /// 在不同的值中确定一个 · Settle a field with differing values
    Settle(SettleArgs),
    /// 提交评分单 · Submit a sheet
    Submit(SheetArgs),
    /// 更正已提交的评分单 · Take a submitted sheet back to draft, with a reason
    Amend(AmendArgs),
    /// 与服务器同步 · Sync with the server
    Sync(SyncArgs),
    /// 哪些已送达，哪些只在本机 · What is held by the server, what is only here
    Status(JsonArgs),
    /// 离线包：导出未送达的内容，代送别人的 · Bundles: take unsent work out as a file, carry others'
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// 本机 PIN：查看、设置、更改、取消 · The PIN: its state, set, change, remove
    Pin(PinArgs),
    /// 全面检查本机数据是否完好 · Check everything that is stored
    Check(JsonArgs),
    /// 数据文件损坏时抢救未送达的内容 · After damage: save what was not sent into a new data file
    Salvage(JsonArgs),
}

/// `device bundle`. None of these needs the PIN: nobody but the server can read a bundle.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// 把未送达的更改和照片导出为一个文件 · Write what is unsent into a file
    Export(BundleExportArgs),
    /// 代送：带上别人的离线包，下次同步时交给服务器 · Carry somebody's bundle; the next sync hands it over
    Carry {
        /// 离线包 · The bundle
        file: PathBuf,
    },
    /// 本机带着的离线包 · The bundles this phone carries
    List(JsonArgs),
    /// 把带着的离线包转存为文件 · Write a carried bundle to a file again
    Copy {
        /// 编号（list 中的，可只写开头）· Its number as `list` shows it, or its beginning
        sha256: String,
        /// 写入文件 · Write to this file
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
    },
    /// 不再代送 · Stop carrying one
    Drop {
        /// 编号（list 中的，可只写开头）· Its number as `list` shows it, or its beginning
        sha256: String,
    },
}

/// `device bundle export`.
#[derive(Debug, Args)]
pub struct BundleExportArgs {
    /// 写入文件；分成几份时在名称后加 -1、-2 · Write to this file; in parts, -1, -2 follow its name
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// 不含照片 · Without photos
    #[arg(long)]
    pub no_photos: bool,
    /// 本机的全部内容，包括服务器已收的 · Everything, also what the server acknowledged
    #[arg(long)]
    pub all: bool,
    /// 每份约多少 MB（手机代送每份不超过 64）· About so many MB a part; a phone carries parts up to 64
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..=2000))]
    pub split: Option<u64>,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `device pin`. The PIN there is now is given by `--pin` or `GUANMO_PIN`.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// 新 PIN（6 位数字）：设置、更改，或督查室重设后另设 · New PIN of 6 digits
    #[arg(long, value_name = "PIN", conflicts_with = "remove")]
    pub set: Option<String>,
    /// 取消 PIN · Take the PIN away
    #[arg(long)]
    pub remove: bool,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `device enrol`.
#[derive(Debug, Args)]
pub struct EnrolArgs {
    /// 服务器地址 · Address of the server, e.g. http://127.0.0.1:8650
    #[arg(long)]
    pub server: String,
    /// 登记码 · The one-time code
    #[arg(long)]
    pub code: String,
    /// 本机名称 · Name of this phone
    #[arg(long)]
    pub name: String,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `device sites`.
#[derive(Debug, Args)]
pub struct SitesArgs {
    /// 只列某乡镇（代码）· Only of this township (code)
    #[arg(long)]
    pub township: Option<String>,
    /// 名称、编号或乡镇包含 · Name, code or township contains
    #[arg(long)]
    pub text: Option<String>,
    /// 只列未提交的 · Only without a submitted sheet
    #[arg(long)]
    pub unfinished: bool,
    /// 也列其他组的 · Other groups' too
    #[arg(long)]
    pub all_groups: bool,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `device open`.
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// 点位（编号或名称）· Site (id or name)
    pub site: String,
    /// 速评表 · The quick form; otherwise the form of the roster
    #[arg(long)]
    pub quick: bool,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A sheet.
#[derive(Debug, Args)]
pub struct SheetArgs {
    /// 评分单（编号，或点位）· Sheet (id, or its site)
    pub sheet: String,
}

/// `device show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// 评分单（编号，或点位）· Sheet (id, or its site)
    pub sheet: String,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `device answer`.
#[derive(Debug, Args)]
pub struct AnswerArgs {
    /// 评分单（编号，或点位）· Sheet (id, or its site)
    pub sheet: String,
    /// 项目编号，速评表为部分 · Item id; in the quick form the section
    pub item: String,
    /// 分数、处数、yes|no、合格/抽查、na，clear 为清除 · Points, count, yes|no, ok/sampled, na; clear takes it back
    #[arg(allow_negative_numbers = true)]
    pub mark: String,
    /// 说明 · Note
    #[arg(long)]
    pub note: Option<String>,
    /// 扣分原因（可多次）· Reason for points off; may be repeated
    #[arg(long = "reason")]
    pub reasons: Vec<String>,
}

/// `device visit`.
#[derive(Debug, Args)]
pub struct VisitArgs {
    /// 评分单（编号，或点位）· Sheet (id, or its site)
    pub sheet: String,
    /// 已入户、谢绝、无人 · What became of it
    pub visit: VisitWord,
}

/// What became of a visit.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum VisitWord {
    /// 已入户
    Entered,
    /// 谢绝入户
    Refused,
    /// 家中无人
    Absent,
}

/// `device photo`.
#[derive(Debug, Args)]
pub struct PhotoArgs {
    /// 评分单（编号，或点位）· Sheet (id, or its site)
    pub sheet: String,
    /// 照片文件：JPEG、PNG 或 WebP · Photo file: JPEG, PNG or WebP
    pub file: PathBuf,
    /// 所属项目 · Item it belongs to
    #[arg(long)]
    pub item: Option<String>,
    /// 图注 · Caption
    #[arg(long)]
    pub caption: Option<String>,
    /// 来自相册 · Chosen from the album, not taken on the spot
    #[arg(long)]
    pub album: bool,
    /// 整改前或整改后 · Before or after it was put right
    #[arg(long)]
    pub stage: Option<StageWord>,
}

/// Half of a before–after pair.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum StageWord {
    /// 整改前
    Before,
    /// 整改后
    After,
}

/// `device issue`.
#[derive(Debug, Args)]
pub struct IssueArgs {
    /// 问题类别代码 · Code of the category
    #[arg(long)]
    pub category: String,
    /// 问题描述 · What is wrong
    #[arg(long)]
    pub description: String,
    /// 点位（编号或名称）· Site (id or name)
    #[arg(long)]
    pub site: Option<String>,
    /// 乡镇代码 · Code of the township
    #[arg(long)]
    pub township: Option<String>,
    /// 地点 · Place in words
    #[arg(long, default_value = "")]
    pub place: String,
    /// 轻重：minor、major、grave · How grave
    #[arg(long, default_value = "minor")]
    pub severity: String,
    /// 立行立改及说明 · Fixed on the spot, with a note
    #[arg(long, value_name = "NOTE")]
    pub fixed: Option<String>,
}

/// `device facts`.
#[derive(Debug, Args)]
pub struct FactsArgs {
    /// 点位（编号或名称）· Site (id or name)
    pub site: String,
    /// 字段：name、code、contact、status、remark · Field
    pub field: Option<String>,
    /// 内容 · Value
    #[arg(requires = "field")]
    pub value: Option<String>,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `device settle`.
#[derive(Debug, Args)]
pub struct SettleArgs {
    /// 评分单（编号，或点位）· Sheet (id, or its site)
    pub sheet: String,
    /// 字段，如 answer/V-C1 · Field, e.g. answer/V-C1
    pub field: String,
    /// 取第几个值（show --json 的次序，从 1 起）· Which of the values, in the order of `show`, from 1
    #[arg(long)]
    pub take: usize,
}

/// `device amend`.
#[derive(Debug, Args)]
pub struct AmendArgs {
    /// 评分单（编号，或点位）· Sheet (id, or its site)
    pub sheet: String,
    /// 理由 · Reason
    #[arg(long)]
    pub reason: String,
}

/// `device sync`.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// 服务器地址（默认为登记时的地址）· Address of the server, else that of the enrolment
    #[arg(long)]
    pub server: Option<String>,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A read.
#[derive(Debug, Args)]
pub struct JsonArgs {
    /// 输出 JSON · Print JSON
    #[arg(long)]
    pub json: bool,
}
