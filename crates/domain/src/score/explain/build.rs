//! Building the trees from the workings.
//!
//! Invariant: values are copied from the workings, never computed here; `Node::check` is what recomputes.
//! Leaves out: sections and items, which come from `sheet::explain_sheet`.

use std::collections::BTreeMap;

use super::super::input::component_of;
use super::super::{
    Component, Components, Correction, GroupMean, Input, ScoreError, Site, SiteScore, Township,
    Workings,
};
use super::{Details, Explanation, Node, Rule, TownshipExplanation};
use crate::points::{HUNDRED, show};

struct Builder<'a> {
    input: &'a Input,
    workings: &'a Workings,
    details: &'a Details,
    scores: BTreeMap<(&'a str, i64), &'a SiteScore>,
    means: BTreeMap<i64, &'a GroupMean>,
}

pub(super) fn build(
    input: &Input,
    workings: &Workings,
    details: &Details,
) -> Result<Explanation, ScoreError> {
    let scores = workings
        .sites
        .iter()
        .map(|s| ((s.site.as_str(), s.group), s))
        .collect();
    let means = workings.means.iter().map(|m| (m.group, m)).collect();
    let builder = Builder {
        input,
        workings,
        details,
        scores,
        means,
    };
    let mut townships: Vec<&Township> = input.townships.iter().collect();
    townships.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(Explanation {
        method: workings.outcome.method,
        townships: townships
            .iter()
            .zip(&workings.outcome.townships)
            .map(|(t, result)| {
                let raw = builder.township(t, &result.components_e4, result.raw_e4)?;
                Ok(TownshipExplanation {
                    code: t.code.clone(),
                    group: t.group,
                    raw,
                    corrected_e4: result.corrected_e4,
                    corrected_formula: builder.formula(t, result.raw_e4, result.corrected_e4),
                })
            })
            .collect::<Result<_, ScoreError>>()?,
        deltas: workings
            .deltas
            .iter()
            .map(|d| builder.delta(d.group, d.unlimited_e4))
            .collect(),
    })
}

fn join(values: impl Iterator<Item = i64>) -> String {
    values.map(show).collect::<Vec<_>>().join(" + ")
}

