//! Preparing at the desk, with the real store.

mod chance;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::draw::Candidate;
use domain::score::Rules;
use domain::sheet::Form;
use domain::{SiteKind, TownKind};
use uuid::Uuid;

use super::draws::{NewDraw, Purpose};
use super::edit::Basics;
use super::groups::GroupForm;
use super::roster::Person;
use super::sites::SiteForm;
use super::{draws, edit, groups, list, nominations, roster, rules, sites};
use crate::App;
use crate::error::Result;
use crate::services::campaign::Campaign;
use crate::services::sync::Context;
use crate::services::verify::VerifyOptions;
use crate::store::Tx;
use crate::testing::{Office, START, supervisor};

/// Acts on a campaign in one transaction.
async fn act<T, F>(app: &Arc<App>, id: Uuid, job: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&mut dyn Tx, &Context, &Campaign) -> Result<T> + Send + 'static,
{
    app.write(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, id)?;
        job(tx, ctx, &c)
    })
    .await
}

fn basics(name: &str) -> Basics {
    Basics {
        name: name.to_owned(),
        tour_kind: "tour".to_owned(),
        dates: ("2026-06-01".to_owned(), "2026-06-02".to_owned()),
        sheets_open: false,
    }
}

/// A campaign that is being prepared, with everything of a running one.
async fn preparing(office: &Office) -> Uuid {
    let by = supervisor();
    let made = office
        .app
        .clone_campaign(&by, office.campaign, basics("下一次观摩"), false);
    made.await.unwrap()
}

async fn clean(app: &App) {
    let options = VerifyOptions {
        rebuild: true,
        blobs: true,
    };
    let report = app.verify(options).await.unwrap();
    assert_eq!(report.findings, vec![]);
}

#[tokio::test]
async fn a_copy_has_the_same_preparation_under_ids_of_its_own_and_is_not_the_current_one() {
    let office = Office::start().await;
    let id = preparing(&office).await;
    let (old, new) = (
        office.campaign().await,
        office.app.campaign(id).await.unwrap(),
    );
    assert_eq!(
        (new.state.as_str(), new.cloned_from),
        ("preparing", Some(old.id))
    );
    assert_eq!(old.divisions, new.divisions);
    assert_eq!(
        old.checklists.keys().collect::<Vec<_>>(),
        new.checklists.keys().collect::<Vec<_>>()
    );
    let people = |c: &Campaign| {
        let row = |a: &crate::services::campaign::Account| {
            let group = a.group.and_then(|g| c.group(g)).map(|g| g.number);
            (
                a.name.clone(),
                a.role.clone(),
                a.home_unit.clone(),
                group,
                a.form,
            )
        };
        let mut list: Vec<_> = c.accounts.values().map(row).collect();
        list.sort_by(|a, b| a.0.cmp(&b.0));
        list
    };
    assert_eq!(people(&old), people(&new));
    assert_eq!(old.sites.len(), new.sites.len());
    assert!(old.sites.keys().all(|id| !new.sites.contains_key(id)));
    assert!(old.accounts.keys().all(|id| !new.accounts.contains_key(id)));
    let current = office.app.current_campaign().await.unwrap().unwrap();
    assert_eq!(current.id, old.id);
    let names: Vec<String> = office
        .app
        .campaigns()
        .await
        .unwrap()
        .iter()
        .map(|c| c.name.clone())
        .collect();
    assert_eq!(names, ["下一次观摩", "观摩"]);
    clean(&office.app).await;
}

#[tokio::test]
async fn the_current_campaign_is_chosen_and_a_rehearsal_cannot_be() {
    let office = Office::start().await;
    let id = preparing(&office).await;
    let app = &office.app;
    act(app, id, move |tx, ctx, c| {
        list::set_current(tx, &supervisor(), c, ctx.now_ms)
    })
    .await
    .unwrap();
    assert_eq!(app.current_campaign().await.unwrap().unwrap().id, id);
    let trial = app
        .clone_campaign(&supervisor(), id, basics("试填"), true)
        .await
        .unwrap();
    let error = act(app, trial, |tx, ctx, c| {
        list::set_current(tx, &supervisor(), c, ctx.now_ms)
    })
    .await
    .unwrap_err();
    assert_eq!(error.code(), "invalid");
    assert_eq!(app.current_campaign().await.unwrap().unwrap().id, id);
}

