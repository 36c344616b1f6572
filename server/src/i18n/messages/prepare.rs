//! Texts: preparing a tour.

use std::fmt::Display;

use crate::i18n::Lang;
use crate::services::prepare::draws::Purpose;
use crate::services::prepare::readiness::Step;

messages! {
    nav_campaigns = "活动", "Campaigns";
    nav_prepare = "准备情况", "Readiness";
    nav_rules = "规则", "Rules";
    nav_prep_groups = "分组与乡镇", "Groups and townships";
    nav_sites = "点位与路线", "Sites and route";
    nav_roster = "名册", "Roster";
    nav_checklists = "检查表", "Checklists";
    nav_nominations = "示范村申报", "Nominations";
    nav_draws = "抽签", "Draws";
    pp_progress(n, of) = "已备 {n}/{of} 项", "Prepared: {n} of {of}";
    pp_started_hint = "活动已开始：分组、乡镇和检查表不再更改；名册和点位可凭理由调整，直到本组锁定。", "The campaign has started: groups, townships and checklists stay; roster and sites change with a reason until the lock.";
    pp_not_saved = "未保存，内容已保留在下面的表单里。", "Nothing was saved; what was typed is still in the form below.";
    pp_rehearsal = "试填", "Rehearsal";
    pp_rehearsal_banner = "这是试填：其中的评分、锁定和排名都不算数，结束后可整体清除。", "This is a rehearsal: its scores, locks and ranking do not count, and it can be wiped afterwards.";
    pp_current = "当前活动", "Current";
    pp_campaigns_found(n) = "共 {n} 个", "Campaigns: {n}";
    pp_no_campaigns = "还没有活动", "There is no campaign yet";
    pp_no_campaigns_hint = "在下面新建一个；全县乡镇和村会自动带入。", "Make one below; the county's townships and villages come with it.";
    pp_kind = "类型", "Kind";
    pp_days = "日期", "Dates";
    pp_sites = "点位", "Sites";
    pp_people = "人员", "People";
    pp_look_at = "进入", "Open";
    pp_make_current = "设为当前活动", "Make current";
    pp_copy = "复制筹备", "Copy the preparation";
    pp_copy_hint = "复制分组、乡镇、点位、名册和检查表；评分、设备、申报和抽签不复制。", "Copies groups, townships, sites, roster and checklists; not sheets, devices, nominations or draws.";
    pp_rehearse = "作为试填", "As a rehearsal";
    pp_wipe = "清除试填", "Wipe the rehearsal";
    pp_wipe_hint = "它的全部评分、照片、设备和结果都会删除，不能恢复；正式活动不受影响。参加试填的手机下次同步时会得到提示，清除本机后重新登记。", "All its sheets, photos, devices and results are deleted for good; real campaigns are not touched. Its phones are told at their next sync: they wipe themselves and enrol anew.";
    pp_wipe_type(name) = "照抄名称以确认：{name}", "Type its name to confirm: {name}";
    pp_new_campaign = "新建活动", "New campaign";
    pp_new_hint = "新建后成为当前活动；全县行政区划自动带入。", "It becomes the current one; the county's divisions come with it.";
    pp_make = "新建", "Create";
    pp_first_day = "开始日期", "First day";
    pp_last_day = "结束日期", "Last day";
    pp_sheets_open = "组内随时可见彼此的评分（默认不勾选：锁定前各自密封）", "Group members see each other's sheets at once (default: sealed until the lock)";
    pp_basics = "基本信息", "Basics";
    pp_save = "保存", "Save";
    pp_done = "已完成", "Done";
    pp_optional = "未开放（可选）", "not opened (optional)";
    pp_must_still(n) = "还有 {n} 项必须补齐", "Still needed to start: {n}";
    pp_lacks(n) = "还缺 {n} 项", "Still lacking: {n}";
    pp_may_start = "可以开始", "Ready to start";
    pp_may_start_but(n) = "可以开始，另有 {n} 项提醒", "Ready to start; worth knowing: {n}";
    pp_must = "必须补齐", "Needed to start";
    pp_note = "提醒", "Worth knowing";
    pp_next_step = "下一步", "Next step";
    pp_start = "开始活动", "Start the campaign";
    pp_start_hint = "开始后分组、乡镇和检查表冻结；更改规则须写明理由并另记版本。", "After the start groups, townships and checklists are frozen; rules change only as a new version with a reason.";
    pp_close = "结束活动", "Close the campaign";
    pp_close_hint = "还有小组未锁定时须写明理由。", "A reason is needed while a group is not locked.";
    pp_archive = "归档", "Archive";
    pp_sum(n) = "权重合计 {n}", "Weights add up to {n}";
    pp_right = "正确", "Right";
    pp_sum_wrong = "应为 100", "must be 100";
    pp_rules_hint = "乡镇得分 = 各部分平均分 × 权重，再相加。没有点位的部分不计，其余部分按比例放大。", "A township's score is each part's mean times its weight, added up. A part without sites is left out and the rest scaled up.";
    pp_weights = "权重", "Weights";
    pp_weights_hint = "合计 100。农户和沿途难以提前布置，建议不低于 40；资料默认 0 分，不以材料论好坏。", "100 together. Households and roads are hard to stage: keep them at 40 or more. Materials count 0 by default.";
    pp_correction = "两组校正", "Correction between groups";
    pp_correction_hint = "两组打分松紧不同。基准点位校正：用所有人都看过的县城点位算出每组偏高或偏低多少，再从得分里扣回，至少 3 个点位；不足时用二次平均法。", "Groups differ in severity. With benchmark sites, what a group gives too much or too little at the sites everybody saw is taken off again; at least 3 sites, else the second average.";
    pp_awards = "授旗亮牌", "Awards";
    pp_awards_hint = "先看名次，再看门槛；门槛留空表示不设。", "By place, then by gate; an empty gate is none.";
    pp_award_scope = "评选范围", "Over whom";
    pp_per_group = "各组分别评", "In each group";
    pp_overall = "全县统一评", "Over all";
    pp_red = "流动红旗（面）", "Red flags";
    pp_yellow = "警告黄牌（张）", "Yellow cards";
    pp_red_min = "红旗最低分", "Red flag only from";
    pp_yellow_max = "黄牌仅限低于", "Yellow card only below";
    pp_rules_locked = "有小组已锁定，规则不能更改。", "A group is locked; the rules cannot change.";
    pp_rules_reason = "更改理由（活动已开始，将记为新版本）", "Reason (the campaign has started: this makes a new version)";
    pp_new_version = "记为新版本", "Make a new version";
    pp_versions = "规则版本", "Versions of the rules";
    pp_version_head = "版本", "Version";
    pp_no_groups = "还没有分组", "There are no groups yet";
    pp_no_groups_hint = "先加两个组，再把乡镇分进去。", "Add two groups, then put the townships into them.";
    pp_group_counts(townships, people) = "{townships} 个乡镇，{people} 人", "townships: {townships}, people: {people}";
    pp_locked = "已锁定", "Locked";
    pp_lead = "带队领导（只写职务）", "Leader (job title only)";
    pp_rapporteur = "通报人", "Rapporteur";
    pp_add_group = "添加小组", "Add a group";
    pp_group_number = "组号", "Group number";
    pp_townships = "乡镇分组", "Townships";
    pp_townships_found(n) = "共 {n} 个", "{n} in all";
    pp_no_townships = "还没有导入行政区划", "No divisions are imported yet";
    pp_no_townships_hint = "导入行政区划后，在这里把每个乡镇分到一个组。", "Once the divisions are imported, each township is put into a group here.";
    pp_unassigned(n) = "还有 {n} 个乡镇未分组，不能开始。", "Townships in no group: {n}. The campaign cannot start.";
    pp_in_no_group = "未分组", "No group";
    pp_township = "乡镇", "Township";
    pp_village = "村（社区）", "Village";
    pp_code = "区划代码", "Division code";
    pp_number_head = "编号", "Code";
    pp_sites_found(n) = "共 {n} 个点位", "Sites: {n}";
    pp_no_sites = "还没有点位", "There are no sites yet";
    pp_no_sites_hint = "在下面逐个添加，或导入点位表；也可由乡镇申报。", "Add them below, import a table, or let townships nominate.";
    pp_order = "顺序", "Order";
    pp_site_kind = "点位类型", "Kind of site";
    pp_town_kind = "县城点位类型", "Kind of town site";
    pp_place = "位置", "Place";
    pp_county_town = "县城", "County town";
    pp_every_group = "各组都看", "Every group";
    pp_struck = "已取消", "Struck";
    pp_nominated = "申报", "Nominated";
    pp_number = "编号（同名时区分，可不填）", "Number (tells two of one name apart; may stay empty)";
    pp_numbered(n) = "{n} 号", "No. {n}";
    pp_no_checklist = "没有评分表", "No checklist";
    pp_save_order = "保存顺序", "Save the order";
    pp_add_site = "添加点位", "Add a site";
    pp_add_slots = "添加农户名额", "Add household slots";
    pp_slots = "名额数", "Slots";
    pp_slots_hint = "农户到村后从户册编号中抽取，这里只定名额：农户1、农户2……", "Households are drawn in the village from its numbered list; here only their slots are made.";
    pp_edit = "修改", "Edit";
    pp_kind_fixed = "已有评分单：类型、乡镇和村不能再改，名称和顺序可以。", "There is a sheet already: kind, township and village stay; name and order may change.";
    pp_site_locked = "本组已锁定：点位不能再改。", "Its group is locked: the site stays as it is.";
    pp_strike = "取消点位", "Strike the site";
    pp_unstrike = "恢复点位", "Take the strike back";
    pp_strike_hint = "取消的点位不计入结果，已填的评分单保留。", "A struck site does not count; sheets filled for it are kept.";
    pp_person_name = "名称（工作证上的称呼）", "Name (as on the badge)";
    pp_form = "表式", "Form";
    pp_home_hint = "自动回避：不给本单位所在乡镇评分。", "Recused automatically from the own township.";
    pp_recused = "回避", "Recusals";
    pp_active = "在岗", "Active";
    pp_replaced_by(name) = "由{name}替补", "Replaced by {name}";
    pp_no_roster_hint = "在下面逐个添加，或导入名册。", "Add people below, or import a roster.";
    pp_add_person = "添加人员", "Add somebody";
    pp_substitute = "替补", "Substitute";
    pp_substitute_hint = "替补人接着评后面的点位；原人员已提交的评分单仍算他的。", "The substitute goes on from here; what was submitted before stays and counts.";
    pp_no_others = "没有可替补的同角色人员，请先加入名册。", "Nobody of the same role is free; add somebody first.";
    pp_recuse = "登记回避", "Recuse";
    pp_recuse_hint = "回避的乡镇，其评分不计入。", "Sheets for a township somebody is recused from do not count.";
    pp_automatic = "本单位，自动", "home unit, automatic";
    pp_recused_home(unit) = "{unit}（本单位，自动）", "{unit} (home unit, automatic)";
    pp_lift = "撤销", "Take back";
    pp_lifted = "已撤销", "Taken back";
    pp_checklists_found(n) = "共 {n} 份", "Checklists: {n}";
    pp_no_checklists = "还没有检查表", "There are no checklists yet";
    pp_no_checklists_hint = "可一键采用随附的检查表，或导入本县的检查表。", "Take those that come with the program, or import the county's own.";
    pp_items = "条目", "Items";
    pp_proposal = "建议稿", "Proposal";
    pp_own_list = "本县检查表", "The county's own";
    pp_builtin_hint = "随附的检查表是本项目根据公开做法编写的建议稿，使用前须由县里确认。", "Those that come with the program are this project's proposal from public practice; the county must confirm them before use.";
    pp_take_builtin(n) = "采用随附的检查表（{n} 份）", "Take the checklists of the program ({n})";
    pp_standard = "标准", "Standard";
    pp_points = "分值", "Points";
    pp_nominations_found(n) = "共 {n} 个", "Nominations: {n}";
    pp_open_until(at) = "申报开放至 {at}（以服务器时间为准）", "Open until {at}, by the server's clock";
    pp_closed_at(at) = "申报已于 {at} 截止。", "Nominations closed at {at}.";
    pp_not_open = "申报尚未开放。", "Nominations are not open.";
    pp_no_nominations = "还没有申报", "There are no nominations";
    pp_no_nominations_hint = "设好截止日期后，乡镇负责人在这里申报示范村，督查室审定。", "Once a deadline is set, township heads nominate villages here and the supervision office decides.";
    pp_remark = "申报理由", "Why it is worth seeing";
    pp_refuse = "不采纳", "Refuse";
    pp_withdraw = "撤回", "Withdraw";
    pp_nominate = "申报示范村", "Nominate a village";
    pp_deadline = "截止时间", "Deadline";
    pp_deadline_hint = "留空表示关闭申报。迟到的申报由系统拒收，可在此延长截止时间。", "Empty closes nominations. Late ones are refused; extend the deadline here.";
    pp_until = "截止时间（北京时间）", "Until (Beijing time)";
    pp_per_township = "每乡镇最多（个）", "At most per township";
    pp_draws_found(n) = "共 {n} 次", "Draws: {n}";
    pp_draw_hint = "抽签结果由种子和名单唯一确定，任何人用 SHA-256 工具都能复核；重抽另记一次并写明理由，原记录保留。", "The result follows from seed and list alone; anybody can repeat it with a SHA-256 tool. Drawing again is a new record with a reason; the first one stays.";
    pp_no_draws = "还没有抽签", "There are no draws yet";
    pp_no_draws_hint = "在下面写明抽什么、从哪些里抽，结果连同种子保存，谁都可以复核。", "Say below what is drawn and from what; the result is kept with its seed, and anybody can repeat it.";
    pp_draw_title = "题目", "What it is about";
    pp_purpose = "用途", "Purpose";
    pp_seed = "种子", "Seed";
    pp_drawn = "抽出 / 候选", "Drawn / candidates";
    pp_again = "重抽", "Draw again";
    pp_new_draw = "新抽签", "New draw";
    pp_draw_township_hint = "加抽村：候选为该乡镇尚未列入路线的村。", "Extra villages: those of the township that are not on the route.";
    pp_draw_n = "抽几个", "How many";
    pp_candidates = "候选名单", "Candidates";
    pp_candidates_hint = "每行一个：编号 名称；也可写号码范围，如 1-120。加抽村和基准点位可不填。", "One per line: id name; or a range of numbers such as 1-120. May be empty for extra villages and benchmark sites.";
    pp_candidates_again = "候选名单（不填则沿用上次）", "Candidates (empty: the same list)";
    pp_seed_typed = "种子（当众掷骰子、彩票号码等；留空由服务器随机产生）", "Seed (dice, lottery numbers; empty: the server's random source)";
    pp_seed_hint = "先公布名单，再当众产生种子。", "Publish the list first, then make the seed in front of everybody.";
    pp_draw = "抽签", "Draw";
    pp_holds = "已按种子和名单重新抽过，结果一致。", "Drawn again from seed and list just now: the same result.";
    pp_holds_not = "按种子和名单重抽，结果不一致：记录可能被改动。", "Drawn again from seed and list, the result differs: the record may have been changed.";
    pp_was_replaced = "此次抽签已被重抽取代。", "This draw was replaced by another one.";
    pp_seed_by_hand = "人工输入", "typed";
    pp_seed_by_server = "服务器随机产生", "from the server's random source";
    pp_list_hash = "名单指纹", "Fingerprint of the list";
    pp_result = "结果", "Result";
    pp_show_list = "展开名单", "Show the list";
    pp_repeat = "如何复核", "How to repeat it";
    pp_repeat_hint = "对每个候选计算下式，按结果从小到大排，前几名即抽中。", "Compute this for every candidate and sort ascending; the first are drawn.";
    pp_repeat_args = "'种子' '编号'", "'SEED' 'ID'";
    nav_import = "导入", "Import";
    pp_import_choose = "检查一份表格", "Check a table";
    pp_import_hint = "先检查：列出会新增和更改什么，或哪里有错；确认后一键导入，不必再选文件。有一处错误就全部不导入。可用 XLSX、CSV（UTF-8 或 GBK）和 JSON。", "It is checked first: what would be new and change, or what is wrong. Then one click imports it; the file need not be chosen again. One error and nothing comes in. XLSX, CSV (UTF-8 or GBK) and JSON.";
    pp_import_kind = "表格", "Table";
    pp_import_file = "文件", "File";
    pp_import_check = "检查", "Check";
    pp_import_take = "现在导入", "Import now";
    pp_import_leave = "不导入", "Leave it";
    pp_import_checked(what) = "已检查：{what}", "Checked: {what}";
    pp_import_would(n) = "检查通过：可导入 {n} 行，尚未写入。", "The file is good: {n} row(s) would come in. Nothing was written yet.";
    pp_import_differs(n) = "检查之后活动有改动，这份文件的结果与刚才不同（{n} 处）。什么都没有导入；请核对后再决定。", "The campaign changed after the check, and the file would do something else now ({n} difference(s)). Nothing came in; look at it and decide again.";
    pp_import_differences = "与检查时不同之处", "What differs from the check";
    pp_import_about = "对象", "About";
    pp_import_then = "检查时", "At the check";
    pp_import_now = "现在", "Now";
    pp_import_new = "新增", "New";
    pp_import_changed = "更改", "Changed";
    pp_import_same = "不变", "Unchanged";
    pp_import_until = "保留到", "Kept until";
    pp_import_changes = "已有而会更改的", "What is there and would change";
    pp_imported = "已导入。", "It came in.";
    pp_import_refused(n) = "有 {n} 处错误，什么都没有导入。", "{n} error(s); nothing came in.";
    pp_import_errors = "错误", "Errors";
    pp_import_cell = "单元格", "Cell";
    pp_import_column = "列", "Column";
    pp_import_what = "错在哪里", "What is wrong";
    pp_import_more(n) = "另有 {n} 处未列出。", "Not listed: {n} more.";
    pp_import_formulas(n) = "{n} 个公式取其结果", "results of {n} formula(s)";
    pp_templates = "模板", "Templates";
    pp_saved = "已保存。", "Saved.";
    pp_made = "活动已建立。", "The campaign was made.";
    pp_started = "活动已开始。", "The campaign has started.";
    pp_wiped = "试填已清除；参加试填的手机下次同步时会得到提示。", "The rehearsal is wiped; its phones are told at their next sync.";
}

