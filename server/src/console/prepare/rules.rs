//! Weights, correction and awards, explained in plain words, with their versions.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::Response;
use domain::score::{AwardScope, Component, Correction, Rules};

use super::typed::{Fields, Typed};
use super::{Strip, ended, fresh, go, mark, strip};
use crate::auth::Action;
use crate::console::page::{Page, html};
use crate::console::pages::Pages;
use crate::console::refusal::Refusal;
use crate::console::session::SignedIn;
use crate::console::state::ConsoleState;
use crate::error::Result as Done;
use crate::i18n::Lang;
use crate::services::prepare::refuse;
use crate::services::prepare::rules::{self, Version};

pub fn pages(p: Pages) -> Pages {
    p.page(Action::Prepare, "/console/prepare/rules", show)
        .form(Action::Prepare, "/console/prepare/rules", save)
}

const CORRECTIONS: [(&str, Correction); 5] = [
    ("benchmark_additive", Correction::BenchmarkAdditive),
    ("second_average", Correction::SecondAverage),
    ("zscore", Correction::Zscore),
    ("rank_points", Correction::RankPoints),
    ("none", Correction::None),
];

/// A weight as its row shows it.
struct Weight {
    component: Component,
    /// Name of the field.
    field: String,
    value: String,
}

#[derive(Template)]
#[template(path = "prepare_rules.html")]
struct RulesPage {
    t: Lang,
    p: Page,
    f: Typed,
    s: Strip,
    rules: Rules,
    seen: String,
    sum: i64,
    weights: Vec<Weight>,
    corrections: [(&'static str, Correction); 5],
    versions: Vec<Version>,
    running: bool,
    locked: bool,
}

impl RulesPage {
    fn overall(&self) -> bool {
        self.rules.award.scope == AwardScope::Overall
    }

    fn gate(&self, gate: &Option<i64>) -> String {
        gate.map_or_else(String::new, domain::points::show2)
    }

    /// The weights that count, with their names.
    fn weights_of(&self, rules: &Rules) -> String {
        let part = |c: &Component| format!("{} {}", self.t.component(c), rules.weights.of(*c));
        let counted = Component::ALL.iter().filter(|c| rules.weights.of(**c) > 0);
        counted.map(part).collect::<Vec<_>>().join(" · ")
    }

    fn number(&self, n: &i64) -> String {
        n.to_string()
    }
}

async fn render(state: &ConsoleState, user: &SignedIn, f: Typed) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(state).await? {
        return Ok(page);
    }
    let looking = user.viewer();
    let read = state.app.look(&looking, |tx, _, c| {
        let locked = c.groups.iter().any(|g| g.locked);
        Ok((
            c.rules.clone(),
            rules::versions(tx, c)?,
            c.state.clone(),
            locked,
        ))
    });
    let (rules, versions, campaign_state, locked) = read.await?;
    let weights = Component::ALL.into_iter().map(|component| Weight {
        component,
        field: component.letter().to_lowercase(),
        value: rules.weights.of(component).to_string(),
    });
    let page = html(&RulesPage {
        t: user.t,
        p: user.page(state).await?,
        s: strip(state, user).await?,
        seen: mark(&rules),
        sum: rules::sum(&rules),
        weights: weights.collect(),
        corrections: CORRECTIONS,
        rules,
        versions,
        running: campaign_state != "preparing",
        locked,
        f: f.clone(),
    })?;
    Ok(f.answer(page))
}

/// `GET /console/prepare/rules`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    render(&state, &user, Typed::default()).await
}

fn whole(fields: &Fields, name: &str) -> Done<i64> {
    let text = fields.get(name).map_or("", |v| v.trim());
    text.parse()
        .map_err(|_| refuse(name, "应为整数", "a whole number"))
}

/// A score with at most two decimals, in e4; empty: none.
fn score(fields: &Fields, name: &str) -> Done<Option<i64>> {
    let text = fields.get(name).map_or("", |v| v.trim());
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        refuse(
            name,
            "应为 0—100 的分数，最多两位小数",
            "a score from 0 to 100, two decimals",
        )
    };
    let (before, after) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if before.is_empty() || before.len() > 3 || after.len() > 2 || !digits(before) || !digits(after)
    {
        return Err(wrong());
    }
    let whole: i64 = before.parse().map_err(|_| wrong())?;
    let hundredths: i64 = format!("{after:0<2}").parse().map_err(|_| wrong())?;
    Ok(Some(whole * 10_000 + hundredths * 100))
}

fn parse(fields: &Fields) -> Done<Rules> {
    let mut rules = Rules::default();
    let w = &mut rules.weights;
    for (name, weight) in [
        ("v", &mut w.v),
        ("h", &mut w.h),
        ("e", &mut w.e),
        ("s", &mut w.s),
        ("r", &mut w.r),
        ("m", &mut w.m),
    ] {
        *weight = whole(fields, name)?;
    }
    let word = fields.get("correction").map_or("", String::as_str);
    let found = CORRECTIONS.iter().find(|(w, _)| *w == word);
    let (_, correction) =
        found.ok_or_else(|| refuse("correction", "未知方法", "unknown method"))?;
    rules.correction = *correction;
    rules.award.scope = match fields.get("scope").map_or("", String::as_str) {
        "per_group" => AwardScope::PerGroup,
        "overall" => AwardScope::Overall,
        _ => return Err(refuse("scope", "未知范围", "unknown scope")),
    };
    (rules.award.red, rules.award.yellow) = (whole(fields, "red")?, whole(fields, "yellow")?);
    rules.award.red_min_e4 = score(fields, "red_min")?;
    rules.award.yellow_max_e4 = score(fields, "yellow_max")?;
    Ok(rules)
}

/// `POST /console/prepare/rules`
pub async fn save(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let (actor, sent) = (user.viewer().actor(), fields.clone());
    let looking = user.viewer();
    let done = state.app.act(&looking, move |tx, ctx, c| {
        fresh(&sent, &c.rules)?;
        let reason = sent.get("reason").map_or("", String::as_str);
        rules::set(tx, &actor, c, &parse(&sent)?, reason, ctx.now_ms)
    });
    match ended(
        &state,
        &user,
        (Action::Prepare, "rules"),
        fields,
        done.await,
    )
    .await?
    {
        Ok(()) => go("/console/prepare/rules?done=saved"),
        Err(typed) => render(&state, &user, typed).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_has_at_most_two_decimals() {
        let of = |text: &str| score(&Fields::from([("x".into(), text.into())]), "x");
        assert_eq!(of(" 90 ").unwrap(), Some(900_000));
        assert_eq!(of("79.5").unwrap(), Some(795_000));
        assert_eq!(of("0.05").unwrap(), Some(500));
        assert_eq!(of("").unwrap(), None);
        for bad in ["-1", "1.234", "1e2", ".5", "٣", "1000", "a"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
