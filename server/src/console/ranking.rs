//! Ranking and awards, and how a township's number came about.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::score::Component;
use protocol::problem::Code;

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::{Action, allows};
use crate::error::Error;
use crate::i18n::Lang;
use crate::model::{AwardKind, ExplainNode, Explanation, Ranking};

/// Deepest level that is drawn: township, component, site, sheet, section, item.
const MAX_DEPTH: usize = 12;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewRanking, "/console/ranking", show).page(
        Action::ViewRanking,
        "/console/ranking/{code}",
        explain,
    )
}

#[derive(Template)]
#[template(path = "ranking.html")]
struct RankingPage {
    t: Lang,
    p: Page,
    weights: String,
    rules_short: String,
    components: Vec<Component>,
    may_prepare: bool,
    k: Ranking,
}

/// `示范村 50 · 农户 20`: the weights that count.
fn weights(t: Lang, k: &Ranking) -> String {
    let counted = Component::ALL.iter().filter(|c| k.weights.of(**c) != 0);
    let parts: Vec<_> = counted
        .map(|c| format!("{} {}", t.component(c), k.weights.of(*c)))
        .collect();
    parts.join(" · ")
}

/// The components that some township has.
fn components(k: &Ranking) -> Vec<Component> {
    let rows = || k.groups.iter().flat_map(|g| &g.rows).chain(&k.overall);
    let has = |c: &Component| rows().any(|r| r.component(c).is_some());
    Component::ALL.into_iter().filter(has).collect()
}

impl RankingPage {
    /// The head of a component's column: one without weight says that it does not count.
    fn part(&self, c: &Component) -> String {
        let name = self.t.component(c);
        match self.k.weights.of(*c) {
            0 => self.t.uncounted(name),
            _ => name.to_owned(),
        }
    }
}

/// `GET /console/ranking`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    if let Some(page) = user.no_campaign(&state).await? {
        return Ok(page);
    }
    let k = state.app.ranking(&user.viewer()).await?;
    html(&RankingPage {
        t: user.t,
        p: user.page(&state).await?,
        weights: weights(user.t, &k),
        rules_short: k.rules_hash.chars().take(16).collect(),
        components: components(&k),
        may_prepare: user.may(Action::Prepare),
        k,
    })
}

#[derive(Template)]
#[template(path = "explain.html")]
struct ExplainPage {
    t: Lang,
    p: Page,
    e: Explanation,
    /// HTML of the tree, made of escaped lines.
    tree: String,
}

#[derive(Template)]
#[template(path = "explain_node.html")]
struct NodeLine<'a> {
    t: Lang,
    n: &'a ExplainNode,
}

/// Takes the links to records out, for who may not open them.
fn unlink(node: &mut ExplainNode) {
    node.record = None;
    node.children.iter_mut().for_each(unlink);
}

fn draw(t: Lang, node: &ExplainNode, depth: usize, out: &mut String) -> Result<(), askama::Error> {
    let line = NodeLine { t, n: node }.render()?;
    if node.children.is_empty() || depth >= MAX_DEPTH {
        out.push_str(&format!("<div class=\"leaf\">{line}</div>"));
        return Ok(());
    }
    let open = if depth < 2 { " open" } else { "" };
    out.push_str(&format!("<details{open}><summary>{line}</summary>"));
    for child in &node.children {
        draw(t, child, depth + 1, out)?;
    }
    out.push_str("</details>");
    Ok(())
}

/// `GET /console/ranking/{code}`
pub async fn explain(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(code): Path<String>,
) -> Result<Response, Refusal> {
    let found = state.app.explain(&user.viewer(), &code).await;
    let mut e = found.map_err(|e| match e.refusal() {
        Some(r) if r.code == Code::NotReady => {
            Error::because(Code::NotReady, user.t.group_not_locked())
        }
        _ => e,
    })?;
    if !allows(user.viewer().role(), Action::ViewRecords) {
        unlink(&mut e.tree);
    }
    let mut tree = String::new();
    draw(user.t, &e.tree, 0, &mut tree)?;
    html(&ExplainPage {
        t: user.t,
        p: user.page(&state).await?,
        e,
        tree,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bilingual;

    #[test]
    fn the_tree_escapes_names_and_marks_what_is_dropped() {
        let leaf = ExplainNode {
            label: Bilingual {
                zh: "<script>alert(1)</script>".to_owned(),
                en: String::new(),
            },
            value_e4: Some(720_000),
            how: Bilingual::default(),
            counted: false,
            record: None,
            children: Vec::new(),
        };
        let root = ExplainNode {
            label: Bilingual {
                zh: "火石寨".to_owned(),
                en: "Huoshizhai".to_owned(),
            },
            counted: true,
            value_e4: Some(908_000),
            children: vec![leaf.clone()],
            ..leaf
        };
        let mut html = String::new();
        draw(Lang::En, &root, 0, &mut html).unwrap();
        assert!(!html.contains("<script>"));
        assert!(html.contains("Huoshizhai") && html.contains("90.80"));
        assert!(html.contains("not counted") && html.contains("72.00"));
    }
}
