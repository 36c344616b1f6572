//! Words of the data model in both languages, and values as they are shown.
//!
//! Invariant: a word this version does not know is shown as it is, never hidden.

use std::borrow::Borrow;

use domain::points::{show, show2};
use domain::score::{AwardScope, Component, Correction};
use domain::{SiteKind, TownKind};

use super::Lang;
use crate::auth::Role;
use crate::model::{AwardKind, BoardRow, ClockLine, HeldKind, Missing, Shown};
use crate::services::effects::Effect;
use crate::services::versions::Standing;

/// So much time in words, Chinese and English.
fn amount(ms: i64) -> (String, String) {
    let minutes = ms.unsigned_abs() / 60_000;
    if minutes >= 120 {
        let hours = minutes / 60;
        return (format!("{hours} 小时"), format!("{hours} h"));
    }
    if minutes == 0 {
        let seconds = ms.unsigned_abs().div_ceil(1_000);
        return (format!("{seconds} 秒"), format!("{seconds} s"));
    }
    (format!("{minutes} 分钟"), format!("{minutes} min"))
}

/// Names of those whose sheets are missing, before "and others".
const NAMES_SHOWN: usize = 3;

/// Words about photos: state, flag, stage, strip, origin of the position. With Chinese, English and what a flag means.
const PHOTO_WORDS: &[(&str, &str, &str)] = &[
    ("announced", "未到达", "Not arrived"),
    ("thumbnail", "仅缩略图到达", "Only the thumbnail is here"),
    ("uploading", "上传中", "Uploading"),
    ("here", "已到达", "Arrived"),
    (
        "reference",
        "仅登记，无照片内容",
        "Referred to without bytes",
    ),
    ("duplicate", "重复照片", "Duplicate"),
    ("old_photo", "旧照片", "Old photo"),
    ("far", "离点位远", "Far from the site"),
    ("no_position", "无定位", "No position"),
    (
        "outside_dates",
        "拍摄日期不在活动期间",
        "Taken outside the campaign's dates",
    ),
    ("before", "整改前", "Before"),
    ("after", "整改后", "After"),
    (
        "no_font",
        "无水印：手机上未找到中文字体",
        "No strip: no Chinese font on the phone",
    ),
    (
        "too_narrow",
        "无水印：画面太窄",
        "No strip: the picture is too narrow",
    ),
    ("device", "手机定位", "the phone's position"),
    ("exif", "照片自带定位", "the picture's own position"),
];

/// What a flag of a photo means, Chinese and English.
const FLAG_MEANINGS: &[(&str, &str, &str)] = &[
    (
        "duplicate",
        "同一张原图在本次活动中用了不止一次。",
        "The same original was used more than once in this campaign.",
    ),
    (
        "old_photo",
        "照片自带的日期不是走访当天，或不在活动期间。",
        "The picture's own date is not the day of the visit, or outside the campaign's dates.",
    ),
    (
        "far",
        "拍摄位置距点位 50 米以上。",
        "It was taken more than 50 m from the site.",
    ),
    (
        "no_position",
        "手机和照片都没有位置。",
        "Neither the phone nor the picture had a position.",
    ),
    (
        "outside_dates",
        "手机时间显示拍摄于活动日期之外。",
        "By the phone's clock it was taken outside the campaign's dates.",
    ),
];

