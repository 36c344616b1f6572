//! The ledger against a real office: numbers, changes, steps, merging, reach, the counts of a township.

use std::sync::atomic::Ordering;

use domain::issue::{Facts, Party, Standing, State};
use merge::Value;
use protocol::problem::Code;
use uuid::Uuid;

use super::change::Change;
use super::{decide, enter, fill, page, suggestions, view};
use crate::auth::Reach;
use crate::error::Result;
use crate::model::{
    IssuePatch, IssueQuery, IssueView, NewIssue, PairDecision, PairRuling, StepRequest,
};
use crate::store::IssueFilter;
use crate::testing::{Office, Phone, START, Write, supervisor};

const DAY_MS: i64 = 86_400_000;

fn found(at_ms: i64, at: Option<(i64, i64)>) -> Value {
    let (lat, lon) = (at.map(|p| p.0), at.map(|p| p.1));
    Value::List(vec![at_ms.into(), lat.into(), lon.into(), Value::Null])
}

fn issue(id: u128, site: Option<Uuid>, at: Option<(i64, i64)>) -> Vec<Write<'static>> {
    let id = Uuid::from_u128(id);
    vec![
        ("issue", id, "category", "exposed_garbage".into(), vec![]),
        ("issue", id, "description", "河边垃圾".into(), vec![]),
        ("issue", id, "severity", "minor".into(), vec![]),
        ("issue", id, "found", found(START, at), vec![]),
        ("issue", id, "site", site.into(), vec![]),
    ]
}

async fn push(office: &Office, phone: &mut Phone, changes: &[Write<'_>]) {
    let segment = phone.write(phone.group_scope(), changes);
    phone.sync(&office.app, vec![segment]).await.unwrap();
}

/// Changes an issue as the office, or moves it as a unit.
async fn change(
    office: &Office,
    (reach, party): (Reach, Party),
    id: Uuid,
    patch: IssuePatch,
    made: Option<StepRequest>,
) -> Result<IssueView> {
    let campaign = office.campaign;
    let job = office.app.write(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, campaign)?;
        let actor = supervisor();
        let by = Change {
            actor: &actor,
            reach: &reach,
            party,
            expected: None,
        };
        super::change(tx, ctx, &c, &by, id, &patch, made.as_ref())
    });
    job.await
}

const COUNTY: (Reach, Party) = (Reach::County, Party::Office);

fn step(made: &str, reason: &str) -> Option<StepRequest> {
    Some(StepRequest {
        made: made.to_owned(),
        on: None,
        verifier: None,
        reason: reason.to_owned(),
    })
}

fn refused<T>(result: Result<T>) -> Option<Code> {
    result.err().and_then(|e| e.refusal().map(|r| r.code))
}

async fn look(office: &Office, reach: Reach, id: Uuid) -> Result<IssueView> {
    let campaign = office.campaign;
    let job = office.app.read(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, campaign)?;
        view(tx, ctx, &c, (&reach, Party::Office), id)
    });
    job.await
}

async fn list(office: &Office, reach: Reach, query: IssueQuery) -> Vec<String> {
    let campaign = office.campaign;
    let job = office.app.read(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, campaign)?;
        page(tx, ctx, &c, &reach, &query)
    });
    let page = job.await.unwrap();
    page.items.into_iter().map(|i| i.number).collect()
}

async fn pair_up(office: &Office, d: PairDecision) -> Result<()> {
    let campaign = office.campaign;
    let job = office.app.write(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, campaign)?;
        decide(tx, ctx, &c, &supervisor(), &d)
    });
    job.await
}

async fn suggested(office: &Office) -> usize {
    let campaign = office.campaign;
    let job = office.app.read(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, campaign)?;
        suggestions(tx, ctx, &c, (0, 50))
    });
    job.await.unwrap().1
}

#[tokio::test]
async fn issues_are_numbered_as_they_arrive_and_no_number_is_used_twice() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let site = Some(office.sites[0]);
    push(&office, &mut phone, &issue(11, site, None)).await;
    let gone = ("issue", Uuid::from_u128(11), "deleted", true.into(), vec![]);
    push(&office, &mut phone, &[gone]).await;
    push(&office, &mut phone, &issue(12, site, None)).await;
    let all = list(&office, Reach::County, IssueQuery::default()).await;
    assert_eq!(all, ["西整〔2026〕0002"]);
    // By number, and by the id that the phone made.
    for q in ["0002".to_owned(), Uuid::from_u128(12).to_string()] {
        let query = IssueQuery {
            q: Some(q),
            ..IssueQuery::default()
        };
        assert_eq!(list(&office, Reach::County, query).await.len(), 1);
    }
}

