//! What holds of every result.
//!
//! Invariant: few cases by default, so that the suite stays quick; `PROPTEST_CASES` raises them.
//! Leaves out: exact values (`scoring_fixture`, `oracle`).

mod common;

use common::{Rng, campaign};
use domain::score::explain::{Details, explain};
use domain::score::*;
use domain::sheet::{self, Answers, Form, Mark};
use domain::{SiteKind, builtin};
use proptest::prelude::*;

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(48);
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn random(seed: u64) -> Input {
    campaign(&mut Rng(seed))
}

/// 1-2-2-4: every rank is one more than the number of better ones.
fn is_competition_ranking(ranks: &mut [usize]) -> bool {
    ranks.sort_unstable();
    ranks
        .iter()
        .all(|r| *r == 1 + ranks.iter().filter(|other| *other < r).count())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn order_of_the_input_carries_no_meaning(seed: u64) {
        let input = random(seed);
        let mut shuffled = input.clone();
        let mut rng = Rng(!seed);
        rng.shuffle(&mut shuffled.townships);
        rng.shuffle(&mut shuffled.sites);
        rng.shuffle(&mut shuffled.sheets);
        rng.shuffle(&mut shuffled.rectification);
        prop_assert_eq!(work(&input).unwrap(), work(&shuffled).unwrap());
        let details = Details::default();
        prop_assert_eq!(explain(&input, &details).unwrap(), explain(&shuffled, &details).unwrap());
    }

    #[test]
    fn raising_a_sheet_never_lowers_a_raw_score(seed: u64, pick: prop::sample::Index, more in 1i64..300_000) {
        let mut input = random(seed);
        prop_assume!(!input.sheets.is_empty());
        let before = compute(&input).unwrap();
        let sheet = pick.index(input.sheets.len());
        input.sheets[sheet].score_e4 = (input.sheets[sheet].score_e4 + more).min(1_000_000);
        let after = compute(&input).unwrap();
        for (b, a) in before.townships.iter().zip(&after.townships) {
            prop_assert!(a.raw_e4 >= b.raw_e4, "{}: {:?} -> {:?}", a.code, b.raw_e4, a.raw_e4);
        }
    }

    #[test]
    fn trimmed_mean_lies_between_the_inner_scores(mut scores in prop::collection::vec(0i64..=1_000_000, 0..30)) {
        scores.sort_unstable();
        let n = scores.len();
        match trimmed_mean(&scores).unwrap() {
            None => prop_assert!(n < 3),
            Some(mean) if n < 5 => prop_assert!(scores[0] <= mean && mean <= scores[n - 1]),
            Some(mean) => prop_assert!(scores[1] <= mean && mean <= scores[n - 2]),
        }
    }

    #[test]
    fn ranks_are_1_2_2_4_in_every_group_and_over_all(seed: u64) {
        let input = random(seed);
        let out = compute(&input).unwrap();
        let mut all: Vec<usize> = out.townships.iter().filter_map(|t| t.rank_corrected).collect();
        prop_assert!(is_competition_ranking(&mut all));
        for group in &out.groups {
            let of = |t: &&Township| t.group == group.group;
            let codes = input.townships.iter().filter(of);
            let mut own: Vec<usize> = codes.filter_map(|t| out.township(&t.code)?.rank_in_group).collect();
            prop_assert!(is_competition_ranking(&mut own));
        }
        for t in &out.townships {
            prop_assert_eq!(t.rank_in_group.is_some(), t.raw_e4.is_some());
            prop_assert_eq!(t.rank_corrected.is_some(), t.corrected_e4.is_some());
        }
    }

    #[test]
    fn no_township_has_both_awards_and_none_vetoed_has_a_flag(seed: u64) {
        let input = random(seed);
        let awards = compute(&input).unwrap().awards;
        prop_assert!(awards.red_flag.iter().all(|c| !awards.yellow_card.contains(c)));
        for t in input.townships.iter().filter(|t| t.vetoed) {
            prop_assert!(!awards.red_flag.contains(&t.code));
        }
    }

    #[test]
    fn gates_only_take_awards_away(seed: u64, red in 0i64..1_000_000, yellow in 0i64..1_000_000) {
        let mut input = random(seed);
        let open = compute(&input).unwrap();
        input.rules.award.red_min_e4 = Some(red);
        input.rules.award.yellow_max_e4 = Some(yellow);
        let gated = compute(&input).unwrap();
        prop_assert_eq!(&open.townships, &gated.townships);
        for code in &gated.awards.red_flag {
            prop_assert!(open.awards.red_flag.contains(code));
            let t = gated.township(code).unwrap();
            let score = match input.rules.award.scope {
                AwardScope::PerGroup => t.raw_e4,
                AwardScope::Overall => t.corrected_e4,
            };
            prop_assert!(domain::points::cents(score.unwrap()) >= domain::points::cents(red));
        }
    }

    #[test]
    fn the_explanation_adds_up_to_the_result(seed: u64) {
        let input = random(seed);
        let out = compute(&input).unwrap();
        let explanation = explain(&input, &Details::default()).unwrap();
        explanation.check(&out).unwrap();
        let text = serde_json::to_string(&explanation).unwrap();
        let read: explain::Explanation = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read, explanation);
    }

    #[test]
    fn an_explanation_of_other_numbers_does_not_pass(seed: u64, pick: prop::sample::Index) {
        let mut input = random(seed);
        input.sheets.retain(|s| !s.site.starts_with("town"));
        prop_assume!(!input.sheets.is_empty());
        let explanation = explain(&input, &Details::default()).unwrap();
        let sheet = pick.index(input.sheets.len());
        let up = input.sheets[sheet].score_e4 < 500_000;
        input.sheets[sheet].score_e4 = if up { 1_000_000 } else { 0 };
        let other = compute(&input).unwrap();
        let same = compute(&input).is_ok_and(|o| explanation.check(&o).is_ok());
        // A sheet may be trimmed before and after; then the result is the same, and only then may it pass.
        let unchanged = explanation.townships.iter().zip(&other.townships).all(|(e, o)| {
            let parts: Vec<_> = e.raw.children.iter().filter_map(|c| c.value_e4).collect();
            e.corrected_e4 == o.corrected_e4
                && e.raw.value_e4 == o.raw_e4
                && parts.iter().eq(o.components_e4.values())
        });
        prop_assert_eq!(same, unchanged);
    }

    #[test]
    fn sections_and_lines_of_a_random_sheet_add_up(seed: u64, quick: bool) {
        let kind = SiteKind::DemonstrationVillage;
        let own = builtin::checklist_for(kind).unwrap().for_site(kind, None).unwrap();
        let form = if quick { Form::Quick } else { Form::Detailed };
        let mut rng = Rng(seed);
        let mut answers = Answers::new();
        for item in own.lines(form) {
            answers.insert(item.id.clone(), random_mark(&mut rng, item).into());
        }
        let sheet = sheet::score(&own, form, &answers).unwrap();
        prop_assert!(sheet.is_complete());
        prop_assert_eq!(sheet.sections.iter().map(|s| s.earned_e4).sum::<i64>(), sheet.earned_e4);
        prop_assert_eq!(sheet.lines.iter().filter_map(|l| l.points_e4).sum::<i64>(), sheet.earned_e4);
        prop_assert!((0..=1_000_000).contains(&sheet.score_e4.unwrap()));
        let tree = sheet::explain_sheet(&own, form, &answers).unwrap();
        tree.check().unwrap();
        prop_assert_eq!(tree.value_e4, sheet.score_e4);
    }

    #[test]
    fn leaving_out_an_item_is_the_same_as_a_checklist_without_it(seed: u64) {
        let kind = SiteKind::DemonstrationVillage;
        let own = builtin::checklist_for(kind).unwrap().for_site(kind, None).unwrap();
        let mut rng = Rng(seed);
        let mut answers = Answers::new();
        for item in &own.items {
            answers.insert(item.id.clone(), random_mark(&mut rng, item).into());
        }
        let mut without = own.clone();
        let applies = |id: &str| answers[id].mark != Mark::NotApplicable;
        without.items.retain(|i| applies(&i.id));
        let rest = answers.clone().into_iter().filter(|(id, _)| applies(id)).collect();
        let left_out = sheet::score(&own, Form::Detailed, &answers).unwrap();
        let shorter = sheet::score(&without, Form::Detailed, &rest).unwrap();
        prop_assert_eq!(left_out.score_e4, shorter.score_e4);
        prop_assert_eq!(left_out.max_e4, shorter.max_e4);
    }
}

fn random_mark(rng: &mut Rng, item: &domain::checklist::Item) -> Mark {
    use domain::checklist::ItemType::*;
    if item.na_allowed && rng.one_in(3) {
        return Mark::NotApplicable;
    }
    match item.kind {
        Score { step_e4 } => Mark::Points(step_e4 * rng.below((item.max_e4 / step_e4 + 1) as u64)),
        YesNo => Mark::YesNo(rng.one_in(2)),
        Deduct { .. } => Mark::Count(rng.below(8)),
        Ratio { .. } => {
            let sampled = 1 + rng.below(9);
            Mark::Ratio {
                ok: rng.below(sampled as u64 + 1),
                sampled,
            }
        }
    }
}