impl Builder<'_> {
    fn township(
        &self,
        township: &Township,
        components: &Components,
        raw_e4: Option<i64>,
    ) -> Result<Node, ScoreError> {
        let weights = &self.input.rules.weights;
        let mut node = Node::new(&township.code, &township.name, &township.name);
        node.value_e4 = raw_e4;
        node.rule = Rule::WeightedMean;
        let counted = |c: Component| weights.of(c) > 0;
        let parts = components.iter().filter(|(c, _)| counted(**c));
        let terms = parts
            .clone()
            .map(|(c, e4)| format!("{} × {}", show(*e4), weights.of(*c)));
        let sum: i64 = parts.map(|(c, _)| weights.of(*c)).sum();
        node.formula = format!("({}) ÷ {sum}", terms.collect::<Vec<_>>().join(" + "));
        for (component, e4) in components {
            let mut child = match component {
                Component::R => self.rectification(&township.code),
                _ => self.component(*component, township)?,
            };
            child.value_e4 = Some(*e4);
            child.weight = Some(weights.of(*component));
            child.counted = counted(*component);
            node.children.push(child);
        }
        Ok(node)
    }

    fn rectification(&self, code: &str) -> Node {
        let mut node = Node::new(Component::R.letter(), Component::R.zh(), Component::R.en());
        if let Some(r) = self.input.rectification.iter().find(|r| r.township == code) {
            node.rule = Rule::Share {
                part: r.closed,
                whole: r.due,
            };
            node.max_e4 = Some(HUNDRED);
            node.formula = format!("{} × 100 ÷ {}", r.closed, r.due);
        }
        node
    }

    fn component(&self, component: Component, township: &Township) -> Result<Node, ScoreError> {
        let mut node = Node::new(component.letter(), component.zh(), component.en());
        node.rule = Rule::Mean;
        let own = |s: &&Site| {
            s.township.as_deref() == Some(&township.code) && component_of(s.kind) == Some(component)
        };
        let mut sites: Vec<&Site> = self.input.sites.iter().filter(own).collect();
        sites.sort_by(|a, b| a.id.cmp(&b.id));
        for site in sites {
            node.children.push(self.site(&site.id, township.group)?);
        }
        let values: Vec<i64> = node.children.iter().filter_map(|c| c.value_e4).collect();
        node.formula = format!("({}) ÷ {}", join(values.iter().copied()), values.len());
        Ok(node)
    }

    fn site(&self, id: &str, group: i64) -> Result<Node, ScoreError> {
        let name = self.details.site_names.get(id).map_or(id, String::as_str);
        let mut node = Node::new(id, name, name);
        node.rule = Rule::Sheets;
        if let Some(score) = self.scores.get(&(id, group)) {
            node.value_e4 = score.score_e4;
            let counted = score.sheets.iter().filter(|s| s.counted);
            node.formula = match score.score_e4 {
                Some(_) => {
                    let n = counted.clone().count();
                    format!("({}) ÷ {n}", join(counted.map(|s| s.score_e4)))
                }
                None => format!("评分人数不足 / too few sheets: {}", score.sheets.len()),
            };
            for sheet in &score.sheets {
                let mut child = self.sheet(id, &sheet.observer, sheet.score_e4)?;
                child.counted = sheet.counted;
                node.children.push(child);
            }
        }
        node.counted = node.value_e4.is_some();
        Ok(node)
    }

    fn sheet(&self, site: &str, observer: &str, score_e4: i64) -> Result<Node, ScoreError> {
        let key = (site.to_owned(), observer.to_owned());
        let name = self
            .details
            .observer_names
            .get(observer)
            .map_or(observer, String::as_str);
        let mut node = match self.details.sheets.get(&key) {
            Some(node) if node.value_e4 != Some(score_e4) => {
                return Err(ScoreError::DoesNotAddUp {
                    node: format!("{site} {observer}"),
                });
            }
            Some(node) => node.clone(),
            None => Node::new(observer, name, name),
        };
        node.code = observer.to_owned();
        (node.label_zh, node.label_en) = (name.to_owned(), name.to_owned());
        node.value_e4 = Some(score_e4);
        Ok(node)
    }

    /// δ of a group: the shared sites, and in each the groups' scores.
    fn delta(&self, group: i64, unlimited_e4: i64) -> Node {
        let zh = format!("第{group}组松紧度 δ");
        let mut node = Node::new(
            &group.to_string(),
            &zh,
            &format!("Leniency δ of group {group}"),
        );
        node.value_e4 = Some(unlimited_e4);
        node.rule = Rule::Gap { group };
        node.formula = "Σ(B − B̄) ÷ K, −5 ≤ δ ≤ 5".to_owned();
        for shared in &self.workings.shared {
            let name = self
                .details
                .site_names
                .get(&shared.site)
                .unwrap_or(&shared.site);
            let mut site = Node::new(&shared.site, name, name);
            site.rule = Rule::Mean;
            let values = shared.by_group.values().copied();
            site.formula = format!("({}) ÷ {}", join(values.clone()), shared.by_group.len());
            site.value_e4 = super::super::sites::mean(&values.collect::<Vec<_>>()).ok();
            for (g, e4) in &shared.by_group {
                let mut score =
                    Node::new(&g.to_string(), &format!("第{g}组"), &format!("Group {g}"));
                score.value_e4 = Some(*e4);
                site.children.push(score);
            }
            node.children.push(site);
        }
        node
    }

    fn formula(&self, township: &Township, raw: Option<i64>, corrected: Option<i64>) -> String {
        let (Some(t), Some(corrected)) = (raw, corrected) else {
            return "–".into();
        };
        let (t, value) = (show(t), show(corrected));
        let mean = self.means.get(&township.group);
        let a = show(mean.map_or(0, |m| m.mean_e4));
        let r = show(self.workings.grand_mean_e4.unwrap_or(0));
        match self.workings.outcome.method {
            Correction::None => format!("T = {value}"),
            Correction::BenchmarkAdditive => {
                let deltas = self
                    .workings
                    .deltas
                    .iter()
                    .find(|d| d.group == township.group);
                let delta = deltas.map_or(0, |d| d.delta_e4);
                format!("T − δ = {t} − ({}) = {value}", show(delta))
            }
            Correction::SecondAverage => format!("T × R ÷ A = {t} × {r} ÷ {a} = {value}"),
            Correction::Zscore => {
                let s = show(mean.map_or(0, |m| m.deviation_e4));
                let n = i128::try_from(self.means.len()).unwrap_or(1);
                let sum: i128 = self
                    .means
                    .values()
                    .map(|m| i128::from(m.deviation_e4))
                    .sum();
                let all = show(crate::points::div_round(sum, n).unwrap_or(0));
                format!("R + S̄ × (T − A) ÷ S = {r} + {all} × ({t} − {a}) ÷ {s} = {value}")
            }
            Correction::RankPoints => {
                let n = mean.map_or(0, |m| m.townships);
                let result = self.workings.outcome.township(&township.code);
                let rank = result.and_then(|r| r.rank_in_group).unwrap_or(0);
                format!("100 − 40 × ({rank} − 1) ÷ ({n} − 1) = {value}")
            }
        }
    }
}
