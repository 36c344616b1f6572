//! Every text of the console pages, Chinese and English side by side.
//!
//! Invariant: one line holds both languages; `{n}` stands for an argument. Leaves out: words of the data model (`words`).

use std::fmt::Display;

use super::Lang;

macro_rules! messages {
    ($($name:ident $(($($arg:ident),+))? = $zh:literal, $en:literal;)*) => {
        impl Lang { $(messages!(@one $name $(($($arg),+))? = $zh, $en);)* }
        /// Name, Chinese and English of every text, arguments as they stand here.
        pub const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $zh, $en)),*];
    };
    (@one $name:ident = $zh:literal, $en:literal) => {
        #[doc = $en]
        pub fn $name(self) -> &'static str { self.pick($zh, $en) }
    };
    (@one $name:ident($($arg:ident),+) = $zh:literal, $en:literal) => {
        #[doc = $en]
        pub fn $name(self, $($arg: impl Display),+) -> String {
            match self { Lang::Zh => format!($zh), Lang::En => format!($en) }
        }
    };
}

messages! {
    // Frame.
    product = "观摩通", "Guanmo";
    skip_to_content = "跳到正文", "Skip to content";
    other_language = "English", "中文";
    signed_in_as = "当前用户：", "Signed in as: ";
    sign_out = "退出", "Sign out";
    main_menu = "主菜单", "Main menu";
    breadcrumb = "位置", "Breadcrumb";
    pages = "分页", "Pages";
    nav_board = "实时看板", "Live board";
    nav_records = "检查记录", "Records";
    nav_conflicts = "冲突处理", "Conflicts";
    nav_held = "待定数据", "Held entries";
    nav_groups = "小组锁定", "Group lock";
    nav_ranking = "排名与授奖", "Ranking and awards";
    nav_people = "人员与设备", "People and devices";
    nav_logins = "登录账号", "Sign-ins";
    nav_audit = "审计日志", "Audit log";
    colon = "：", ": ";
    // Signing in.
    sign_in = "登录", "Sign in";
    sign_in_hint = "督查室工作台。连续 5 次输错将锁定 15 分钟。", "Console of the supervision office. Five wrong tries lock a name for 15 minutes.";
    user_name = "用户名", "User name";
    password = "密码", "Password";
    password_again = "再输一次密码", "Password again";
    password_rule = "至少 10 个字符，含大写、小写、数字、符号中的三类。", "At least 10 characters of three kinds: upper case, lower case, digits, symbols.";
    first_start = "首次启动：请用服务器打印的一次性密钥创建管理员。", "First start: create the administrator with the one-time secret that the server printed.";
    have_invitation = "我有一次性密钥，要设置账号", "I have a one-time secret and want to set up my sign-in";
    set_up = "设置账号", "Set up sign-in";
    set_up_hint = "一次性密钥由服务器首次启动时打印，或由系统管理员发放；用后即失效。", "The one-time secret is printed at the first start of the server or given by the system administrator; it works once.";
    setup_secret = "一次性密钥", "One-time secret";
    back_to_sign_in = "返回登录", "Back to sign-in";
    signed_out_idle = "请先登录；30 分钟未操作会自动退出。", "Sign in first; you are signed out after 30 minutes without action.";
    passwords_differ = "两次输入的密码不一致", "The two passwords differ";
    password_weak = "密码太简单：至少 10 个字符，含三类字符", "The password is too simple: at least 10 characters of three kinds";
    name_taken = "用户名已被使用", "This user name is taken";
    name_bad = "用户名应为 1 到 60 个字符", "A user name has 1 to 60 characters";
    secret_bad = "一次性密钥无效、已用或已过期", "The one-time secret is invalid, used or expired";
    set_up_done = "账号已设置，请登录", "The sign-in is set up; now sign in";
    csrf_refused = "表单来源或校验码不符，未做任何更改。请返回重新打开页面。", "The form's origin or token does not fit; nothing was changed. Go back and open the page again.";
    // Errors.
    error_code = "错误代码", "Error code";
    go_back = "返回", "Go back";
    no_campaign = "还没有活动", "No campaign yet";
    no_campaign_hint = "请在服务器上用 guanmo campaign 建立活动、用 guanmo import 导入名册和点位，然后刷新本页。", "On the server, make a campaign with guanmo campaign and import roster and sites with guanmo import; then reload this page.";
    // Board.
    sort = "排序", "Sort";
    sort_group = "按小组、路线", "By group and route";
    sort_lack = "缺得多的在前", "Most lacking first";
    board_empty = "还没有乡镇", "No townships yet";
    board_empty_hint = "导入活动、分组和点位后，这里显示各乡镇的进度。", "Once campaign, groups and sites are imported, each township's progress shows here.";
    board_caption = "各乡镇进度", "Progress by township";
    as_of(at) = "截至 {at}", "as of {at}";
    refreshes = "每 10 秒刷新", "refreshes every 10 s";
    town_sites_caption = "县城点位（各组都评）", "County-town sites (scored by every group)";
    county_town = "县城点位", "County town";
    townships_complete = "已齐乡镇", "Townships complete";
    township = "乡镇", "Township";
    group = "小组", "Group";
    group_short = "组", "Group";
    group_n(n) = "第 {n} 组", "group {n}";
    site = "点位", "Site";
    sites = "点位", "Sites";
    sheets = "评分单", "Sheets";
    photos = "照片", "Photos";
    conflicts = "冲突", "Conflicts";
    held_entries = "待定数据", "Held entries";
    held_short = "待定", "Held";
    last_arrival = "最近到达", "Last arrival";
    lacks = "缺什么", "What is missing";
    locked = "已锁定", "Locked";
    open = "未锁定", "Open";
    nothing_yet = "尚无", "none yet";
    lack_nothing = "✓ 已齐", "✓ complete";
    lack_all(n) = "全部未到：{n} 张评分单", "nothing submitted yet: {n} sheets";
    lack_sheets(site, n) = "{site}：{n} 张", "{site}: {n} sheet(s)";
    lack_photos(site, n) = "{site}：照片 {n} 张", "{site}: {n} photo(s)";
    lack_both(site, n, photos) = "{site}：{n} 张、照片 {photos} 张", "{site}: {n} sheet(s), {photos} photo(s)";
    lack_prefix(list) = "缺：{list}", "missing: {list}";
    and_others(names, n) = "{names} 等 {n} 人", "{names} and others ({n})";
    no_sites = "尚无点位", "no sites yet";
    // Records.
    record = "记录", "Record";
    record_kind = "记录类型", "Record kind";
    record_id = "记录编号", "Record id";
    records_found(n) = "共 {n} 条", "Records: {n}";
    records_empty = "没有符合条件的记录", "No record fits";
    records_empty_hint = "放宽筛选条件，或等待手机同步。", "Widen the filter, or wait for the phones to sync.";
    kind_of_site = "点位类型", "Kind of site";
    author = "填表人", "Author";
    state = "状态", "State";
    search = "搜索", "Search";
    search_hint = "点位、姓名、编号", "site, name, number";
    conflict_only = "仅看有冲突", "Conflicts only";
    all = "全部", "All";
    filter = "筛选", "Filter";
    clear = "清除", "Clear";
    first_page = "第一页", "First page";
    next_page = "下一页", "Next page";
    answered = "已答", "Answered";
    n_of_m(n, m) = "{n} / {m}", "{n} of {m}";
    score = "得分", "Score";
    written = "填写", "Written";
    arrived = "到达", "Arrived";
    sealed = "封存", "Sealed";
    sealed_notice = "本组锁定前，评分单只显示进度：答案、备注和照片对办公室封存。", "Until the group is locked only progress shows: answers, notes and photos are sealed from the office.";
    proposal_notice = "评分表为根据公开做法拟定的建议稿，分值须经县级主管部门确认后方可使用。", "The checklist is a proposal composed from public practice; the county office must confirm its points before use.";
    version(n) = "第 {n} 版", "version {n}";
    answers = "答案", "Answers";
    item = "项", "Item";
    question = "内容", "Question";
    answer = "答案", "Answer";
    earned = "得分 / 满分", "Earned / max";
    not_answered = "未答", "Not answered";
    other_fields = "其他内容", "Other fields";
    field_name = "字段", "Field";
    value_head = "值", "Value";
    photo_of(what) = "{what} 的照片", "Photo of {what}";
    photo_pending = "照片尚未到达", "Photo not arrived yet";
    no_time = "无时间", "no time";
    no_place = "无定位", "no position";
    history = "全部历史", "Full history";
    history_empty = "还没有变更。", "No changes yet.";
    who = "何人、何设备", "Who, on what";
    old_to_new = "旧值 → 新值", "Old → new";
    office_decision = "办公室决定", "Decision of the office";
    not_counted = "不计入", "not counted";
    reason = "理由", "Reason";
    n_changes(n) = "{n} 处变更", "changes: {n}";
    // Conflicts.
    unsettled = "冲突未处理", "Unsettled";
    conflict_in = "冲突：", "Conflict:";
    conflict_hint = "几个人互不知情地改了同一项，各值都保留着。请选定一个或另写，并说明理由；系统不会按时间替您决定。", "People changed the same field without seeing each other; every value is kept. Choose one or write another, with a reason; no clock decides for you.";
    conflict_sealed = "本组锁定前，值对办公室封存；由填表人自己选定，或在锁定时不计入。", "Values are sealed until the lock; the author settles it himself, or the sheet is left out at the lock.";
    choose_value = "选定一个值", "Choose a value";
    take_this = "采用此值", "Take this";
    another_value = "另写一个值", "Write another";
    text_label = "文字", "Text";
    points_up_to(max) = "分数（满分 {max}）", "Points (up to {max})";
    count_label = "处数", "Count";
    ratio_label = "合格数/抽查数", "In order / sampled";
    note_label = "备注", "Note";
    not_applicable = "不适用", "Not applicable";
    yes = "是", "Yes";
    no = "否", "No";
    reason_required = "理由（必填）", "Reason (required)";
    settle = "确定", "Settle";
    settled_notice = "冲突已处理，已记入历史。", "The conflict is settled and in the history.";
    stale_title = "内容刚刚有变化", "Something changed meanwhile";
    stale_text = "您看到之后又有新的值到达，您的决定没有写入。请看清新值后重新决定。", "A new value arrived after you opened the page; your decision was not written. Look at it and decide again.";
    your_reason = "您填写的理由", "Your reason";
    new_value = "新到", "New";
    settled_by_other = "这个冲突已由他人处理。", "Somebody else has settled this conflict.";
    back_to_record = "返回记录", "Back to the record";
    conflicts_found(n) = "待处理 {n} 处", "Open: {n}";
    conflicts_hint = "时间早的在前。点开记录即可并排比较。", "Oldest first. Open a record to compare side by side.";
    conflicts_empty = "没有待处理的冲突", "No open conflicts";
    values_head = "并存的值", "Competing values";
    since = "始于", "Since";
    // Lock.
    groups_hint = "锁定前先看缺什么；锁定后公布结果校验码，评分才可查看。", "See what is missing before the lock; after it the result hash is shown and scores open.";
    groups_empty = "还没有小组", "No groups yet";
    what_to_do = "操作", "Action";
    show_lock = "查看锁定结果", "Show the lock";
    check_and_lock = "检查并锁定", "Check and lock";
    lock_title(group) = "{group}：锁定", "{group}: lock";
    result_hash = "结果校验码", "Result hash";
    hash_hint = "请抄录或打印；任何人可用 guanmo verify 在另一台电脑上重新核对。", "Write it down or print it; anybody can check it again on another machine with guanmo verify.";
    locked_at = "锁定时间", "Locked at";
    lock_version = "锁定版本", "Lock version";
    sheets_counted = "计入评分单", "Sheets counted";
    sheets_left_out = "未计入评分单", "Sheets left out";
    left_out_caption = "未计入的评分单及理由", "Sheets left out, and why";
    lock_clean = "内容齐全，没有冲突和待定数据，可以锁定。", "Everything is here, no conflicts, nothing held: ready to lock.";
    lock_not_clean = "还有内容缺失或未处理，见下。可以等待，也可以说明理由后锁定。", "Something is missing or undecided, see below. Wait, or lock with a reason.";
    missing_title(n) = "缺内容的点位：{n} 个", "Sites that lack something: {n}";
    unsettled_title(n) = "未处理的冲突：{n} 处", "Unsettled conflicts: {n}";
    unsettled_hint = "仍有冲突的评分单将不计入，并列明理由。", "A sheet that still has a conflict is left out, with that reason.";
    drafts_title(n) = "仍是草稿的评分单：{n} 张", "Sheets still drafts: {n}";
    held_title(n) = "未决定的待定数据：{n} 条", "Held entries not decided: {n}";
    lock_now = "锁定", "Lock";
    lock_explained = "锁定后，本组评分固定；之后到达的评分单进入待定数据，由督查室决定是否计入。", "The lock fixes this group's scores; sheets that arrive later are held until the supervision office decides.";
    lock_reason = "有缺失仍要锁定的理由（必填）", "Why lock although something is missing (required)";
    lock_sure = "我已核对以上内容", "I have checked the above";
    lock_button(group) = "锁定{group}", "Lock {group}";
    lock_stale = "打开页面后内容有变化，尚未锁定。请核对新的清单。", "Something changed since you opened the page; nothing was locked. Check the new list.";
    lock_done = "已锁定。", "Locked.";
    // Ranking.
    award_scope_label = "授奖范围", "Awards";
    correction_label = "组间校正", "Correction";
    weights = "权重", "Weights";
    rules_version = "规则版本", "Rule version";
    group_not_locked = "本组尚未锁定，评分封存。", "This group is not locked; its scores are sealed.";
    group_ranking_caption = "组内排名（按 T）", "Ranking in the group (by T)";
    overall_title = "全县排名", "Overall ranking";
    overall_caption = "全部乡镇（按校正分 T′）", "All townships (by corrected score T′)";
    annex_title = "附件：松紧度 δ 的依据", "Annex: where δ comes from";
    annex_hint = "各组都评的点位。δ 为本组得分与各组平均之差的均值；T′ = T − δ。", "Sites that every group scored. δ is the mean difference between a group's score and the mean of all groups; T′ = T − δ.";
    delta_limited = "δ 超过 5 分，已按 5 分限定。", "A δ was over 5 points and was limited to 5.";
    difference = "差", "Spread";
    rank = "名次", "Rank";
    award_head = "授奖", "Award";
    explain = "计算过程", "How computed";
    explain_link = "查看", "Show";
    explain_title = "得分是怎样算出来的", "how the score came about";
    explain_hint = "自上而下逐层展开，每一层由下一层加总而成；划线的为去掉的最高分、最低分。", "Open it level by level; each is made of the one below. What is struck through was dropped as highest or lowest.";
    // Held.
    held_hint = "这些数据已安全收下，但未计入任何结果。请逐条决定，并说明理由。", "These were received and kept, but count in no result. Decide each one, with a reason.";
    held_found(n) = "未决定 {n} 条", "Undecided: {n}";
    held_empty = "没有待定数据", "Nothing is held";
    why_held = "原因", "Why";
    what = "内容", "What";
    changes = "变更数", "Changes";
    decision = "决定", "Decision";
    accepted = "已计入", "Taken in";
    left_out = "不计入", "Left out";
    accept = "计入", "Take in";
    leave_out = "不计入", "Leave out";
    undecided = "未决定", "Undecided";
    held_done = "决定已记录。", "The decision is recorded.";
    // People.
    people_found(n) = "共 {n} 人", "People: {n}";
    people_empty = "名册为空", "The roster is empty";
    people_empty_hint = "导入名册后，可在此发放登记码。", "Import the roster, then issue enrolment codes here.";
    name = "名称", "Name";
    role_head = "角色", "Role";
    home_unit = "所在单位", "Home unit";
    devices = "设备", "Devices";
    no_device = "未登记", "not enrolled";
    enrolment = "登记码", "Enrolment";
    enrolled = "登记于", "enrolled";
    last_sync = "最近同步", "last sync";
    never = "从未", "never";
    inactive = "已停用", "Inactive";
    revoked = "已停用", "Revoked";
    revoke = "停用设备", "Revoke";
    revoke_hint = "停用后不再发给它数据；它补传的内容会收下并隔离，由督查室决定。", "It gets no more data; what it still sends is received and held until the office decides.";
    revoke_done = "设备已停用。", "The device is revoked.";
    issue_code = "发放登记码", "Issue a code";
    code_title = "手机登记码", "Enrolment code";
    qr_alt = "登记二维码", "QR code for enrolment";
    code_step_1 = "用手机浏览器或相机扫描二维码。", "Scan the QR code with the phone's browser or camera.";
    code_step_2 = "核对页面显示的姓名，给手机起个名字。", "Check the name that shows, and name the phone.";
    code_step_3 = "完成后即可离线使用。", "After that it works offline.";
    code_valid(at) = "有效期至 {at}，只能用一次。", "Valid until {at}, for one use.";
    code_once = "此码只显示这一次，服务器不保存原文。离开前请打印（Ctrl+P）或交给本人。", "This is shown only now; the server keeps no copy. Print it (Ctrl+P) or hand it over before you leave.";
    // Sign-ins.
    invite = "发放一次性密钥", "Invite";
    invitation_for(role) = "一次性密钥（{role}）", "One-time secret ({role})";
    invitation_hint = "请交给本人，在“设置账号”页使用，72 小时内有效。", "Hand it over; it is used on the page “Set up sign-in” within 72 hours.";
    logins_empty = "还没有登录账号", "No sign-ins yet";
    last_sign_in = "最近登录", "Last sign-in";
    login_open = "可登录", "Open";
    login_closed = "已停用", "Closed";
    close_login = "停用", "Close";
    reopen_login = "恢复", "Reopen";
    login_changed = "登录账号已更改。", "The sign-in was changed.";
    // Audit.
    audit_whole = "审计链完整，未被改动。", "The audit chain is whole.";
    audit_broken(id) = "审计链在第 {id} 条不符，记录可能被改动。", "The audit chain does not fit at entry {id}: it may have been altered.";
    audit_empty = "还没有审计记录", "No audit entries yet";
    time_head = "时间", "Time";
    action = "操作", "Action";
    object = "对象", "Object";
    outcome = "结果", "Outcome";
    detail = "说明", "Detail";
    done = "成功", "Done";
    refused_word = "拒绝", "Refused";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_chinese(c: char) -> bool {
        ('\u{4e00}'..='\u{9fff}').contains(&c)
    }

    fn arguments(text: &str) -> Vec<&str> {
        let mut names: Vec<_> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_text_is_in_its_own_language_with_the_same_arguments() {
        // The link to the other language is written in that language; some texts have no words.
        let switch = ["other_language", "n_of_m", "colon"];
        for (name, zh, en) in ALL.iter().filter(|(n, _, _)| !switch.contains(n)) {
            assert!(zh.chars().any(is_chinese), "{name}: {zh}");
            assert!(!en.chars().any(is_chinese), "{name}: {en}");
            assert_eq!(arguments(zh), arguments(en), "{name}");
        }
    }

    #[test]
    fn every_text_is_used_by_a_page() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
        let mut used = String::new();
        for dir in ["templates", "src/console", "src/i18n", "src/middleware"] {
            for file in std::fs::read_dir(format!("{root}{dir}")).unwrap() {
                let path = file.unwrap().path();
                if path.is_file() && !path.ends_with("messages.rs") {
                    used += &std::fs::read_to_string(path).unwrap();
                }
            }
        }
        let unused: Vec<_> = ALL
            .iter()
            .filter(|(name, _, _)| !used.contains(&format!(".{name}(")))
            .map(|(name, _, _)| name)
            .collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    #[test]
    fn arguments_are_put_in() {
        assert_eq!(Lang::Zh.lack_sheets("农户2", 3), "农户2：3 张");
        assert_eq!(Lang::En.audit_broken(7).matches('7').count(), 1);
    }
}
