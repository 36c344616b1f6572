//! Stable codes of everything that can be refused, with what to tell people.
//!
//! Invariant: a code never changes its meaning; HTTP answers are RFC 9457 problems that carry it.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($name:ident = $code:literal, $status:literal, $zh:literal, $en:literal;)*) => {
        /// Why something was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $en] $name,)* }
        impl Code {
            /// All codes.
            pub const ALL: &[Code] = &[$(Code::$name,)*];
            /// The stable code.
            pub fn as_str(self) -> &'static str { match self { $(Code::$name => $code,)* } }
            /// The HTTP status it travels with.
            pub fn status(self) -> u16 { match self { $(Code::$name => $status,)* } }
            /// What to tell people, in Chinese.
            pub fn zh(self) -> &'static str { match self { $(Code::$name => $zh,)* } }
            /// What to tell people, in English.
            pub fn en(self) -> &'static str { match self { $(Code::$name => $en,)* } }
        }
    };
}

codes! {
    BadRequest = "bad_request", 400, "请求内容无法识别，未做任何更改", "The request cannot be read; nothing was changed";
    BadSegment = "bad_segment", 400, "数据段已损坏，未做任何更改，请重新同步", "A segment is damaged; nothing was changed; sync again";
    SegmentTooLarge = "segment_too_large", 413, "数据段超过上限", "A segment is over the limit";
    RequestTooLarge = "request_too_large", 413, "请求超过上限", "The request is over the limit";
    BadSignature = "bad_signature", 401, "设备签名不符，未做任何更改", "The device signature does not fit; nothing was changed";
    UnknownDevice = "unknown_device", 401, "设备未登记，请向督查室领取登记码", "This device is not enrolled; ask the office for a code";
    CampaignWiped = "campaign_wiped", 410, "这次试填已由督查室清除；请清除本机，再用新的登记码登记", "This rehearsal was wiped by the office; wipe this phone, then enrol it with a new code";
    WrongDevice = "wrong_device", 403, "数据段不属于本设备", "A segment is not of this device";
    WrongScope = "wrong_scope", 403, "该设备无权写入此范围", "This device may not write to that scope";
    Replayed = "replayed", 409, "请求已处理过，请更新计数后重试", "The request was seen before; retry with a new counter";
    SequenceGap = "sequence_gap", 409, "数据段不连续，请从服务器已有处续传", "Segments are not consecutive; go on from what the server has";
    WrongServer = "wrong_server", 409, "请求签给了另一台服务器", "The request was signed for another server";
    UpgradeRequired = "upgrade_required", 426, "版本过旧，请先更新应用；本机数据安全", "This version is too old; update first; the phone's data is safe";
    CodeInvalid = "code_invalid", 403, "登记码无效、已用或已过期", "The code is invalid, used or expired";
    SignInFailed = "sign_in_failed", 401, "用户名或密码不对", "User name or password is wrong";
    TooManyTries = "too_many_tries", 429, "尝试过多，请稍后再试", "Too many tries; wait";
    TooManyRequests = "too_many_requests", 429, "请求过于频繁，请稍后再试", "Too many requests; wait";
    PasswordWeak = "password_weak", 422, "密码不符合要求：至少 10 个字符、含三类字符、不含用户名、不是常见密码", "The password does not fit: at least 10 characters of three classes, without the user name, none of the commonest";
    PasswordUsed = "password_used", 422, "不能使用最近用过的密码", "This password was used before";
    PasswordWrong = "password_wrong", 403, "原密码不对", "The old password is wrong";
    PasswordExpired = "password_expired", 403, "请先更改密码", "Change the password first";
    SecondFactorRequired = "second_factor_required", 401, "密码正确，请再输入验证码", "The password is right; the code is needed too";
    SecondFactorWrong = "second_factor_wrong", 401, "验证码不对或已用过，请等下一个再输入", "The code is wrong or was used; wait for the next one";
    SecondFactorDue = "second_factor_due", 403, "本角色须先开启两步验证", "Your role needs the second factor: turn it on first";
    FingerprintDiffers = "fingerprint_differs", 409, "指纹与登记的设备不符；如不是本人手机，请立即吊销", "The fingerprint is not that of the device; if it is not the person's phone, revoke it";
    LastAdministrator = "last_administrator", 409, "这是最后一位管理员，不能关闭", "This is the last administrator and cannot be closed";
    Unauthorised = "unauthorised", 401, "请先登录", "Sign in first";
    Forbidden = "forbidden", 403, "无权进行此操作", "You may not do this";
    NotFound = "not_found", 404, "没有找到", "Not found";
    Conflict = "conflict", 409, "内容已被他人更改，请刷新后再决定", "Somebody changed it meanwhile; reload and decide again";
    ReasonRequired = "reason_required", 422, "请填写理由", "A reason is required";
    Invalid = "invalid", 422, "内容不符合要求", "The content does not fit";
    PreconditionFailed = "precondition_failed", 412, "内容已被他人更改，请重新读取后再改", "It changed meanwhile; read it again before you change it";
    PreconditionRequired = "precondition_required", 428, "请附上 If-Match：所改内容的 ETag", "Send If-Match with the ETag of what you change";
    IdempotencyKeyReused = "idempotency_key_reused", 422, "这个 Idempotency-Key 已用于另一个请求", "This Idempotency-Key was used for another request";
    IdempotencyKeyBusy = "idempotency_key_busy", 409, "带这个 Idempotency-Key 的请求正在处理，请稍后重试", "The request with this Idempotency-Key is still running; try again";
    FormUsed = "form_used", 409, "这张表已经提交过，没有再做一次；请回到页面查看结果，需要时重新打开填写", "This form was sent already and was not done again; look at the result, and open the page anew if you need to";
    FormBusy = "form_busy", 409, "这张表正在处理，请稍后查看结果，不要重复提交", "This form is being worked on; look for its result in a moment and do not send it again";
    ImportGone = "import_gone", 410, "检查过的文件已过期、已导入或不是您检查的；请重新选择文件并检查", "The checked file has expired, was imported already, or was checked by somebody else; choose the file and check it again";
    NotABundle = "not_a_bundle", 422, "这不是离线包，或由更新版本的应用做成", "This is not a bundle, or a newer app made it";
    BundleDamaged = "bundle_damaged", 422, "离线包不完整或已损坏，没有导入任何内容；请重新复制，或在原手机上重新导出", "The bundle is incomplete or damaged; nothing was taken in; copy it again, or export it again on its phone";
    BundleForged = "bundle_forged", 422, "离线包的签名不符，内容被动过，没有导入任何内容", "The bundle's signature does not fit: somebody changed it; nothing was taken in";
    BundleForeign = "bundle_foreign", 409, "离线包是给另一台服务器的", "The bundle is for another server";
    NotAcceptable = "not_acceptable", 406, "没有所要的格式，接口只给出 JSON", "There is no such format; this interface gives JSON";
    MethodNotAllowed = "method_not_allowed", 405, "此地址不支持该方法", "This address does not know the method";
    Frozen = "frozen", 409, "活动已开始，此项不能更改", "The campaign has started; this cannot change";
    Locked = "locked", 409, "本组已锁定", "The group is locked";
    NotReady = "not_ready", 409, "尚缺内容，不能继续", "Something is missing; this cannot go on";
    BlobMissing = "blob_missing", 404, "照片不存在或无权查看", "The photo does not exist or you may not see it";
    BadOffset = "bad_offset", 409, "续传位置不符，请查询后继续", "The offset does not fit; ask and go on";
    ChecksumMismatch = "checksum_mismatch", 460, "照片校验不符，请重新上传", "The checksum does not fit; send it again";
    UploadMissing = "upload_missing", 404, "没有这个上传任务，请重新开始上传", "There is no such upload; begin it again";
    UploadBusy = "upload_busy", 423, "这张照片正在上传，请稍后查询进度", "This photo is being uploaded; ask for its offset";
    PhotoTooLarge = "photo_too_large", 413, "照片超过上限", "The photo is over the limit";
    TooManyUploads = "too_many_uploads", 429, "未完成的上传过多，请先传完", "Too many unfinished uploads; finish them first";
    PhotoQuota = "photo_quota", 429, "本机今日上传的照片已达上限，请稍后再传；评分仍可同步", "This phone reached the day's limit of photos; try later; scores still sync";
    WrongMediaType = "wrong_media_type", 415, "内容类型不符", "The content type does not fit";
    TusVersion = "tus_version", 412, "请使用 tus 1.0.0 协议上传", "Use version 1.0.0 of the tus protocol";
    DiskFull = "disk_full", 507, "服务器存储空间不足，评分仍可同步", "The server's disk is nearly full; scores still sync";
    ServerFull = "server_full", 507, "服务器磁盘已满，这次没有收下任何内容；手机上的内容都安全，请告诉督查室，腾出空间后再同步", "The server's disk is full; nothing of this was taken in; your work is safe on the phone; tell the office, and sync again once there is room";
    ServerReadOnly = "server_read_only", 503, "服务器的数据目录不能写入，这次没有收下任何内容；手机上的内容都安全，请告诉督查室", "The server cannot write to its data folder; nothing of this was taken in; your work is safe on the phone; tell the office";
    Busy = "busy", 503, "服务器繁忙，请稍后重试", "The server is busy; try again";
    Internal = "internal", 500, "服务器内部错误，数据未丢失", "Internal error; nothing was lost";
}

impl Code {
    /// The code of a string, if this version knows it.
    pub fn parse(s: &str) -> Option<Code> {
        Self::ALL.iter().copied().find(|c| c.as_str() == s)
    }
}

/// The body of an `application/problem+json` answer (RFC 9457).
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Problem {
    /// `urn:guanmo:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What to tell people, in the language asked for.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What exactly, where and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Names the request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// For `replayed`: the last counter the server saw of the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_counter: Option<u64>,
    /// For `wrong_server`: the generation the server is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
}

impl Problem {
    /// The problem of a code, in Chinese unless `english`.
    pub fn new(code: Code, english: bool) -> Self {
        Self {
            kind: format!("urn:guanmo:problem:{}", code.as_str()),
            title: if english { code.en() } else { code.zh() }.to_owned(),
            status: code.status(),
            code: code.as_str().to_owned(),
            detail: None,
            request_id: None,
            last_counter: None,
            generation: None,
        }
    }
}
