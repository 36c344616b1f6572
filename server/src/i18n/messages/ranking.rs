//! Texts: ranking.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    award_scope_label = "授奖范围", "Awards";
    correction_label = "组间校正", "Correction";
    weights = "权重", "Weights";
    rules_version = "规则版本", "Rule version";
    ranking_empty = "还没有小组，没有排名", "No groups yet, no ranking";
    ranking_empty_hint = "设好小组并锁定后，排名列在这里。", "The ranking stands here once groups are set and locked.";
    group_not_locked = "本组尚未锁定，评分封存。", "This group is not locked; its scores are sealed.";
    group_ranking_caption = "组内排名（按 T）", "Ranking in the group (by T)";
    overall_title = "全县排名", "Overall ranking";
    overall_caption = "全部乡镇（按校正分 T′）", "All townships (by corrected score T′)";
    annex_title = "附件：松紧度 δ 的依据", "Annex: where δ comes from";
    annex_hint = "各组都评的点位。δ 为本组得分与各组平均之差的均值；T′ = T − δ。", "Sites that every group scored. δ is the mean difference between a group's score and the mean of all groups; T′ = T − δ.";
    delta_limited = "δ 超过 5 分，已按 5 分限定。", "A δ was over 5 points and was limited to 5.";
    difference = "差", "Spread";
    no_score = "没有得分：没有点位，或点位评分单不足 3 份", "No score: no site, or fewer than 3 sheets";
    head_raw = "得分 T", "Score T";
    head_corrected = "校正分 T′", "Adjusted T′";
    head_delta = "松紧度 δ", "Leniency δ";
    uncounted(part) = "{part}（不计分）", "{part} (does not count)";
    rank = "名次", "Rank";
    award_head = "授奖", "Award";
    explain = "计算过程", "How computed";
    explain_link = "查看", "Show";
    explain_title = "得分是怎样算出来的", "how the score came about";
    explain_hint = "自上而下逐层展开，每一层由下一层算得；划线的为去掉的最高分、最低分。", "Open it level by level; each is made of the one below. What is struck through was dropped as highest or lowest.";
}