#[tokio::test]
async fn a_start_is_refused_with_everything_that_is_missing_at_once() {
    let office = Office::start().await;
    let app = &office.app;
    let new = basics("空").with_rules(Rules::default());
    let id = app.create_campaign(&supervisor(), new).await.unwrap();
    let divisions = domain::builtin::divisions().iter().cloned().collect();
    app.add_divisions(&supervisor(), id, divisions)
        .await
        .unwrap();
    let readiness = app.preparation(id).await.unwrap();
    let blocking = readiness.lacks.iter().filter(|l| l.blocks);
    let words: Vec<&str> = blocking.map(|l| l.en.as_str()).collect();
    assert_eq!(words.len(), 19 + 4, "{words:?}");
    for expected in ["no groups", "no observers", "no sites", "no checklist"] {
        assert!(words.contains(&expected), "{expected}: {words:?}");
    }
    let error = app.start_campaign(&supervisor(), id).await.unwrap_err();
    assert_eq!(error.code(), "not_ready");
    let detail = error.to_string();
    assert!(
        detail.contains("火石寨") && detail.contains("no observers"),
        "{detail}"
    );
    // Two groups, one of them empty in every way; a township in two groups.
    for number in [1, 2] {
        let form = GroupForm {
            number,
            name: format!("第{number}组"),
            ..GroupForm::default()
        };
        act(app, id, move |tx, ctx, c| {
            groups::put(tx, &supervisor(), c, &form, ctx.now_ms)
        })
        .await
        .unwrap();
    }
    let readiness = app.preparation(id).await.unwrap();
    let has = |zh: &str| readiness.lacks.iter().any(|l| l.zh == zh);
    assert!(has("第2组没有观摩人员") && has("第1组没有点位") && has("第1组没有带队领导"));
    assert!(readiness.done.contains(&super::readiness::Step::Campaign));
    assert!(!readiness.may_start());
}

#[tokio::test]
async fn a_copied_preparation_is_ready_and_starts() {
    let office = Office::start().await;
    let id = preparing(&office).await;
    let readiness = office.app.preparation(id).await.unwrap();
    assert!(readiness.may_start(), "{:?}", readiness.lacks);
    office.app.start_campaign(&supervisor(), id).await.unwrap();
    let states: Vec<String> = office
        .app
        .campaigns()
        .await
        .unwrap()
        .iter()
        .map(|c| c.state.clone())
        .collect();
    assert_eq!(states, ["running", "running"]);
}

#[tokio::test]
async fn a_campaign_is_edited_until_it_starts_and_its_state_never_goes_back() {
    let office = Office::start().await;
    let id = preparing(&office).await;
    let app = &office.app;
    let set = async |b: Basics| {
        act(app, id, move |tx, ctx, c| {
            edit::edit(tx, &supervisor(), c, &b, ctx.now_ms)
        })
        .await
    };
    let script = "<script>alert(1)</script>";
    set(basics(script)).await.unwrap();
    assert_eq!(app.campaign(id).await.unwrap().name, script);
    for (bad, field) in [
        (basics(""), "name"),
        (basics(&"长".repeat(101)), "name"),
        (basics("一\n二"), "name"),
        (
            Basics {
                tour_kind: "x".into(),
                ..basics("a")
            },
            "tour_kind",
        ),
        (
            Basics {
                dates: ("2026-02-30".into(), "2026-03-01".into()),
                ..basics("a")
            },
            "first_day",
        ),
        (
            Basics {
                dates: ("2026-03-02".into(), "2026-03-01".into()),
                ..basics("a")
            },
            "last_day",
        ),
    ] {
        let error = set(bad).await.unwrap_err();
        assert_eq!(error.code(), "invalid");
        assert!(error.to_string().contains(&format!("{field}: ")), "{error}");
    }
    set(basics(&"长".repeat(100))).await.unwrap();
    let go = async |to: &'static str, why: &'static str| {
        let by = supervisor();
        act(app, id, move |tx, ctx, c| {
            edit::advance(tx, &by, c, to, why, ctx.now_ms)
        })
        .await
    };
    assert_eq!(go("closed", "完").await.unwrap_err().code(), "invalid");
    app.start_campaign(&supervisor(), id).await.unwrap();
    assert_eq!(set(basics("晚了")).await.unwrap_err().code(), "frozen");
    assert_eq!(go("archived", "完").await.unwrap_err().code(), "invalid");
    assert_eq!(
        go("closed", " ").await.unwrap_err().code(),
        "reason_required"
    );
    go("closed", "取消").await.unwrap();
    assert_eq!(go("running", "再来").await.unwrap_err().code(), "invalid");
    go("archived", "").await.unwrap();
}

