//! Settling a field: the form carries exactly the dots that were shown.
//!
//! Invariant: if other values are live by now nothing is written, and the page shows what is new.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::points;
use protocol::problem::Code;
use uuid::Uuid;

use super::page::{Page, html};
use super::pages::Pages;
use super::records::Filters;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::Action;
use crate::i18n::Lang;
use crate::model::{
    Both, Choice, FieldConflict, FieldInput, HistoryLine, RecordView, Settlement, Shown, Sibling,
};

/// A form with a key that repeats (`shown`).
type Pairs = Vec<(String, String)>;

const MAX_SHOWN: usize = 100;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.form(
        Action::SettleConflict,
        "/console/records/{id}/settle",
        settle,
    )
}

fn value<'a>(form: &'a Pairs, name: &str) -> &'a str {
    let found = form.iter().find(|(k, _)| k == name);
    found.map_or("", |(_, v)| v.trim())
}

fn parse_mark(input: FieldInput, form: &Pairs) -> Option<Shown> {
    if value(form, "na") == "1" {
        return Some(Shown::NotApplicable);
    }
    let text = value(form, "mark");
    match input {
        FieldInput::Points { max_e4 } => {
            let e4 = points::parse(text)?;
            (0..=max_e4).contains(&e4).then_some(Shown::Points(e4))
        }
        FieldInput::Count => {
            let n: i64 = text.parse().ok()?;
            (n >= 0).then_some(Shown::Count(n))
        }
        FieldInput::YesNo => match text {
            "yes" => Some(Shown::Bool(true)),
            "no" => Some(Shown::Bool(false)),
            _ => None,
        },
        FieldInput::Ratio => {
            let (ok, of) = text.split_once('/')?;
            let (ok, of): (i64, i64) = (ok.trim().parse().ok()?, of.trim().parse().ok()?);
            (0 <= ok && ok <= of && of > 0).then_some(Shown::Ratio(ok, of))
        }
        FieldInput::Text | FieldInput::ChooseOnly => None,
    }
}

/// Both values as one, as they were edited.
fn both(offered: &Both, text: &str) -> Choice {
    match &offered.mark {
        Some(mark) => Choice::Answer {
            mark: mark.clone(),
            note: Some(text.to_owned()).filter(|t| !t.is_empty()),
        },
        None => Choice::Text(text.to_owned()),
    }
}

/// What the form decides; `None` if it does not fit the field.
fn choice(input: FieldInput, offered: Option<&Both>, form: &Pairs) -> Option<Choice> {
    match value(form, "take") {
        "" => None,
        "+" => Some(both(offered?, value(form, "both"))),
        "-" if input == FieldInput::Text => Some(Choice::Text(value(form, "text").to_owned())),
        "-" => {
            let note = Some(value(form, "note").to_owned()).filter(|n| !n.is_empty());
            let mark = parse_mark(input, form)?;
            Some(Choice::Answer { mark, note })
        }
        dot => Some(Choice::Take(dot.to_owned())),
    }
}

fn shown(form: &Pairs) -> Vec<String> {
    let dots = form.iter().filter(|(k, _)| k == "shown");
    dots.take(MAX_SHOWN).map(|(_, v)| v.clone()).collect()
}

#[derive(Template)]
#[template(path = "stale.html")]
struct StalePage {
    t: Lang,
    p: Page,
    r: RecordView,
    field: String,
    reason: String,
    /// The field's conflict as it is now, if there is one.
    conflicts: Vec<FieldConflict>,
    new_values: Vec<Sibling>,
    /// The last change of the field: who settled it meanwhile, and how.
    now: Option<HistoryLine>,
    may_settle: bool,
    /// The list it was opened from.
    f: Filters,
}

async fn stale(
    state: &ConsoleState,
    user: &SignedIn,
    r: RecordView,
    order: Settlement,
    f: Filters,
) -> Result<Response, Refusal> {
    let same_field = |c: &&FieldConflict| c.field == order.field;
    let conflicts: Vec<_> = r.conflicts.iter().filter(same_field).cloned().collect();
    let live = conflicts.iter().flat_map(|c| &c.siblings);
    let is_new = |s: &&Sibling| !order.shown.contains(&s.dot);
    let page = StalePage {
        t: user.t,
        p: user.page(state).await?,
        field: order.field.clone(),
        reason: order.reason,
        new_values: live.filter(is_new).cloned().collect(),
        now: r.history.iter().find(|h| h.field == order.field).cloned(),
        conflicts,
        may_settle: true,
        f,
        r,
    };
    Ok((StatusCode::CONFLICT, html(&page)?).into_response())
}

