//! What can go wrong on the phone, each with a stable code and words for people.
//!
//! Invariant: a code never changes its meaning; a refusal changed nothing. Leaves out: the server's own codes
//! (`protocol::problem`), which pass through.

use std::io::ErrorKind;

use domain::sheet::AnswerError;
use protocol::problem::{Code, Problem};
use thiserror::Error;

use crate::photos::PhotoError;
use crate::store::{FULL, READ_ONLY, StoreError};
use crate::transport::Failure;

/// Result of a facade method.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the facade. `Display` is English, for logs; [`Error::code`], [`Error::zh`] and [`Error::en`] are for
/// programs and people.
#[derive(Debug, Error)]
pub enum Error {
    /// The answer does not fit its item.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The picture cannot be taken in.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The local database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file beside the database.
    #[error("{what}: {source}")]
    File {
        /// Which one.
        what: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Not allowed, or not now.
    #[error("{}: {detail}", refusal.code())]
    Refused {
        /// Why.
        refusal: Refusal,
        /// What exactly.
        detail: String,
    },
    /// The sheet lacks answers: the ids of the lines.
    #[error("incomplete: {missing:?}")]
    Incomplete {
        /// Lines without answer.
        missing: Vec<String>,
    },
    /// No answer from the server.
    #[error(transparent)]
    Network(#[from] Failure),
    /// The server refused the request.
    #[error("server: {} ({})", problem.code, problem.detail.as_deref().unwrap_or(&problem.title))]
    Server {
        /// Its words.
        problem: Box<Problem>,
    },
    /// Somebody else answered (captive portal, proxy), or the answer was changed on the way.
    #[error("the answer is not from our server: {detail}")]
    NotOurServer {
        /// What was seen.
        detail: String,
    },
}

macro_rules! refusals {
    ($($name:ident = $code:literal, $zh:literal, $en:literal;)*) => {
        /// Why an action is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Refusal { $(#[doc = $en] $name,)* }
        impl Refusal {
            /// All of them.
            pub const ALL: &[Refusal] = &[$(Refusal::$name,)*];
            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $(Refusal::$name => $code,)* } }
            /// What to tell people, in Chinese.
            #[must_use]
            pub fn zh(self) -> &'static str { match self { $(Refusal::$name => $zh,)* } }
            /// What to tell people, in English.
            #[must_use]
            pub fn en(self) -> &'static str { match self { $(Refusal::$name => $en,)* } }
        }
    };
}

refusals! {
    NotEnrolled = "not_enrolled", "本机尚未登记，请先用登记码登记", "This phone is not enrolled yet; enrol it with a code first";
    AlreadyEnrolled = "already_enrolled", "本机已登记，不能重复登记", "This phone is enrolled already";
    Recused = "recused", "应当回避：不能给本单位所在乡镇评分", "You are recused: you cannot score your own township";
    Locked = "locked", "本组已锁定，评分单不能再改", "The group is locked; sheets can no longer be changed";
    Struck = "struck", "该点位已取消，不再评分", "This site was struck off and is no longer scored";
    NotOnRoute = "not_on_route", "该点位不在本组路线上", "This site is not on your group's route";
    NoGroup = "no_group", "您没有编入任何一组", "You belong to no group";
    NoChecklist = "no_checklist", "没有适用于该点位的评分表，请先同步", "There is no checklist for this site; sync first";
    UnknownRecord = "unknown_record", "没有找到这条记录", "There is no such record";
    NotYours = "not_yours", "这不是您的评分单", "This is not your sheet";
    NotDraft = "not_draft", "评分单已提交，要改请先更正并写明理由", "The sheet is submitted; amend it with a reason first";
    Returned = "returned", "督查室退回了评分单，请先更正再修改", "The office returned the sheet; amend it, then change it";
    NotSubmitted = "not_submitted", "评分单还没有提交", "The sheet is not submitted yet";
    Unsettled = "unsettled", "有几项在您的两台手机上填得不一样，请先确认", "Some answers differ between your two phones; settle them first";
    ReasonRequired = "reason_required", "请填写理由", "A reason is required";
    Invalid = "invalid", "内容不符合要求", "The content does not fit";
    NotShown = "not_shown", "选定的值不属于这一项，请刷新后再确认", "These values are not of this field; reload and decide again";
    SyncRunning = "sync_running", "同步正在进行", "A sync is running already";
    SyncPaused = "sync_paused", "同步已暂停，下次从断点继续", "The sync was paused and will go on where it stopped";
    NotAcknowledged = "not_acknowledged", "服务器没有确认收到，数据仍在本机，请再次同步", "The server did not confirm; the data is still on this phone; sync again";
    NotRevoked = "not_revoked", "督查室没有要求清除本机", "The office did not order this phone to be wiped";
    Unsent = "unsent", "还有内容没有送达服务器，不能清除", "Not everything is held by the server; nothing was wiped";
    Carrying = "carrying", "本机还带着别的手机的离线包，不能清除；请先同步，或先转存到 U 盘", "This phone still carries bundles of others; sync, or hand them on to a stick first; nothing was wiped";
    NothingUnsent = "nothing_unsent", "没有未送达的内容，不用导出", "Nothing is unsent; there is nothing to export";
    NotABundle = "not_a_bundle", "这不是离线包，或由更新版本的应用做成", "This is not a bundle, or a newer app made it";
    BundleDamaged = "bundle_damaged", "离线包不完整或已损坏，请重新复制，或在原手机上重新导出", "The bundle is incomplete or damaged; copy it again, or export it again on its phone";
    BundleForeign = "bundle_foreign", "离线包是给另一台服务器的", "The bundle is for another server";
    BundleTooLarge = "bundle_too_large", "离线包太大或太多，手机带不了；请在原手机上分成几份导出，或用 U 盘", "The bundle is too large, or there are too many; export it in parts, or use a stick";
    PinLocked = "pin_locked", "本机已锁，请先输入 PIN;数据都在，同步照常进行", "This phone is locked; enter the PIN first; everything is there and syncs";
    PinWrong = "pin_wrong", "PIN 不对", "The PIN is wrong";
    PinWait = "pin_wait", "PIN 输错次数过多，请稍后再试，或请督查室重设；数据不会被清除", "Too many wrong PINs; wait, or ask the office to reset it; nothing is erased";
    PinInvalid = "pin_invalid", "PIN 须为 6 位数字，且不能是 123456、000000 一类", "A PIN has 6 digits and is not one like 123456 or 000000";
    PinMissing = "pin_missing", "本机没有设置 PIN", "This phone has no PIN";
    NotDamaged = "not_damaged", "本机数据完好，不需要抢救；没有做任何改动", "The data on this phone is whole; there is nothing to salvage; nothing was changed";
    IdentityLost = "identity_lost", "数据文件损坏，登记信息也读不出，无法在本机抢救；什么都没有改动，照片都在；请勿卸载应用，把手机交给督查室", "The data file is damaged and does not say whose phone this is; nothing was changed, photos are there; do not uninstall the app, take the phone to the office";
    Certificate = "bad_certificate", "服务器发来的登记凭证不符，登记未完成", "The server's certificate does not fit; this phone was not enrolled";
}