#[tokio::test]
async fn an_issue_is_assigned_reported_checked_and_closed() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    push(&office, &mut phone, &issue(1, Some(office.sites[0]), None)).await;
    let id = Uuid::from_u128(1);
    let none = IssuePatch::default;
    let unnamed = change(&office, COUNTY, id, none(), step("assign", "")).await;
    assert_eq!(refused(unnamed), Some(Code::Invalid));
    let patch = IssuePatch {
        lead_unit: Some("640422100".to_owned()),
        assisting_units: Some(vec!["住建局".to_owned(), "住建局".to_owned()]),
        person: Some("镇长".to_owned()),
        root_causes: Some(vec!["duty".to_owned()]),
        ..none()
    };
    let seen = change(&office, COUNTY, id, patch, step("assign", "")).await;
    let seen = seen.unwrap();
    assert_eq!(seen.head.standing, "in_progress");
    // One day from assignment, by the category's time limit.
    assert_eq!(seen.head.due_on.as_deref(), Some("2026-05-02"));
    assert_eq!(seen.assisting_units.len(), 1);
    let early = change(&office, COUNTY, id, none(), step("close", "")).await;
    assert_eq!(refused(early), Some(Code::Conflict));
    let unit = (Reach::Unit("640422100".to_owned()), Party::Unit);
    let late = change(&office, unit.clone(), id, none(), step("report", "")).await;
    assert_eq!(late.unwrap().head.standing, "to_verify");
    let own = change(&office, unit, id, none(), step("close", "")).await;
    assert_eq!(refused(own), Some(Code::Forbidden));
    let silent = change(&office, COUNTY, id, none(), step("reject", " ")).await;
    assert_eq!(refused(silent), Some(Code::ReasonRequired));
    let closed = change(&office, COUNTY, id, none(), step("close", "")).await;
    let closed = closed.unwrap();
    assert_eq!(closed.head.standing, "closed");
    assert_eq!(closed.closed_on.as_deref(), Some("2026-05-01"));
    assert!(closed.history.len() > 8, "every step is in the history");
}

#[tokio::test]
async fn exactly_one_unit_leads_and_the_others_assist() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    push(&office, &mut phone, &issue(1, Some(office.sites[0]), None)).await;
    let id = Uuid::from_u128(1);
    let both = IssuePatch {
        lead_unit: Some("城管局".to_owned()),
        assisting_units: Some(vec!["城管局".to_owned()]),
        ..IssuePatch::default()
    };
    let twice = change(&office, COUNTY, id, both.clone(), None).await;
    assert_eq!(refused(twice), Some(Code::Invalid));
    let one = IssuePatch {
        assisting_units: None,
        ..both
    };
    let led = change(&office, COUNTY, id, one, step("assign", "")).await;
    led.unwrap();
    let nobody = IssuePatch {
        lead_unit: Some(String::new()),
        ..IssuePatch::default()
    };
    let none = change(&office, COUNTY, id, nobody, None).await;
    assert_eq!(refused(none), Some(Code::Invalid));
}

#[tokio::test]
async fn what_was_fixed_on_the_spot_is_counted_apart_and_never_open() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let mut changes = issue(1, Some(office.sites[0]), None);
    let fixed = Value::List(vec![true.into(), "已清运".into()]);
    let id = Uuid::from_u128(1);
    changes.push(("issue", id, "fixed_on_spot", fixed, vec![]));
    push(&office, &mut phone, &changes).await;
    let seen = look(&office, Reach::County, id).await.unwrap();
    assert_eq!(seen.head.standing, "fixed_on_spot");
    assert!(seen.moves.is_empty());
    let moved = change(
        &office,
        COUNTY,
        id,
        IssuePatch::default(),
        step("assign", ""),
    )
    .await;
    assert_eq!(refused(moved), Some(Code::Conflict));
}