#[tokio::test]
async fn rules_change_freely_before_the_start_and_later_as_versions_that_all_stay() {
    let office = Office::start().await;
    let id = preparing(&office).await;
    let app = &office.app;
    let set = async |v: i64, h: i64, why: &'static str| {
        let mut new = Rules::default();
        (new.weights.v, new.weights.h) = (v, h);
        act(app, id, move |tx, ctx, c| {
            rules::set(tx, &supervisor(), c, &new, why, ctx.now_ms)
        })
        .await
    };
    let error = set(50, 30, "").await.unwrap_err();
    assert!(error.to_string().contains("110"), "{error}");
    assert_eq!(set(-10, 80, "").await.unwrap_err().code(), "invalid");
    set(40, 30, "").await.unwrap();
    assert_eq!(app.campaign(id).await.unwrap().rules.weights.v, 40);
    app.start_campaign(&supervisor(), id).await.unwrap();
    assert_eq!(set(45, 25, "").await.unwrap_err().code(), "reason_required");
    let before = app.campaign(id).await.unwrap().rules_hash.clone();
    set(45, 25, "县里会议决定").await.unwrap();
    set(45, 25, "同样的内容不再记").await.unwrap();
    set(30, 40, "再改").await.unwrap();
    let kept = app
        .read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            rules::versions(tx, &c)
        })
        .await
        .unwrap();
    let told: Vec<(i64, i64, &str)> = kept
        .iter()
        .map(|v| (v.version, v.rules.weights.v, v.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [(1, 40, ""), (2, 45, "县里会议决定"), (3, 30, "再改")]
    );
    let now = app.campaign(id).await.unwrap();
    assert!(now.rules_hashes.contains(&before) && now.rules_hash != before);
    clean(app).await;
}

#[tokio::test]
async fn a_locked_result_keeps_its_rules_and_a_locked_group_keeps_the_rules_from_changing() {
    let office = Office::start().await;
    let app = &office.app;
    let group = office.groups[0];
    app.lock_group(&supervisor(), office.campaign, group, None)
        .await
        .unwrap();
    let mut new = Rules::default();
    (new.weights.v, new.weights.h) = (40, 30);
    let error = act(app, office.campaign, move |tx, ctx, c| {
        rules::set(tx, &supervisor(), c, &new, "改", ctx.now_ms)
    });
    assert_eq!(error.await.unwrap_err().code(), "locked");
    clean(app).await;
}

#[tokio::test]
async fn groups_have_a_lead_and_a_rapporteur_and_the_split_is_changed_by_hand() {
    let office = Office::start().await;
    let id = preparing(&office).await;
    let app = &office.app;
    let c = app.campaign(id).await.unwrap();
    let person = c.accounts.keys().next().copied();
    let put = async |form: GroupForm| {
        act(app, id, move |tx, ctx, c| {
            groups::put(tx, &supervisor(), c, &form, ctx.now_ms)
        })
        .await
    };
    let form = GroupForm {
        number: 1,
        name: "第一组".into(),
        lead: "带队县级领导".into(),
        rapporteur: person,
    };
    let group = put(form.clone()).await.unwrap();
    let c = app.campaign(id).await.unwrap();
    let found = c.group(group).unwrap();
    assert_eq!(
        (found.name.as_str(), found.lead.as_deref()),
        ("第一组", Some("带队县级领导"))
    );
    assert_eq!(found.rapporteur, person);
    for bad in [
        GroupForm {
            number: 0,
            ..form.clone()
        },
        GroupForm {
            name: " ".into(),
            ..form.clone()
        },
        GroupForm {
            lead: "长".repeat(101),
            ..form.clone()
        },
        GroupForm {
            rapporteur: Some(Uuid::from_u128(7)),
            ..form.clone()
        },
    ] {
        assert_eq!(put(bad).await.unwrap_err().code(), "invalid");
    }
    let assign = async |rows: Vec<(String, Option<i64>)>| {
        act(app, id, move |tx, ctx, c| {
            groups::assign(tx, &supervisor(), c, &rows, ctx.now_ms)
        })
        .await
    };
    let codes: Vec<String> = c.townships.keys().cloned().collect();
    let as_is: Vec<_> = codes
        .iter()
        .map(|code| {
            let group = c.townships[code].group.and_then(|g| c.group(g));
            (code.clone(), group.map(|g| g.number))
        })
        .collect();
    assert_eq!(assign(as_is.clone()).await.unwrap(), 0);
    let mut other = as_is.clone();
    other[0].1 = None;
    other[1].1 = Some(2);
    assert_eq!(assign(other).await.unwrap(), 2);
    assert!(!app.preparation(id).await.unwrap().may_start());
    let unknown = vec![(codes[0].clone(), Some(9))];
    assert_eq!(assign(unknown).await.unwrap_err().code(), "invalid");
    assert_eq!(assign(as_is).await.unwrap(), 2);
    assert!(app.preparation(id).await.unwrap().may_start());
}