impl Lang {
    /// Kind of a campaign.
    pub fn pp_tour_kind(self, word: &str) -> String {
        match word {
            "tour" => self.pick("观摩评比", "Tour"),
            "monthly" => self.pick("月度检查", "Monthly check"),
            "spot" => self.pick("随机抽查", "Spot check"),
            other => other,
        }
        .to_owned()
    }

    /// A table to import.
    pub fn pp_import_table(self, word: &str) -> String {
        match word {
            "divisions" => self.pick("行政区划", "Divisions"),
            "groups" => self.pick("乡镇分组", "Townships and groups"),
            "sites" => self.pick("点位", "Sites"),
            "roster" => self.pick("名册", "Roster"),
            "checklist" => self.pick("检查表", "Checklist"),
            other => other,
        }
        .to_owned()
    }

    /// A step of preparing.
    pub fn pp_step(self, step: &Step) -> &'static str {
        match step {
            Step::Campaign => self.pick("基本信息", "Basics"),
            Step::Rules => self.pick("规则", "Rules"),
            Step::Divisions => self.pick("行政区划", "Divisions"),
            Step::Groups => self.pick("分组", "Groups"),
            Step::Townships => self.pick("乡镇分组", "Townships in groups"),
            Step::Checklists => self.pick("检查表", "Checklists"),
            Step::Sites => self.pick("点位与路线", "Sites and route"),
            Step::Roster => self.pick("名册", "Roster"),
            Step::Nominations => self.pick("示范村申报", "Nominations"),
        }
    }

    /// What a draw is for.
    pub fn pp_purpose_of(self, purpose: &Purpose) -> &'static str {
        match purpose {
            Purpose::ExtraVillages => self.pick("加抽村", "Extra villages"),
            Purpose::Households => self.pick("抽农户", "Households"),
            Purpose::BenchmarkOrder => self.pick("基准点位顺序", "Order of benchmark sites"),
            Purpose::Other => self.pick("其他", "Other"),
        }
    }

    /// The ruling on a nomination.
    pub fn pp_ruling(self, word: &str) -> String {
        match word {
            "accepted" => self.pick("已采纳", "Accepted"),
            "refused" => self.pick("未采纳", "Refused"),
            "withdrawn" => self.pick("已撤回", "Withdrawn"),
            other => other,
        }
        .to_owned()
    }
}