#[tokio::test]
async fn one_issue_stands_for_two_with_the_photos_of_both_until_that_is_taken_back() {
    let office = Office::start().await;
    let (mut a, mut b) = (office.phone(0).await, office.phone(1).await);
    let here = Some((359_640_000, 1_057_290_000));
    let near = Some((359_641_000, 1_057_291_000));
    push(&office, &mut a, &issue(1, None, here)).await;
    push(&office, &mut b, &issue(2, None, near)).await;
    assert_eq!(suggested(&office).await, 1);
    let (keep, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let ruling = |ruling, reason: &str| PairDecision {
        keep,
        other,
        ruling,
        reason: reason.to_owned(),
    };
    pair_up(&office, ruling(PairRuling::Same, ""))
        .await
        .unwrap();
    let again = pair_up(&office, ruling(PairRuling::Same, "")).await;
    assert_eq!(refused(again), Some(Code::Conflict));
    assert_eq!(suggested(&office).await, 0);
    let kept = look(&office, Reach::County, keep).await.unwrap();
    assert_eq!(kept.merged.len(), 1);
    let gone = look(&office, Reach::County, other).await.unwrap();
    assert_eq!(gone.head.standing, "merged");
    let patch = IssuePatch {
        remark: Some("x".to_owned()),
        ..IssuePatch::default()
    };
    let changed = change(&office, COUNTY, other, patch, None).await;
    assert_eq!(refused(changed), Some(Code::Conflict));
    let silent = pair_up(&office, ruling(PairRuling::Open, "")).await;
    assert_eq!(refused(silent), Some(Code::ReasonRequired));
    pair_up(&office, ruling(PairRuling::Open, "看错了"))
        .await
        .unwrap();
    assert_eq!(suggested(&office).await, 1);
    pair_up(&office, ruling(PairRuling::Distinct, ""))
        .await
        .unwrap();
    assert_eq!(suggested(&office).await, 0);
    pair_up(&office, ruling(PairRuling::Open, "再看"))
        .await
        .unwrap();
    assert_eq!(suggested(&office).await, 1);
}

#[tokio::test]
async fn a_unit_sees_what_concerns_it_and_the_rest_is_not_there() {
    let office = Office::start().await;
    let (mut a, mut b) = (office.phone(0).await, office.phone(4).await);
    push(&office, &mut a, &issue(1, Some(office.sites[0]), None)).await;
    push(&office, &mut b, &issue(2, Some(office.sites[2]), None)).await;
    let patch = IssuePatch {
        lead_unit: Some("城管局".to_owned()),
        assisting_units: Some(vec!["640422101200".to_owned()]),
        ..IssuePatch::default()
    };
    let second = Uuid::from_u128(2);
    change(&office, COUNTY, second, patch, None).await.unwrap();
    let c = office.campaign().await;
    let township = |at: usize| c.sites[&office.sites[at]].township.clone().unwrap();
    let (first, other) = (township(0), township(2));
    for (reach, sees) in [
        (Reach::County, 2),
        (Reach::Unit(first), 1),
        (Reach::Unit(other), 1),
        (Reach::Unit("城管局".to_owned()), 1),
        (Reach::Unit("城管".to_owned()), 0),
        (Reach::Unit("640422101".to_owned()), 1),
        (Reach::Unit("640422101200".to_owned()), 1),
        (Reach::Unit("640422215".to_owned()), 0),
        (Reach::Group(1), 1),
        (Reach::Group(9), 0),
        (Reach::Nothing, 0),
    ] {
        // The list's SQL and the one rule of reach say the same.
        let listed = list(&office, reach.clone(), IssueQuery::default()).await;
        let mut opened = 0;
        for id in [1, 2] {
            let seen = look(&office, reach.clone(), Uuid::from_u128(id)).await;
            opened += usize::from(seen.is_ok());
        }
        assert_eq!((listed.len(), opened), (sees, sees), "{reach:?}");
    }
}

#[tokio::test]
async fn a_unit_named_by_its_name_has_the_issue_in_its_ledger() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    push(&office, &mut phone, &issue(1, None, None)).await;
    let c = office.campaign().await;
    let towns: Vec<_> = c
        .divisions
        .values()
        .filter(|d| d.level.is_township())
        .collect();
    let [lead, assists, ..] = towns.as_slice() else {
        panic!("two townships");
    };
    let patch = IssuePatch {
        lead_unit: Some(lead.label().to_owned()),
        assisting_units: Some(vec![assists.name.clone(), "城管局".to_owned()]),
        ..IssuePatch::default()
    };
    let id = Uuid::from_u128(1);
    let seen = change(&office, COUNTY, id, patch, None).await.unwrap();
    let kept = seen.head.lead_unit.unwrap();
    assert_eq!(
        (kept.code, kept.name.as_str()),
        (lead.code.clone(), lead.label())
    );
    for unit in [lead.code.as_str(), &assists.code, "城管局"] {
        let reach = Reach::Unit(unit.to_owned());
        let listed = list(&office, reach, IssueQuery::default()).await;
        assert_eq!(listed.len(), 1, "{unit}");
    }
}