/// Word of the data model, Chinese, English.
const WORDS: &[(&str, &str, &str)] = &[
    // Kinds of records.
    ("sheet", "评分单", "Score sheet"),
    ("issue", "问题", "Issue"),
    ("opinion", "意见建议", "Opinion"),
    ("commendation", "典型做法", "Commendation"),
    ("site_facts", "点位情况", "Site facts"),
    ("household_text", "农户记录", "Household note"),
    ("photo", "照片", "Photo"),
    ("site", "点位", "Site"),
    // States.
    ("draft", "草稿", "Draft"),
    ("submitted", "已提交", "Submitted"),
    ("returned", "已退回", "Returned"),
    ("entered", "已入户", "Entered"),
    ("refused", "未入户：拒绝", "Not entered: refused"),
    ("absent", "未入户：无人", "Not entered: nobody home"),
    ("detailed", "详细表", "Detailed form"),
    ("quick", "速评表", "Quick form"),
    ("minor", "轻微", "Minor"),
    ("major", "较重", "Major"),
    ("grave", "严重", "Grave"),
    ("camera", "现场拍摄", "Taken on the spot"),
    ("album", "相册导入", "From the album"),
    ("preparing", "筹备中", "In preparation"),
    ("running", "进行中", "Running"),
    ("closed", "已结束", "Closed"),
    ("archived", "已归档", "Archived"),
    // Fields.
    ("opened", "开表", "Opened"),
    ("state", "状态", "State"),
    ("visit", "入户情况", "Visit"),
    ("note", "备注", "Note"),
    ("text", "内容", "Text"),
    ("name", "名称", "Name"),
    ("code", "编号", "Code"),
    ("contact", "联系人", "Contact"),
    ("status", "现状", "Status"),
    ("remark", "说明", "Remark"),
    ("place", "位置", "Place"),
    ("category", "类别", "Category"),
    ("description", "描述", "Description"),
    ("severity", "程度", "Severity"),
    ("found", "发现", "Found"),
    ("fixed_on_spot", "立行立改", "Fixed on the spot"),
    ("number", "台账编号", "Ledger number"),
    ("entry", "内容", "Entry"),
    ("image", "照片", "Photo"),
    ("caption", "说明", "Caption"),
    ("deleted", "删除", "Deleted"),
    ("stage", "整改前后", "Before or after"),
    ("answer", "答案", "Answer"),
    // What the office adds to an issue.
    ("issue_case", "整改台账", "Case of an issue"),
    ("lead_unit", "主办单位", "Lead unit"),
    ("assisting_units", "协办单位", "Assisting units"),
    ("person", "责任人", "Person responsible"),
    ("sponsor", "包乡县级领导", "Sponsoring leader"),
    ("due_on", "整改时限", "Due on"),
    ("measure", "整改措施", "Measure"),
    ("root_causes", "原因标签", "Root causes"),
    ("progress", "进展", "Progress"),
    ("duplicate_of", "并入", "Merged into"),
    ("distinct", "不重复", "Not the same as"),
    ("to_assign", "待派发", "To assign"),
    ("in_progress", "整改中", "In progress"),
    ("to_verify", "待复查", "To verify"),
    ("issue_closed", "已销号", "Closed"),
    ("overdue", "逾期", "Overdue"),
    ("merged", "已并入", "Merged"),
    // Verdicts and reasons a sheet is left out.
    ("invalid", "内容不符合要求", "The content does not fit"),
    ("unauthorised", "无权填写", "Not authorised"),
    ("recused", "应回避", "Recused"),
    ("late", "锁定后到达", "Arrived after the lock"),
    ("withdrawn", "裁定已撤销", "Settlement undone"),
    (
        "forked",
        "手机从旧备份恢复后丢失的一支",
        "A branch lost when the phone was restored from a copy",
    ),
    ("revoked", "设备或人员已停用", "Device or person revoked"),
    ("not_entered", "未入户", "Not entered"),
    ("struck", "点位已取消", "Site struck"),
    ("unsettled", "冲突未处理", "Conflict not settled"),
    ("no_score", "无可计分项", "Nothing to score"),
    ("inactive", "人员已停用", "Person inactive"),
    // Actions in the audit.
    ("edit_campaign", "修改活动", "Edit a campaign"),
    ("clone_campaign", "复制筹备", "Copy a preparation"),
    ("clone_leads", "复制带队人员", "Copy leads"),
    (
        "choose_campaign",
        "设为当前活动",
        "Choose the current campaign",
    ),
    ("close_campaign", "结束活动", "Close a campaign"),
    ("archive_campaign", "归档活动", "Archive a campaign"),
    ("wipe_rehearsal", "清除试填", "Wipe a rehearsal"),
    ("set_rules", "设置规则", "Set the rules"),
    ("change_rules", "更改规则", "Change the rules"),
    ("put_group", "设置小组", "Set a group"),
    ("edit_account", "修改名册", "Edit the roster"),
    ("substitute", "替补", "Substitute"),
    ("lift_recusal", "撤销回避", "Take a recusal back"),
    ("edit_site", "修改点位", "Edit a site"),
    ("reorder_sites", "调整路线", "Reorder the route"),
    (
        "set_nominations",
        "设置申报截止",
        "Set the nominations' deadline",
    ),
    ("withdraw_nomination", "撤回申报", "Withdraw a nomination"),
    ("accept_nomination", "采纳申报", "Accept a nomination"),
    ("refuse_nomination", "不采纳申报", "Refuse a nomination"),
    ("draw", "抽签", "Draw"),
    ("sign_in", "登录", "Sign in"),
    ("sign_out", "退出", "Sign out"),
    ("set_up", "初始设置", "Set up"),
    ("csrf", "来源校验", "Origin check"),
    ("view_board", "查看看板", "View board"),
    ("view_records", "查看记录", "View records"),
    ("settle_conflict", "处理冲突", "Settle conflict"),
    ("lock_group", "锁定小组", "Lock group"),
    ("view_ranking", "查看排名", "View ranking"),
    ("view_standing", "查看季度与年度排名", "View the standing"),
    ("import_bundle", "导入离线包", "Take in bundle"),
    ("decide_held", "处理待定数据", "Decide held entry"),
    ("view_people", "查看人员设备", "View people"),
    ("issue_code", "发放登记码", "Issue enrolment code"),
    ("revoke_device", "停用设备", "Revoke device"),
    ("manage_logins", "管理登录账号", "Manage sign-ins"),
    ("suspend_login", "停用或恢复登录", "Close or reopen sign-in"),
    ("return_sheet", "退回评分单", "Return a sheet"),
    ("view_photos", "查看照片", "See photos"),
    ("unlock_group", "解锁小组", "Unlock a group"),
    ("view_issues", "查看台账", "See the ledger"),
    ("edit_issues", "办理台账", "Edit the ledger"),
    ("report_issue", "报告整改完成", "Report an issue done"),
    ("edit_issue", "修改问题", "Edit an issue"),
    ("move_issue", "问题流转", "Move an issue on"),
    ("enter_issue", "登记问题", "Enter an issue"),
    ("renumber_issue", "更换编号", "Renumber an issue"),
    ("merge_issues", "合并重复问题", "Merge issues"),
    ("keep_issues_apart", "认定不重复", "Keep issues apart"),
    (
        "reopen_issue_pair",
        "撤销重复认定",
        "Take a decision on two issues back",
    ),
    (
        "set_number_prefix",
        "设置编号字头",
        "Set the beginning of numbers",
    ),
    ("export", "导出表格", "Export tables"),
    ("export_internal", "导出内部数据", "Export internal data"),
    ("prepare", "筹备活动", "Prepare a campaign"),
    ("nominate", "申报示范村", "Nominate villages"),
    ("rehearse", "试填", "Rehearse"),
    (
        "confirm_device",
        "核对设备指纹",
        "Confirm a device's fingerprint",
    ),
    ("reset_pin", "重设手机口令", "Reset a phone's PIN"),
    ("reset_password", "重设登录密码", "Reset a password"),
    ("view_system", "查看系统状态", "See the system's state"),
    ("run_backup", "立即备份", "Back up now"),
    ("manage_settings", "更改设置", "Change the settings"),
    (
        "second_factor_on",
        "开启两步验证",
        "Turn the second factor on",
    ),
    (
        "second_factor_off",
        "关闭两步验证",
        "Turn the second factor off",
    ),
    (
        "remove_second_factor",
        "解除两步验证",
        "Remove a second factor",
    ),
    ("view_audit", "查看审计", "View audit"),
    ("create_campaign", "建立活动", "Make campaign"),
    ("start_campaign", "开始活动", "Start campaign"),
    ("import_divisions", "导入区划", "Import divisions"),
    ("import_checklist", "导入评分表", "Import checklist"),
    ("import_roster", "导入名册", "Import roster"),
    ("import_sites", "导入点位", "Import sites"),
    ("set_site_facts", "填写点位情况", "Set site facts"),
    ("set_groups", "设置小组", "Set groups"),
    ("assign_townships", "乡镇分组", "Assign townships"),
    ("change_account", "更改人员", "Change person"),
    ("recuse", "回避", "Recuse"),
    ("strike_site", "取消或恢复点位", "Strike or restore site"),
    ("set_ledger", "登记台账数", "Set ledger counts"),
    ("set_veto", "登记一票否决", "Set veto"),
    ("lock", "锁定小组", "Lock group"),
    (
        "correct_household",
        "更正农户登记",
        "Correct a household's note",
    ),
    ("settle", "处理冲突", "Settle conflict"),
    ("unlock", "解锁小组", "Unlock group"),
    ("undo_settlement", "撤销裁定", "Undo settlement"),
    ("accept_held", "待定数据计入", "Take held entry in"),
    ("leave_out_held", "待定数据不计入", "Leave held entry out"),
    ("enrol", "设备登记", "Enrol device"),
    ("system", "系统", "System"),
];