#[tokio::test]
async fn a_substitute_goes_on_and_what_the_other_submitted_still_counts_as_his() {
    let office = Office::start().await;
    let app = &office.app;
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    let site = office.sites[0];
    let changes = phone.filled(&c, site, 0);
    let segment = phone.write(phone.sealed(), &changes);
    phone.sync(app, vec![segment]).await.unwrap();
    let new = Person {
        name: "替补01".into(),
        role: "observer".into(),
        ..Person::default()
    };
    let id = office.campaign;
    let coming = act(app, id, move |tx, ctx, c| {
        roster::add(tx, &supervisor(), c, &new, ctx.now_ms)
    })
    .await
    .unwrap();
    let leaving = office.accounts[0];
    let swap = async |pair: (Uuid, Uuid), why: &'static str| {
        act(app, id, move |tx, ctx, c| {
            roster::substitute(tx, &supervisor(), c, pair, why, ctx.now_ms)
        })
        .await
    };
    assert_eq!(
        swap((leaving, coming), "").await.unwrap_err().code(),
        "reason_required"
    );
    assert_eq!(
        swap((leaving, leaving), "病").await.unwrap_err().code(),
        "invalid"
    );
    assert_eq!(
        swap((leaving, office.accounts[7]), "病")
            .await
            .unwrap_err()
            .code(),
        "invalid"
    );
    swap((leaving, coming), "生病").await.unwrap();
    assert_eq!(
        swap((leaving, coming), "又病").await.unwrap_err().code(),
        "invalid"
    );
    let c = office.campaign().await;
    assert_eq!(c.accounts[&coming].group, Some(office.groups[0]));
    assert_eq!(c.accounts[&coming].form, Form::Detailed);
    let gathered = app
        .read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            let all = c.groups.iter().map(|g| g.id).collect();
            crate::services::results::gather(tx, &c, &all)
        })
        .await
        .unwrap();
    assert_eq!(gathered.input.sheets.len(), 1, "{:?}", gathered.left_out);
    assert_eq!(gathered.input.sheets[0].observer, leaving.to_string());
    // What his phone sends from now on waits.
    let more = phone.filled(&c, office.sites[1], 0);
    let segment = phone.write(phone.sealed(), &more);
    phone.sync(app, vec![segment]).await.unwrap();
    assert_eq!(office.verdicts().await, ["quarantined"]);
    // Whoever was replaced does not come back under the same account.
    let person = Person {
        name: "观摩员01".into(),
        role: "observer".into(),
        group: Some(1),
        ..Person::default()
    };
    let back = act(app, id, move |tx, ctx, c| {
        roster::edit(
            tx,
            &supervisor(),
            c,
            leaving,
            &person,
            true,
            "好了",
            ctx.now_ms,
        )
    });
    assert_eq!(back.await.unwrap_err().code(), "invalid");
    clean(app).await;
}