#[tokio::test]
async fn no_issue_is_due_before_it_was_found() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    push(&office, &mut phone, &issue(1, None, None)).await;
    let id = Uuid::from_u128(1);
    let found = look(&office, Reach::County, id).await.unwrap();
    let on = found.head.found_at[..10].to_owned();
    for (due_on, code) in [("2000-01-01", Some(Code::Invalid)), (on.as_str(), None)] {
        let patch = IssuePatch {
            due_on: Some(due_on.to_owned()),
            ..IssuePatch::default()
        };
        let done = change(&office, COUNTY, id, patch, None).await;
        assert_eq!(refused(done), code, "{due_on}");
    }
}

#[tokio::test]
async fn the_counts_of_a_township_are_what_is_closed_and_what_is_overdue() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    for id in 1..=3 {
        push(&office, &mut phone, &issue(id, Some(office.sites[0]), None)).await;
    }
    let patch = IssuePatch {
        lead_unit: Some("640422100".to_owned()),
        ..IssuePatch::default()
    };
    for id in 1..=3 {
        let id = Uuid::from_u128(id);
        let made = step("assign", "");
        change(&office, COUNTY, id, patch.clone(), made)
            .await
            .unwrap();
    }
    for made in ["report", "close"] {
        let id = Uuid::from_u128(1);
        let done = change(&office, COUNTY, id, IssuePatch::default(), step(made, "")).await;
        done.unwrap();
    }
    let id = Uuid::from_u128(2);
    let done = change(
        &office,
        COUNTY,
        id,
        IssuePatch::default(),
        step("report", ""),
    )
    .await;
    done.unwrap();
    office.now.store(START + 3 * DAY_MS, Ordering::SeqCst);
    let campaign = office.campaign;
    let job = office.app.write(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, campaign)?;
        fill(tx, ctx, &c, &supervisor())
    });
    assert_eq!(job.await.unwrap(), 1);
    let c = office.campaign().await;
    let code = c.sites[&office.sites[0]].township.clone().unwrap();
    // One closed, one overdue; the one reported in time counts for neither side.
    assert_eq!(c.townships[&code].ledger, (2, 1, 1));
}

#[tokio::test]
async fn what_the_office_enters_is_numbered_and_reaches_no_phone() {
    let office = Office::start().await;
    let campaign = office.campaign;
    let new = NewIssue {
        category: "sewage".to_owned(),
        description: "群众反映".to_owned(),
        township: Some("640422100".to_owned()),
        found_on: Some("2026-04-30".to_owned()),
        ..NewIssue::default()
    };
    let bad = [
        NewIssue {
            category: "moon".to_owned(),
            ..new.clone()
        },
        NewIssue {
            description: " ".to_owned(),
            ..new.clone()
        },
        NewIssue {
            township: Some("1".to_owned()),
            ..new.clone()
        },
        NewIssue {
            found_on: Some("2026-02-30".to_owned()),
            ..new.clone()
        },
        NewIssue {
            found_on: Some("2026-05-03".to_owned()),
            ..new.clone()
        },
        NewIssue {
            severity: Some("dire".to_owned()),
            ..new.clone()
        },
        NewIssue {
            place: "a\u{1b}b".to_owned(),
            ..new.clone()
        },
        NewIssue {
            site: Some(Uuid::from_u128(5)),
            ..new.clone()
        },
    ];
    for new in bad {
        let told = format!("{new:?}");
        let job = office.app.write(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, campaign)?;
            enter(tx, ctx, &c, &supervisor(), &new)
        });
        assert_eq!(refused(job.await), Some(Code::Invalid), "{told}");
    }
    let job = office.app.write(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, campaign)?;
        enter(tx, ctx, &c, &supervisor(), &new)
    });
    let id = job.await.unwrap();
    let seen = look(&office, Reach::County, id).await.unwrap();
    assert_eq!(seen.head.number, "西整〔2026〕0001");
    assert_eq!(seen.head.found_at, "2026-04-30T12:00:00+08:00");
    let place = office.app.read(move |tx, _| tx.place(id)).await.unwrap();
    let scope = office.campaign().await.office_scope();
    assert_eq!(place.map(|(s, _)| s), Some(scope));
}