/// `POST /console/records/{id}/settle`
pub async fn settle(
    State(state): State<ConsoleState>,
    user: SignedIn,
    Path(id): Path<Uuid>,
    Query(f): Query<Filters>,
    Form(form): Form<Pairs>,
) -> Result<Response, Refusal> {
    let viewer = user.viewer();
    let record = state.app.record(&viewer, id).await?;
    let mut order = Settlement {
        record: id,
        field: value(&form, "field").to_owned(),
        shown: shown(&form),
        choice: Choice::Take(String::new()),
        reason: value(&form, "reason").to_owned(),
    };
    if order.reason.is_empty() {
        return Err(Refusal::new(Code::ReasonRequired));
    }
    let conflict = record.conflicts.iter().find(|c| c.field == order.field);
    let Some(conflict) = conflict else {
        return stale(&state, &user, record, order, f).await;
    };
    let chosen = choice(conflict.input, conflict.both.as_ref(), &form);
    order.choice = chosen.ok_or_else(|| Refusal::new(Code::Invalid))?;
    let object = format!("{id} {}", order.field);
    let result = state.app.settle(&viewer, &order).await;
    let result = user
        .audited(&state, Action::SettleConflict, &object, result)
        .await?;
    match result {
        Ok(()) => {
            let to = f.record_url(id, "settled");
            Ok(Redirect::to(&to).into_response())
        }
        Err(e) if e.refusal().is_some_and(|r| r.code == Code::Conflict) => {
            let record = state.app.record(&viewer, id).await?;
            stale(&state, &user, record, order, f).await
        }
        Err(e) => Err(e.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Pairs {
        let pair = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_form_takes_one_of_the_values_or_writes_another_that_fits() {
        let max = FieldInput::Points { max_e4: 80_000 };
        let take = form(&[("take", "dot-1"), ("shown", "dot-1"), ("shown", "dot-2")]);
        assert_eq!(
            choice(max, None, &take),
            Some(Choice::Take("dot-1".to_owned()))
        );
        assert_eq!(shown(&take), ["dot-1", "dot-2"]);
        let other = form(&[("take", "-"), ("mark", "7.5"), ("note", "复核")]);
        let expected = Choice::Answer {
            mark: Shown::Points(75_000),
            note: Some("复核".to_owned()),
        };
        assert_eq!(choice(max, None, &other), Some(expected));
        let text = form(&[("take", "-"), ("text", "王家庄")]);
        assert_eq!(
            choice(FieldInput::Text, None, &text),
            Some(Choice::Text("王家庄".to_owned()))
        );
    }

    #[test]
    fn both_are_taken_only_where_both_were_offered() {
        let pairs = form(&[("take", "+"), ("both", "甲；乙")]);
        assert_eq!(choice(FieldInput::Text, None, &pairs), None);
        let text = Both {
            text: "甲；乙".to_owned(),
            mark: None,
        };
        let taken = choice(FieldInput::Text, Some(&text), &pairs);
        assert_eq!(taken, Some(Choice::Text("甲；乙".to_owned())));
        let notes = Both {
            mark: Some(Shown::Count(2)),
            ..text
        };
        let expected = Choice::Answer {
            mark: Shown::Count(2),
            note: Some("甲；乙".to_owned()),
        };
        assert_eq!(
            choice(FieldInput::Count, Some(&notes), &pairs),
            Some(expected)
        );
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused() {
        let max = FieldInput::Points { max_e4: 80_000 };
        for (input, mark) in [
            (max, "8.01"),
            (max, "-1"),
            (max, ""),
            (FieldInput::Count, "-2"),
            (FieldInput::Count, "1.5"),
            (FieldInput::Ratio, "5/4"),
            (FieldInput::Ratio, "0/0"),
            (FieldInput::YesNo, "maybe"),
            (FieldInput::ChooseOnly, "1"),
        ] {
            let pairs = form(&[("take", "-"), ("mark", mark)]);
            assert_eq!(choice(input, None, &pairs), None, "{mark}");
        }
        assert_eq!(choice(max, None, &form(&[("mark", "1")])), None);
    }
}