impl Lang {
    /// A word of the data model.
    pub fn word_of(self, word: &str) -> String {
        let found = WORDS.iter().find(|(w, _, _)| *w == word);
        found
            .map_or(word, |(_, zh, en)| self.pick(zh, en))
            .to_owned()
    }

    /// A word about a photo.
    pub fn photo_word(self, word: &str) -> String {
        let found = PHOTO_WORDS.iter().find(|(w, _, _)| *w == word);
        let text = found.map_or(word, |(_, zh, en)| self.pick(zh, en));
        text.to_owned()
    }

    /// What a flag of a photo means.
    pub fn photo_flag_meaning(self, flag: &str) -> &'static str {
        let found = FLAG_MEANINGS.iter().find(|(w, _, _)| *w == flag);
        found.map_or("", |(_, zh, en)| self.pick(zh, en))
    }

    /// A field's name; an answer is named by its item.
    pub fn field(self, field: &str) -> String {
        match field.split_once('/') {
            Some((name, key)) => format!("{} {key}", self.word_of(name)),
            None => self.word_of(field),
        }
    }

    /// A role, by its word.
    pub fn role_word(self, word: &str) -> String {
        Role::parse(word).map_or_else(|| self.word_of(word), |r| self.role(&r).to_owned())
    }

    /// A role.
    pub fn role(self, role: &Role) -> &'static str {
        self.pick(role.zh(), role.en())
    }

    /// A kind of site.
    pub fn site_kind(self, kind: &SiteKind) -> &'static str {
        self.pick(kind.zh(), kind.en())
    }

    /// A kind of site, in few characters, for table heads.
    pub fn site_kind_short(self, kind: &SiteKind) -> &'static str {
        match kind {
            SiteKind::DemonstrationVillage => self.pick("村", "Village"),
            SiteKind::Household => self.pick("农户", "Household"),
            SiteKind::RouteSegment => self.pick("沿途", "En route"),
            SiteKind::Street => self.pick("街道", "Street"),
            SiteKind::TownSite => self.pick("县城点位", "County town"),
        }
    }

    /// A kind of county-town site.
    pub fn town_kind(self, kind: &TownKind) -> &'static str {
        self.pick(kind.zh(), kind.en())
    }

    /// A component of a township's score.
    pub fn component(self, component: &Component) -> &'static str {
        self.pick(component.zh(), component.en())
    }

    /// A correction method.
    pub fn correction(self, correction: &Correction) -> &'static str {
        self.pick(correction.zh(), correction.en())
    }

    /// Over whom awards are given.
    pub fn award_scope(self, scope: &AwardScope) -> &'static str {
        match scope {
            AwardScope::PerGroup => self.pick("分组授予（按组内得分）", "per group, by T"),
            AwardScope::Overall => self.pick("全县统一授予（按校正分）", "overall, by T′"),
        }
    }

    /// An award.
    pub fn award(self, award: &AwardKind) -> &'static str {
        match award {
            AwardKind::RedFlag => self.pick("流动红旗", "Red flag"),
            AwardKind::YellowCard => self.pick("警告黄牌", "Yellow card"),
        }
    }

    /// Why an entry is held.
    pub fn held_kind(self, kind: &HeldKind) -> &'static str {
        match kind {
            HeldKind::Late => self.pick("补传", "Late"),
            HeldKind::Rejected => self.pick("未采用", "Rejected"),
            HeldKind::Forked => self.pick("分叉", "Forked"),
            HeldKind::Quarantined => self.pick("隔离", "Quarantined"),
        }
    }

    /// Points at two decimals; a dash if there are none.
    pub fn points(self, e4: impl Borrow<Option<i64>>) -> String {
        e4.borrow().map_or_else(|| "—".to_owned(), show2)
    }

    /// A place, or a dash.
    pub fn place(self, place: impl Borrow<Option<usize>>) -> String {
        place
            .borrow()
            .map_or_else(|| "—".to_owned(), |n| n.to_string())
    }

    /// How a sheet stands in a version of a lock.
    pub fn standing(self, standing: &Standing) -> String {
        match standing {
            Standing::Counted(e4) => show2(*e4),
            Standing::LeftOut(why) => format!("✕ {}", self.word_of(why)),
            Standing::Absent => self.absent_sheet().to_owned(),
        }
    }

    /// How a sheet stands, as part of a sentence.
    fn said(self, standing: &Standing) -> String {
        match standing {
            Standing::Counted(e4) => self.n_points(show2(*e4)),
            Standing::LeftOut(why) => self.left_out_for(self.word_of(why)),
            Standing::Absent => self.absent_sheet().to_owned(),
        }
    }

    /// What taking a held entry in would change, in lines.
    pub fn effect(self, effect: &Effect) -> Vec<String> {
        let (without, with, townships) = match effect {
            Effect::Sealed => return vec![self.effect_sealed().to_owned()],
            Effect::Nothing => return vec![self.effect_nothing().to_owned()],
            Effect::JudgedAnew => return vec![self.effect_anew().to_owned()],
            Effect::Result {
                without,
                with,
                townships,
            } => (without, with, townships),
        };
        let mut lines = vec![self.effect_sheet(self.said(without), self.said(with))];
        if townships.is_empty() {
            lines.push(self.effect_same().to_owned());
        }
        for t in townships {
            let (a, b) = (&t.before, &t.after);
            lines.push(format!(
                "{} {} {} → {} · {} {} → {}",
                t.name,
                self.township_score(),
                self.points(a.raw_e4),
                self.points(b.raw_e4),
                self.place_in_group(),
                self.place(a.rank_in_group),
                self.place(b.rank_in_group),
            ));
        }
        lines
    }

    /// Points at two decimals.
    pub fn e4(self, e4: impl Borrow<i64>) -> String {
        show2(*e4.borrow())
    }

    /// A value as people read it.
    pub fn value(self, value: &Shown) -> String {
        match value {
            Shown::Sealed => self.pick("封存", "Sealed").to_owned(),
            Shown::Internal => self.pick("仅督查室可见", "For the office only").to_owned(),
            Shown::Empty => self.pick("（空）", "(empty)").to_owned(),
            Shown::Bool(true) => self.pick("是", "Yes").to_owned(),
            Shown::Bool(false) => self.pick("否", "No").to_owned(),
            Shown::Points(e4) => match self {
                Self::Zh => format!("{} 分", show(*e4)),
                Self::En => format!("{} points", show(*e4)),
            },
            Shown::Count(n) => match self {
                Self::Zh => format!("{n} 处"),
                Self::En => format!("{n} found"),
            },
            Shown::Ratio(ok, of) => match self {
                Self::Zh => format!("{of} 个中 {ok} 个合格"),
                Self::En => format!("{ok} of {of} in order"),
            },
            Shown::NotApplicable => self.pick("不适用", "Not applicable").to_owned(),
            Shown::Word(word) => self.word_of(word),
            Shown::Time(at_ms) => self.full_time(*at_ms),
            Shown::Text(text) => text.clone(),
            Shown::Named(text) => self.both(text).to_owned(),
            Shown::Answer {
                mark,
                note,
                reasons,
            } => {
                let mut parts = vec![self.value(mark)];
                parts.extend(note.iter().filter(|n| !n.is_empty()).cloned());
                parts.extend(reasons.iter().cloned());
                parts.join(self.pick("；", "; "))
            }
        }
    }

    /// Points exactly, to four decimals at most; a dash if there are none.
    pub fn exact(self, e4: &Option<i64>) -> String {
        e4.map_or_else(|| "—".to_owned(), show)
    }

    /// What a row of the board lacks, in words.
    pub fn lack_text(self, row: &BoardRow) -> String {
        if row.sites_planned == 0 {
            return self.no_sites().to_owned();
        }
        if row.missing.is_empty() {
            return self.lack_nothing().to_owned();
        }
        if row.submitted() == 0 {
            return self.lack_all(row.expected());
        }
        let list: Vec<_> = row.missing.iter().map(|m| self.missing_text(m)).collect();
        list.join(self.pick("；", "; "))
    }

    /// What one site lacks, and whose sheets.
    pub fn missing_text(self, missing: &Missing) -> String {
        let (site, sheets, photos) = (&missing.site_name, missing.sheets, missing.photos);
        let mut text = match (sheets, photos) {
            (0, _) => self.lack_photos(site, photos),
            (_, 0) => self.lack_sheets(site, sheets),
            _ => self.lack_both(site, sheets, photos),
        };
        let names = &missing.authors;
        if !names.is_empty() {
            let listed = names[..names.len().min(NAMES_SHOWN)].join(self.pick("、", ", "));
            let who = if names.len() > NAMES_SHOWN {
                self.and_others(listed, names.len())
            } else {
                listed
            };
            text += &match self {
                Self::Zh => format!("（{who}）"),
                Self::En => format!(" ({who})"),
            };
        }
        text
    }

    /// One thing to do before a lock.
    pub fn todo(self, what: &str) -> &'static str {
        match what {
            "sites" => self.pick("缺评分单或照片的点位", "Sites that lack sheets or photos"),
            "few" => self.pick("评分单不足 3 份的点位", "Sites with fewer than 3 sheets"),
            "conflicts" => self.pick("未处理的冲突", "Open conflicts"),
            "drafts" => self.pick("草稿评分单", "Sheets still drafts"),
            "returned" => self.pick("已退回未重新提交", "Returned, not submitted again"),
            "unanswered" => self.pick("已提交但有未答项", "Submitted with lines not answered"),
            "held" => self.pick("未决定的待定数据", "Held entries not decided"),
            "photos" => self.pick("照片待传", "Photos not arrived"),
            _ => self.pick("可能还有未上传内容的手机", "Phones that may hold something"),
        }
    }

    /// What is to be done about it.
    pub fn todo_act(self, what: &str) -> &'static str {
        match what {
            "sites" | "photos" => self.pick("看缺在哪里", "See where"),
            "few" => self.pick("看是哪些点位", "See which"),
            "conflicts" => self.pick("去处理", "Settle them"),
            "drafts" => self.pick("催交", "See whose"),
            "returned" => self.pick("看退给了谁", "See whose"),
            "unanswered" => self.pick("看缺项，必要时退回", "See them, return if need be"),
            "held" => self.pick("去决定", "Decide them"),
            _ => self.pick("请本人同步", "Ask for a sync"),
        }
    }

    /// A clock that had gone back, in words.
    pub fn went_back(self, by_ms: &i64) -> String {
        let (zh, en) = amount(*by_ms);
        match self {
            Self::Zh => format!("⚠ 此前时钟回拨 {zh}"),
            Self::En => format!("⚠ clock set back {en} before this"),
        }
    }

    /// A clock that was wrong, with whose it is.
    pub fn clock_line(self, line: &ClockLine) -> String {
        let what = match line.went_back {
            true => self.went_back(&line.by_ms),
            false => self.skew(&line.by_ms),
        };
        let what = what.trim_start_matches("⚠ ");
        format!("{} · {}{}{what}", line.who, line.device, self.colon())
    }

    /// How far a clock was off, in words.
    pub fn skew(self, skew_ms: &i64) -> String {
        let (amount_zh, amount_en) = amount(*skew_ms);
        match (self, *skew_ms > 0) {
            (Self::Zh, true) => format!("⚠ 时钟快 {amount_zh}"),
            (Self::Zh, false) => format!("⚠ 时钟慢 {amount_zh}"),
            (Self::En, true) => format!("⚠ clock {amount_en} fast"),
            (Self::En, false) => format!("⚠ clock {amount_en} slow"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Action;
    use domain::schema;

    fn is_known(word: &str) -> bool {
        WORDS.iter().any(|(w, _, _)| *w == word)
    }

    #[test]
    fn every_field_phones_write_and_every_verdict_has_its_words() {
        let shown = ["site_facts", "issue", "opinion", "commendation", "photo"];
        for kind in schema::KINDS
            .iter()
            .filter(|k| shown.contains(&k.name) || ["sheet", "household_text"].contains(&k.name))
        {
            assert!(is_known(kind.name), "{}", kind.name);
            for field in kind.fields {
                assert!(is_known(field.name), "{}.{}", kind.name, field.name);
            }
        }
        assert!(schema::VERDICTS.iter().all(|v| is_known(v)));
        assert!(Action::ALL.iter().all(|a| is_known(a.word())));
    }

    #[test]
    fn every_state_and_flag_of_a_photo_has_its_words() {
        use crate::model::{PHOTO_FLAGS, PHOTO_STATES};
        for word in PHOTO_STATES.iter().chain(PHOTO_FLAGS) {
            assert!(PHOTO_WORDS.iter().any(|(w, _, _)| w == word), "{word}");
        }
        assert!(
            PHOTO_FLAGS
                .iter()
                .all(|f| !Lang::En.photo_flag_meaning(f).is_empty())
        );
        for (word, zh, en) in PHOTO_WORDS.iter().chain(FLAG_MEANINGS) {
            assert!(en.is_ascii() && !zh.is_ascii(), "{word}");
        }
    }

    #[test]
    fn words_are_listed_once_and_are_of_their_language() {
        for (at, (word, zh, en)) in WORDS.iter().enumerate() {
            assert!(WORDS[..at].iter().all(|(w, _, _)| w != word), "{word}");
            assert!(en.is_ascii(), "{word}: {en}");
            assert!(!zh.is_ascii(), "{word}: {zh}");
        }
    }

    #[test]
    fn an_unknown_word_and_a_hostile_note_are_shown_as_they_are() {
        assert_eq!(Lang::Zh.word_of("of_a_newer_app"), "of_a_newer_app");
        let answer = Shown::Answer {
            mark: Box::new(Shown::Points(75_000)),
            note: Some("<b>".to_owned()),
            reasons: vec!["乱堆".to_owned()],
        };
        assert_eq!(Lang::Zh.value(&answer), "7.50 分；<b>；乱堆");
        assert_eq!(Lang::En.field("answer/V-C1"), "Answer V-C1");
    }
}
