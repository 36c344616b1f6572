//! Texts: the standing of quarters and the year.

use crate::i18n::Lang;

messages! {
    standing_hint = "季度得分 = 0.4 × 月检均分 + 0.6 × 观摩得分（校正后）；缺一项时另一项全计。年度得分 = 各季度均分 + 流动红旗加分（每面 1 分，最多 3 分）；黄牌只警示，不扣分。常数为建议值，以县里办法为准。", "A quarter is 0.4 × the mean of monthly checks + 0.6 × the tour's corrected score; if one is lacking the other counts whole. The year is the mean of its quarters plus 1 point per red flag (at most 3); a yellow card is a warning and takes nothing. The constants are a proposal.";
    standing_empty = "还没有可计入的结果", "No result that counts yet";
    standing_empty_hint = "月检或观摩活动的各组全部锁定后，结果计入所在季度；试填和抽查不计入。", "A monthly check or a tour counts once all its groups are locked; rehearsals and spot checks do not.";
    standing_year_title = "年度", "Year";
    standing_year_caption = "年度排名，到目前为止", "Standing of the year so far";
    standing_quarter_title = "季度", "Quarter";
    standing_mean = "各季度均分", "Mean of quarters";
    standing_flags = "红旗", "Red flags";
    standing_bonus = "加分", "Bonus";
    standing_cards = "黄牌", "Yellow cards";
    standing_malus = "扣分", "Malus";
    standing_score = "得分", "Score";
    standing_months = "月检均分", "Monthly checks";
    standing_tours = "观摩得分", "Tour";
    standing_moved = "较上季", "Against last quarter";
    standing_sources = "计入的活动", "Campaigns that count";
    standing_from = "首日", "First day";
    standing_campaign = "活动", "Campaign";
    standing_counts = "计入", "Counts as";
    standing_is_tour = "观摩（校正分 T′）", "Tour (corrected T′)";
    standing_is_month = "月检（得分 T）", "Monthly check (T)";
}