#[tokio::test]
async fn the_roster_is_edited_with_a_reason_after_the_start_and_recusals_are_taken_back() {
    let office = Office::start().await;
    let (app, id) = (&office.app, office.campaign);
    let who = office.accounts[1];
    let c = office.campaign().await;
    let township = c.townships.keys().next().unwrap().clone();
    let person = |name: &str| Person {
        name: name.into(),
        role: "observer".into(),
        group: Some(1),
        home_unit: None,
        form: Form::Quick,
    };
    let edit = async |p: Person, why: &'static str| {
        act(app, id, move |tx, ctx, c| {
            roster::edit(tx, &supervisor(), c, who, &p, true, why, ctx.now_ms)
        })
        .await
    };
    assert_eq!(
        edit(person("甲"), "").await.unwrap_err().code(),
        "reason_required"
    );
    for bad in [
        person("观摩员01"),
        person(""),
        Person {
            role: "king".into(),
            ..person("乙")
        },
        Person {
            group: Some(9),
            ..person("乙")
        },
        Person {
            home_unit: Some("999".into()),
            ..person("乙")
        },
    ] {
        assert_eq!(edit(bad, "改").await.unwrap_err().code(), "invalid");
    }
    edit(person("='cmd'|calc"), "改名").await.unwrap();
    assert_eq!(office.campaign().await.accounts[&who].name, "='cmd'|calc");
    let ruling = app
        .recuse(&supervisor(), id, who, &township, "亲属")
        .await
        .unwrap();
    let site = office.sites[0];
    let c = office.campaign().await;
    assert!(c.is_recused(who, &c.sites[&site]));
    act(app, id, move |tx, ctx, c| {
        roster::lift_recusal(tx, &supervisor(), c, ruling, "查无此事", ctx.now_ms)
    })
    .await
    .unwrap();
    let c = office.campaign().await;
    assert!(!c.is_recused(who, &c.sites[&site]));
    // The own home unit needs no ruling and cannot be taken back.
    assert!(c.is_recused(office.accounts[3], &c.sites[&site]));
    // Nor does who is at home in a village of it.
    let mut moved = (*c).clone();
    let home = |unit: &str| Some(unit.to_owned());
    let village = format!("{township}201");
    for (unit, recused) in [(village.as_str(), true), ("640422999201", false)] {
        moved.accounts.get_mut(&who).unwrap().home_unit = home(unit);
        assert_eq!(moved.is_recused(who, &c.sites[&site]), recused, "{unit}");
    }
    clean(app).await;
}

#[tokio::test]
async fn slots_are_numbered_on_and_a_kind_is_corrected_before_the_first_sheet_only() {
    let office = Office::start().await;
    let (app, id) = (&office.app, office.campaign);
    let c = office.campaign().await;
    let township = c.sites[&office.sites[0]].township.clone().unwrap();
    let slots = async |n: i64| {
        let township = township.clone();
        act(app, id, move |tx, ctx, c| {
            sites::add_slots(tx, &supervisor(), c, (&township, None), n, ctx.now_ms)
        })
        .await
    };
    slots(2).await.unwrap();
    let made = slots(1).await.unwrap();
    assert_eq!(slots(0).await.unwrap_err().code(), "invalid");
    assert_eq!(slots(21).await.unwrap_err().code(), "invalid");
    assert_eq!(office.campaign().await.sites[&made[0]].slot, Some(3));
    let town = office.sites[3];
    let form = |kind, town_kind| SiteForm {
        name: "文垚市场".into(),
        kind,
        town_kind,
        township: None,
        village: None,
        slot: None,
        order: 9,
    };
    let set = async |site: Uuid, form: SiteForm| {
        act(app, id, move |tx, ctx, c| {
            sites::edit(tx, &supervisor(), c, site, &form, ctx.now_ms)
        })
        .await
    };
    set(town, form(SiteKind::TownSite, Some(TownKind::Service)))
        .await
        .unwrap();
    let c = office.campaign().await;
    assert_eq!(c.sites[&town].town_kind, Some(TownKind::Service));
    assert_eq!(
        (c.sites[&town].name.as_str(), c.sites[&town].order),
        ("文垚市场", 9)
    );
    for bad in [
        form(SiteKind::TownSite, None),
        form(SiteKind::Household, None),
        SiteForm {
            name: "".into(),
            ..form(SiteKind::TownSite, Some(TownKind::Road))
        },
        SiteForm {
            order: -1,
            ..form(SiteKind::TownSite, Some(TownKind::Road))
        },
    ] {
        assert_eq!(set(town, bad).await.unwrap_err().code(), "invalid");
    }
    let mut phone = office.phone(0).await;
    let changes = phone.filled(&c, town, 0);
    let segment = phone.write(phone.sealed(), &changes);
    phone.sync(app, vec![segment]).await.unwrap();
    let wrong = set(town, form(SiteKind::TownSite, Some(TownKind::Road)))
        .await
        .unwrap_err();
    assert_eq!(wrong.code(), "frozen");
    set(
        town,
        SiteForm {
            name: "文垚市场北门".into(),
            ..form(SiteKind::TownSite, Some(TownKind::Service))
        },
    )
    .await
    .unwrap();
    let order = vec![(town, 1), (office.sites[4], 2)];
    let n = act(app, id, move |tx, ctx, c| {
        sites::reorder(tx, &supervisor(), c, &order, ctx.now_ms)
    });
    assert_eq!(n.await.unwrap(), 2);
    clean(app).await;
}