impl Error {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Error::Answer(e) => e.code(),
            Error::Photo(e) => e.code(),
            Error::Store(e) => e.code(),
            Error::File { source, .. } => match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "disk_full",
                ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => "read_only",
                _ => "file",
            },
            Error::Refused { refusal, .. } => refusal.code(),
            Error::Incomplete { .. } => "incomplete",
            Error::Network(_) => "network",
            Error::Server { problem } => &problem.code,
            Error::NotOurServer { .. } => "not_our_server",
        }
    }

    /// What to tell people, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Error::Answer(e) => e.message_zh(),
            Error::Photo(e) => e.text_zh(),
            Error::Store(e) => e.zh().into(),
            Error::File { .. } if self.code() == "disk_full" => FULL.0.into(),
            Error::File { .. } if self.code() == "read_only" => READ_ONLY.0.into(),
            Error::File { what, source } => format!("无法读写文件({what}):{source}"),
            Error::Refused { refusal, detail } => with_detail(refusal.zh(), detail),
            Error::Incomplete { missing } => format!("还有 {} 项没有填写：{}", missing.len(), missing.join("、")),
            Error::Network(_) => "连不上服务器，数据都在本机，有信号时再同步".into(),
            Error::Server { problem } => match Code::parse(&problem.code) {
                Some(code) => code.zh().into(),
                None => problem.title.clone(),
            },
            Error::NotOurServer { .. } => {
                "收到的不是本系统服务器的回答。如果连的是需要登录的无线网，请先在浏览器里登录，再同步；本机数据没有改动".into()
            }
        }
    }

    /// What to tell people, in English.
    #[must_use]
    pub fn en(&self) -> String {
        match self {
            Error::Answer(e) => e.to_string(),
            Error::Photo(e) => e.text_en(),
            Error::Store(e) => e.en().into(),
            Error::File { .. } if self.code() == "disk_full" => FULL.1.into(),
            Error::File { .. } if self.code() == "read_only" => READ_ONLY.1.into(),
            Error::File { what, source } => format!("Cannot read or write a file ({what}): {source}"),
            Error::Refused { refusal, detail } => with_detail(refusal.en(), detail),
            Error::Incomplete { missing } => format!("{} lines have no answer: {}", missing.len(), missing.join(", ")),
            Error::Network(_) => "The server cannot be reached; everything is on this phone; sync when there is signal".into(),
            Error::Server { problem } => match Code::parse(&problem.code) {
                Some(code) => code.en().into(),
                None => problem.title.clone(),
            },
            Error::NotOurServer { .. } => {
                "Something else than our server answered. If this Wi-Fi wants a sign-in, sign in with the browser first, then sync; nothing on this phone was changed".into()
            }
        }
    }

    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Refusal::Invalid.because(detail)
    }
}

fn with_detail(text: &str, detail: &str) -> String {
    if detail.is_empty() {
        text.to_owned()
    } else {
        format!("{text} ({detail})")
    }
}

impl Refusal {
    pub(crate) fn because(self, detail: impl Into<String>) -> Error {
        Error::Refused {
            refusal: self,
            detail: detail.into(),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        refusal.because("")
    }
}