#[tokio::test]
async fn the_list_counts_and_filters_by_the_same_rule_as_the_domain() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    push(&office, &mut phone, &issue(1, Some(office.sites[0]), None)).await;
    let campaign = office.campaign;
    let row = office.app.read(|tx, _| tx.issue(Uuid::from_u128(1)));
    let row = row.await.unwrap().unwrap();
    let today = "2026-05-10";
    let dates = [
        None,
        Some("2026-05-09"),
        Some("2026-05-10"),
        Some("2026-05-11"),
    ];
    let mut tried = 0;
    for state in State::ALL {
        for (fixed, merged) in [(false, false), (true, false), (true, true), (false, true)] {
            for due in dates {
                for reported in dates {
                    let row = crate::store::IssueRow {
                        state: *state,
                        fixed,
                        duplicate_of: merged.then_some(Uuid::from_u128(9)),
                        due_on: due.map(str::to_owned),
                        reported_on: reported.map(str::to_owned),
                        ..row.clone()
                    };
                    let facts = Facts {
                        state: *state,
                        fixed_on_spot: fixed,
                        merged,
                        due_on: due,
                        reported_on: reported,
                    };
                    let told = facts.standing(today);
                    let filter = IssueFilter {
                        campaign,
                        standing: Some(told),
                        today: today.to_owned(),
                        ..IssueFilter::default()
                    };
                    let job = office.app.write(move |tx, _| {
                        tx.put_issue(&row)?;
                        Ok((tx.issue_counts(&filter)?, tx.issue_page(&filter, None, 9)?))
                    });
                    let (counts, rows) = job.await.unwrap();
                    let one: Vec<_> = counts.iter().filter(|(_, n)| *n > 0).collect();
                    assert_eq!(one, [&(told, 1)], "{facts:?}");
                    assert_eq!(rows.len(), 1);
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, 4 * 4 * 16);
    assert_eq!(Standing::ALL[0], Standing::Overdue);
}

/// The numbers of the issues with these ids.
async fn numbers(office: &Office, ids: &[u128]) -> Vec<String> {
    let mut list = Vec::new();
    for id in ids {
        let seen = look(office, Reach::County, Uuid::from_u128(*id)).await;
        list.push(seen.unwrap().head.number);
    }
    list
}

#[tokio::test]
async fn after_a_restore_numbers_go_on_beyond_a_gap_once() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    push(&office, &mut phone, &issue(1, None, None)).await;
    let restored = office.app.write(|tx, ctx| {
        let before = tx.generation()?;
        tx.start_generation(before, ctx.now_ms)
    });
    restored.await.unwrap();
    push(&office, &mut phone, &issue(2, None, None)).await;
    push(&office, &mut phone, &issue(3, None, None)).await;
    assert_eq!(
        numbers(&office, &[1, 2, 3]).await,
        ["西整〔2026〕0001", "西整〔2026〕1002", "西整〔2026〕1003"]
    );
}

#[tokio::test]
async fn a_backup_from_before_the_first_number_leaves_a_gap_too() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let restored = office.app.write(|tx, ctx| {
        let before = tx.generation()?;
        tx.start_generation(before, ctx.now_ms)
    });
    restored.await.unwrap();
    push(&office, &mut phone, &issue(1, None, None)).await;
    // A year in which nothing was restored begins with one.
    let (id, mut other) = (Uuid::from_u128(2), issue(2, None, None));
    other[3] = (
        "issue",
        id,
        "found",
        found(START - 365 * DAY_MS, None),
        vec![],
    );
    push(&office, &mut phone, &other).await;
    assert_eq!(
        numbers(&office, &[1, 2]).await,
        ["西整〔2026〕1001", "西整〔2025〕0001"]
    );
}
